// SPDX-License-Identifier: Apache-2.0
/* Which formats come into question, and what an image must become for one of them. */
#ifndef PARE_CORE_CANDIDATES_H
#define PARE_CORE_CANDIDATES_H

#include "core/optimize/work.h"

/* Can the output be of the input's own format only, whatever its pixels are? Known before
 * decoding. */
bool pare_candidates_stay(const pare_work *work);

/* The candidates for a decoded image, one that works on the original bytes first. Errors:
 * PARE_SKIP_NO_ENCODER, PARE_SKIP_UNSUPPORTED_VARIANT (the only format cannot hold it). */
PARE_NODISCARD pare_err pare_candidates_list(const pare_work *work, pare_candidate *out,
                                             unsigned *count);

/* Can the encoder work on the bytes of the file: same format, same geometry, same colours? */
bool pare_candidate_from_original(const pare_work *work, const pare_codec *codec);

/* The image as this candidate needs it: *out points to work->image, or to *own (then the caller
 * deinits it) when alpha, colours or depth had to change. */
PARE_NODISCARD pare_err pare_candidate_prepare(const pare_work *work,
                                               const pare_candidate *candidate, pare_image *own,
                                               const pare_image **out);

#endif /* PARE_CORE_CANDIDATES_H */
