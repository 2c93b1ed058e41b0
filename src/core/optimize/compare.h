// SPDX-License-Identifier: Apache-2.0
/* Do two images of the same size show the same? */
#ifndef PARE_CORE_COMPARE_H
#define PARE_CORE_COMPARE_H

#include "core/image/image.h"

enum { PARE_BLOCK_PX = 32 };

/* The same pixels, whatever their layout; colours below full transparency do not count. */
bool pare_is_identical(const pare_image *a, const pare_image *b);

/* Could b be a with the losses of an encoder at this quality (1..100)? Compares the means of
 * blocks: lossy coders move them by less than their coarsest step; a wrong colour space, lost rows
 * or a picture of something else moves them by far more. */
bool pare_is_alike(const pare_image *a, const pare_image *b, double quality);

/* Mean of each channel over the block that begins at x, y and is cut at the edges, 0..255: red,
 * green, blue, 0 and alpha (CMYK: the inks and alpha), colours weighed by alpha. */
void pare_block_mean(const pare_image *image, uint32_t x, uint32_t y, double out[5]);

#endif /* PARE_CORE_COMPARE_H */
