// SPDX-License-Identifier: Apache-2.0
/* Two images flow in, row by row, and their difference at six scales comes out.
 *
 * Nothing of an image is kept beyond the few rows that the blur sees, so memory grows with the
 * width only (about 1,300 bytes per pixel of width). */
#ifndef PARE_CORE_SCORE_LEVELS_H
#define PARE_CORE_SCORE_LEVELS_H

#include <stdbool.h>

#include "base/err.h"
#include "core/metric/score_weights.h"

enum { PARE_SIDE_REFERENCE, PARE_SIDE_IMAGE, PARE_SIDE_COUNT };
enum { PARE_SCORE_MIN_SIDE_PX = 8 };

enum {
    PARE_LINEAR_ROWS = 2,
    PARE_XYB_ROWS = PARE_BLUR_RADIUS,            /* from arrival to comparison */
    PARE_BLURRED_ROWS = 2 * PARE_BLUR_RADIUS + 1 /* that the blur downwards reaches */
};

/* Of the rows compared: inside of the bands that an estimate looks at, or between them. */
typedef struct pare_level_sums {
    size_t row_count;
    pare_map_sums channels[PARE_SCORE_CHANNELS];
} pare_level_sums;

typedef struct pare_level {
    size_t width_px, height_px;
    size_t stride;    /* floats of a row: width_px padded, and the margin to the next row */
    size_t row_count; /* rows received */
    size_t run_count; /* rows since the blur downwards started */
    /* Channels that count at this scale; rows of the others are not kept, nor made. */
    int used[PARE_SCORE_CHANNELS], used_count;
    float *linear;  /* rows [PARE_LINEAR_ROWS][side][channel] */
    float *xyb;     /* rows [PARE_XYB_ROWS][side][used], a ring */
    float *blurred; /* rows [PARE_BLURRED_ROWS][used][mean], a ring: blurred to the right */
    float *waves;   /* rows [2][used][mean][wave]: state of the blur downwards */
    pare_level_sums bands, between;
} pare_level;

typedef struct pare_levels {
    const pare_rows_table *rows;
    bool sampled; /* compare only bands of rows at the two largest scales */
    int count;
    pare_level levels[PARE_SCORE_SCALES];
    float *zeros;                  /* a row outside the image */
    float *products[3];            /* of the row at hand */
    float *means[PARE_ROWS_MEANS]; /* of the row to compare, blurred both ways */
    float *spare;                  /* output of a row that is blurred alone */
    float *memory;                 /* all the rows above */
} pare_levels;

/* Prepare for images of this size, at least PARE_SCORE_MIN_SIDE_PX a side. rows is borrowed until
 * deinit. Errors: PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE. */
PARE_NODISCARD pare_err pare_levels_init(pare_levels *levels, size_t width_px, size_t height_px,
                                         const pare_rows_table *rows);
void pare_levels_deinit(pare_levels *levels);

/* Forget everything pushed. */
void pare_levels_restart(pare_levels *levels, bool sampled);

/* Where the caller writes the next row of one side in linear light 0..1, width_px floats. */
float *pare_levels_input(const pare_levels *levels, int side, int channel);

/* Both sides of the next row are written. Exactly height_px calls. */
void pare_levels_push(pare_levels *levels);

/* Score after the last row, and what it would have been of the bands alone (the same number when
 * sampled). */
double pare_levels_score(const pare_levels *levels);
double pare_levels_estimate(const pare_levels *levels);

#endif /* PARE_CORE_SCORE_LEVELS_H */
