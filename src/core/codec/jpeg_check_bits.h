// SPDX-License-Identifier: Apache-2.0
/* The bits of an entropy-coded scan, and the comparison of what they say with what they should
 * say: shared by the readers of scans (jpeg_check_scan.c) and of bands (jpeg_check_band_body.h). */
#ifndef PARE_CORE_JPEG_CHECK_BITS_H
#define PARE_CORE_JPEG_CHECK_BITS_H

#include <string.h>

#include "base/attr.h"
#include "core/codec/jpeg_check_scan.h"

/* The bits of the data, without stuffed bytes. Kept in a variable whose address goes nowhere, so
 * that it can live in registers. */
typedef struct bits {
    const uint8_t *at, *end;
    uint64_t window; /* the next bits from the top; zero behind the last */
    int count; /* of them; below 0, and never above again, when more were taken than there are */
} bits;

/* One byte at a time; stops at a marker. */
static inline bits refilled_slowly(bits b)
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
static inline uint32_t find_long_symbol(uint64_t window, const pare_jpeg_codes *codes)
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

/* Is the next thing this symbol, and then these bits? At most 16 of them. */
static PARE_ALWAYS_INLINE bool says_code(bits *b, const pare_jpeg_codes *codes, unsigned symbol,
                                         uint64_t want, unsigned count)
{
    const uint32_t code = codes->code_of[symbol];
    const unsigned total = (code >> 16) + count;
    if (b->count < (int)total) refill(b);
    return says(b, (uint64_t)(code & 0xffff) << count | want, total);
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

#endif /* PARE_CORE_JPEG_CHECK_BITS_H */
