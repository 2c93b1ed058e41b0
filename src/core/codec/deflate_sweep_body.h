// SPDX-License-Identifier: Apache-2.0
/* Source of deflate_sweep, included once by every variant, which defines short_prices and the three
 * functions declared here. What branches, branches seldom: a processor that guesses wrong at most
 * positions takes longer for that than for all sums. */
#ifndef PARE_CORE_CODEC_DEFLATE_SWEEP_BODY_H
#define PARE_CORE_CODEC_DEFLATE_SWEEP_BODY_H

#include <string.h>

#include "core/codec/deflate_sweep.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum {
    FIRST_LONG = PARE_DEFLATE_MIN_LEN + PARE_DEFLATE_SHORTS,
    /* dearer than eight literals and more than any match: never the cheapest */
    NO_PRICE = 65535,
    KEY_BITS = 3, /* of the length, below the cost: the shortest of equal ones is the least */
    KEY_MASK = (1 << KEY_BITS) - 1
};

/* What a variant keeps of the prices of matches of 3 to 10 bytes. */
typedef struct short_prices short_prices;
static void short_begin(short_prices *p, const pare_deflate_prices *prices, const uint32_t *costs);
/* The cheapest way that begins with such a match: cost and length - 3 as a key.
 * costs: those of the lengths. */
static uint32_t short_least(const short_prices *p, const uint8_t *entries, const uint32_t *costs);
/* One position on; cost: of the length 3 there. */
static void short_step(short_prices *p, uint32_t cost);

/* The next length worth trying after each: lengths that share a symbol cost the same, so the
 * longest of them nearly always leads to the cheapest rest. */
static void set_steps(uint16_t *next)
{
    for (unsigned len = 0; len <= PARE_DEFLATE_MAX_LEN; len++) {
        next[len] = (uint16_t)(len + 1);
        if (len < PARE_DEFLATE_MIN_LEN || len >= PARE_DEFLATE_MAX_LEN) continue;
        const unsigned s = pare_deflate_len_symbol(len + 1);
        next[len] = (uint16_t)(pare_deflate_len_base(s) + (1u << pare_deflate_len_extra(s)) - 1);
        if (next[len] >= PARE_DEFLATE_MAX_LEN) {
            next[len] =
                len + 1 < PARE_DEFLATE_MAX_LEN ? PARE_DEFLATE_MAX_LEN - 1 : PARE_DEFLATE_MAX_LEN;
        }
    }
}

/* A way: what it costs, and the length of its first token. */
typedef struct way {
    uint32_t cost, len;
} way;

/* Matches of more than 10 bytes at one position: tokens[0..count). costs: from this position on. */
static ALWAYS_INLINE void choose_long(const pare_deflate_prices *prices, const uint16_t *next,
                                      const pare_deflate_token *tokens, unsigned count, size_t most,
                                      const uint32_t *costs, way *best)
{
    unsigned k = 0, len = PARE_DEFLATE_MIN_LEN;
    for (; pare_deflate_token_len(tokens[k]) < FIRST_LONG; k++)
        len = pare_deflate_token_len(tokens[k]) + 1;
    if (len < FIRST_LONG) { /* the match goes on from a short length */
        len = pare_deflate_token_len(tokens[k]);
        if (len > most) len = (unsigned)most;
        if (len > next[FIRST_LONG - 1]) len = next[FIRST_LONG - 1];
    }
    for (; k < count; k++) {
        const pare_deflate_token t = tokens[k];
        const uint32_t dist = prices->dists[pare_deflate_token_dist_symbol(t)];
        unsigned longest = pare_deflate_token_len(t);
        if (longest > most) longest = (unsigned)most;
        while (len <= longest) {
            const uint32_t cost = dist + prices->lens[len] + costs[len];
            if (cost < best->cost) *best = (way){cost, len};
            if (len == longest) {
                len++;
                break;
            }
            len = next[len] < longest ? next[len] : longest;
        }
    }
}

/* The longest match at its full length. */
static ALWAYS_INLINE void choose_whole(const pare_deflate_prices *prices, pare_deflate_token t,
                                       const uint32_t *costs, way *best)
{
    const unsigned len = pare_deflate_token_len(t);
    const uint32_t cost =
        prices->dists[pare_deflate_token_dist_symbol(t)] + prices->lens[len] + costs[len];
    if (cost < best->cost) *best = (way){cost, len};
}

static ALWAYS_INLINE void sweep_part(pare_deflate_ways *ways, const pare_deflate_sweep *s,
                                     short_prices *shorts)
{
    const pare_deflate_prices *prices = s->prices;
    uint16_t next[PARE_DEFLATE_MAX_LEN + 1];
    uint32_t cost = ways->costs[s->end];
    set_steps(next);
    short_begin(shorts, prices, ways->costs + s->end);
    for (size_t at = s->end; at-- > s->begin;) {
        const uint32_t *costs = ways->costs + at;
        const way literal = {cost + prices->literals[s->data[at]], 1};
        short_step(shorts, costs[PARE_DEFLATE_MIN_LEN]);
        const uint32_t key = short_least(shorts, ways->shorts[at], costs + PARE_DEFLATE_MIN_LEN);
        /* by masks: no processor foresees which is cheaper */
        const uint32_t match_cost = key >> KEY_BITS;
        const uint32_t is_match = 0u - (match_cost < literal.cost);
        way best = {literal.cost ^ ((literal.cost ^ match_cost) & is_match),
                    1 + ((2 + (key & KEY_MASK)) & is_match)};
        if (ways->has_long[at]) {
            const pare_deflate_token *tokens = s->tokens + ways->firsts[at];
            const unsigned count = ways->firsts[at + 1] - ways->firsts[at];
            const size_t most = s->all_len - at;
            const unsigned longest = pare_deflate_token_len(tokens[count - 1]);
            if (longest >= s->long_len && longest <= most) {
                best = literal;
                choose_whole(prices, tokens[count - 1], costs, &best);
            } else {
                choose_long(prices, next, tokens, count, most, costs, &best);
            }
        }
        ways->costs[at] = cost = best.cost;
        ways->lens[at] = (uint16_t)best.len;
    }
}

#endif /* PARE_CORE_CODEC_DEFLATE_SWEEP_BODY_H */
