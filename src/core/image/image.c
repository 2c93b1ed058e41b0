// SPDX-License-Identifier: Apache-2.0
/* Pixels in memory. */
#include "core/image/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

void pare_metadata_deinit(pare_metadata *metadata)
{
    pare_buf_deinit(&metadata->icc);
    pare_buf_deinit(&metadata->exif);
    pare_buf_deinit(&metadata->xmp);
    pare_buf_deinit(&metadata->iptc);
    pare_buf_deinit(&metadata->comment);
}

static uint8_t color_channels(pare_color color)
{
    switch (color) {
    case PARE_COLOR_GRAY: return 1;
    case PARE_COLOR_RGB: return 3;
    case PARE_COLOR_CMYK: return 4;
    }
    return 3;
}

pare_err pare_image_init(pare_image *image, uint32_t width_px, uint32_t height_px, pare_color color,
                         bool has_alpha, uint8_t depth_bits)
{
    const uint8_t channels = (uint8_t)(color_channels(color) + (has_alpha ? 1 : 0));
    size_t stride, size;
    if (!pare_mul_size(width_px, (size_t)channels * (depth_bits / 8u), &stride) ||
        !pare_mul_size(stride, height_px, &size)) {
        return PARE_ERR_TOO_LARGE;
    }
    uint8_t *pixels = malloc(size ? size : 1);
    if (!pixels) return PARE_ERR_NO_MEMORY;
    *image = (pare_image){
        .width_px = width_px,
        .height_px = height_px,
        .color = color,
        .has_alpha = has_alpha,
        .channels = channels,
        .depth_bits = depth_bits,
        .source_depth_bits = depth_bits,
        .orientation = 1,
        .stride_bytes = stride,
        .pixels = pixels,
    };
    return PARE_OK;
}

void pare_image_deinit(pare_image *image)
{
    free(image->pixels);
    pare_metadata_deinit(&image->metadata);
    *image = (pare_image){0};
}

static pare_err copy_buf(pare_buf *to, const pare_buf *from)
{
    return pare_buf_append(to, from->data, from->len);
}

pare_err pare_image_copy(pare_image *to, const pare_image *from)
{
    pare_image copy;
    PARE_TRY(pare_image_init(&copy, from->width_px, from->height_px, from->color, from->has_alpha,
                             from->depth_bits));
    const size_t row_len = (size_t)from->width_px * from->channels * (from->depth_bits / 8u);
    for (uint32_t y = 0; y < from->height_px; y++) {
        memcpy(pare_image_row(&copy, y), pare_image_row(from, y), row_len);
    }
    copy.source_depth_bits = from->source_depth_bits;
    copy.orientation = from->orientation;
    if (copy_buf(&copy.metadata.icc, &from->metadata.icc) != PARE_OK ||
        copy_buf(&copy.metadata.exif, &from->metadata.exif) != PARE_OK ||
        copy_buf(&copy.metadata.xmp, &from->metadata.xmp) != PARE_OK ||
        copy_buf(&copy.metadata.iptc, &from->metadata.iptc) != PARE_OK ||
        copy_buf(&copy.metadata.comment, &from->metadata.comment) != PARE_OK) {
        pare_image_deinit(&copy);
        return PARE_ERR_NO_MEMORY;
    }
    *to = copy;
    return PARE_OK;
}
