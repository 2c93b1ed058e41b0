// SPDX-License-Identifier: Apache-2.0
/* Do two images of the same size show the same? */
#ifndef PARE_CORE_COMPARE_H
#define PARE_CORE_COMPARE_H

#include "core/image/image.h"

enum { PARE_BLOCK_PX = 32 };

/* The same pixels, whatever their layout; colours below full transparency do not count. */
bool pare_is_identical(const pare_image *a, const pare_image *b);

/* How b may be smaller than a. */
typedef enum pare_scale { PARE_SCALE_WHOLE = 1, PARE_SCALE_EIGHTH = 8 } pare_scale;

/* Could b be a with the losses of an encoder at this quality (1..100)? Compares the means of
 * blocks: lossy coders move them by less than their coarsest step; a wrong colour space, lost rows
 * or a picture of something else moves them by far more.
 *
 *   scale  EIGHTH: a pixel of b is the mean of 8 x 8 pixels, as a JPEG gives them at no cost; what
 *          is left of a beside the last of those at the right and below is not compared. */
bool pare_is_alike(const pare_image *a, const pare_image *b, pare_scale scale, double quality);

/* The same band by band. All zero is the start. */
typedef struct pare_likeness {
    double sum; /* of the gaps between means */
    uint64_t count;
} pare_likeness;

/* The next rows of both, PARE_BLOCK_PX of a unless they are the last. False: they are not alike. */
bool pare_likeness_add(pare_likeness *likeness, const pare_image *a, const pare_image *b,
                       pare_scale scale, double quality);
/* After the last rows. */
bool pare_likeness_is_near(const pare_likeness *likeness, double quality);

/* Part of an image. */
typedef struct pare_block {
    uint32_t x, y, width, height;
} pare_block;

/* Mean of each channel over a block of at most PARE_BLOCK_PX x PARE_BLOCK_PX, 0..255: red, green,
 * blue, 0 and alpha (CMYK: the inks and alpha), colours weighed by alpha. */
void pare_block_mean(const pare_image *image, const pare_block *block, double out[5]);

#endif /* PARE_CORE_COMPARE_H */
