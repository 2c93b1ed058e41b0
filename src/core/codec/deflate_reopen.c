// SPDX-License-Identifier: Apache-2.0
/* Which block of a deflate stream is the last one is only known to who reads all of them: here
 * symbols are skipped, with their extra bits, and nothing is made of them. */
#include "core/codec/deflate_reopen.h"

#include <string.h>

#include "base/checked.h"
#include "core/codec/deflate_codes.h"

enum {
    MAX_BITS = 15,
    QUICK_BITS = 11, /* longer codes are rare */
    LITLENS = 288,
    MOST_LENS = LITLENS + 32,
    SLACK = 16, /* bytes behind the data that may be read with them */
    /* What is known of a symbol: the bits of its code and its extra bits below, then */
    BITS = 31,
    IS_MATCH = 32, /* a distance follows */
    IS_END = 64
};

/* A canonical code. */
typedef struct code {
    uint8_t quick[1 << QUICK_BITS]; /* of what begins with these bits; 0: not a short code */
    uint16_t counts[MAX_BITS + 1];  /* of codes of each length */
    uint16_t symbols[LITLENS];      /* in the order of their codes */
    uint8_t extras[LITLENS];        /* to add to the bits of a symbol's code */
} code;

/* The bits of a stream from its first on. */
typedef struct walk {
    const uint8_t *data; /* with SLACK */
    uint64_t at, end;
    code litlens, dists;
} walk;

/* At least 57 of them. */
static uint64_t peek(const walk *w)
{
    return pare_le64(w->data + w->at / 8) >> w->at % 8;
}

static unsigned take(walk *w, unsigned count)
{
    const unsigned value = (unsigned)(peek(w) & ((1u << count) - 1));
    w->at += count;
    return value;
}

static unsigned turn(unsigned value, unsigned bits)
{
    unsigned turned = 0;
    for (; bits > 0; bits--, value >>= 1)
        turned = turned << 1 | (value & 1);
    return turned;
}

/* False when more codes are asked for than there are. c->extras is set. */
static bool make_code(const uint8_t *lens, unsigned count, code *c)
{
    uint16_t first[MAX_BITS + 2] = {0}; /* of the symbols of each length */
    unsigned next[MAX_BITS + 2] = {0};  /* codes */
    memset(c->counts, 0, sizeof c->counts);
    memset(c->quick, 0, sizeof c->quick);
    for (unsigned i = 0; i < count; i++)
        c->counts[lens[i]]++;
    c->counts[0] = 0;
    for (unsigned b = 1; b <= MAX_BITS; b++) {
        if (next[b] + c->counts[b] > 1u << b) return false;
        next[b + 1] = (next[b] + c->counts[b]) << 1;
        first[b + 1] = (uint16_t)(first[b] + c->counts[b]);
    }
    for (unsigned i = 0; i < count; i++) {
        const unsigned len = lens[i];
        if (len == 0) continue;
        c->symbols[first[len]++] = (uint16_t)i;
        const unsigned begin = turn(next[len]++, len);
        for (unsigned v = begin; len <= QUICK_BITS && v < 1 << QUICK_BITS; v += 1u << len)
            c->quick[v] = (uint8_t)(c->extras[i] + len);
    }
    return true;
}

/* The symbol whose code begins `bits`; its length, 0 for none. */
static unsigned find(const code *c, uint64_t bits, unsigned *len)
{
    unsigned value = 0, first = 0, index = 0;
    for (unsigned b = 1; b <= MAX_BITS; b++, bits >>= 1) {
        value = value << 1 | (bits & 1);
        if (value - first < c->counts[b]) {
            *len = b;
            return c->symbols[index + value - first];
        }
        index += c->counts[b];
        first = (first + c->counts[b]) << 1;
    }
    *len = 0;
    return 0;
}

/* What is known of the symbol whose code begins `bits`; 0 for none. */
static unsigned look_up(const code *c, uint64_t bits)
{
    const unsigned quick = c->quick[bits & ((1 << QUICK_BITS) - 1)];
    unsigned len;
    if (quick) return quick;
    const unsigned symbol = find(c, bits, &len);
    return len ? c->extras[symbol] + len : 0;
}

static void set_extras(walk *w)
{
    memset(w->litlens.extras, 0, sizeof w->litlens.extras);
    memset(w->dists.extras, 0, sizeof w->dists.extras);
    w->litlens.extras[PARE_DEFLATE_END] = IS_END;
    for (unsigned s = PARE_DEFLATE_LEN_0; s < PARE_DEFLATE_LITLENS; s++) {
        w->litlens.extras[s] = (uint8_t)(IS_MATCH + pare_deflate_len_extra(s - PARE_DEFLATE_LEN_0));
    }
    for (unsigned s = 0; s < PARE_DEFLATE_DISTS; s++)
        w->dists.extras[s] = (uint8_t)pare_deflate_dist_extra(s);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static bool skip_stored(walk *w)
{
    w->at = (w->at + 7) / 8 * 8;
    if (w->at > w->end) return false;
    const unsigned len = take(w, 16);
    w->at += 16 + (uint64_t)len * 8;
    return true;
}

/* The lengths of both codes, described by a third (RFC 1951, 3.2.7). */
static bool read_lens(walk *w, const code *c, uint8_t *lens, unsigned count)
{
    for (unsigned i = 0; i < count;) {
        unsigned bits, repeats = 1;
        uint8_t value = 0;
        if (w->at > w->end) return false;
        const unsigned symbol = find(c, peek(w), &bits);
        if (bits == 0) return false;
        w->at += bits;
        if (symbol < 16) {
            value = (uint8_t)symbol;
        } else if (symbol == 16) {
            if (i == 0) return false;
            value = lens[i - 1];
            repeats = 3 + take(w, 2);
        } else {
            repeats = symbol == 17 ? 3 + take(w, 3) : 11 + take(w, 7);
        }
        if (repeats > count - i) return false;
        memset(lens + i, value, repeats);
        i += repeats;
    }
    return true;
}

static bool read_codes(walk *w)
{
    uint8_t lens[MOST_LENS] = {0}, own[PARE_DEFLATE_LEN_SYMBOLS] = {0};
    const unsigned litlens = PARE_DEFLATE_LEN_0 + take(w, 5), dists = 1 + take(w, 5);
    const unsigned count = 4 + take(w, 4);
    for (unsigned i = 0; i < count && w->at <= w->end; i++)
        own[pare_deflate_len_order[i]] = (uint8_t)take(w, 3);
    return make_code(own, sizeof own, &w->dists) &&
           read_lens(w, &w->dists, lens, litlens + dists) &&
           make_code(lens, litlens, &w->litlens) && make_code(lens + litlens, dists, &w->dists);
}

static bool set_fixed_codes(walk *w)
{
    pare_deflate_codes fixed;
    pare_deflate_fixed_codes(&fixed);
    return make_code(fixed.litlens, LITLENS, &w->litlens) &&
           make_code(fixed.dists, PARE_DEFLATE_DISTS, &w->dists);
}

static bool skip_symbols(walk *w)
{
    while (w->at <= w->end) {
        const uint64_t bits = peek(w);
        const unsigned litlen = look_up(&w->litlens, bits);
        w->at += litlen & BITS;
        if (litlen & IS_MATCH) {
            const unsigned dist = look_up(&w->dists, bits >> (litlen & BITS));
            if (dist == 0) return false;
            w->at += dist;
        } else if (litlen & IS_END || litlen == 0) {
            return litlen != 0;
        }
    }
    return false;
}

/* Up to the end of the last block; *last: where that begins. */
static bool skip_blocks(walk *w, uint64_t *last)
{
    bool is_good = true;
    for (unsigned is_last = 0; is_good && !is_last;) {
        *last = w->at;
        if (w->at > w->end) return false;
        is_last = take(w, 1);
        switch (take(w, 2)) {
        case 0: is_good = skip_stored(w); break;
        case 1: is_good = set_fixed_codes(w) && skip_symbols(w); break;
        case 2: is_good = read_codes(w) && skip_symbols(w); break;
        default: is_good = false;
        }
    }
    return is_good && w->at <= w->end && w->end - w->at < 8;
}

pare_err pare_deflate_reopen(pare_buf *out, size_t begin)
{
    static const uint8_t EMPTY[] = {0, 0, 0, 0xff, 0xff};
    uint64_t last;
    PARE_TRY(pare_buf_reserve(out, SLACK));
    memset(out->data + out->len, 0, SLACK);
    uint8_t *data = out->data + begin;
    walk w = {.data = data, .end = (uint64_t)(out->len - begin) * 8};
    set_extras(&w);
    if (!skip_blocks(&w, &last)) return PARE_ERR_INTERNAL;
    data[last / 8] &= (uint8_t) ~(1u << last % 8);
    const unsigned unused = (unsigned)(w.end - w.at);
    out->data[out->len - 1] &= (uint8_t)(0xff >> unused);
    /* three bits, zeros, begin a stored block, which goes on at the next whole byte */
    const size_t skip = unused >= 3 ? 1 : 0;
    return pare_buf_append(out, EMPTY + skip, sizeof EMPTY - skip);
}
