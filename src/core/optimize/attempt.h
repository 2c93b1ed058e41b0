// SPDX-License-Identifier: Apache-2.0
/* One candidate from pixels to verified bytes, with its fallbacks. */
#ifndef PARE_CORE_ATTEMPT_H
#define PARE_CORE_ATTEMPT_H

#include "core/optimize/work.h"

/* Write the candidate as small as its quality allows, and verify it.
 *
 *   max_len  most bytes that are of any use; larger results give PARE_SKIP_NOT_SMALLER unverified.
 *   out      owned by the caller on PARE_OK; empty otherwise.
 *
 * A lossy way that fails or does not pay falls back to the lossless one where the format has it;
 * the first cause is what is returned when that fails too. Errors: those of the codec,
 * PARE_SKIP_NOT_SMALLER, PARE_SKIP_BELOW_MIN_SCORE, PARE_ERR_VERIFY. */
PARE_NODISCARD pare_err pare_attempt(pare_work *work, const pare_candidate *candidate,
                                     size_t max_len, pare_found *out);

/* Is the file, a JPEG, a WebP or an AVIF, of this quality already, or of a lower one? */
bool pare_attempt_only_loses(const pare_work *work, const pare_quality *quality);

/* Are exact scores needed for this candidate? */
bool pare_attempt_needs_score(const pare_work *work, const pare_candidate *candidate);

#endif /* PARE_CORE_ATTEMPT_H */
