// SPDX-License-Identifier: Apache-2.0
/* Find out how little a PNG needs to say to hold exactly these pixels: depth, gray, palette,
 * transparency. The colour of fully transparent pixels is not kept: nobody can see it. */
#ifndef PARE_CORE_CODEC_PNG_REDUCE_H
#define PARE_CORE_CODEC_PNG_REDUCE_H

#include "core/codec/png_raster.h"
#include "core/image/image.h"

typedef struct pare_png_facts {
    bool is_exact_8;   /* 16-bit samples are all 8-bit ones repeated (v % 257 == 0), or 8 bits */
    bool is_gray;      /* every visible pixel */
    bool is_opaque;    /* alpha is full everywhere */
    bool is_binary;    /* alpha is full or none everywhere */
    bool has_hidden;   /* some fully transparent pixel has a colour: rows must be rewritten */
    uint8_t gray_bits; /* 1, 2, 4, 8: smallest depth that holds the visible grays (is_gray) */
    uint32_t gray_used[8]; /* bit set of visible 8-bit grays */
    /* The colours, in order of first appearance; count 0 when there are more than 256. */
    pare_png_palette palette;
    uint32_t popularity[256];
} pare_png_facts;

/* Errors: PARE_ERR_NO_MEMORY, PARE_ERR_INVALID (CMYK, no pixels). */
PARE_NODISCARD pare_err pare_png_study(const pare_image *image, pare_png_facts *facts);

static inline bool pare_png_gray_is_used(const pare_png_facts *facts, unsigned gray)
{
    return facts->gray_used[gray >> 5] >> (gray & 31) & 1;
}

/* One byte a pixel, an index into facts->palette, which must have colours. */
PARE_NODISCARD pare_err pare_png_index(const pare_image *image, const pare_png_facts *facts,
                                       pare_png_raster *out);

/* Row y as 8-bit RGBA, transparent pixels zeroed; 16-bit samples are rounded. */
void pare_png_rgba_row(const pare_image *image, uint32_t y, uint8_t *out);

#endif /* PARE_CORE_CODEC_PNG_REDUCE_H */
