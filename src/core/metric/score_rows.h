// SPDX-License-Identifier: Apache-2.0
/* The inner loops of the score, one row at a time, in variants for different processors.
 *
 * All variants are the same source (score_rows_body.h) built for other instruction sets, without
 * fused or reordered arithmetic: they give the same bits, so a score does not depend on the
 * machine. */
#ifndef PARE_CORE_SCORE_ROWS_H
#define PARE_CORE_SCORE_ROWS_H

#include <stddef.h>

enum {
    PARE_ROWS_LANES = 8,  /* rows are padded with zeros to a multiple of this */
    PARE_ROWS_REACH = 4,  /* neighbours on each side that the blur sees */
    PARE_ROWS_TAPS = 9,   /* 2 * REACH + 1 */
    PARE_ROWS_MARGIN = 8, /* zeros on both sides of the rows that blur_across reads */
    PARE_ROWS_MEANS = 5   /* blurred: reference, image, and their three products */
};

/* Sums over the pixels of a row: error maps in the order of the weights, 1-norm and 4-norm. */
enum { PARE_MAP_SSIM, PARE_MAP_RINGING, PARE_MAP_BLURRING, PARE_MAP_COUNT };
typedef struct pare_map_sums {
    double norm1[PARE_MAP_COUNT];
    double norm4[PARE_MAP_COUNT];
} pare_map_sums;

/* The rows around one row, nearest the middle in the middle; a row of zeros outside the image. */
typedef struct pare_rows_window {
    const float *reference[PARE_ROWS_TAPS];
    const float *image[PARE_ROWS_TAPS];
} pare_rows_window;

typedef struct pare_rows_table {
    const char *name;

    /* Linear RGB in 0..1 to XYB moved to about 0..1; width_px pixels, then zeros up to a multiple
     * of PARE_ROWS_LANES. rgb and xyb must hold that many and may not overlap. */
    void (*to_xyb)(const float *const rgb[3], float *const xyb[3], size_t width_px);

    /* Blur from above to below: means[i] receives reference, image, reference squared, image
     * squared and reference times image, padded width. */
    void (*blur_down)(const pare_rows_window *window, const float taps[PARE_ROWS_REACH + 1],
                      float *const means[PARE_ROWS_MEANS], size_t width_px);

    /* Blur the means from left to right, compare the middle rows, add to sums. The means have
     * PARE_ROWS_MARGIN zeros before and after. */
    void (*blur_across)(const float *const means[PARE_ROWS_MEANS], const pare_rows_window *window,
                        const float taps[PARE_ROWS_REACH + 1], size_t width_px,
                        pare_map_sums *sums);

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
