// SPDX-License-Identifier: Apache-2.0
/* Matches through binary trees: the positions with the same hash form a tree that is sorted by the
 * bytes that follow and has the latest position as its root. Searching for a position inserts it
 * as the new root; the way down meets longer and longer matches (Storer and Szymanski; the
 * layout of two links a position is that of LHA and LZMA). */
#include "core/codec/deflate_matches.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = PARE_DEFLATE_WINDOW,
    HASH4_MAX_BITS = 16,
    HASH3_MAX_BITS = 18,
    HASH_MIN_BITS = 8,
    TOKENS_CAP = PARE_DEFLATE_SEGMENT_LEN * 6,
    MOST_TOKENS = 255 /* of one position */
};

/* Positions are kept + 1, so that 0 is none. */
struct pare_deflate_finder {
    const uint8_t *data; /* borrowed */
    size_t len, at;
    unsigned depth, long_len;
    unsigned hash4_bits, hash3_bits;
    unsigned last_len; /* longest match of the position before, and where it was */
    size_t last_distance;
    uint32_t heads4[1 << HASH4_MAX_BITS], heads3[1 << HASH3_MAX_BITS];
    uint32_t links[2 * WINDOW]; /* smaller, bigger */
    uint8_t counts[PARE_DEFLATE_SEGMENT_LEN];
    pare_deflate_token tokens[TOKENS_CAP];
};

pare_err pare_deflate_finder_open(pare_deflate_finder **out)
{
    *out = malloc(sizeof **out);
    return *out ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_deflate_finder_close(pare_deflate_finder **finder)
{
    free(*finder);
    *finder = NULL;
}

/* Little data needs no large tables, which would have to be cleared. */
static unsigned hash_bits(size_t len, unsigned most)
{
    unsigned bits = HASH_MIN_BITS;
    while (bits < most && (size_t)1 << bits < 2 * len)
        bits++;
    return bits;
}

void pare_deflate_finder_start(pare_deflate_finder *f, const uint8_t *buffer, size_t all_len,
                               unsigned depth, unsigned long_len)
{
    f->data = buffer;
    f->len = 0;
    f->at = 0;
    f->depth = depth;
    f->long_len = long_len;
    f->last_len = 0;
    f->hash4_bits = hash_bits(all_len, HASH4_MAX_BITS);
    f->hash3_bits = hash_bits(all_len, HASH3_MAX_BITS);
    memset(f->heads4, 0, sizeof *f->heads4 << f->hash4_bits);
    memset(f->heads3, 0, sizeof *f->heads3 << f->hash3_bits);
}

void pare_deflate_finder_fill(pare_deflate_finder *f, size_t len)
{
    f->len = len;
}

/* What falls out of the buffer is beyond the window: as good as none. */
static void slide_all(uint32_t *positions, size_t count, uint32_t shift)
{
    for (size_t i = 0; i < count; i++)
        positions[i] = positions[i] > shift ? positions[i] - shift : 0;
}

void pare_deflate_finder_slide(pare_deflate_finder *f, size_t shift)
{
    slide_all(f->heads4, (size_t)1 << f->hash4_bits, (uint32_t)shift);
    slide_all(f->heads3, (size_t)1 << f->hash3_bits, (uint32_t)shift);
    slide_all(f->links, 2 * WINDOW, (uint32_t)shift);
    f->at -= shift;
    f->len -= shift;
}

static uint32_t load4(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static uint32_t load3(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* How long a and b are equal, of which len bytes are known to be. */
static unsigned extend(const uint8_t *a, const uint8_t *b, unsigned len, unsigned most)
{
    while (len + 8 <= most) {
        uint64_t x, y;
        memcpy(&x, a + len, 8);
        memcpy(&y, b + len, 8);
        if (x != y) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return len + (unsigned)__builtin_ctzll(x ^ y) / 8;
#else
            return len + (unsigned)__builtin_clzll(x ^ y) / 8;
#endif
        }
        len += 8;
    }
    while (len < most && a[len] == b[len])
        len++;
    return len;
}

/* Matches of 4 and more bytes, and inserts the position. most >= 4. */
static pare_deflate_token *search_tree(pare_deflate_finder *f, size_t at, unsigned most,
                                       pare_deflate_token *out)
{
    const uint8_t *here = f->data + at;
    uint32_t *head = &f->heads4[(load4(here) * 2654435761u) >> (32 - f->hash4_bits)];
    uint32_t *smaller = &f->links[2 * (at % WINDOW)], *bigger = smaller + 1;
    unsigned smaller_len = 0, bigger_len = 0, best = PARE_DEFLATE_MIN_LEN;
    uint32_t next = *head;
    *head = (uint32_t)at + 1;
    for (unsigned steps = f->depth; next && steps > 0; steps--) {
        const size_t there_at = next - 1;
        if (at - there_at >= WINDOW) break;
        const uint8_t *there = f->data + there_at;
        uint32_t *links = &f->links[2 * (there_at % WINDOW)];
        unsigned len = smaller_len < bigger_len ? smaller_len : bigger_len;
        if (there[len] == here[len]) {
            len = extend(there, here, len + 1, most);
            if (len > best) {
                best = len;
                *out++ = pare_deflate_match(len, (unsigned)(at - there_at));
            }
            if (len == most || len >= f->long_len) { /* takes the place of the equal one */
                *smaller = links[0];
                *bigger = links[1];
                return out;
            }
        }
        if (there[len] < here[len]) {
            *smaller = next;
            smaller = links + 1;
            smaller_len = len;
            next = *smaller;
        } else {
            *bigger = next;
            bigger = links;
            bigger_len = len;
            next = *bigger;
        }
    }
    *smaller = *bigger = 0;
    return out;
}

/* Whether the position goes on in a long match of the position before: then that is the only match
 * given, and the position takes the place of its partner, if that is the root of the tree, without
 * a search. */
static bool follow(pare_deflate_finder *f, size_t at, unsigned most, pare_deflate_token *out)
{
    if (f->last_len <= f->long_len) return false;
    const size_t there_at = at - f->last_distance;
    uint32_t *head = &f->heads4[(load4(f->data + at) * 2654435761u) >> (32 - f->hash4_bits)];
    if (*head != there_at + 1) return false;
    f->last_len = extend(f->data + there_at, f->data + at, f->last_len - 1, most);
    *head = (uint32_t)at + 1;
    memmove(&f->links[2 * (at % WINDOW)], &f->links[2 * (there_at % WINDOW)], 2 * sizeof *f->links);
    *out = pare_deflate_match(f->last_len, (unsigned)f->last_distance);
    return true;
}

static unsigned search(pare_deflate_finder *f, size_t at, pare_deflate_token *out)
{
    const size_t left = f->len - at;
    if (left < PARE_DEFLATE_MIN_LEN + 1) return 0; /* too short to hash */
    pare_deflate_token *end = out;
    const uint32_t word = load3(f->data + at);
    uint32_t *head = &f->heads3[(word * 2654435761u) >> (32 - f->hash3_bits)];
    const uint32_t latest = *head;
    const unsigned most = left < PARE_DEFLATE_MAX_LEN ? (unsigned)left : PARE_DEFLATE_MAX_LEN;
    *head = (uint32_t)at + 1;
    if (follow(f, at, most, out)) return 1;
    if (latest && at - (latest - 1) < WINDOW && load3(f->data + latest - 1) == word) {
        *end++ = pare_deflate_match(PARE_DEFLATE_MIN_LEN, (unsigned)(at - (latest - 1)));
    }
    end = search_tree(f, at, most, end);
    f->last_len = end > out ? pare_deflate_token_len(end[-1]) : 0;
    f->last_distance = end > out ? pare_deflate_token_distance(end[-1]) : 0;
    return (unsigned)(end - out);
}

void pare_deflate_finder_next(pare_deflate_finder *f, pare_deflate_matches *out)
{
    size_t len = 0, used = 0;
    while (len < PARE_DEFLATE_SEGMENT_LEN && f->at < f->len &&
           used + MOST_TOKENS + 1 < TOKENS_CAP) {
        unsigned found = search(f, f->at++, f->tokens + used);
        if (found > MOST_TOKENS) found = MOST_TOKENS;
        f->counts[len++] = (uint8_t)found;
        used += found;
    }
    *out = (pare_deflate_matches){f->tokens, f->counts, len, used};
}
