// SPDX-License-Identifier: Apache-2.0
/* The base quantizer of an AV1 still, read without decoding: the item that a file names as its
 * picture (ISO 14496-12, 8.11), and the headers in it (AV1 specification, 5.5 and 5.9). */
#include "core/codec/avif_quality.h"

#include <stdbool.h>
#include <string.h>

#include "base/checked.h"

/* Numbers one behind the other; zeros behind the end, which is noted. */
typedef struct reader {
    pare_bytes rest;
    unsigned bit; /* of the first byte, from the top: the next one */
    bool is_short;
} reader;

static uint64_t read_bits(reader *r, unsigned count)
{
    uint64_t value = 0;
    while (count-- > 0) {
        if (r->rest.len == 0) {
            r->is_short = true;
            return 0;
        }
        value = value << 1 | (r->rest.data[0] >> (7 - r->bit) & 1);
        if (++r->bit < 8) continue;
        r->bit = 0;
        r->rest.data++;
        r->rest.len--;
    }
    return value;
}

static bool read_flag(reader *r)
{
    return read_bits(r, 1) != 0;
}

/* At the begin of a byte; at most 8. */
static uint64_t read_bytes(reader *r, unsigned count)
{
    uint64_t value = 0;
    if (count > r->rest.len) {
        r->is_short = true;
        r->rest.len = 0;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | r->rest.data[i];
    r->rest.data += count;
    r->rest.len -= count;
    return value;
}

static pare_bytes take_bytes(reader *r, uint64_t len)
{
    pare_bytes out = {r->rest.data, 0};
    if (len > r->rest.len) {
        r->is_short = true;
        len = r->rest.len;
    }
    out.len = (size_t)len;
    r->rest.data += len;
    r->rest.len -= (size_t)len;
    return out;
}

#define NAME(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

/* The body of the first box of this name (4.2). */
static bool find_box(pare_bytes boxes, uint32_t name, pare_bytes *body)
{
    reader r = {.rest = boxes};
    while (r.rest.len >= 8) {
        uint64_t len = read_bytes(&r, 4), head = 8;
        const uint32_t here = (uint32_t)read_bytes(&r, 4);
        if (len == 1) {
            len = read_bytes(&r, 8);
            head = 16;
        }
        if (len == 0) len = head + r.rest.len; /* to the end */
        if (len < head) return false;
        *body = take_bytes(&r, len - head);
        if (r.is_short) return false;
        if (here == name) return true;
    }
    return false;
}

/* As find_box, for boxes that begin with a version and flags. */
static bool find_full_box(pare_bytes boxes, uint32_t name, uint8_t *version, reader *body)
{
    *body = (reader){0};
    if (!find_box(boxes, name, &body->rest)) return false;
    *version = (uint8_t)read_bytes(body, 1);
    (void)read_bytes(body, 3);
    return !body->is_short;
}

/* Is the item AV1 by itself (8.11.6)? */
static bool is_av1(pare_bytes meta, uint32_t item)
{
    uint8_t version;
    reader list;
    if (!find_full_box(meta, NAME('i', 'i', 'n', 'f'), &version, &list)) return false;
    (void)read_bytes(&list, version == 0 ? 2 : 4);
    while (!list.is_short && list.rest.len > 0) {
        const pare_bytes all = list.rest;
        const uint64_t len = read_bytes(&list, 4);
        reader entry;
        if (len < 8 || len > all.len) return false;
        list.rest = (pare_bytes){all.data + len, all.len - (size_t)len};
        if (!find_full_box((pare_bytes){all.data, (size_t)len}, NAME('i', 'n', 'f', 'e'), &version,
                           &entry)) {
            return false;
        }
        if (version != 2 && version != 3) continue;
        const uint64_t id = read_bytes(&entry, version == 2 ? 2 : 4);
        (void)read_bytes(&entry, 2);
        const uint64_t type = read_bytes(&entry, 4);
        if (id == item) return !entry.is_short && type == NAME('a', 'v', '0', '1');
    }
    return false;
}

/* The bytes of an item in one piece of the file (8.11.3). */
static bool find_item(pare_bytes file, pare_bytes meta, uint32_t item, pare_bytes *out)
{
    uint8_t version;
    reader r;
    if (!find_full_box(meta, NAME('i', 'l', 'o', 'c'), &version, &r) || version > 2) return false;
    const unsigned offset_len = (unsigned)read_bits(&r, 4), len_len = (unsigned)read_bits(&r, 4);
    const unsigned base_len = (unsigned)read_bits(&r, 4), index_len = (unsigned)read_bits(&r, 4);
    if (offset_len > 8 || len_len > 8 || base_len > 8 || offset_len + len_len == 0) return false;
    if (version > 0 && index_len > 8) return false;
    const uint64_t count = read_bytes(&r, version < 2 ? 2 : 4);
    for (uint64_t i = 0; i < count && !r.is_short; i++) {
        const uint64_t id = read_bytes(&r, version < 2 ? 2 : 4);
        const uint64_t method = version > 0 ? read_bytes(&r, 2) & 15 : 0;
        const uint64_t place = read_bytes(&r, 2), base = read_bytes(&r, base_len);
        const uint64_t pieces = read_bytes(&r, 2);
        uint64_t offset = 0, len = 0;
        for (uint64_t k = 0; k < pieces && !r.is_short; k++) {
            if (version > 0) (void)read_bytes(&r, index_len);
            offset = read_bytes(&r, offset_len);
            len = read_bytes(&r, len_len);
        }
        if (id != item || r.is_short) continue;
        if (method != 0 || place != 0 || pieces != 1 || len == 0) return false;
        if (base > file.len || offset > file.len - base || len > file.len - base - offset) {
            return false;
        }
        *out = (pare_bytes){file.data + base + offset, (size_t)len};
        return true;
    }
    return false;
}

/* What of the sequence header decides where the frame header has its quantizer. */
typedef struct sequence {
    bool is_reduced, has_ids, has_superblocks_of_128, has_superres;
    unsigned width_bits, height_bits, id_bits, order_bits;
    unsigned screen_tools, integer_motion; /* 2: each frame tells */
    uint32_t width, height;
} sequence;

enum { EACH_FRAME = 2 };

/* 5.5.2, from the flags for tools on: those that only moving pictures have. */
static void read_moving_tools(reader *r, sequence *s)
{
    (void)read_bits(r, 4); /* compounds, warping, filters */
    const bool has_order = read_flag(r);
    if (has_order) (void)read_bits(r, 2);
    s->screen_tools = read_flag(r) ? EACH_FRAME : (unsigned)read_bits(r, 1);
    s->integer_motion = EACH_FRAME;
    if (s->screen_tools > 0 && !read_flag(r)) s->integer_motion = (unsigned)read_bits(r, 1);
    if (has_order) s->order_bits = 1 + (unsigned)read_bits(r, 3);
}

/* 5.5.1; false for what a still has no use for. */
static bool read_sequence(reader *r, sequence *s)
{
    *s = (sequence){.screen_tools = EACH_FRAME, .integer_motion = EACH_FRAME};
    (void)read_bits(r, 3);
    const bool is_still = read_flag(r);
    s->is_reduced = read_flag(r);
    if (s->is_reduced) {
        (void)read_bits(r, 5);
    } else {
        if (!is_still || read_flag(r)) return false; /* moving; times */
        const bool has_delay = read_flag(r);
        if (read_bits(r, 5) != 0) return false; /* layers */
        (void)read_bits(r, 12);
        if (read_bits(r, 5) > 7) (void)read_bits(r, 1);
        if (has_delay && read_flag(r)) (void)read_bits(r, 4);
    }
    s->width_bits = 1 + (unsigned)read_bits(r, 4);
    s->height_bits = 1 + (unsigned)read_bits(r, 4);
    s->width = 1 + (uint32_t)read_bits(r, s->width_bits);
    s->height = 1 + (uint32_t)read_bits(r, s->height_bits);
    s->has_ids = !s->is_reduced && read_flag(r);
    if (s->has_ids) {
        const unsigned delta = 2 + (unsigned)read_bits(r, 4);
        s->id_bits = delta + 1 + (unsigned)read_bits(r, 3);
    }
    s->has_superblocks_of_128 = read_flag(r);
    (void)read_bits(r, 2); /* ways to predict */
    if (!s->is_reduced) read_moving_tools(r, s);
    s->has_superres = read_flag(r);
    return !r->is_short;
}

/* How often `from` has to be doubled to reach `to`. */
static unsigned doublings(uint64_t from, uint64_t to)
{
    unsigned count = 0;
    while (from << count < to)
        count++;
    return count;
}

static unsigned read_increments(reader *r, unsigned value, unsigned most)
{
    while (value < most && read_flag(r))
        value++;
    return value;
}

/* 5.9.15; false for tiles of different sizes. */
static bool skip_tiles(reader *r, const sequence *s, uint32_t width, uint32_t height)
{
    const unsigned shift = s->has_superblocks_of_128 ? 7 : 6;
    const uint64_t columns = ((uint64_t)width + (1u << shift) - 1) >> shift;
    const uint64_t rows = ((uint64_t)height + (1u << shift) - 1) >> shift;
    const unsigned least_columns = doublings(4096u >> shift, columns);
    const unsigned for_area = doublings(4096u * 2304u >> (2 * shift), columns * rows);
    const unsigned least = for_area > least_columns ? for_area : least_columns;
    if (!read_flag(r)) return false;
    const unsigned wide =
        read_increments(r, least_columns, doublings(1, columns < 64 ? columns : 64));
    const unsigned high =
        read_increments(r, least > wide ? least - wide : 0, doublings(1, rows < 64 ? rows : 64));
    if (wide + high > 0) (void)read_bits(r, wide + high + 2);
    return true;
}

/* 5.9.2 up to base_q_idx; -1 when it is none of a shown key frame, or unusual. */
static int read_quantizer(reader *r, const sequence *s)
{
    if (!s->is_reduced && (read_flag(r) || read_bits(r, 2) != 0 || !read_flag(r))) return -1;
    const bool keeps_tables = read_flag(r);
    const bool has_screen_tools =
        s->screen_tools == EACH_FRAME ? read_flag(r) : s->screen_tools != 0;
    if (has_screen_tools && s->integer_motion == EACH_FRAME) (void)read_bits(r, 1);
    if (s->has_ids) (void)read_bits(r, s->id_bits);
    const bool has_size = !s->is_reduced && read_flag(r);
    (void)read_bits(r, s->order_bits);
    uint32_t width = s->width, height = s->height;
    if (has_size) {
        width = 1 + (uint32_t)read_bits(r, s->width_bits);
        height = 1 + (uint32_t)read_bits(r, s->height_bits);
    }
    if (s->has_superres && read_flag(r)) return -1;
    if (read_flag(r)) (void)read_bits(r, 32);
    if (has_screen_tools) (void)read_bits(r, 1);
    if (!s->is_reduced && !keeps_tables) (void)read_bits(r, 1);
    if (!skip_tiles(r, s, width, height)) return -1;
    const int quantizer = (int)read_bits(r, 8);
    return r->is_short ? -1 : quantizer;
}

/* The length of an OBU (4.10.5). */
static uint64_t read_len(reader *r)
{
    uint64_t len = 0;
    for (unsigned i = 0; i < 8; i++) {
        const uint64_t byte = read_bytes(r, 1);
        len |= (byte & 127) << (7 * i);
        if (byte < 128) break;
    }
    return len;
}

/* The base quantizer of the first frame (5.3 to 5.5); -1: not known. */
static int find_quantizer(pare_bytes item)
{
    enum { OBU_SEQUENCE_HEADER = 1, OBU_FRAME_HEADER = 3, OBU_FRAME = 6 };
    reader r = {.rest = item};
    sequence s = {0};
    bool has_sequence = false;
    while (!r.is_short && r.rest.len > 0) {
        (void)read_bits(&r, 1);
        const uint64_t type = read_bits(&r, 4);
        const bool is_extended = read_flag(&r), has_len = read_flag(&r);
        (void)read_bits(&r, 1);
        if (is_extended) (void)read_bytes(&r, 1);
        const uint64_t len = has_len ? read_len(&r) : r.rest.len;
        reader body = {.rest = take_bytes(&r, len)};
        if (r.is_short) return -1;
        if (type == OBU_SEQUENCE_HEADER) {
            if (!read_sequence(&body, &s)) return -1;
            has_sequence = true;
        } else if (type == OBU_FRAME_HEADER || type == OBU_FRAME) {
            return has_sequence ? read_quantizer(&body, &s) : -1;
        }
    }
    return -1;
}

/* The quantizers 0..63 of avifenc are those of AV1 in steps of four, the last two in larger ones.
 */
static int to_quality(int quantizer)
{
    const double scaled = quantizer <= 244 ? quantizer / 4.0 : 61 + (quantizer - 244) * 2 / 11.0;
    const int quality = (int)(100 - scaled * 100 / 63);
    return quality < 1 ? 1 : quality;
}

int pare_avif_quality(pare_bytes file)
{
    uint8_t version;
    reader meta, primary;
    pare_bytes item;
    if (!find_full_box(file, NAME('m', 'e', 't', 'a'), &version, &meta) ||
        !find_full_box(meta.rest, NAME('p', 'i', 't', 'm'), &version, &primary)) {
        return 0;
    }
    const uint32_t id = (uint32_t)read_bytes(&primary, version == 0 ? 2 : 4);
    if (primary.is_short || !is_av1(meta.rest, id) || !find_item(file, meta.rest, id, &item)) {
        return 0;
    }
    const int quantizer = find_quantizer(item);
    return quantizer > 0 ? to_quality(quantizer) : 0;
}
