// SPDX-License-Identifier: Apache-2.0
/* Does a JPEG file say what it was meant to say? Cheaper than decoding it to pixels and stricter:
 * its bytes are read by a reader of their own, and every number must be the one that was planned.
 */
#ifndef PARE_CORE_JPEG_CHECK_H
#define PARE_CORE_JPEG_CHECK_H

#include "core/codec/jpeg_write.h"

/* Size, components, sampling, meaning of colours, density, quantizers, metadata and every
 * coefficient of `file` against `want` (want->script is not looked at), and nothing besides.
 * Errors: PARE_ERR_VERIFY (diag says what differs), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_check(pare_bytes file, const pare_jpeg_file *want,
                                        pare_diag *diag);

/* Are the numbers of the frame, times their quantizers, what a quantizer may make of the source:
 * DC within half a step, other nonzero numbers within one and a half and of the same sign? (Which
 * numbers become zero is a matter of price.) Errors: PARE_ERR_VERIFY. */
PARE_NODISCARD pare_err pare_jpeg_check_near(const pare_jpeg_frame *frame,
                                             const uint16_t (*quants)[64],
                                             const pare_jpeg_coeffs *source, pare_diag *diag);

/* Has each halved chroma block about the mean colour of the blocks that it was made from? Errors:
 * PARE_ERR_VERIFY. */
PARE_NODISCARD pare_err pare_jpeg_check_halved(const pare_jpeg_coeffs *halved,
                                               const pare_jpeg_coeffs *source, pare_diag *diag);

/* Are the numbers exactly those of the plane? */
bool pare_jpeg_check_same(const pare_jpeg_blocks *blocks, const pare_jpeg_plane *plane);

#endif /* PARE_CORE_JPEG_CHECK_H */
