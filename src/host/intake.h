// SPDX-License-Identifier: Apache-2.0
/* Open an input for a worker: the file that was planned and nothing else, read only. */
#ifndef PARE_HOST_INTAKE_H
#define PARE_HOST_INTAKE_H

#include "base/err.h"
#include "host/ident.h"

typedef struct pare_intake {
    int fd; /* owned, read-only; -1 when closed */
    pare_ident ident;
    pare_hash hash; /* of the whole content */
    pare_format format;
} pare_intake;

/* Open dir_fd/name without following a symlink, check that it is still the planned file, and hash
 * it (64 KiB at a time with pread; the file offset stays 0).
 *
 *   expected  borrowed; NULL: no check.
 *   out       owned on PARE_OK: end it with pare_intake_close(); fd is -1 on error.
 *
 * Errors: PARE_ERR_CHANGED (another file, or it changed while being hashed), PARE_ERR_NOT_FOUND,
 * PARE_ERR_IO, PARE_ERR_NO_MEMORY. Blocks on the disk; call it in the thread pool. */
PARE_NODISCARD pare_err pare_intake_open(int dir_fd, const char *name, const pare_ident *expected,
                                         pare_intake *out, pare_diag *diag);

/* Hash of an open file. Errors: PARE_ERR_IO, PARE_ERR_NO_MEMORY. Blocks on the disk. */
PARE_NODISCARD pare_err pare_intake_hash(int fd, pare_hash *out, pare_diag *diag);

/* Accepts a closed intake and sets fd to -1. A zeroed one would close descriptor 0: start with
 * fd = -1. */
void pare_intake_close(pare_intake *intake);

#endif /* PARE_HOST_INTAKE_H */
