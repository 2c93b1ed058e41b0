// SPDX-License-Identifier: Apache-2.0
/* From one image file to the smallest one that keeps its looks: the order of the steps in a worker.
 * pare_optimize() of <pare/pare.h> is this without a listener. */
#ifndef PARE_CORE_OPTIMIZE_H
#define PARE_CORE_OPTIMIZE_H

#include <pare/pare.h>

#include "base/err.h"

/* Told when a step begins, and how far a large file was read. */
typedef struct pare_step_listener {
    void (*on_step)(void *user, pare_step step);
    void (*on_read)(void *user, size_t upto_bytes); /* as in pare_limits; may be NULL */
    void *user;
} pare_step_listener;

/* As pare_optimize(); listener may be NULL. */
PARE_NODISCARD pare_err pare_optimize_listen(const uint8_t *data, size_t len,
                                             const pare_options *options,
                                             const pare_step_listener *listener, pare_result *out,
                                             pare_diag *diag);

/* As pare_read_info(), and out->content for images that can be decoded. */
PARE_NODISCARD pare_err pare_inspect(const uint8_t *data, size_t len, pare_info *out,
                                     pare_diag *diag);

#endif /* PARE_CORE_OPTIMIZE_H */
