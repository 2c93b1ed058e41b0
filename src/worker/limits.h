// SPDX-License-Identifier: Apache-2.0
/* What a worker may use at most, set once at its start; none of it can be raised again. */
#ifndef PARE_WORKER_LIMITS_H
#define PARE_WORKER_LIMITS_H

#include <stdint.h>

#include "base/err.h"

typedef struct pare_worker_limits {
    uint64_t memory_bytes; /* writable memory, and of a result; 0: no limit. Of memory not
                              kept under sanitizers */
    int nice;              /* 0..19 */
} pare_worker_limits;

/* No core dumps (they would hold the image), an end together with the parent, no descriptors
 * beyond the socket, the limits given. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_worker_limits_apply(const pare_worker_limits *limits, pare_diag *diag);

#endif /* PARE_WORKER_LIMITS_H */
