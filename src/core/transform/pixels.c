// SPDX-License-Identifier: Apache-2.0
/* Changes of layout: alpha, depth, gray to RGB. */
#include <stdlib.h>
#include <string.h>

#include "core/transform/transform.h"

static inline uint32_t get_sample(const uint8_t *row, size_t index, uint8_t depth_bits)
{
    if (depth_bits == 8) return row[index];
    uint16_t value;
    memcpy(&value, row + 2 * index, 2);
    return value;
}

static inline void put_sample(uint8_t *row, size_t index, uint8_t depth_bits, uint32_t value)
{
    const uint16_t sample = (uint16_t)value;
    if (depth_bits == 8) {
        row[index] = (uint8_t)value;
    } else {
        memcpy(row + 2 * index, &sample, 2);
    }
}

/* The new pixels take the place of the old; what describes the file stays. */
static void replace_pixels(pare_image *image, const pare_image *from)
{
    free(image->pixels);
    image->pixels = from->pixels;
    image->color = from->color;
    image->has_alpha = from->has_alpha;
    image->channels = from->channels;
    image->depth_bits = from->depth_bits;
    image->stride_bytes = from->stride_bytes;
}

/* The background in the colours of the image: luma for gray (Rec. 709 weights), no ink for CMYK. */
static uint32_t background_sample(const pare_image *image, const uint8_t background[3], unsigned c)
{
    uint32_t value = background[c % 3u];
    if (image->color == PARE_COLOR_GRAY) {
        value =
            (background[0] * 2126u + background[1] * 7152u + background[2] * 722u + 5000) / 10000;
    } else if (image->color == PARE_COLOR_CMYK) {
        value = c < 3 ? 255u - background[c] : 0;
    }
    return image->depth_bits == 8 ? value : value * 257u;
}

static void flatten_row(const pare_image *from, pare_image *to, uint32_t y, const uint32_t *under)
{
    const uint8_t *in = pare_image_row(from, y);
    uint8_t *out = pare_image_row(to, y);
    const uint64_t max = from->depth_bits == 8 ? 255 : 65535;
    for (size_t x = 0; x < from->width_px; x++) {
        const uint64_t alpha = get_sample(in, x * from->channels + to->channels, from->depth_bits);
        for (unsigned c = 0; c < to->channels; c++) {
            const uint64_t value = get_sample(in, x * from->channels + c, from->depth_bits);
            const uint64_t mixed = (value * alpha + under[c] * (max - alpha) + max / 2) / max;
            put_sample(out, x * to->channels + c, to->depth_bits, (uint32_t)mixed);
        }
    }
}

pare_err pare_transform_flatten(pare_image *image, const uint8_t background[3], pare_diag *diag)
{
    if (!image->has_alpha) return PARE_OK;
    pare_image to;
    const pare_err err = pare_image_init(&to, image->width_px, image->height_px, image->color,
                                         false, image->depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to flatten");
    uint32_t under[4];
    for (unsigned c = 0; c < 4; c++)
        under[c] = background_sample(image, background, c);
    for (uint32_t y = 0; y < image->height_px; y++)
        flatten_row(image, &to, y, under);
    replace_pixels(image, &to);
    return PARE_OK;
}

pare_err pare_transform_depth(pare_image *image, uint8_t depth_bits, pare_diag *diag)
{
    if (image->depth_bits == depth_bits) return PARE_OK;
    PARE_CHECK(diag, depth_bits == 8 || depth_bits == 16);
    pare_image to;
    const pare_err err = pare_image_init(&to, image->width_px, image->height_px, image->color,
                                         image->has_alpha, depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to change the depth");
    const size_t count = (size_t)image->width_px * image->channels;
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *in = pare_image_row(image, y);
        uint8_t *out = pare_image_row(&to, y);
        for (size_t i = 0; i < count; i++) {
            const uint32_t value = get_sample(in, i, image->depth_bits);
            put_sample(out, i, depth_bits,
                       depth_bits == 16 ? value * 257u : (value * 255u + 32767) / 65535);
        }
    }
    replace_pixels(image, &to);
    if (depth_bits == 8) image->source_depth_bits = 8;
    return PARE_OK;
}

bool pare_transform_is_opaque(const pare_image *image)
{
    if (!image->has_alpha) return true;
    const uint32_t max = image->depth_bits == 8 ? 255 : 65535;
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        for (size_t x = 0; x < image->width_px; x++) {
            const size_t index = x * image->channels + image->channels - 1u;
            if (get_sample(row, index, image->depth_bits) != max) return false;
        }
    }
    return true;
}

pare_err pare_transform_rgb(pare_image *image, pare_diag *diag)
{
    if (image->color != PARE_COLOR_GRAY) return PARE_OK;
    pare_image to;
    const pare_err err = pare_image_init(&to, image->width_px, image->height_px, PARE_COLOR_RGB,
                                         image->has_alpha, image->depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to widen gray to RGB");
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *in = pare_image_row(image, y);
        uint8_t *out = pare_image_row(&to, y);
        for (size_t x = 0; x < image->width_px; x++) {
            for (unsigned c = 0; c < to.channels; c++) {
                const uint32_t value =
                    get_sample(in, x * image->channels + (c < 3 ? 0 : 1), image->depth_bits);
                put_sample(out, x * to.channels + c, to.depth_bits, value);
            }
        }
    }
    replace_pixels(image, &to);
    return PARE_OK;
}
