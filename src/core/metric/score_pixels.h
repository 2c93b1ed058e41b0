// SPDX-License-Identifier: Apache-2.0
/* Pixels of any supported shape to rows of linear light. */
#ifndef PARE_CORE_SCORE_PIXELS_H
#define PARE_CORE_SCORE_PIXELS_H

#include "core/image/image.h"

/* The sRGB curve as tables; all zero is valid and empty. */
typedef struct pare_linear_tables {
    float of_byte[256];
    float *of_word; /* 65536 entries, made when 16 bit or alpha needs them; owned */
} pare_linear_tables;

void pare_linear_tables_init(pare_linear_tables *tables);
void pare_linear_tables_deinit(pare_linear_tables *tables);

/* Make what the image needs. Errors: PARE_ERR_NO_MEMORY; PARE_ERR_INVALID (not gray or RGB, not 8
 * or 16 bit, or empty). */
PARE_NODISCARD pare_err pare_linear_tables_prepare(pare_linear_tables *tables,
                                                   const pare_image *image, pare_diag *diag);

/* Write row y, width_px pixels; coordinates beyond the image repeat its last pixel. Alpha is
 * flattened on background in sRGB, as the reference does. The tables are prepared for image. */
void pare_linear_row(const pare_linear_tables *tables, const pare_image *image,
                     const uint8_t background[3], size_t y, float *const rgb[3]);

#endif /* PARE_CORE_SCORE_PIXELS_H */
