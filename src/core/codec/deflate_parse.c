// SPDX-License-Identifier: Apache-2.0
/* Optimal parsing as a shortest path through the positions, from the end to the beginning. */
#include "core/codec/deflate_parse.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"

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

void pare_deflate_parser_init(pare_deflate_parser *parser)
{
    parser->sweep = pare_deflate_sweep_pick(pare_cpu_flags());
}

/* The matches of short lengths at one position; whether there are longer ones. */
static bool set_shorts(const pare_deflate_token *tokens, unsigned count, unsigned most,
                       uint8_t *shorts)
{
    unsigned len = PARE_DEFLATE_MIN_LEN, longest = 0;
    memset(shorts, PARE_DEFLATE_NO_DIST, PARE_DEFLATE_SHORTS);
    for (unsigned k = 0; k < count; k++) {
        longest = pare_deflate_token_len(tokens[k]);
        if (longest > most) longest = most;
        const uint8_t entry =
            (uint8_t)(pare_deflate_token_dist_symbol(tokens[k]) | k << PARE_DEFLATE_DIST_BITS);
        for (; len <= longest && len < PARE_DEFLATE_MIN_LEN + PARE_DEFLATE_SHORTS; len++)
            shorts[len - PARE_DEFLATE_MIN_LEN] = entry;
    }
    return longest >= PARE_DEFLATE_MIN_LEN + PARE_DEFLATE_SHORTS;
}

void pare_deflate_parser_start(pare_deflate_parser *p, const uint8_t *data,
                               const pare_deflate_matches *matches, unsigned long_len)
{
    uint32_t first = 0;
    p->data = data;
    p->tokens = matches->tokens;
    p->len = matches->len;
    p->long_len = long_len;
    for (size_t at = 0; at < p->len; at++) {
        const unsigned count = matches->counts[at];
        const size_t left = p->len - at;
        const unsigned most = left < PARE_DEFLATE_MAX_LEN ? (unsigned)left : PARE_DEFLATE_MAX_LEN;
        p->ways.has_long[at] = set_shorts(p->tokens + first, count, most, p->ways.shorts[at]);
        p->ways.firsts[at] = first;
        first += count;
    }
    p->ways.firsts[p->len] = first;
    memset(p->ways.costs + p->len, 0, PARE_DEFLATE_BEYOND * sizeof *p->ways.costs);
}

/* The nearest match of a length at one position. */
static pare_deflate_token match_of(const pare_deflate_parser *p, size_t at, unsigned len)
{
    const pare_deflate_token *found = p->tokens + p->ways.firsts[at];
    if (len < PARE_DEFLATE_MIN_LEN + PARE_DEFLATE_SHORTS) {
        found += p->ways.shorts[at][len - PARE_DEFLATE_MIN_LEN] >> PARE_DEFLATE_DIST_BITS;
    } else {
        while (pare_deflate_token_len(*found) < len)
            found++;
    }
    return (*found & ~(pare_deflate_token)511) | len;
}

/* The tokens on the cheapest way. */
static size_t walk(const pare_deflate_parser *p, pare_deflate_token *tokens)
{
    size_t count = 0;
    for (size_t at = 0; at < p->len; at += p->ways.lens[at]) {
        const unsigned len = p->ways.lens[at];
        tokens[count++] = len == 1 ? pare_deflate_literal(p->data[at]) : match_of(p, at, len);
    }
    return count;
}

size_t pare_deflate_parse(pare_deflate_parser *p, const pare_deflate_span *spans, size_t span_count,
                          pare_deflate_token *tokens)
{
    for (size_t s = span_count; s-- > 0;) {
        const pare_deflate_sweep part = {.data = p->data,
                                         .tokens = p->tokens,
                                         .all_len = p->len,
                                         .begin = s ? spans[s - 1].end : 0,
                                         .end = spans[s].end,
                                         .long_len = p->long_len,
                                         .prices = &spans[s].prices};
        p->sweep(&p->ways, &part);
    }
    return walk(p, tokens);
}
