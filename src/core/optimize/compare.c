// SPDX-License-Identifier: Apache-2.0
/* Two images, pixel by pixel or by the means of blocks. */
#include "core/optimize/compare.h"

#include <math.h>
#include <string.h>

/* A pixel as 16-bit red, green, blue, alpha (CMYK: the inks), whatever its layout. */
static void get_pixel(const pare_image *image, const uint8_t *row, size_t x, uint32_t out[5])
{
    uint32_t raw[5] = {0};
    for (size_t c = 0; c < image->channels; c++) {
        const size_t index = x * image->channels + c;
        uint16_t wide;
        if (image->depth_bits == 8) {
            raw[c] = row[index] * 257u;
        } else {
            memcpy(&wide, row + 2 * index, 2);
            raw[c] = wide;
        }
    }
    const unsigned colors = image->channels - (image->has_alpha ? 1u : 0);
    for (unsigned c = 0; c < 4; c++)
        out[c] = colors == 4 ? raw[c] : c < 3 ? raw[colors == 1 ? 0 : c] : 0;
    out[4] = image->has_alpha ? raw[colors] : 65535;
}

static bool is_same_layout(const pare_image *a, const pare_image *b)
{
    return a->color == b->color && a->has_alpha == b->has_alpha && a->depth_bits == b->depth_bits;
}

static bool is_same_row(const pare_image *a, const pare_image *b, uint32_t y)
{
    const uint8_t *row_a = pare_image_row(a, y), *row_b = pare_image_row(b, y);
    const size_t len = (size_t)a->width_px * a->channels * (a->depth_bits / 8u);
    if (is_same_layout(a, b) && memcmp(row_a, row_b, len) == 0) return true;
    for (size_t x = 0; x < a->width_px; x++) {
        uint32_t pixel_a[5], pixel_b[5];
        get_pixel(a, row_a, x, pixel_a);
        get_pixel(b, row_b, x, pixel_b);
        if (pixel_a[4] == 0 && pixel_b[4] == 0) continue;
        if (memcmp(pixel_a, pixel_b, sizeof pixel_a) != 0) return false;
    }
    return true;
}

bool pare_is_identical(const pare_image *a, const pare_image *b)
{
    if ((a->color == PARE_COLOR_CMYK) != (b->color == PARE_COLOR_CMYK)) return false;
    for (uint32_t y = 0; y < a->height_px; y++) {
        if (!is_same_row(a, b, y)) return false;
    }
    return true;
}

/* Sums of each channel of 16 bits, colours weighed by alpha; alpha is the last. */
static void sum_pixels(const pare_image *image, const pare_block *b, uint64_t sums[5])
{
    for (uint32_t y = b->y; y < b->y + b->height; y++) {
        const uint8_t *row = pare_image_row(image, y);
        for (uint32_t x = b->x; x < b->x + b->width; x++) {
            uint32_t pixel[5];
            get_pixel(image, row, x, pixel);
            for (int c = 0; c < 4; c++)
                sums[c] += (uint64_t)pixel[c] * pixel[4] / 65535;
            sums[4] += pixel[4];
        }
    }
}

typedef uint8_t lanes_u8 __attribute__((vector_size(16)));
typedef uint16_t lanes_u16 __attribute__((vector_size(32)));
enum { LANES = 16 };

/* Of 16 bytes in each row of a block: a column of 32 fits 16 bits. */
static void sum_columns(const uint8_t *from, size_t stride, uint32_t rows, uint16_t out[LANES])
{
    lanes_u16 sums = {0};
    for (uint32_t y = 0; y < rows; y++, from += stride) {
        lanes_u8 bytes;
        memcpy(&bytes, from, sizeof bytes);
        sums += __builtin_convertvector(bytes, lanes_u16);
    }
    memcpy(out, &sums, sizeof sums);
}

/* As sum_pixels, of bytes without alpha: nothing is weighed, so columns can be added first. */
static void sum_bytes(const pare_image *image, const pare_block *b, uint64_t sums[5])
{
    const unsigned channels = image->channels;
    const size_t stride = image->stride_bytes, len = (size_t)b->width * channels;
    const uint8_t *first = pare_image_row(image, b->y) + (size_t)b->x * channels;
    uint16_t columns[PARE_BLOCK_PX * 4];
    uint64_t own[4] = {0};
    size_t at = 0;
    for (; at + LANES <= len; at += LANES)
        sum_columns(first + at, stride, b->height, columns + at);
    for (; at < len; at++) {
        columns[at] = 0;
        for (uint32_t y = 0; y < b->height; y++)
            columns[at] = (uint16_t)(columns[at] + first[y * stride + at]);
    }
    for (size_t i = 0; i < len; i += channels) {
        for (unsigned c = 0; c < channels; c++)
            own[c] += columns[i + c];
    }
    for (unsigned c = 0; c < 4; c++)
        sums[c] = channels == 4 || c < 3 ? own[channels == 1 ? 0 : c] * 257 : 0;
    sums[4] = (uint64_t)b->width * b->height * 65535;
}

void pare_block_mean(const pare_image *image, const pare_block *block, double out[5])
{
    uint64_t sums[5] = {0};
    if (image->depth_bits == 8 && !image->has_alpha) {
        sum_bytes(image, block, sums);
    } else {
        sum_pixels(image, block, sums);
    }
    for (int c = 0; c < 5; c++)
        out[c] = (double)sums[c] / (double)((uint64_t)block->width * block->height) / 257;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static double coarse(double quality)
{
    return fmin(100, fmax(0, 100 - quality));
}

bool pare_likeness_add(pare_likeness *likeness, const pare_image *a, const pare_image *b,
                       pare_scale scale, double quality)
{
    if ((a->color == PARE_COLOR_CMYK) != (b->color == PARE_COLOR_CMYK)) return false;
    const double block_limit = 14 + 0.6 * coarse(quality);
    const uint32_t width = a->width_px - a->width_px % scale;
    const uint32_t height = a->height_px - a->height_px % scale;
    for (uint32_t y = 0; y < height; y += PARE_BLOCK_PX) {
        for (uint32_t x = 0; x < width; x += PARE_BLOCK_PX) {
            const pare_block own = {x, y, least(width - x, PARE_BLOCK_PX),
                                    least(height - y, PARE_BLOCK_PX)};
            const pare_block other = {x / scale, y / scale, own.width / scale, own.height / scale};
            double mean_a[5], mean_b[5];
            pare_block_mean(a, &own, mean_a);
            pare_block_mean(b, &other, mean_b);
            for (int c = 0; c < 5; c++) {
                const double gap = fabs(mean_a[c] - mean_b[c]);
                if (gap > block_limit) return false;
                likeness->sum += gap;
                likeness->count++;
            }
        }
    }
    return true;
}

bool pare_likeness_is_near(const pare_likeness *likeness, double quality)
{
    return likeness->sum <= (3 + 0.2 * coarse(quality)) * (double)likeness->count;
}

bool pare_is_alike(const pare_image *a, const pare_image *b, pare_scale scale, double quality)
{
    pare_likeness likeness = {0};
    return pare_likeness_add(&likeness, a, b, scale, quality) &&
           pare_likeness_is_near(&likeness, quality);
}
