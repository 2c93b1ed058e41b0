// SPDX-License-Identifier: Apache-2.0
/* How a failure travels: a code, and the first text about it. */
#ifndef PARE_BASE_ERR_H
#define PARE_BASE_ERR_H

#include <assert.h>

#include <pare/error.h>

#include "base/attr.h"

/* Write the text unless diag already holds one, and return err, so that a failing line reads as
 * one thought. diag may be NULL. Control characters from file names become '?'. */
pare_err pare_fail(pare_diag *diag, pare_err err, const char *format, ...) PARE_PRINTF(3, 4);

/* As pare_fail for a failed system call: "<step> <name>: <strerror(errno)>". ENOSPC and EDQUOT
 * give PARE_ERR_NO_SPACE, ENOENT PARE_ERR_NOT_FOUND, ENOMEM PARE_ERR_NO_MEMORY, else PARE_ERR_IO.
 */
pare_err pare_fail_errno(pare_diag *diag, const char *step, const char *name);

/* A promise of our own code. Debug builds stop; release builds return PARE_ERR_INTERNAL. Never
 * for something that untrusted bytes decide. */
#define PARE_CHECK(diag, condition)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            assert(!#condition);                                                                   \
            return pare_fail(diag, PARE_ERR_INTERNAL, "%s:%d: broken promise: %s", __FILE__,       \
                             __LINE__, #condition);                                                \
        }                                                                                          \
    } while (0)

#define PARE_TRY(expression)                                                                       \
    do {                                                                                           \
        const pare_err try_err_ = (expression);                                                    \
        if (try_err_ != PARE_OK) return try_err_;                                                  \
    } while (0)

#endif /* PARE_BASE_ERR_H */
