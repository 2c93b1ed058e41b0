// SPDX-License-Identifier: Apache-2.0
/* Colour management by Little CMS, each call in a context of its own: no global state. */
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "core/transform/transform.h"

/* From the profile of an image to sRGB (gray: to gray with the curve of sRGB). All zero is valid.
 */
typedef struct converter {
    cmsContext context;
    cmsHPROFILE from, to;
    cmsHTRANSFORM transform;
} converter;

static void converter_deinit(converter *conv)
{
    if (conv->transform) cmsDeleteTransform(conv->transform);
    if (conv->from) cmsCloseProfile(conv->from);
    if (conv->to) cmsCloseProfile(conv->to);
    if (conv->context) cmsDeleteContext(conv->context);
    *conv = (converter){0};
}

static cmsHPROFILE make_gray_srgb(cmsContext context)
{
    /* IEC 61966-2-1: the curve of sRGB as ICC parametric type 4 */
    const cmsFloat64Number curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(context, 4, curve);
    if (!tone) return NULL;
    cmsHPROFILE profile = cmsCreateGrayProfileTHR(context, cmsD50_xyY(), tone);
    cmsFreeToneCurve(tone);
    return profile;
}

static bool profile_fits(cmsHPROFILE profile, pare_color color)
{
    const cmsColorSpaceSignature space = cmsGetColorSpace(profile);
    switch (color) {
    case PARE_COLOR_GRAY: return space == cmsSigGrayData;
    case PARE_COLOR_RGB: return space == cmsSigRgbData;
    case PARE_COLOR_CMYK: return space == cmsSigCmykData;
    }
    return false;
}

static cmsUInt32Number sample_format(pare_color color, bool has_alpha, uint8_t depth_bits)
{
    const unsigned bytes = depth_bits / 8u, extra = has_alpha ? 1 : 0;
    switch (color) {
    case PARE_COLOR_GRAY:
        return COLORSPACE_SH(PT_GRAY) | EXTRA_SH(extra) | CHANNELS_SH(1) | BYTES_SH(bytes);
    case PARE_COLOR_CMYK:
        return COLORSPACE_SH(PT_CMYK) | EXTRA_SH(extra) | CHANNELS_SH(4) | BYTES_SH(bytes);
    case PARE_COLOR_RGB: break;
    }
    return COLORSPACE_SH(PT_RGB) | EXTRA_SH(extra) | CHANNELS_SH(3) | BYTES_SH(bytes);
}

/* False when the image has no usable profile. */
static bool converter_init(converter *conv, const pare_image *image, uint8_t out_depth_bits,
                           cmsUInt32Number flags)
{
    const pare_buf *icc = &image->metadata.icc;
    *conv = (converter){0};
    if (icc->len < 128 || icc->len > UINT32_MAX) return false;
    conv->context = cmsCreateContext(NULL, NULL);
    if (!conv->context) return false;
    conv->from = cmsOpenProfileFromMemTHR(conv->context, icc->data, (cmsUInt32Number)icc->len);
    if (!conv->from || !profile_fits(conv->from, image->color)) goto unusable;
    const bool to_gray = image->color == PARE_COLOR_GRAY;
    conv->to = to_gray ? make_gray_srgb(conv->context) : cmsCreate_sRGBProfileTHR(conv->context);
    if (!conv->to) goto unusable;
    const pare_color to_color = to_gray ? PARE_COLOR_GRAY : PARE_COLOR_RGB;
    if (image->has_alpha) flags |= cmsFLAGS_COPY_ALPHA;
    conv->transform = cmsCreateTransformTHR(
        conv->context, conv->from, sample_format(image->color, image->has_alpha, image->depth_bits),
        conv->to, sample_format(to_color, image->has_alpha, out_depth_bits),
        INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION | flags);
    if (conv->transform) return true;
unusable:
    converter_deinit(conv);
    return false;
}

/* Ink by ink, without a press in mind; 0 is no ink. */
static void convert_inks(const pare_image *from, pare_image *to)
{
    const size_t in_step = from->channels, out_step = to->channels;
    for (uint32_t y = 0; y < from->height_px; y++) {
        const uint8_t *row = pare_image_row(from, y);
        uint8_t *out = pare_image_row(to, y);
        for (size_t x = 0; x < from->width_px; x++) {
            uint64_t in[5] = {0};
            for (size_t c = 0; c < in_step; c++) {
                uint16_t wide;
                memcpy(&wide, row + (from->depth_bits == 8 ? 0 : 2 * (x * in_step + c)), 2);
                in[c] = from->depth_bits == 8 ? row[x * in_step + c] * 257u : wide;
            }
            for (size_t c = 0; c < out_step; c++) {
                const uint64_t value =
                    c < 3 ? ((65535 - in[c]) * (65535 - in[3]) + 32767) / 65535 : in[4];
                const uint16_t wide = (uint16_t)value;
                if (to->depth_bits == 8) {
                    out[x * out_step + c] = (uint8_t)((value * 255 + 32767) / 65535);
                } else {
                    memcpy(out + 2 * (x * out_step + c), &wide, 2);
                }
            }
        }
    }
}

static pare_err cmyk_to_srgb(pare_image *image, const converter *conv, pare_diag *diag)
{
    pare_image to;
    const pare_err err = pare_image_init(&to, image->width_px, image->height_px, PARE_COLOR_RGB,
                                         image->has_alpha, image->depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to convert colours");
    if (conv->transform) {
        for (uint32_t y = 0; y < image->height_px; y++) {
            cmsDoTransform(conv->transform, pare_image_row(image, y), pare_image_row(&to, y),
                           image->width_px);
        }
    } else {
        convert_inks(image, &to);
    }
    free(image->pixels);
    image->pixels = to.pixels;
    image->color = PARE_COLOR_RGB;
    image->channels = to.channels;
    image->stride_bytes = to.stride_bytes;
    return PARE_OK;
}

/* Little CMS speeds up 16 bits by a coarse table: wrong by 2/255 in the highlights. */
static cmsUInt32Number flags_for(const pare_image *image)
{
    return image->depth_bits == 16 ? cmsFLAGS_NOOPTIMIZE : 0;
}

struct pare_srgb_rows {
    converter conv;
};

pare_err pare_srgb_rows_create(const pare_image *shape, pare_srgb_rows **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    if (!converter_init(&(*out)->conv, shape, shape->depth_bits, flags_for(shape))) {
        free(*out);
        *out = NULL;
    }
    return PARE_OK;
}

void pare_srgb_rows_apply(const pare_srgb_rows *rows, uint8_t *row, uint32_t width_px)
{
    cmsDoTransform(rows->conv.transform, row, row, width_px);
}

void pare_srgb_rows_destroy(pare_srgb_rows **rows)
{
    if (!*rows) return;
    converter_deinit(&(*rows)->conv);
    free(*rows);
    *rows = NULL;
}

pare_err pare_transform_srgb(pare_image *image, pare_diag *diag)
{
    converter conv;
    pare_err err = PARE_OK;
    const bool usable = converter_init(&conv, image, image->depth_bits, flags_for(image));
    if (image->color == PARE_COLOR_CMYK) {
        err = cmyk_to_srgb(image, &conv, diag);
    } else if (usable) {
        for (uint32_t y = 0; y < image->height_px; y++) {
            uint8_t *row = pare_image_row(image, y);
            cmsDoTransform(conv.transform, row, row, image->width_px);
        }
    }
    converter_deinit(&conv);
    if (err == PARE_OK) pare_buf_deinit(&image->metadata.icc);
    return err;
}

enum { GRID_EDGE = 9, GRAY_STEPS = 256 };

/* Fills the samples of the test grid; the number of its pixels. */
static unsigned make_grid(pare_color color, uint8_t *grid)
{
    unsigned count = 0;
    if (color == PARE_COLOR_GRAY) {
        for (; count < GRAY_STEPS; count++)
            grid[count] = (uint8_t)count;
        return count;
    }
    for (unsigned i = 0; i < GRID_EDGE * GRID_EDGE * GRID_EDGE; i++, count++) {
        grid[3 * i] = (uint8_t)(i % GRID_EDGE * 255 / (GRID_EDGE - 1));
        grid[3 * i + 1] = (uint8_t)(i / GRID_EDGE % GRID_EDGE * 255 / (GRID_EDGE - 1));
        grid[3 * i + 2] = (uint8_t)(i / GRID_EDGE / GRID_EDGE * 255 / (GRID_EDGE - 1));
    }
    return count;
}

bool pare_transform_is_srgb(const pare_image *image)
{
    if (image->color == PARE_COLOR_CMYK) return false;
    if (image->metadata.icc.len == 0) return true;
    uint8_t grid[3 * GRID_EDGE * GRID_EDGE * GRID_EDGE];
    uint16_t have[3 * GRID_EDGE * GRID_EDGE * GRID_EDGE];
    pare_image shape = {.color = image->color, .depth_bits = 8, .metadata = image->metadata};
    converter conv;
    /* a table made for speed would cost more than the few colours asked */
    if (!converter_init(&conv, &shape, 16, cmsFLAGS_NOOPTIMIZE)) return true;
    const unsigned count = make_grid(image->color, grid);
    cmsDoTransform(conv.transform, grid, have, count);
    converter_deinit(&conv);
    const unsigned samples = count * (image->color == PARE_COLOR_GRAY ? 1u : 3u);
    for (unsigned i = 0; i < samples; i++) {
        if (abs((int)have[i] - grid[i] * 257) > 257) return false;
    }
    return true;
}
