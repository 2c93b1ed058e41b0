// SPDX-License-Identifier: Apache-2.0
/* Colours of an image, counted. */
#include "core/codec/palette_tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec/png_reduce.h"

enum { SLOT_BITS = 16, SLOTS = 1 << SLOT_BITS };

/* A difference of so much between the neighbours of a pixel, over its three colours and both
 * directions, halves its weight. */
#define BUSY 33.0

/* A colour at this shift. Opaque and transparent have codes of their own, so that they are never
 * tallied with what is in between. */
static uint32_t key_of(const uint8_t *rgba, unsigned shift)
{
    uint32_t alpha = rgba[3];
    if (alpha != 0 && alpha != 255 && shift > 0) alpha = (alpha >> shift) + 1;
    return (uint32_t)(rgba[0] >> shift) << 24 | (uint32_t)(rgba[1] >> shift) << 16 |
           (uint32_t)(rgba[2] >> shift) << 8 | alpha;
}

/* The key at a shift of one more. */
static uint32_t coarser(uint32_t key, unsigned shift)
{
    uint32_t alpha = key & 255;
    if (alpha != 0 && alpha != 255) alpha = (shift ? (alpha - 1) >> 1 : alpha >> 1) + 1;
    return (key >> 1 & 0x7f7f7f00) | alpha;
}

/* The bin of a key, made when it is not there. NULL: there is no room. */
static pare_tally_bin *find_bin(pare_tally *tally, uint32_t key)
{
    uint32_t at = (key * 2654435761u) >> (32 - SLOT_BITS);
    while (tally->slot[at]) {
        pare_tally_bin *bin = &tally->bins[tally->slot[at] - 1];
        if (bin->key == key) return bin;
        at = (at + 1) % SLOTS;
    }
    if (tally->count == PARE_TALLY_MAX) return NULL;
    pare_tally_bin *bin = &tally->bins[tally->count++];
    *bin = (pare_tally_bin){.key = key};
    tally->slot[at] = (uint16_t)tally->count;
    return bin;
}

/* Tell one bit of each channel less apart. Bins move forward only, so they merge in place. */
static void make_coarser(pare_tally *tally)
{
    const unsigned count = tally->count;
    tally->count = 0;
    memset(tally->slot, 0, SLOTS * sizeof *tally->slot);
    for (unsigned i = 0; i < count; i++) {
        const pare_tally_bin old = tally->bins[i];
        pare_tally_bin *bin = find_bin(tally, coarser(old.key, tally->shift));
        bin->weight += old.weight;
        for (int c = 0; c < 4; c++)
            bin->light[c] += old.light[c];
    }
    tally->shift++;
}

static int difference(const uint8_t *a, const uint8_t *b)
{
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]);
}

/* rows: above, this one, below; the image's own edge is repeated. */
static void tally_row(const uint8_t *const rows[3], uint32_t width_px,
                      const pare_palette_space *space, pare_tally *tally)
{
    uint32_t last_key = 0;
    pare_tally_bin *bin = NULL; /* of last_key */
    for (uint32_t x = 0; x < width_px; x++) {
        const size_t at = 4 * (size_t)x;
        const size_t left = x ? at - 4 : at, right = x + 1 < width_px ? at + 4 : at;
        const uint8_t *pixel = rows[1] + at;
        const int busy =
            difference(rows[1] + left, rows[1] + right) + difference(rows[0] + at, rows[2] + at);
        const double weight = BUSY / (BUSY + busy);
        uint32_t key = key_of(pixel, tally->shift);
        if (key != last_key) bin = NULL;
        if (!bin) bin = find_bin(tally, key);
        while (!bin) {
            make_coarser(tally);
            key = key_of(pixel, tally->shift);
            bin = find_bin(tally, key);
        }
        last_key = key;
        float light[4];
        pare_palette_light(space, pixel, light);
        bin->weight += weight;
        for (int c = 0; c < 4; c++)
            bin->light[c] += weight * (double)light[c];
    }
}

static void tally_rows(const pare_image *image, const pare_palette_space *space, uint8_t *memory,
                       pare_tally *tally)
{
    const size_t row_len = 4 * (size_t)image->width_px;
    uint8_t *rows[3] = {memory, memory + row_len, memory + 2 * row_len};
    pare_png_rgba_row(image, 0, rows[1]);
    memcpy(rows[0], rows[1], row_len);
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint32_t below = y + 1 < image->height_px ? y + 1 : y;
        pare_png_rgba_row(image, below, rows[2]);
        tally_row((const uint8_t *const[3]){rows[0], rows[1], rows[2]}, image->width_px, space,
                  tally);
        uint8_t *spare = rows[0];
        rows[0] = rows[1];
        rows[1] = rows[2];
        rows[2] = spare;
    }
}

pare_err pare_tally_image(const pare_image *image, const pare_palette_space *space, pare_tally *out)
{
    *out = (pare_tally){0};
    uint8_t *memory = malloc(12 * (size_t)image->width_px);
    out->bins = malloc(PARE_TALLY_MAX * sizeof *out->bins);
    out->slot = calloc(SLOTS, sizeof *out->slot);
    const bool has_memory = memory && out->bins && out->slot;
    if (has_memory) tally_rows(image, space, memory, out);
    free(memory);
    return has_memory ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_tally_deinit(pare_tally *tally)
{
    free(tally->bins);
    free(tally->slot);
    *tally = (pare_tally){0};
}
