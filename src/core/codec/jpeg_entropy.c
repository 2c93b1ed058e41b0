// SPDX-License-Identifier: Apache-2.0
/* The walk over the blocks of a scan, compiled twice: for counting and for writing. */
#include "core/codec/jpeg_entropy.h"

#include <string.h>

#define EOBRUN_MAX 0x7fff
#define CORRECTIONS_MAX 1000 /* decoders with a buffer for these bits have at least this */
/* More than any block can need: 64 symbols of at most 31 bits, or a run's correction bits, each
 * byte followed by a stuffed one. */
#define BLOCK_BYTES_MAX 2048

typedef struct sink {
    pare_jpeg_stats *stats;          /* counting */
    const pare_jpeg_huffman *tables; /* writing */
    pare_buf *out;
    uint64_t bits; /* the last bit_count of them are not written yet */
    int bit_count;
    pare_err err;
    uint32_t row_stride;
    /* Of a progressive AC scan: */
    unsigned slot;
    uint32_t eob_run;
    uint32_t correction_count; /* bits that go after the symbol of the run */
    uint8_t corrections[CORRECTIONS_MAX];
} sink;

static inline void flush_bits(sink *s)
{
    pare_buf *out = s->out;
    while (s->bit_count >= 8) {
        const uint8_t byte = (uint8_t)(s->bits >> (s->bit_count - 8));
        out->data[out->len++] = byte;
        if (byte == 0xff) out->data[out->len++] = 0;
        s->bit_count -= 8;
    }
}

static inline void put_bits(sink *s, unsigned value, unsigned count)
{
    s->bits = s->bits << count | value;
    s->bit_count += (int)count;
    if (s->bit_count >= 32) flush_bits(s);
}

static PARE_ALWAYS_INLINE void put_symbol(sink *s, bool writing, unsigned slot, unsigned symbol,
                                          uint64_t extra)
{
    /* extra: value << 5 | count */
    const unsigned count = extra & 31;
    if (writing) {
        const pare_jpeg_huffman *table = &s->tables[slot];
        put_bits(s, (unsigned)table->codes[symbol] << count | (unsigned)(extra >> 5),
                 table->lengths[symbol] + count);
    } else {
        s->stats->histograms[slot][symbol]++;
        s->stats->extra_bits += count;
    }
}

static inline unsigned bit_len(unsigned value)
{
    return value ? 32u - (unsigned)__builtin_clz(value) : 0;
}

/* The low bits of a value of `count` bits, ones' complement when negative (F.1.2.1). */
static inline uint64_t extra_of(int value, unsigned count)
{
    const unsigned bits = (unsigned)(value + (value >> 31)) & ((1u << count) - 1);
    return (uint64_t)bits << 5 | count;
}

static PARE_ALWAYS_INLINE void put_dc(sink *s, bool writing, unsigned slot, int diff)
{
    const unsigned count = bit_len((unsigned)(diff < 0 ? -diff : diff));
    put_symbol(s, writing, slot, count, extra_of(diff, count));
}

static PARE_ALWAYS_INLINE void put_sequential_ac(sink *s, bool writing, unsigned slot,
                                                 const uint8_t *positions, const int16_t *values,
                                                 int count)
{
    int last = 0;
    for (int i = 0; i < count; i++) {
        int run = positions[i] - last - 1;
        const int value = values[i];
        last = positions[i];
        for (; run > 15; run -= 16)
            put_symbol(s, writing, slot, 0xf0, 0);
        const unsigned bits = bit_len((unsigned)(value < 0 ? -value : value));
        put_symbol(s, writing, slot, (unsigned)run << 4 | bits, extra_of(value, bits));
    }
    if (last < 63) put_symbol(s, writing, slot, 0, 0);
}

static PARE_ALWAYS_INLINE void put_corrections(sink *s, bool writing, const uint8_t *bits,
                                               uint32_t count)
{
    if (!writing) {
        s->stats->extra_bits += count;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        put_bits(s, bits[i], 1);
}

static PARE_ALWAYS_INLINE void put_eob_run(sink *s, bool writing)
{
    if (s->eob_run == 0) return;
    const unsigned bits = bit_len(s->eob_run) - 1;
    const uint64_t low = s->eob_run & ((1u << bits) - 1);
    put_symbol(s, writing, s->slot, bits << 4, low << 5 | bits);
    s->eob_run = 0;
    put_corrections(s, writing, s->corrections, s->correction_count);
    s->correction_count = 0;
}

static PARE_ALWAYS_INLINE void put_first_ac(sink *s, bool writing, const pare_jpeg_scan *scan,
                                            const uint8_t *positions, const int16_t *values,
                                            int count)
{
    int last = scan->ss - 1;
    for (int i = 0; i < count; i++) {
        const int position = positions[i];
        if (position > scan->se) break;
        const int value = values[i];
        const int magnitude = (value < 0 ? -value : value) >> scan->al;
        if (position < scan->ss || magnitude == 0) continue;
        put_eob_run(s, writing);
        int run = position - last - 1;
        last = position;
        for (; run > 15; run -= 16)
            put_symbol(s, writing, s->slot, 0xf0, 0);
        const unsigned bits = bit_len((unsigned)magnitude);
        put_symbol(s, writing, s->slot, (unsigned)run << 4 | bits,
                   extra_of(value < 0 ? -magnitude : magnitude, bits));
    }
    if (last < scan->se && ++s->eob_run == EOBRUN_MAX) put_eob_run(s, writing);
}

/* Figure G.7. Newly nonzero coefficients get symbols; those that were nonzero before get one bit
 * each, after the next symbol. */
static PARE_ALWAYS_INLINE void put_refined_ac(sink *s, bool writing, const pare_jpeg_scan *scan,
                                              const uint8_t *positions, const int16_t *values,
                                              int count)
{
    int end = 0; /* behind the last newly nonzero one */
    for (int i = 0; i < count && positions[i] <= scan->se; i++) {
        const int magnitude = (values[i] < 0 ? -values[i] : values[i]) >> scan->al;
        if (magnitude == 1 && positions[i] >= scan->ss) end = i + 1;
    }
    uint8_t pending[64];
    uint32_t pending_count = 0;
    int run = 0, last = scan->ss - 1;
    for (int i = 0; i < count && positions[i] <= scan->se; i++) {
        const int magnitude = (values[i] < 0 ? -values[i] : values[i]) >> scan->al;
        if (positions[i] < scan->ss || magnitude == 0) continue;
        run += positions[i] - last - 1;
        last = positions[i];
        while (run > 15 && i < end) {
            put_eob_run(s, writing);
            put_symbol(s, writing, s->slot, 0xf0, 0);
            run -= 16;
            put_corrections(s, writing, pending, pending_count);
            pending_count = 0;
        }
        if (magnitude > 1) {
            pending[pending_count++] = magnitude & 1;
            continue;
        }
        put_eob_run(s, writing);
        put_symbol(s, writing, s->slot, (unsigned)run << 4 | 1, (uint64_t)(values[i] > 0) << 5 | 1);
        put_corrections(s, writing, pending, pending_count);
        pending_count = 0;
        run = 0;
    }
    if (last == scan->se && run == 0 && pending_count == 0) return;
    s->eob_run++;
    if (writing) memcpy(s->corrections + s->correction_count, pending, pending_count);
    s->correction_count += pending_count;
    if (s->eob_run == EOBRUN_MAX || s->correction_count > CORRECTIONS_MAX - 63) {
        put_eob_run(s, writing);
    }
}

static PARE_ALWAYS_INLINE bool has_room(sink *s, bool writing)
{
    if (!writing || s->out->cap - s->out->len >= BLOCK_BYTES_MAX) return true;
    s->err = pare_buf_reserve(s->out, BLOCK_BYTES_MAX);
    return s->err == PARE_OK;
}

static PARE_ALWAYS_INLINE void walk_ac(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                                       sink *s, bool writing)
{
    const pare_jpeg_blocks *b = &frame->blocks[scan->components[0]];
    s->slot = PARE_JPEG_SLOT_AC + scan->slots[0];
    for (uint32_t y = 0; y < b->height_blocks; y += s->row_stride) {
        const uint8_t *positions = b->positions + b->row_starts[y];
        const int16_t *values = b->values + b->row_starts[y];
        const uint8_t *counts = b->counts + (size_t)y * b->width_blocks;
        for (uint32_t x = 0; x < b->width_blocks; x++) {
            const int n = counts[x];
            if (!has_room(s, writing)) return;
            if (scan->ah == 0) {
                put_first_ac(s, writing, scan, positions, values, n);
            } else {
                put_refined_ac(s, writing, scan, positions, values, n);
            }
            positions += n;
            values += n;
        }
    }
    if (has_room(s, writing)) put_eob_run(s, writing);
}

/* Where each component of an interleaved scan stands. */
typedef struct cursor {
    const pare_jpeg_blocks *blocks;
    unsigned slot;
    int h, v;
    int pred;
    size_t next[4]; /* entry of the next block in each row of the MCU */
} cursor;

static PARE_ALWAYS_INLINE void put_block(sink *s, bool writing, const pare_jpeg_scan *scan,
                                         cursor *c, size_t at_xy)
{
    const pare_jpeg_blocks *b = c->blocks;
    const uint32_t x = (uint32_t)(at_xy >> 32), y = (uint32_t)at_xy;
    /* Blocks that only fill up the MCU repeat the last DC: the fewest bits. */
    const bool is_real = x < b->width_blocks && y < b->height_blocks;
    const size_t index = (size_t)y * b->width_blocks + x;
    if (scan->ah > 0) {
        const unsigned bit = is_real ? (unsigned)(b->dc[index] >> scan->al) & 1 : 0;
        if (writing) {
            put_bits(s, bit, 1);
        } else {
            s->stats->extra_bits++;
        }
        return;
    }
    const int dc = is_real ? b->dc[index] >> scan->al : c->pred;
    put_dc(s, writing, c->slot, dc - c->pred);
    c->pred = dc;
    if (scan->progressive) return;
    const unsigned slot = PARE_JPEG_SLOT_AC + c->slot;
    if (!is_real) {
        put_symbol(s, writing, slot, 0, 0);
        return;
    }
    size_t *next = &c->next[y % (uint32_t)c->v];
    put_sequential_ac(s, writing, slot, b->positions + *next, b->values + *next, b->counts[index]);
    *next += b->counts[index];
}

static PARE_ALWAYS_INLINE void walk_mcu_row(const pare_jpeg_scan *scan, cursor *cursors, sink *s,
                                            bool writing, uint32_t mcu_y, uint32_t mcu_width)
{
    for (int i = 0; i < scan->component_count; i++) {
        cursor *c = &cursors[i];
        for (int v = 0; v < c->v; v++) {
            const uint32_t y = mcu_y * (uint32_t)c->v + (uint32_t)v;
            if (y < c->blocks->height_blocks) c->next[v] = c->blocks->row_starts[y];
        }
    }
    for (uint32_t mcu_x = 0; mcu_x < mcu_width; mcu_x++) {
        for (int i = 0; i < scan->component_count; i++) {
            cursor *c = &cursors[i];
            for (int v = 0; v < c->v; v++) {
                for (int h = 0; h < c->h; h++) {
                    const uint64_t x = mcu_x * (uint64_t)c->h + (uint64_t)h;
                    const uint64_t y = mcu_y * (uint64_t)c->v + (uint64_t)v;
                    if (!has_room(s, writing)) return;
                    put_block(s, writing, scan, c, x << 32 | y);
                }
            }
        }
    }
}

/* A scan of one component has MCUs of one block and none that only fill up (A.2.2). */
static PARE_ALWAYS_INLINE void walk_mcus(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                                         sink *s, bool writing)
{
    cursor cursors[PARE_JPEG_COMPONENTS_MAX] = {0};
    const bool is_single = scan->component_count == 1;
    const pare_jpeg_blocks *first = &frame->blocks[scan->components[0]];
    const uint32_t mcu_width_px = 8u * frame->max_h, mcu_height_px = 8u * frame->max_v;
    const uint32_t width =
        is_single ? first->width_blocks : (frame->width_px + mcu_width_px - 1) / mcu_width_px;
    const uint32_t height =
        is_single ? first->height_blocks : (frame->height_px + mcu_height_px - 1) / mcu_height_px;
    for (int i = 0; i < scan->component_count; i++) {
        const pare_jpeg_blocks *b = &frame->blocks[scan->components[i]];
        cursors[i] = (cursor){.blocks = b,
                              .slot = scan->slots[i],
                              .h = is_single ? 1 : b->h,
                              .v = is_single ? 1 : b->v};
    }
    for (uint32_t y = 0; y < height && s->err == PARE_OK; y += s->row_stride) {
        walk_mcu_row(scan, cursors, s, writing, y, width);
    }
}

int pare_jpeg_mcu_blocks(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan)
{
    int count = 0;
    if (scan->component_count == 1) return 1;
    for (int i = 0; i < scan->component_count; i++) {
        const pare_jpeg_blocks *b = &frame->blocks[scan->components[i]];
        count += b->h * b->v;
    }
    return count;
}

void pare_jpeg_scan_count(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                          uint32_t row_stride, pare_jpeg_stats *stats)
{
    sink s;
    s.row_stride = row_stride;
    s.stats = stats;
    s.err = PARE_OK;
    s.eob_run = s.correction_count = 0;
    if (scan->progressive && scan->ss > 0) {
        walk_ac(frame, scan, &s, false);
    } else {
        walk_mcus(frame, scan, &s, false);
    }
}

pare_err pare_jpeg_scan_write(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                              const pare_jpeg_huffman *tables, pare_buf *out)
{
    sink s;
    s.row_stride = 1;
    s.tables = tables;
    s.out = out;
    s.err = PARE_OK;
    s.bits = 0;
    s.bit_count = 0;
    s.eob_run = s.correction_count = 0;
    if (scan->progressive && scan->ss > 0) {
        walk_ac(frame, scan, &s, true);
    } else {
        walk_mcus(frame, scan, &s, true);
    }
    PARE_TRY(s.err);
    PARE_TRY(pare_buf_reserve(out, 16));
    flush_bits(&s);
    if (s.bit_count > 0) put_bits(&s, 0x7f, 7); /* fill up with ones (F.1.2.3) */
    flush_bits(&s);
    return PARE_OK;
}
