// SPDX-License-Identifier: Apache-2.0
/* The program `pare`: reads the command line and hands over to a command. */
#include <stdio.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"

static int print(pare_text *text)
{
    const bool written = pare_text_write(text, STDOUT_FILENO);
    pare_text_deinit(text);
    return written ? PARE_EXIT_OK : PARE_EXIT_FAILED;
}

static int print_help(const pare_arguments *arguments, bool overview)
{
    pare_text text = {0};
    if (overview) {
        pare_help_overview(&text);
    } else {
        pare_help_command(arguments->command, &text);
    }
    return print(&text);
}

static int print_completion(const pare_arguments *arguments)
{
    pare_text text = {0};
    if (!pare_help_completion(arguments->paths[0], &text)) {
        pare_complain("`pare completion` takes one of bash, zsh, fish");
        return PARE_EXIT_USAGE;
    }
    return print(&text);
}

static int dispatch(const pare_arguments *arguments, char **argv)
{
    switch (arguments->command) {
    case PARE_COMMAND_RUN:
    case PARE_COMMAND_CHECK: return pare_command_run(arguments);
    case PARE_COMMAND_UNDO: return pare_command_undo(arguments);
    case PARE_COMMAND_HISTORY: return pare_command_history(arguments);
    case PARE_COMMAND_INFO: return pare_command_info(arguments);
    case PARE_COMMAND_SCORE: return pare_command_score(arguments);
    case PARE_COMMAND_SERVE: return pare_command_serve(argv);
    case PARE_COMMAND_BENCH: return pare_command_bench(arguments);
    case PARE_COMMAND_COMPLETION: return print_completion(arguments);
    case PARE_COMMAND_COUNT: break;
    }
    return PARE_EXIT_USAGE;
}

/* `pare --help` is the overview; `pare run --help` has everything. */
static bool names_command(int argc, char **argv, const pare_arguments *arguments)
{
    if (argc < 2 || argv[1][0] == '-') return false;
    return arguments->command != PARE_COMMAND_RUN || (argv[1][0] == 'r' && argv[1][1] == 'u');
}

int main(int argc, char **argv)
{
    pare_arguments arguments;
    pare_diag diag = {0};
    pare_text text = {0};
    int code;
    const pare_err err = pare_arguments_parse(argc, argv, &arguments, &diag);
    if (err != PARE_OK) {
        pare_complain(diag.text);
        code = err == PARE_ERR_INVALID ? PARE_EXIT_USAGE : PARE_EXIT_FAILED;
    } else if (arguments.version) {
        pare_help_version(&text);
        code = print(&text);
    } else if (arguments.help) {
        code = print_help(&arguments, !names_command(argc, argv, &arguments));
    } else {
        code = dispatch(&arguments, argv);
    }
    pare_arguments_deinit(&arguments);
    return code;
}
