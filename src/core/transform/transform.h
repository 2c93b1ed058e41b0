// SPDX-License-Identifier: Apache-2.0
/* What may happen to pixels between decoding and encoding. All functions work in place on *image
 * (they may replace its pixels) and leave it unchanged on error. */
#ifndef PARE_CORE_TRANSFORM_H
#define PARE_CORE_TRANSFORM_H

#include "core/image/image.h"

/* Turn pixels upright; orientation becomes 1. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_transform_orient(pare_image *image, pare_diag *diag);

/* Resample (Lanczos 3, alpha premultiplied meanwhile). Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_transform_resize(pare_image *image, uint32_t width_px,
                                              uint32_t height_px, pare_diag *diag);

/* Convert to sRGB by the image's profile (relative colorimetric, black point compensation) and drop
 * the profile; CMYK without a profile by simple inks. Gray stays gray. A broken profile is ignored
 * as viewers do. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_transform_srgb(pare_image *image, pare_diag *diag);

/* True when the profile describes sRGB closely enough to be dropped (all entries of a test grid
 * within 1/255). An empty profile is sRGB. */
bool pare_transform_is_srgb(const pare_image *image);

/* As pare_transform_srgb for gray and RGB, row by row. */
typedef struct pare_srgb_rows pare_srgb_rows;

/* shape: colour, depth, alpha and profile count, pixels are not looked at; borrowed for the call.
 * *out is NULL when there is no usable profile: then rows are sRGB as they are. Errors:
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_srgb_rows_create(const pare_image *shape, pare_srgb_rows **out);
void pare_srgb_rows_apply(const pare_srgb_rows *rows, uint8_t *row, uint32_t width_px);
void pare_srgb_rows_destroy(pare_srgb_rows **rows);

/* Blend onto the background and drop alpha. */
PARE_NODISCARD pare_err pare_transform_flatten(pare_image *image, const uint8_t background[3],
                                               pare_diag *diag);

/* 16 to 8 bits by rounding, or 8 to 16. */
PARE_NODISCARD pare_err pare_transform_depth(pare_image *image, uint8_t depth_bits,
                                             pare_diag *diag);

/* True when every pixel is opaque; true without alpha. */
bool pare_transform_is_opaque(const pare_image *image);

/* Gray to RGB when that is what an encoder needs. */
PARE_NODISCARD pare_err pare_transform_rgb(pare_image *image, pare_diag *diag);

#endif /* PARE_CORE_TRANSFORM_H */
