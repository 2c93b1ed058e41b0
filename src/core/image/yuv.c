// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* unrolls the loops over the channels of a pixel */
#endif
#include "core/image/yuv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

/* Fixed point: the largest sum, 1023 << SHIFT and a half, still fits 32 bits with a sign. */
enum { SHIFT = 20 };

#define RED 0.299
#define BLUE 0.114
#define CB_RANGE (2 * (1 - BLUE)) /* of blue less luma */
#define CR_RANGE (2 * (1 - RED))

/* What a sample adds to one of the output. */
typedef struct weights {
    int32_t luma[3];
    int32_t chroma[2][3];
    int32_t whole;   /* gray, alpha */
    int32_t largest; /* of the output */
} weights;

static int32_t fix(double value)
{
    return (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/* Rows of weights add up exactly: white is the largest luma and gray has no colour. */
static weights choose_weights(int32_t largest_in, uint8_t depth_bits)
{
    const int32_t largest = (1 << depth_bits) - 1;
    const double unit = (double)largest / largest_in * (1 << SHIFT);
    const int32_t whole = fix(unit), red = fix(unit * RED), blue = fix(unit * BLUE);
    const int32_t own = fix(unit / 2);
    const int32_t red_in_cb = fix(-unit * RED / CB_RANGE);
    const int32_t blue_in_cr = fix(-unit * BLUE / CR_RANGE);
    return (weights){
        .luma = {red, whole - red - blue, blue},
        .chroma = {{red_in_cb, -own - red_in_cb, own}, {own, -own - blue_in_cr, blue_in_cr}},
        .whole = whole,
        .largest = largest};
}

enum { STORED_BITS = 10, LIGHT_BITS = 16, LIGHT_STEP = 3 };

/* Between stored values and light. */
typedef struct curves {
    uint16_t light[1 << STORED_BITS];
    uint16_t stored[1 << (LIGHT_BITS - LIGHT_STEP)]; /* of 16 bits */
    /* How much more light a step of a channel is, weighed by how bright the channel is. */
    float slopes[3][1 << STORED_BITS];
} curves;

static double to_light(double stored)
{
    return stored <= 0.04045 ? stored / 12.92 : pow((stored + 0.055) / 1.055, 2.4);
}

static double to_stored(double light)
{
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

static double slope_at(double stored)
{
    return stored <= 0.04045 ? 1 / 12.92 : 2.4 / 1.055 * pow((stored + 0.055) / 1.055, 1.4);
}

static void fill_curves(curves *out)
{
    static const double BRIGHTNESS[3] = {0.2126, 0.7152, 0.0722};
    enum { STORED_LEN = 1 << STORED_BITS, LIGHT_LEN = 1 << (LIGHT_BITS - LIGHT_STEP) };
    for (int i = 0; i < STORED_LEN; i++) {
        const double stored = (double)i / (STORED_LEN - 1), slope = slope_at(stored);
        out->light[i] = (uint16_t)(to_light(stored) * 65535 + 0.5);
        for (int c = 0; c < 3; c++)
            out->slopes[c][i] = (float)(BRIGHTNESS[c] * slope);
    }
    for (int i = 0; i < LIGHT_LEN; i++)
        out->stored[i] = (uint16_t)(to_stored((double)i / (LIGHT_LEN - 1)) * 65535 + 0.5);
}

static PARE_ALWAYS_INLINE int32_t get_sample(const uint8_t *row, size_t index, bool is_wide)
{
    uint16_t wide;
    if (!is_wide) return row[index];
    memcpy(&wide, row + 2 * index, 2);
    return wide;
}

/* In STORED_BITS. */
static PARE_ALWAYS_INLINE uint32_t get_stored(const uint8_t *row, size_t index, bool is_wide)
{
    const uint32_t sample = (uint32_t)get_sample(row, index, is_wide);
    return is_wide ? sample >> 6 : sample << 2 | sample >> 6;
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
    for (size_t x = 0; x < image->width_px; x++) {
        const int32_t sample = get_sample(row, x * image->channels + channel, is_wide);
        put_sample(out, x, round_off(w->whole * sample));
    }
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
                                          uint8_t *const outs[2])
{
    for (int i = 0; i < 2; i++) {
        const int32_t *own = w->chroma[i];
        const int32_t sum = own[0] * pixel[0] + own[1] * pixel[1] + own[2] * pixel[2];
        /* half a step more than there is, where one colour is alone */
        const int32_t value = round_off(sum) + (w->largest + 1) / 2;
        put_sample(outs[i], x, value < w->largest ? value : w->largest);
    }
}

static PARE_ALWAYS_INLINE void fill_chroma(const pare_image *image, const weights *w, uint32_t y,
                                           size_t channels, bool is_wide, uint8_t *const outs[2])
{
    const uint8_t *row = pare_image_row(image, y);
    for (size_t x = 0; x < image->width_px; x++) {
        int32_t pixel[3];
        for (size_t c = 0; c < 3; c++)
            pixel[c] = get_sample(row, x * channels + c, is_wide);
        put_chroma(w, pixel, x, outs);
    }
}

/* What is needed to halve chroma. */
typedef struct halving {
    weights from_16; /* bits */
    curves curves;
    int32_t *blend;   /* a row of Cb or Cr, half as wide, with one more at each end */
    float *spread[2]; /* one row of Cb and of Cr, zero is gray */
} halving;

/* A row of squares from row y on; at the edges the pixels there count twice. */
static PARE_ALWAYS_INLINE void fill_half_chroma(const pare_image *image, const halving *h,
                                                uint32_t y, size_t channels, bool is_wide,
                                                uint8_t *const outs[2])
{
    const uint8_t *row = pare_image_row(image, y);
    const uint8_t *next = pare_image_row(image, y + 1 < image->height_px ? y + 1 : y);
    const uint16_t *light = h->curves.light;
    const size_t width = image->width_px;
    for (size_t x = 0; x < width; x += 2) {
        const size_t left = x * channels, right = x + 1 < width ? left + channels : left;
        int32_t means[3];
        for (size_t c = 0; c < 3; c++) {
            const uint32_t sum = (uint32_t)light[get_stored(row, left + c, is_wide)] +
                                 light[get_stored(row, right + c, is_wide)] +
                                 light[get_stored(next, left + c, is_wide)] +
                                 light[get_stored(next, right + c, is_wide)];
            means[c] = h->curves.stored[sum >> (2 + LIGHT_STEP)];
        }
        put_chroma(&h->from_16, means, x / 2, outs);
    }
}

/* Rows of chroma as a decoder spreads them over row y: 3/4 of the nearest and 1/4 of the next,
 * first down and then across. */
static void spread_rows(const halving *h, const pare_yuv *out, uint32_t width, uint32_t height,
                        uint32_t y)
{
    const uint32_t last = (height + 1) / 2 - 1, near = y / 2, columns = (width + 1) / 2;
    const uint32_t far = y % 2 ? (near < last ? near + 1 : last) : near > 0 ? near - 1 : 0;
    const float middle = (float)(1 << (out->depth_bits - 1));
    for (int i = 0; i < 2; i++) {
        const uint8_t *from = out->planes[i + 1] + near * out->strides[i + 1];
        const uint8_t *other = out->planes[i + 1] + far * out->strides[i + 1];
        int32_t *blend = h->blend + 1; /* the edges count twice */
        for (uint32_t x = 0; x < columns; x++)
            blend[x] = 3 * get_sample(from, x, true) + get_sample(other, x, true);
        blend[-1] = blend[0];
        blend[columns] = blend[columns - 1];
        for (uint32_t x = 0; x < columns; x++) {
            h->spread[i][2 * x] = (float)(3 * blend[x] + blend[(int64_t)x - 1]) / 16 - middle;
            h->spread[i][2 * x + 1] = (float)(3 * blend[x] + blend[x + 1]) / 16 - middle;
        }
    }
}

/* What a decoder adds to luma makes each channel, which is off by that and luma less its own value;
 * light is off by the three, each weighed by its slope. It is not where luma is the mean, weighed
 * in the same way, of what the channels lack. */
static PARE_ALWAYS_INLINE void fill_bright_luma(const pare_image *image, const weights *w,
                                                const halving *h, uint32_t y, size_t channels,
                                                bool is_wide, uint8_t *out)
{
    const uint8_t *row = pare_image_row(image, y);
    const float unit = (float)w->whole / (1 << SHIFT);
    const float *const slopes = h->curves.slopes[0];
    const int32_t largest = w->largest;
    for (uint32_t x = 0; x < image->width_px; x++) {
        const float blue = h->spread[0][x] * (float)CB_RANGE;
        const float red = h->spread[1][x] * (float)CR_RANGE;
        const float green = -(red * (float)RED + blue * (float)BLUE) / (float)(1 - RED - BLUE);
        const float added[3] = {red, green, blue};
        float sum = 0, all = 0;
        for (size_t c = 0; c < 3; c++) {
            const float own = (float)get_sample(row, x * channels + c, is_wide) * unit;
            const float slope =
                slopes[(c << STORED_BITS) + get_stored(row, x * channels + c, is_wide)];
            sum += slope * (own - added[c]);
            all += slope;
        }
        const float luma = sum / all + 0.5f;
        const int32_t value = luma > 0 ? (int32_t)luma : 0;
        put_sample(out, x, value < largest ? value : largest);
    }
}

static PARE_ALWAYS_INLINE void fill_whole(const pare_image *image, const weights *w,
                                          const pare_yuv *out, size_t channels, bool is_wide)
{
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint8_t *luma = out->planes[0] + y * out->strides[0];
        if (image->color == PARE_COLOR_GRAY) {
            copy_channel(image, w, y, 0, is_wide, luma);
            continue;
        }
        uint8_t *const chroma[2] = {out->planes[1] + y * out->strides[1],
                                    out->planes[2] + y * out->strides[2]};
        fill_luma(image, w, y, channels, is_wide, luma);
        fill_chroma(image, w, y, channels, is_wide, chroma);
    }
}

static PARE_ALWAYS_INLINE void fill_halved(const pare_image *image, const weights *w,
                                           const halving *h, const pare_yuv *out, size_t channels,
                                           bool is_wide)
{
    for (uint32_t y = 0; y < image->height_px; y += 2) {
        uint8_t *const chroma[2] = {out->planes[1] + y / 2 * out->strides[1],
                                    out->planes[2] + y / 2 * out->strides[2]};
        fill_half_chroma(image, h, y, channels, is_wide, chroma);
    }
    for (uint32_t y = 0; y < image->height_px; y++) {
        spread_rows(h, out, image->width_px, image->height_px, y);
        fill_bright_luma(image, w, h, y, channels, is_wide, out->planes[0] + y * out->strides[0]);
    }
}

/* h: NULL when chroma stays whole. */
static PARE_ALWAYS_INLINE void fill(const pare_image *image, const halving *h, const pare_yuv *out,
                                    size_t channels, bool is_wide)
{
    const weights w = choose_weights(is_wide ? 65535 : 255, out->depth_bits);
    if (h) {
        fill_halved(image, &w, h, out, channels, is_wide);
    } else {
        fill_whole(image, &w, out, channels, is_wide);
    }
    for (uint32_t y = 0; out->alpha && y < image->height_px; y++)
        copy_channel(image, &w, y, channels - 1, is_wide, out->alpha + y * out->alpha_stride);
}

static halving *create_halving(const pare_image *image, const pare_yuv *out)
{
    const size_t columns = ((size_t)image->width_px + 1) / 2;
    const size_t row = 2 * columns * sizeof(float);
    halving *h = malloc(sizeof *h + 2 * row + (columns + 2) * sizeof(int32_t));
    if (!h) return NULL;
    h->from_16 = choose_weights(65535, out->depth_bits);
    fill_curves(&h->curves);
    h->spread[0] = (float *)(h + 1);
    h->spread[1] = h->spread[0] + 2 * columns;
    h->blend = (int32_t *)(h->spread[1] + 2 * columns);
    return h;
}

/* The layouts that photographs have are compiled by themselves. */
pare_err pare_yuv_fill(const pare_image *image, const pare_yuv *out)
{
    const bool is_wide = image->depth_bits == 16;
    halving *h = NULL;
    if (out->halves_chroma && image->color == PARE_COLOR_RGB) {
        h = create_halving(image, out);
        if (!h) return PARE_ERR_NO_MEMORY;
    }
    if (!is_wide && image->channels == 3) {
        fill(image, h, out, 3, false);
    } else if (!is_wide && image->channels == 4) {
        fill(image, h, out, 4, false);
    } else {
        fill(image, h, out, image->channels, is_wide);
    }
    free(h);
    return PARE_OK;
}

/* The two rows of a row of squares that are looked at: about this many in all. */
enum { DETAIL_ROWS = 256 };

/* Energy of what differs inside of squares of four pixels: luma, Cb, Cr. */
static PARE_ALWAYS_INLINE void add_detail(const pare_image *image, uint32_t y, size_t channels,
                                          bool is_wide, double sums[3])
{
    const uint8_t *rows[2] = {pare_image_row(image, y), pare_image_row(image, y + 1)};
    float energy[3] = {0};
    for (size_t x = 0; x + 1 < image->width_px; x += 2) {
        float planes[3][4];
        for (size_t i = 0; i < 4; i++) {
            const size_t at = (x + i % 2) * channels;
            const float red = (float)get_stored(rows[i / 2], at, is_wide);
            const float green = (float)get_stored(rows[i / 2], at + 1, is_wide);
            const float blue = (float)get_stored(rows[i / 2], at + 2, is_wide);
            const float luma =
                (float)RED * red + (float)(1 - RED - BLUE) * green + (float)BLUE * blue;
            planes[0][i] = luma;
            planes[1][i] = (blue - luma) * (float)(1 / CB_RANGE);
            planes[2][i] = (red - luma) * (float)(1 / CR_RANGE);
        }
        for (size_t p = 0; p < 3; p++) {
            const float *v = planes[p];
            const float across = v[0] - v[1] + v[2] - v[3], down = v[0] + v[1] - v[2] - v[3];
            const float both = v[0] - v[1] - v[2] + v[3];
            energy[p] += across * across + down * down + both * both;
        }
    }
    for (size_t p = 0; p < 3; p++)
        sums[p] += (double)energy[p];
}

double pare_yuv_chroma_detail(const pare_image *image)
{
    if (image->color != PARE_COLOR_RGB) return 0;
    const uint32_t step = 2 * (1 + image->height_px / 2 / DETAIL_ROWS);
    const bool is_wide = image->depth_bits == 16;
    double sums[3] = {0};
    for (uint32_t y = 0; y + 1 < image->height_px; y += step) {
        if (!is_wide && image->channels == 3) {
            add_detail(image, y, 3, false, sums);
        } else {
            add_detail(image, y, image->channels, is_wide, sums);
        }
    }
    const double chroma = sums[1] + sums[2];
    if (sums[0] > 0) return chroma / sums[0];
    return chroma > 0 ? INFINITY : 0;
}
