// SPDX-License-Identifier: Apache-2.0
/* A palette for an image of many colours: pixels are tallied by colour, the colours split where
 * that takes away most of the error (X. Wu, "Color quantization by dynamic programming and
 * principal analysis", ACM Transactions on Graphics 11, 1992, in its greedy form, along the axis of
 * largest variance), then moved to where they serve best (S. Lloyd, 1957). */
#ifndef PARE_CORE_PALETTE_BUILD_H
#define PARE_CORE_PALETTE_BUILD_H

#include "core/codec/palette_nearest.h"
#include "core/codec/png_raster.h"
#include "core/image/image.h"

/* Colours of a palette never mix what is transparent, what is opaque, and what is in between. */
typedef enum pare_palette_kind {
    PARE_PALETTE_CLEAR,
    PARE_PALETTE_PARTLY,
    PARE_PALETTE_OPAQUE,
    PARE_PALETTE_KINDS
} pare_palette_kind;

static inline pare_palette_kind pare_palette_kind_of(uint8_t alpha)
{
    return alpha == 0     ? PARE_PALETTE_CLEAR
           : alpha == 255 ? PARE_PALETTE_OPAQUE
                          : PARE_PALETTE_PARTLY;
}

typedef struct pare_palette {
    pare_png_palette colors;                        /* sorted by kind */
    float light[PARE_PALETTE_MAX][4];               /* of colors; palette_space.h */
    pare_palette_places places[PARE_PALETTE_KINDS]; /* count may be 0 */
    unsigned first[PARE_PALETTE_KINDS];             /* index of each kind's first colour */
    double loss; /* mean square of distances, of what is seen and not one of a few plain areas */
    double varied_share; /* of what is seen, the part over which that mean is taken */
} pare_palette;

typedef struct pare_palette_wish {
    double loss;     /* colours are added until it is at most this; 0: all that are there, or 256 */
    unsigned rounds; /* of moving them */
} pare_palette_wish;

/* No more than 256 colours and a loss of 0 give exactly these colours.
 * Errors: PARE_ERR_NO_MEMORY. The same image gives the same palette. */
PARE_NODISCARD pare_err pare_palette_build(const pare_image *image, const pare_palette_space *space,
                                           const pare_palette_wish *wish, pare_palette *out);

#endif /* PARE_CORE_PALETTE_BUILD_H */
