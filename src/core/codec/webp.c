// SPDX-License-Identifier: Apache-2.0
/* WebP to pixels and back with libwebp. */
#include "core/codec/codec.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "base/checked.h"
#include "core/codec/webp_animation.h"
#include "core/codec/webp_quality.h"
#include "core/image/exif.h"
#include "core/image/profile.h"

static pare_err fail_cut(pare_diag *diag)
{
    return pare_fail(diag, PARE_ERR_TRUNCATED, "the file is shorter than its header says");
}

pare_err pare_webp_copy_chunk(void *demux, const char *name, pare_buf *out)
{
    WebPChunkIterator chunk;
    pare_err err = PARE_OK;
    if (WebPDemuxGetChunk(demux, name, 1, &chunk)) {
        err = pare_buf_append(out, chunk.chunk.bytes, chunk.chunk.size);
    }
    WebPDemuxReleaseChunkIterator(&chunk);
    return err;
}

/* Some writers put the JPEG prefix before the TIFF structure. */
static void drop_exif_prefix(pare_buf *exif)
{
    if (exif->len < 6 || memcmp(exif->data, "Exif\0\0", 6) != 0) return;
    memmove(exif->data, exif->data + 6, exif->len - 6);
    exif->len -= 6;
}

pare_err pare_webp_copy_metadata(pare_bytes file, pare_metadata *out)
{
    const WebPData data = {file.data, file.len};
    WebPDemuxer *demux = WebPDemux(&data);
    if (!demux) return PARE_OK;
    pare_err err = pare_webp_copy_chunk(demux, "ICCP", &out->icc);
    if (err == PARE_OK) err = pare_webp_copy_chunk(demux, "EXIF", &out->exif);
    if (err == PARE_OK) err = pare_webp_copy_chunk(demux, "XMP ", &out->xmp);
    WebPDemuxDelete(demux);
    drop_exif_prefix(&out->exif);
    return err;
}

static pare_err read_metadata(pare_bytes file, const pare_limits *limits, pare_metadata *out,
                              pare_diag *diag)
{
    (void)limits;
    *out = (pare_metadata){0};
    const pare_err err = pare_webp_copy_metadata(file, out);
    if (err == PARE_OK) return err;
    pare_metadata_deinit(out);
    return pare_fail(diag, err, "no memory for the metadata");
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    *out = (pare_info){.format = PARE_FORMAT_WEBP, .frames = 1, .orientation = 1, .depth_bits = 8};
    if (file.len < 20) return fail_cut(diag);
    const uint64_t riff_len = (uint64_t)pare_le32(file.data + 4) + 8;
    if (riff_len > file.len) return fail_cut(diag);
    out->has_trailing_data =
        pare_is_trailing_data((pare_bytes){file.data + riff_len, file.len - (size_t)riff_len});

    WebPBitstreamFeatures features;
    if (WebPGetFeatures(file.data, file.len, &features) != VP8_STATUS_OK) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the WebP header is damaged");
    }
    out->width_px = (uint32_t)features.width;
    out->height_px = (uint32_t)features.height;
    out->has_alpha = features.has_alpha != 0;
    out->channels = out->has_alpha ? 4 : 3;
    out->is_animated = features.has_animation != 0;
    out->is_lossless = features.format == 2;
    out->quality_estimate = pare_webp_quality(file);
    const WebPData data = {file.data, file.len};
    WebPDemuxer *demux = WebPDemux(&data);
    if (!demux) return pare_fail(diag, PARE_ERR_CORRUPT, "the WebP chunks are damaged");
    const uint32_t flags = WebPDemuxGetI(demux, WEBP_FF_FORMAT_FLAGS);
    out->has_icc = (flags & ICCP_FLAG) != 0;
    out->has_exif = (flags & EXIF_FLAG) != 0;
    out->has_xmp = (flags & XMP_FLAG) != 0;
    out->frames = WebPDemuxGetI(demux, WEBP_FF_FRAME_COUNT);
    WebPDemuxDelete(demux);

    pare_metadata metadata = {0};
    const pare_err err = pare_webp_copy_metadata(file, &metadata);
    out->orientation = pare_exif_orientation(pare_buf_view(&metadata.exif));
    out->has_gps = pare_exif_has_gps(pare_buf_view(&metadata.exif));
    pare_profile_describe(pare_buf_view(&metadata.icc), out->profile);
    pare_metadata_deinit(&metadata);
    return err;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_info info;
    PARE_TRY(read_info(file, &info, diag));
    if (info.is_animated) return pare_fail(diag, PARE_SKIP_ANIMATED, "WebP: an animation");
    PARE_TRY(pare_limits_check(limits, info.width_px, info.height_px, 8, diag));
    PARE_TRY(
        pare_image_init(out, info.width_px, info.height_px, PARE_COLOR_RGB, info.has_alpha, 8));

    WebPDecoderConfig config;
    pare_err err = PARE_ERR_CODEC;
    if (!WebPInitDecoderConfig(&config)) goto failed;
    config.output.colorspace = info.has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out->pixels;
    config.output.u.RGBA.stride = (int)out->stride_bytes;
    config.output.u.RGBA.size = out->stride_bytes * out->height_px;
    const VP8StatusCode status = WebPDecode(file.data, file.len, &config);
    if (status != VP8_STATUS_OK) {
        err = status == VP8_STATUS_OUT_OF_MEMORY     ? PARE_ERR_NO_MEMORY
              : status == VP8_STATUS_NOT_ENOUGH_DATA ? PARE_ERR_TRUNCATED
                                                     : PARE_ERR_CORRUPT;
        err = pare_fail(diag, err, "decode: libwebp status %d", (int)status);
        goto failed;
    }
    err = pare_webp_copy_metadata(file, &out->metadata);
    if (err != PARE_OK) goto failed;
    out->orientation = pare_exif_orientation(pare_buf_view(&out->metadata.exif));
    return PARE_OK;
failed:
    pare_image_deinit(out);
    return err;
}

/* ---- encoding ---- */

struct pare_encoder {
    const pare_source *source;
    const pare_encode_params *params;
    WebPPicture picture; /* of the source, imported once; attempts work on copies */
    bool has_picture;
    bool keeps_stream; /* without losses a file that has some already stays as it is */
};

static void encoder_close(pare_encoder **encoder_io)
{
    pare_encoder *const encoder = *encoder_io;
    if (!encoder) return;
    if (encoder->has_picture) WebPPictureFree(&encoder->picture);
    free(encoder);
    *encoder_io = NULL;
}

/* One row of any shape as 8-bit RGB(A). */
static void convert_row(const pare_image *image, uint32_t y, uint8_t *out)
{
    const uint8_t *row = pare_image_row(image, y);
    const unsigned colors = image->color == PARE_COLOR_GRAY ? 1 : 3;
    for (uint32_t x = 0; x < image->width_px; x++) {
        uint8_t pixel[5];
        for (unsigned c = 0; c < image->channels; c++) {
            const size_t at = (size_t)x * image->channels + c;
            pixel[c] = image->depth_bits == 8
                           ? row[at]
                           : (uint8_t)((((const uint16_t *)(const void *)row)[at] + 128u) / 257u);
        }
        for (unsigned c = 0; c < 3; c++)
            *out++ = pixel[colors == 1 ? 0 : c];
        if (image->has_alpha) *out++ = pixel[colors];
    }
}

/* Method 6 costs twice method 4 for some percent of bytes. Sharp YUV keeps coloured edges, but at
 * equal score it saves next to nothing for a third more time, so only high effort asks for it. */
enum { SHARP_YUV_EFFORT = 7 };

static pare_err convert_to_yuv(pare_encoder *encoder)
{
    WebPPicture *picture = &encoder->picture;
    const int ok = encoder->params->effort >= SHARP_YUV_EFFORT
                       ? WebPPictureSharpARGBToYUVA(picture)
                       : WebPPictureARGBToYUVA(picture, WEBP_YUV420);
    return ok ? PARE_OK : PARE_ERR_NO_MEMORY;
}

static pare_err import(pare_encoder *encoder, pare_diag *diag)
{
    const pare_image *image = encoder->source->image;
    const bool is_plain = image->depth_bits == 8 && image->color == PARE_COLOR_RGB;
    const size_t stride =
        is_plain ? image->stride_bytes : (size_t)image->width_px * (image->has_alpha ? 4 : 3);
    uint8_t *const converted = is_plain ? NULL : malloc(stride * image->height_px);
    if (!is_plain && !converted) return PARE_ERR_NO_MEMORY;
    for (uint32_t y = 0; !is_plain && y < image->height_px; y++)
        convert_row(image, y, converted + y * stride);
    const uint8_t *const pixels = is_plain ? image->pixels : converted;
    WebPPicture *picture = &encoder->picture;
    encoder->has_picture = WebPPictureInit(picture) != 0;
    picture->use_argb = 1;
    picture->width = (int)image->width_px;
    picture->height = (int)image->height_px;
    const int ok = encoder->has_picture &&
                   (image->has_alpha ? WebPPictureImportRGBA(picture, pixels, (int)stride)
                                     : WebPPictureImportRGB(picture, pixels, (int)stride));
    free(converted);
    if (ok && !encoder->params->lossless) return convert_to_yuv(encoder);
    return ok ? PARE_OK : pare_fail(diag, PARE_ERR_NO_MEMORY, "encode: not enough memory");
}

static bool has_losses(pare_bytes file)
{
    WebPBitstreamFeatures features;
    return file.len > 0 && WebPGetFeatures(file.data, file.len, &features) == VP8_STATUS_OK &&
           features.format == 1 && !features.has_animation;
}

static pare_err encoder_open(const pare_source *source, const pare_encode_params *params,
                             pare_encoder **out, pare_diag *diag)
{
    const pare_image *image = source->image;
    *out = NULL;
    if (!image || image->color == PARE_COLOR_CMYK) {
        return pare_fail(diag, PARE_ERR_INVALID, "encode: WebP needs gray or RGB pixels");
    }
    if (image->width_px > WEBP_MAX_DIMENSION || image->height_px > WEBP_MAX_DIMENSION) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "WebP holds at most %d px a side",
                         WEBP_MAX_DIMENSION);
    }
    pare_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return PARE_ERR_NO_MEMORY;
    encoder->source = source;
    encoder->params = params;
    encoder->keeps_stream = params->lossless && has_losses(source->original);
    const pare_err err = encoder->keeps_stream ? PARE_OK : import(encoder, diag);
    if (err != PARE_OK) {
        encoder_close(&encoder);
        return err;
    }
    *out = encoder;
    return PARE_OK;
}

static const int METHODS[PARE_EFFORT_MAX + 1] = {0, 2, 4, 4, 6, 6, 6, 6, 6, 6, 6};
/* Level 5 is left out: on some photographs it is smaller than 6. */
static const int LOSSLESS_LEVELS[PARE_EFFORT_MAX + 1] = {0, 2, 4, 4, 6, 6, 7, 8, 9, 9, 9};

static int encoder_rung(const pare_encode_params *params)
{
    if (params->lossless) return LOSSLESS_LEVELS[params->effort];
    return METHODS[params->effort] + (params->effort >= SHARP_YUV_EFFORT ? 1 : 0);
}

bool pare_webp_configure(const pare_encode_params *params, double quality, WebPConfig *config)
{
    if (!WebPConfigInit(config)) return false;
    if (params->lossless) {
        if (!WebPConfigLosslessPreset(config, LOSSLESS_LEVELS[params->effort])) return false;
        config->image_hint = params->is_graphic ? WEBP_HINT_GRAPH : WEBP_HINT_DEFAULT;
    } else {
        config->quality = (float)quality;
        config->method = METHODS[params->effort];
        config->alpha_filtering = 2;
        config->segments = 4;
        config->sns_strength = 50;
        config->filter_type = 1;
    }
    config->thread_level = 0;
    return WebPValidateConfig(config) != 0;
}

static int append(const uint8_t *data, size_t len, const WebPPicture *picture)
{
    return pare_buf_append(picture->custom_ptr, data, len) == PARE_OK;
}

pare_err pare_webp_write_picture(const WebPConfig *config, WebPPicture *picture, pare_buf *out,
                                 pare_diag *diag)
{
    picture->writer = append;
    picture->custom_ptr = out;
    if (WebPEncode(config, picture)) return PARE_OK;
    const WebPEncodingError code = picture->error_code;
    const bool memory = code == VP8_ENC_ERROR_OUT_OF_MEMORY || code == VP8_ENC_ERROR_BAD_WRITE ||
                        code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY;
    return pare_fail(diag, memory ? PARE_ERR_NO_MEMORY : PARE_ERR_CODEC, "encode: libwebp error %d",
                     (int)code);
}

static pare_err encode(const pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag)
{
    WebPConfig config;
    WebPPicture copy;
    if (!pare_webp_configure(encoder->params, quality, &config)) {
        return pare_fail(diag, PARE_ERR_INTERNAL, "encode: libwebp refused the settings");
    }
    if (!WebPPictureCopy(&encoder->picture, &copy)) return PARE_ERR_NO_MEMORY;
    const pare_err err = pare_webp_write_picture(&config, &copy, out, diag);
    WebPPictureFree(&copy);
    return err;
}

bool pare_webp_set_chunk(void *mux, const char *name, const pare_buf *block)
{
    const WebPData data = {block->data, block->len};
    return block->len == 0 || WebPMuxSetChunk(mux, name, &data, 0) == WEBP_MUX_OK;
}

/* The picture of a file, without what is beside it. */
static pare_err copy_stream(pare_bytes file, pare_buf *out, pare_diag *diag)
{
    const WebPData data = {file.data, file.len};
    WebPMuxFrameInfo frame = {0};
    WebPMux *mux = WebPMuxCreate(&data, 0);
    const bool ok = mux && WebPMuxGetFrame(mux, 1, &frame) == WEBP_MUX_OK;
    const pare_err err = ok ? pare_buf_append(out, frame.bitstream.bytes, frame.bitstream.size)
                            : pare_fail(diag, PARE_ERR_CODEC, "encode: cannot take the picture");
    WebPDataClear(&frame.bitstream);
    WebPMuxDelete(mux);
    return err;
}

static pare_err add_metadata(const pare_metadata *metadata, pare_buf *out, pare_diag *diag)
{
    if (!metadata || (!metadata->icc.len && !metadata->exif.len && !metadata->xmp.len)) {
        return PARE_OK;
    }
    const WebPData bare = {out->data, out->len};
    WebPData whole = {0};
    WebPMux *mux = WebPMuxCreate(&bare, 0);
    const bool ok = mux && pare_webp_set_chunk(mux, "ICCP", &metadata->icc) &&
                    pare_webp_set_chunk(mux, "EXIF", &metadata->exif) &&
                    pare_webp_set_chunk(mux, "XMP ", &metadata->xmp) &&
                    WebPMuxAssemble(mux, &whole) == WEBP_MUX_OK;
    WebPMuxDelete(mux);
    if (!ok) return pare_fail(diag, PARE_ERR_CODEC, "encode: cannot add metadata");
    out->len = 0;
    const pare_err err = pare_buf_append(out, whole.bytes, whole.size);
    WebPDataClear(&whole);
    return err;
}

static pare_err encoder_try(pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag)
{
    out->len = 0;
    if (encoder->keeps_stream) {
        PARE_TRY(copy_stream(encoder->source->original, out, diag));
    } else {
        PARE_TRY(encode(encoder, quality, out, diag));
    }
    return add_metadata(encoder->source->metadata, out, diag);
}

const pare_codec pare_codec_webp = {
    .format = PARE_FORMAT_WEBP,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS |
            PARE_CODEC_ALPHA,
    .read_info = read_info,
    .decode = decode,
    .salvage = pare_webp_salvage,
    .encoder_open = encoder_open,
    .encoder_try = encoder_try,
    .encoder_close = encoder_close,
    .encoder_rung = encoder_rung,
    .read_metadata = read_metadata,
    .frames_open = pare_webp_frames_open,
    .frames_next = pare_webp_frames_next,
    .frames_close = pare_webp_frames_close,
    .animator_open = pare_webp_animator_open,
    .animator_add = pare_webp_animator_add,
    .animator_finish = pare_webp_animator_finish,
    .animator_close = pare_webp_animator_close,
};
