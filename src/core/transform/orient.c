// SPDX-License-Identifier: Apache-2.0
/* Turning pixels upright by the EXIF orientation. */
#include <stdlib.h>
#include <string.h>

#include "core/transform/transform.h"

/* Where a row of the turned image comes from: its first source pixel, and the step in bytes from
 * one of its pixels to the next in the source. Source: Exif 2.32, 4.6.4 "Orientation". */
typedef struct source_row {
    const uint8_t *first;
    ptrdiff_t step_bytes;
} source_row;

static source_row find_row(const pare_image *image, uint32_t y, size_t pixel_bytes)
{
    const ptrdiff_t across = (ptrdiff_t)pixel_bytes, down = (ptrdiff_t)image->stride_bytes;
    const size_t last_x = image->width_px - 1u, last_y = image->height_px - 1u;
    const uint8_t *p = image->pixels;
    switch (image->orientation) {
    case 2: return (source_row){p + y * image->stride_bytes + last_x * pixel_bytes, -across};
    case 3:
        return (source_row){p + (last_y - y) * image->stride_bytes + last_x * pixel_bytes, -across};
    case 4: return (source_row){p + (last_y - y) * image->stride_bytes, across};
    case 5: return (source_row){p + y * pixel_bytes, down};
    case 6: return (source_row){p + last_y * image->stride_bytes + y * pixel_bytes, -down};
    case 7:
        return (source_row){p + last_y * image->stride_bytes + (last_x - y) * pixel_bytes, -down};
    case 8: return (source_row){p + (last_x - y) * pixel_bytes, down};
    default: return (source_row){p + y * image->stride_bytes, across};
    }
}

/* Copies of a constant length let the compiler use plain moves. */
#define PARE_COPY_PIXELS(bytes)                                                                    \
    for (uint32_t x = 0; x < count; x++, to += (bytes), from += row.step_bytes)                    \
    memcpy(to, from, (bytes))

static void copy_row(uint8_t *to, source_row row, uint32_t count, size_t pixel_bytes)
{
    const uint8_t *from = row.first;
    switch (pixel_bytes) {
    case 1: PARE_COPY_PIXELS(1); break;
    case 2: PARE_COPY_PIXELS(2); break;
    case 3: PARE_COPY_PIXELS(3); break;
    case 4: PARE_COPY_PIXELS(4); break;
    case 6: PARE_COPY_PIXELS(6); break;
    case 8: PARE_COPY_PIXELS(8); break;
    default: PARE_COPY_PIXELS(pixel_bytes); break;
    }
}

pare_err pare_transform_orient(pare_image *image, pare_diag *diag)
{
    if (image->orientation <= 1 || image->orientation > 8 || image->width_px == 0 ||
        image->height_px == 0) {
        image->orientation = 1;
        return PARE_OK;
    }
    const bool swaps = image->orientation >= 5;
    pare_image turned;
    const pare_err err = pare_image_init(&turned, swaps ? image->height_px : image->width_px,
                                         swaps ? image->width_px : image->height_px, image->color,
                                         image->has_alpha, image->depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to turn the image");

    const size_t pixel_bytes = (size_t)image->channels * (image->depth_bits / 8u);
    for (uint32_t y = 0; y < turned.height_px; y++) {
        copy_row(pare_image_row(&turned, y), find_row(image, y, pixel_bytes), turned.width_px,
                 pixel_bytes);
    }
    free(image->pixels);
    image->pixels = turned.pixels;
    image->width_px = turned.width_px;
    image->height_px = turned.height_px;
    image->stride_bytes = turned.stride_bytes;
    image->orientation = 1;
    return PARE_OK;
}
