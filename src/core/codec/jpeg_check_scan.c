// SPDX-License-Identifier: Apache-2.0
/* Entropy decoding that compares instead of storing. */
#include "core/codec/jpeg_check_scan.h"

#include <string.h>

#include "base/cpu.h"
#include "core/codec/jpeg_check_band.h"
#include "core/codec/jpeg_check_bits.h"

static void note_code(pare_jpeg_codes *out, unsigned len, uint32_t code, uint8_t symbol)
{
    out->code_of[symbol] = len << 16 | code;
    if (len > PARE_JPEG_FAST_BITS) return;
    const unsigned spare = PARE_JPEG_FAST_BITS - len;
    for (uint32_t i = 0; i < 1u << spare; i++)
        out->fast[(code << spare) + i] = (uint16_t)(len << 8 | symbol);
}

bool pare_jpeg_codes_read(const uint8_t lengths[16], const uint8_t *symbols, pare_jpeg_codes *out)
{
    uint32_t code = 0, total = 0;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < 256; i++)
        out->code_of[i] = PARE_JPEG_NO_CODE;
    for (unsigned len = 1; len <= 16; len++, code <<= 1) {
        const uint32_t count = lengths[len - 1];
        out->first[len] = code;
        out->count[len] = count;
        out->start[len] = total;
        /* the code of all ones stays free (C) */
        if (total + count > 256 || (count && code + count >= 1u << len)) return false;
        for (uint32_t i = 0; i < count; i++)
            note_code(out, len, code++, symbols[total++]);
    }
    memcpy(out->symbols, symbols, total);
    out->is_defined = true;
    return true;
}

/* The numbers of one block that are not zero, in their order: those from `at` on. */
typedef struct expected {
    const uint8_t *positions;
    const int16_t *values;
    size_t at, end;
} expected;

static PARE_ALWAYS_INLINE unsigned size_of(int magnitude)
{
    return 32u - (unsigned)__builtin_clz((unsigned)magnitude | 1u) - (magnitude == 0);
}

/* All AC numbers of a block in one go. */
static PARE_ALWAYS_INLINE bool says_whole_ac(bits *b, const pare_jpeg_codes *codes,
                                             const expected *want)
{
    int k = 1;
    for (size_t i = want->at; i < want->end; i++) {
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        if (!says_number(b, codes, position - k, (value ^ sign) - sign, sign)) return false;
        k = position + 1;
    }
    return k > 63 || says_code(b, codes, 0, 0, 0);
}

/* One row of blocks of an MCU: what is still to come of it. */
typedef struct strip {
    const int16_t *dc;
    const uint8_t *counts;
    expected ac;   /* of the last one */
    uint32_t left; /* blocks */
} strip;

/* A component in a scan that begins with DC. */
typedef struct part {
    const pare_jpeg_blocks *blocks;
    const pare_jpeg_codes *dc, *ac;
    uint32_t h, v; /* blocks of an MCU */
    int last_dc;
    strip strips[4];
} part;

/* One that fills an MCU beyond the edge: it is decoded and never shown. Its difference may be
 * anything, AC numbers it has none. */
static PARE_ALWAYS_INLINE bool says_filler(bits *b, const pare_jpeg_scan *scan, part *p)
{
    if (scan->ah) return says_many(b, b->window >> 63, 1);
    const unsigned size = take_symbol(b, p->dc);
    if (size > 11) return false;
    const int number = (int)take(b, size);
    p->last_dc += size && number < 1 << (size - 1) ? number - (1 << size) + 1 : number;
    if (p->last_dc > INT16_MAX || p->last_dc < INT16_MIN) return false;
    return scan->progressive || says_code(b, p->ac, 0, 0, 0);
}

static PARE_ALWAYS_INLINE bool says_block(bits *b, const pare_jpeg_scan *scan, part *p, strip *row)
{
    if (row->left == 0) return says_filler(b, scan, p);
    row->left--;
    const int dc = *row->dc++ >> scan->al;
    if (scan->ah) return says_many(b, (uint64_t)(dc & 1), 1);
    const int step = dc - p->last_dc, sign = step >> 31;
    const unsigned size = size_of((step ^ sign) - sign);
    p->last_dc = dc;
    if (size > 11) return false;
    const unsigned want = (unsigned)(step + sign) & ((1u << size) - 1);
    if (!says_code(b, p->dc, size, want, size)) return false;
    if (scan->progressive) return true;
    row->ac.at = row->ac.end;
    row->ac.end += *row->counts++;
    return says_whole_ac(b, p->ac, &row->ac);
}

static PARE_ALWAYS_INLINE bool says_mcu(bits *b, const pare_jpeg_scan *scan, part *parts)
{
    for (int i = 0; i < scan->component_count; i++) {
        part *p = &parts[i];
        for (uint32_t v = 0; v < p->v; v++) {
            for (uint32_t h = 0; h < p->h; h++) {
                if (!says_block(b, scan, p, &p->strips[v])) return false;
            }
        }
    }
    return true;
}

static void begin_row(part *p, uint32_t mcu_y)
{
    const pare_jpeg_blocks *blocks = p->blocks;
    for (uint32_t v = 0; v < p->v; v++) {
        const uint32_t y = mcu_y * p->v + v;
        p->strips[v] = (strip){0};
        if (y >= blocks->height_blocks) continue;
        const size_t index = (size_t)y * blocks->width_blocks;
        p->strips[v] = (strip){.dc = blocks->dc + index,
                               .counts = blocks->counts + index,
                               .ac = {.positions = blocks->positions,
                                      .values = blocks->values,
                                      .end = blocks->row_starts[y]},
                               .left = blocks->width_blocks};
    }
}

static bool says_mcus(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                      const pare_jpeg_codes *tables, bits *b_io)
{
    part parts[PARE_JPEG_COMPONENTS_MAX] = {0};
    bits b = *b_io;
    const bool is_single = scan->component_count == 1;
    const pare_jpeg_blocks *first = &frame->blocks[scan->components[0]];
    uint32_t width = first->width_blocks, height = first->height_blocks;
    if (!is_single) { /* A.1.1, A.2.3 */
        width = (frame->width_px + 8u * frame->max_h - 1) / (8u * frame->max_h);
        height = (frame->height_px + 8u * frame->max_v - 1) / (8u * frame->max_v);
    }
    for (int i = 0; i < scan->component_count; i++) {
        const pare_jpeg_blocks *blocks = &frame->blocks[scan->components[i]];
        parts[i] = (part){.blocks = blocks,
                          .dc = &tables[scan->slots[i]],
                          .ac = &tables[PARE_JPEG_SLOT_AC + scan->slots[i]],
                          .h = is_single ? 1 : blocks->h,
                          .v = is_single ? 1 : blocks->v};
    }
    for (uint32_t y = 0; y < height; y++) {
        for (int i = 0; i < scan->component_count; i++)
            begin_row(&parts[i], y);
        for (uint32_t x = 0; x < width; x++) {
            if (!says_mcu(&b, scan, parts)) return false;
        }
        if (b.count < 0) return false;
    }
    *b_io = b;
    return true;
}

/* Nothing but the ones that fill the last byte (F.1.2.3), then a marker. */
static bool is_at_end(const bits *b)
{
    if (b->count < 0 || b->count >= 8 || b->end - b->at < 2) return false;
    if (b->count > 0 && ~b->window >> (64 - b->count) != 0) return false;
    return b->at[0] == 0xff && b->at[1] != 0;
}

static bool says_band(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                      const pare_jpeg_codes *tables, bits *b)
{
    const pare_jpeg_band band = {.blocks = &frame->blocks[scan->components[0]],
                                 .codes = &tables[PARE_JPEG_SLOT_AC + scan->slots[0]],
                                 .ss = scan->ss,
                                 .se = scan->se,
                                 .al = scan->al,
                                 .is_refining = scan->ah > 0};
    return pare_jpeg_band_pick(pare_cpu_flags())(&band, b);
}

bool pare_jpeg_scan_says(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                         const pare_jpeg_codes *tables, pare_bytes data, size_t *len)
{
    bits b = {.at = data.data, .end = data.data + data.len};
    const bool same =
        scan->ss > 0 ? says_band(frame, scan, tables, &b) : says_mcus(frame, scan, tables, &b);
    *len = (size_t)(b.at - data.data);
    return same && is_at_end(&b);
}
