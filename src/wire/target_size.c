// SPDX-License-Identifier: Apache-2.0
/* The size that the resize options ask for, and how far a decoder may go towards it. */
#include <math.h>

#include "wire/target_size.h"

static double asked_scale(const pare_resize *resize, double width, double height)
{
    const double longest = fmax(width, height), shortest = fmin(width, height);
    switch (resize->mode) {
    case PARE_RESIZE_NONE: return 1;
    case PARE_RESIZE_WIDTH: return resize->width_px / width;
    case PARE_RESIZE_HEIGHT: return resize->height_px / height;
    case PARE_RESIZE_LONGEST: return resize->width_px / longest;
    case PARE_RESIZE_SHORTEST: return resize->width_px / shortest;
    case PARE_RESIZE_FIT: return fmin(resize->width_px / width, resize->height_px / height);
    case PARE_RESIZE_PERCENT: return resize->percent / 100;
    }
    return 1;
}

/* Enlarged images stay below what every format can hold in one edge. */
static uint32_t scaled_edge(uint32_t edge_px, double scale)
{
    const double edge = floor(edge_px * scale + 0.5);
    if (edge < 1) return 1;
    return edge > 65535 && scale > 1 ? (edge_px > 65535 ? edge_px : 65535) : (uint32_t)edge;
}

bool pare_target_size(const pare_resize *resize, uint32_t width_px, uint32_t height_px,
                      uint32_t *out_width_px, uint32_t *out_height_px)
{
    *out_width_px = width_px;
    *out_height_px = height_px;
    if (resize->mode == PARE_RESIZE_NONE || width_px == 0 || height_px == 0) return false;
    const double scale = asked_scale(resize, width_px, height_px);
    if (!(scale > 0) || (scale > 1 && !resize->enlarge)) return false;
    *out_width_px = scaled_edge(width_px, scale);
    *out_height_px = scaled_edge(height_px, scale);
    return *out_width_px != width_px || *out_height_px != height_px;
}

uint32_t pare_target_shrink(pare_format format, uint32_t width_px, uint32_t height_px,
                            uint32_t target_width_px, uint32_t target_height_px)
{
    uint32_t power = 1;
    if (target_width_px == 0 || target_height_px == 0) return 1;
    const uint64_t across = width_px / (2 * (uint64_t)target_width_px);
    const uint64_t down = height_px / (2 * (uint64_t)target_height_px);
    const uint64_t most = across < down ? across : down;
    switch (format) {
    case PARE_FORMAT_PNG:
    case PARE_FORMAT_TIFF:
        return most < 1 ? 1 : most < PARE_SHRINK_MAX ? (uint32_t)most : PARE_SHRINK_MAX;
    case PARE_FORMAT_JPEG:
        while (power < 8 && 2 * power <= most)
            power *= 2;
        return power;
    default: return 1;
    }
}
