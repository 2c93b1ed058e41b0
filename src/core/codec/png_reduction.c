// SPDX-License-Identifier: Apache-2.0
/* Rows of the smallest form without a palette. */
#include "core/codec/png_reduction.h"

#include <stdlib.h>
#include <string.h>

/* A level of gray that no visible pixel has, at this depth; -1 when all are taken. */
static int free_gray(const pare_png_facts *facts, unsigned depth_bits)
{
    const unsigned step = 255u / ((1u << depth_bits) - 1);
    for (unsigned v = 0; v < 256; v += step) {
        if (!pare_png_gray_is_used(facts, v)) return (int)v;
    }
    return -1;
}

/* A colour that no opaque pixel has, black first; false when every tried one is taken. A bit set
 * over the colours whose red is below 16 keeps this at 128 KiB. */
static pare_err free_color(const pare_image *image, uint8_t *rgba, int64_t *color)
{
    enum { SET_LEN = 1 << 17 };
    uint8_t *set = calloc(1, SET_LEN);
    if (!set) return PARE_ERR_NO_MEMORY;
    for (uint32_t y = 0; y < image->height_px; y++) {
        pare_png_rgba_row(image, y, rgba);
        for (uint32_t x = 0; x < image->width_px; x++) {
            const uint8_t *p = rgba + (size_t)x * 4;
            const uint32_t c = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            if (p[3] && p[0] < 16) set[c >> 3] |= (uint8_t)(1u << (c & 7));
        }
    }
    *color = -1;
    for (int64_t c = 0; c < SET_LEN * 8; c++) {
        if (!(set[c >> 3] >> (c & 7) & 1)) {
            *color = c;
            break;
        }
    }
    free(set);
    return PARE_OK;
}

static void reduce_row(const pare_png_reduction *how, const uint8_t *rgba, uint32_t width_px,
                       uint8_t *out)
{
    for (uint32_t x = 0; x < width_px; x++, rgba += 4) {
        const bool hidden = how->key && rgba[3] == 0;
        const uint8_t *color = hidden ? how->key_color : rgba;
        if (how->gray) {
            *out++ = color[0];
        } else {
            memcpy(out, color, 3);
            out += 3;
        }
        if (how->alpha) *out++ = rgba[3];
    }
}

static void make_8(const pare_png_reduction *how, uint32_t y, uint8_t *out)
{
    const uint32_t width = how->image->width_px;
    uint8_t *rgba = how->scratch, *narrow = how->scratch + (size_t)width * 4;
    pare_png_rgba_row(how->image, y, rgba);
    if (how->depth_bits == 8) {
        reduce_row(how, rgba, width, out);
    } else {
        reduce_row(how, rgba, width, narrow);
        pare_png_pack_row(narrow, width, how->map, how->depth_bits, out);
    }
}

/* 16 bits stay: drop channels that say nothing, zero hidden colours, swap to big endian. */
static void make_16(const pare_png_reduction *how, uint32_t y, uint8_t *out)
{
    const pare_image *image = how->image;
    const unsigned channels = image->channels, colors = how->gray ? 1 : 3;
    const uint8_t *row = pare_image_row(image, y);
    for (uint32_t x = 0; x < image->width_px; x++) {
        uint16_t v[4];
        memcpy(v, row + (size_t)x * channels * 2, channels * 2);
        const uint16_t a = image->has_alpha ? v[channels - 1] : 65535;
        for (unsigned c = 0; c < colors; c++) {
            const uint16_t s = a ? v[c] : 0;
            *out++ = (uint8_t)(s >> 8);
            *out++ = (uint8_t)s;
        }
        if (!how->alpha) continue;
        *out++ = (uint8_t)(a >> 8);
        *out++ = (uint8_t)a;
    }
}

static void make_row(void *maker, uint32_t y, uint8_t *out)
{
    const pare_png_reduction *how = maker;
    if (how->depth_bits == 16) {
        make_16(how, y, out);
    } else {
        make_8(how, y, out);
    }
}

static void set_key(pare_png_reduction *how, unsigned depth_bits, int64_t color)
{
    how->key = true;
    how->alpha = false;
    how->depth_bits = (uint8_t)depth_bits;
    for (int c = 0; c < 3; c++)
        how->key_color[c] = (uint8_t)(color >> (16 - 8 * c));
}

static pare_err plan_8(const pare_png_facts *facts, pare_png_reduction *how)
{
    how->depth_bits = 8;
    if (facts->is_opaque) {
        if (facts->is_gray) how->depth_bits = facts->gray_bits;
        return PARE_OK;
    }
    if (!facts->is_binary) return PARE_OK;
    if (facts->is_gray) {
        for (unsigned bits = facts->gray_bits; bits <= 8; bits *= 2) {
            const int level = free_gray(facts, bits);
            if (level < 0) continue;
            set_key(how, bits, (int64_t)level * 0x010101);
            return PARE_OK;
        }
        return PARE_OK;
    }
    int64_t color;
    PARE_TRY(free_color(how->image, how->scratch, &color));
    if (color >= 0) set_key(how, 8, color);
    return PARE_OK;
}

static pare_err plan(const pare_image *image, const pare_png_facts *facts, pare_png_reduction *how)
{
    *how = (pare_png_reduction){
        .image = image, .gray = facts->is_gray, .alpha = !facts->is_opaque, .depth_bits = 16};
    how->scratch = malloc((size_t)image->width_px * 5);
    if (!how->scratch) return PARE_ERR_NO_MEMORY;
    if (!facts->is_exact_8) return PARE_OK;
    PARE_TRY(plan_8(facts, how));
    const unsigned step = 255u / ((1u << how->depth_bits) - 1);
    for (unsigned v = 0; v < 256; v++)
        how->map[v] = (uint8_t)(v / step);
    return PARE_OK;
}

static uint8_t color_type_of(bool gray, bool alpha)
{
    if (gray) return alpha ? PNG_GRAY_ALPHA : PNG_GRAY;
    return alpha ? PNG_RGBA : PNG_RGB;
}

/* Can the rows of the image be written as they are? */
static bool is_same(const pare_png_reduction *how, const pare_png_facts *facts)
{
    const pare_image *image = how->image;
    return image->depth_bits == 8 && how->depth_bits == 8 && !how->key &&
           how->alpha == image->has_alpha && how->gray == (image->color == PARE_COLOR_GRAY) &&
           !facts->has_hidden;
}

static pare_err give_rows(const pare_png_facts *facts, pare_png_reduction *how,
                          pare_png_raster *out)
{
    const pare_image *image = how->image;
    const uint8_t type = color_type_of(how->gray, how->alpha);
    pare_png_raster shape;
    PARE_TRY(
        pare_png_raster_shape(&shape, image->width_px, image->height_px, type, how->depth_bits));
    if (is_same(how, facts)) {
        pare_png_raster_borrow(out, &shape, image->pixels, image->stride_bytes);
    } else {
        *out = shape;
        PARE_TRY(pare_png_raster_make(out, make_row, how));
    }
    out->has_key = how->key;
    for (int c = 0; how->key && c < 3; c++)
        out->key[c] = how->key_color[c];
    if (how->key && how->gray) out->key[0] = how->map[how->key_color[0]];
    return PARE_OK;
}

pare_err pare_png_reduce(const pare_image *image, const pare_png_facts *facts,
                         pare_png_reduction *how, pare_png_raster *out)
{
    *out = (pare_png_raster){0};
    PARE_TRY(plan(image, facts, how));
    return give_rows(facts, how, out);
}

void pare_png_reduction_deinit(pare_png_reduction *how)
{
    free(how->scratch);
    *how = (pare_png_reduction){0};
}
