// SPDX-License-Identifier: Apache-2.0
/* Red, green and blue to a luma and two colour differences, as video codecs store them. */
#ifndef PARE_CORE_YUV_H
#define PARE_CORE_YUV_H

#include "core/image/image.h"

enum { PARE_YUV_DEPTH_MAX = 10 };

/* Planes that the caller owns, samples of 16 bits in native order. */
typedef struct pare_yuv {
    uint8_t depth_bits;  /* 8..PARE_YUV_DEPTH_MAX, full range */
    bool halves_chroma;  /* both ways, sizes round up: 4:2:0; else 4:4:4 */
    uint8_t *planes[3];  /* Y, Cb, Cr; of gray images only the first is written */
    size_t strides[3];   /* bytes */
    uint8_t *alpha;      /* NULL when the image has none */
    size_t alpha_stride; /* bytes */
} pare_yuv;

/* Fills all planes from gray or RGB, with or without alpha, of 8 or 16 bits. Matrix: ITU-T H.273
 * number 6 (BT.601).
 *
 * Halved chroma is that of the mean light of a square of four pixels, not of the mean of their
 * stored values; and each luma makes up for what its pixel gets of its neighbours' chroma, so that
 * it stays as bright as it was (the idea of libwebp's "sharp YUV", with one step in place of
 * iterations). Light is meant by the curve of sRGB, near enough for the others.
 *
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_yuv_fill(const pare_image *image, const pare_yuv *out);

/* How much of the image is lost when chroma is halved: the detail of Cb and Cr inside squares of
 * four pixels against that of luma, as a ratio of energies (0 of gray and of flat colours without
 * detail; INFINITY of colours that differ in chroma alone). Of large images some rows stand for
 * all. */
double pare_yuv_chroma_detail(const pare_image *image);

#endif /* PARE_CORE_YUV_H */
