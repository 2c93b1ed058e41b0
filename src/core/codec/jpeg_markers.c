// SPDX-License-Identifier: Apache-2.0
/* The marker segments of a JPEG file (ITU-T T.81 annex B), without decoding. */
#include "core/codec/jpeg_markers.h"

#include <string.h>

#include "base/checked.h"
#include "core/codec/jpeg_codes.h"

/* Takes the prefix off; false when it is not there. The size counts the prefix's NUL bytes. */
static bool take_prefix(pare_bytes *bytes, const char *prefix, size_t len)
{
    if (bytes->len < len || memcmp(bytes->data, prefix, len) != 0) return false;
    bytes->data += len;
    bytes->len -= len;
    return true;
}
#define TAKE(bytes, literal) take_prefix(bytes, literal, sizeof(literal) - 1)

static void add_part(pare_jpeg_parts *parts, pare_bytes bytes)
{
    if (parts->count < PARE_JPEG_PARTS_MAX) parts->part[parts->count++] = bytes;
}

static void read_frame(pare_jpeg_markers *out, uint8_t marker, pare_bytes body)
{
    if (out->sof || body.len < 6) return; /* the first frame counts, as for decoders */
    out->sof = marker;
    out->precision_bits = body.data[0];
    out->height_px = pare_be16(body.data + 1);
    out->width_px = pare_be16(body.data + 3);
    out->components = body.data[5];
    for (size_t i = 0; i < 4 && i < out->components && 6 + i * 3 + 3 <= body.len; i++) {
        const uint8_t *component = body.data + 6 + i * 3;
        out->h[i] = component[1] >> 4;
        out->v[i] = component[1] & 15;
        out->quant_slot[i] = component[2] & 3;
    }
}

static void read_quant(pare_jpeg_markers *out, pare_bytes body)
{
    while (body.len >= 65) {
        const bool wide = body.data[0] >> 4;
        const size_t need = wide ? 129 : 65;
        if (body.len < need) return;
        uint16_t *table = out->quant[body.data[0] & 3];
        for (size_t i = 0; i < 64; i++) {
            table[i] = wide ? pare_be16(body.data + 1 + i * 2) : body.data[1 + i];
        }
        body.data += need;
        body.len -= need;
    }
}

static void read_application(pare_jpeg_markers *out, uint8_t marker, pare_bytes body)
{
    if (marker == MARKER_APP1) {
        if (TAKE(&body, "Exif\0\0")) {
            if (!out->exif.len) out->exif = body;
        } else if (TAKE(&body, "http://ns.adobe.com/xap/1.0/\0")) {
            if (!out->xmp.len) out->xmp = body;
        } else if (TAKE(&body, "http://ns.adobe.com/xmp/extension/\0")) {
            out->has_extended_xmp = true;
        }
    } else if (marker == MARKER_APP2) {
        if (TAKE(&body, "ICC_PROFILE\0")) {
            add_part(&out->icc, body);
        } else if (TAKE(&body, "MPF\0")) {
            out->has_mpf = true;
        } else if (TAKE(&body, "urn:iso:std:iso:ts:21496:")) {
            out->has_iso_gainmap = true;
        }
    } else if (marker == MARKER_APP13) {
        if (TAKE(&body, "Photoshop 3.0\0")) add_part(&out->iptc, body);
    } else if (marker == MARKER_APP14) {
        if (TAKE(&body, "Adobe") && body.len >= 7) {
            out->has_adobe = true;
            out->adobe_transform = body.data[6];
        }
    } else if (marker == MARKER_COM && !out->comment.len) {
        out->comment = body;
    }
}

/* Offset of the next marker's 0xff after entropy-coded data, or the file's length. */
static size_t skip_entropy(pare_bytes file, size_t at)
{
    while (at < file.len) {
        const uint8_t *ff = memchr(file.data + at, 0xff, file.len - at);
        if (!ff) return file.len;
        at = (size_t)(ff - file.data);
        if (at + 1 >= file.len) return file.len;
        const uint8_t next = file.data[at + 1];
        if (next == 0xff) {
            at++;
        } else if (next == 0 || (next >= MARKER_RST0 && next < MARKER_SOI)) {
            at += 2;
        } else {
            return at;
        }
    }
    return file.len;
}

static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != MARKER_DHT && marker != MARKER_JPG &&
           marker != MARKER_DAC;
}

/* The marker at or after `at`, skipping bytes that belong to none, as decoders do. Moves `at`
 * behind the marker; 0 at the end of the file. */
static uint8_t next_marker(pare_bytes file, size_t *at)
{
    for (;;) {
        const uint8_t *ff = *at < file.len ? memchr(file.data + *at, 0xff, file.len - *at) : NULL;
        if (!ff) return 0;
        *at = (size_t)(ff - file.data);
        while (*at < file.len && file.data[*at] == 0xff)
            (*at)++;
        if (*at >= file.len) return 0;
        const uint8_t marker = file.data[(*at)++];
        if (marker != 0) return marker;
    }
}

void pare_jpeg_markers_read(pare_bytes file, pare_jpeg_markers *out)
{
    memset(out, 0, sizeof *out);
    out->end = file.len;
    out->is_cut = true;
    size_t at = 2;
    for (;;) {
        const uint8_t marker = next_marker(file, &at);
        if (marker == 0) return;
        if (marker == MARKER_EOI) {
            out->end = at;
            out->is_cut = false;
            return;
        }
        if (marker == 1 || (marker >= MARKER_RST0 && marker <= MARKER_SOI)) continue;
        if (file.len - at < 2) return;
        const size_t len = pare_be16(file.data + at);
        if (len < 2 || len > file.len - at) return;
        const pare_bytes body = {file.data + at + 2, len - 2};
        at += len;
        if (is_frame(marker)) read_frame(out, marker, body);
        if (marker == MARKER_DQT) read_quant(out, body);
        if (marker >= MARKER_APP1) read_application(out, marker, body);
        if (marker == MARKER_SOS) {
            out->scan_count++;
            at = skip_entropy(file, at);
        }
    }
}

/* ICC.1:2010 B.4: each part says "number of count", and may come in any order. */
static pare_err join_icc(const pare_jpeg_parts *parts, pare_buf *out)
{
    for (uint32_t want = 1; want <= parts->count; want++) {
        bool found = false;
        for (uint32_t i = 0; i < parts->count && !found; i++) {
            const pare_bytes part = parts->part[i];
            if (part.len < 2 || part.data[0] != want || part.data[1] != parts->count) continue;
            PARE_TRY(pare_buf_append(out, part.data + 2, part.len - 2));
            found = true;
        }
        if (!found) {
            pare_buf_deinit(out);
            return PARE_OK;
        }
    }
    return PARE_OK;
}

pare_err pare_jpeg_markers_metadata(const pare_jpeg_markers *markers, pare_metadata *out)
{
    PARE_TRY(pare_buf_append(&out->exif, markers->exif.data, markers->exif.len));
    PARE_TRY(pare_buf_append(&out->xmp, markers->xmp.data, markers->xmp.len));
    PARE_TRY(pare_buf_append(&out->comment, markers->comment.data, markers->comment.len));
    for (uint32_t i = 0; i < markers->iptc.count; i++) {
        const pare_bytes part = markers->iptc.part[i];
        PARE_TRY(pare_buf_append(&out->iptc, part.data, part.len));
    }
    return join_icc(&markers->icc, &out->icc);
}
