// SPDX-License-Identifier: Apache-2.0
/* Entropy decoding that compares instead of storing. */
#include "core/codec/jpeg_check_scan.h"

#include <string.h>

#include "base/attr.h"

/* The bits of the data, without stuffed bytes. */
typedef struct bits {
    const uint8_t *at, *end;
    uint64_t window; /* the next bits from the top; zero behind the last */
    int count;       /* of them; below 0 when more were taken than there are */
} bits;

/* One byte at a time; stops at a marker. */
static void refill_slowly(bits *b)
{
    while (b->count <= 56 && b->at < b->end) {
        const uint8_t byte = *b->at;
        if (byte == 0xff) {
            if (b->at + 1 >= b->end || b->at[1] != 0) return;
            b->at++;
        }
        b->at++;
        b->window |= (uint64_t)byte << (56 - b->count);
        b->count += 8;
    }
}

/* At least 32 bits, if there are so many: enough for a code and the bits that follow it. */
static PARE_ALWAYS_INLINE void refill(bits *b)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    if (b->count >= 32) return;
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
    refill_slowly(b);
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

static PARE_ALWAYS_INLINE unsigned take_bit(bits *b)
{
    refill(b);
    return take(b, 1);
}

/* F.2.2.1: numbers of `size` bits, ones' complement when negative. */
static PARE_ALWAYS_INLINE int take_number(bits *b, unsigned size)
{
    const int value = (int)take(b, size);
    return size && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

enum { NO_SYMBOL = 0x1ff };

static unsigned take_long_symbol(bits *b, const pare_jpeg_codes *codes)
{
    for (unsigned len = PARE_JPEG_FAST_BITS + 1; len <= 16; len++) {
        const uint32_t code = (uint32_t)(b->window >> (64 - len));
        if (code - codes->first[len] < codes->count[len]) {
            drop(b, len);
            return codes->symbols[codes->start[len] + code - codes->first[len]];
        }
    }
    return NO_SYMBOL;
}

/* With the bits after it within reach. */
static PARE_ALWAYS_INLINE unsigned take_symbol(bits *b, const pare_jpeg_codes *codes)
{
    refill(b);
    const unsigned entry = codes->fast[b->window >> (64 - PARE_JPEG_FAST_BITS)];
    if (entry == 0) return take_long_symbol(b, codes);
    drop(b, entry >> 8);
    return entry & 255;
}

bool pare_jpeg_codes_read(const uint8_t lengths[16], const uint8_t *symbols, pare_jpeg_codes *out)
{
    uint32_t code = 0, total = 0;
    memset(out, 0, sizeof *out);
    for (unsigned len = 1; len <= 16; len++, code <<= 1) {
        out->first[len] = code;
        out->count[len] = lengths[len - 1];
        out->start[len] = total;
        total += lengths[len - 1];
        code += lengths[len - 1];
        /* the code of all ones stays free (C) */
        if (total > 256 || (lengths[len - 1] && code >= 1u << len)) return false;
    }
    memcpy(out->symbols, symbols, total);
    for (unsigned len = 1; len <= PARE_JPEG_FAST_BITS; len++) {
        const unsigned spare = PARE_JPEG_FAST_BITS - len;
        for (uint32_t i = 0; i < out->count[len]; i++) {
            const uint32_t from = (out->first[len] + i) << spare;
            const unsigned entry = len << 8 | out->symbols[out->start[len] + i];
            for (uint32_t j = 0; j < 1u << spare; j++)
                out->fast[from + j] = (uint16_t)entry;
        }
    }
    out->is_defined = true;
    return true;
}

/* The numbers of one block that are not zero, in their order. */
typedef struct expected {
    const uint8_t *positions;
    const int16_t *values;
    int count;
} expected;

/* Is the next thing a nonzero number behind `zeros` zeros? */
static PARE_ALWAYS_INLINE bool says_number(bits *b, const pare_jpeg_codes *codes, int zeros,
                                           int magnitude, bool is_negative)
{
    for (; zeros > 15; zeros -= 16) {
        if (take_symbol(b, codes) != 0xf0) return false;
    }
    const unsigned size = 32u - (unsigned)__builtin_clz((unsigned)magnitude);
    if (take_symbol(b, codes) != ((unsigned)zeros << 4 | size)) return false;
    const unsigned flip = is_negative ? (1u << size) - 1 : 0; /* ones' complement (F.1.2.2.1) */
    return take(b, size) == ((unsigned)magnitude ^ flip);
}

/* All AC numbers of a block in one go. */
static PARE_ALWAYS_INLINE bool says_whole_ac(bits *b, const pare_jpeg_codes *codes,
                                             const expected *want)
{
    int k = 1;
    for (int i = 0; i < want->count; i++) {
        const int value = want->values[i], position = want->positions[i];
        if (!says_number(b, codes, position - k, value < 0 ? -value : value, value < 0)) {
            return false;
        }
        k = position + 1;
    }
    return k > 63 || take_symbol(b, codes) == 0;
}

/* The scan of a progressive file that this is about. */
typedef struct band {
    const pare_jpeg_codes *codes;
    int ss, se;
    unsigned al;
    uint32_t run; /* blocks that have nothing more in this band */
} band;

/* The length of a run of blocks (G.1.2.2), this one included; 0 when the symbol is none. */
static PARE_ALWAYS_INLINE uint32_t take_run(bits *b, unsigned symbol)
{
    const unsigned size = symbol >> 4;
    if (size > 14 || (symbol & 15) != 0) return 0;
    return (1u << size) + take(b, size);
}

/* First scan of a band. */
static PARE_ALWAYS_INLINE bool says_first_ac(bits *b, band *scan, const expected *want)
{
    int k = scan->ss;
    for (int i = 0; i < want->count; i++) {
        const int value = want->values[i], position = want->positions[i];
        const int magnitude = (value < 0 ? -value : value) >> scan->al;
        if (magnitude == 0 || position < scan->ss) continue;
        if (position > scan->se) break;
        if (scan->run > 0 || !says_number(b, scan->codes, position - k, magnitude, value < 0)) {
            return false;
        }
        k = position + 1;
    }
    if (k > scan->se) return true;
    if (scan->run == 0) scan->run = take_run(b, take_symbol(b, scan->codes));
    return scan->run-- > 0;
}

/* What a later scan of a band is about: the numbers that show at its bit position. */
typedef struct shown {
    int count;
    uint8_t positions[64];
    bool is_new[64]; /* not zero for the first time */
    bool bits[64];   /* of those that are not new: the next bit */
} shown;

static PARE_ALWAYS_INLINE void list_shown(const band *scan, const expected *want, shown *out)
{
    int count = 0;
    for (int i = 0; i < want->count; i++) {
        const int value = want->values[i], position = want->positions[i];
        const int magnitude = (value < 0 ? -value : value) >> scan->al;
        out->positions[count] = (uint8_t)position;
        out->is_new[count] = magnitude == 1;
        out->bits[count] = magnitude == 1 ? value > 0 : magnitude & 1;
        count += magnitude != 0 && position >= scan->ss && position <= scan->se;
    }
    out->count = count;
}

/* Skips `zeros` places that were zero before and stay so, with the correction bits of those that
 * were not, and stops at the next one that was zero. False when something else was to be said. */
static PARE_ALWAYS_INLINE bool skip_zeros(bits *b, const band *scan, const shown *want, int zeros,
                                          int *k_io, int *i_io)
{
    int k = *k_io, i = *i_io;
    for (; i < want->count && want->positions[i] - k <= zeros; i++) {
        const int gap = want->positions[i] - k;
        if (want->is_new[i]) {
            if (gap < zeros) return false;
            break;
        }
        if (take_bit(b) != want->bits[i]) return false;
        zeros -= gap;
        k = want->positions[i] + 1;
    }
    *k_io = k + zeros;
    *i_io = i;
    return k + zeros <= scan->se;
}

/* Later scans of a band (G.2.2 and figure G.7). */
static PARE_ALWAYS_INLINE bool says_refined_ac(bits *b, band *scan, const expected *all)
{
    shown want;
    int k = scan->ss, i = 0;
    list_shown(scan, all, &want);
    while (scan->run == 0 && k <= scan->se) {
        const unsigned symbol = take_symbol(b, scan->codes);
        const unsigned size = symbol & 15;
        if (size == 0 && symbol != 0xf0) {
            scan->run = take_run(b, symbol);
            if (scan->run == 0) return false;
            break;
        }
        if (size > 1) return false;
        const bool is_positive = size == 1 && take(b, 1) == 1;
        if (!skip_zeros(b, scan, &want, (int)(symbol >> 4), &k, &i)) return false;
        const bool is_new = i < want.count && want.is_new[i] && want.positions[i] == k;
        if (is_new != (size == 1)) return false;
        if (is_new && is_positive != want.bits[i]) return false;
        i += is_new;
        k++;
    }
    if (scan->run == 0) return i == want.count;
    scan->run--;
    for (; i < want.count; i++) { /* in a run there are correction bits only */
        if (want.is_new[i] || take_bit(b) != want.bits[i]) return false;
    }
    return true;
}

static bool says_band(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                      const pare_jpeg_codes *tables, bits *b)
{
    const pare_jpeg_blocks *blocks = &frame->blocks[scan->components[0]];
    band state = {.codes = &tables[PARE_JPEG_SLOT_AC + scan->slots[0]],
                  .ss = scan->ss,
                  .se = scan->se,
                  .al = scan->al};
    for (uint32_t y = 0; y < blocks->height_blocks; y++) {
        size_t at = blocks->row_starts[y];
        const uint8_t *counts = blocks->counts + (size_t)y * blocks->width_blocks;
        for (uint32_t x = 0; x < blocks->width_blocks; x++) {
            const expected want = {blocks->positions + at, blocks->values + at, counts[x]};
            const bool same =
                scan->ah ? says_refined_ac(b, &state, &want) : says_first_ac(b, &state, &want);
            if (!same || b->count < 0) return false;
            at += counts[x];
        }
    }
    return state.run == 0;
}

/* A component in a scan that begins with DC. */
typedef struct part {
    const pare_jpeg_blocks *blocks;
    const pare_jpeg_codes *dc, *ac;
    uint32_t h, v; /* blocks of an MCU */
    int last_dc;
    size_t next[4]; /* where the numbers of the next block begin, for each row of the MCU */
} part;

static PARE_ALWAYS_INLINE bool says_block(bits *b, const pare_jpeg_scan *scan, part *p, uint32_t x,
                                          uint32_t y, size_t *next)
{
    const pare_jpeg_blocks *blocks = p->blocks;
    /* those beyond the edge are decoded and never shown */
    const bool is_shown = x < blocks->width_blocks && y < blocks->height_blocks;
    const size_t index = (size_t)y * blocks->width_blocks + x;
    if (scan->ah) {
        const unsigned bit = take_bit(b);
        return !is_shown || bit == ((unsigned)(blocks->dc[index] >> scan->al) & 1);
    }
    const unsigned size = take_symbol(b, p->dc);
    if (size > 11) return false;
    p->last_dc += take_number(b, size);
    if (is_shown && p->last_dc != blocks->dc[index] >> scan->al) return false;
    if (p->last_dc > INT16_MAX || p->last_dc < INT16_MIN) return false;
    if (scan->progressive) return true;
    expected want = {0};
    if (is_shown) {
        want = (expected){blocks->positions + *next, blocks->values + *next, blocks->counts[index]};
        *next += blocks->counts[index];
    }
    return says_whole_ac(b, p->ac, &want);
}

static PARE_ALWAYS_INLINE bool says_mcu(bits *b, const pare_jpeg_scan *scan, part *parts,
                                        uint32_t mcu_x, uint32_t mcu_y)
{
    for (int i = 0; i < scan->component_count; i++) {
        part *p = &parts[i];
        for (uint32_t v = 0; v < p->v; v++) {
            for (uint32_t h = 0; h < p->h; h++) {
                const uint32_t x = mcu_x * p->h + h, y = mcu_y * p->v + v;
                if (!says_block(b, scan, p, x, y, &p->next[v])) return false;
            }
        }
    }
    return b->count >= 0;
}

static bool says_mcus(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                      const pare_jpeg_codes *tables, bits *b)
{
    part parts[PARE_JPEG_COMPONENTS_MAX] = {0};
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
        for (int i = 0; i < scan->component_count; i++) {
            part *p = &parts[i];
            for (uint32_t v = 0; v < p->v && y * p->v + v < p->blocks->height_blocks; v++)
                p->next[v] = p->blocks->row_starts[y * p->v + v];
        }
        for (uint32_t x = 0; x < width; x++) {
            if (!says_mcu(b, scan, parts, x, y)) return false;
        }
    }
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
