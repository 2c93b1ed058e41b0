// SPDX-License-Identifier: Apache-2.0
/* Orders of palette colours. */
#include "core/codec/png_palette.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* How often two colours touch, and how often each is used. */
typedef struct usage {
    uint32_t touch[256][256]; /* symmetric; the diagonal stays 0 */
    uint32_t pixels[256];
} usage;

static void count_usage(const pare_png_raster *index, usage *use)
{
    memset(use, 0, sizeof *use);
    for (uint32_t y = 0; y < index->height_px; y++) {
        const uint8_t *row = pare_png_raster_row(index, y);
        const uint8_t *up = y ? pare_png_raster_row(index, y - 1) : row;
        for (uint32_t x = 0; x < index->width_px; x++) {
            use->pixels[row[x]]++;
            use->touch[row[x]][up[x]]++;
            if (x) use->touch[row[x]][row[x - 1]]++;
        }
    }
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < a; b++) {
            use->touch[a][b] = use->touch[b][a] = use->touch[a][b] + use->touch[b][a];
        }
        use->touch[a][a] = 0;
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
static void order_neighbor(const usage *use, unsigned count, uint8_t *order)
{
    uint8_t chain[512];
    unsigned first = 256, last = 256, start = 0;
    bool taken[256] = {false};
    uint64_t sums[256] = {0}, best = 0;
    for (unsigned a = 0; a < count; a++) {
        uint64_t sum = 0;
        for (unsigned b = 0; b < count; b++)
            sum += use->touch[a][b];
        if (sum > best) {
            best = sum;
            start = a;
        }
    }
    chain[256] = (uint8_t)start;
    taken[start] = true;
    for (unsigned a = 0; a < count; a++)
        sums[a] = use->touch[a][start];
    while (last - first + 1 < count) {
        unsigned next = 256;
        for (unsigned a = 0; a < count; a++) {
            if (!taken[a] && (next == 256 || sums[a] > sums[next])) next = a;
        }
        int64_t lean = 0; /* positive: closer to the end of the chain */
        for (unsigned i = first; i <= last; i++) {
            lean += ((int64_t)i * 2 - first - last) * use->touch[next][chain[i]];
        }
        if (lean > 0)
            chain[++last] = (uint8_t)next;
        else
            chain[--first] = (uint8_t)next;
        taken[next] = true;
        for (unsigned a = 0; a < count; a++)
            sums[a] += use->touch[a][next];
    }
    memcpy(order, chain + first, count);
}

static int64_t distance(const uint8_t *a, const uint8_t *b)
{
    int64_t sum = 0;
    for (int c = 0; c < 4; c++)
        sum += (int64_t)(a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

static void order_closest(const pare_png_palette *palette, const usage *use, uint8_t *order)
{
    const unsigned count = palette->count;
    unsigned start = 0;
    for (unsigned i = 1; i < count; i++) {
        if (use->pixels[i] > use->pixels[start]) start = i;
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

static void choose_order(const pare_png_reindex *reindex, const usage *use, uint8_t *order)
{
    const pare_png_palette *palette = &reindex->index->palette;
    int64_t key[256];
    for (unsigned i = 0; i < palette->count; i++)
        order[i] = (uint8_t)i;
    switch (reindex->order) {
    case PARE_PNG_ORDER_POPULAR:
        for (unsigned i = 0; i < palette->count; i++)
            key[i] = use->pixels[i];
        sort_by(key, palette->count, order);
        break;
    case PARE_PNG_ORDER_LUMA:
        for (unsigned i = 0; i < palette->count; i++)
            key[i] = -luma(palette->colors[i]);
        sort_by(key, palette->count, order);
        break;
    case PARE_PNG_ORDER_NEIGHBOR: order_neighbor(use, palette->count, order); break;
    case PARE_PNG_ORDER_CLOSEST: order_closest(palette, use, order); break;
    case PARE_PNG_ORDER_ORIGINAL: order_original(palette, reindex->original, order); break;
    default: break;
    }
    for (unsigned i = 0; i < palette->count; i++)
        key[i] = palette->colors[i][3] < 255;
    sort_by(key, palette->count, order);
}

uint8_t pare_png_palette_depth(unsigned count)
{
    return count <= 2 ? 1 : count <= 4 ? 2 : count <= 16 ? 4 : 8;
}

/* Rows of so many bytes are made each time that they are wanted. */
enum { HELD_BYTES_MAX = 8 << 20 };

/* What makes them: in the raster's own memory. */
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

static pare_err give_rows(reordering *how, pare_png_raster *out)
{
    const pare_png_raster *index = how->index;
    PARE_TRY(pare_png_raster_shape(out, index->width_px, index->height_px, PNG_PALETTE,
                                   how->depth_bits));
    if (out->row_len * index->height_px > HELD_BYTES_MAX) {
        out->owned = malloc(sizeof *how);
        if (!out->owned) return PARE_ERR_NO_MEMORY;
        memcpy(out->owned, how, sizeof *how);
        out->make_row = make_row;
        out->maker = out->owned;
        return PARE_OK;
    }
    PARE_TRY(
        pare_png_raster_init(out, index->width_px, index->height_px, PNG_PALETTE, how->depth_bits));
    for (uint32_t y = 0; y < index->height_px; y++)
        make_row(how, y, out->owned + (size_t)y * out->stride);
    return PARE_OK;
}

pare_err pare_png_palette_apply(const pare_png_reindex *reindex, pare_png_raster *out)
{
    const pare_png_raster *index = reindex->index;
    reordering how = {.index = index, .depth_bits = reindex->depth_bits};
    uint8_t order[256];
    *out = (pare_png_raster){0};
    usage *use = malloc(sizeof *use);
    if (!use) return PARE_ERR_NO_MEMORY;
    count_usage(index, use);
    choose_order(reindex, use, order);
    free(use);

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
