// SPDX-License-Identifier: Apache-2.0
/* The commands. Each takes parsed arguments and returns the exit code of the program; serve takes
 * the words of the command line, and returns only when it cannot start. */
#ifndef PARE_CLI_COMMAND_H
#define PARE_CLI_COMMAND_H

#include "cli/arguments.h"

int pare_command_run(const pare_arguments *arguments);    /* also `check` */
int pare_command_stream(const pare_arguments *arguments); /* standard input to standard output */
int pare_command_undo(const pare_arguments *arguments);
int pare_command_history(const pare_arguments *arguments);
int pare_command_info(const pare_arguments *arguments);
int pare_command_score(const pare_arguments *arguments);
int pare_command_serve(char **argv);
int pare_command_bench(const pare_arguments *arguments);

#endif /* PARE_CLI_COMMAND_H */
