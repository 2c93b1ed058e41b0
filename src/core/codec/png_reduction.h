// SPDX-License-Identifier: Apache-2.0
/* The smallest form of an image without a palette: fewer bits, fewer channels. */
#ifndef PARE_CORE_CODEC_PNG_REDUCTION_H
#define PARE_CORE_CODEC_PNG_REDUCTION_H

#include "core/codec/png_reduce.h"

/* How its rows are made from those of the image. */
typedef struct pare_png_reduction {
    const pare_image *image; /* borrowed */
    bool gray, key, alpha;
    uint8_t depth_bits;
    uint8_t key_color[3];
    uint8_t map[256]; /* gray levels of fewer bits */
    uint8_t *scratch; /* owned: a row as RGBA, and one of one byte a pixel */
} pare_png_reduction;

/* Borrows the image's rows where they can stay as they are; large others are made by *how whenever
 * they are wanted, so that there is no second image in memory.
 *
 * how: borrowed by *out; end it with pare_png_reduction_deinit(), also after an error.
 * out: release with pare_png_raster_deinit(). Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_reduce(const pare_image *image, const pare_png_facts *facts,
                                        pare_png_reduction *how, pare_png_raster *out);
void pare_png_reduction_deinit(pare_png_reduction *how);

#endif /* PARE_CORE_CODEC_PNG_REDUCTION_H */
