// SPDX-License-Identifier: Apache-2.0
/* AVIF to pixels and back with libavif. */
#include "core/codec/codec.h"

#include <stdlib.h>
#include <string.h>

#include <avif/avif.h>

#include "base/err.h"
#include "core/image/exif.h"
#include "core/image/profile.h"

enum { SIDE_MAX = 65535 };

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
    decoder->imageDimensionLimit = SIDE_MAX;
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

static pare_err to_pixels(const avifDecoder *decoder, pare_image *out, pare_diag *diag)
{
    const avifImage *image = decoder->image;
    const uint8_t depth = image->depth > 8 ? 16 : 8;
    PARE_TRY(check_variant(image, diag));
    PARE_TRY(pare_image_init(out, image->width, image->height, PARE_COLOR_RGB,
                             decoder->alphaPresent, depth));
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = depth;
    rgb.format = out->has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = out->pixels;
    rgb.rowBytes = (uint32_t)out->stride_bytes;
    const avifResult result = avifImageYUVToRGB(image, &rgb);
    if (result != AVIF_RESULT_OK) return fail(diag, "decode", result);
    if (is_gray(image)) PARE_TRY(gather_gray(out));
    out->source_depth_bits = (uint8_t)image->depth;
    out->orientation = orientation_of(image);
    PARE_TRY(describe_colors(image, &out->metadata.icc));
    PARE_TRY(pare_buf_append(&out->metadata.exif, image->exif.data, image->exif.size));
    return pare_buf_append(&out->metadata.xmp, image->xmp.data, image->xmp.size);
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
    const pare_err err =
        result == AVIF_RESULT_OK ? to_pixels(decoder, out, diag) : fail(diag, "decode", result);
    avifDecoderDestroy(decoder);
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

/* ---- encoding ---- */

struct pare_encoder {
    const pare_source *source;
    const pare_encode_params *params;
    avifImage *image; /* YUV of the source, converted once */
};

static void encoder_close(pare_encoder **encoder_io)
{
    pare_encoder *const encoder = *encoder_io;
    if (!encoder) return;
    if (encoder->image) avifImageDestroy(encoder->image);
    free(encoder);
    *encoder_io = NULL;
}

/* libavif wants RGB; gray is spread, which YUV 4:0:0 takes back without loss. */
static pare_err spread_gray(const pare_image *from, pare_image *to)
{
    PARE_TRY(pare_image_init(to, from->width_px, from->height_px, PARE_COLOR_RGB, from->has_alpha,
                             from->depth_bits));
    const size_t sample = from->depth_bits / 8u;
    for (uint32_t y = 0; y < from->height_px; y++) {
        const uint8_t *in = pare_image_row(from, y);
        uint8_t *out = pare_image_row(to, y);
        for (uint32_t x = 0; x < from->width_px; x++) {
            for (int c = 0; c < 3; c++, out += sample)
                memcpy(out, in, sample);
            in += sample;
            if (from->has_alpha) {
                memcpy(out, in, sample);
                in += sample;
                out += sample;
            }
        }
    }
    return PARE_OK;
}

static avifPixelFormat choose_layout(const pare_image *image, const pare_encode_params *params)
{
    if (image->color == PARE_COLOR_GRAY) return AVIF_PIXEL_FORMAT_YUV400;
    if (params->lossless || params->is_graphic) return AVIF_PIXEL_FORMAT_YUV444;
    return AVIF_PIXEL_FORMAT_YUV420;
}

/* Finer steps inside the encoder save about 3 % at equal score (7 % at score 85) for a fifth more
 * time, also for sources of 8 bits; every decoder of AVIF takes them. */
enum { DEEP_EFFORT = 4 };

/* More than 8 bits are kept as 10, or 12 when nothing may be lost and 10 are too few. */
static uint32_t choose_depth(const pare_image *image, const pare_encode_params *params)
{
    if (image->depth_bits == 8 || image->source_depth_bits <= 8) {
        return params->lossless || params->effort < DEEP_EFFORT ? 8 : 10;
    }
    return params->lossless && image->source_depth_bits > 10 ? 12 : 10;
}

/* image is RGB; source is what it was made from, perhaps gray. */
static avifImage *convert(const pare_image *image, const pare_image *source,
                          const pare_encode_params *params)
{
    avifImage *yuv =
        avifImageCreate((int)image->width_px, (int)image->height_px,
                        (int)choose_depth(source, params), choose_layout(source, params));
    if (!yuv) return NULL;
    yuv->yuvRange = AVIF_RANGE_FULL;
    yuv->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
    yuv->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    yuv->matrixCoefficients = params->lossless && source->color == PARE_COLOR_RGB
                                  ? AVIF_MATRIX_COEFFICIENTS_IDENTITY
                                  : AVIF_MATRIX_COEFFICIENTS_BT601;
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, yuv);
    rgb.depth = image->depth_bits;
    rgb.format = image->has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = image->pixels;
    rgb.rowBytes = (uint32_t)image->stride_bytes;
    if (avifImageRGBToYUV(yuv, &rgb) == AVIF_RESULT_OK) return yuv;
    avifImageDestroy(yuv);
    return NULL;
}

static void add_metadata(const pare_metadata *metadata, avifImage *image)
{
    if (!metadata) return;
    if (metadata->icc.len) avifImageSetProfileICC(image, metadata->icc.data, metadata->icc.len);
    if (metadata->exif.len) {
        avifImageSetMetadataExif(image, metadata->exif.data, metadata->exif.len);
    }
    if (metadata->xmp.len) avifImageSetMetadataXMP(image, metadata->xmp.data, metadata->xmp.len);
}

static pare_err encoder_open(const pare_source *source, const pare_encode_params *params,
                             pare_encoder **out, pare_diag *diag)
{
    const pare_image *image = source->image;
    pare_image spread = {0};
    *out = NULL;
    if (!image || image->color == PARE_COLOR_CMYK) {
        return pare_fail(diag, PARE_ERR_INVALID, "encode: AVIF needs gray or RGB pixels");
    }
    if (image->width_px > SIDE_MAX || image->height_px > SIDE_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "AVIF holds at most %d px a side",
                         SIDE_MAX);
    }
    if (params->lossless && image->source_depth_bits > 12) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "AVIF holds at most 12 bits");
    }
    pare_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return PARE_ERR_NO_MEMORY;
    encoder->source = source;
    encoder->params = params;
    pare_err err = PARE_OK;
    if (image->color == PARE_COLOR_GRAY) err = spread_gray(image, &spread);
    if (err == PARE_OK) {
        encoder->image = convert(spread.pixels ? &spread : image, image, params);
        if (!encoder->image) err = pare_fail(diag, PARE_ERR_NO_MEMORY, "encode: cannot convert");
    }
    pare_image_deinit(&spread);
    if (err != PARE_OK) {
        encoder_close(&encoder);
        return err;
    }
    add_metadata(source->metadata, encoder->image);
    *out = encoder;
    return PARE_OK;
}

/* The scale of avifenc: 100 is quantizer 0, 0 is 63. */
static int quantizer(double quality)
{
    const int value = (int)((100.0 - quality) * 63.0 / 100.0 + 0.5);
    return value < 0 ? 0 : value > 63 ? 63 : value;
}

static const int SPEEDS[PARE_EFFORT_MAX + 1] = {10, 9, 8, 7, 6, 6, 5, 4, 3, 2, 1};

/* The change of depth falls on one of speed. */
static int encoder_rung(const pare_encode_params *params)
{
    return AVIF_SPEED_FASTEST - SPEEDS[params->effort];
}

static void configure(avifEncoder *avif, const pare_encode_params *params, double quality)
{
    const int q = params->lossless ? 0 : quantizer(quality);
    avif->maxThreads = 1;
    avif->speed = SPEEDS[params->effort];
    avif->minQuantizer = avif->maxQuantizer = q;
    avif->minQuantizerAlpha = avif->maxQuantizerAlpha = params->lossless ? 0 : q / 2;
    if (!params->lossless) {
        avifEncoderSetCodecSpecificOption(avif, "end-usage", "q");
        avifEncoderSetCodecSpecificOption(avif, "tune", "ssim");
        /* Copies of blocks from elsewhere in the image: libaom takes some photographs with plain
         * backgrounds for screens, and then searches for four times as long to find nothing. */
        if (!params->is_graphic) avifEncoderSetCodecSpecificOption(avif, "enable-intrabc", "0");
    }
}

static pare_err encoder_try(pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag)
{
    avifRWData data = AVIF_DATA_EMPTY;
    out->len = 0;
    avifEncoder *avif = avifEncoderCreate();
    if (!avif) return PARE_ERR_NO_MEMORY;
    configure(avif, encoder->params, quality);
    const avifResult result = avifEncoderWrite(avif, encoder->image, &data);
    avifEncoderDestroy(avif);
    pare_err err = PARE_OK;
    if (result == AVIF_RESULT_OK) {
        err = pare_buf_append(out, data.data, data.size);
    } else {
        err = pare_fail(diag,
                        result == AVIF_RESULT_OUT_OF_MEMORY ? PARE_ERR_NO_MEMORY : PARE_ERR_CODEC,
                        "encode: %s", avifResultToString(result));
    }
    avifRWDataFree(&data);
    return err;
}

const pare_codec pare_codec_avif = {
    .format = PARE_FORMAT_AVIF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS |
            PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 | PARE_CODEC_GRAY,
    .read_info = read_info,
    .decode = decode,
    .encoder_open = encoder_open,
    .encoder_try = encoder_try,
    .encoder_close = encoder_close,
    .encoder_rung = encoder_rung,
};
