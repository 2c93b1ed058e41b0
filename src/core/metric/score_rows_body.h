// SPDX-License-Identifier: Apache-2.0
/* Source of the row loops, included once by every variant (score_rows_c.c, score_rows_avx2.c).
 *
 * Written with the compiler's vector type, as wide as the target has it: eight lanes with AVX2,
 * else four, since wider ones than there are go through memory. Must be built with
 * -ffp-contract=off, so that every variant rounds alike; sums are gathered in eight lanes
 * everywhere.
 *
 * Why the order of operations matters: the blur of the reference is recursive and gathers rounding
 * errors along a row or column. Where an image is flat, and above score 85, that noise is part of
 * the reference's number (up to 2.7 points against an exact blur). To agree with it we round where
 * it rounds: blur and cube root in the order of libjxl, multiply-add with one rounding. */
#ifndef PARE_CORE_SCORE_ROWS_BODY_H
#define PARE_CORE_SCORE_ROWS_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/metric/score_rows.h"

#define ROWS_INLINE static inline __attribute__((always_inline))

#if defined(__AVX2__)
typedef float lanes __attribute__((vector_size(32)));
typedef int32_t lanes_int __attribute__((vector_size(32)));
enum { LANES = 8 };
#define REPEAT(a, b, c, d)                                                                         \
    {                                                                                              \
        a, b, c, d, a, b, c, d                                                                     \
    }
#else
typedef float lanes __attribute__((vector_size(16)));
typedef int32_t lanes_int __attribute__((vector_size(16)));
enum { LANES = 4 };
#define REPEAT(a, b, c, d)                                                                         \
    {                                                                                              \
        a, b, c, d                                                                                 \
    }
#endif
enum { GROUPS = PARE_ROWS_LANES / LANES };

/* No multiply-add with one rounding, but doubles in vectors. */
#if defined(__SSE2__) && !defined(__FMA__)
#define ROWS_BY_DOUBLES 1
#else
#define ROWS_BY_DOUBLES 0
#endif

/* Rows are padded to a multiple of PARE_ROWS_LANES. */
ROWS_INLINE size_t padded_width(size_t width_px)
{
    return (width_px + PARE_ROWS_LANES - 1) / PARE_ROWS_LANES * PARE_ROWS_LANES;
}

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
    return (lanes)REPEAT(value, value, value, value);
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

/* True in the lanes from x on that are before end. */
ROWS_INLINE lanes_int lanes_before(size_t x, size_t end)
{
    lanes_int index = REPEAT(0, 1, 2, 3);
    for (int i = 4; i < LANES; i++)
        index[i] = i;
    const size_t count = x < end ? end - x : 0;
    return index < (int32_t)(count < LANES ? count : LANES);
}

ROWS_INLINE double add_lanes(double sum, lanes value)
{
    for (int i = 0; i < LANES; i++)
        sum += (double)value[i];
    return sum;
}

/* a * b + c, rounded once. */
ROWS_INLINE lanes fuse(lanes a, lanes b, lanes c)
{
#if defined(__FMA__)
    return (lanes)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__ARM_FEATURE_FMA)
    for (int i = 0; i < LANES; i++)
        c[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return c;
#elif ROWS_BY_DOUBLES
    const __m128 a_high = _mm_movehl_ps((__m128)a, (__m128)a);
    const __m128 b_high = _mm_movehl_ps((__m128)b, (__m128)b);
    const __m128 c_high = _mm_movehl_ps((__m128)c, (__m128)c);
    const __m128d low = _mm_cvtps_pd((__m128)a) * _mm_cvtps_pd((__m128)b);
    const __m128d high = _mm_cvtps_pd(a_high) * _mm_cvtps_pd(b_high);
    return (lanes)_mm_movelh_ps(_mm_cvtpd_ps(low + _mm_cvtps_pd((__m128)c)),
                                _mm_cvtpd_ps(high + _mm_cvtps_pd(c_high)));
#else
    for (int i = 0; i < LANES; i++)
        c[i] = (float)((double)a[i] * (double)b[i] + (double)c[i]);
    return c;
#endif
}

/* Cube root of numbers in about 0.003..1.1, plus add. The inverse root by Newton's method from a
 * third of the exponent, then times its square; the steps of A. Fog's vector class library, which
 * libjxl uses too. */
ROWS_INLINE lanes cube_root_plus(lanes value, float add)
{
    const lanes_int exponent = (lanes_int)value >> 23;
    lanes inverse = (lanes)(0x54800000 - exponent * 0x002AAAAA);
    const lanes third = value * (1.0f / 3.0f);
    for (int i = 0; i < 3; i++) {
        const lanes square = inverse * inverse;
        inverse = fuse(-third, square * square, inverse * (4.0f / 3.0f));
    }
    lanes square = inverse * inverse;
    inverse = fuse(all(1.0f / 3.0f), fuse(-value, square * square, inverse), inverse);
    square = inverse * inverse;
    return fuse(square, value, all(add));
}

/* Opsin absorbance and its bias as in ISO/IEC 18181-1 (JPEG XL), annex on XYB; the moves to a
 * positive range are those of SSIMULACRA 2.1. */
#define OPSIN_BIAS 0.0037930732552754493f
#define OPSIN_BIAS_ROOT 0.15595420054924863f

ROWS_INLINE lanes absorb(const lanes rgb[3], float red, float green, float blue)
{
    const lanes dark = fuse(all(blue), rgb[2], all(OPSIN_BIAS));
    const lanes mixed = fuse(all(red), rgb[0], fuse(all(green), rgb[1], dark));
    return cube_root_plus(mixed, -OPSIN_BIAS_ROOT);
}

ROWS_INLINE void to_xyb(const float *const rgb[3], float *const xyb[3], size_t width_px,
                        bool with_x, bool with_b)
{
    const size_t end = padded_width(width_px);
    for (size_t x = 0; x < end; x += LANES) {
        const lanes in[3] = {load(rgb[0] + x), load(rgb[1] + x), load(rgb[2] + x)};
        const lanes l = absorb(in, 0.30f, 0.622f, 0.078f);
        const lanes m = absorb(in, 0.23f, 0.692f, 0.078f);
        const lanes luma = (l + m) * 0.5f;
        const lanes_int inside = lanes_before(x, width_px);
        store(xyb[1] + x, keep_where(luma + 0.01f, inside));
        if (with_x) store(xyb[0] + x, keep_where((l - m) * 7.0f + 0.42f, inside));
        if (with_b) {
            const lanes s = absorb(in, 0.24342268924547819f, 0.20476744424496821f,
                                   1.0f - 0.24342268924547819f - 0.20476744424496821f);
            store(xyb[2] + x, keep_where(s - luma + 0.55f, inside));
        }
    }
}

static void rows_to_xyb(const float *const rgb[3], float *const xyb[3], size_t width_px)
{
    if (xyb[2]) {
        to_xyb(rgb, xyb, width_px, xyb[0] != NULL, true);
    } else if (xyb[0]) {
        to_xyb(rgb, xyb, width_px, true, false);
    } else {
        to_xyb(rgb, xyb, width_px, false, false);
    }
}

static void rows_multiply(const float *reference, const float *image, float *const out[3],
                          size_t width_px)
{
    const size_t end = padded_width(width_px);
    for (size_t x = 0; x < end; x += LANES) {
        const lanes a = load(reference + x), b = load(image + x);
        store(out[0] + x, a * a);
        store(out[1] + x, b * b);
        store(out[2] + x, a * b);
    }
}

/* Gaussian of sigma 1.5 as three cosine waves that run along, each
 *     wave[n] = WAVE_IN * (in[n - 6] + in[n + 4]) - WAVE_BACK * wave[n - 1] - wave[n - 2]
 * (D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine
 * Functions", IEEE Trans. Signal Processing 64(14), 2016, equations 33 and 35 for radius
 * round(3.2795 * 1.5 + 0.2546) = 5). WAVE_BACK is -2 cos(k pi / 10) for k = 1, 3, 5; WAVE_IN is
 * -beta_k cos(6 k pi / 10) with beta from equations 37..56. */
static const double WAVE_IN[PARE_BLUR_WAVES] = {0.05529523572608663, -0.05883668702694999,
                                                0.012955819110517089};
static const double WAVE_BACK[PARE_BLUR_WAVES] = {-1.902113032590307, -1.1755705045849463,
                                                  -1.2246467991473532e-16};

static void rows_blur_down(const pare_blur_step *step, size_t width_px)
{
    const size_t end = padded_width(width_px);
    for (size_t x = 0; x < end; x += LANES) {
        const lanes in = load(step->above + x) + load(step->below + x);
        lanes wave[PARE_BLUR_WAVES];
        for (int k = 0; k < PARE_BLUR_WAVES; k++) {
            const lanes back = all((float)WAVE_BACK[k]);
            const lanes carried = fuse(-back, load(step->newer[k] + x), -load(step->older[k] + x));
            wave[k] = fuse(all((float)WAVE_IN[k]), in, carried);
            store(step->wave[k] + x, wave[k]);
        }
        store(step->out + x, wave[0] + (wave[1] + wave[2]));
    }
}

/* Four pixels of as many rows as there is room for, side by side. Joined and parted by shuffles,
 * since compilers join halves that were copied in through memory, and wait for it. */
enum { ROWS_TOGETHER = LANES / 4 };
#if defined(__AVX2__)
typedef float half_lanes __attribute__((vector_size(16)));

ROWS_INLINE lanes load_rows(const float *const rows[2], ptrdiff_t x)
{
    half_lanes a, b;
    memcpy(&a, rows[0] + x, sizeof a);
    memcpy(&b, rows[1] + x, sizeof b);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
}

ROWS_INLINE void store_rows(float *const rows[2], ptrdiff_t x, lanes value)
{
    const half_lanes a = __builtin_shufflevector(value, value, 0, 1, 2, 3);
    const half_lanes b = __builtin_shufflevector(value, value, 4, 5, 6, 7);
    memcpy(rows[0] + x, &a, sizeof a);
    memcpy(rows[1] + x, &b, sizeof b);
}

#define EACH_PIXEL(lanes_, i)                                                                      \
    __builtin_shufflevector(lanes_, lanes_, i, i, i, i, (i) + 4, (i) + 4, (i) + 4, (i) + 4)
#else
ROWS_INLINE lanes load_rows(const float *const rows[1], ptrdiff_t x)
{
    return load(rows[0] + x);
}

ROWS_INLINE void store_rows(float *const rows[1], ptrdiff_t x, lanes value)
{
    store(rows[0] + x, value);
}

#define EACH_PIXEL(lanes_, i) __builtin_shufflevector(lanes_, lanes_, i, i, i, i)
#endif

/* One pixel of each row, in all its lanes. */
ROWS_INLINE lanes pixel_of_rows(const float *const *rows, ptrdiff_t x)
{
    lanes value;
    for (int i = 0; i < LANES; i++)
        value[i] = rows[i / 4][x];
    return value;
}

/* From left to right, four pixels at once: pixel l of a group is a sum over its inputs 0..l and
 * the two waves before the group, with factors from writing the recursion out. */
typedef struct wave_factors {
    lanes in[4]; /* of input j, for pixels 0..3; zero before j */
    lanes newer, older;
} wave_factors;

ROWS_INLINE wave_factors wave_factors_of(double in, double back)
{
    const double square = back * back;
    const float i0 = (float)in, i1 = (float)(-back * in), i2 = (float)(square * in - in);
    const float i3 = (float)(-square * back * in + 2.0 * back * in);
    const float n0 = (float)-back, n1 = (float)(square - 1.0);
    const float n2 = (float)(-square * back + 2.0 * back);
    const float n3 = (float)(square * square - 3.0 * square + 1.0);
    const float o1 = (float)back, o2 = (float)(-square + 1.0);
    const float o3 = (float)(square * back - 2.0 * back);
    return (wave_factors){
        .in = {REPEAT(i0, i1, i2, i3), REPEAT(0, i0, i1, i2), REPEAT(0, 0, i0, i1),
               REPEAT(0, 0, 0, i0)},
        .newer = REPEAT(n0, n1, n2, n3),
        .older = REPEAT(-1, o1, o2, o3),
    };
}

typedef struct waves {
    lanes newer[PARE_BLUR_WAVES], older[PARE_BLUR_WAVES]; /* one value a row, in all its lanes */
} waves;

/* One pixel of each row, where a border is near. */
ROWS_INLINE lanes step_one(const wave_factors factors[PARE_BLUR_WAVES], waves *state, lanes in)
{
    lanes wave[PARE_BLUR_WAVES];
    for (int k = 0; k < PARE_BLUR_WAVES; k++) {
        const lanes carried = fuse(EACH_PIXEL(factors[k].older, 0), state->older[k],
                                   in * EACH_PIXEL(factors[k].in[0], 0));
        wave[k] = fuse(EACH_PIXEL(factors[k].newer, 0), state->newer[k], carried);
        state->older[k] = state->newer[k];
        state->newer[k] = wave[k];
    }
    return wave[0] + (wave[1] + wave[2]);
}

#if ROWS_BY_DOUBLES
/* step_four() below as pairs of doubles: what is multiplied again and again is widened once, and
 * factors that are zero in half of the lanes are left out. */
typedef struct doubles {
    __m128d low, high;
} doubles;

ROWS_INLINE doubles widen(lanes value)
{
    return (doubles){_mm_cvtps_pd((__m128)value),
                     _mm_cvtps_pd(_mm_movehl_ps((__m128)value, (__m128)value))};
}

ROWS_INLINE lanes narrow(doubles value)
{
    return (lanes)_mm_movelh_ps(_mm_cvtpd_ps(value.low), _mm_cvtpd_ps(value.high));
}

/* a * b + c, rounded to float. */
ROWS_INLINE __m128d fuse_pair(__m128d a, __m128d b, __m128d c)
{
    return _mm_cvtps_pd(_mm_cvtpd_ps(a * b + c));
}

ROWS_INLINE lanes step_four(const wave_factors factors[PARE_BLUR_WAVES], waves *state, lanes in)
{
    const doubles wide = widen(in);
    const __m128d in1 = _mm_unpackhi_pd(wide.low, wide.low);
    const __m128d in2 = _mm_unpacklo_pd(wide.high, wide.high);
    const __m128d in3 = _mm_unpackhi_pd(wide.high, wide.high);
    lanes wave[PARE_BLUR_WAVES];
    for (int k = 0; k < PARE_BLUR_WAVES; k++) {
        const wave_factors *f = &factors[k];
        const doubles older = widen(state->older[k]), newer = widen(state->newer[k]);
        const doubles of_older = widen(f->older), of_newer = widen(f->newer);
        const doubles of_in1 = widen(f->in[1]);
        doubles sum = widen(EACH_PIXEL(in, 0) * f->in[0]);
        sum.low = fuse_pair(of_in1.low, in1, sum.low);
        sum.high = fuse_pair(of_in1.high, in1, sum.high);
        sum.high = fuse_pair(widen(f->in[2]).high, in2, sum.high);
        sum.high = fuse_pair(widen(f->in[3]).high, in3, sum.high);
        sum.low = fuse_pair(of_older.low, older.low, sum.low);
        sum.high = fuse_pair(of_older.high, older.low, sum.high);
        sum.low = of_newer.low * newer.low + sum.low;
        sum.high = of_newer.high * newer.low + sum.high;
        wave[k] = narrow(sum);
        state->older[k] = EACH_PIXEL(wave[k], 2);
        state->newer[k] = EACH_PIXEL(wave[k], 3);
    }
    return wave[0] + (wave[1] + wave[2]);
}
#else
ROWS_INLINE lanes step_four(const wave_factors factors[PARE_BLUR_WAVES], waves *state, lanes in)
{
    const lanes in0 = EACH_PIXEL(in, 0), in1 = EACH_PIXEL(in, 1);
    const lanes in2 = EACH_PIXEL(in, 2), in3 = EACH_PIXEL(in, 3);
    lanes wave[PARE_BLUR_WAVES];
    for (int k = 0; k < PARE_BLUR_WAVES; k++) {
        const wave_factors *f = &factors[k];
        lanes sum = in0 * f->in[0];
        sum = fuse(f->in[1], in1, sum);
        sum = fuse(f->in[2], in2, sum);
        sum = fuse(f->in[3], in3, sum);
        sum = fuse(f->older, state->older[k], sum);
        wave[k] = sum = fuse(f->newer, state->newer[k], sum);
        state->older[k] = EACH_PIXEL(sum, 2);
        state->newer[k] = EACH_PIXEL(sum, 3);
    }
    return wave[0] + (wave[1] + wave[2]);
}
#endif

ROWS_INLINE void blur_right(const wave_factors factors[PARE_BLUR_WAVES], const float *const *in,
                            float *const *out, size_t width_px)
{
    const ptrdiff_t width = (ptrdiff_t)width_px, head = width < 8 ? width : 8;
    const ptrdiff_t left = -PARE_BLUR_RADIUS - 1, right = PARE_BLUR_RADIUS - 1;
    waves state = {{{0}}};
    for (ptrdiff_t x = -right; x < width;) {
        if (x >= head && x < width - 7) {
            const lanes sum = load_rows(in, x + left) + load_rows(in, x + right);
            const lanes four = step_four(factors, &state, sum);
            store_rows(out, x, four);
            x += 4;
        } else {
            const lanes sum = pixel_of_rows(in, x + left) + pixel_of_rows(in, x + right);
            const lanes one = step_one(factors, &state, sum);
            for (int i = 0; x >= 0 && i < ROWS_TOGETHER; i++)
                out[i][x] = one[4 * i];
            x++;
        }
    }
}

static void rows_blur_right(const float *const in[2], float *const out[2], int count,
                            size_t width_px)
{
    wave_factors factors[PARE_BLUR_WAVES];
    for (int k = 0; k < PARE_BLUR_WAVES; k++)
        factors[k] = wave_factors_of(WAVE_IN[k], WAVE_BACK[k]);
    for (int i = 0; i < count; i += ROWS_TOGETHER)
        blur_right(factors, in + i, out + i, width_px);
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

/* The error maps at some pixels; inside masks those beyond the end of the row. */
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

static void rows_compare(const float *const means[PARE_ROWS_MEANS], const float *reference,
                         const float *image, size_t width_px, pare_map_sums *sums)
{
    lane_sums row[GROUPS] = {{{{0}}}};
    for (size_t x = 0; x < width_px; x += PARE_ROWS_LANES) {
        for (size_t group = 0; group < GROUPS; group++) {
            const size_t at = x + group * LANES;
            lanes mean[PARE_ROWS_MEANS];
            for (int i = 0; i < PARE_ROWS_MEANS; i++)
                mean[i] = load(means[i] + at);
            compare(mean, load(reference + at), load(image + at), lanes_before(at, width_px),
                    &row[group]);
        }
    }
    for (int map = 0; map < PARE_MAP_COUNT; map++) {
        double norm1 = 0, norm4 = 0;
        for (int group = 0; group < GROUPS; group++) {
            norm1 = add_lanes(norm1, row[group].norm1[map]);
            norm4 = add_lanes(norm4, row[group].norm4[map]);
        }
        sums->norm1[map] += norm1;
        sums->norm4[map] += norm4;
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
        .name = label, .to_xyb = rows_to_xyb, .multiply = rows_multiply,                           \
        .blur_right = rows_blur_right, .blur_down = rows_blur_down, .compare = rows_compare,       \
        .halve = rows_halve                                                                        \
    }

#endif /* PARE_CORE_SCORE_ROWS_BODY_H */
