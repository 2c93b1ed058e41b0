// SPDX-License-Identifier: Apache-2.0
/* Two images flow in, row by row, and their difference at six scales comes out.
 *
 * Nothing of an image is kept beyond the few rows that the blur sees, so memory grows with the
 * width only (about 550 bytes per pixel of width). */
#ifndef PARE_CORE_SCORE_LEVELS_H
#define PARE_CORE_SCORE_LEVELS_H

#include <stdbool.h>

#include "base/err.h"
#include "core/metric/score_weights.h"

enum { PARE_SIDE_REFERENCE, PARE_SIDE_IMAGE, PARE_SIDE_COUNT };
enum { PARE_SCORE_MIN_SIDE_PX = 8 };

typedef struct pare_level {
    size_t width_px, height_px;
    size_t stride;      /* floats of a row: width_px up to a multiple of PARE_ROWS_LANES */
    size_t row_count;   /* rows received */
    size_t rows_scored; /* of these, compared */
    float *linear;      /* [2 rows][side][channel][stride] */
    float *xyb;         /* [PARE_ROWS_TAPS rows][side][channel][stride], a ring */
    pare_map_sums sums[PARE_SCORE_CHANNELS];
} pare_level;

typedef struct pare_levels {
    const pare_rows_table *rows;
    bool sampled; /* compare only bands of rows at the two largest scales */
    int count;
    pare_level levels[PARE_SCORE_SCALES];
    float *zeros;                  /* a row outside the image */
    float *means[PARE_ROWS_MEANS]; /* blurred downwards, with margins of zeros */
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

/* Score after the last row. */
double pare_levels_score(const pare_levels *levels);

#endif /* PARE_CORE_SCORE_LEVELS_H */
