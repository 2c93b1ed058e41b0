// SPDX-License-Identifier: Apache-2.0
/* LZW encoding for GIF. */
#include "core/codec/gif_lzw.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CODES = 4096,
    SLOT_BITS = 14,
    SLOTS = 1 << SLOT_BITS,
    NONE = 0xffff,
    FRONTIER = 24,      /* strings followed at the same time while two ways are open */
    BLOCK = 255,        /* bytes of a data sub-block */
    WINDOW_CODES = 256, /* a full table is judged by so many codes */
};

struct pare_gif_lzw {
    /* string and next index -> longer string: parent << 20 | index << 12 | code */
    uint32_t slots[SLOTS];
    uint16_t parent[CODES];
    uint8_t root[CODES]; /* first index of the string */
    unsigned min_bits, width, next;
    /* The entry that the last code has opened: its last index comes with the next code. */
    uint16_t open_parent, open_code;

    pare_buf *out;
    size_t block_at; /* of the length byte of the sub-block that is filled */
    uint32_t bits;
    unsigned bit_count;
    size_t code_count;
    bool was_full;
    /* since the table was begun, and since the last judgement of a full one */
    uint64_t cycle_bits, cycle_pixels, window_bits, window_pixels;
    unsigned window_codes;
};

typedef struct match {
    size_t len;
    uint16_t code;
    uint8_t root;
} match;

pare_err pare_gif_lzw_create(pare_gif_lzw **out)
{
    *out = malloc(sizeof **out);
    return *out ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_gif_lzw_destroy(pare_gif_lzw **lzw)
{
    free(*lzw);
    *lzw = NULL;
}

/* ---- the table of strings ---- */

static uint32_t slot_of(uint32_t key)
{
    return key * 2654435761u >> (32 - SLOT_BITS);
}

static uint16_t find(const pare_gif_lzw *z, uint16_t code, uint8_t index)
{
    const uint32_t key = (uint32_t)code << 8 | index;
    for (uint32_t slot = slot_of(key);; slot = (slot + 1) & (SLOTS - 1)) {
        const uint32_t entry = z->slots[slot];
        if (entry >> 12 == key) return entry == UINT32_MAX ? NONE : (uint16_t)(entry & 0xfff);
        if (entry == UINT32_MAX) return NONE;
    }
}

static void insert(pare_gif_lzw *z, uint16_t parent, uint8_t index, uint16_t code)
{
    const uint32_t key = (uint32_t)parent << 8 | index;
    uint32_t slot = slot_of(key);
    while (z->slots[slot] != UINT32_MAX)
        slot = (slot + 1) & (SLOTS - 1);
    z->slots[slot] = key << 12 | code;
    z->parent[code] = parent;
    z->root[code] = z->root[parent];
}

static void begin_table(pare_gif_lzw *z)
{
    memset(z->slots, 0xff, sizeof z->slots);
    z->width = z->min_bits + 1;
    z->next = (1u << z->min_bits) + 2;
    z->open_parent = z->open_code = NONE;
    z->cycle_bits = z->cycle_pixels = z->window_bits = z->window_pixels = 0;
    z->window_codes = 0;
}

/* The string of node with one index more; the open entry ends with the root of what follows it. */
static uint16_t extend(const pare_gif_lzw *z, uint16_t node, uint8_t index, uint8_t root)
{
    const uint16_t longer = find(z, node, index);
    if (longer != NONE || node != z->open_parent || index != root) return longer;
    return z->open_code;
}

/* ---- matching ---- */

static match longest_from(const pare_gif_lzw *z, const pare_gif_pixels *p, size_t at)
{
    uint16_t nodes[2][2 * FRONTIER];
    uint8_t roots[2][2 * FRONTIER];
    unsigned now = 0, count = 1;
    nodes[0][0] = roots[0][0] = p->first[at];
    if (p->second[at] != p->first[at]) {
        nodes[0][1] = roots[0][1] = p->second[at];
        count = 2;
    }
    size_t end = at + 1;
    for (; end < p->count; end++) {
        const uint8_t a = p->first[end], b = p->second[end];
        const unsigned then = 1 - now;
        unsigned longer = 0;
        for (unsigned i = 0; i < count; i++) {
            const uint8_t root = roots[now][i];
            const uint16_t node = extend(z, nodes[now][i], a, root);
            if (node != NONE) nodes[then][longer] = node, roots[then][longer++] = root;
            if (a == b) continue;
            const uint16_t other = extend(z, nodes[now][i], b, root);
            if (other != NONE) nodes[then][longer] = other, roots[then][longer++] = root;
        }
        if (longer == 0) break;
        count = longer < FRONTIER ? longer : FRONTIER;
        now = then;
    }
    return (match){end - at, nodes[now][0], roots[now][0]};
}

/* The open entry gets its last index. */
static void close_entry(pare_gif_lzw *z, uint8_t index)
{
    if (z->open_parent == NONE) return;
    if (find(z, z->open_parent, index) == NONE) insert(z, z->open_parent, index, z->open_code);
    z->open_parent = z->open_code = NONE;
}

/* A shorter match may allow a longer one after it. Only the next match is looked at. */
static match look_back(pare_gif_lzw *z, const pare_gif_pixels *p, size_t at, match best,
                       unsigned lookback)
{
    match one = best, chosen = best;
    size_t most = 0;
    for (unsigned i = 0; i <= lookback && one.len > 0 && at + one.len < p->count; i++) {
        if (z->next < CODES) z->open_parent = one.code, z->open_code = (uint16_t)z->next;
        const size_t both = one.len + longest_from(z, p, at + one.len).len;
        if (both > most) {
            most = both;
            chosen = one;
        }
        if (one.len == 1) break;
        one.code = z->parent[one.code];
        one.len--;
    }
    z->open_parent = z->open_code = NONE;
    return chosen;
}

/* ---- writing ---- */

static pare_err put_byte(pare_gif_lzw *z, uint8_t byte)
{
    pare_buf *out = z->out;
    if (out->data[z->block_at] == BLOCK) {
        z->block_at = out->len;
        PARE_TRY(pare_buf_append_byte(out, 0));
    }
    PARE_TRY(pare_buf_append_byte(out, byte));
    out->data[z->block_at]++;
    return PARE_OK;
}

static pare_err put_code(pare_gif_lzw *z, unsigned code)
{
    z->bits |= (uint32_t)code << z->bit_count;
    z->bit_count += z->width;
    z->cycle_bits += z->width;
    z->window_bits += z->width;
    z->code_count++;
    while (z->bit_count >= 8) {
        PARE_TRY(put_byte(z, (uint8_t)z->bits));
        z->bits >>= 8;
        z->bit_count -= 8;
    }
    return PARE_OK;
}

/* Writes the match and opens the entry of its string and the index that will follow. */
static pare_err put_match(pare_gif_lzw *z, const match *m)
{
    PARE_TRY(put_code(z, m->code));
    z->cycle_pixels += m->len;
    z->window_pixels += m->len;
    z->window_codes++;
    if (z->next >= CODES) {
        z->was_full = true;
        return PARE_OK;
    }
    z->open_parent = m->code;
    z->open_code = (uint16_t)z->next;
    if (z->next == 1u << z->width && z->width < 12) z->width++;
    z->next++;
    return PARE_OK;
}

/* Does the full table code worse now than in the mean since it was begun? Then beginning it anew,
 * the cost of learning included, is expected to be better. */
static bool is_stale(pare_gif_lzw *z, double patience)
{
    if (z->next < CODES) {
        z->window_bits = z->window_pixels = z->window_codes = 0;
        return false;
    }
    if (z->window_codes < WINDOW_CODES) return false;
    const double now = (double)z->window_bits * (double)z->cycle_pixels;
    const double mean = (double)z->cycle_bits * (double)z->window_pixels;
    z->window_bits = z->window_pixels = z->window_codes = 0;
    return now > mean * patience;
}

static pare_err finish(pare_gif_lzw *z)
{
    PARE_TRY(put_code(z, (1u << z->min_bits) + 1));
    if (z->bit_count > 0) PARE_TRY(put_byte(z, (uint8_t)z->bits));
    return pare_buf_append_byte(z->out, 0);
}

pare_err pare_gif_lzw_encode(pare_gif_lzw *z, const pare_gif_pixels *pixels,
                             const pare_gif_lzw_params *params, pare_buf *out, size_t *code_count)
{
    const unsigned clear = 1u << params->min_bits;
    bool was_begun_again = false;
    z->min_bits = params->min_bits;
    z->out = out;
    z->bits = z->bit_count = 0;
    z->code_count = 0;
    z->was_full = false;
    for (unsigned i = 0; i < clear; i++)
        z->root[i] = (uint8_t)i;
    begin_table(z);
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)params->min_bits));
    z->block_at = out->len;
    PARE_TRY(pare_buf_append_byte(out, 0));
    PARE_TRY(put_code(z, clear));
    for (size_t at = 0; at < pixels->count;) {
        match m = longest_from(z, pixels, at);
        close_entry(z, m.root);
        if (params->lookback > 0 && m.len > 1) m = look_back(z, pixels, at, m, params->lookback);
        PARE_TRY(put_match(z, &m));
        at += m.len;
        if (at < pixels->count && is_stale(z, params->patience)) {
            PARE_TRY(put_code(z, clear));
            begin_table(z);
            was_begun_again = true;
        }
    }
    if (code_count)
        *code_count = was_begun_again || z->was_full ? 0 : z->code_count + 1; /* the end */
    return finish(z);
}

uint64_t pare_gif_lzw_bits(size_t code_count, unsigned min_bits)
{
    /* The first code clears, the last ends; after the k-th between them, next is first + k. */
    uint64_t bits = min_bits + 1;
    unsigned width = min_bits + 1;
    size_t next = ((size_t)1 << min_bits) + 2;
    for (size_t left = code_count > 0 ? code_count - 1 : 0; left > 0;) {
        const size_t until = ((size_t)1 << width) + 1 - next; /* codes of this width */
        const size_t count = left < until || width == 12 ? left : until;
        bits += (uint64_t)count * width;
        next += count;
        left -= count;
        width++;
    }
    return bits;
}
