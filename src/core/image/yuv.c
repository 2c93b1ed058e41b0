// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* unrolls the loops over the channels of a pixel */
#endif
#include "core/image/yuv.h"

#include <string.h>

#include "base/attr.h"

/* Fixed point: the largest sum, 1023 << SHIFT and a half, still fits 32 bits with a sign. */
enum { SHIFT = 20 };

#define RED 0.299
#define BLUE 0.114

/* What a sample of the input adds to one of the output. */
typedef struct weights {
    int32_t luma[3];
    int32_t chroma[2][3]; /* sums are of one pixel, or of four */
    int32_t whole;        /* gray, alpha */
    int32_t largest;      /* of the output */
} weights;

static int32_t fix(double value)
{
    return (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/* Rows of weights add up exactly: white is the largest luma and gray has no colour. */
static weights choose_weights(const pare_image *image, const pare_yuv *out)
{
    const int32_t largest = (1 << out->depth_bits) - 1;
    const double unit = (double)largest / (image->depth_bits == 8 ? 255 : 65535) * (1 << SHIFT);
    const double half = unit / 2 / (out->halves_chroma ? 4 : 1);
    const int32_t whole = fix(unit), red = fix(unit * RED), blue = fix(unit * BLUE);
    const int32_t red_in_cb = fix(-half * RED / (1 - BLUE));
    const int32_t blue_in_cr = fix(-half * BLUE / (1 - RED));
    const int32_t own = fix(half);
    return (weights){
        .luma = {red, whole - red - blue, blue},
        .chroma = {{red_in_cb, -own - red_in_cb, own}, {own, -own - blue_in_cr, blue_in_cr}},
        .whole = whole,
        .largest = largest};
}

static PARE_ALWAYS_INLINE int32_t get_sample(const uint8_t *row, size_t index, bool is_wide)
{
    uint16_t wide;
    if (!is_wide) return row[index];
    memcpy(&wide, row + 2 * index, 2);
    return wide;
}

static PARE_ALWAYS_INLINE void put_sample(uint8_t *row, size_t index, int32_t value)
{
    const uint16_t sample = (uint16_t)value;
    memcpy(row + 2 * index, &sample, 2);
}

static PARE_ALWAYS_INLINE int32_t round_off(int32_t sum)
{
    return (sum + (1 << (SHIFT - 1))) >> SHIFT;
}

/* One channel as it is: gray, alpha. */
static PARE_ALWAYS_INLINE void copy_channel(const pare_image *image, const weights *w, uint32_t y,
                                            size_t channel, bool is_wide, uint8_t *out)
{
    const uint8_t *row = pare_image_row(image, y);
    for (size_t x = 0; x < image->width_px; x++)
        put_sample(out, x,
                   round_off(w->whole * get_sample(row, x * image->channels + channel, is_wide)));
}

static PARE_ALWAYS_INLINE void fill_luma(const pare_image *image, const weights *w, uint32_t y,
                                         size_t channels, bool is_wide, uint8_t *out)
{
    const uint8_t *row = pare_image_row(image, y);
    const weights own = *w; /* out cannot alias it */
    for (size_t x = 0; x < image->width_px; x++) {
        int32_t sum = 0;
        for (size_t c = 0; c < 3; c++)
            sum += own.luma[c] * get_sample(row, x * channels + c, is_wide);
        put_sample(out, x, round_off(sum));
    }
}

static PARE_ALWAYS_INLINE void put_chroma(const weights *w, const int32_t pixel[3], size_t x,
                                          uint8_t *cb, uint8_t *cr)
{
    uint8_t *const outs[2] = {cb, cr};
    for (int i = 0; i < 2; i++) {
        const int32_t *own = w->chroma[i];
        const int32_t sum = own[0] * pixel[0] + own[1] * pixel[1] + own[2] * pixel[2];
        /* half a step more than there is, where one colour is alone */
        const int32_t value = round_off(sum) + (w->largest + 1) / 2;
        put_sample(outs[i], x, value < w->largest ? value : w->largest);
    }
}

static PARE_ALWAYS_INLINE void fill_chroma(const pare_image *image, const weights *w, uint32_t y,
                                           size_t channels, bool is_wide, uint8_t *cb, uint8_t *cr)
{
    const uint8_t *row = pare_image_row(image, y);
    for (size_t x = 0; x < image->width_px; x++) {
        int32_t pixel[3];
        for (size_t c = 0; c < 3; c++)
            pixel[c] = get_sample(row, x * channels + c, is_wide);
        put_chroma(w, pixel, x, cb, cr);
    }
}

/* A row of squares from row y on; at the edges the pixels there count twice. */
static PARE_ALWAYS_INLINE void fill_half_chroma(const pare_image *image, const weights *w,
                                                uint32_t y, size_t channels, bool is_wide,
                                                uint8_t *cb, uint8_t *cr)
{
    const uint8_t *row = pare_image_row(image, y);
    const uint8_t *next = pare_image_row(image, y + 1 < image->height_px ? y + 1 : y);
    const size_t width = image->width_px;
    for (size_t x = 0; x < width; x += 2) {
        const size_t left = x * channels, right = x + 1 < width ? left + channels : left;
        int32_t sums[3];
        for (size_t c = 0; c < 3; c++) {
            sums[c] = get_sample(row, left + c, is_wide) + get_sample(row, right + c, is_wide) +
                      get_sample(next, left + c, is_wide) + get_sample(next, right + c, is_wide);
        }
        put_chroma(w, sums, x / 2, cb, cr);
    }
}

static PARE_ALWAYS_INLINE void fill(const pare_image *image, const pare_yuv *out, size_t channels,
                                    bool is_wide)
{
    const weights w = choose_weights(image, out);
    for (uint32_t y = 0; y < image->height_px; y++) {
        if (out->alpha) {
            copy_channel(image, &w, y, channels - 1, is_wide, out->alpha + y * out->alpha_stride);
        }
        uint8_t *luma = out->planes[0] + y * out->strides[0];
        if (image->color == PARE_COLOR_GRAY) {
            copy_channel(image, &w, y, 0, is_wide, luma);
            continue;
        }
        fill_luma(image, &w, y, channels, is_wide, luma);
        const uint32_t row = out->halves_chroma ? y / 2 : y;
        uint8_t *cb = out->planes[1] + row * out->strides[1];
        uint8_t *cr = out->planes[2] + row * out->strides[2];
        if (!out->halves_chroma) {
            fill_chroma(image, &w, y, channels, is_wide, cb, cr);
        } else if (y % 2 == 0) {
            fill_half_chroma(image, &w, y, channels, is_wide, cb, cr);
        }
    }
}

/* The layouts that photographs have are compiled by themselves. */
void pare_yuv_fill(const pare_image *image, const pare_yuv *out)
{
    const bool is_wide = image->depth_bits == 16;
    if (!is_wide && image->channels == 3) {
        fill(image, out, 3, false);
    } else if (!is_wide && image->channels == 4) {
        fill(image, out, 4, false);
    } else {
        fill(image, out, image->channels, is_wide);
    }
}
