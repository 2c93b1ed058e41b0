// SPDX-License-Identifier: Apache-2.0
/* The inner loops of the score, one row at a time, in variants for different processors.
 *
 * All variants are the same source (score_rows_body.h) built for other instruction sets, and round
 * alike. The one difference: where the processor cannot multiply and add with a single rounding,
 * that is imitated in double precision, which rounds differently once in a long while. Scores of
 * the variants agree to 0.0001 (tests/unit/ssimulacra2_test.c). */
#ifndef PARE_CORE_SCORE_ROWS_H
#define PARE_CORE_SCORE_ROWS_H

#include <stddef.h>

enum {
    PARE_ROWS_LANES = 8,   /* rows are padded with zeros to a multiple of this */
    PARE_ROWS_MARGIN = 16, /* zeros on both sides of the rows that blur_right reads */
    PARE_ROWS_MEANS = 5,   /* blurred: reference, image, and their three products */
    PARE_BLUR_RADIUS = 5,
    PARE_BLUR_WAVES = 3
};

/* Sums over the pixels of a row: error maps in the order of the weights, 1-norm and 4-norm. */
enum { PARE_MAP_SSIM, PARE_MAP_RINGING, PARE_MAP_BLURRING, PARE_MAP_COUNT };
typedef struct pare_map_sums {
    double norm1[PARE_MAP_COUNT];
    double norm4[PARE_MAP_COUNT];
} pare_map_sums;

/* One step of the blur from above to below, for output row n. A row of zeros where there is no
 * row. newer and older are the three waves at n - 1 and n - 2; wave gets those at n, and may be
 * older, so that the caller swaps two rows after each step. */
typedef struct pare_blur_step {
    const float *above; /* row n - RADIUS - 1 */
    const float *below; /* row n + RADIUS - 1 */
    const float *newer[PARE_BLUR_WAVES];
    const float *older[PARE_BLUR_WAVES];
    float *wave[PARE_BLUR_WAVES];
    float *out;
} pare_blur_step;

/* Rows hold width_px floats and zeros up to a multiple of PARE_ROWS_LANES. No overlap. */
typedef struct pare_rows_table {
    const char *name;

    /* Linear RGB in 0..1 to XYB moved to about 0..1. xyb[0] and xyb[2] may be NULL: not needed. */
    void (*to_xyb)(const float *const rgb[3], float *const xyb[3], size_t width_px);

    /* Square of the reference, square of the image, and their product. */
    void (*multiply)(const float *reference, const float *image, float *const out[3],
                     size_t width_px);

    /* Blur count rows, 1 or 2, from left to right; in has margins. Writes width_px floats. The
     * second row has to be there in any case: a variant that does two at once writes it, too. */
    void (*blur_right)(const float *const in[2], float *const out[2], int count, size_t width_px);

    void (*blur_down)(const pare_blur_step *step, size_t width_px);

    /* Compare one row: means are blurred reference, image, reference squared, image squared and
     * reference times image. Adds to sums. */
    void (*compare)(const float *const means[PARE_ROWS_MEANS], const float *reference,
                    const float *image, size_t width_px, pare_map_sums *sums);

    /* Mean of 2 x 2 pixels; the last column is repeated when width_px is odd. */
    void (*halve)(const float *above, const float *below, float *out, size_t width_px);
} pare_rows_table;

extern const pare_rows_table pare_rows_c;
#if defined(__x86_64__)
extern const pare_rows_table pare_rows_avx2;
#endif

/* Best table for PARE_CPU_* flags. */
const pare_rows_table *pare_rows_pick(unsigned cpu_flags);

#endif /* PARE_CORE_SCORE_ROWS_H */
