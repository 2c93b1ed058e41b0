// SPDX-License-Identifier: Apache-2.0
/* The mean of squares, row by row. */
#include "core/image/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

static inline uint32_t get_sample(const uint8_t *row, size_t index, uint8_t depth_bits)
{
    if (depth_bits == 8) return row[index];
    uint16_t value;
    memcpy(&value, row + 2 * index, 2);
    return value;
}

static inline void put_sample(uint8_t *row, size_t index, uint8_t depth_bits, uint64_t value)
{
    const uint16_t sample = (uint16_t)value;
    if (depth_bits == 8) {
        row[index] = (uint8_t)value;
    } else {
        memcpy(row + 2 * index, &sample, 2);
    }
}

pare_err pare_shrink_init(pare_shrink *shrink, uint32_t factor, uint32_t width_px,
                          uint32_t height_px, pare_color color, bool has_alpha, uint8_t depth_bits,
                          pare_image *out)
{
    size_t count;
    *shrink =
        (pare_shrink){.factor = factor, .width_px = width_px, .height_px = height_px, .out = out};
    const uint32_t width = width_px / factor + (width_px % factor != 0);
    const uint32_t height = height_px / factor + (height_px % factor != 0);
    const pare_err err = pare_image_init(out, width, height, color, has_alpha, depth_bits);
    if (err != PARE_OK) return err;
    if (!pare_mul_size(width, out->channels, &count)) return PARE_ERR_TOO_LARGE;
    shrink->sums = calloc(count, sizeof *shrink->sums);
    return shrink->sums ? PARE_OK : PARE_ERR_NO_MEMORY;
}

/* A square's part of one row, of an image without alpha. Constant arguments let the compiler make
 * plain loops. */
static inline void add_plain(const pare_shrink *s, const uint8_t *row, size_t channels,
                             uint8_t depth_bits)
{
    uint64_t *sum = s->sums;
    for (uint32_t x = 0; x < s->width_px; sum += channels) {
        const uint32_t end = s->width_px - x > s->factor ? x + s->factor : s->width_px;
        uint32_t part[4] = {0};
        for (; x < end; x++) {
            for (size_t c = 0; c < channels; c++)
                part[c] += get_sample(row, x * channels + c, depth_bits);
        }
        for (size_t c = 0; c < channels; c++)
            sum[c] += part[c];
    }
}

/* Colours are summed as multiplied by alpha, so that what cannot be seen does not shine through. */
static inline void add_alpha(const pare_shrink *s, const uint8_t *row, size_t channels,
                             uint8_t depth_bits)
{
    const size_t colors = channels - 1;
    uint64_t *sum = s->sums;
    for (uint32_t x = 0; x < s->width_px; sum += channels) {
        const uint32_t end = s->width_px - x > s->factor ? x + s->factor : s->width_px;
        for (; x < end; x++) {
            const uint64_t alpha = get_sample(row, x * channels + colors, depth_bits);
            for (size_t c = 0; c < colors; c++)
                sum[c] += alpha * get_sample(row, x * channels + c, depth_bits);
            sum[colors] += alpha;
        }
    }
}

static void add_row(const pare_shrink *s, const uint8_t *row)
{
    const size_t channels = s->out->channels;
    const uint8_t depth = s->out->depth_bits;
    if (s->out->has_alpha) {
        if (channels == 4 && depth == 8) {
            add_alpha(s, row, 4, 8);
        } else {
            add_alpha(s, row, channels, depth);
        }
    } else if (channels == 3 && depth == 8) {
        add_plain(s, row, 3, 8);
    } else if (channels == 1 && depth == 8) {
        add_plain(s, row, 1, 8);
    } else {
        add_plain(s, row, channels, depth);
    }
}

/* The sums of so many input rows become an output row, and start again. */
static void emit_row(const pare_shrink *s, uint32_t y, uint32_t rows)
{
    const pare_image *out = s->out;
    const size_t colors = out->channels - (out->has_alpha ? 1u : 0u);
    uint8_t *to = pare_image_row(out, y);
    for (uint32_t x = 0; x < out->width_px; x++) {
        const uint32_t left = s->width_px - x * s->factor;
        const uint64_t count = (uint64_t)rows * (left < s->factor ? left : s->factor);
        const size_t at = (size_t)x * out->channels;
        const uint64_t weight = out->has_alpha ? s->sums[at + colors] : count;
        for (size_t c = 0; c < colors; c++) {
            const uint64_t mean = weight ? (s->sums[at + c] + weight / 2) / weight : 0;
            put_sample(to, at + c, out->depth_bits, mean);
        }
        if (out->has_alpha) {
            put_sample(to, at + colors, out->depth_bits, (weight + count / 2) / count);
        }
    }
    memset(s->sums, 0, (size_t)out->width_px * out->channels * sizeof *s->sums);
}

void pare_shrink_add_row(pare_shrink *shrink, const uint8_t *row)
{
    if (shrink->next_row >= shrink->height_px) return;
    add_row(shrink, row);
    const uint32_t y = shrink->next_row++;
    const bool is_last = shrink->next_row == shrink->height_px;
    const uint32_t rows = y % shrink->factor + 1;
    if (is_last || rows == shrink->factor) emit_row(shrink, y / shrink->factor, rows);
}

void pare_shrink_deinit(pare_shrink *shrink)
{
    free(shrink->sums);
    *shrink = (pare_shrink){0};
}

pare_err pare_shrink_image(pare_image *image, uint32_t factor)
{
    pare_shrink shrink;
    pare_image out = {0};
    if (factor <= 1) return PARE_OK;
    const pare_err err = pare_shrink_init(&shrink, factor, image->width_px, image->height_px,
                                          image->color, image->has_alpha, image->depth_bits, &out);
    if (err == PARE_OK) {
        for (uint32_t y = 0; y < image->height_px; y++)
            pare_shrink_add_row(&shrink, pare_image_row(image, y));
        free(image->pixels);
        image->pixels = out.pixels;
        image->width_px = out.width_px;
        image->height_px = out.height_px;
        image->stride_bytes = out.stride_bytes;
    } else {
        pare_image_deinit(&out);
    }
    pare_shrink_deinit(&shrink);
    return err;
}
