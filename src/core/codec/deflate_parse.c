// SPDX-License-Identifier: Apache-2.0
/* Optimal parsing as a shortest path through the positions, from the end to the beginning. */
#include "core/codec/deflate_parse.h"

#include <math.h>
#include <string.h>

enum { UNUSED_BITS = 14 };

static uint32_t price_of(double bits)
{
    return (uint32_t)lrint(bits * PARE_DEFLATE_BIT);
}

/* Entropy of each symbol; what was not seen is taken as seen once. */
static void entropy(const uint32_t *counts, unsigned count, uint32_t *prices)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < count; i++)
        total += counts[i];
    const double all = log2(total ? (double)total : 1.0);
    for (unsigned i = 0; i < count; i++) {
        double bits = all - (counts[i] ? log2(counts[i]) : 0);
        if (bits > 15) bits = 15;
        prices[i] = price_of(bits);
    }
}

static void set_lens(const uint32_t *symbols, pare_deflate_prices *out)
{
    memset(out->lens, 0, sizeof out->lens);
    for (unsigned len = PARE_DEFLATE_MIN_LEN; len <= PARE_DEFLATE_MAX_LEN; len++) {
        const unsigned s = pare_deflate_len_symbol(len);
        out->lens[len] = symbols[s] + pare_deflate_len_extra(s) * PARE_DEFLATE_BIT;
    }
}

void pare_deflate_price_counts(const pare_deflate_counts *counts, pare_deflate_prices *out)
{
    uint32_t litlens[PARE_DEFLATE_LITLENS];
    entropy(counts->litlens, PARE_DEFLATE_LITLENS, litlens);
    memcpy(out->literals, litlens, sizeof out->literals);
    set_lens(litlens + PARE_DEFLATE_LEN_0, out);
    entropy(counts->dists, PARE_DEFLATE_DISTS, out->dists);
    for (unsigned i = 0; i < PARE_DEFLATE_DISTS; i++)
        out->dists[i] += pare_deflate_dist_extra(i) * PARE_DEFLATE_BIT;
}

static uint32_t price_of_code(uint8_t bits)
{
    return (bits ? bits : UNUSED_BITS) * (uint32_t)PARE_DEFLATE_BIT;
}

void pare_deflate_price_codes(const pare_deflate_codes *codes, pare_deflate_prices *out)
{
    uint32_t symbols[29];
    for (unsigned i = 0; i < 256; i++)
        out->literals[i] = price_of_code(codes->litlens[i]);
    for (unsigned i = 0; i < 29; i++)
        symbols[i] = price_of_code(codes->litlens[PARE_DEFLATE_LEN_0 + i]);
    set_lens(symbols, out);
    for (unsigned i = 0; i < PARE_DEFLATE_DISTS; i++) {
        out->dists[i] =
            price_of_code(codes->dists[i]) + pare_deflate_dist_extra(i) * PARE_DEFLATE_BIT;
    }
}

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

/* The matches of one position: tokens[0..count). costs: from this position on. */
static inline void choose(const pare_deflate_prices *prices, const uint16_t *next,
                          const pare_deflate_token *tokens, unsigned count, size_t most,
                          const uint32_t *costs, uint32_t *best_cost, pare_deflate_token *best)
{
    unsigned len = PARE_DEFLATE_MIN_LEN;
    for (unsigned k = 0; k < count; k++) {
        const pare_deflate_token t = tokens[k];
        const uint32_t dist = prices->dists[pare_deflate_token_dist_symbol(t)];
        unsigned longest = pare_deflate_token_len(t);
        if (longest > most) longest = (unsigned)most;
        while (len <= longest) {
            const uint32_t cost = dist + prices->lens[len] + costs[len];
            if (cost < *best_cost) {
                *best_cost = cost;
                *best = (t & ~(pare_deflate_token)511) | len;
            }
            if (len == longest) {
                len++;
                break;
            }
            len = next[len] < longest ? next[len] : longest;
        }
    }
}

/* The longest match at its full length. */
static inline void choose_whole(const pare_deflate_prices *prices, pare_deflate_token t,
                                const uint32_t *costs, uint32_t *best_cost,
                                pare_deflate_token *best)
{
    const unsigned len = pare_deflate_token_len(t);
    const uint32_t cost =
        prices->dists[pare_deflate_token_dist_symbol(t)] + prices->lens[len] + costs[len];
    if (cost >= *best_cost) return;
    *best_cost = cost;
    *best = t;
}

static size_t walk(const uint8_t *data, size_t len, const pare_deflate_token *choices,
                   pare_deflate_token *tokens)
{
    size_t count = 0;
    for (size_t at = 0; at < len; at += pare_deflate_token_len(choices[at])) {
        tokens[count++] =
            pare_deflate_token_len(choices[at]) == 1 ? pare_deflate_literal(data[at]) : choices[at];
    }
    return count;
}

size_t pare_deflate_parse(pare_deflate_parser *parser, const uint8_t *data,
                          const pare_deflate_matches *matches, const pare_deflate_span *spans,
                          size_t span_count, unsigned long_len, pare_deflate_token *tokens)
{
    uint16_t next[PARE_DEFLATE_MAX_LEN + 1];
    set_steps(next);
    const pare_deflate_token *found = matches->tokens + matches->token_count;
    size_t at = matches->len;
    parser->costs[at] = 0;
    for (size_t s = span_count; s-- > 0;) {
        const pare_deflate_prices *prices = &spans[s].prices;
        const size_t begin = s ? spans[s - 1].end : 0;
        while (at > begin) {
            at--;
            uint32_t cost = parser->costs[at + 1] + prices->literals[data[at]];
            pare_deflate_token choice = 1;
            const unsigned count = matches->counts[at];
            found -= count;
            const size_t most = matches->len - at;
            const unsigned longest = count ? pare_deflate_token_len(found[count - 1]) : 0;
            if (longest >= long_len && longest <= most) {
                choose_whole(prices, found[count - 1], parser->costs + at, &cost, &choice);
            } else if (count) {
                choose(prices, next, found, count, most, parser->costs + at, &cost, &choice);
            }
            parser->costs[at] = cost;
            parser->choices[at] = choice;
        }
    }
    return walk(data, matches->len, parser->choices, tokens);
}
