// SPDX-License-Identifier: Apache-2.0
/* Temporary files beside their destination: ".pare-" + 60 random bits + ".tmp". */
#ifndef PARE_HOST_TEMP_H
#define PARE_HOST_TEMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { PARE_TEMP_NAME_CAP = 96 }; /* as exchange.h names them, too */

/* A file that is only there until it gets its real name. It has two descriptors: writers come and
 * go with one, the lock and the last word are with the other. */
typedef struct pare_temp {
    int dir_fd;                    /* owned */
    int write_fd;                  /* owned; -1 after pare_temp_settle() */
    int fd;                        /* owned, read-only, locked by flock() */
    char name[PARE_TEMP_NAME_CAP]; /* "" when there is nothing to unlink */
} pare_temp;

#define PARE_TEMP_CLOSED ((pare_temp){.dir_fd = -1, .write_fd = -1, .fd = -1})

/* dir_fd is borrowed (duplicated). Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_temp_create(int dir_fd, pare_temp *out, pare_diag *diag);

/* From now on the bytes cannot change: closes write_fd, and when somebody else still has the file
 * open for writing, goes on with a copy under a new name. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE.
 */
PARE_NODISCARD pare_err pare_temp_settle(pare_temp *temp, pare_diag *diag);

/* Copy all of in_fd to the start of out_fd: shared blocks where the file system can, else in the
 * kernel, else by reading and writing. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_NO_MEMORY.
 */
PARE_NODISCARD pare_err pare_temp_copy(int out_fd, int in_fd, uint64_t *bytes, pare_diag *diag);

/* Owner, mode, extended attributes (with ACLs) and, if asked, dates of model_fd. Best effort:
 * group rights are dropped when the group cannot be kept. */
void pare_temp_dress(const pare_temp *temp, int model_fd, bool keep_dates);

/* Rename to name in the same folder.
 * replace false: atomically refuses to replace anything. Errors: PARE_ERR_EXISTS, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_temp_rename(pare_temp *temp, const char *name, bool replace,
                                         pare_diag *diag);

/* The same into another folder of the file system; dir_fd is borrowed. */
PARE_NODISCARD pare_err pare_temp_move(pare_temp *temp, int dir_fd, const char *name, bool replace,
                                       pare_diag *diag);

/* Unlink what is left and close everything. */
void pare_temp_deinit(pare_temp *temp);

bool pare_temp_is_name(const char *name);
/* Remove a temporary file that no living process holds. */
bool pare_temp_sweep(int dir_fd, const char *name);
/* The same, whatever it is called. */
bool pare_temp_remove_stale(int dir_fd, const char *name);
/* Call sweep for each name of a folder, not below it. dir_fd is borrowed; negative: nothing to do.
 */
void pare_temp_sweep_folder(int dir_fd, bool (*sweep)(int dir_fd, const char *name));

#endif /* PARE_HOST_TEMP_H */
