// SPDX-License-Identifier: Apache-2.0
/* Huffman codes of deflate (RFC 1951, 3.2.2 and 3.2.7). */
#include "core/codec/deflate_codes.h"

#include <stdbool.h>
#include <string.h>

enum {
    MAX_BITS = 15,    /* of literals, lengths and distances */
    MAX_LEN_BITS = 7, /* of the codes that describe codes */
    LEN_SYMBOLS = PARE_DEFLATE_LEN_SYMBOLS,
    COPY = 16,       /* 3..6 times, 2 extra bits */
    FEW_ZEROS = 17,  /* 3..10, 3 extra bits */
    MANY_ZEROS = 18, /* 11..138, 7 extra bits */
    MANY_UNUSED = 6,
    ALL_LENS = PARE_DEFLATE_LITLENS + PARE_DEFLATE_DISTS
};

/* --- bits ------------------------------------------------------------------------------------ */

void pare_deflate_put(pare_deflate_bits *bits, uint32_t value, unsigned count)
{
    bits->total += count;
    if (!bits->buf) return;
    bits->held |= (uint64_t)value << bits->held_count;
    bits->held_count += count;
    if (bits->held_count < 32) return;
    uint8_t word[4];
    for (int i = 0; i < 4; i++)
        word[i] = (uint8_t)(bits->held >> (8 * i));
    if (bits->err == PARE_OK) bits->err = pare_buf_append(bits->buf, word, 4);
    bits->held >>= 32;
    bits->held_count -= 32;
}

void pare_deflate_align(pare_deflate_bits *bits)
{
    bits->total = (bits->total + 7) / 8 * 8;
    while (bits->buf && bits->held_count > 0) {
        if (bits->err == PARE_OK) bits->err = pare_buf_append_byte(bits->buf, (uint8_t)bits->held);
        bits->held >>= 8;
        bits->held_count = bits->held_count > 8 ? bits->held_count - 8 : 0;
    }
}

/* --- lengths of codes ------------------------------------------------------------------------ */

/* By weight, a byte of it at a time; equal ones stay in their order. */
static void sort_weights(uint64_t *sorted, unsigned used)
{
    uint64_t other[288], all = 0;
    for (unsigned i = 0; i < used; i++)
        all |= sorted[i];
    for (unsigned shift = 9; all >> shift; shift += 8) {
        uint16_t at[257] = {0};
        for (unsigned i = 0; i < used; i++)
            at[(sorted[i] >> shift & 255) + 1]++;
        for (unsigned v = 1; v < 256; v++)
            at[v] = (uint16_t)(at[v] + at[v - 1]);
        for (unsigned i = 0; i < used; i++)
            other[at[sorted[i] >> shift & 255]++] = sorted[i];
        memcpy(sorted, other, used * sizeof *sorted);
    }
}

/* Huffman codes of sorted weights through two queues: the symbols and the pairs made of them, both
 * rising. depths: of each symbol. Returns the longest. */
static unsigned make_depths(const uint64_t *sorted, unsigned used, uint8_t *depths)
{
    uint64_t weights[288];
    uint16_t parents[2 * 288]; /* symbols first, then pairs */
    uint8_t pair_depths[288];
    unsigned s = 0, p = 0;
    for (unsigned made = 0; made + 1 < used; made++) {
        weights[made] = 0;
        for (int half = 0; half < 2; half++) {
            const bool take = s < used && (p == made || sorted[s] >> 9 <= weights[p]);
            weights[made] += take ? sorted[s] >> 9 : weights[p];
            parents[take ? s++ : used + p++] = (uint16_t)made;
        }
    }
    pair_depths[used - 2] = 0;
    for (unsigned i = used - 2; i-- > 0;)
        pair_depths[i] = (uint8_t)(pair_depths[parents[used + i]] + 1);
    for (unsigned i = 0; i < used; i++)
        depths[i] = (uint8_t)(pair_depths[parents[i]] + 1);
    return depths[0];
}

/* Package-merge (Larmore and Hirschberg, "A fast algorithm for optimal length-limited Huffman
 * codes", Journal of the ACM 37, 1990): a list of the symbols by weight is merged with the pairs of
 * the list before, once a bit; the first 2n - 2 entries of the last list say how long codes are.
 * Most often the plain Huffman code is short enough and does. */
static void make_lens(const uint32_t *counts, unsigned count, unsigned limit, uint8_t *lens)
{
    uint64_t sorted[288], list[2 * 288], pairs[288];
    uint8_t is_symbol[MAX_BITS][2 * 288], depths[288];
    unsigned used = 0, list_len = 0;
    for (unsigned i = 0; i < count; i++) {
        lens[i] = 0;
        if (counts[i]) sorted[used++] = (uint64_t)counts[i] << 9 | i;
    }
    if (used <= 1) { /* one code of one bit is allowed to stand alone */
        if (used) lens[sorted[0] & 511] = 1;
        return;
    }
    sort_weights(sorted, used);
    if (make_depths(sorted, used, depths) <= limit) {
        for (unsigned i = 0; i < used; i++)
            lens[sorted[i] & 511] = depths[i];
        return;
    }
    for (unsigned level = 0; level < limit; level++) {
        const unsigned pair_count = list_len / 2;
        for (unsigned i = 0; i < pair_count; i++)
            pairs[i] = list[2 * i] + list[2 * i + 1];
        unsigned s = 0, p = 0;
        for (list_len = 0; s < used || p < pair_count; list_len++) {
            const bool take = p == pair_count || (s < used && sorted[s] >> 9 <= pairs[p]);
            list[list_len] = take ? sorted[s++] >> 9 : pairs[p++];
            is_symbol[level][list_len] = take;
        }
    }
    for (unsigned level = limit, take = 2 * used - 2; level-- > 0;) {
        unsigned symbols = 0;
        for (unsigned i = 0; i < take; i++)
            symbols += is_symbol[level][i];
        for (unsigned i = 0; i < symbols; i++)
            lens[sorted[i] & 511]++;
        take = 2 * (take - symbols);
    }
}

/* Canonical codes, their bits in the order in which they are sent. */
static void make_values(const uint8_t *lens, unsigned count, uint16_t *values)
{
    uint32_t of_len[MAX_BITS + 1] = {0}, next[MAX_BITS + 1] = {0};
    for (unsigned i = 0; i < count; i++)
        of_len[lens[i]]++;
    of_len[0] = 0;
    for (unsigned b = 1; b <= MAX_BITS; b++)
        next[b] = (next[b - 1] + of_len[b - 1]) << 1;
    for (unsigned i = 0; i < count; i++) {
        uint32_t value = next[lens[i]]++, turned = 0;
        for (unsigned b = 0; b < lens[i]; b++, value >>= 1)
            turned = turned << 1 | (value & 1);
        values[i] = (uint16_t)turned;
    }
}

/* --- the header ------------------------------------------------------------------------------ */

/* The lengths of both codes in runs. */
typedef struct header {
    unsigned litlen_count, dist_count, item_count;
    struct {
        uint8_t symbol, extra;
    } items[ALL_LENS];
    uint32_t counts[LEN_SYMBOLS];
    uint8_t lens[LEN_SYMBOLS];
    unsigned len_count; /* of lens that are sent */
    uint64_t bits;
} header;

const uint8_t pare_deflate_len_order[LEN_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

static unsigned extra_of(unsigned symbol)
{
    return symbol == COPY ? 2 : symbol == FEW_ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

static void add_item(header *h, unsigned symbol, unsigned extra)
{
    h->items[h->item_count].symbol = (uint8_t)symbol;
    h->items[h->item_count++].extra = (uint8_t)extra;
    h->counts[symbol]++;
}

/* Kinds of runs that may be used, as bits. */
enum { USE_COPY = 1, USE_FEW = 2, USE_MANY = 4, USE_KINDS = 8 };

static void add_run(header *h, unsigned len, unsigned run, unsigned uses)
{
    while (len == 0 && (uses & USE_MANY) && run >= 11) {
        const unsigned part = run < 138 ? run : 138;
        add_item(h, MANY_ZEROS, part - 11);
        run -= part;
    }
    while (len == 0 && (uses & USE_FEW) && run >= 3) {
        const unsigned part = run < 10 ? run : 10;
        add_item(h, FEW_ZEROS, part - 3);
        run -= part;
    }
    if ((uses & USE_COPY) && run >= 4) {
        add_item(h, len, 0);
        run--;
        while (run >= 3) { /* 7 are better as 4 and 3 than as 6 and a single one */
            const unsigned part = run == 7 ? 4 : run == 8 ? 5 : run < 6 ? run : 6;
            add_item(h, COPY, part - 3);
            run -= part;
        }
    }
    while (run-- > 0)
        add_item(h, len, 0);
}

static void make_header(const pare_deflate_codes *codes, unsigned uses, header *h)
{
    uint8_t all[ALL_LENS];
    *h = (header){.litlen_count = PARE_DEFLATE_LITLENS, .dist_count = PARE_DEFLATE_DISTS};
    while (h->litlen_count > PARE_DEFLATE_LEN_0 && !codes->litlens[h->litlen_count - 1])
        h->litlen_count--;
    while (h->dist_count > 1 && !codes->dists[h->dist_count - 1])
        h->dist_count--;
    memcpy(all, codes->litlens, h->litlen_count);
    memcpy(all + h->litlen_count, codes->dists, h->dist_count);
    const unsigned count = h->litlen_count + h->dist_count;
    for (unsigned i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && all[i + run] == all[i]; run++) {
        }
        add_run(h, all[i], run, uses);
    }
    make_lens(h->counts, LEN_SYMBOLS, MAX_LEN_BITS, h->lens);
    h->len_count = LEN_SYMBOLS;
    while (h->len_count > 4 && !h->lens[pare_deflate_len_order[h->len_count - 1]])
        h->len_count--;
    h->bits = 5 + 5 + 4 + h->len_count * 3u;
    for (unsigned i = 0; i < LEN_SYMBOLS; i++)
        h->bits += (uint64_t)h->counts[i] * (h->lens[i] + extra_of(i));
}

static void make_best_header(const pare_deflate_codes *codes, header *best)
{
    header h;
    make_header(codes, USE_COPY | USE_FEW | USE_MANY, best);
    for (unsigned uses = 0; uses < (USE_COPY | USE_FEW | USE_MANY); uses++) {
        make_header(codes, uses, &h);
        if (h.bits < best->bits) *best = h;
    }
}

uint64_t pare_deflate_header_bits(const pare_deflate_codes *codes)
{
    header h;
    make_best_header(codes, &h);
    return h.bits;
}

/* As much or a little more, in an eighth of the time. */
static uint64_t rough_header_bits(const pare_deflate_codes *codes)
{
    header h;
    make_header(codes, USE_COPY | USE_FEW | USE_MANY, &h);
    return h.bits;
}

void pare_deflate_put_header(pare_deflate_bits *bits, const pare_deflate_codes *codes)
{
    header h;
    uint16_t values[LEN_SYMBOLS];
    make_best_header(codes, &h);
    make_values(h.lens, LEN_SYMBOLS, values);
    pare_deflate_put(bits, h.litlen_count - PARE_DEFLATE_LEN_0, 5);
    pare_deflate_put(bits, h.dist_count - 1, 5);
    pare_deflate_put(bits, h.len_count - 4, 4);
    for (unsigned i = 0; i < h.len_count; i++)
        pare_deflate_put(bits, h.lens[pare_deflate_len_order[i]], 3);
    for (unsigned i = 0; i < h.item_count; i++) {
        const unsigned symbol = h.items[i].symbol;
        pare_deflate_put(bits, values[symbol], h.lens[symbol]);
        pare_deflate_put(bits, h.items[i].extra, extra_of(symbol));
    }
}

/* --- codes and what they cost ---------------------------------------------------------------- */

/* Literals and matches take turns as they please: nothing branches on which a token is. */
void pare_deflate_count(const pare_deflate_token *tokens, size_t count, pare_deflate_counts *out)
{
    enum { NO_DIST = PARE_DEFLATE_DISTS };
    uint32_t dists[PARE_DEFLATE_DISTS + 1] = {0};
    *out = (pare_deflate_counts){0};
    out->litlens[PARE_DEFLATE_END] = 1;
    for (size_t i = 0; i < count; i++) {
        const pare_deflate_token t = tokens[i];
        const unsigned len = pare_deflate_token_len(t);
        const unsigned is_match = 0u - (len != 1), literal = pare_deflate_token_value(t);
        const unsigned match = PARE_DEFLATE_LEN_0 + pare_deflate_len_symbol(len);
        const unsigned dist = pare_deflate_token_dist_symbol(t);
        out->litlens[literal ^ ((literal ^ match) & is_match)]++;
        dists[NO_DIST ^ ((NO_DIST ^ dist) & is_match)]++;
    }
    memcpy(out->dists, dists, sizeof out->dists);
}

uint64_t pare_deflate_body_bits(const pare_deflate_counts *counts, const pare_deflate_codes *codes)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PARE_DEFLATE_LITLENS; i++)
        sum += (uint64_t)counts->litlens[i] * codes->litlens[i];
    for (unsigned i = 0; i < 29; i++) {
        sum += (uint64_t)counts->litlens[PARE_DEFLATE_LEN_0 + i] * pare_deflate_len_extra(i);
    }
    for (unsigned i = 0; i < PARE_DEFLATE_DISTS; i++)
        sum += (uint64_t)counts->dists[i] * (codes->dists[i] + pare_deflate_dist_extra(i));
    return sum;
}

typedef struct tolerance {
    unsigned part, slack; /* mean / part + slack */
} tolerance;

static unsigned zeros_at(const uint32_t *counts, unsigned count, unsigned i)
{
    unsigned run = 0;
    while (i + run < count && !counts[i + run])
        run++;
    return run;
}

/* Gives neighbours with nearly the same counts the same count, so that their lengths make a run,
 * even when some of them are not used at all. A count belongs to a run while it is as close to the
 * mean of the run as tolerance says. Long runs of zeros are cheap and stay. Returns whether there
 * was a run. */
static bool smooth(uint32_t *counts, unsigned count, const tolerance *t)
{
    unsigned i = 0;
    bool is_changed = false;
    while (i < count) {
        const unsigned zeros = zeros_at(counts, count, i);
        if (zeros >= MANY_UNUSED || i + zeros == count) {
            i += zeros;
            continue;
        }
        uint32_t sum = counts[i]; /* of symbols of a segment */
        unsigned run = 1;
        for (; i + run < count && zeros_at(counts, count, i + run) < MANY_UNUSED; run++) {
            const uint32_t mean = (sum + run / 2) / run, next = counts[i + run];
            const uint32_t away = next > mean ? next - mean : mean - next;
            if (away > mean / t->part + t->slack) break;
            sum += next;
        }
        if (run >= 4 && sum > 0) {
            const uint32_t mean = (sum + run / 2) / run;
            for (unsigned k = 0; k < run; k++)
                counts[i + k] = mean ? mean : 1;
            is_changed = true;
        }
        i += run;
    }
    return is_changed;
}

static void make_plain_codes(const pare_deflate_counts *counts, pare_deflate_codes *out)
{
    memset(out, 0, sizeof *out);
    make_lens(counts->litlens, PARE_DEFLATE_LITLENS, MAX_BITS, out->litlens);
    make_lens(counts->dists, PARE_DEFLATE_DISTS, MAX_BITS, out->dists);
}

void pare_deflate_make_codes(const pare_deflate_counts *counts, pare_deflate_codes *out)
{
    static const tolerance TOLERANCES[] = {{8, 1}, {4, 1}, {2, 1}, {4, 2}, {4, 3}, {2, 3}, {3, 5}};
    make_plain_codes(counts, out);
    uint64_t best = pare_deflate_body_bits(counts, out) + rough_header_bits(out);
    for (unsigned i = 0; i < sizeof TOLERANCES / sizeof *TOLERANCES; i++) {
        pare_deflate_counts smoothed = *counts;
        pare_deflate_codes codes;
        const bool has_runs = smooth(smoothed.litlens, PARE_DEFLATE_LITLENS, &TOLERANCES[i]);
        if (!smooth(smoothed.dists, PARE_DEFLATE_DISTS, &TOLERANCES[i]) && !has_runs) continue;
        make_plain_codes(&smoothed, &codes);
        const uint64_t bits = pare_deflate_body_bits(counts, &codes) + rough_header_bits(&codes);
        if (bits >= best) continue;
        best = bits;
        *out = codes;
    }
}

void pare_deflate_fixed_codes(pare_deflate_codes *out)
{
    for (unsigned i = 0; i < 288; i++)
        out->litlens[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    memset(out->dists, 5, sizeof out->dists);
}

void pare_deflate_put_tokens(pare_deflate_bits *bits, const pare_deflate_codes *codes,
                             const pare_deflate_token *tokens, size_t count)
{
    uint16_t litlens[288], dists[PARE_DEFLATE_DISTS];
    make_values(codes->litlens, 288, litlens);
    make_values(codes->dists, PARE_DEFLATE_DISTS, dists);
    for (size_t i = 0; i < count; i++) {
        const pare_deflate_token t = tokens[i];
        const unsigned len = pare_deflate_token_len(t);
        if (len == 1) {
            const unsigned value = pare_deflate_token_value(t);
            pare_deflate_put(bits, litlens[value], codes->litlens[value]);
            continue;
        }
        const unsigned s = pare_deflate_len_symbol(len), litlen = PARE_DEFLATE_LEN_0 + s;
        pare_deflate_put(bits, litlens[litlen], codes->litlens[litlen]);
        pare_deflate_put(bits, len - pare_deflate_len_base(s), pare_deflate_len_extra(s));
        const unsigned d = pare_deflate_token_dist_symbol(t);
        pare_deflate_put(bits, dists[d], codes->dists[d]);
        pare_deflate_put(bits, pare_deflate_token_distance(t) - pare_deflate_dist_base(d),
                         pare_deflate_dist_extra(d));
    }
    pare_deflate_put(bits, litlens[PARE_DEFLATE_END], codes->litlens[PARE_DEFLATE_END]);
}
