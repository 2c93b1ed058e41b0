// SPDX-License-Identifier: Apache-2.0
/* A quick estimate of what LZ77 and Huffman coding make of a row. */
#include "core/codec/png_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum {
    HASH_BITS = 13,
    WINDOW = PARE_PNG_MATCH_WINDOW,
    MIN_LEN = 4,
    MAX_LEN = 258,
    BIT = 32,            /* fixed point of costs */
    PRICES_EVERY = 4096, /* symbols between new prices */
    MATCH_BITS = 7       /* of a length symbol and the first part of a distance */
};

typedef struct change {
    uint32_t slot, old;
} change;

struct pare_png_matcher {
    const uint8_t *data; /* borrowed */
    size_t row_len;
    uint32_t heads[1 << HASH_BITS]; /* position + 1; 0: none */
    change *changes;                /* of the row under trial, to take back */
    size_t changes_cap, change_count;
    uint32_t counts[256]; /* literals of the chosen rows, fading */
    uint32_t symbols, since_prices;
    uint16_t prices[256];
};

pare_err pare_png_matcher_open(pare_png_matcher **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_png_matcher_close(pare_png_matcher **matcher)
{
    if (!*matcher) return;
    free((*matcher)->changes);
    free(*matcher);
    *matcher = NULL;
}

/* How often a value is expected before any is seen: small differences are likely. */
static uint32_t expected_count(int v)
{
    const int size = v < 128 ? v : 256 - v;
    return (uint32_t)(64 / (1 + size) + 1);
}

/* Half of what the chosen rows had and half of what is expected: with the former alone, rows that
 * once were left as they are, in a plain sky, would make that look cheap for all others below. */
static void set_prices(pare_png_matcher *m)
{
    double expected = 0;
    for (int v = 0; v < 256; v++)
        expected += expected_count(v);
    for (int v = 0; v < 256; v++) {
        const double seen = (m->counts[v] + 0.1) / m->symbols;
        double bits = -log2((seen + expected_count(v) / expected) / 2);
        if (bits > 15) bits = 15;
        if (bits < 1) bits = 1;
        m->prices[v] = (uint16_t)lrint(bits * BIT);
    }
    m->since_prices = 0;
}

static void fade(pare_png_matcher *m)
{
    m->symbols = 1;
    for (int v = 0; v < 256; v++) {
        m->counts[v] -= m->counts[v] / 2;
        m->symbols += m->counts[v];
    }
}

pare_err pare_png_matcher_start(pare_png_matcher *m, const uint8_t *data, size_t row_len)
{
    if (m->changes_cap < row_len) {
        change *changes = realloc(m->changes, row_len * sizeof *changes);
        if (!changes) return PARE_ERR_NO_MEMORY;
        m->changes = changes;
        m->changes_cap = row_len;
    }
    m->data = data;
    m->row_len = row_len;
    memset(m->heads, 0, sizeof m->heads);
    m->symbols = 1;
    for (int v = 0; v < 256; v++) {
        m->counts[v] = expected_count(v);
        m->symbols += m->counts[v];
    }
    set_prices(m);
    return PARE_OK;
}

void pare_png_matcher_slide(pare_png_matcher *m, size_t shift)
{
    for (size_t i = 0; i < sizeof m->heads / sizeof *m->heads; i++)
        m->heads[i] = m->heads[i] > shift ? m->heads[i] - (uint32_t)shift : 0;
}

static size_t match_len(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t len = 0;
    while (len + 8 <= most) {
        uint64_t x, y;
        memcpy(&x, a + len, 8);
        memcpy(&y, b + len, 8);
        if (x != y) break;
        len += 8;
    }
    while (len < most && a[len] == b[len])
        len++;
    return len;
}

/* One step of the parse: how many bytes are covered by a match at this position, 0 for a literal;
 * the position is entered into the table. */
static size_t find_match(pare_png_matcher *m, size_t at, size_t end, size_t *distance)
{
    if (end - at < MIN_LEN) return 0;
    uint32_t word;
    memcpy(&word, m->data + at, 4);
    const uint32_t slot = (word * 2654435761u) >> (32 - HASH_BITS);
    const uint32_t head = m->heads[slot];
    if (m->change_count < m->changes_cap) m->changes[m->change_count++] = (change){slot, head};
    m->heads[slot] = (uint32_t)at + 1;
    uint32_t there = 0;
    if (!head || at - (head - 1) > WINDOW) return 0;
    memcpy(&there, m->data + head - 1, 4);
    if (there != word) return 0; /* most often: only the hash is the same */
    const size_t most = end - at < MAX_LEN ? end - at : MAX_LEN;
    const size_t len = match_len(m->data + head - 1, m->data + at, most);
    *distance = at - (head - 1);
    return len >= MIN_LEN ? len : 0;
}

static unsigned log2_floor(size_t v)
{
    return 63u - (unsigned)__builtin_clzll(v | 1);
}

static uint64_t match_cost(size_t len, size_t distance)
{
    return (uint64_t)BIT * MATCH_BITS + BIT * log2_floor(distance) * 3 / 4 +
           BIT * log2_floor(len) / 4;
}

static uint64_t literals_cost(const pare_png_matcher *m, size_t at, size_t len, uint64_t limit)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < len && cost < limit; i++)
        cost += m->prices[m->data[at + i]];
    return cost;
}

uint64_t pare_png_matcher_cost(pare_png_matcher *m, size_t at, uint64_t limit)
{
    const size_t end = at + m->row_len;
    uint64_t cost = 0;
    m->change_count = 0;
    for (size_t i = at; i < end && cost < limit;) {
        size_t distance = 0;
        size_t len = find_match(m, i, end, &distance);
        if (len) {
            const uint64_t bits = match_cost(len, distance);
            if (literals_cost(m, i, len, bits) >= bits) {
                cost += bits;
                i += len;
                continue;
            }
        }
        cost += m->prices[m->data[i++]];
    }
    while (m->change_count > 0) {
        const change c = m->changes[--m->change_count];
        m->heads[c.slot] = c.old;
    }
    return cost;
}

void pare_png_matcher_learn(pare_png_matcher *m, size_t at)
{
    const size_t end = at + m->row_len;
    for (size_t i = at; i < end;) {
        size_t distance = 0;
        m->change_count = 0;
        const size_t len = find_match(m, i, end, &distance);
        m->symbols++;
        m->since_prices++;
        if (len) {
            const uint64_t bits = match_cost(len, distance);
            if (literals_cost(m, i, len, bits) >= bits) {
                i += len;
                continue;
            }
        }
        m->counts[m->data[i++]]++;
    }
    if (m->since_prices < PRICES_EVERY) return;
    set_prices(m);
    if (m->symbols > 8 * PRICES_EVERY) fade(m);
}
