// SPDX-License-Identifier: Apache-2.0
/* The last look at the bytes that go out: are they what was planned? */
#ifndef PARE_CORE_VERIFY_H
#define PARE_CORE_VERIFY_H

#include "core/optimize/work.h"

/* What a result must show when it is decoded. */
typedef struct pare_promise {
    const pare_image *image; /* what the encoder worked on, with its profile; borrowed */
    uint32_t shrink;         /* the fraction at which image was decoded; 1: all of it */
    uint32_t width_px, height_px;
    uint8_t orientation;
    bool has_icc;
} pare_promise;

/* Reads header and pixels of found->bytes again. Lossless results must show identical pixels (what
 * lies under full transparency does not count); scored ones were decoded by the judge; others must
 * have about the same mean colour everywhere. Errors: PARE_ERR_VERIFY, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_verify(const pare_work *work, const pare_found *found,
                                    const pare_promise *promise);

#endif /* PARE_CORE_VERIFY_H */
