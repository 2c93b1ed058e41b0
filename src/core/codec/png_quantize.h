// SPDX-License-Identifier: Apache-2.0
/* An image of many colours as one with a palette that looks like it. */
#ifndef PARE_CORE_CODEC_PNG_QUANTIZE_H
#define PARE_CORE_CODEC_PNG_QUANTIZE_H

#include "core/codec/png_raster.h"
#include "core/image/image.h"

typedef struct pare_png_quantize_params {
    int quality;   /* 1..100: colours are added until this is reached */
    double dither; /* 0 (none) to 1 */
    bool packs;    /* nearby colours are preferred that make a smaller file */
} pare_png_quantize_params;

/* out: one byte a pixel and the palette, without colours that no pixel has; release with
 * pare_png_raster_deinit().
 *
 * PARE_SKIP_BELOW_MIN_SCORE  256 colours stay far below the quality.
 * PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE.
 * Quality 100 keeps up to 256 colours exactly. The same image gives the same bytes. */
PARE_NODISCARD pare_err pare_png_quantize(const pare_image *image,
                                          const pare_png_quantize_params *params,
                                          pare_png_raster *out);

#endif /* PARE_CORE_CODEC_PNG_QUANTIZE_H */
