// SPDX-License-Identifier: Apache-2.0
/* `pare serve` goes on as the program pare-serve, so that no other command has to load the
 * libraries of an HTTP server (docs/decisions/0017-serve-is-a-program.md). */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "cli/report.h"

int pare_command_serve(char **argv)
{
    static const char *const NEAR[] = {"pare-serve", "../libexec/pare/pare-serve"};
    char path[PARE_PROGRAM_PATH_CAP], why[PARE_PROGRAM_PATH_CAP + 128];
    const bool found =
        pare_program_find(NEAR, sizeof NEAR / sizeof *NEAR, PARE_SERVE_INSTALLED, path);
    if (found) {
        execv(path, argv);
        snprintf(why, sizeof why, "cannot start %s: %s", path, strerror(errno));
    } else {
        snprintf(why, sizeof why, "no pare-serve beside the program nor at %s", path);
    }
    pare_complain(why);
    return PARE_EXIT_FAILED;
}
