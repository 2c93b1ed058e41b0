// SPDX-License-Identifier: Apache-2.0
/* Shapes and memory of images as a PNG stores them. */
#include "core/codec/png_raster.h"

#include <stdlib.h>

#include "base/checked.h"

/* Rows of more bytes are made each time that they are wanted. */
enum { HELD_BYTES_MAX = 8 << 20 };

static unsigned samples_per_pixel(uint8_t color_type)
{
    switch (color_type) {
    case PNG_RGB: return 3;
    case PNG_GRAY_ALPHA: return 2;
    case PNG_RGBA: return 4;
    default: return 1;
    }
}

pare_err pare_png_raster_shape(pare_png_raster *raster, uint32_t width_px, uint32_t height_px,
                               uint8_t color_type, uint8_t depth_bits)
{
    const unsigned pixel_bits = samples_per_pixel(color_type) * depth_bits;
    size_t bits, filtered;
    if (!pare_mul_size(width_px, pixel_bits, &bits) || !pare_add_size(bits, 7, &bits)) {
        return PARE_ERR_NO_MEMORY;
    }
    *raster = (pare_png_raster){
        .width_px = width_px,
        .height_px = height_px,
        .color_type = color_type,
        .depth_bits = depth_bits,
        .row_len = bits / 8,
        .stride = bits / 8,
        .pixel_len = (uint8_t)(pixel_bits < 8 ? 1 : pixel_bits / 8),
    };
    /* Every user adds the filter byte of each row. */
    if (!pare_mul_size(raster->row_len + 1, height_px, &filtered)) return PARE_ERR_NO_MEMORY;
    return PARE_OK;
}

static pare_err hold_rows(pare_png_raster *raster)
{
    raster->owned = malloc(raster->row_len * raster->height_px + 1);
    if (!raster->owned) return PARE_ERR_NO_MEMORY;
    raster->rows = raster->owned;
    return PARE_OK;
}

pare_err pare_png_raster_init(pare_png_raster *raster, uint32_t width_px, uint32_t height_px,
                              uint8_t color_type, uint8_t depth_bits)
{
    PARE_TRY(pare_png_raster_shape(raster, width_px, height_px, color_type, depth_bits));
    return hold_rows(raster);
}

pare_err pare_png_raster_make(pare_png_raster *raster, pare_png_make_row_fn make_row, void *maker)
{
    if (raster->row_len * raster->height_px > HELD_BYTES_MAX) {
        raster->make_row = make_row;
        raster->maker = maker;
        return PARE_OK;
    }
    PARE_TRY(hold_rows(raster));
    for (uint32_t y = 0; y < raster->height_px; y++)
        make_row(maker, y, raster->owned + (size_t)y * raster->stride);
    return PARE_OK;
}

void pare_png_raster_borrow(pare_png_raster *raster, const pare_png_raster *shape,
                            const uint8_t *rows, size_t stride)
{
    *raster = *shape;
    raster->owned = NULL;
    raster->rows = rows;
    raster->stride = stride;
}

void pare_png_raster_deinit(pare_png_raster *raster)
{
    free(raster->owned);
    *raster = (pare_png_raster){0};
}

void pare_png_pack_row(const uint8_t *values, uint32_t width_px, const uint8_t *map,
                       uint8_t depth_bits, uint8_t *out)
{
    const unsigned per_byte = 8u / depth_bits;
    uint32_t x = 0;
    for (; map && depth_bits == 8 && x < width_px; x++)
        *out++ = map[values[x]];
    while (x < width_px) {
        unsigned byte = 0;
        for (unsigned i = 0; i < per_byte; i++, x++) {
            unsigned value = 0;
            if (x < width_px) value = map ? map[values[x]] : values[x];
            byte = byte << depth_bits | value;
        }
        *out++ = (uint8_t)byte;
    }
}
