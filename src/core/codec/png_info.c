// SPDX-License-Identifier: Apache-2.0
/* The chunks of a PNG file (W3C PNG, third edition), without decoding pixels. */
#include "core/codec/png_info.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "core/codec/codec.h"
#include "core/image/exif.h"

enum { SIGNATURE_LEN = 8, CHUNK_OVERHEAD = 12, IHDR_LEN = 13 };

static bool is_type(const uint8_t *chunk, const char *type)
{
    return memcmp(chunk + 4, type, 4) == 0;
}

static pare_err read_header(pare_png_chunks *out, pare_bytes body, pare_diag *diag)
{
    /* bit n: a depth of n bits goes with this colour type */
    static const uint32_t DEPTHS[] = {0x10116, 0, 0x10100, 0x116, 0x10100, 0, 0x10100};
    out->width_px = pare_be32(body.data);
    out->height_px = pare_be32(body.data + 4);
    out->depth_bits = body.data[8];
    out->color_type = body.data[9];
    out->is_interlaced = body.data[12] != 0;
    if (out->color_type > 6 || out->depth_bits > 16 ||
        !(DEPTHS[out->color_type] >> out->depth_bits & 1)) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: colour type %u with %u bits",
                         out->color_type, out->depth_bits);
    }
    if (out->width_px == 0 || out->height_px == 0 || out->width_px > INT32_MAX ||
        out->height_px > INT32_MAX) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: the size is not valid");
    }
    return PARE_OK;
}

/* cHRM: eight numbers of 1/100000; gAMA: the inverse of the display's exponent. */
static void read_colors(pare_png_chunks *out, const uint8_t *chunk, pare_bytes body)
{
    if (is_type(chunk, "gAMA") && body.len == 4 && pare_be32(body.data) > 0) {
        out->has_gamma = true;
        out->colors.gamma = 100000.0 / pare_be32(body.data);
    } else if (is_type(chunk, "cHRM") && body.len == 32) {
        double *const points[4] = {out->colors.white, out->colors.red, out->colors.green,
                                   out->colors.blue};
        out->has_chromaticities = true;
        for (size_t i = 0; i < 8; i++)
            points[i / 2][i % 2] = pare_be32(body.data + i * 4) / 100000.0;
    } else if (is_type(chunk, "cICP") && body.len == 4) {
        out->has_cicp = true;
        memcpy(out->cicp, body.data, 4);
    } else if (is_type(chunk, "sRGB")) {
        out->has_srgb = true;
    } else if (is_type(chunk, "iCCP")) {
        out->has_icc = true;
    }
}

static bool has_key(pare_bytes body, const char *key)
{
    const size_t len = strlen(key) + 1; /* with its NUL */
    return body.len >= len && memcmp(body.data, key, len) == 0;
}

static void read_text(pare_png_chunks *out, const uint8_t *chunk, pare_bytes body)
{
    if (is_type(chunk, "iTXt") && has_key(body, "XML:com.adobe.xmp")) out->has_xmp = true;
    if (has_key(body, "Raw profile type iptc")) out->has_iptc = true;
    if (!is_type(chunk, "tEXt") || out->comment.len) return;
    static const char *const KEYS[] = {"Comment", "Description"};
    for (size_t i = 0; i < 2; i++) {
        const size_t skip = strlen(KEYS[i]) + 1;
        if (has_key(body, KEYS[i])) out->comment = (pare_bytes){body.data + skip, body.len - skip};
    }
}

static void read_chunk(pare_png_chunks *out, const uint8_t *chunk, pare_bytes body)
{
    read_colors(out, chunk, body);
    read_text(out, chunk, body);
    if (is_type(chunk, "tRNS")) out->has_trns = true;
    if (is_type(chunk, "eXIf") && !out->exif.len) out->exif = body;
    if (is_type(chunk, "acTL") && body.len == 8) {
        out->is_animated = true;
        out->frames = pare_be32(body.data);
    }
}

pare_err pare_png_chunks_read(pare_bytes file, pare_png_chunks *out, pare_diag *diag)
{
    *out = (pare_png_chunks){.frames = 1, .colors = pare_colorimetry_srgb(), .is_cut = true};
    out->end = file.len;
    size_t at = SIGNATURE_LEN;
    bool has_header = false;
    while (at <= file.len && file.len - at >= CHUNK_OVERHEAD) {
        const uint8_t *chunk = file.data + at;
        const size_t len = pare_be32(chunk);
        const bool is_header = is_type(chunk, "IHDR") && len == IHDR_LEN;
        if (!has_header && !is_header) {
            return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: the first chunk is not a header");
        }
        if (len > file.len - at - CHUNK_OVERHEAD) break;
        const pare_bytes body = {chunk + 8, len};
        if (is_header && !has_header) PARE_TRY(read_header(out, body, diag));
        has_header = true;
        read_chunk(out, chunk, body);
        at += CHUNK_OVERHEAD + len;
        if (is_type(chunk, "IEND")) {
            out->is_cut = false;
            out->end = at;
            break;
        }
    }
    if (!has_header) return pare_fail(diag, PARE_ERR_TRUNCATED, "PNG: the header is cut off");
    return PARE_OK;
}

pare_err pare_png_read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_png_chunks chunks;
    PARE_TRY(pare_png_chunks_read(file, &chunks, diag));
    const bool has_alpha = (chunks.color_type & 4) != 0 || chunks.has_trns;
    const bool has_colors = (chunks.color_type & 2) != 0;
    *out = (pare_info){.format = PARE_FORMAT_PNG};
    out->width_px = chunks.width_px;
    out->height_px = chunks.height_px;
    out->frames = chunks.frames ? chunks.frames : 1;
    out->is_animated = chunks.is_animated;
    out->depth_bits = chunks.depth_bits;
    out->has_alpha = has_alpha;
    out->channels = (uint8_t)((has_colors ? 3 : 1) + (has_alpha ? 1 : 0));
    out->is_palette = chunks.color_type == 3;
    out->is_lossless = true;
    out->is_progressive = chunks.is_interlaced;
    out->has_icc = chunks.has_icc;
    out->has_exif = chunks.exif.len > 0;
    out->has_xmp = chunks.has_xmp;
    out->has_iptc = chunks.has_iptc;
    out->has_comment = chunks.comment.len > 0;
    out->orientation = pare_exif_orientation(chunks.exif);
    out->has_gps = pare_exif_has_gps(chunks.exif);
    out->has_trailing_data =
        pare_is_trailing_data((pare_bytes){file.data + chunks.end, file.len - chunks.end});
    return PARE_OK;
}
