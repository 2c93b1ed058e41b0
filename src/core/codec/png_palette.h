// SPDX-License-Identifier: Apache-2.0
/* In which order the colours of a palette stand. The order changes nothing that is seen, but a
 * good one makes neighbouring pixels have neighbouring numbers, or frequent ones. */
#ifndef PARE_CORE_CODEC_PNG_PALETTE_H
#define PARE_CORE_CODEC_PNG_PALETTE_H

#include "base/buf.h"
#include "core/codec/png_raster.h"

typedef enum pare_png_order {
    PARE_PNG_ORDER_FOUND = 0,    /* as the pixels bring them */
    PARE_PNG_ORDER_POPULAR = 1,  /* most used first */
    PARE_PNG_ORDER_LUMA = 2,     /* dark to bright */
    PARE_PNG_ORDER_NEIGHBOR = 3, /* colours that touch stand close: modified Zeng */
    PARE_PNG_ORDER_CLOSEST = 4,  /* each next colour is the nearest one left */
    PARE_PNG_ORDER_ORIGINAL = 5, /* as the palette of the original file */
    PARE_PNG_ORDERS = 6
} pare_png_order;

/* An image of one byte a pixel with a palette; rewrites it in another order.
 *
 *   index     8 bits, PNG_PALETTE, all its values below palette.count.
 *   original  used by ORDER_ORIGINAL: colours found there come first.
 *   depth     1, 2, 4 or 8, enough for palette.count.
 *   out       release with pare_png_raster_deinit(); a large one makes its rows from index each
 *             time that they are wanted, so index outlives it where it is.
 *
 * Colours with transparency always come first, so that tRNS is short.
 * Errors: PARE_ERR_NO_MEMORY. */
typedef struct pare_png_reindex {
    const pare_png_raster *index;
    const pare_png_palette *original;
    pare_png_order order;
    uint8_t depth_bits;
} pare_png_reindex;
PARE_NODISCARD pare_err pare_png_palette_apply(const pare_png_reindex *reindex,
                                               pare_png_raster *out);

/* 1, 2, 4 or 8. */
uint8_t pare_png_palette_depth(unsigned count);

/* PLTE and tRNS of a PNG file; count 0 when it has none. Never fails: a damaged file has none. */
void pare_png_palette_read(pare_bytes file, pare_png_palette *out);

#endif /* PARE_CORE_CODEC_PNG_PALETTE_H */
