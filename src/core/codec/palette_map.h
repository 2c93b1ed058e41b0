// SPDX-License-Identifier: Apache-2.0
/* Which colour of a palette each pixel gets: the nearest, or one that is nearly as near and packs
 * better. What is wrong with it is passed on to the neighbours (R. Floyd and L. Steinberg, "An
 * adaptive algorithm for spatial grey scale", Proceedings of the SID 17, 1976) in linear light, so
 * that areas keep their colour whatever is chosen. */
#ifndef PARE_CORE_PALETTE_MAP_H
#define PARE_CORE_PALETTE_MAP_H

#include "core/codec/palette_build.h"

typedef struct pare_palette_trade {
    double bit;    /* what a bit of the file is worth, as a square of distances; 0: nothing */
    double dither; /* how much of an error is passed on, 0 to 1 */
} pare_palette_trade;

/* index: 8 bits, PNG_PALETTE, as large as the image; its rows are written. Pixels that are wholly
 * transparent stay so, opaque ones too. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_palette_map(const pare_image *image, const pare_palette_space *space,
                                         const pare_palette *palette,
                                         const pare_palette_trade *trade, pare_png_raster *index);

#endif /* PARE_CORE_PALETTE_MAP_H */
