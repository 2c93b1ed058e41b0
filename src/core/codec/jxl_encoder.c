// SPDX-License-Identifier: Apache-2.0
/* JPEG XL from pixels, or from a JPEG, with libjxl, in one thread. */
#include "core/codec/jxl_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jxl/encode.h>

#include "base/err.h"
#include "core/codec/jpeg_refit.h"
#include "core/codec/jxl_boxes.h"
#include "core/codec/jxl_transcode.h"

enum {
    SIDE_MAX = 1 << 18,    /* of level 5 of the standard, which every decoder takes */
    PACK_FROM_BYTES = 256, /* smaller blocks of metadata get larger by being packed */
};

struct pare_encoder {
    const pare_source *source;
    const pare_encode_params *params;
    uint32_t depth_bits; /* to be stored, of pixels */
    /* Not empty: the file is made of this JPEG. */
    pare_bytes jpeg;
    pare_buf reconstructed, refitted; /* owned; what jpeg views unless it is the original */
};

void pare_jxl_encoder_close(pare_encoder **encoder_io)
{
    if (*encoder_io) {
        pare_buf_deinit(&(*encoder_io)->reconstructed);
        pare_buf_deinit(&(*encoder_io)->refitted);
    }
    free(*encoder_io);
    *encoder_io = NULL;
}

/* Is every sample of 16 bits one of fewer bits, stretched? */
static bool is_stretched(const pare_image *image, uint32_t depth_bits)
{
    const uint32_t most = (1u << depth_bits) - 1;
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        for (size_t i = 0; i < (size_t)image->width_px * image->channels; i++) {
            uint16_t sample;
            memcpy(&sample, row + 2 * i, 2);
            const uint32_t narrow = (sample * most + 32767) / 65535;
            if ((narrow * 65535 + most / 2) / most != sample) return false;
        }
    }
    return true;
}

static uint32_t choose_depth(const pare_image *image, bool lossless)
{
    const uint32_t source_bits = image->source_depth_bits;
    if (image->depth_bits == 8) return 8;
    if (source_bits < 8 || source_bits > 15) return lossless || source_bits > 8 ? 16 : 8;
    return !lossless || is_stretched(image, source_bits) ? source_bits : 16;
}

/* The JPEG that the original is, or was before it became JPEG XL; empty when there is none. */
static pare_bytes find_jpeg(pare_encoder *encoder)
{
    const pare_bytes original = encoder->source->original;
    pare_jxl_boxes boxes;
    if (!encoder->params->lossless || original.len == 0) return (pare_bytes){0};
    if (pare_format_sniff(original.data, original.len) == PARE_FORMAT_JPEG) return original;
    pare_jxl_boxes_read(original, &boxes);
    if (!boxes.has_jpeg || pare_jxl_reconstruct(original, PARE_JXL_JPEG_MOST_BYTES,
                                                &encoder->reconstructed) != PARE_OK) {
        return (pare_bytes){0};
    }
    return pare_buf_view(&encoder->reconstructed);
}

/* With the metadata that is kept; as it is when all of it is. */
static pare_err choose_jpeg(pare_encoder *encoder, pare_bytes jpeg, pare_diag *diag)
{
    static const pare_metadata NONE = {0};
    const pare_source *source = encoder->source;
    encoder->jpeg = jpeg;
    if (source->keeps_all) return PARE_OK;
    PARE_TRY(pare_jpeg_refit(jpeg, source->metadata ? source->metadata : &NONE, &encoder->refitted,
                             diag));
    encoder->jpeg = pare_buf_view(&encoder->refitted);
    return PARE_OK;
}

static pare_err check_pixels(const pare_image *image, pare_diag *diag)
{
    if (!image || image->color == PARE_COLOR_CMYK) {
        return pare_fail(diag, PARE_ERR_INVALID, "encode: JPEG XL needs gray or RGB pixels");
    }
    if (image->width_px > SIDE_MAX || image->height_px > SIDE_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "JPEG XL holds at most %d px a side",
                         SIDE_MAX);
    }
    return PARE_OK;
}

pare_err pare_jxl_encoder_open(const pare_source *source, const pare_encode_params *params,
                               pare_encoder **out, pare_diag *diag)
{
    pare_encoder *encoder = calloc(1, sizeof *encoder);
    *out = NULL;
    if (!encoder) return PARE_ERR_NO_MEMORY;
    encoder->source = source;
    encoder->params = params;
    const pare_bytes jpeg = find_jpeg(encoder);
    pare_err err = jpeg.len ? choose_jpeg(encoder, jpeg, diag) : check_pixels(source->image, diag);
    if (err == PARE_OK && !jpeg.len) {
        encoder->depth_bits = choose_depth(source->image, params->lossless);
    }
    if (err != PARE_OK) pare_jxl_encoder_close(&encoder);
    *out = encoder;
    return err;
}

/* Butteraugli distance for a quality, on the scale of cjxl 0.7; 15 is the most that the library
 * takes. */
static float to_distance(double quality)
{
    const double distance =
        quality >= 30 ? 0.1 + (100 - quality) * 0.09 : 6.24 + pow(2.5, (30 - quality) / 5.0) / 6.25;
    return (float)fmin(15, fmax(0.1, distance));
}

/* "" when all went well, else the step that did not. */
static const char *describe(const pare_encoder *encoder, JxlEncoder *jxl)
{
    const pare_image *image = encoder->source->image;
    const pare_metadata *metadata = encoder->source->metadata;
    JxlBasicInfo info;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = image->width_px;
    info.ysize = image->height_px;
    info.bits_per_sample = encoder->depth_bits;
    info.num_color_channels = image->color == PARE_COLOR_GRAY ? 1 : 3;
    info.uses_original_profile = encoder->params->lossless;
    if (image->has_alpha) {
        info.num_extra_channels = 1;
        info.alpha_bits = encoder->depth_bits;
    }
    if (JxlEncoderSetBasicInfo(jxl, &info) != JXL_ENC_SUCCESS) return "header";
    if (metadata && metadata->icc.len) {
        return JxlEncoderSetICCProfile(jxl, metadata->icc.data, metadata->icc.len) ==
                       JXL_ENC_SUCCESS
                   ? ""
                   : "colour profile";
    }
    JxlColorEncoding srgb;
    JxlColorEncodingSetToSRGB(&srgb, image->color == PARE_COLOR_GRAY);
    return JxlEncoderSetColorEncoding(jxl, &srgb) == JXL_ENC_SUCCESS ? "" : "colours";
}

static bool add_box(JxlEncoder *jxl, const char *type, const pare_buf *body)
{
    return JxlEncoderAddBox(jxl, type, body->data, body->len, body->len >= PACK_FROM_BYTES) ==
           JXL_ENC_SUCCESS;
}

static pare_err add_blocks(JxlEncoder *jxl, const pare_metadata *metadata, pare_diag *diag)
{
    static const uint8_t NO_OFFSET[4] = {0};
    if (!metadata || (!metadata->exif.len && !metadata->xmp.len)) return PARE_OK;
    bool added = JxlEncoderUseBoxes(jxl) == JXL_ENC_SUCCESS;
    if (metadata->exif.len) {
        pare_buf body = {0};
        pare_err err = pare_buf_append(&body, NO_OFFSET, sizeof NO_OFFSET);
        if (err == PARE_OK) err = pare_buf_append(&body, metadata->exif.data, metadata->exif.len);
        added = added && err == PARE_OK && add_box(jxl, "Exif", &body);
        pare_buf_deinit(&body);
        if (err != PARE_OK) return err;
    }
    if (metadata->xmp.len) added = added && add_box(jxl, "xml ", &metadata->xmp);
    JxlEncoderCloseBoxes(jxl);
    return added ? PARE_OK : pare_fail(diag, PARE_ERR_CODEC, "encode: cannot add metadata");
}

/* The library's effort, 1..9. Of photographs 7 makes no more of twice the time that 5 takes; of
 * drawings it finds patches that come again. 8 takes seven times as long for 1 to 3 % at equal
 * score, 9 gains nothing. Without losses 8 is larger than 7. */
int pare_jxl_encoder_rung(const pare_encode_params *params)
{
    static const int PHOTO[PARE_EFFORT_MAX + 1] = {3, 3, 3, 5, 5, 5, 5, 5, 8, 8, 8};
    static const int GRAPHIC[PARE_EFFORT_MAX + 1] = {3, 3, 4, 5, 7, 7, 7, 7, 8, 8, 8};
    static const int LOSSLESS[PARE_EFFORT_MAX + 1] = {2, 3, 4, 5, 6, 7, 7, 7, 7, 9, 9};
    const int *efforts = params->lossless ? LOSSLESS : params->is_graphic ? GRAPHIC : PHOTO;
    return efforts[params->effort];
}

static bool add_pixels(const pare_encoder *encoder, double quality, JxlEncoder *jxl)
{
    const pare_image *image = encoder->source->image;
    const pare_encode_params *params = encoder->params;
    const JxlPixelFormat format = {
        .num_channels = image->channels,
        .data_type = image->depth_bits == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
        .endianness = JXL_NATIVE_ENDIAN,
    };
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(jxl, NULL);
    if (!settings) return false;
    if (JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT,
                                         pare_jxl_encoder_rung(params)) != JXL_ENC_SUCCESS) {
        return false;
    }
    const JxlEncoderStatus set = params->lossless
                                     ? JxlEncoderSetFrameLossless(settings, JXL_TRUE)
                                     : JxlEncoderSetFrameDistance(settings, to_distance(quality));
    return set == JXL_ENC_SUCCESS &&
           JxlEncoderAddImageFrame(settings, &format, image->pixels,
                                   image->stride_bytes * image->height_px) == JXL_ENC_SUCCESS;
}

static pare_err encode(const pare_encoder *encoder, double quality, JxlEncoder *jxl, pare_buf *out,
                       pare_diag *diag)
{
    const char *failed = describe(encoder, jxl);
    if (failed[0]) {
        return pare_fail(diag, PARE_ERR_CODEC, "encode: JPEG XL does not take the %s", failed);
    }
    PARE_TRY(add_blocks(jxl, encoder->source->metadata, diag));
    if (!add_pixels(encoder, quality, jxl)) {
        return pare_fail(diag, PARE_ERR_CODEC, "encode: JPEG XL does not take the pixels");
    }
    return pare_jxl_collect(jxl, out, diag);
}

pare_err pare_jxl_encoder_try(pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag)
{
    if (encoder->jpeg.len) {
        return pare_jxl_transcode(encoder->jpeg, encoder->params->effort, out, diag);
    }
    out->len = 0;
    JxlEncoder *jxl = JxlEncoderCreate(NULL);
    if (!jxl) return PARE_ERR_NO_MEMORY;
    const pare_err err = encode(encoder, quality, jxl, out, diag);
    JxlEncoderDestroy(jxl);
    return err;
}

/* A JPEG with other metadata must show what the original shows. */
static pare_err check_refitted(const pare_encoder *encoder, pare_diag *diag)
{
    const pare_image *want = encoder->source->image;
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_JPEG);
    pare_image back = {0};
    if (!want || !codec) return PARE_OK;
    pare_err err = codec->decode(encoder->jpeg, NULL, &back, NULL);
    if (err == PARE_OK &&
        (back.width_px != want->width_px || back.height_px != want->height_px ||
         back.stride_bytes != want->stride_bytes ||
         memcmp(back.pixels, want->pixels, want->stride_bytes * want->height_px) != 0)) {
        err = PARE_ERR_VERIFY;
    }
    pare_image_deinit(&back);
    if (err == PARE_OK || err == PARE_ERR_NO_MEMORY) return err;
    return pare_fail(diag, PARE_ERR_VERIFY, "verify: the JPEG without metadata shows other pixels");
}

pare_err pare_jxl_encoder_check(pare_encoder *encoder, double quality, pare_bytes file,
                                pare_diag *diag)
{
    (void)quality; /* nothing is lost */
    if (!encoder->jpeg.len) return pare_fail(diag, PARE_ERR_INVALID, "verify: no JPEG");
    PARE_TRY(pare_jxl_check_transcoded(file, encoder->jpeg, diag));
    return encoder->refitted.len ? check_refitted(encoder, diag) : PARE_OK;
}
