// SPDX-License-Identifier: Apache-2.0
/* Quantization tables as a function of the quality. */
#ifndef PARE_CORE_JPEG_TABLES_H
#define PARE_CORE_JPEG_TABLES_H

#include "core/codec/jpeg_coeffs.h"

/* Distance (0 is perfect, 1 hard to see, 15 very bad) of a quality of 1..100. Monotone and
 * continuous; 90 is about 1. */
double pare_jpeg_distance(double quality);

/* One table for each component of coeffs, natural order, entries 1..255. */
void pare_jpeg_tables_make(const pare_jpeg_coeffs *coeffs, double distance,
                           uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64]);

/* Where a table's step is near the step that a file's own numbers have (coeffs read from a file),
 * take that one: rounding again to almost the same grid only adds errors, and a finer one adds bits
 * for nothing. */
void pare_jpeg_tables_fit(const pare_jpeg_coeffs *coeffs,
                          uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64]);

/* Quality (1..100) whose table for brightness has the same sum as this one, natural order; *gap is
 * the sum of absolute differences between the two, to compare with other families of tables. */
int pare_jpeg_tables_estimate(const uint16_t luma[64], uint64_t *gap);

#endif /* PARE_CORE_JPEG_TABLES_H */
