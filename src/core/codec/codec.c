// SPDX-License-Identifier: Apache-2.0
/* Search in the table of formats, and what all decoders share. */
#include "core/codec/codec.h"

#include "base/err.h"

const pare_codec *pare_codec_find(pare_format format)
{
    for (size_t i = 0; i < pare_codec_formats.count; i++) {
        const pare_codec *const codec = pare_codec_formats.codecs[i];
        if (codec->format == format) return codec;
    }
    return NULL;
}

pare_err pare_limits_check(const pare_limits *limits, uint64_t width_px, uint64_t height_px,
                           uint64_t bytes_per_pixel, pare_diag *diag)
{
    if (width_px == 0 || height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the header gives a size of 0 pixels");
    }
    uint64_t pixels, bytes;
    if (__builtin_mul_overflow(width_px, height_px, &pixels) ||
        __builtin_mul_overflow(pixels, bytes_per_pixel, &bytes) || bytes > SIZE_MAX / 2) {
        return pare_fail(diag, PARE_ERR_TOO_LARGE, "more pixels than memory can address");
    }
    if (!limits) return PARE_OK;
    if (limits->max_pixels && pixels > limits->max_pixels) {
        return pare_fail(diag, PARE_ERR_TOO_LARGE, "%llu x %llu pixels, more than %llu",
                         (unsigned long long)width_px, (unsigned long long)height_px,
                         (unsigned long long)limits->max_pixels);
    }
    const uint64_t shrink = limits->shrink > 1 ? limits->shrink : 1;
    if (limits->max_memory_bytes && bytes / (shrink * shrink) > limits->max_memory_bytes) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "decoding needs %llu bytes, more than %llu",
                         (unsigned long long)(bytes / (shrink * shrink)),
                         (unsigned long long)limits->max_memory_bytes);
    }
    return PARE_OK;
}

void pare_salvaged_deinit(pare_salvaged *salvaged)
{
    pare_buf_deinit(&salvaged->file);
    pare_image_deinit(&salvaged->image);
    *salvaged = (pare_salvaged){0};
}

bool pare_is_trailing_data(pare_bytes rest)
{
    if (rest.len <= 16) return false;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.data[i] != 0) return true;
    }
    return false;
}

pare_err pare_read_info(const uint8_t *data, size_t len, pare_info *out, pare_diag *diag)
{
    *out = (pare_info){.frames = 1, .orientation = 1};
    out->format = pare_format_sniff(data, len);
    if (out->format == PARE_FORMAT_UNKNOWN) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED, "not an image that Pare reads");
    }
    const pare_codec *codec = pare_codec_find(out->format);
    if (!codec) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED, "no %s in this build",
                         pare_format_name(out->format));
    }
    return codec->read_info((pare_bytes){data, len}, out, diag);
}
