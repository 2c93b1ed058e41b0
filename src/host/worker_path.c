// SPDX-License-Identifier: Apache-2.0
/* Where the worker program is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "host/pool.h"

static bool try_path(const char *path)
{
    return access(path, X_OK) == 0;
}

void pare_pool_find_common(const char *worker, char path[PARE_PROGRAM_PATH_CAP])
{
    const int need = snprintf(path, PARE_PROGRAM_PATH_CAP, "%s-common", worker);
    if (need <= 0 || need >= PARE_PROGRAM_PATH_CAP || !try_path(path)) path[0] = '\0';
}

pare_err pare_pool_find_worker(const char *wanted, char path[PARE_PROGRAM_PATH_CAP],
                               pare_diag *diag)
{
    /* Beside the program; installed, wherever the prefix was moved to; in the build tree, seen from
     * src/cli/ and from tests/<kind>/. */
    static const char *const NEAR[] = {
        "pare-worker",
        "../libexec/pare/pare-worker",
        "../worker/pare-worker",
        "../../src/worker/pare-worker",
    };
    const char *const from_environment = getenv("PARE_WORKER");
    if (!wanted && from_environment && from_environment[0]) wanted = from_environment;
    if (wanted) {
        if (strlen(wanted) >= PARE_PROGRAM_PATH_CAP) {
            return pare_fail(diag, PARE_ERR_INVALID, "the path of the worker program is too long");
        }
        strcpy(path, wanted);
        return try_path(path) ? PARE_OK : pare_fail_errno(diag, "find worker program", path);
    }
    if (pare_program_find(NEAR, sizeof NEAR / sizeof *NEAR, PARE_WORKER_INSTALLED, path)) {
        return PARE_OK;
    }
    return pare_fail(diag, PARE_ERR_NOT_FOUND,
                     "no pare-worker beside the program nor at %s; set PARE_WORKER",
                     PARE_WORKER_INSTALLED);
}
