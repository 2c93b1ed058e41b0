// SPDX-License-Identifier: Apache-2.0
/* Texts made from the table of options: help, version, shell completion. */
#ifndef PARE_CLI_HELP_H
#define PARE_CLI_HELP_H

#include "cli/arguments.h"
#include "cli/human.h"

/* `pare --help`: at most 24 lines of 79 columns. */
void pare_help_overview(pare_text *text);
/* `pare COMMAND --help`: every option of the command, by group. */
void pare_help_command(pare_command command, pare_text *text);
/* Version, libraries, licence. */
void pare_help_version(pare_text *text);
/* Completion for "bash", "zsh" or "fish"; false for another shell. */
bool pare_help_completion(const char *shell, pare_text *text);

#endif /* PARE_CLI_HELP_H */
