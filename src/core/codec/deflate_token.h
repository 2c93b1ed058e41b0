// SPDX-License-Identifier: Apache-2.0
/* What a deflate stream consists of (RFC 1951, 3.2.5): literals and matches, packed into words. */
#ifndef PARE_CORE_CODEC_DEFLATE_TOKEN_H
#define PARE_CORE_CODEC_DEFLATE_TOKEN_H

#include <stdint.h>

enum {
    PARE_DEFLATE_MIN_LEN = 3,
    PARE_DEFLATE_MAX_LEN = 258,
    PARE_DEFLATE_END = 256,     /* symbol that ends a block */
    PARE_DEFLATE_LEN_0 = 257,   /* symbol of the shortest lengths */
    PARE_DEFLATE_LITLENS = 286, /* symbols: literals, the end, lengths */
    PARE_DEFLATE_DISTS = 30
};

/* Length in the low 9 bits (1 for a literal), then 5 bits of the symbol of the distance, then the
 * distance - 1, or the literal. */
typedef uint32_t pare_deflate_token;

static inline unsigned pare_deflate_log2(uint32_t v)
{
    return 31u - (unsigned)__builtin_clz(v);
}

/* 0..28, to be added to LEN_0. Without branches: this is done for each token in each pass. */
static inline unsigned pare_deflate_len_symbol(unsigned len)
{
    const uint32_t x = len - PARE_DEFLATE_MIN_LEN;
    const unsigned extra = pare_deflate_log2(x | 4) - 2;
    return 4 * extra + (x >> extra) + (len == PARE_DEFLATE_MAX_LEN);
}

static inline unsigned pare_deflate_len_extra(unsigned symbol)
{
    return symbol < 8 || symbol == 28 ? 0 : symbol / 4 - 1;
}

static inline unsigned pare_deflate_len_base(unsigned symbol)
{
    if (symbol < 8) return symbol + PARE_DEFLATE_MIN_LEN;
    if (symbol == 28) return PARE_DEFLATE_MAX_LEN;
    return ((4 + symbol % 4) << (symbol / 4 - 1)) + PARE_DEFLATE_MIN_LEN;
}

static inline unsigned pare_deflate_dist_symbol(unsigned distance)
{
    const unsigned x = distance - 1, extra = pare_deflate_log2(x | 2) - 1;
    return 2 * extra + (x >> extra);
}

static inline unsigned pare_deflate_dist_extra(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

static inline unsigned pare_deflate_dist_base(unsigned symbol)
{
    return symbol < 4 ? symbol + 1 : ((2 + symbol % 2) << (symbol / 2 - 1)) + 1;
}

static inline pare_deflate_token pare_deflate_literal(uint8_t value)
{
    return 1u | (uint32_t)value << 14;
}

static inline pare_deflate_token pare_deflate_match(unsigned len, unsigned distance)
{
    return len | pare_deflate_dist_symbol(distance) << 9 | (distance - 1) << 14;
}

static inline unsigned pare_deflate_token_len(pare_deflate_token t)
{
    return t & 511;
}

static inline unsigned pare_deflate_token_dist_symbol(pare_deflate_token t)
{
    return t >> 9 & 31;
}

/* Of a match; of a literal: its value + 1. */
static inline unsigned pare_deflate_token_distance(pare_deflate_token t)
{
    return (t >> 14) + 1;
}

static inline uint8_t pare_deflate_token_value(pare_deflate_token t)
{
    return (uint8_t)(t >> 14);
}

#endif /* PARE_CORE_CODEC_DEFLATE_TOKEN_H */
