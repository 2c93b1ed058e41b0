// SPDX-License-Identifier: Apache-2.0
/* What is left of a damaged WebP: rows of a still, whole frames of an animation (RFC 9649, 2.7). */
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "base/checked.h"
#include "core/codec/webp_animation.h"

/* The profile comes before the pixels, so it is there when they are. */
static pare_err copy_profile(pare_bytes file, pare_buf *icc)
{
    const WebPData data = {file.data, file.len};
    WebPDemuxState state;
    WebPDemuxer *demux = WebPDemuxPartial(&data, &state);
    if (!demux) return PARE_OK;
    const pare_err err = pare_webp_copy_chunk(demux, "ICCP", icc);
    WebPDemuxDelete(demux);
    return err;
}

/* Rows from the top as far as the bytes go. */
static pare_err decode_rows(pare_bytes file, pare_image *out, uint32_t *rows)
{
    WebPDecoderConfig config;
    int last_row = 0;
    *rows = 0;
    if (!WebPInitDecoderConfig(&config)) return PARE_ERR_CODEC;
    config.output.colorspace = out->has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out->pixels;
    config.output.u.RGBA.stride = (int)out->stride_bytes;
    config.output.u.RGBA.size = out->stride_bytes * out->height_px;
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, &config);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    (void)WebPIUpdate(decoder, file.data, file.len);
    if (WebPIDecGetRGB(decoder, &last_row, NULL, NULL, NULL) && last_row > 0) {
        *rows = (uint32_t)last_row;
    }
    WebPIDelete(decoder);
    return *rows > 0 ? PARE_OK : PARE_ERR_TRUNCATED;
}

static pare_err salvage_still(pare_bytes file, const WebPBitstreamFeatures *features,
                              const pare_limits *limits, pare_salvaged *out, pare_diag *diag)
{
    pare_image *image = &out->image;
    const uint32_t width = (uint32_t)features->width, height = (uint32_t)features->height;
    PARE_TRY(pare_limits_check(limits, width, height, 8, diag));
    PARE_TRY(pare_image_init(image, width, height, PARE_COLOR_RGB, features->has_alpha != 0, 8));
    memset(image->pixels, 0x80, image->stride_bytes * height);
    out->total = height;
    const pare_err err = decode_rows(file, image, &out->done);
    if (err != PARE_OK) return pare_fail(diag, err, "WebP: nothing is left of the image");
    return copy_profile(file, &image->metadata.icc);
}

/* ---- animations ---- */

enum { RIFF_LEN = 12, HEAD_LEN = 8, EXTENDED_LEN = 18, FRAME_LEN = 16 };

/* A chunk with its head and padding; len 0: there is no whole one. */
static pare_bytes look(pare_bytes file, size_t at)
{
    if (at > file.len || file.len - at < HEAD_LEN) return (pare_bytes){0};
    const uint64_t len = HEAD_LEN + (uint64_t)pare_le32(file.data + at + 4);
    const uint64_t padded = len + (len & 1);
    return padded > file.len - at ? (pare_bytes){0} : (pare_bytes){file.data + at, (size_t)padded};
}

static bool is_type(pare_bytes chunk, const char *type)
{
    return memcmp(chunk.data, type, 4) == 0;
}

/* Does a picture begin where it should? One that does not would make libwebp refuse all of them. */
static bool is_frame(pare_bytes chunk)
{
    const size_t skip = HEAD_LEN + FRAME_LEN;
    WebPBitstreamFeatures features;
    return is_type(chunk, "ANMF") && chunk.len > skip &&
           WebPGetFeatures(chunk.data + skip, chunk.len - skip, &features) == VP8_STATUS_OK;
}

/* A file of the chunks that are whole, with at most so many frames. */
static pare_err copy_frames(pare_bytes file, uint32_t most, pare_buf *out, uint32_t *frames)
{
    uint8_t flags = 0; /* of chunks behind the frames that are there */
    bool takes_frames = true;
    *frames = 0;
    out->len = 0;
    if (!is_type(look(file, RIFF_LEN), "VP8X")) return PARE_OK;
    PARE_TRY(pare_buf_append(out, file.data, RIFF_LEN));
    size_t at = RIFF_LEN;
    for (pare_bytes chunk; (chunk = look(file, at)).len > 0; at += chunk.len) {
        if (is_type(chunk, "ANMF")) {
            takes_frames = takes_frames && *frames < most && is_frame(chunk);
            if (!takes_frames) continue;
            ++*frames;
        }
        if (is_type(chunk, "EXIF")) flags |= EXIF_FLAG;
        if (is_type(chunk, "XMP ")) flags |= XMP_FLAG;
        PARE_TRY(pare_buf_append(out, chunk.data, chunk.len));
    }
    const uint32_t len = (uint32_t)(out->len - HEAD_LEN);
    const uint8_t bytes[] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                             (uint8_t)(len >> 24)};
    memcpy(out->data + 4, bytes, sizeof bytes);
    const uint8_t mask = (uint8_t) ~(EXIF_FLAG | XMP_FLAG);
    out->data[RIFF_LEN + HEAD_LEN] = (out->data[RIFF_LEN + HEAD_LEN] & mask) | flags;
    return PARE_OK;
}

/* Frames from the first that can be decoded. */
static pare_err count_whole(pare_bytes file, const pare_limits *limits, uint32_t *count,
                            pare_diag *diag)
{
    pare_animation animation;
    pare_frames *frames = NULL;
    pare_err err = pare_webp_frames_open(file, limits, &animation, &frames, diag);
    *count = 0;
    for (bool more = true; err == PARE_OK && more;) {
        pare_frame frame;
        err = pare_webp_frames_next(frames, &frame, &more, diag);
        if (err == PARE_OK && more) ++*count;
    }
    pare_webp_frames_close(&frames);
    return err == PARE_ERR_NO_MEMORY || err == PARE_ERR_TOO_LARGE ? err : PARE_OK;
}

/* How many frames there were cannot be told: one more at least. */
static pare_err salvage_animation(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                                  pare_diag *diag)
{
    uint32_t frames;
    out->counts_frames = true;
    PARE_TRY(copy_frames(file, UINT32_MAX, &out->file, &frames));
    if (frames > 0) {
        PARE_TRY(count_whole(pare_buf_view(&out->file), limits, &out->done, diag));
        *diag = (pare_diag){0}; /* the damage is known */
    }
    if (out->done == 0) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "WebP: no frame of the animation is whole");
    }
    if (out->done < frames) PARE_TRY(copy_frames(file, out->done, &out->file, &frames));
    out->total = out->done + 1;
    return PARE_OK;
}

pare_err pare_webp_salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                           pare_diag *diag)
{
    WebPBitstreamFeatures features;
    *out = (pare_salvaged){0};
    if (WebPGetFeatures(file.data, file.len, &features) != VP8_STATUS_OK) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the WebP header is damaged");
    }
    return features.has_animation ? salvage_animation(file, limits, out, diag)
                                  : salvage_still(file, &features, limits, out, diag);
}
