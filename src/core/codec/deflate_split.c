// SPDX-License-Identifier: Apache-2.0
/* Blocks by merging: begin with short ones, and join those neighbours that save the most; then
 * move each border to where the codes on its two sides meet best. */
#include "core/codec/deflate_split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    UNIT_MIN = 100, /* tokens of the blocks at the beginning */
    SYMBOLS = PARE_DEFLATE_LITLENS + PARE_DEFLATE_DISTS
};

typedef struct block {
    size_t end;
    double bits;   /* of this block */
    double joined; /* of this one and the next as one block */
    pare_deflate_counts counts;
} block;

void pare_deflate_logs_init(pare_deflate_logs *logs)
{
    for (uint32_t v = 0; v < PARE_DEFLATE_LOGS; v++)
        logs->of[v] = v ? v * log2(v) : 0;
}

static double xlog2(const pare_deflate_logs *l, uint32_t v)
{
    return v < PARE_DEFLATE_LOGS ? l->of[v] : v * log2(v);
}

/* Bits of one alphabet: entropy, and an estimate of what describing its code takes. */
static double alphabet_bits(const pare_deflate_logs *l, const uint32_t *a, const uint32_t *b,
                            unsigned count)
{
    double sum = 0;
    uint32_t total = 0;
    unsigned used = 0, starts = 0, before = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t v = a[i] + (b ? b[i] : 0);
        starts += (v != 0) != before;
        before = v != 0;
        if (!v) continue;
        sum += xlog2(l, v);
        total += v;
        used++;
    }
    return xlog2(l, total) - sum + 2.0 * used + 2.0 * starts;
}

static double block_bits(const pare_deflate_logs *l, const pare_deflate_counts *a,
                         const pare_deflate_counts *b)
{
    return 60 + alphabet_bits(l, a->litlens, b ? b->litlens : NULL, PARE_DEFLATE_LITLENS) +
           alphabet_bits(l, a->dists, b ? b->dists : NULL, PARE_DEFLATE_DISTS);
}

static void add_counts(pare_deflate_counts *to, const pare_deflate_counts *from)
{
    for (unsigned i = 0; i < PARE_DEFLATE_LITLENS; i++)
        to->litlens[i] += from->litlens[i];
    to->litlens[PARE_DEFLATE_END] = 1;
    for (unsigned i = 0; i < PARE_DEFLATE_DISTS; i++)
        to->dists[i] += from->dists[i];
}

static void set_joined(const pare_deflate_logs *l, block *const *blocks, size_t count, size_t i)
{
    if (i + 1 < count) {
        blocks[i]->joined = block_bits(l, &blocks[i]->counts, &blocks[i + 1]->counts);
    }
}

/* Join neighbours while that saves, the best pair first. */
static size_t join(const pare_deflate_logs *l, block **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set_joined(l, blocks, count, i);
    while (count > 1) {
        size_t best = 0;
        double best_saving = -INFINITY;
        for (size_t i = 0; i + 1 < count; i++) {
            const double saving = blocks[i]->bits + blocks[i + 1]->bits - blocks[i]->joined;
            if (saving > best_saving) {
                best_saving = saving;
                best = i;
            }
        }
        if (best_saving <= 0) break;
        block *b = blocks[best];
        b->end = blocks[best + 1]->end;
        b->bits = b->joined;
        add_counts(&b->counts, &blocks[best + 1]->counts);
        count--;
        memmove(blocks + best + 1, blocks + best + 2, (count - best - 1) * sizeof *blocks);
        set_joined(l, blocks, count, best);
        if (best) set_joined(l, blocks, count, best - 1);
    }
    return count;
}

/* Bits of every symbol by its frequency. */
static void set_prices(const pare_deflate_counts *counts, float *prices)
{
    const struct {
        const uint32_t *of;
        unsigned count, first;
    } parts[2] = {{counts->litlens, PARE_DEFLATE_LITLENS, 0},
                  {counts->dists, PARE_DEFLATE_DISTS, PARE_DEFLATE_LITLENS}};
    for (int p = 0; p < 2; p++) {
        double total = 1;
        for (unsigned i = 0; i < parts[p].count; i++)
            total += parts[p].of[i];
        for (unsigned i = 0; i < parts[p].count; i++) {
            const double v = parts[p].of[i] ? parts[p].of[i] : 0.5;
            prices[parts[p].first + i] = (float)log2(total / v);
        }
    }
}

/* Of prices of symbols, then 0 for the distance that a literal has not: nothing branches on what a
 * token is. */
static float token_price(const float *prices, pare_deflate_token t)
{
    const unsigned len = pare_deflate_token_len(t), is_match = 0u - (len != 1);
    const unsigned literal = pare_deflate_token_value(t);
    const unsigned match = PARE_DEFLATE_LEN_0 + pare_deflate_len_symbol(len);
    const unsigned dist = PARE_DEFLATE_LITLENS + pare_deflate_token_dist_symbol(t);
    return prices[literal ^ ((literal ^ match) & is_match)] +
           prices[SYMBOLS ^ ((SYMBOLS ^ dist) & is_match)];
}

/* Move the border between two blocks within them. */
static void move_border(const pare_deflate_token *tokens, size_t begin, block *left, block *right)
{
    float before[SYMBOLS], after[SYMBOLS], gains[SYMBOLS + 1] = {0};
    set_prices(&left->counts, before);
    set_prices(&right->counts, after);
    for (unsigned i = 0; i < SYMBOLS; i++)
        gains[i] = before[i] - after[i];
    double sum = 0, best = 0;
    size_t best_at = begin;
    for (size_t i = begin; i < right->end; i++) {
        sum += (double)token_price(gains, tokens[i]);
        if (sum < best) {
            best = sum;
            best_at = i + 1;
        }
    }
    if (best_at == begin || best_at == right->end || best_at == left->end) return;
    left->end = best_at;
    pare_deflate_count(tokens + begin, best_at - begin, &left->counts);
    pare_deflate_count(tokens + best_at, right->end - best_at, &right->counts);
}

size_t pare_deflate_split(const pare_deflate_logs *l, const pare_deflate_token *tokens,
                          size_t count, size_t *ends)
{
    size_t unit = (count + PARE_DEFLATE_BLOCKS - 1) / PARE_DEFLATE_BLOCKS;
    if (unit < UNIT_MIN) unit = UNIT_MIN;
    size_t n = (count + unit - 1) / unit;
    block *memory = malloc(n * sizeof *memory), **blocks = malloc(n * sizeof(block *));
    if (!memory || !blocks) {
        n = 0;
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t begin = i * unit, len = count - begin < unit ? count - begin : unit;
        blocks[i] = &memory[i];
        blocks[i]->end = begin + len;
        pare_deflate_count(tokens + begin, len, &blocks[i]->counts);
        blocks[i]->bits = block_bits(l, &blocks[i]->counts, NULL);
    }
    n = join(l, blocks, n);
    for (size_t i = 0; i + 1 < n; i++)
        move_border(tokens, i ? blocks[i - 1]->end : 0, blocks[i], blocks[i + 1]);
    for (size_t i = 0; i < n; i++)
        ends[i] = blocks[i]->end;
out:
    free(blocks);
    free(memory);
    return n;
}
