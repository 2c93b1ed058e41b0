// SPDX-License-Identifier: Apache-2.0
/* Source of the row loops, included once by every variant (score_rows_c.c, score_rows_avx2.c).
 *
 * Written with eight lanes as the compiler's vector type, which it lowers to whatever the target
 * has. Must be built with -ffp-contract=off, so that every variant rounds alike. */
#ifndef PARE_CORE_SCORE_ROWS_BODY_H
#define PARE_CORE_SCORE_ROWS_BODY_H

#include <stdint.h>
#include <string.h>

#include "core/metric/score_rows.h"

#define ROWS_INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((vector_size(32)));
typedef int32_t lanes_int __attribute__((vector_size(32)));

ROWS_INLINE lanes load(const float *from)
{
    lanes value;
    memcpy(&value, from, sizeof value);
    return value;
}

ROWS_INLINE void store(float *to, lanes value)
{
    memcpy(to, &value, sizeof value);
}

ROWS_INLINE lanes all(float value)
{
    return (lanes){value, value, value, value, value, value, value, value};
}

/* Comparisons give all ones or all zeros a lane. */
ROWS_INLINE lanes keep_where(lanes value, lanes_int condition)
{
    return (lanes)((lanes_int)value & condition);
}

ROWS_INLINE lanes absolute(lanes value)
{
    return (lanes)((lanes_int)value & 0x7fffffff);
}

/* True in the first count lanes. */
ROWS_INLINE lanes_int first_lanes(size_t count)
{
    const lanes_int index = {0, 1, 2, 3, 4, 5, 6, 7};
    return index < (int32_t)count;
}

ROWS_INLINE double sum_of(lanes value)
{
    double sum = 0;
    for (int i = 0; i < PARE_ROWS_LANES; i++)
        sum += (double)value[i];
    return sum;
}

/* Cube root of numbers in about 0.003..1.1: the exponent divided by three gives 4 %, and each of
 * two steps of Halley's method cubes the error. */
ROWS_INLINE lanes cube_root(lanes value)
{
    const lanes bits = __builtin_convertvector((lanes_int)value, lanes);
    const lanes_int guess = __builtin_convertvector(bits * (1.0f / 3.0f), lanes_int) + 709921077;
    lanes root = (lanes)guess;
    for (int i = 0; i < 2; i++) {
        const lanes cube = root * root * root;
        root = root * ((cube + value + value) / (cube + cube + value));
    }
    return root;
}

/* Opsin absorbance and its bias as in ISO/IEC 18181-1 (JPEG XL), annex on XYB; the moves to a
 * positive range are those of SSIMULACRA 2.1. */
#define OPSIN_BIAS 0.0037930732552754493f
#define OPSIN_BIAS_ROOT 0.15595420054924863f

ROWS_INLINE lanes absorb(const lanes rgb[3], float red, float green, float blue)
{
    const lanes mixed = rgb[0] * red + rgb[1] * green + rgb[2] * blue + OPSIN_BIAS;
    return cube_root(mixed) - OPSIN_BIAS_ROOT;
}

static void rows_to_xyb(const float *const rgb[3], float *const xyb[3], size_t width_px)
{
    for (size_t x = 0; x < width_px; x += PARE_ROWS_LANES) {
        const lanes in[3] = {load(rgb[0] + x), load(rgb[1] + x), load(rgb[2] + x)};
        const lanes l = absorb(in, 0.30f, 0.622f, 0.078f);
        const lanes m = absorb(in, 0.23f, 0.692f, 0.078f);
        const lanes s = absorb(in, 0.24342268924547819f, 0.20476744424496821f, 0.5518098665095536f);
        const lanes luma = (l + m) * 0.5f;
        const lanes_int inside = first_lanes(width_px - x < 8 ? width_px - x : 8);
        store(xyb[0] + x, keep_where((l - m) * 7.0f + 0.42f, inside));
        store(xyb[1] + x, keep_where(luma + 0.01f, inside));
        store(xyb[2] + x, keep_where(s - luma + 0.55f, inside));
    }
}

static void rows_blur_down(const pare_rows_window *window, const float taps[PARE_ROWS_REACH + 1],
                           float *const means[PARE_ROWS_MEANS], size_t width_px)
{
    for (size_t x = 0; x < width_px; x += PARE_ROWS_LANES) {
        const lanes r = load(window->reference[PARE_ROWS_REACH] + x);
        const lanes i = load(window->image[PARE_ROWS_REACH] + x);
        lanes sum_r = r * taps[0], sum_i = i * taps[0];
        lanes sum_rr = r * r * taps[0], sum_ii = i * i * taps[0], sum_ri = r * i * taps[0];
        for (int k = 1; k <= PARE_ROWS_REACH; k++) {
            const lanes r1 = load(window->reference[PARE_ROWS_REACH - k] + x);
            const lanes r2 = load(window->reference[PARE_ROWS_REACH + k] + x);
            const lanes i1 = load(window->image[PARE_ROWS_REACH - k] + x);
            const lanes i2 = load(window->image[PARE_ROWS_REACH + k] + x);
            sum_r += (r1 + r2) * taps[k];
            sum_i += (i1 + i2) * taps[k];
            sum_rr += (r1 * r1 + r2 * r2) * taps[k];
            sum_ii += (i1 * i1 + i2 * i2) * taps[k];
            sum_ri += (r1 * i1 + r2 * i2) * taps[k];
        }
        store(means[0] + x, sum_r);
        store(means[1] + x, sum_i);
        store(means[2] + x, sum_rr);
        store(means[3] + x, sum_ii);
        store(means[4] + x, sum_ri);
    }
}

ROWS_INLINE lanes blur_at(const float *row, const float taps[PARE_ROWS_REACH + 1])
{
    lanes sum = load(row) * taps[0];
    for (int k = 1; k <= PARE_ROWS_REACH; k++)
        sum += (load(row - k) + load(row + k)) * taps[k];
    return sum;
}

typedef struct lane_sums {
    lanes norm1[PARE_MAP_COUNT], norm4[PARE_MAP_COUNT];
} lane_sums;

ROWS_INLINE void add_error(lane_sums *sums, int map, lanes value)
{
    const lanes square = value * value;
    sums->norm1[map] += value;
    sums->norm4[map] += square * square;
}

/* The error maps at eight pixels; inside masks those beyond the end of the row. */
ROWS_INLINE void compare(const lanes mean[PARE_ROWS_MEANS], lanes reference, lanes image,
                         lanes_int inside, lane_sums *sums)
{
    const float c2 = 0.0009f; /* keeps the quotient calm where both are flat */
    const lanes difference = mean[0] - mean[1];
    const lanes luminance = 1.0f - difference * difference;
    const lanes covariance = (mean[4] - mean[0] * mean[1]) * 2.0f + c2;
    const lanes variance = (mean[2] - mean[0] * mean[0]) + (mean[3] - mean[1] * mean[1]) + c2;
    const lanes loss = 1.0f - luminance * covariance / variance;
    add_error(sums, PARE_MAP_SSIM, keep_where(loss, (loss > 0.0f) & inside));

    const lanes edge_reference = absolute(reference - mean[0]);
    const lanes edge_image = absolute(image - mean[1]);
    /* (1 + image) / (1 + reference) - 1, without losing small differences */
    const lanes edge = (edge_image - edge_reference) / (edge_reference + 1.0f);
    add_error(sums, PARE_MAP_RINGING, keep_where(edge, (edge > 0.0f) & inside));
    add_error(sums, PARE_MAP_BLURRING, keep_where(-edge, (edge < 0.0f) & inside));
}

static void rows_blur_across(const float *const means[PARE_ROWS_MEANS],
                             const pare_rows_window *window, const float taps[PARE_ROWS_REACH + 1],
                             size_t width_px, pare_map_sums *sums)
{
    const float *reference = window->reference[PARE_ROWS_REACH];
    const float *image = window->image[PARE_ROWS_REACH];
    lane_sums row = {{{0}}};
    for (size_t x = 0; x < width_px; x += PARE_ROWS_LANES) {
        lanes mean[PARE_ROWS_MEANS];
        for (int i = 0; i < PARE_ROWS_MEANS; i++)
            mean[i] = blur_at(means[i] + x, taps);
        const lanes_int inside = first_lanes(width_px - x < 8 ? width_px - x : 8);
        compare(mean, load(reference + x), load(image + x), inside, &row);
    }
    for (int map = 0; map < PARE_MAP_COUNT; map++) {
        sums->norm1[map] += sum_of(row.norm1[map]);
        sums->norm4[map] += sum_of(row.norm4[map]);
    }
}

static void rows_halve(const float *above, const float *below, float *out, size_t width_px)
{
    const size_t pairs = width_px / 2;
    for (size_t x = 0; x < pairs; x++) {
        out[x] = (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]) * 0.25f;
    }
    if (width_px & 1) {
        const float a = above[width_px - 1], b = below[width_px - 1];
        out[pairs] = (a + a + b + b) * 0.25f;
    }
}

#define PARE_ROWS_TABLE(label)                                                                     \
    {                                                                                              \
        .name = label, .to_xyb = rows_to_xyb, .blur_down = rows_blur_down,                         \
        .blur_across = rows_blur_across, .halve = rows_halve                                       \
    }

#endif /* PARE_CORE_SCORE_ROWS_BODY_H */
