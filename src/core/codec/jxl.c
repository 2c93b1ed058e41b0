// SPDX-License-Identifier: Apache-2.0
/* JPEG XL to pixels with libjxl, in one thread. */
#include "core/codec/codec.h"

#include <string.h>

#include <jxl/decode.h>

#include "base/checked.h"
#include "base/err.h"
#include "core/codec/jxl_boxes.h"
#include "core/codec/jxl_encoder.h"
#include "core/codec/jxl_transcode.h"
#include "core/image/exif.h"
#include "core/image/profile.h"

enum {
    BOX_FIRST_BYTES = 1 << 16,
    BOX_MOST_BYTES = 64 << 20, /* of one block of metadata, unpacked */
    PROFILE_MOST_BYTES = 16 << 20,
    WORK_BYTES_PER_PX = 16, /* planes of floats inside the decoder */
    JPEG_MOST_PX = 1 << 27,
    JPEG_MOST_PX_PER_BYTE = 100,
};

/* A decoder over what there is of a file, which may be cut. NULL: no memory. */
static JxlDecoder *create_cut_decoder(pare_bytes file, int events)
{
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    if (!decoder) return NULL;
    if (JxlDecoderSubscribeEvents(decoder, events) == JXL_DEC_SUCCESS &&
        JxlDecoderSetKeepOrientation(decoder, JXL_TRUE) == JXL_DEC_SUCCESS &&
        JxlDecoderSetUnpremultiplyAlpha(decoder, JXL_TRUE) == JXL_DEC_SUCCESS &&
        JxlDecoderSetInput(decoder, file.data, file.len) == JXL_DEC_SUCCESS) {
        return decoder;
    }
    JxlDecoderDestroy(decoder);
    return NULL;
}

/* A decoder over the whole file. NULL: no memory. */
static JxlDecoder *create_decoder(pare_bytes file, int events)
{
    JxlDecoder *decoder = create_cut_decoder(file, events);
    if (decoder) JxlDecoderCloseInput(decoder);
    return decoder;
}

/* Goes on until the decoder says this. */
static pare_err advance(JxlDecoder *decoder, JxlDecoderStatus wanted, const char *step,
                        pare_diag *diag)
{
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
    if (status == wanted) return PARE_OK;
    if (status == JXL_DEC_NEED_MORE_INPUT) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "%s: the file ends too early", step);
    }
    return pare_fail(diag, PARE_ERR_CORRUPT, "%s: damaged JPEG XL", step);
}

/* What decoding needs to know of an image before its pixels. */
typedef struct header {
    JxlBasicInfo basic;
    JxlColorEncoding colors;
    bool has_numbers;     /* colors is filled; else there is only a profile */
    bool has_more;        /* channels beside colour and alpha */
    bool is_cmyk, is_hdr; /* HDR: by its curve, or samples are no integers of at most 16 bits */
} header;

static bool is_srgb(const header *h)
{
    const JxlColorEncoding *c = &h->colors;
    return h->has_numbers && c->white_point == JXL_WHITE_POINT_D65 &&
           c->transfer_function == JXL_TRANSFER_FUNCTION_SRGB &&
           (c->color_space == JXL_COLOR_SPACE_GRAY ||
            (c->color_space == JXL_COLOR_SPACE_RGB && c->primaries == JXL_PRIMARIES_SRGB));
}

static void read_channels(const JxlDecoder *decoder, header *out)
{
    bool has_alpha = false;
    for (uint32_t i = 0; i < out->basic.num_extra_channels; i++) {
        JxlExtraChannelInfo channel;
        if (JxlDecoderGetExtraChannelInfo(decoder, i, &channel) != JXL_DEC_SUCCESS) return;
        if (channel.type == JXL_CHANNEL_BLACK) out->is_cmyk = true;
        if (channel.type != JXL_CHANNEL_ALPHA || has_alpha) out->has_more = true;
        if (channel.type == JXL_CHANNEL_ALPHA) has_alpha = true;
    }
}

/* decoder is new, with the events of basic information and colours; it stops behind them. */
static pare_err read_header(JxlDecoder *decoder, header *out, pare_diag *diag)
{
    *out = (header){0};
    PARE_TRY(advance(decoder, JXL_DEC_BASIC_INFO, "header", diag));
    if (JxlDecoderGetBasicInfo(decoder, &out->basic) != JXL_DEC_SUCCESS) return PARE_ERR_CORRUPT;
    read_channels(decoder, out);
    PARE_TRY(advance(decoder, JXL_DEC_COLOR_ENCODING, "colours", diag));
    out->has_numbers =
        JxlDecoderGetColorAsEncodedProfile(decoder, NULL, JXL_COLOR_PROFILE_TARGET_ORIGINAL,
                                           &out->colors) == JXL_DEC_SUCCESS;
    out->is_hdr =
        out->basic.exponent_bits_per_sample > 0 || out->basic.bits_per_sample > 16 ||
        out->basic.alpha_exponent_bits > 0 || out->basic.alpha_bits > 16 ||
        (out->has_numbers && (out->colors.transfer_function == JXL_TRANSFER_FUNCTION_PQ ||
                              out->colors.transfer_function == JXL_TRANSFER_FUNCTION_HLG));
    return PARE_OK;
}

static pare_err check_variant(const header *h, pare_diag *diag)
{
    const char *cause = NULL;
    if (h->is_hdr) cause = "HDR colours";
    if (h->has_more) cause = "channels beside colour and alpha";
    if (h->is_cmyk) cause = "inks";
    if (h->has_numbers && h->colors.color_space != JXL_COLOR_SPACE_RGB &&
        h->colors.color_space != JXL_COLOR_SPACE_GRAY) {
        cause = "unknown colours";
    }
    if (!cause) return PARE_OK;
    return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "JPEG XL: %s", cause);
}

/* The profile of the original (as a viewer is told) or of the pixels that come out. */
static pare_err read_profile(const JxlDecoder *decoder, JxlColorProfileTarget target, pare_buf *out,
                             pare_diag *diag)
{
    size_t len = 0;
    if (JxlDecoderGetICCProfileSize(decoder, NULL, target, &len) != JXL_DEC_SUCCESS || len == 0) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "JPEG XL: colours without a profile");
    }
    if (len > PROFILE_MOST_BYTES) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "JPEG XL: a colour profile of %zu bytes", len);
    }
    PARE_TRY(pare_buf_reserve(out, len));
    if (JxlDecoderGetColorAsICCProfile(decoder, NULL, target, out->data, len) != JXL_DEC_SUCCESS) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "JPEG XL: damaged colour profile");
    }
    out->len = len;
    return PARE_OK;
}

/* ---- metadata ---- */

/* The box that is being read. */
typedef struct box_reader {
    JxlDecoder *decoder;
    pare_metadata *metadata;
    pare_buf *into; /* NULL: a box of no interest */
    size_t room;    /* to be asked for next; doubles, whether some was used or not */
} box_reader;

static void end_box(box_reader *reader)
{
    if (!reader->into) return;
    reader->into->len = reader->into->cap - JxlDecoderReleaseBoxBuffer(reader->decoder);
    reader->into = NULL;
}

/* More room for the open box, whose `len` bytes so far stay. */
static pare_err grow_box(box_reader *reader, size_t len, pare_diag *diag)
{
    pare_buf *into = reader->into;
    const size_t room = reader->room;
    if (room > BOX_MOST_BYTES) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "JPEG XL: metadata of more than %d bytes",
                         BOX_MOST_BYTES);
    }
    into->len = len;
    reader->room = 2 * room;
    PARE_TRY(pare_buf_reserve(into, room));
    if (JxlDecoderSetBoxBuffer(reader->decoder, into->data + len, into->cap - len) !=
        JXL_DEC_SUCCESS) {
        return PARE_ERR_CORRUPT;
    }
    return PARE_OK;
}

/* Only the first of each kind counts. */
static pare_err begin_box(box_reader *reader, pare_diag *diag)
{
    JxlBoxType type;
    pare_metadata *metadata = reader->metadata;
    end_box(reader);
    if (JxlDecoderGetBoxType(reader->decoder, type, JXL_TRUE) != JXL_DEC_SUCCESS) {
        return PARE_ERR_CORRUPT;
    }
    if (memcmp(type, "Exif", 4) == 0 && !metadata->exif.len) reader->into = &metadata->exif;
    if (memcmp(type, "xml ", 4) == 0 && !metadata->xmp.len) reader->into = &metadata->xmp;
    reader->room = BOX_FIRST_BYTES;
    return reader->into ? grow_box(reader, 0, diag) : PARE_OK;
}

static pare_err read_boxes(box_reader *reader, pare_diag *diag)
{
    for (;;) {
        size_t len;
        switch (JxlDecoderProcessInput(reader->decoder)) {
        case JXL_DEC_BOX: PARE_TRY(begin_box(reader, diag)); break;
        case JXL_DEC_BOX_NEED_MORE_OUTPUT:
            len = reader->into->cap - JxlDecoderReleaseBoxBuffer(reader->decoder);
            PARE_TRY(grow_box(reader, len, diag));
            break;
        case JXL_DEC_SUCCESS: end_box(reader); return PARE_OK;
        case JXL_DEC_NEED_MORE_INPUT:
            return pare_fail(diag, PARE_ERR_TRUNCATED, "metadata: the file ends too early");
        default: return pare_fail(diag, PARE_ERR_CORRUPT, "metadata: damaged JPEG XL");
        }
    }
}

/* An Exif box begins with the offset of the TIFF structure (ISO/IEC 18181-2). */
static void strip_offset(pare_buf *exif)
{
    const uint64_t offset = exif->len >= 4 ? 4 + (uint64_t)pare_be32(exif->data) : exif->len;
    const size_t skip = offset < exif->len ? (size_t)offset : exif->len;
    if (skip == exif->len) {
        pare_buf_deinit(exif);
        return;
    }
    memmove(exif->data, exif->data + skip, exif->len - skip);
    exif->len -= skip;
}

static pare_err read_blocks(pare_bytes file, pare_metadata *out, pare_diag *diag)
{
    box_reader reader = {.metadata = out};
    reader.decoder = create_decoder(file, JXL_DEC_BOX);
    if (!reader.decoder) return PARE_ERR_NO_MEMORY;
    pare_err err = PARE_ERR_CORRUPT;
    if (JxlDecoderSetDecompressBoxes(reader.decoder, JXL_TRUE) == JXL_DEC_SUCCESS) {
        err = read_boxes(&reader, diag);
    }
    JxlDecoderDestroy(reader.decoder);
    strip_offset(&out->exif);
    return err;
}

/* ---- what a file is ---- */

/* Frames that are shown one after the other: their headers are read, their pixels skipped. */
static uint32_t count_frames(pare_bytes file)
{
    uint32_t count = 0;
    JxlDecoder *decoder = create_decoder(file, JXL_DEC_FRAME);
    if (!decoder) return 1;
    while (count < UINT32_MAX && JxlDecoderProcessInput(decoder) == JXL_DEC_FRAME)
        count++;
    JxlDecoderDestroy(decoder);
    return count ? count : 1;
}

static pare_err fill_info(JxlDecoder *decoder, pare_bytes file, const pare_jxl_boxes *boxes,
                          pare_info *out, pare_diag *diag)
{
    header h;
    PARE_TRY(read_header(decoder, &h, diag));
    out->width_px = h.basic.xsize;
    out->height_px = h.basic.ysize;
    out->depth_bits = (uint8_t)h.basic.bits_per_sample;
    out->has_alpha = h.basic.alpha_bits > 0;
    out->is_cmyk = h.is_cmyk;
    out->channels = (uint8_t)(h.basic.num_color_channels + (h.is_cmyk ? 1 : 0) + out->has_alpha);
    out->orientation = (uint8_t)h.basic.orientation;
    if (h.basic.have_animation) out->frames = count_frames(file);
    out->is_animated = out->frames > 1;
    out->has_icc = !is_srgb(&h);
    out->has_gainmap = boxes->has_gainmap;
    out->has_trailing_data = boxes->has_others;
    if (!out->has_icc) return PARE_OK;
    pare_buf icc = {0};
    const pare_err err = read_profile(decoder, JXL_COLOR_PROFILE_TARGET_ORIGINAL, &icc, NULL);
    if (err == PARE_OK) pare_profile_describe(pare_buf_view(&icc), out->profile);
    pare_buf_deinit(&icc);
    return err == PARE_ERR_NO_MEMORY ? err : PARE_OK;
}

/* What the JPEG was like that the file was made of. Without it the fields stay unknown, as they do
 * where the header promises more pixels than so few bytes are likely to hold: having the JPEG back
 * takes memory, and no limit was kept yet. */
static void read_jpeg(pare_bytes file, pare_info *out)
{
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_JPEG);
    const uint64_t pixels = (uint64_t)out->width_px * out->height_px;
    pare_buf jpeg = {0};
    pare_info info;
    if (pixels > JPEG_MOST_PX || pixels / JPEG_MOST_PX_PER_BYTE > file.len) return;
    if (codec && pare_jxl_reconstruct(file, PARE_JXL_JPEG_MOST_BYTES, &jpeg) == PARE_OK &&
        codec->read_info(pare_buf_view(&jpeg), &info, NULL) == PARE_OK) {
        out->quality_estimate = info.quality_estimate;
        memcpy(out->subsampling, info.subsampling, sizeof out->subsampling);
    }
    pare_buf_deinit(&jpeg);
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_jxl_boxes boxes;
    pare_metadata metadata = {0};
    *out = (pare_info){.format = PARE_FORMAT_JXL, .frames = 1, .orientation = 1};
    pare_jxl_boxes_read(file, &boxes);
    JxlDecoder *decoder = create_decoder(file, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    pare_err err = fill_info(decoder, file, &boxes, out, diag);
    JxlDecoderDestroy(decoder);
    if (err == PARE_OK && boxes.has_jpeg) read_jpeg(file, out);
    if (err == PARE_OK && (boxes.has_exif || boxes.has_xmp)) {
        err = read_blocks(file, &metadata, diag);
    }
    out->has_exif = metadata.exif.len > 0;
    out->has_xmp = metadata.xmp.len > 0;
    out->has_gps = pare_exif_has_gps(pare_buf_view(&metadata.exif));
    pare_metadata_deinit(&metadata);
    return err;
}

/* ---- pixels ---- */

/* What is stored in the absolute colours of XYB, with a profile that no numbers tell, comes out in
 * a space that is wide enough; 16 bits, since its steps are coarser than those of the profile. */
static bool is_widened(const header *h)
{
    return !h->basic.uses_original_profile && !h->has_numbers;
}

static pare_err widen(JxlDecoder *decoder, const header *h)
{
    const JxlColorEncoding wide = {
        .color_space =
            h->basic.num_color_channels == 1 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
        .white_point = JXL_WHITE_POINT_D65,
        .primaries = JXL_PRIMARIES_2100,
        .transfer_function = JXL_TRANSFER_FUNCTION_SRGB,
        .rendering_intent = JXL_RENDERING_INTENT_RELATIVE,
    };
    return JxlDecoderSetPreferredColorProfile(decoder, &wide) == JXL_DEC_SUCCESS ? PARE_OK
                                                                                 : PARE_ERR_CORRUPT;
}

static pare_err check_limits(const header *h, const pare_limits *limits, pare_diag *diag)
{
    pare_limits whole = limits ? *limits : (pare_limits){0};
    whole.shrink = 1; /* the decoder does not shrink */
    return pare_limits_check(limits ? &whole : NULL, h->basic.xsize, h->basic.ysize,
                             WORK_BYTES_PER_PX + 4 * 2, diag);
}

static pare_err read_pixels(JxlDecoder *decoder, const header *h, pare_image *out, pare_diag *diag)
{
    const JxlBasicInfo *basic = &h->basic;
    const bool is_deep = basic->bits_per_sample > 8 || basic->alpha_bits > 8 || is_widened(h);
    PARE_TRY(pare_image_init(out, basic->xsize, basic->ysize,
                             basic->num_color_channels == 1 ? PARE_COLOR_GRAY : PARE_COLOR_RGB,
                             basic->alpha_bits > 0, is_deep ? 16 : 8));
    out->source_depth_bits = (uint8_t)basic->bits_per_sample;
    if (basic->alpha_bits > basic->bits_per_sample) {
        out->source_depth_bits = (uint8_t)basic->alpha_bits;
    }
    out->orientation = (uint8_t)basic->orientation;
    const JxlPixelFormat format = {
        .num_channels = out->channels,
        .data_type = is_deep ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8,
        .endianness = JXL_NATIVE_ENDIAN,
    };
    const size_t len = out->stride_bytes * out->height_px;
    PARE_TRY(advance(decoder, JXL_DEC_NEED_IMAGE_OUT_BUFFER, "decode", diag));
    if (JxlDecoderSetImageOutBuffer(decoder, &format, out->pixels, len) != JXL_DEC_SUCCESS) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "decode: the frame has another size");
    }
    return advance(decoder, JXL_DEC_FULL_IMAGE, "decode", diag);
}

/* Pixels of a file that is cut in the middle of them: where groups are missing, what the picture in
 * an eighth of the size shows, which comes first. Lossless files have no such picture. */
static pare_err read_pixels_there_are(JxlDecoder *decoder, const header *h, bool has_jpeg,
                                      pare_image *out, pare_diag *diag)
{
    const pare_err err = read_pixels(decoder, h, out, diag);
    const bool is_coarse_first = !h->basic.uses_original_profile || has_jpeg;
    if (err != PARE_ERR_TRUNCATED || !out->pixels || !is_coarse_first) return err;
    if (JxlDecoderFlushImage(decoder) != JXL_DEC_SUCCESS) return err;
    *diag = (pare_diag){0}; /* the damage is known */
    return PARE_OK;
}

/* Behind a bare codestream the file ends. */
static pare_err check_end(JxlDecoder *decoder, pare_bytes file, pare_diag *diag)
{
    PARE_TRY(advance(decoder, JXL_DEC_SUCCESS, "decode", diag));
    const size_t left = JxlDecoderReleaseInput(decoder);
    const pare_bytes rest = {file.data + (file.len - left), left};
    if (!pare_is_trailing_data(rest)) return PARE_OK;
    return pare_fail(diag, PARE_SKIP_TRAILING, "%zu bytes follow the image", left);
}

/* salvages: NULL, or the boxes of a damaged file. */
static pare_err decode_with(JxlDecoder *decoder, const pare_limits *limits,
                            const pare_jxl_boxes *salvages, pare_image *out, pare_diag *diag)
{
    header h;
    pare_buf icc = {0};
    PARE_TRY(read_header(decoder, &h, diag));
    PARE_TRY(check_variant(&h, diag));
    PARE_TRY(check_limits(&h, limits, diag));
    if (is_widened(&h)) PARE_TRY(widen(decoder, &h));
    pare_err err = PARE_OK;
    if (!is_srgb(&h)) err = read_profile(decoder, JXL_COLOR_PROFILE_TARGET_DATA, &icc, diag);
    if (err == PARE_OK) {
        err = salvages ? read_pixels_there_are(decoder, &h, salvages->has_jpeg, out, diag)
                       : read_pixels(decoder, &h, out, diag);
    }
    pare_buf_move(&out->metadata.icc, &icc);
    return err;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_jxl_boxes boxes;
    *out = (pare_image){0};
    pare_jxl_boxes_read(file, &boxes);
    JxlDecoder *decoder =
        create_decoder(file, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    pare_err err = decode_with(decoder, limits, NULL, out, diag);
    if (err == PARE_OK && !boxes.is_container) err = check_end(decoder, file, diag);
    JxlDecoderDestroy(decoder);
    if (err == PARE_OK && boxes.is_cut) {
        err = pare_fail(diag, PARE_ERR_TRUNCATED, "decode: a box ends beyond the file");
    }
    if (err == PARE_OK && (boxes.has_exif || boxes.has_xmp)) {
        err = read_blocks(file, &out->metadata, diag);
    }
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

/* All rows, with less detail where something is missing. */
static pare_err salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                        pare_diag *diag)
{
    pare_jxl_boxes boxes;
    *out = (pare_salvaged){0};
    pare_jxl_boxes_read(file, &boxes);
    JxlDecoder *decoder =
        create_cut_decoder(file, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    const pare_err err = decode_with(decoder, limits, &boxes, &out->image, diag);
    JxlDecoderDestroy(decoder);
    out->done = out->total = out->image.height_px;
    return err;
}

const pare_codec pare_codec_jxl = {
    .format = PARE_FORMAT_JXL,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS |
            PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 | PARE_CODEC_GRAY | PARE_CODEC_TAKES_JPEG,
    .read_info = read_info,
    .decode = decode,
    .salvage = salvage,
    .encoder_open = pare_jxl_encoder_open,
    .encoder_try = pare_jxl_encoder_try,
    .encoder_check = pare_jxl_encoder_check,
    .encoder_close = pare_jxl_encoder_close,
    .encoder_rung = pare_jxl_encoder_rung,
};
