// SPDX-License-Identifier: Apache-2.0
/* The last look at the bytes that go out: are they what was planned? */
#ifndef PARE_CORE_VERIFY_H
#define PARE_CORE_VERIFY_H

#include "core/optimize/work.h"

/* What a result must show when it is decoded. */
typedef struct pare_promise {
    const pare_image *image; /* what the encoder worked on, with its profile; borrowed */
    uint32_t width_px, height_px;
    uint8_t orientation;
    bool has_icc;
} pare_promise;

/* Reads header and contents of found->bytes again: by the encoder's own check where `encoder` (may
 * be NULL, else open, with the codec's encoder_check) worked on the original, else by pixels.
 * Lossless results must show identical pixels (what lies under full transparency does not count);
 * scored ones were decoded by the judge; others must have about the same mean colour everywhere.
 * Errors: PARE_ERR_VERIFY, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_verify(const pare_work *work, const pare_found *found,
                                    const pare_promise *promise, pare_encoder *encoder);

#endif /* PARE_CORE_VERIFY_H */
