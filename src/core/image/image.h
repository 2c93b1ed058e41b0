// SPDX-License-Identifier: Apache-2.0
/* Pixels in memory, and the metadata that travels with them. */
#ifndef PARE_CORE_IMAGE_H
#define PARE_CORE_IMAGE_H

#include <stdbool.h>

#include <pare/pare.h>

#include "base/buf.h"

/* Raw blocks as their specifications define them; empty when absent. */
typedef struct pare_metadata {
    pare_buf icc;
    pare_buf exif; /* TIFF structure, without "Exif\0\0" */
    pare_buf xmp;  /* packet */
    pare_buf iptc; /* 8BIM resource block (JPEG APP13 payload after "Photoshop 3.0\0") */
    pare_buf comment;
} pare_metadata;

void pare_metadata_deinit(pare_metadata *metadata);

typedef enum pare_color {
    PARE_COLOR_GRAY = 0,
    PARE_COLOR_RGB = 1,
    PARE_COLOR_CMYK = 2 /* 0 is no ink */
} pare_color;

/* Interleaved pixels, top row first, no padding between rows beyond stride. Alpha, when there,
 * is the last channel and is not premultiplied. Colours are meant in metadata.icc, or sRGB when
 * that is empty. All zero is a valid empty image. */
typedef struct pare_image {
    uint32_t width_px, height_px;
    pare_color color;
    bool has_alpha;
    uint8_t channels;          /* colour channels + alpha: 1..5 */
    uint8_t depth_bits;        /* 8 or 16; 16 is native-endian uint16_t, full range */
    uint8_t source_depth_bits; /* of the file, e.g. 10; what is worth keeping */
    uint8_t orientation;       /* EXIF 1..8; pixels are as stored */
    size_t stride_bytes;
    uint8_t *pixels; /* owned */
    pare_metadata metadata;
} pare_image;

/* Allocates pixels (not zeroed) for the given shape; sets channels, stride and orientation 1.
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE (does not fit size_t). */
PARE_NODISCARD pare_err pare_image_init(pare_image *image, uint32_t width_px, uint32_t height_px,
                                        pare_color color, bool has_alpha, uint8_t depth_bits);
void pare_image_deinit(pare_image *image);
PARE_NODISCARD pare_err pare_image_copy(pare_image *to, const pare_image *from);

static inline uint8_t *pare_image_row(const pare_image *image, uint32_t y)
{
    return image->pixels + (size_t)y * image->stride_bytes;
}

/* Some rows as an image of its own, which borrows the pixels and the metadata. */
static inline pare_image pare_image_rows(const pare_image *image, uint32_t y, uint32_t count)
{
    pare_image rows = *image;
    rows.height_px = count;
    rows.pixels = pare_image_row(image, y);
    return rows;
}

#endif /* PARE_CORE_IMAGE_H */
