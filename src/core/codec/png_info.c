// SPDX-License-Identifier: Apache-2.0
/* A walk over the chunks of a PNG file. */
#include "core/codec/png_info.h"

#include <string.h>

#include "base/checked.h"
#include "core/codec/codec.h"

enum { SIGNATURE_LEN = 8, CHUNK_OVERHEAD = 12 };

typedef struct walk {
    pare_info *info;
    uint32_t gamma_100000;   /* gAMA; 0 absent */
    uint32_t chrm_100000[8]; /* cHRM */
    bool has_chrm, has_srgb, has_foreign_cicp, has_data;
} walk;

static bool is_chunk(const uint8_t *type, const char *name)
{
    return memcmp(type, name, 4) == 0;
}

static pare_err read_header(walk *w, pare_bytes body, pare_diag *diag)
{
    if (body.len != 13) return pare_fail(diag, PARE_ERR_CORRUPT, "IHDR has a wrong length");
    const uint8_t color = body.data[9];
    static const uint8_t CHANNELS[] = {1, 0, 3, 3, 2, 0, 4};
    w->info->width_px = pare_be32(body.data);
    w->info->height_px = pare_be32(body.data + 4);
    w->info->depth_bits = body.data[8];
    if (color > 6 || CHANNELS[color] == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "unknown colour type %u", color);
    }
    if (w->info->width_px == 0 || w->info->height_px == 0 || w->info->width_px > INT32_MAX ||
        w->info->height_px > INT32_MAX) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the size is not valid");
    }
    w->info->channels = CHANNELS[color];
    w->info->is_palette = color == 3;
    w->info->has_alpha = color >= 4;
    w->info->is_lossless = true;
    w->info->is_progressive = body.data[12] != 0;
    return PARE_OK;
}

/* ITU-T H.273: BT.709 primaries with the sRGB transfer function are what everybody assumes. */
static bool is_srgb_cicp(pare_bytes body)
{
    return body.len == 4 && body.data[0] == 1 && body.data[1] == 13;
}

static void read_ancillary(walk *w, const uint8_t *type, pare_bytes body)
{
    if (is_chunk(type, "tRNS") && !w->info->has_alpha) {
        w->info->has_alpha = true;
        w->info->channels++;
    } else if (is_chunk(type, "acTL") && body.len == 8) {
        w->info->is_animated = true;
        w->info->frames = pare_be32(body.data);
    } else if (is_chunk(type, "iCCP")) {
        w->info->has_icc = true;
    } else if (is_chunk(type, "sRGB")) {
        w->has_srgb = true;
    } else if (is_chunk(type, "gAMA") && body.len == 4) {
        w->gamma_100000 = pare_be32(body.data);
    } else if (is_chunk(type, "cHRM") && body.len == 32) {
        w->has_chrm = true;
        for (int i = 0; i < 8; i++)
            w->chrm_100000[i] = pare_be32(body.data + 4 * i);
    } else if (is_chunk(type, "cICP")) {
        w->has_foreign_cicp = !is_srgb_cicp(body);
    } else if (is_chunk(type, "eXIf")) {
        w->info->has_exif = true;
    } else if (is_chunk(type, "tEXt") || is_chunk(type, "zTXt") || is_chunk(type, "iTXt")) {
        const bool xmp = body.len > 17 && memcmp(body.data, "XML:com.adobe.xmp", 17) == 0;
        w->info->has_xmp |= xmp;
        w->info->has_comment |= !xmp;
    }
}

static bool is_near(uint32_t have, uint32_t want, uint32_t tolerance)
{
    return have + tolerance >= want && have <= want + tolerance;
}

/* Are the colours what a viewer assumes when nothing is said? */
static bool looks_srgb(const walk *w)
{
    static const uint32_t SRGB[] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
    if (w->has_foreign_cicp) return false;
    if (w->info->has_icc || w->has_srgb) return true; /* they say it all */
    if (w->gamma_100000 && !is_near(w->gamma_100000, 45455, 1500)) return false;
    for (int i = 0; w->has_chrm && i < 8; i++) {
        if (!is_near(w->chrm_100000[i], SRGB[i], 500)) return false;
    }
    return true;
}

static pare_err read_chunk(walk *w, const uint8_t *type, pare_bytes body, pare_diag *diag)
{
    const bool has_header = w->info->width_px > 0;
    if (is_chunk(type, "IHDR")) {
        if (has_header) return pare_fail(diag, PARE_ERR_CORRUPT, "two IHDR chunks");
        return read_header(w, body, diag);
    }
    if (!has_header) return pare_fail(diag, PARE_ERR_CORRUPT, "IHDR is not the first chunk");
    if (is_chunk(type, "IDAT")) w->has_data = true;
    read_ancillary(w, type, body);
    return PARE_OK;
}

pare_err pare_png_read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    walk w = {.info = out};
    size_t at = SIGNATURE_LEN;
    bool ended = false;
    *out = (pare_info){.format = PARE_FORMAT_PNG, .frames = 1, .orientation = 1};
    while (!ended) {
        if (at > file.len || file.len - at < CHUNK_OVERHEAD) {
            return pare_fail(diag, PARE_ERR_TRUNCATED, "the file ends before IEND");
        }
        const uint32_t len = pare_be32(file.data + at);
        if (len > file.len - at - CHUNK_OVERHEAD) {
            return pare_fail(diag, PARE_ERR_TRUNCATED, "the file ends inside a chunk");
        }
        const uint8_t *type = file.data + at + 4;
        PARE_TRY(read_chunk(&w, type, (pare_bytes){type + 4, len}, diag));
        ended = is_chunk(type, "IEND");
        at += (size_t)len + CHUNK_OVERHEAD;
    }
    if (!w.has_data) return pare_fail(diag, PARE_ERR_CORRUPT, "there is no image data");
    out->has_trailing_data = pare_is_trailing_data((pare_bytes){file.data + at, file.len - at});
    if (!looks_srgb(&w)) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "its colours are given by gAMA, cHRM or cICP alone");
    }
    return PARE_OK;
}
