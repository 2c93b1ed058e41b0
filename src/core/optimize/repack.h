// SPDX-License-Identifier: Apache-2.0
/* Files that are written anew as a whole, without going through the pixels of one picture:
 * animations, and formats that are only ever rewritten in their own kind. */
#ifndef PARE_CORE_REPACK_H
#define PARE_CORE_REPACK_H

#include "core/optimize/work.h"

/* Is this the way for the file? Known from its header. */
bool pare_repack_applies(const pare_work *work);

/* Repack and verify: every frame shows the same pixels for the same time. max_len: most bytes that
 * are worth writing. On failure *out is empty. Errors: PARE_SKIP_NOT_SMALLER,
 * PARE_SKIP_BELOW_MIN_SCORE (target_size_bytes cannot be reached without loss), PARE_ERR_VERIFY,
 * those of the codec. */
PARE_NODISCARD pare_err pare_repack_run(pare_work *work, size_t max_len, pare_found *out);

#endif /* PARE_CORE_REPACK_H */
