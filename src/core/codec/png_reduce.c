// SPDX-License-Identifier: Apache-2.0
/* What an image needs to be told exactly: bits, channels, colours. */
#include "core/codec/png_reduce.h"

#include <stdlib.h>
#include <string.h>

/* Sample as 8 bits: exact when the sample is an 8-bit one repeated, else rounded. */
static inline uint8_t to_8(uint16_t v)
{
    return (uint8_t)((v * 255u + 32895u) >> 16);
}

void pare_png_rgba_row(const pare_image *image, uint32_t y, uint8_t *out)
{
    const uint8_t *row = pare_image_row(image, y);
    const unsigned channels = image->channels, gray = image->color == PARE_COLOR_GRAY;
    if (channels == 3 && image->depth_bits == 8) {
        for (uint32_t x = 0; x < image->width_px; x++, row += 3, out += 4) {
            memcpy(out, row, 3);
            out[3] = 255;
        }
        return;
    }
    for (uint32_t x = 0; x < image->width_px; x++, out += 4) {
        uint8_t v[4] = {0, 0, 0, 255};
        if (image->depth_bits == 16) {
            uint16_t wide[4];
            memcpy(wide, row + (size_t)x * channels * 2, channels * 2);
            for (unsigned c = 0; c < channels; c++)
                v[c] = to_8(wide[c]);
        } else {
            memcpy(v, row + (size_t)x * channels, channels);
        }
        out[0] = v[0];
        out[1] = gray ? v[0] : v[1];
        out[2] = gray ? v[0] : v[2];
        out[3] = image->has_alpha ? v[channels - 1] : 255;
        if (out[3] == 0) memset(out, 0, 3);
    }
}

/* Open addressing over at most 256 colours. */
typedef struct color_table {
    uint32_t keys[1024];
    int16_t index[1024]; /* -1: free */
} color_table;

static void table_init(color_table *table)
{
    memset(table->index, 0xff, sizeof table->index);
}

static unsigned table_slot(const color_table *table, uint32_t color)
{
    unsigned slot = (color * 2654435761u) >> 22;
    while (table->index[slot] >= 0 && table->keys[slot] != color)
        slot = (slot + 1) & 1023;
    return slot;
}

/* False when the colour is the 257th. */
static bool table_count(color_table *table, uint32_t color, uint32_t times, pare_png_facts *facts)
{
    const unsigned slot = table_slot(table, color);
    int16_t index = table->index[slot];
    if (index < 0) {
        if (facts->palette.count == 256) return false;
        index = (int16_t)facts->palette.count++;
        table->keys[slot] = color;
        table->index[slot] = index;
        memcpy(facts->palette.colors[index], &color, 4);
        facts->popularity[index] = 0;
    }
    facts->popularity[index] += times;
    return true;
}

static bool table_count_row(color_table *table, const uint8_t *rgba, uint32_t width_px,
                            pare_png_facts *facts)
{
    uint32_t x = 0;
    while (x < width_px) {
        uint32_t color, next, run = 1;
        memcpy(&color, rgba + (size_t)x * 4, 4);
        while (x + run < width_px) {
            memcpy(&next, rgba + ((size_t)x + run) * 4, 4);
            if (next != color) break;
            run++;
        }
        if (!table_count(table, color, run, facts)) return false;
        x += run;
    }
    return true;
}

static bool row_is_exact_8(const pare_image *image, uint32_t y)
{
    const uint8_t *row = pare_image_row(image, y);
    const unsigned channels = image->channels;
    for (uint32_t x = 0; x < image->width_px; x++) {
        uint16_t v[4];
        memcpy(v, row + (size_t)x * channels * 2, channels * 2);
        if (image->has_alpha && v[channels - 1] == 0) continue;
        for (unsigned c = 0; c < channels; c++) {
            if (v[c] % 257 != 0) return false;
        }
    }
    return true;
}

static inline unsigned sample(const pare_image *image, const uint8_t *row, size_t i)
{
    if (image->depth_bits == 8) return row[i];
    uint16_t v;
    memcpy(&v, row + i * 2, 2);
    return v;
}

/* Gray and alpha, on the samples as they are. */
static void study_row(const pare_image *image, uint32_t y, pare_png_facts *facts)
{
    const uint8_t *row = pare_image_row(image, y);
    const unsigned channels = image->channels, colors = image->color == PARE_COLOR_GRAY ? 1 : 3;
    const unsigned full = image->depth_bits == 8 ? 255 : 65535;
    for (uint32_t x = 0; x < image->width_px; x++) {
        const size_t at = (size_t)x * channels;
        const unsigned alpha = image->has_alpha ? sample(image, row, at + channels - 1) : full;
        bool black = true, gray = true;
        const unsigned first = sample(image, row, at);
        for (unsigned c = 0; c < colors; c++) {
            const unsigned v = sample(image, row, at + c);
            black &= v == 0;
            gray &= v == first;
        }
        facts->is_opaque &= alpha == full;
        facts->is_binary &= alpha == full || alpha == 0;
        facts->has_hidden |= alpha == 0 && !black;
        facts->is_gray &= gray || alpha == 0;
    }
}

/* Nothing more to learn from gray and alpha. */
static bool study_is_over(const pare_image *image, const pare_png_facts *facts)
{
    return !facts->is_gray && !image->has_alpha;
}

static void study_grays(pare_png_facts *facts, const uint8_t *rgba, uint32_t width_px)
{
    for (uint32_t x = 0; x < width_px; x++) {
        const uint8_t v = rgba[(size_t)x * 4];
        if (rgba[(size_t)x * 4 + 3]) facts->gray_used[v >> 5] |= 1u << (v & 31);
    }
}

static uint8_t gray_depth(const pare_png_facts *facts)
{
    uint8_t bits = 1;
    for (unsigned v = 0; v < 256; v++) {
        if (!pare_png_gray_is_used(facts, v)) continue;
        if (v % 17 != 0) return 8;
        if (v % 85 != 0)
            bits = 4;
        else if (v % 255 != 0 && bits < 2)
            bits = 2;
    }
    return bits;
}

pare_err pare_png_study(const pare_image *image, pare_png_facts *facts)
{
    *facts = (pare_png_facts){
        .is_exact_8 = true, .is_gray = true, .is_opaque = true, .is_binary = true, .gray_bits = 8};
    if (image->color == PARE_COLOR_CMYK || !image->pixels || !image->width_px ||
        !image->height_px || image->channels > 4) {
        return PARE_ERR_INVALID;
    }
    color_table table;
    table_init(&table);
    uint8_t *rgba = malloc((size_t)image->width_px * 4);
    if (!rgba) return PARE_ERR_NO_MEMORY;

    bool few_colors = true;
    for (uint32_t y = 0; y < image->height_px; y++) {
        if (!study_is_over(image, facts)) study_row(image, y, facts);
        if (facts->is_exact_8 && image->depth_bits == 16)
            facts->is_exact_8 = row_is_exact_8(image, y);
        if (!facts->is_exact_8 || (!few_colors && !facts->is_gray)) {
            if (study_is_over(image, facts) && (!facts->is_exact_8 || image->depth_bits == 8))
                break;
            continue;
        }
        pare_png_rgba_row(image, y, rgba);
        if (facts->is_gray) study_grays(facts, rgba, image->width_px);
        if (few_colors) few_colors = table_count_row(&table, rgba, image->width_px, facts);
    }
    if (!few_colors || !facts->is_exact_8) facts->palette.count = 0;
    if (facts->is_gray && facts->is_exact_8) facts->gray_bits = gray_depth(facts);
    free(rgba);
    return PARE_OK;
}

pare_err pare_png_index(const pare_image *image, const pare_png_facts *facts, pare_png_raster *out)
{
    *out = (pare_png_raster){0};
    color_table table;
    table_init(&table);
    for (unsigned i = 0; i < facts->palette.count; i++) {
        uint32_t color;
        memcpy(&color, facts->palette.colors[i], 4);
        const unsigned slot = table_slot(&table, color);
        table.keys[slot] = color;
        table.index[slot] = (int16_t)i;
    }
    uint8_t *rgba = malloc((size_t)image->width_px * 4);
    if (!rgba) return PARE_ERR_NO_MEMORY;
    const pare_err err =
        pare_png_raster_init(out, image->width_px, image->height_px, PNG_PALETTE, 8);
    for (uint32_t y = 0; err == PARE_OK && y < image->height_px; y++) {
        uint8_t *row = out->owned + (size_t)y * out->stride;
        pare_png_rgba_row(image, y, rgba);
        for (uint32_t x = 0; x < image->width_px; x++) {
            uint32_t color;
            memcpy(&color, rgba + (size_t)x * 4, 4);
            row[x] = (uint8_t)table.index[table_slot(&table, color)];
        }
    }
    out->palette = facts->palette;
    free(rgba);
    return err;
}
