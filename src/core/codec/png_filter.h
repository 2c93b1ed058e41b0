// SPDX-License-Identifier: Apache-2.0
/* The filters of PNG (specification, 9.2), and ways to choose one for each row. */
#ifndef PARE_CORE_CODEC_PNG_FILTER_H
#define PARE_CORE_CODEC_PNG_FILTER_H

#include "core/codec/png_deflate.h"
#include "core/codec/png_raster.h"

/* 0..4 use that filter on every row. */
typedef enum pare_png_strategy {
    PARE_PNG_NONE = 0,
    PARE_PNG_SUB = 1,
    PARE_PNG_UP = 2,
    PARE_PNG_AVERAGE = 3,
    PARE_PNG_PAETH = 4,
    PARE_PNG_MINSUM = 5,  /* smallest sum of absolute differences (specification, 12.8) */
    PARE_PNG_ENTROPY = 6, /* smallest Shannon entropy of the row alone */
    PARE_PNG_BIGRAMS = 7, /* fewest different pairs of neighbouring bytes */
    PARE_PNG_SHARED = 8,  /* fewest bits under the statistics of the rows around, iterated */
    PARE_PNG_MATCH = 9,   /* fewest bits as a quick LZ77 would code it after the rows before */
    PARE_PNG_BRUTE = 10,  /* smallest when deflated after the rows before */
    PARE_PNG_STRATEGIES = 11
} pare_png_strategy;

/* Rows to filter: count rows from every step-th one on, so that a part can stand for the whole.
 * {height, height} takes all. */
typedef struct pare_png_rows {
    uint32_t count, step;
} pare_png_rows;

typedef struct pare_png_filterer pare_png_filterer;

/* deflater is borrowed until close; BRUTE uses it. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_filterer_open(pare_png_deflater *deflater,
                                               pare_png_filterer **out);
/* Accepts a pointer to NULL. */
void pare_png_filterer_close(pare_png_filterer **filterer);

/* Begin to filter rows that are given out in parts of about part_len bytes, so that they are never
 * in memory as a whole. raster is borrowed until the last part. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_filter_start(pare_png_filterer *filterer,
                                              const pare_png_raster *raster, pare_png_rows rows,
                                              pare_png_strategy strategy, size_t part_len);
/* Take these filters, one a row, in place of choosing again: what pare_png_filter_choices() gave
 * for the same rows. After start and before the first part; borrowed until the last part. */
void pare_png_filter_repeat(pare_png_filterer *filterer, const uint8_t *choices);
/* The filter of each row that was given out since start, borrowed until the next start; empty where
 * nothing is chosen. */
pare_bytes pare_png_filter_choices(const pare_png_filterer *filterer);
/* The next part, borrowed until the next call or close; empty after the last.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_filter_next(pare_png_filterer *filterer, pare_bytes *part);

/* Free what grows with the image; the next call allocates it again. */
void pare_png_filterer_shrink(pare_png_filterer *filterer);

/* How many rows that makes. */
uint32_t pare_png_rows_total(const pare_png_raster *raster, pare_png_rows rows);

/* Filters the rows in one part; *out is borrowed until the next call or close.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_filter(pare_png_filterer *filterer, const pare_png_raster *raster,
                                        pare_png_rows rows, pare_png_strategy strategy,
                                        pare_bytes *out);

#endif /* PARE_CORE_CODEC_PNG_FILTER_H */
