// SPDX-License-Identifier: Apache-2.0
/* AVIF to pixels with libavif. */
#include <string.h>

#include <avif/avif.h>

#include "base/err.h"
#include "core/codec/avif_encoder.h"
#include "core/codec/avif_quality.h"
#include "core/image/exif.h"
#include "core/image/profile.h"

static pare_err classify(avifResult result)
{
    switch (result) {
    case AVIF_RESULT_OUT_OF_MEMORY: return PARE_ERR_NO_MEMORY;
    case AVIF_RESULT_TRUNCATED_DATA: return PARE_ERR_TRUNCATED;
    case AVIF_RESULT_NOT_IMPLEMENTED:
    case AVIF_RESULT_NO_CODEC_AVAILABLE: return PARE_SKIP_UNSUPPORTED_VARIANT;
    default: return PARE_ERR_CORRUPT;
    }
}

static pare_err fail(pare_diag *diag, const char *step, avifResult result)
{
    return pare_fail(diag, classify(result), "%s: %s", step, avifResultToString(result));
}

/* MIAF 7.3.6.7: rotation counter-clockwise first, then mirroring, as the EXIF orientation. */
static uint8_t orientation_of(const avifImage *image)
{
    static const uint8_t TURNED[] = {1, 8, 3, 6};
    static const uint8_t TURNED_THEN_TOP_TO_BOTTOM[] = {4, 5, 2, 7};
    static const uint8_t TURNED_THEN_LEFT_TO_RIGHT[] = {2, 7, 4, 5};
    const unsigned angle = image->transformFlags & AVIF_TRANSFORM_IROT ? image->irot.angle & 3u : 0;
    if (!(image->transformFlags & AVIF_TRANSFORM_IMIR)) return TURNED[angle];
    return image->imir.mode ? TURNED_THEN_LEFT_TO_RIGHT[angle] : TURNED_THEN_TOP_TO_BOTTOM[angle];
}

/* Cropping would have to be applied, and HDR curves cannot be shown by 8-bit formats. */
static pare_err check_variant(const avifImage *image, pare_diag *diag)
{
    pare_colorimetry colors;
    if (image->transformFlags & AVIF_TRANSFORM_CLAP) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "AVIF: a cropped image");
    }
    if (!image->icc.size && !pare_colorimetry_from_cicp(image->colorPrimaries,
                                                        image->transferCharacteristics, &colors)) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "AVIF: colours %d/%d of ITU-T H.273 (HDR or unknown)",
                         (int)image->colorPrimaries, (int)image->transferCharacteristics);
    }
    return PARE_OK;
}

/* Monochrome, unless its profile is one for RGB. */
static bool is_gray(const avifImage *image)
{
    if (image->yuvFormat != AVIF_PIXEL_FORMAT_YUV400) return false;
    return image->icc.size < 20 || memcmp(image->icc.data + 16, "GRAY", 4) == 0;
}

/* Colours that are given by code points alone, as a profile; none for sRGB. */
static pare_err describe_colors(const avifImage *image, pare_buf *icc)
{
    pare_colorimetry colors;
    if (image->icc.size) return pare_buf_append(icc, image->icc.data, image->icc.size);
    if (!pare_colorimetry_from_cicp(image->colorPrimaries, image->transferCharacteristics,
                                    &colors)) {
        return PARE_OK; /* check_variant() has refused it */
    }
    colors.is_gray = is_gray(image);
    if (pare_colorimetry_is_srgb(&colors)) return PARE_OK;
    return pare_profile_build(&colors, "AVIF colours", icc);
}

/* ISO 21496-1 gain maps are items of type "tmap", named in the first kilobytes of the file. */
static bool has_gainmap(pare_bytes file)
{
    const size_t len = file.len < 16384 ? file.len : 16384;
    return len > 0 && memmem(file.data, len, "tmap", 4) != NULL;
}

static avifDecoder *create_decoder(pare_bytes file)
{
    avifDecoder *decoder = avifDecoderCreate();
    if (!decoder) return NULL;
    decoder->maxThreads = 1;
    decoder->imageSizeLimit = AVIF_DEFAULT_IMAGE_SIZE_LIMIT;
    decoder->imageDimensionLimit = PARE_AVIF_SIDE_MAX;
    decoder->strictFlags = AVIF_STRICT_DISABLED;
    if (avifDecoderSetIOMemory(decoder, file.data, file.len) == AVIF_RESULT_OK) return decoder;
    avifDecoderDestroy(decoder);
    return NULL;
}

static void fill_info(const avifDecoder *decoder, pare_info *out)
{
    const avifImage *image = decoder->image;
    out->width_px = image->width;
    out->height_px = image->height;
    out->depth_bits = (uint8_t)image->depth;
    out->has_alpha = decoder->alphaPresent;
    out->channels = (uint8_t)((is_gray(image) ? 1 : 3) + (out->has_alpha ? 1 : 0));
    out->frames = decoder->imageCount > 1 ? (uint32_t)decoder->imageCount : 1;
    out->is_animated = decoder->imageCount > 1;
    out->has_icc = image->icc.size > 0;
    out->has_exif = image->exif.size > 0;
    out->has_xmp = image->xmp.size > 0;
    out->has_gps = pare_exif_has_gps((pare_bytes){image->exif.data, image->exif.size});
    out->orientation = orientation_of(image);
    if (image->yuvFormat == AVIF_PIXEL_FORMAT_YUV420) memcpy(out->subsampling, "4:2:0", 6);
    if (image->yuvFormat == AVIF_PIXEL_FORMAT_YUV422) memcpy(out->subsampling, "4:2:2", 6);
    if (image->yuvFormat == AVIF_PIXEL_FORMAT_YUV444) memcpy(out->subsampling, "4:4:4", 6);
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    *out = (pare_info){.format = PARE_FORMAT_AVIF, .frames = 1, .orientation = 1};
    avifDecoder *decoder = create_decoder(file);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    const avifResult result = avifDecoderParse(decoder);
    pare_err err = PARE_OK;
    if (result != AVIF_RESULT_OK) {
        err = fail(diag, "header", result);
    } else {
        fill_info(decoder, out);
        out->has_gainmap = has_gainmap(file);
        out->quality_estimate = pare_avif_quality(file);
        pare_profile_describe((pare_bytes){decoder->image->icc.data, decoder->image->icc.size},
                              out->profile);
    }
    avifDecoderDestroy(decoder);
    return err;
}

/* libavif gives gray as RGB: keeps one of the three. */
static pare_err gather_gray(pare_image *image)
{
    pare_image gray;
    const size_t sample = image->depth_bits / 8u;
    PARE_TRY(pare_image_init(&gray, image->width_px, image->height_px, PARE_COLOR_GRAY,
                             image->has_alpha, image->depth_bits));
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *in = pare_image_row(image, y);
        uint8_t *out = pare_image_row(&gray, y);
        for (uint32_t x = 0; x < image->width_px; x++, in += sample * image->channels) {
            memcpy(out, in, sample);
            out += sample;
            if (!image->has_alpha) continue;
            memcpy(out, in + 3 * sample, sample);
            out += sample;
        }
    }
    pare_image_deinit(image);
    *image = gray;
    return PARE_OK;
}

static uint32_t get_sample(const uint8_t *row, size_t x, bool is_wide)
{
    uint16_t wide;
    if (!is_wide) return row[x];
    memcpy(&wide, row + 2 * x, 2);
    return wide;
}

static uint32_t cut(uint32_t from, uint32_t step, uint32_t end)
{
    return end - from < step ? end : from + step;
}

typedef struct plane {
    uint8_t *data;
    size_t stride_bytes;
    uint32_t width, height;
} plane;

/* Means of rectangles of width by height samples; the last ones are cut. */
static void shrink_plane(const plane *from, uint32_t width, uint32_t height, bool is_wide,
                         const plane *to)
{
    for (uint32_t v = 0; v < to->height; v++) {
        const uint32_t top = v * height, bottom = cut(top, height, from->height);
        for (uint32_t u = 0; u < to->width; u++) {
            const uint32_t left = u * width, right = cut(left, width, from->width);
            const uint32_t count = (bottom - top) * (right - left);
            uint32_t sum = count / 2;
            for (uint32_t y = top; y < bottom; y++) {
                const uint8_t *row = from->data + y * from->stride_bytes;
                for (uint32_t x = left; x < right; x++)
                    sum += get_sample(row, x, is_wide);
            }
            const uint16_t mean = (uint16_t)(sum / count);
            uint8_t *row = to->data + v * to->stride_bytes;
            if (is_wide) {
                memcpy(row + 2 * (size_t)u, &mean, 2);
            } else {
                row[u] = (uint8_t)mean;
            }
        }
    }
}

/* The planes of a picture without alpha, smaller by a factor of 2, 4 or 8 and with chroma for each
 * pixel: what is made of it takes a fraction of the time. NULL: no memory. */
static avifImage *shrink(const avifImage *image, uint32_t factor)
{
    avifPixelFormatInfo format;
    avifGetPixelFormatInfo(image->yuvFormat, &format);
    const uint32_t width = (image->width + factor - 1) / factor;
    const uint32_t height = (image->height + factor - 1) / factor;
    avifImage *small =
        avifImageCreate((int)width, (int)height, (int)image->depth,
                        format.monochrome ? AVIF_PIXEL_FORMAT_YUV400 : AVIF_PIXEL_FORMAT_YUV444);
    if (!small) return NULL;
    small->yuvRange = image->yuvRange;
    small->matrixCoefficients = image->matrixCoefficients;
    small->colorPrimaries = image->colorPrimaries; /* a matrix may be told by them */
    if (avifImageAllocatePlanes(small, AVIF_PLANES_YUV) != AVIF_RESULT_OK) {
        avifImageDestroy(small);
        return NULL;
    }
    for (int i = 0; i < (format.monochrome ? 1 : 3); i++) {
        const uint32_t right = i ? (uint32_t)format.chromaShiftX : 0;
        const uint32_t down = i ? (uint32_t)format.chromaShiftY : 0;
        const plane from = {image->yuvPlanes[i], image->yuvRowBytes[i],
                            (image->width + right) >> right, (image->height + down) >> down};
        const plane to = {small->yuvPlanes[i], small->yuvRowBytes[i], width, height};
        shrink_plane(&from, factor >> right, factor >> down, image->depth > 8, &to);
    }
    return small;
}

static pare_err fill_pixels(const avifImage *image, bool has_alpha, pare_image *out,
                            pare_diag *diag)
{
    const uint8_t depth = image->depth > 8 ? 16 : 8;
    PARE_TRY(pare_image_init(out, image->width, image->height, PARE_COLOR_RGB, has_alpha, depth));
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = depth;
    rgb.format = has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = out->pixels;
    rgb.rowBytes = (uint32_t)out->stride_bytes;
    const avifResult result = avifImageYUVToRGB(image, &rgb);
    return result == AVIF_RESULT_OK ? PARE_OK : fail(diag, "decode", result);
}

/* factor: 1, 2, 4 or 8. */
static pare_err to_pixels(const avifDecoder *decoder, uint32_t factor, pare_image *out,
                          pare_diag *diag)
{
    const avifImage *image = decoder->image;
    PARE_TRY(check_variant(image, diag));
    if (factor > 1) {
        avifImage *small = shrink(image, factor);
        if (!small) return PARE_ERR_NO_MEMORY;
        const pare_err err = fill_pixels(small, false, out, diag);
        avifImageDestroy(small);
        PARE_TRY(err);
    } else {
        PARE_TRY(fill_pixels(image, decoder->alphaPresent, out, diag));
    }
    if (is_gray(image)) PARE_TRY(gather_gray(out));
    out->source_depth_bits = (uint8_t)image->depth;
    out->orientation = orientation_of(image);
    PARE_TRY(describe_colors(image, &out->metadata.icc));
    PARE_TRY(pare_buf_append(&out->metadata.exif, image->exif.data, image->exif.size));
    return pare_buf_append(&out->metadata.xmp, image->xmp.data, image->xmp.size);
}

/* Means of pixels that do not show would count as much as others: not with alpha. */
static uint32_t choose_factor(const avifDecoder *decoder, const pare_limits *limits)
{
    const uint32_t factor = limits ? limits->shrink : 1;
    const bool is_one = factor == 2 || factor == 4 || factor == 8;
    return is_one && !decoder->alphaPresent ? factor : 1;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_info info;
    PARE_TRY(read_info(file, &info, diag));
    PARE_TRY(pare_limits_check(limits, info.width_px, info.height_px, info.depth_bits > 8 ? 16 : 8,
                               diag));
    avifDecoder *decoder = create_decoder(file);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    avifResult result = avifDecoderParse(decoder);
    if (result == AVIF_RESULT_OK) result = avifDecoderNextImage(decoder);
    const pare_err err = result == AVIF_RESULT_OK
                             ? to_pixels(decoder, choose_factor(decoder, limits), out, diag)
                             : fail(diag, "decode", result);
    avifDecoderDestroy(decoder);
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

const pare_codec pare_codec_avif = {
    .format = PARE_FORMAT_AVIF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS |
            PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 | PARE_CODEC_GRAY,
    .read_info = read_info,
    .decode = decode,
    .encoder_open = pare_avif_encoder_open,
    .encoder_try = pare_avif_encoder_try,
    .encoder_close = pare_avif_encoder_close,
    .encoder_rung = pare_avif_encoder_rung,
};
