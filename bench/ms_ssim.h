// SPDX-License-Identifier: Apache-2.0
/* MS-SSIM: a second opinion for benchmarks, which no part of Pare searches with.
 *
 * Source: Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image
 * quality assessment", 2003; here on Y, Cb and Cr (BT.601) in proportions 6 : 1 : 1, so that colour
 * counts. Images too small for five scales take as many as fit. */
#ifndef PARE_BENCH_MS_SSIM_H
#define PARE_BENCH_MS_SSIM_H

#include "core/image/image.h"

#define MS_SSIM_SAME_DB 99.0

/* In decibels, -10 log10(1 - MS-SSIM): higher is better, 10 is poor, 20 is good, 25 excellent;
 * MS_SSIM_SAME_DB for equal pixels. Both 8-bit RGB of the same size, without alpha. Errors:
 * PARE_ERR_INVALID (another shape), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err ms_ssim_db(const pare_image *a, const pare_image *b, double *db);

#endif /* PARE_BENCH_MS_SSIM_H */
