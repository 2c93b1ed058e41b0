// SPDX-License-Identifier: Apache-2.0
/* Pixels to AVIF with libavif: its libaom. */
#include "core/codec/avif_encoder.h"

#include <stdlib.h>
#include <string.h>

#include <avif/avif.h>

#include "base/err.h"
#include "core/image/yuv.h"

struct pare_encoder {
    const pare_source *source;
    const pare_encode_params *params;
    avifImage *image; /* YUV of the source, converted once */
};

void pare_avif_encoder_close(pare_encoder **encoder_io)
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

/* Where colours have little detail beside that of luma (a third of photographs), whole chroma takes
 * 3 to 7 % fewer bytes at equal score: there is hardly more to write, and edges stay sharp. Above
 * that it takes up to 10 % more. Hasty levels have no time for it, and of large photographs it is
 * 2 % for a third more time and 60 % more memory. */
static const double LITTLE_DETAIL = 1.0 / 32;
enum { LARGE_LINES = 1080, LARGE_PX = 2 * 1000 * 1000 };

static bool keeps_chroma(const pare_image *image, const pare_encode_params *params)
{
    const bool is_large = (image->width_px >= LARGE_LINES && image->height_px >= LARGE_LINES) ||
                          (uint64_t)image->width_px * image->height_px >= LARGE_PX;
    return params->effort >= DEEP_EFFORT && !is_large &&
           pare_yuv_chroma_detail(image) < LITTLE_DETAIL;
}

static avifPixelFormat choose_layout(const pare_image *image, const pare_encode_params *params)
{
    if (image->color == PARE_COLOR_GRAY) return AVIF_PIXEL_FORMAT_YUV400;
    if (params->lossless || params->is_graphic) return AVIF_PIXEL_FORMAT_YUV444;
    return keeps_chroma(image, params) ? AVIF_PIXEL_FORMAT_YUV444 : AVIF_PIXEL_FORMAT_YUV420;
}

/* A luma and colour differences from here: libavif's own way for more than 8 bits takes a tenth of
 * the time of the whole encoding, and takes means of chroma where brightness suffers. */
static bool fill_deep(const pare_image *image, avifImage *yuv)
{
    const avifPlanesFlags planes = image->has_alpha ? AVIF_PLANES_ALL : AVIF_PLANES_YUV;
    if (avifImageAllocatePlanes(yuv, planes) != AVIF_RESULT_OK) return false;
    pare_yuv out = {.depth_bits = (uint8_t)yuv->depth,
                    .halves_chroma = yuv->yuvFormat == AVIF_PIXEL_FORMAT_YUV420,
                    .alpha = yuv->alphaPlane,
                    .alpha_stride = yuv->alphaRowBytes};
    for (int i = 0; i < 3; i++) {
        out.planes[i] = yuv->yuvPlanes[i];
        out.strides[i] = yuv->yuvRowBytes[i];
    }
    return pare_yuv_fill(image, &out) == PARE_OK;
}

static bool fill_by_library(const pare_image *image, avifImage *yuv)
{
    pare_image spread = {0};
    const pare_image *from = image;
    if (image->color == PARE_COLOR_GRAY) {
        if (spread_gray(image, &spread) != PARE_OK) return false;
        from = &spread;
    }
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, yuv);
    rgb.depth = from->depth_bits;
    rgb.format = from->has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = from->pixels;
    rgb.rowBytes = (uint32_t)from->stride_bytes;
    const avifResult result = avifImageRGBToYUV(yuv, &rgb);
    pare_image_deinit(&spread);
    return result == AVIF_RESULT_OK;
}

static avifImage *convert(const pare_image *image, const pare_encode_params *params)
{
    avifImage *yuv =
        avifImageCreate((int)image->width_px, (int)image->height_px,
                        (int)choose_depth(image, params), choose_layout(image, params));
    if (!yuv) return NULL;
    yuv->yuvRange = AVIF_RANGE_FULL;
    yuv->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
    yuv->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    yuv->matrixCoefficients = params->lossless && image->color == PARE_COLOR_RGB
                                  ? AVIF_MATRIX_COEFFICIENTS_IDENTITY
                                  : AVIF_MATRIX_COEFFICIENTS_BT601;
    const bool is_deep = !params->lossless && yuv->depth > 8;
    if (is_deep ? fill_deep(image, yuv) : fill_by_library(image, yuv)) return yuv;
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

pare_err pare_avif_encoder_open(const pare_source *source, const pare_encode_params *params,
                                pare_encoder **out, pare_diag *diag)
{
    const pare_image *image = source->image;
    *out = NULL;
    if (!image || image->color == PARE_COLOR_CMYK) {
        return pare_fail(diag, PARE_ERR_INVALID, "encode: AVIF needs gray or RGB pixels");
    }
    if (image->width_px > PARE_AVIF_SIDE_MAX || image->height_px > PARE_AVIF_SIDE_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "AVIF holds at most %d px a side",
                         PARE_AVIF_SIDE_MAX);
    }
    if (params->lossless && image->source_depth_bits > 12) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "AVIF holds at most 12 bits");
    }
    pare_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return PARE_ERR_NO_MEMORY;
    encoder->source = source;
    encoder->params = params;
    encoder->image = convert(image, params);
    if (!encoder->image) {
        pare_avif_encoder_close(&encoder);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "encode: cannot convert");
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

/* At this effort photographs are searched with less: no blocks of 4 (a sixth of libaom's time for
 * hardly a byte; above 1080 lines it leaves them out by itself), and no oblong blocks (a sixth, of
 * large ones two fifths, for 3 % more bytes at equal score). */
enum { DEFAULT_EFFORT = 4 };

static bool is_plain_photo(const pare_encode_params *params)
{
    return !params->lossless && !params->is_graphic;
}

/* The change of depth falls on one of speed, that of blocks does not. */
int pare_avif_encoder_rung(const pare_encode_params *params)
{
    if (is_plain_photo(params)) return params->effort;
    return AVIF_SPEED_FASTEST - SPEEDS[params->effort];
}

static void set_option(avifEncoder *avif, const char *name, const char *value)
{
    avifEncoderSetCodecSpecificOption(avif, name, value);
}

/* libaom takes some photographs with plain backgrounds for screens, and then searches for copies of
 * blocks and for palettes: up to four times as long to find nothing. */
static void configure_photo(avifEncoder *avif, int effort, const avifImage *image)
{
    const bool is_whole = image->yuvFormat == AVIF_PIXEL_FORMAT_YUV444;
    set_option(avif, "enable-intrabc", "0");
    set_option(avif, "enable-palette", "0");
    if (is_whole) set_option(avif, "enable-chroma-deltaq", "1");
    if (effort >= DEFAULT_EFFORT) {
        /* nearly flat matrices (15 is flat): 1 to 2 % of bytes for 5 % of the time */
        set_option(avif, "color:enable-qm", "1");
        set_option(avif, "color:qm-min", "9");
        set_option(avif, "color:qm-max", "13");
    }
    if (effort != DEFAULT_EFFORT) return;
    set_option(avif, "min-partition-size", "8");
    set_option(avif, "enable-rect-partitions", "0");
    if (is_whole) set_option(avif, "enable-filter-intra", "0");
}

static void configure(avifEncoder *avif, const pare_encoder *encoder, double quality)
{
    const pare_encode_params *params = encoder->params;
    const int q = params->lossless ? 0 : quantizer(quality);
    avif->maxThreads = 1;
    avif->speed = SPEEDS[params->effort];
    avif->minQuantizer = avif->maxQuantizer = q;
    avif->minQuantizerAlpha = avif->maxQuantizerAlpha = params->lossless ? 0 : q / 2;
    if (params->lossless) return;
    set_option(avif, "end-usage", "q");
    set_option(avif, "tune", "ssim");
    if (is_plain_photo(params)) configure_photo(avif, params->effort, encoder->image);
}

pare_err pare_avif_encoder_try(pare_encoder *encoder, double quality, pare_buf *out,
                               pare_diag *diag)
{
    avifRWData data = AVIF_DATA_EMPTY;
    out->len = 0;
    avifEncoder *avif = avifEncoderCreate();
    if (!avif) return PARE_ERR_NO_MEMORY;
    configure(avif, encoder, quality);
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
