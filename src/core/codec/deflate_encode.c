// SPDX-License-Identifier: Apache-2.0
/* Segments of a deflate stream: parse, split, price, again; then the blocks are written. */
#include "core/codec/deflate_encode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/deflate_parse.h"
#include "core/codec/deflate_split.h"

enum {
    /* a multiple of the window; holds a window, a segment and what a match reaches beyond it */
    BUFFER_LEN = 1 << 20,
    STORED_LEN = 65535,  /* most bytes of a stored block */
    PATIENCE = 2,        /* passes in a row that may gain nothing */
    FIRM_PART = 3,       /* a segment of several that shrinks to no less than such a part is firm */
    LITTLE_PART = 10000, /* of several segments, a smaller part saved is as good as none */
    FAR_PART = 100,      /* such a part more than the best, and there is no way back */
    SPLIT_PASSES = 6,    /* the first so many look for new borders */
    /* the next segment begins with what this one has after so many passes; not after the last one,
       which would be another beginning when there are more */
    PATIENT_PASSES = 8, /* from so many on: */
    PATIENT_BEFORE = 4,
    HASTY_BEFORE = 1,
    STORED = 0,
    FIXED = 1,
    DYNAMIC = 2
};

/* One way to write a segment. */
typedef struct plan {
    pare_deflate_token tokens[PARE_DEFLATE_SEGMENT_LEN];
    size_t count;
    size_t ends[PARE_DEFLATE_BLOCKS]; /* of blocks, in tokens */
    size_t block_count;
    uint64_t bits; /* that would be written */
} plan;

struct pare_deflate {
    pare_deflate_finder *finder;
    uint8_t buffer[BUFFER_LEN]; /* data around the present segment */
    size_t filled, done;        /* bytes of it that are there; that are written */
    const pare_deflate_source *source;
    pare_bytes part; /* of the source, not in the buffer yet */
    size_t left;     /* bytes that are not in the buffer yet */
    pare_deflate_parser parser;
    pare_deflate_span spans[PARE_DEFLATE_BLOCKS];
    plan plans[2];
    plan *best, *trial;
    pare_deflate_params params;
    pare_deflate_logs logs;
    pare_deflate_counts before; /* of the segment before */
    bool has_before;
    uint64_t written_bits; /* before the present segment */
};

/* The bytes and matches of one segment. */
typedef struct segment {
    const uint8_t *data;
    pare_deflate_matches matches;
} segment;

pare_err pare_deflate_open(pare_deflate **out)
{
    *out = malloc(sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    const pare_err err = pare_deflate_finder_open(&(*out)->finder);
    if (err != PARE_OK) {
        pare_deflate_close(out);
        return err;
    }
    pare_deflate_logs_init(&(*out)->logs);
    pare_deflate_parser_init(&(*out)->parser);
    return PARE_OK;
}

void pare_deflate_close(pare_deflate **deflate)
{
    if (!*deflate) return;
    pare_deflate_finder_close(&(*deflate)->finder);
    free(*deflate);
    *deflate = NULL;
}

/* --- passes ---------------------------------------------------------------------------------- */

/* How a block is written. */
typedef struct form {
    unsigned type;
    uint64_t bits; /* all of the block */
} form;

static uint64_t stored_bits(uint64_t before_bits, size_t len)
{
    const uint64_t first = (before_bits + 3 + 7) / 8 * 8 - before_bits + 32;
    const uint64_t more = len ? (len - 1) / STORED_LEN : 0;
    return first + more * 40 + (uint64_t)len * 8;
}

/* The smallest one of len bytes, behind so many bits of the stream. */
static form best_form(const pare_deflate_counts *counts, const pare_deflate_codes *dynamic,
                      uint64_t before_bits, size_t len)
{
    pare_deflate_codes fixed;
    pare_deflate_fixed_codes(&fixed);
    const form forms[] = {
        {FIXED, 3 + pare_deflate_body_bits(counts, &fixed)},
        {DYNAMIC, 3 + pare_deflate_header_bits(dynamic) + pare_deflate_body_bits(counts, dynamic)},
        {STORED, stored_bits(before_bits, len)},
    };
    form best = forms[0];
    for (unsigned i = 1; i < 3; i++) {
        if (forms[i].bits < best.bits) best = forms[i];
    }
    return best;
}

/* Some symbols take the counts of others. */
static void shake(uint32_t *counts, unsigned count, uint32_t *seed)
{
    for (unsigned i = 0; i < count; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        if ((*seed >> 16) % 3 != 0) continue;
        *seed = *seed * 1664525u + 1013904223u;
        counts[i] = counts[(*seed >> 16) % count];
    }
}

/* Prices of the next pass from the blocks of a plan, by entropy or by the codes; sums up what the
 * blocks take. */
static void learn(pare_deflate *d, plan *p, bool by_codes)
{
    size_t token = 0, position = 0;
    p->bits = 0;
    for (size_t b = 0; b < p->block_count; b++) {
        pare_deflate_counts counts;
        pare_deflate_codes codes;
        const size_t begin = position;
        pare_deflate_count(p->tokens + token, p->ends[b] - token, &counts);
        for (; token < p->ends[b]; token++)
            position += pare_deflate_token_len(p->tokens[token]);
        d->spans[b].end = position;
        pare_deflate_make_codes(&counts, &codes);
        p->bits += best_form(&counts, &codes, d->written_bits + p->bits, position - begin).bits;
        if (by_codes)
            pare_deflate_price_codes(&codes, &d->spans[b].prices);
        else
            pare_deflate_price_counts(&counts, &d->spans[b].prices);
    }
}

/* Prices of the next pass from the best plan, shaken, so that it leaves a local optimum. */
static void learn_shaken(pare_deflate *d, uint32_t *seed)
{
    const plan *p = d->best;
    size_t token = 0, position = 0;
    for (size_t b = 0; b < p->block_count; b++) {
        pare_deflate_counts counts;
        pare_deflate_count(p->tokens + token, p->ends[b] - token, &counts);
        for (; token < p->ends[b]; token++)
            position += pare_deflate_token_len(p->tokens[token]);
        d->spans[b].end = position;
        shake(counts.litlens, PARE_DEFLATE_LITLENS, seed);
        shake(counts.dists, PARE_DEFLATE_DISTS, seed);
        pare_deflate_price_counts(&counts, &d->spans[b].prices);
    }
}

/* Ends of blocks where the spans end; a token that reaches over a border belongs to the left. */
static void keep_borders(const pare_deflate *d, size_t span_count, plan *p)
{
    size_t token = 0, position = 0;
    p->block_count = 0;
    for (size_t s = 0; s < span_count; s++) {
        const size_t begin = token;
        for (; token < p->count && position < d->spans[s].end; token++)
            position += pare_deflate_token_len(p->tokens[token]);
        if (token > begin) p->ends[p->block_count++] = token;
    }
}

static void swap_plans(pare_deflate *d)
{
    plan *p = d->best;
    d->best = d->trial;
    d->trial = p;
}

/* Prices before anything is known: literals as often as the bytes are, as many matches, all lengths
 * and all distances alike. */
static void guess(pare_deflate *d, const segment *s)
{
    pare_deflate_counts counts = {0};
    for (size_t i = 0; i < s->matches.len; i++)
        counts.litlens[s->data[i]]++;
    const uint32_t matches = (uint32_t)(s->matches.len / 29) + 1;
    for (unsigned i = 0; i < 29; i++)
        counts.litlens[PARE_DEFLATE_LEN_0 + i] = matches;
    for (unsigned i = 0; i < PARE_DEFLATE_DISTS; i++)
        counts.dists[i] = 1;
    pare_deflate_price_counts(&counts, &d->spans[0].prices);
}

/* The plan to begin with: the cheapest tokens by the prices of the segment before, or guessed
 * ones. */
static pare_err begin(pare_deflate *d, const segment *s)
{
    d->best = &d->plans[0];
    d->trial = &d->plans[1];
    if (d->has_before)
        pare_deflate_price_counts(&d->before, &d->spans[0].prices);
    else
        guess(d, s);
    d->spans[0].end = s->matches.len;
    plan *p = d->best;
    p->count = pare_deflate_parse(&d->parser, d->spans, 1, p->tokens);
    p->block_count = pare_deflate_split(&d->logs, p->tokens, p->count, p->ends);
    if (!p->block_count) return PARE_ERR_NO_MEMORY;
    learn(d, p, false);
    return PARE_OK;
}

static void remember(pare_deflate *d)
{
    pare_deflate_count(d->best->tokens, d->best->count, &d->before);
    d->has_before = true;
}

/* How long a segment is worked at, at most. */
typedef struct pace {
    unsigned passes;
    unsigned entropy_passes; /* the first so many go by entropy, not by codes */
    unsigned shakes;         /* ways out of a local optimum that may lead nowhere, in a row */
} pace;

/* By what the segment begins with. Photographs have few long matches and many symbols: what the
 * last passes gain is little, and no shake has led anywhere. */
static pace choose_pace(const pare_deflate *d, const segment *s)
{
    static const pace firm = {10, 7, 0}, full = {255, 13, 3};
    const bool is_firm = d->source->len > PARE_DEFLATE_SEGMENT_LEN &&
                         d->best->bits >= (uint64_t)s->matches.len * 8 / FIRM_PART;
    return is_firm ? firm : full;
}

/* Whether it is worth while to leave the local optimum that the passes ended in. */
static bool go_on(pare_deflate *d, unsigned most, unsigned *shakes, uint32_t *seed)
{
    if (*shakes == most) return false;
    ++*shakes;
    learn_shaken(d, seed);
    return true;
}

static bool is_little(const pare_deflate *d, uint64_t bits, uint64_t before)
{
    return d->source->len > PARE_DEFLATE_SEGMENT_LEN && before - bits < before / LITTLE_PART;
}

/* What happens in a pass depends on those before it, not on how many there are to be: each plan
 * that fewer passes look at is looked at by more, too. */
static pare_err optimize(pare_deflate *d, const segment *s)
{
    unsigned idle = 0, shakes = 0, pass = 1;
    uint32_t seed = 1;
    PARE_TRY(begin(d, s));
    size_t span_count = d->best->block_count;
    const pace most = choose_pace(d, s);
    const unsigned before = d->params.passes < PATIENT_PASSES ? HASTY_BEFORE : PATIENT_BEFORE;
    for (; pass < d->params.passes && pass < most.passes; pass++) {
        plan *p = d->trial;
        p->count = pare_deflate_parse(&d->parser, d->spans, span_count, p->tokens);
        if (pass < SPLIT_PASSES) {
            p->block_count = pare_deflate_split(&d->logs, p->tokens, p->count, p->ends);
            if (!p->block_count) return PARE_ERR_NO_MEMORY;
        } else {
            keep_borders(d, span_count, p);
        }
        learn(d, p, pass >= most.entropy_passes || idle);
        span_count = p->block_count;
        if (p->bits < d->best->bits) {
            if (is_little(d, p->bits, d->best->bits))
                idle++;
            else
                idle = shakes = 0;
            swap_plans(d);
        } else {
            idle = p->bits > d->best->bits + d->best->bits / FAR_PART ? PATIENCE : idle + 1;
        }
        if (pass == before) remember(d);
        if (idle < PATIENCE) continue;
        if (!go_on(d, most.shakes, &shakes, &seed)) break;
        span_count = d->best->block_count;
        idle = 0;
    }
    if (pass <= before) remember(d);
    return PARE_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

static void put_stored(pare_deflate_bits *bits, const uint8_t *data, size_t len, bool is_last)
{
    do {
        const size_t part = len < STORED_LEN ? len : STORED_LEN;
        pare_deflate_put(bits, is_last && part == len, 1);
        pare_deflate_put(bits, STORED, 2);
        pare_deflate_align(bits);
        pare_deflate_put(bits, (uint32_t)part, 16);
        pare_deflate_put(bits, (uint32_t)part ^ 0xffff, 16);
        for (size_t i = 0; i < part; i++)
            pare_deflate_put(bits, data[i], 8);
        data += part;
        len -= part;
    } while (len > 0);
}

static void put_block(pare_deflate_bits *bits, const pare_deflate_token *tokens, size_t count,
                      pare_bytes data, bool is_last)
{
    pare_deflate_counts counts;
    pare_deflate_codes codes;
    pare_deflate_count(tokens, count, &counts);
    pare_deflate_make_codes(&counts, &codes);
    const unsigned type = best_form(&counts, &codes, bits->total, data.len).type;
    if (type == STORED) {
        put_stored(bits, data.data, data.len, is_last);
        return;
    }
    pare_deflate_put(bits, is_last, 1);
    pare_deflate_put(bits, type, 2);
    if (type == DYNAMIC)
        pare_deflate_put_header(bits, &codes);
    else
        pare_deflate_fixed_codes(&codes);
    pare_deflate_put_tokens(bits, &codes, tokens, count);
}

static void put_plan(pare_deflate_bits *bits, const plan *p, const uint8_t *data, bool is_last)
{
    size_t token = 0;
    for (size_t b = 0; b < p->block_count; b++) {
        const size_t first = token;
        size_t len = 0;
        for (; token < p->ends[b]; token++)
            len += pare_deflate_token_len(p->tokens[token]);
        put_block(bits, p->tokens + first, token - first, (pare_bytes){data, len},
                  is_last && b + 1 == p->block_count);
        data += len;
    }
}

/* Fill the buffer; what is no longer in reach makes room. */
static pare_err fill(pare_deflate *d)
{
    const size_t old = d->done > PARE_DEFLATE_WINDOW ? d->done - PARE_DEFLATE_WINDOW : 0;
    const size_t shift = old - old % PARE_DEFLATE_WINDOW;
    if (shift) {
        memmove(d->buffer, d->buffer + shift, d->filled - shift);
        pare_deflate_finder_slide(d->finder, shift);
        d->filled -= shift;
        d->done -= shift;
    }
    while (d->filled < BUFFER_LEN && d->left > 0) {
        if (d->part.len == 0) PARE_TRY(d->source->next(d->source->user, &d->part));
        size_t len = BUFFER_LEN - d->filled;
        if (len > d->part.len) len = d->part.len;
        if (len > d->left) len = d->left;
        if (len == 0) return PARE_ERR_INTERNAL;
        memcpy(d->buffer + d->filled, d->part.data, len);
        d->part.data += len;
        d->part.len -= len;
        d->filled += len;
        d->left -= len;
    }
    pare_deflate_finder_fill(d->finder, d->filled);
    return PARE_OK;
}

static pare_err encode_segment(pare_deflate *d, pare_deflate_bits *bits)
{
    segment s = {.data = d->buffer + d->done};
    pare_deflate_finder_next(d->finder, &s.matches);
    pare_deflate_parser_start(&d->parser, s.data, &s.matches, d->params.long_len);
    d->done += s.matches.len;
    d->written_bits = bits->total;
    PARE_TRY(optimize(d, &s));
    put_plan(bits, d->best, s.data, d->left == 0 && d->done == d->filled);
    return PARE_OK;
}

pare_err pare_deflate_encode_parts(pare_deflate *deflate, const pare_deflate_source *source,
                                   const pare_deflate_params *params, pare_buf *out)
{
    enum { REACH = PARE_DEFLATE_SEGMENT_LEN + PARE_DEFLATE_MAX_LEN };
    pare_deflate *d = deflate;
    pare_deflate_bits bits = {.buf = out};
    d->params = *params;
    d->has_before = false;
    d->source = source;
    d->part = (pare_bytes){0};
    d->left = source->len;
    d->filled = d->done = 0;
    if (source->len == 0) put_block(&bits, NULL, 0, (pare_bytes){d->buffer, 0}, true);
    pare_deflate_finder_start(d->finder, d->buffer, source->len, params->depth, params->long_len);
    while (d->left > 0 || d->done < d->filled) {
        if (d->left > 0 && d->filled - d->done < REACH) PARE_TRY(fill(d));
        PARE_TRY(encode_segment(d, &bits));
    }
    pare_deflate_align(&bits);
    return bits.err;
}

static pare_err give_whole(void *user, pare_bytes *part)
{
    *part = *(const pare_bytes *)user;
    return PARE_OK;
}

pare_deflate_source pare_deflate_whole(pare_bytes *data)
{
    return (pare_deflate_source){.len = data->len, .next = give_whole, .user = data};
}

pare_err pare_deflate_encode(pare_deflate *deflate, pare_bytes data,
                             const pare_deflate_params *params, pare_buf *out)
{
    const pare_deflate_source source = pare_deflate_whole(&data);
    return pare_deflate_encode_parts(deflate, &source, params, out);
}
