// SPDX-License-Identifier: Apache-2.0
/* Source of the band reader, included once by every variant (jpeg_check_band_c.c and _avx2.c),
 * each of which defines look(): what the numbers of a block are in this scan.
 *
 * A scan is about some of the numbers of a block only, and which ones no branch can foresee. So
 * look() makes sets of them, and the reader steps from one to the next; what a later scan says
 * about those that showed before is gathered for a whole block at once. */
#ifndef PARE_CORE_JPEG_CHECK_BAND_BODY_H
#define PARE_CORE_JPEG_CHECK_BAND_BODY_H

#include "core/codec/jpeg_check_band.h"

#define TOP (UINT64_C(1) << 63)

/* The numbers of one block that are not zero, in their order. */
typedef struct expected {
    const uint8_t *positions;
    const int16_t *values;
    unsigned count;
} expected;

/* What of the numbers a scan may be about; a constant wherever it is used. */
typedef struct extent {
    bool is_whole;    /* ss is 1 and se is 63 */
    bool is_refining; /* else only `fresh` is looked for */
    bool is_lowest;   /* a first scan at the lowest bit: about every number in the band */
} extent;

/* Sets: TOP >> i stands for number i of the block. */
typedef struct sets {
    uint64_t fresh;     /* that show for the first time */
    uint64_t old;       /* that showed in an earlier scan */
    uint64_t negative;  /* may hold more than the above */
    uint64_t next_bits; /* of the old ones, one behind the other from the top */
} sets;

static PARE_ALWAYS_INLINE sets look(const expected *want, const pare_jpeg_band *band, extent how);

static PARE_ALWAYS_INLINE unsigned first_of(uint64_t set)
{
    return (unsigned)__builtin_clzll(set);
}

typedef struct run {
    uint32_t left;   /* blocks that have nothing more in this band */
    bool ends_short; /* the last block ended a run that could have been longer */
} run;

/* Writers end a run at the largest length, or when so many corrections wait that it is at least
 * this long. A shorter one with another right behind it is a wrong bit. */
enum { RUN_THAT_MAY_BE_CUT = 8 };

/* One block of a run (G.1.2.2), or of a new one. `is_empty`: no number is in front of it. */
static PARE_ALWAYS_INLINE bool says_run(bits *b, const pare_jpeg_band *band, run *r, bool is_empty)
{
    if (r->left == 0) {
        const unsigned symbol = take_symbol(b, band->codes), size = symbol >> 4;
        if (size > 14 || (symbol & 15) != 0 || (is_empty && r->ends_short)) return false;
        r->left = (1u << size) + take(b, size);
        r->ends_short = r->left < RUN_THAT_MAY_BE_CUT;
    }
    r->left--;
    return true;
}

/* Behind the numbers of a block in a first scan, up to k. */
static PARE_ALWAYS_INLINE bool says_rest(bits *b, const pare_jpeg_band *band, run *r, int k)
{
    if (k <= band->se) return says_run(b, band, r, k == band->ss);
    r->ends_short = false;
    return true;
}

/* First scan of a band at the lowest bit: one number behind the other. */
static PARE_ALWAYS_INLINE bool says_lowest(bits *b, const pare_jpeg_band *band, run *r,
                                           const expected *want)
{
    int k = band->ss;
    for (unsigned i = 0; i < want->count; i++) {
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        if (position < band->ss || value == 0) continue;
        if (position > band->se) break;
        if (r->left > 0) return false;
        if (!says_number(b, band->codes, position - k, (value ^ sign) - sign, sign)) return false;
        k = position + 1;
    }
    return says_rest(b, band, r, k);
}

/* First scan of a band at a higher bit. */
static PARE_ALWAYS_INLINE bool says_first(bits *b, const pare_jpeg_band *band, run *r,
                                          const expected *want, extent how)
{
    int k = band->ss;
    uint64_t fresh = look(want, band, how).fresh;
    if (fresh && r->left > 0) return false;
    while (fresh) {
        const unsigned i = first_of(fresh);
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        const int magnitude = ((value ^ sign) - sign) >> band->al;
        fresh &= ~(TOP >> i);
        if (!says_number(b, band->codes, position - k, magnitude, sign)) return false;
        k = position + 1;
    }
    return says_rest(b, band, r, k);
}

/* What a later scan of a band says between two numbers that show for the first time: the next bit
 * of each one that showed before, and how many are none of both. */
typedef struct gap {
    int k;                /* where it begins */
    unsigned count;       /* of those that showed before */
    uint64_t corrections; /* their next bits and those of all behind them, from the top */
} gap;

static PARE_ALWAYS_INLINE bool says_corrections(bits *b, gap *g)
{
    const unsigned count = g->count;
    const uint64_t want = g->corrections >> 1 >> (63 - count);
    g->corrections <<= count;
    g->count = 0;
    if (count > READY_BITS) return says_many(b, want, count);
    if (b->count < (int)count) refill(b);
    const bool same = b->window >> 1 >> (63 - count) == want; /* of none, too */
    drop(b, count);
    return same;
}

/* The symbols for 16 zeros each, and what is corrected before the last of them (figure G.7), until
 * fewer than 16 are left in front of `position`. old: those in the gap. */
static bool says_long_gap(bits *b, const pare_jpeg_codes *codes, const uint8_t *positions,
                          uint64_t old, int position, gap *g)
{
    g->count = 0;
    for (;;) {
        const unsigned i = old ? first_of(old) : 0;
        const int here = old ? positions[i] : position;
        while (here - g->k - (int)g->count > 15) {
            g->k += 16 + (int)g->count;
            if (!says_code(b, codes, 0xf0, 0, 0) || !says_corrections(b, g)) return false;
        }
        if (!old) return true;
        old &= ~(TOP >> i);
        g->count++;
    }
}

/* A number that shows for the first time, behind a gap. */
static PARE_ALWAYS_INLINE bool says_fresh(bits *b, const pare_jpeg_codes *codes, int zeros,
                                          bool is_negative, gap *g)
{
    const unsigned symbol = (unsigned)zeros << 4 | 1;
    if (g->count < 16) {
        const uint64_t corrections = g->corrections >> 1 >> (63 - g->count);
        const uint64_t want = (uint64_t)!is_negative << g->count | corrections;
        const unsigned count = g->count;
        g->corrections <<= count;
        /* a code of 16 bits, the sign and 15 corrections: READY_BITS */
        return says_code(b, codes, symbol, want, 1 + count);
    }
    return says_code(b, codes, symbol, !is_negative, 1) && says_corrections(b, g);
}

/* Later scans of a band (G.1.2.3 and figure G.7). */
static PARE_ALWAYS_INLINE bool says_later(bits *b, const pare_jpeg_band *band, run *r,
                                          const expected *want, extent how)
{
    const sets seen = look(want, band, how);
    uint64_t fresh = seen.fresh, old = seen.old;
    gap g = {.k = band->ss, .corrections = seen.next_bits};
    if (fresh && r->left > 0) return false; /* there are correction bits only */
    while (fresh) {
        const unsigned i = first_of(fresh);
        const int position = want->positions[i];
        const uint64_t behind = ~UINT64_C(0) >> i;
        g.count = (unsigned)__builtin_popcountll(old & ~behind);
        if (position - g.k - (int)g.count > 15) {
            bits now = *b;
            gap left = g;
            if (!says_long_gap(&now, band->codes, want->positions, old & ~behind, position,
                               &left)) {
                return false;
            }
            *b = now;
            g = left;
        }
        const int zeros = position - g.k - (int)g.count;
        if (!says_fresh(b, band->codes, zeros, (seen.negative << i & TOP) != 0, &g)) return false;
        g.k = position + 1;
        old &= behind;
        fresh &= behind >> 1;
    }
    if (g.k <= band->se) {
        g.count = (unsigned)__builtin_popcountll(old);
        return says_run(b, band, r, g.k == band->ss) && says_corrections(b, &g);
    }
    r->ends_short = false;
    return true;
}

/* look() may read so many numbers of a block. */
enum { LOOKED_AT = 64 };

/* The last numbers of a component, with room behind them. */
typedef struct tail {
    uint8_t positions[LOOKED_AT];
    int16_t values[LOOKED_AT];
} tail;

static void copy_tail(tail *t, expected *want)
{
    memset(t, 0, sizeof *t);
    memcpy(t->positions, want->positions, want->count);
    memcpy(t->values, want->values, want->count * sizeof *t->values);
    want->positions = t->positions;
    want->values = t->values;
}

static PARE_ALWAYS_INLINE bool says_blocks(const pare_jpeg_band *band, extent how, bits *b_io)
{
    const pare_jpeg_blocks *blocks = band->blocks;
    const pare_jpeg_band scan = *band;
    bits b = *b_io;
    run r = {0};
    for (uint32_t y = 0; y < blocks->height_blocks; y++) {
        const uint8_t *counts = blocks->counts + (size_t)y * blocks->width_blocks;
        size_t at = blocks->row_starts[y];
        for (uint32_t x = 0; x < blocks->width_blocks; x++) {
            tail room;
            expected want = {blocks->positions + at, blocks->values + at, counts[x]};
            at += want.count;
            if (want.count > 63) return false;
            if (!how.is_lowest && at - want.count + LOOKED_AT > blocks->len)
                copy_tail(&room, &want);
            const bool same = how.is_refining ? says_later(&b, &scan, &r, &want, how)
                              : how.is_lowest ? says_lowest(&b, &scan, &r, &want)
                                              : says_first(&b, &scan, &r, &want, how);
            if (!same) return false;
        }
        if (b.count < 0) return false;
    }
    *b_io = b;
    return r.left == 0;
}

static PARE_ALWAYS_INLINE bool says_band(const pare_jpeg_band *band, bits *b)
{
    const bool is_whole = band->ss == 1 && band->se == 63;
    if (band->is_refining) {
        return is_whole ? says_blocks(band, (extent){.is_refining = true, .is_whole = true}, b)
                        : says_blocks(band, (extent){.is_refining = true}, b);
    }
    if (band->al == 0) return says_blocks(band, (extent){.is_lowest = true}, b);
    return is_whole ? says_blocks(band, (extent){.is_whole = true}, b)
                    : says_blocks(band, (extent){0}, b);
}

#endif /* PARE_CORE_JPEG_CHECK_BAND_BODY_H */
