// SPDX-License-Identifier: Apache-2.0
/* An image in the form in which a PNG stores it, before filtering. */
#ifndef PARE_CORE_CODEC_PNG_RASTER_H
#define PARE_CORE_CODEC_PNG_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Colour types of the PNG specification (11.2.1). */
enum {
    PNG_GRAY = 0,
    PNG_RGB = 2,
    PNG_PALETTE = 3,
    PNG_GRAY_ALPHA = 4,
    PNG_RGBA = 6,
};

typedef struct pare_png_palette {
    uint16_t count;         /* 1..256; 0 for none */
    uint8_t colors[256][4]; /* red, green, blue, alpha */
} pare_png_palette;

/* Makes row y: row_len bytes. */
typedef void (*pare_png_make_row_fn)(void *maker, uint32_t y, uint8_t *out);

typedef struct pare_png_raster {
    uint32_t width_px, height_px;
    uint8_t color_type, depth_bits;
    size_t row_len, stride; /* bytes of a packed row, and from row to row */
    uint8_t pixel_len;      /* bytes of a whole pixel, at least 1: the distance that filters use */
    const uint8_t *rows;    /* borrowed, or the same as owned */
    uint8_t *owned;         /* the rows, or what `maker` needs; NULL when both are borrowed */
    pare_png_make_row_fn make_row; /* for rows that are not held: then rows is NULL */
    void *maker;                   /* borrowed, or in `owned` */
    pare_png_palette palette;
    bool has_key;    /* one colour is transparent (tRNS of gray and RGB) */
    uint16_t key[3]; /* gray uses the first */
} pare_png_raster;

/* Sets the shape and allocates rows (not zeroed). Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_raster_init(pare_png_raster *raster, uint32_t width_px,
                                             uint32_t height_px, uint8_t color_type,
                                             uint8_t depth_bits);
/* As init, for rows that somebody else owns. */
void pare_png_raster_borrow(pare_png_raster *raster, const pare_png_raster *shape,
                            const uint8_t *rows, size_t stride);
/* Only the shape: sizes of rows and pixels. Errors: PARE_ERR_NO_MEMORY when it cannot fit. */
PARE_NODISCARD pare_err pare_png_raster_shape(pare_png_raster *raster, uint32_t width_px,
                                              uint32_t height_px, uint8_t color_type,
                                              uint8_t depth_bits);
/* Gives rows to a shape: a few are made now and held; many (8 MB) are made each time that they are
 * wanted, by maker, which is borrowed then. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_raster_make(pare_png_raster *raster, pare_png_make_row_fn make_row,
                                             void *maker);
void pare_png_raster_deinit(pare_png_raster *raster);

static inline const uint8_t *pare_png_raster_row(const pare_png_raster *raster, uint32_t y)
{
    return raster->rows + (size_t)y * raster->stride;
}

/* Packs one byte a pixel into depth_bits (1, 2, 4 or 8) bits a pixel, first pixel in the high
 * bits; map may be NULL. */
void pare_png_pack_row(const uint8_t *values, uint32_t width_px, const uint8_t *map,
                       uint8_t depth_bits, uint8_t *out);

#endif /* PARE_CORE_CODEC_PNG_RASTER_H */
