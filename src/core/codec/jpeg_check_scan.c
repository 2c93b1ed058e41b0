// SPDX-License-Identifier: Apache-2.0
/* Entropy decoding that compares instead of storing. */
#include "core/codec/jpeg_check_scan.h"

#include <string.h>

#include "base/attr.h"

/* The bits of the data, without stuffed bytes. Kept in a variable whose address goes nowhere, so
 * that it can live in registers. */
typedef struct bits {
    const uint8_t *at, *end;
    uint64_t window; /* the next bits from the top; zero behind the last */
    int count; /* of them; below 0, and never above again, when more were taken than there are */
} bits;

/* One byte at a time; stops at a marker. */
static bits refilled_slowly(bits b)
{
    while (b.count <= 56 && b.at < b.end) {
        const uint8_t byte = *b.at;
        if (byte == 0xff) {
            if (b.at + 1 >= b.end || b.at[1] != 0) return b;
            b.at++;
        }
        b.at++;
        b.window |= (uint64_t)byte << (56 - b.count);
        b.count += 8;
    }
    return b;
}

enum { READY_BITS = 32 };

/* READY_BITS, if there are so many: enough for a code and the bits that follow it. */
static PARE_ALWAYS_INLINE void refill(bits *b)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    if (b->count >= READY_BITS) return;
    if (b->end - b->at >= 8) {
        uint64_t next;
        memcpy(&next, b->at, sizeof next);
        const bool has_ff = ((~next - ones) & next & tops) != 0;
        if (!has_ff) {
            b->window |= __builtin_bswap64(next) >> b->count;
            b->at += (63 - b->count) >> 3;
            b->count |= 56;
            return;
        }
    }
    *b = refilled_slowly(*b);
}

static PARE_ALWAYS_INLINE void drop(bits *b, unsigned count)
{
    b->window <<= count;
    b->count -= (int)count;
}

/* At most 16 of the bits that refill promised. */
static PARE_ALWAYS_INLINE unsigned take(bits *b, unsigned count)
{
    const unsigned value = (unsigned)(b->window >> 1 >> (63 - count));
    drop(b, count);
    return value;
}

/* Are these the next bits? 1 to READY_BITS of them, which refill promised. */
static PARE_ALWAYS_INLINE bool says(bits *b, uint64_t want, unsigned count)
{
    const bool same = b->window >> (64 - count) == want;
    drop(b, count);
    return same;
}

/* As says, of any number up to 63. */
static PARE_ALWAYS_INLINE bool says_many(bits *b, uint64_t want, unsigned count)
{
    while (count > 0) {
        const unsigned part = count < READY_BITS ? count : READY_BITS;
        count -= part;
        refill(b);
        if (!says(b, want >> count & ((UINT64_C(1) << part) - 1), part)) return false;
    }
    return true;
}

enum { NO_SYMBOL = 0x1ff };

/* length << 16 | symbol of a code that is too long for the table */
static uint32_t find_long_symbol(uint64_t window, const pare_jpeg_codes *codes)
{
    for (unsigned len = PARE_JPEG_FAST_BITS + 1; len <= 16; len++) {
        const uint32_t code = (uint32_t)(window >> (64 - len));
        if (code - codes->first[len] < codes->count[len]) {
            return len << 16 | codes->symbols[codes->start[len] + code - codes->first[len]];
        }
    }
    return NO_SYMBOL;
}

/* With the bits after it within reach. */
static PARE_ALWAYS_INLINE unsigned take_symbol(bits *b, const pare_jpeg_codes *codes)
{
    refill(b);
    const unsigned entry = codes->fast[b->window >> (64 - PARE_JPEG_FAST_BITS)];
    if (entry == 0) {
        const uint32_t found = find_long_symbol(b->window, codes);
        drop(b, found >> 16);
        return found & 0xffff;
    }
    drop(b, entry >> 8);
    return entry & 255;
}

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

/* Is the next thing this symbol, and then these bits? At most 16 of them. */
static PARE_ALWAYS_INLINE bool says_code(bits *b, const pare_jpeg_codes *codes, unsigned symbol,
                                         uint64_t want, unsigned count)
{
    const uint32_t code = codes->code_of[symbol];
    refill(b);
    return says(b, (uint64_t)(code & 0xffff) << count | want, (code >> 16) + count);
}

/* Is the next thing a nonzero number behind `zeros` zeros? `sign`: 0, or -1 of negative ones. */
static PARE_ALWAYS_INLINE bool says_number(bits *b, const pare_jpeg_codes *codes, int zeros,
                                           int magnitude, int sign)
{
    for (; zeros > 15; zeros -= 16) {
        if (!says_code(b, codes, 0xf0, 0, 0)) return false;
    }
    const unsigned size = 32u - (unsigned)__builtin_clz((unsigned)magnitude);
    if (size > 15) return false;
    /* ones' complement (F.1.2.2.1) */
    const unsigned want = (unsigned)(magnitude ^ sign) & ((1u << size) - 1);
    return says_code(b, codes, (unsigned)zeros << 4 | size, want, size);
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

/* The scan of a progressive file that this is about. */
typedef struct band {
    const pare_jpeg_codes *codes;
    int ss, se;
    unsigned al;
    uint32_t run;    /* blocks that have nothing more in this band */
    bool ends_short; /* the last block ended a run that could have been longer */
} band;

/* Writers end a run at the largest length, or when so many corrections wait that it is at least
 * this long. A shorter one with another right behind it is a wrong bit. */
enum { RUN_THAT_MAY_BE_CUT = 8 };

/* One block of a run (G.1.2.2), or of a new one. `is_empty`: no number is in front of it. */
static PARE_ALWAYS_INLINE bool says_run(bits *b, band *scan, bool is_empty)
{
    if (scan->run == 0) {
        const unsigned symbol = take_symbol(b, scan->codes), size = symbol >> 4;
        if (size > 14 || (symbol & 15) != 0 || (is_empty && scan->ends_short)) return false;
        scan->run = (1u << size) + take(b, size);
        scan->ends_short = scan->run < RUN_THAT_MAY_BE_CUT;
    }
    scan->run--;
    return true;
}

/* First scan of a band. */
static PARE_ALWAYS_INLINE bool says_first_ac(bits *b, band *scan, const expected *want)
{
    int k = scan->ss;
    for (size_t i = want->at; i < want->end; i++) {
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        const int magnitude = ((value ^ sign) - sign) >> scan->al;
        if (position < scan->ss || magnitude == 0) continue;
        if (position > scan->se) break;
        if (scan->run > 0 || !says_number(b, scan->codes, position - k, magnitude, sign)) {
            return false;
        }
        k = position + 1;
    }
    if (k <= scan->se) return says_run(b, scan, k == scan->ss);
    scan->ends_short = false;
    return true;
}

/* What a later scan of a band says between two numbers that show for the first time: the next bit
 * of each one that showed before, and how many are none of both. */
typedef struct gap {
    int k;                /* where it begins */
    unsigned count;       /* of those that showed before */
    uint64_t corrections; /* their next bits */
} gap;

/* The symbols for 16 zeros each, and what is corrected before the last of them (figure G.7), until
 * fewer than 16 are left in front of `position`. want: from the begin of the gap on. */
static bool says_long_gap(bits *b, const band *scan, const expected *want, int position, gap *g)
{
    *g = (gap){.k = g->k};
    for (size_t i = want->at;; i++) {
        const int value = want->values[i], here = want->positions[i];
        const int magnitude = (value < 0 ? -value : value) >> scan->al;
        if (magnitude == 0) continue;
        while (here - g->k - (int)g->count > 15) {
            if (!says_code(b, scan->codes, 0xf0, 0, 0)) return false;
            if (!says_many(b, g->corrections, g->count)) return false;
            *g = (gap){.k = g->k + 16 + (int)g->count};
        }
        if (here == position) return true;
        g->corrections = g->corrections << 1 | (magnitude & 1);
        g->count++;
    }
}

/* A number that shows for the first time, behind a gap. */
static PARE_ALWAYS_INLINE bool says_new(bits *b, const band *scan, int zeros, int sign,
                                        const gap *g)
{
    const unsigned symbol = (unsigned)zeros << 4 | 1, bit = sign == 0;
    if (g->count < 16) {
        const uint64_t want = (uint64_t)bit << g->count | g->corrections;
        /* a code of 16 bits, the sign and 15 corrections: READY_BITS */
        return says_code(b, scan->codes, symbol, want, 1 + g->count);
    }
    return says_code(b, scan->codes, symbol, bit, 1) && says_many(b, g->corrections, g->count);
}

/* Later scans of a band (G.2.2 and figure G.7). */
static PARE_ALWAYS_INLINE bool says_refined_ac(bits *b, band *scan, const expected *want)
{
    gap g = {.k = scan->ss};
    expected behind = *want; /* the last new one */
    for (size_t i = want->at; i < want->end; i++) {
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        const int magnitude = ((value ^ sign) - sign) >> scan->al;
        if (position < scan->ss) {
            behind.at = i + 1;
            continue;
        }
        if (position > scan->se) break;
        if (magnitude > 1) {
            g.corrections = g.corrections << 1 | (magnitude & 1);
            g.count++;
        } else if (magnitude == 1) {
            if (scan->run > 0) return false; /* there are correction bits only */
            if (position - g.k - (int)g.count > 15) {
                bits now = *b;
                gap left = g;
                const expected rest = behind;
                if (!says_long_gap(&now, scan, &rest, position, &left)) return false;
                *b = now;
                g = left;
            }
            if (!says_new(b, scan, position - g.k - (int)g.count, sign, &g)) return false;
            g = (gap){.k = position + 1};
            behind.at = i + 1;
        }
    }
    if (g.k <= scan->se) {
        return says_run(b, scan, g.k == scan->ss) && says_many(b, g.corrections, g.count);
    }
    scan->ends_short = false;
    return true;
}

static PARE_ALWAYS_INLINE bool says_blocks(const pare_jpeg_blocks *blocks, bool is_refining,
                                           band scan, bits *b_io)
{
    bits b = *b_io;
    for (uint32_t y = 0; y < blocks->height_blocks; y++) {
        const uint8_t *counts = blocks->counts + (size_t)y * blocks->width_blocks;
        const uint8_t *counts_end = counts + blocks->width_blocks;
        expected want = {
            .positions = blocks->positions, .values = blocks->values, .end = blocks->row_starts[y]};
        for (; counts < counts_end; counts++) {
            want.at = want.end;
            want.end += *counts;
            const bool same =
                is_refining ? says_refined_ac(&b, &scan, &want) : says_first_ac(&b, &scan, &want);
            if (!same) return false;
        }
        if (b.count < 0) return false;
    }
    *b_io = b;
    return scan.run == 0;
}

/* Compiled once more for what most scans are: at the lowest bit, later scans of the whole band. */
static bool says_band(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                      const pare_jpeg_codes *tables, bits *b)
{
    const pare_jpeg_blocks *blocks = &frame->blocks[scan->components[0]];
    const pare_jpeg_codes *codes = &tables[PARE_JPEG_SLOT_AC + scan->slots[0]];
    const band any = {.codes = codes, .ss = scan->ss, .se = scan->se, .al = scan->al};
    const band lowest = {.codes = codes, .ss = scan->ss, .se = scan->se, .al = 0};
    const band whole = {.codes = codes, .ss = 1, .se = 63, .al = scan->al};
    if (scan->ah) {
        const bool is_whole = scan->ss == 1 && scan->se == 63;
        return is_whole ? says_blocks(blocks, true, whole, b) : says_blocks(blocks, true, any, b);
    }
    return scan->al ? says_blocks(blocks, false, any, b) : says_blocks(blocks, false, lowest, b);
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

bool pare_jpeg_scan_says(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                         const pare_jpeg_codes *tables, pare_bytes data, size_t *len)
{
    bits b = {.at = data.data, .end = data.data + data.len};
    const bool same =
        scan->ss > 0 ? says_band(frame, scan, tables, &b) : says_mcus(frame, scan, tables, &b);
    *len = (size_t)(b.at - data.data);
    return same && is_at_end(&b);
}
