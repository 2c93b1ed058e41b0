// SPDX-License-Identifier: Apache-2.0
/* A strict reader of the files that jpeg_write.c writes (ITU-T T.81, annex B). */
#include "core/codec/jpeg_check.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/jpeg_check_scan.h"
#include "core/codec/jpeg_codes.h"
#include "core/codec/jpeg_markers.h"
#include "core/codec/jpeg_rows.h"

/* Figure A.6 by its rule, apart from the table that the writer uses. */
static void make_zigzag(uint8_t natural[64])
{
    int x = 0, y = 0, dx = 1;
    for (int k = 0; k < 64; k++) {
        natural[k] = (uint8_t)(y * 8 + x);
        const int next_x = x + dx, next_y = y - dx;
        if (next_x > 7) {
            y++;
            dx = -1;
        } else if (next_y > 7) {
            x++;
            dx = 1;
        } else if (next_y < 0) {
            x++;
            dx = -1;
        } else if (next_x < 0) {
            y++;
            dx = 1;
        } else {
            x = next_x;
            y = next_y;
        }
    }
}

typedef struct reader {
    const pare_jpeg_file *want;
    pare_bytes file;
    size_t at;
    uint8_t zigzag[64];
    bool has_quant[4], is_wide;
    uint16_t quant[4][64]; /* natural order */
    pare_jpeg_codes codes[PARE_JPEG_SLOTS];
    uint8_t sof; /* 0: not seen */
    bool has_jfif, has_adobe;
    uint8_t adobe_transform;
    /* The lowest bit that is known of each coefficient; -1: none. */
    int8_t known[PARE_JPEG_COMPONENTS_MAX][64];
} reader;

/* Each reads one segment and returns what is wrong, or NULL. */
typedef const char *segment_reader(reader *self, pare_bytes body);

static const char *read_jfif(reader *self, pare_bytes body)
{
    const pare_jpeg_coeffs *head = self->want->head;
    const uint8_t jfif[] = {'J', 'F', 'I', 'F', 0, 1, 1};
    const uint8_t *d = body.data;
    if (self->has_jfif || body.len != 14 || memcmp(d, jfif, sizeof jfif) != 0) return "JFIF";
    if (d[7] != head->density_unit || pare_be16(d + 8) != head->density_x ||
        pare_be16(d + 10) != head->density_y || d[12] != 0 || d[13] != 0) {
        return "density";
    }
    self->has_jfif = true;
    return NULL;
}

static const char *read_adobe(reader *self, pare_bytes body)
{
    const uint8_t adobe[] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0};
    if (self->has_adobe || body.len != 12 || memcmp(body.data, adobe, sizeof adobe) != 0) {
        return "Adobe segment";
    }
    self->has_adobe = true;
    self->adobe_transform = body.data[11];
    return NULL;
}

static const char *read_quants(reader *self, pare_bytes body)
{
    if (body.len < 1) return "quantizers";
    const unsigned wide = body.data[0] >> 4, slot = body.data[0] & 15;
    if (wide > 1 || slot > 3 || self->has_quant[slot] || body.len != 1 + (wide ? 128u : 64u)) {
        return "quantizers";
    }
    for (unsigned k = 0; k < 64; k++) {
        const uint8_t *entry = body.data + 1;
        self->quant[slot][self->zigzag[k]] = wide ? pare_be16(entry + 2 * k) : entry[k];
    }
    self->has_quant[slot] = true;
    self->is_wide |= wide;
    return NULL;
}

static const char *read_frame(reader *self, pare_bytes body)
{
    const pare_jpeg_frame *frame = self->want->frame;
    const uint8_t *d = body.data;
    const unsigned count = (unsigned)frame->component_count;
    if (body.len != 6 + 3u * count || d[0] != 8 || d[5] != count) return "frame";
    if (pare_be16(d + 1) != frame->height_px || pare_be16(d + 3) != frame->width_px) return "size";
    for (unsigned i = 0; i < count; i++) {
        const pare_jpeg_plane *plane = &self->want->head->planes[i];
        const uint8_t *entry = d + 6 + 3 * i;
        if (entry[0] != plane->id) return "component";
        if (entry[1] != (plane->h << 4 | plane->v)) return "sampling";
        if (entry[2] > 3 || !self->has_quant[entry[2]] ||
            memcmp(self->quant[entry[2]], self->want->quants[i], sizeof self->quant[0]) != 0) {
            return "quantizer";
        }
    }
    memset(self->known, -1, sizeof self->known);
    return NULL;
}

static const char *read_codes(reader *self, pare_bytes body)
{
    while (body.len > 0) {
        size_t len = 17;
        if (body.len < len) return "Huffman table";
        for (int i = 1; i <= 16; i++)
            len += body.data[i];
        const unsigned is_ac = body.data[0] >> 4, id = body.data[0] & 15;
        if (is_ac > 1 || id > 3 || len > body.len ||
            !pare_jpeg_codes_read(body.data + 1, body.data + 17,
                                  &self->codes[is_ac * PARE_JPEG_SLOT_AC + id])) {
            return "Huffman table";
        }
        body.data += len;
        body.len -= len;
    }
    return NULL;
}

/* The component of this id behind the last one; ids may be there twice. */
static int index_of(const reader *self, uint8_t id, int last)
{
    for (int i = last + 1; i < self->want->frame->component_count; i++) {
        if (self->want->head->planes[i].id == id) return i;
    }
    return -1;
}

/* The header of a scan (B.2.3). */
static bool read_scan_header(const reader *self, pare_bytes body, pare_jpeg_scan *out)
{
    *out = (pare_jpeg_scan){.progressive = self->sof == MARKER_SOF2};
    const uint8_t *d = body.data;
    if (body.len < 1 || d[0] < 1 || d[0] > PARE_JPEG_COMPONENTS_MAX || body.len != 4 + 2u * d[0]) {
        return false;
    }
    const uint8_t *rest = d + 1 + 2 * d[0];
    out->component_count = d[0];
    out->ss = rest[0];
    out->se = rest[1];
    out->ah = rest[2] >> 4;
    out->al = rest[2] & 15;
    const bool has_dc = out->ss == 0 && out->ah == 0, has_ac = out->se > 0;
    for (int i = 0, last = -1; i < d[0]; i++) {
        const int index = index_of(self, d[1 + 2 * i], last);
        const unsigned dc = d[2 + 2 * i] >> 4, ac = d[2 + 2 * i] & 15;
        const unsigned slot = has_dc ? dc : ac;
        if (index < 0 || slot > 3 || dc != (has_dc ? slot : 0) || ac != (has_ac ? slot : 0)) {
            return false;
        }
        if (has_dc && !self->codes[slot].is_defined) return false;
        if (has_ac && !self->codes[PARE_JPEG_SLOT_AC + slot].is_defined) return false;
        if (self->sof == MARKER_SOF0 && slot > 1) return false;
        out->components[i] = (uint8_t)index;
        out->slots[i] = (uint8_t)slot;
        last = index;
    }
    return true;
}

/* Is it one that a decoder takes (B.2.3 and G.1.1.1)? */
static bool is_allowed(const reader *self, const pare_jpeg_scan *scan)
{
    if (scan->component_count > 1 && pare_jpeg_mcu_blocks(self->want->frame, scan) > 10) {
        return false;
    }
    if (!scan->progressive) {
        return scan->ss == 0 && scan->se == 63 && scan->ah == 0 && scan->al == 0;
    }
    if (scan->al > 13 || (scan->ah != 0 && scan->ah != scan->al + 1)) return false;
    if (scan->ss == 0) return scan->se == 0;
    return scan->component_count == 1 && scan->se >= scan->ss && scan->se < 64;
}

/* Does the scan tell what follows on what is known? Notes what it tells. */
static bool note_known(reader *self, const pare_jpeg_scan *scan)
{
    for (int i = 0; i < scan->component_count; i++) {
        int8_t *known = self->known[scan->components[i]];
        if (scan->ss > 0 && known[0] < 0) return false;
        for (int k = scan->ss; k <= scan->se; k++) {
            if (known[k] != (scan->ah ? scan->ah : -1)) return false;
            known[k] = (int8_t)scan->al;
        }
    }
    return true;
}

static const char *read_scan(reader *self, pare_bytes body)
{
    pare_jpeg_scan scan;
    size_t len;
    if (!self->sof || !read_scan_header(self, body, &scan) || !is_allowed(self, &scan) ||
        !note_known(self, &scan)) {
        return "scan header";
    }
    const pare_bytes rest = {self->file.data + self->at, self->file.len - self->at};
    if (!pare_jpeg_scan_says(self->want->frame, &scan, self->codes, rest, &len)) {
        return "coefficient";
    }
    self->at += len;
    return NULL;
}

/* What decoders take the components for, by JFIF 1.02, Adobe's note 5116 and the habits of libjpeg.
 */
static pare_jpeg_color color_of(const reader *self)
{
    const pare_jpeg_plane *planes = self->want->head->planes;
    switch (self->want->frame->component_count) {
    case 1: return PARE_JPEG_GRAY;
    case 3:
        if (self->has_jfif) return PARE_JPEG_YCC;
        if (self->has_adobe) return self->adobe_transform ? PARE_JPEG_YCC : PARE_JPEG_RGB;
        return planes[0].id == 'R' && planes[1].id == 'G' && planes[2].id == 'B' ? PARE_JPEG_RGB
                                                                                 : PARE_JPEG_YCC;
    case 4: return self->has_adobe && self->adobe_transform ? PARE_JPEG_YCCK : PARE_JPEG_CMYK;
    default: return PARE_JPEG_OTHER;
    }
}

static const char *check_whole(const reader *self)
{
    const pare_jpeg_coeffs *head = self->want->head;
    if (!self->sof) return "frame";
    if (self->at != self->file.len) return "end";
    if (self->has_jfif != head->has_jfif || color_of(self) != head->color) return "colour";
    /* viewers take inks for inverted where there is an Adobe segment */
    if (head->component_count == 4 && self->has_adobe != head->has_adobe) return "colour";
    if (self->has_adobe && self->adobe_transform != head->adobe_transform) return "colour";
    for (int i = 0; i < self->want->frame->component_count; i++) {
        for (int k = 0; k < 64; k++) {
            if (self->known[i][k] != 0) return "set of scans";
        }
    }
    return NULL;
}

static const char *read_segment(reader *self, uint8_t marker, pare_bytes body)
{
    switch (marker) {
    case MARKER_APP0: return read_jfif(self, body);
    case MARKER_APP14: return read_adobe(self, body);
    case MARKER_DQT: return read_quants(self, body);
    case MARKER_DHT: return read_codes(self, body);
    case MARKER_SOS: return read_scan(self, body);
    case MARKER_APP1:
    case MARKER_APP2:
    case MARKER_APP13:
    case MARKER_COM: return NULL; /* compared as a whole */
    default: return "segment";
    }
}

static const char *read_file(reader *self)
{
    const uint8_t *data = self->file.data;
    const size_t len = self->file.len;
    if (len < 4 || pare_be16(data) != (0xff00 | MARKER_SOI)) return "start";
    for (self->at = 2; len - self->at >= 2;) {
        const unsigned marker = pare_be16(data + self->at);
        self->at += 2;
        if (marker == (0xff00 | MARKER_EOI)) return check_whole(self);
        if (marker <= 0xff00 || len - self->at < 2) break;
        const size_t body_len = pare_be16(data + self->at);
        if (body_len < 2 || body_len > len - self->at) break;
        const pare_bytes body = {data + self->at + 2, body_len - 2};
        self->at += body_len;
        const uint8_t name = (uint8_t)marker;
        const char *wrong;
        if (name == MARKER_SOF0 || name == MARKER_SOF1 || name == MARKER_SOF2) {
            /* baseline is what any decoder reads; the others only where they must be */
            const bool fits = name == MARKER_SOF2 || self->is_wide == (name == MARKER_SOF1);
            wrong = self->sof || !fits ? "frame" : read_frame(self, body);
            self->sof = name;
        } else {
            wrong = read_segment(self, name, body);
        }
        if (wrong) return wrong;
    }
    return "end";
}

static bool is_same_block(const pare_buf *a, const pare_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static pare_err check_metadata(pare_bytes file, const pare_metadata *want, bool *same)
{
    static const pare_metadata NONE = {0};
    pare_jpeg_markers markers;
    pare_metadata have = {0};
    if (!want) want = &NONE;
    pare_jpeg_markers_read(file, &markers);
    const pare_err err = pare_jpeg_markers_metadata(&markers, &have);
    *same = is_same_block(&have.icc, &want->icc) && is_same_block(&have.exif, &want->exif) &&
            is_same_block(&have.xmp, &want->xmp) && is_same_block(&have.iptc, &want->iptc) &&
            is_same_block(&have.comment, &want->comment);
    pare_metadata_deinit(&have);
    return err;
}

pare_err pare_jpeg_check(pare_bytes file, const pare_jpeg_file *want, pare_diag *diag)
{
    reader self = {.want = want, .file = file};
    bool same;
    make_zigzag(self.zigzag);
    const char *wrong = read_file(&self);
    if (wrong) return pare_fail(diag, PARE_ERR_VERIFY, "verify: JPEG: another %s", wrong);
    PARE_TRY(check_metadata(file, want->metadata, &same));
    if (same) return PARE_OK;
    return pare_fail(diag, PARE_ERR_VERIFY, "verify: JPEG: other metadata");
}

/* The largest and smallest numbers stand for all beyond them. */
static bool is_extreme(int number)
{
    return number >= PARE_JPEG_AC_MAX || number <= -PARE_JPEG_AC_MAX;
}

static bool is_plane_near(const pare_jpeg_blocks *blocks, const uint16_t *quant,
                          const pare_jpeg_plane *plane)
{
    uint8_t zigzag[64];
    float factors[64], limits[64]; /* steps a stored unit; steps between number and source */
    make_zigzag(zigzag);
    for (int k = 0; k < 64; k++) {
        factors[k] = plane->step[zigzag[k]] / (float)quant[zigzag[k]];
        /* the quantizer takes `shrink` off before it rounds */
        limits[k] = k ? 1.51f + plane->shrink * factors[k] : 0.51f;
    }
    size_t index = 0, at = 0;
    for (uint32_t y = 0; y < blocks->height_blocks; y++) {
        pare_jpeg_cursor cursor;
        pare_jpeg_cursor_start(plane, y, &cursor);
        for (uint32_t x = 0; x < blocks->width_blocks; x++, index++) {
            const int16_t *block = pare_jpeg_cursor_next(&cursor);
            const int dc = blocks->dc[index];
            const float dc_gap = fabsf((float)dc - (float)block[0] * factors[0]);
            if (dc_gap > limits[0] && !is_extreme(dc)) return false;
            for (const size_t end = at + blocks->counts[index]; at < end; at++) {
                const int k = blocks->positions[at], value = blocks->values[at];
                const int source = block[zigzag[k]];
                const float gap = fabsf((float)value - (float)source * factors[k]);
                if ((value ^ source) < 0 || (gap > limits[k] && !is_extreme(value))) return false;
            }
        }
    }
    return true;
}

pare_err pare_jpeg_check_near(const pare_jpeg_frame *frame, const uint16_t (*quants)[64],
                              const pare_jpeg_coeffs *source, pare_diag *diag)
{
    for (int i = 0; i < frame->component_count; i++) {
        if (!is_plane_near(&frame->blocks[i], quants[i], &source->planes[i])) {
            return pare_fail(diag, PARE_ERR_VERIFY, "verify: JPEG: far from its source");
        }
    }
    return PARE_OK;
}

/* Low-pass filters move the mean of a block a little; in units of DC, 8 of which are one sample. */
#define HALVED_DC_GAP 128.0f

static bool is_plane_halved(const pare_jpeg_plane *half, const pare_jpeg_plane *whole)
{
    const uint32_t sides_x = half->width_blocks < whole->width_blocks ? 2 : 1;
    const uint32_t sides_y = half->height_blocks < whole->height_blocks ? 2 : 1;
    for (uint32_t y = 0; y < half->height_blocks; y++) {
        pare_jpeg_cursor halves, wholes[2];
        pare_jpeg_cursor_start(half, y, &halves);
        for (uint32_t i = 0; i < sides_y; i++) {
            const uint32_t from_y = y * sides_y + i;
            const bool is_beyond = from_y >= whole->height_blocks;
            pare_jpeg_cursor_start(whole, is_beyond ? whole->height_blocks - 1 : from_y,
                                   &wholes[i]);
        }
        int dcs[2] = {0};
        for (uint32_t x = 0; x < half->width_blocks; x++) {
            int sum = 0;
            for (uint32_t i = 0; i < sides_x; i++) { /* beyond the edge: the last again */
                const bool is_beyond = x * sides_x + i >= whole->width_blocks;
                for (uint32_t j = 0; j < sides_y; j++) {
                    if (!is_beyond) dcs[j] = pare_jpeg_cursor_next(&wholes[j])[0];
                    sum += dcs[j];
                }
            }
            const float mean = (float)sum * whole->step[0] / (float)(sides_x * sides_y);
            const float dc = (float)pare_jpeg_cursor_next(&halves)[0] * half->step[0];
            if (fabsf(dc - mean) > HALVED_DC_GAP) return false;
        }
    }
    return true;
}

pare_err pare_jpeg_check_halved(const pare_jpeg_coeffs *halved, const pare_jpeg_coeffs *source,
                                pare_diag *diag)
{
    for (int i = 1; i <= 2; i++) {
        if (!is_plane_halved(&halved->planes[i], &source->planes[i])) {
            return pare_fail(diag, PARE_ERR_VERIFY, "verify: JPEG: chroma far from its source");
        }
    }
    return PARE_OK;
}

bool pare_jpeg_check_same(const pare_jpeg_blocks *blocks, const pare_jpeg_plane *plane)
{
    uint8_t zigzag[64];
    int16_t whole[64] = {0}; /* zero again behind each block */
    size_t index = 0, at = 0;
    make_zigzag(zigzag);
    for (uint32_t y = 0; y < blocks->height_blocks; y++) {
        pare_jpeg_cursor cursor;
        pare_jpeg_cursor_start(plane, y, &cursor);
        for (uint32_t x = 0; x < blocks->width_blocks; x++, index++) {
            const int16_t *block = pare_jpeg_cursor_next(&cursor);
            const size_t begin = at, end = at + blocks->counts[index];
            whole[0] = blocks->dc[index];
            for (; at < end; at++)
                whole[zigzag[blocks->positions[at]]] = blocks->values[at];
            if (!pare_jpeg_block_same(whole, block)) return false;
            for (at = begin; at < end; at++)
                whole[zigzag[blocks->positions[at]]] = 0;
        }
    }
    return true;
}
