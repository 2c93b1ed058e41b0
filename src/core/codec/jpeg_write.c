// SPDX-License-Identifier: Apache-2.0
/* Markers and segments (ITU-T T.81, annex B; JFIF 1.02; Adobe technical note 5116). */
#include "core/codec/jpeg_write.h"

#include <string.h>

#include "core/codec/jpeg_codes.h"

#define SEGMENT_MAX 65533 /* payload bytes */
#define SCAN_ROOM                                                                                  \
    8192 /* for what is not counted: headers, and what the writer wants to have free */

static const uint8_t EXIF_ID[] = "Exif\0";
static const uint8_t XMP_ID[] = "http://ns.adobe.com/xap/1.0/";
static const uint8_t ICC_ID[] = "ICC_PROFILE";
static const uint8_t IPTC_ID[] = "Photoshop 3.0";

static pare_err put_marker(pare_buf *out, unsigned marker)
{
    const uint8_t bytes[2] = {0xff, (uint8_t)marker};
    return pare_buf_append(out, bytes, sizeof bytes);
}

static pare_err put_u16(pare_buf *out, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return pare_buf_append(out, bytes, sizeof bytes);
}

/* A segment of a head and a body that fit. */
static pare_err put_segment(pare_buf *out, unsigned marker, pare_bytes head, pare_bytes body)
{
    PARE_TRY(put_marker(out, marker));
    PARE_TRY(put_u16(out, (unsigned)(2 + head.len + body.len)));
    PARE_TRY(pare_buf_append(out, head.data, head.len));
    return pare_buf_append(out, body.data, body.len);
}

/* As many segments as needed, each with the head; readers join them. */
static pare_err put_split(pare_buf *out, unsigned marker, pare_bytes head, const pare_buf *body)
{
    for (size_t at = 0; at < body->len;) {
        const size_t left = body->len - at, room = SEGMENT_MAX - head.len;
        const size_t len = left < room ? left : room;
        PARE_TRY(put_segment(out, marker, head, (pare_bytes){body->data + at, len}));
        at += len;
    }
    return PARE_OK;
}

/* ICC.1:2022, B.4: parts are numbered from 1. */
static pare_err put_icc(pare_buf *out, const pare_buf *icc, pare_diag *diag)
{
    const size_t room = SEGMENT_MAX - sizeof ICC_ID - 2;
    const size_t count = (icc->len + room - 1) / room;
    if (count > 255) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "an ICC profile of %zu bytes",
                         icc->len);
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t head[sizeof ICC_ID + 2];
        memcpy(head, ICC_ID, sizeof ICC_ID);
        head[sizeof ICC_ID] = (uint8_t)(i + 1);
        head[sizeof ICC_ID + 1] = (uint8_t)count;
        const size_t left = icc->len - i * room;
        PARE_TRY(put_segment(out, MARKER_APP2, (pare_bytes){head, sizeof head},
                             (pare_bytes){icc->data + i * room, left < room ? left : room}));
    }
    return PARE_OK;
}

static pare_err put_whole(pare_buf *out, pare_bytes id, const pare_buf *body, pare_diag *diag)
{
    if (body->len == 0) return PARE_OK;
    if (id.len + body->len > SEGMENT_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "a metadata block of %zu bytes",
                         body->len);
    }
    return put_segment(out, MARKER_APP1, id, pare_buf_view(body));
}

pare_err pare_jpeg_write_metadata(pare_buf *out, const pare_metadata *metadata, pare_diag *diag)
{
    if (!metadata) return PARE_OK;
    const pare_bytes exif_id = {EXIF_ID, sizeof EXIF_ID}, xmp_id = {XMP_ID, sizeof XMP_ID};
    PARE_TRY(put_whole(out, exif_id, &metadata->exif, diag));
    PARE_TRY(put_whole(out, xmp_id, &metadata->xmp, diag));
    PARE_TRY(put_icc(out, &metadata->icc, diag));
    PARE_TRY(put_split(out, MARKER_APP13, (pare_bytes){IPTC_ID, sizeof IPTC_ID}, &metadata->iptc));
    return put_split(out, MARKER_COM, (pare_bytes){0}, &metadata->comment);
}

static bool has_usual_ids(const pare_jpeg_coeffs *head)
{
    for (int i = 0; i < head->component_count; i++) {
        if (head->planes[i].id != i + 1) return false;
    }
    return true;
}

/* The segments that decide how decoders understand the components stay as the source had them,
 * except an Adobe segment that says what is clear without it. */
static pare_err put_color_segments(pare_buf *out, const pare_jpeg_coeffs *head)
{
    if (head->has_jfif) {
        const uint8_t jfif[] = {'J',
                                'F',
                                'I',
                                'F',
                                0,
                                1,
                                1,
                                head->density_unit,
                                (uint8_t)(head->density_x >> 8),
                                (uint8_t)head->density_x,
                                (uint8_t)(head->density_y >> 8),
                                (uint8_t)head->density_y,
                                0,
                                0};
        PARE_TRY(put_segment(out, MARKER_APP0, (pare_bytes){jfif, sizeof jfif}, (pare_bytes){0}));
    }
    const bool is_clear = head->color == PARE_JPEG_GRAY ||
                          (head->color == PARE_JPEG_YCC && head->adobe_transform == 1 &&
                           (head->has_jfif || has_usual_ids(head)));
    if (!head->has_adobe || is_clear) return PARE_OK;
    const uint8_t adobe[] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, head->adobe_transform};
    return put_segment(out, MARKER_APP14, (pare_bytes){adobe, sizeof adobe}, (pare_bytes){0});
}

/* Slots of the distinct tables; writes each once. */
static pare_err put_quants(pare_buf *out, const pare_jpeg_file *file, uint8_t *slots, bool *is_wide)
{
    int used = 0;
    *is_wide = false;
    for (int i = 0; i < file->frame->component_count; i++) {
        const uint16_t *quant = file->quants[i];
        int same = 0;
        while (same < i && memcmp(file->quants[same], quant, sizeof file->quants[0]) != 0)
            same++;
        if (same < i) {
            slots[i] = slots[same];
            continue;
        }
        bool wide = false;
        for (int k = 0; k < 64; k++)
            wide |= quant[k] > 255;
        *is_wide |= wide;
        slots[i] = (uint8_t)used++;
        PARE_TRY(put_marker(out, MARKER_DQT));
        PARE_TRY(put_u16(out, 2 + 1 + (wide ? 128 : 64)));
        PARE_TRY(pare_buf_append_byte(out, (uint8_t)(wide << 4 | slots[i])));
        for (int k = 0; k < 64; k++) {
            const uint16_t value = quant[pare_jpeg_natural[k]];
            if (wide) PARE_TRY(pare_buf_append_byte(out, (uint8_t)(value >> 8)));
            PARE_TRY(pare_buf_append_byte(out, (uint8_t)value));
        }
    }
    return PARE_OK;
}

static pare_err put_frame(pare_buf *out, const pare_jpeg_file *file, const uint8_t *quant_slots,
                          bool is_wide)
{
    const pare_jpeg_frame *frame = file->frame;
    const unsigned sof = file->script->progressive ? MARKER_SOF2
                         : is_wide                 ? MARKER_SOF1
                                                   : MARKER_SOF0;
    PARE_TRY(put_marker(out, sof));
    PARE_TRY(put_u16(out, 8 + 3u * (unsigned)frame->component_count));
    PARE_TRY(pare_buf_append_byte(out, 8));
    PARE_TRY(put_u16(out, frame->height_px));
    PARE_TRY(put_u16(out, frame->width_px));
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)frame->component_count));
    for (int i = 0; i < frame->component_count; i++) {
        const pare_jpeg_plane *plane = &file->head->planes[i];
        const uint8_t entry[3] = {plane->id, (uint8_t)(plane->h << 4 | plane->v), quant_slots[i]};
        PARE_TRY(pare_buf_append(out, entry, sizeof entry));
    }
    return PARE_OK;
}

/* Also makes room for the scan: growing would copy, and leave more than is needed. */
static pare_err put_tables(pare_buf *out, const pare_jpeg_stats *stats, pare_jpeg_huffman *tables)
{
    uint64_t bits = stats->extra_bits;
    size_t len = 2;
    uint8_t classes[PARE_JPEG_SLOTS];
    int count = 0;
    for (int slot = 0; slot < PARE_JPEG_SLOTS; slot++) {
        uint64_t used = 0;
        for (int i = 0; i < 256; i++)
            used += stats->histograms[slot][i];
        if (used == 0) continue;
        pare_jpeg_huffman_build(stats->histograms[slot], &tables[slot]);
        bits += pare_jpeg_huffman_bits(&tables[slot], stats->histograms[slot]);
        len += pare_jpeg_huffman_len(&tables[slot]);
        classes[count++] = (uint8_t)slot;
    }
    PARE_TRY(pare_buf_reserve(out, (size_t)(bits / 8 + bits / 1024) + len + SCAN_ROOM));
    if (count == 0) return PARE_OK;
    PARE_TRY(put_marker(out, MARKER_DHT));
    PARE_TRY(put_u16(out, (unsigned)len));
    for (int i = 0; i < count; i++) {
        const pare_jpeg_huffman *table = &tables[classes[i]];
        const unsigned is_ac = classes[i] >= PARE_JPEG_SLOT_AC;
        const unsigned id = is_ac << 4 | classes[i] % PARE_JPEG_SLOT_AC;
        PARE_TRY(pare_buf_append_byte(out, (uint8_t)id));
        PARE_TRY(pare_buf_append(out, table->length_counts + 1, 16));
        PARE_TRY(pare_buf_append(out, table->symbols, table->symbol_count));
    }
    return PARE_OK;
}

static pare_err put_scan(pare_buf *out, const pare_jpeg_file *file, const pare_jpeg_scan *scan)
{
    pare_jpeg_stats stats = {0};
    pare_jpeg_huffman tables[PARE_JPEG_SLOTS];
    pare_jpeg_scan_count(file->frame, scan, 1, &stats);
    PARE_TRY(put_tables(out, &stats, tables));
    PARE_TRY(put_marker(out, MARKER_SOS));
    PARE_TRY(put_u16(out, 6 + 2u * scan->component_count));
    PARE_TRY(pare_buf_append_byte(out, scan->component_count));
    for (int i = 0; i < scan->component_count; i++) {
        const unsigned slot = scan->slots[i];
        const unsigned dc = !scan->progressive || (scan->ss == 0 && scan->ah == 0) ? slot : 0;
        const unsigned ac = !scan->progressive || scan->ss > 0 ? slot : 0;
        const uint8_t entry[2] = {file->head->planes[scan->components[i]].id,
                                  (uint8_t)(dc << 4 | ac)};
        PARE_TRY(pare_buf_append(out, entry, sizeof entry));
    }
    const uint8_t band[3] = {scan->ss, scan->se, (uint8_t)(scan->ah << 4 | scan->al)};
    PARE_TRY(pare_buf_append(out, band, sizeof band));
    return pare_jpeg_scan_write(file->frame, scan, tables, out);
}

pare_err pare_jpeg_write(const pare_jpeg_file *file, pare_buf *out, pare_diag *diag)
{
    uint8_t quant_slots[PARE_JPEG_COMPONENTS_MAX];
    bool is_wide;
    /* What is known of the size in one piece: growing would copy. */
    PARE_TRY(pare_buf_reserve(out, (size_t)(file->script->len_bits / 8) + 8192));
    PARE_TRY(put_marker(out, MARKER_SOI));
    PARE_TRY(put_color_segments(out, file->head));
    PARE_TRY(pare_jpeg_write_metadata(out, file->metadata, diag));
    PARE_TRY(put_quants(out, file, quant_slots, &is_wide));
    PARE_TRY(put_frame(out, file, quant_slots, is_wide));
    for (int i = 0; i < file->script->count; i++) {
        PARE_TRY(put_scan(out, file, &file->script->scans[i]));
    }
    return put_marker(out, MARKER_EOI);
}
