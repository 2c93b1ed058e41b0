// SPDX-License-Identifier: Apache-2.0
/* Orders of palette colours. */
#include "core/codec/png_palette.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* How often two colours touch: symmetric; the diagonal stays 0. */
typedef struct touches {
    uint32_t of[256][256];
} touches;

/* How often each colour is used. */
static void count_pixels(const pare_png_raster *index, uint32_t pixels[256])
{
    memset(pixels, 0, 256 * sizeof *pixels);
    for (uint32_t y = 0; y < index->height_px; y++) {
        const uint8_t *row = pare_png_raster_row(index, y);
        for (uint32_t x = 0; x < index->width_px; x++)
            pixels[row[x]]++;
    }
}

static void count_touches(const pare_png_raster *index, touches *t)
{
    const unsigned count = index->palette.count;
    memset(t->of, 0, count * sizeof *t->of);
    for (uint32_t y = 0; y < index->height_px; y++) {
        const uint8_t *row = pare_png_raster_row(index, y);
        const uint8_t *up = y ? pare_png_raster_row(index, y - 1) : row;
        for (uint32_t x = 0; x < index->width_px; x++) {
            t->of[row[x]][up[x]]++;
            if (x) t->of[row[x]][row[x - 1]]++;
        }
    }
    for (unsigned a = 0; a < count; a++) {
        for (unsigned b = 0; b < a; b++)
            t->of[a][b] = t->of[b][a] = t->of[a][b] + t->of[b][a];
        t->of[a][a] = 0;
    }
}

static int luma(const uint8_t *c)
{
    return (c[0] * 299 + c[1] * 587 + c[2] * 114) * 4 + c[3];
}

/* Insertion sort, stable: bigger keys first. */
static void sort_by(const int64_t *key, unsigned count, uint8_t *order)
{
    for (unsigned i = 1; i < count; i++) {
        const uint8_t moving = order[i];
        unsigned at = i;
        for (; at > 0 && key[order[at - 1]] < key[moving]; at--)
            order[at] = order[at - 1];
        order[at] = moving;
    }
}

/* Pinho and Neves, "A note on Zeng's technique for color reindexing of palette-based images",
 * IEEE Signal Processing Letters 11 (2004): grow a chain at both ends, always by the colour that
 * touches the chain most, at the end where it touches the nearer half more. */
static void grow_chain(const touches *t, unsigned count, uint8_t *order)
{
    uint8_t chain[512];
    unsigned first = 256, last = 256, start = 0;
    bool taken[256] = {false};
    uint64_t sums[256] = {0}, best = 0;
    for (unsigned a = 0; a < count; a++) {
        uint64_t sum = 0;
        for (unsigned b = 0; b < count; b++)
            sum += t->of[a][b];
        if (sum > best) {
            best = sum;
            start = a;
        }
    }
    chain[256] = (uint8_t)start;
    taken[start] = true;
    for (unsigned a = 0; a < count; a++)
        sums[a] = t->of[a][start];
    while (last - first + 1 < count) {
        unsigned next = 256;
        for (unsigned a = 0; a < count; a++) {
            if (!taken[a] && (next == 256 || sums[a] > sums[next])) next = a;
        }
        int64_t lean = 0; /* positive: closer to the end of the chain */
        for (unsigned i = first; i <= last; i++) {
            lean += ((int64_t)i * 2 - first - last) * t->of[next][chain[i]];
        }
        if (lean > 0)
            chain[++last] = (uint8_t)next;
        else
            chain[--first] = (uint8_t)next;
        taken[next] = true;
        for (unsigned a = 0; a < count; a++)
            sums[a] += t->of[a][next];
    }
    memcpy(order, chain + first, count);
}

static pare_err order_neighbor(const pare_png_raster *index, uint8_t *order)
{
    touches *t = malloc(sizeof *t);
    if (!t) return PARE_ERR_NO_MEMORY;
    count_touches(index, t);
    grow_chain(t, index->palette.count, order);
    free(t);
    return PARE_OK;
}

static int64_t distance(const uint8_t *a, const uint8_t *b)
{
    int64_t sum = 0;
    for (int c = 0; c < 4; c++)
        sum += (int64_t)(a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

static void order_closest(const pare_png_raster *index, uint8_t *order)
{
    const pare_png_palette *palette = &index->palette;
    const unsigned count = palette->count;
    uint32_t pixels[256];
    unsigned start = 0;
    count_pixels(index, pixels);
    for (unsigned i = 1; i < count; i++) {
        if (pixels[i] > pixels[start]) start = i;
    }
    order[0] = (uint8_t)start;
    for (unsigned i = 0; i < count; i++) {
        if (i) order[i] = (uint8_t)(i <= start ? i - 1 : i);
    }
    for (unsigned i = 1; i < count; i++) {
        unsigned best = i;
        int64_t best_distance = INT64_MAX;
        for (unsigned j = i; j < count; j++) {
            const int64_t d = distance(palette->colors[order[i - 1]], palette->colors[order[j]]);
            if (d < best_distance) {
                best_distance = d;
                best = j;
            }
        }
        const uint8_t swap = order[i];
        order[i] = order[best];
        order[best] = swap;
    }
}

static void order_original(const pare_png_palette *palette, const pare_png_palette *original,
                           uint8_t *order)
{
    int64_t key[256];
    for (unsigned i = 0; i < palette->count; i++) {
        key[i] = -256;
        for (unsigned j = original->count; j-- > 0;) {
            const bool both_clear = !palette->colors[i][3] && !original->colors[j][3];
            if (both_clear || memcmp(palette->colors[i], original->colors[j], 4) == 0) {
                key[i] = -(int64_t)j;
            }
        }
    }
    sort_by(key, palette->count, order);
}

static void order_popular(const pare_png_raster *index, uint8_t *order)
{
    uint32_t pixels[256];
    int64_t key[256];
    count_pixels(index, pixels);
    for (unsigned i = 0; i < index->palette.count; i++)
        key[i] = pixels[i];
    sort_by(key, index->palette.count, order);
}

static void order_luma(const pare_png_palette *palette, uint8_t *order)
{
    int64_t key[256];
    for (unsigned i = 0; i < palette->count; i++)
        key[i] = -luma(palette->colors[i]);
    sort_by(key, palette->count, order);
}

static pare_err choose_order(const pare_png_reindex *reindex, uint8_t *order)
{
    const pare_png_raster *index = reindex->index;
    const pare_png_palette *palette = &index->palette;
    int64_t key[256];
    for (unsigned i = 0; i < palette->count; i++)
        order[i] = (uint8_t)i;
    switch (reindex->order) {
    case PARE_PNG_ORDER_POPULAR: order_popular(index, order); break;
    case PARE_PNG_ORDER_LUMA: order_luma(palette, order); break;
    case PARE_PNG_ORDER_NEIGHBOR: PARE_TRY(order_neighbor(index, order)); break;
    case PARE_PNG_ORDER_CLOSEST: order_closest(index, order); break;
    case PARE_PNG_ORDER_ORIGINAL: order_original(palette, reindex->original, order); break;
    default: break;
    }
    for (unsigned i = 0; i < palette->count; i++)
        key[i] = palette->colors[i][3] < 255;
    sort_by(key, palette->count, order);
    return PARE_OK;
}

uint8_t pare_png_palette_depth(unsigned count)
{
    return count <= 2 ? 1 : count <= 4 ? 2 : count <= 16 ? 4 : 8;
}

/* What makes the rows of another order. */
typedef struct reordering {
    const pare_png_raster *index; /* borrowed */
    uint8_t depth_bits;
    uint8_t map[256]; /* from its numbers to those of the new order */
} reordering;

static void make_row(void *maker, uint32_t y, uint8_t *out)
{
    const reordering *how = maker;
    pare_png_pack_row(pare_png_raster_row(how->index, y), how->index->width_px, how->map,
                      how->depth_bits, out);
}

/* Where rows are made when they are wanted, what makes them is in the raster's own memory. */
static pare_err give_rows(reordering *how, pare_png_raster *out)
{
    PARE_TRY(pare_png_raster_shape(out, how->index->width_px, how->index->height_px, PNG_PALETTE,
                                   how->depth_bits));
    PARE_TRY(pare_png_raster_make(out, make_row, how));
    if (!out->make_row) return PARE_OK;
    out->owned = malloc(sizeof *how);
    if (!out->owned) return PARE_ERR_NO_MEMORY;
    out->maker = memcpy(out->owned, how, sizeof *how);
    return PARE_OK;
}

pare_err pare_png_palette_apply(const pare_png_reindex *reindex, pare_png_raster *out)
{
    const pare_png_raster *index = reindex->index;
    reordering how = {.index = index, .depth_bits = reindex->depth_bits};
    uint8_t order[256];
    *out = (pare_png_raster){0};
    PARE_TRY(choose_order(reindex, order));

    for (unsigned i = 0; i < index->palette.count; i++)
        how.map[order[i]] = (uint8_t)i;
    PARE_TRY(give_rows(&how, out));
    out->palette.count = index->palette.count;
    for (unsigned i = 0; i < index->palette.count; i++)
        memcpy(out->palette.colors[i], index->palette.colors[order[i]], 4);
    return PARE_OK;
}

void pare_png_palette_read(pare_bytes file, pare_png_palette *out)
{
    *out = (pare_png_palette){0};
    size_t at = 8;
    while (at <= file.len && file.len - at >= 12) {
        const uint8_t *chunk = file.data + at;
        const size_t len = pare_be32(chunk);
        if (len > file.len - at - 12 || memcmp(chunk + 4, "IDAT", 4) == 0) return;
        if (memcmp(chunk + 4, "PLTE", 4) == 0 && len % 3 == 0 && len <= 768) {
            out->count = (uint16_t)(len / 3);
            for (unsigned i = 0; i < out->count; i++) {
                memcpy(out->colors[i], chunk + 8 + (size_t)i * 3, 3);
                out->colors[i][3] = 255;
            }
        } else if (memcmp(chunk + 4, "tRNS", 4) == 0) {
            for (size_t i = 0; i < len && i < out->count; i++)
                out->colors[i][3] = chunk[8 + i];
        }
        at += len + 12;
    }
}
