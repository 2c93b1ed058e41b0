// SPDX-License-Identifier: Apache-2.0
/* Rows of an image in, an image smaller by a whole factor out: what a decoder needs to read
 * pictures that are larger than memory.
 *
 * Each output pixel is the mean of a square of input pixels, colours weighed by alpha. Sizes round
 * up; the squares at the right and lower edge are cut. */
#ifndef PARE_CORE_SHRINK_H
#define PARE_CORE_SHRINK_H

#include "core/image/image.h"

typedef struct pare_shrink {
    uint32_t factor;
    uint32_t width_px, height_px; /* of the input */
    uint32_t next_row;            /* of the input */
    pare_image *out;              /* borrowed */
    uint64_t *sums;               /* owned: one output row, as out is laid out */
} pare_shrink;

/* Makes *out (zero before) of the shrunk size. width_px, height_px: of the input, at least 1;
 * factor: 1..64. *out is the caller's, on errors too. Errors: PARE_ERR_NO_MEMORY,
 * PARE_ERR_TOO_LARGE. */
PARE_NODISCARD pare_err pare_shrink_init(pare_shrink *shrink, uint32_t factor, uint32_t width_px,
                                         uint32_t height_px, pare_color color, bool has_alpha,
                                         uint8_t depth_bits, pare_image *out);

/* The next row of the input, laid out as a row of pare_image. More rows than height_px are
 * ignored. */
void pare_shrink_add_row(pare_shrink *shrink, const uint8_t *row);

void pare_shrink_deinit(pare_shrink *shrink);

/* A whole image in place, for decoders that cannot give rows. Unchanged on error. Errors:
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_shrink_image(pare_image *image, uint32_t factor);

#endif /* PARE_CORE_SHRINK_H */
