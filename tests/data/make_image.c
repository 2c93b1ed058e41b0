// SPDX-License-Identifier: Apache-2.0
/* Pictures by formula, in integers so that every machine gives the same. */
#include "data/make_image.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

/* Repeatable noise of a place, 0..255 (a 32-bit mix as in MurmurHash3's finalizer). */
static uint32_t noise(uint32_t x, uint32_t y, uint32_t seed)
{
    uint32_t h = x * 0x9e3779b1u + y * 0x85ebca77u + seed * 0xc2b2ae3du;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
    return h & 255;
}

/* Noise in cells of `size` pixels, blended between them: 0..255. */
static uint32_t soft_noise(uint32_t x, uint32_t y, uint32_t size, uint32_t seed)
{
    const uint32_t cx = x / size, cy = y / size, fx = x % size, fy = y % size;
    const uint32_t top = noise(cx, cy, seed) * (size - fx) + noise(cx + 1, cy, seed) * fx;
    const uint32_t low = noise(cx, cy + 1, seed) * (size - fx) + noise(cx + 1, cy + 1, seed) * fx;
    return (top * (size - fy) + low * fy) / (size * size);
}

static void photo_pixel(uint32_t x, uint32_t y, uint8_t out[4])
{
    for (uint32_t c = 0; c < 3; c++) {
        const uint32_t shape = soft_noise(x, y, 61, 1) * 3 + soft_noise(x, y, 37, 2 + c) * 2;
        const uint32_t detail = soft_noise(x, y, 7, 7) + noise(x, y, 9) / 16;
        out[c] = (uint8_t)((shape * 2 + detail * 2) / 13);
    }
    out[3] = 255;
}

static void graphic_pixel(uint32_t x, uint32_t y, uint8_t out[4])
{
    static const uint8_t COLORS[6][3] = {{255, 255, 255}, {32, 64, 160},  {230, 60, 40},
                                         {20, 20, 20},    {250, 210, 40}, {90, 180, 90}};
    uint32_t index = noise(x / 48, y / 32, 3) % 6;
    if (y % 16 > 4 && y % 16 < 12 && noise(x / 3, y / 16, 5) % 3 == 0) index = 3; /* "text" */
    memcpy(out, COLORS[index], 3);
    out[3] = 255;
}

static void gradient_pixel(uint32_t x, uint32_t y, uint8_t out[4])
{
    out[0] = (uint8_t)((x & 511) < 256 ? x : 511 - (x & 511));
    out[1] = (uint8_t)((x + y) / 4);
    out[2] = (uint8_t)(255 - (y / 2 & 255));
    out[3] = 255;
}

static void alpha_pixel(int32_t x, int32_t y, uint8_t out[4])
{
    const int32_t dx = x % 96 - 48, dy = y % 96 - 48;
    const int32_t edge = 1600 - (dx * dx + dy * dy);
    out[0] = 200;
    out[1] = (uint8_t)(80 + x % 96);
    out[2] = (uint8_t)(y % 96);
    out[3] = (uint8_t)(edge < 0 ? 0 : edge > 1020 ? 255 : edge / 4);
}

static void night_pixel(uint32_t x, uint32_t y, uint8_t out[4])
{
    const uint32_t light = soft_noise(x, y, 61, 11) * 2 / 5 + soft_noise(x, y, 7, 12) / 8;
    for (uint32_t c = 0; c < 3; c++) {
        const uint32_t glow = soft_noise(x, y, 43, 13 + c), dark = 104, steep = 4;
        const uint32_t part = glow < dark ? 0 : (glow - dark) * steep;
        out[c] = (uint8_t)(light * (part < 255 ? part : 255) / 255 + noise(x, y, 16 + c) / 32);
    }
    out[3] = 255;
}

static void put_pixel(test_picture picture, uint32_t x, uint32_t y, uint8_t out[4])
{
    switch (picture) {
    case TEST_PHOTO: photo_pixel(x, y, out); return;
    case TEST_GRAPHIC: graphic_pixel(x, y, out); return;
    case TEST_GRADIENT: gradient_pixel(x, y, out); return;
    case TEST_ALPHA: alpha_pixel((int32_t)x, (int32_t)y, out); return;
    case TEST_NIGHT: night_pixel(x, y, out); return;
    }
}

static void put_sample(const pare_image *image, uint32_t x, uint32_t y, const uint8_t *channels)
{
    uint8_t *row = pare_image_row(image, y);
    for (size_t c = 0; c < image->channels; c++) {
        const size_t at = (size_t)x * image->channels + c;
        if (image->depth_bits == 8) {
            row[at] = channels[c];
        } else { /* the low byte is filled too: 16 bits must survive whole */
            ((uint16_t *)(void *)row)[at] = (uint16_t)(channels[c] << 8 | noise(x, y, (uint32_t)c));
        }
    }
}

pare_image test_make_as(test_picture picture, uint32_t width_px, uint32_t height_px,
                        pare_color color, uint8_t depth_bits)
{
    pare_image image;
    const bool has_alpha = picture == TEST_ALPHA;
    MUST(pare_image_init(&image, width_px, height_px, color, has_alpha, depth_bits));
    for (uint32_t y = 0; y < height_px; y++) {
        for (uint32_t x = 0; x < width_px; x++) {
            uint8_t rgba[4] = {0}, out[5] = {0};
            put_pixel(picture, x, y, rgba);
            if (color == PARE_COLOR_GRAY) {
                out[0] = (uint8_t)((rgba[0] * 77 + rgba[1] * 150 + rgba[2] * 29) >> 8);
            } else {
                for (int c = 0; c < 3; c++)
                    out[c] = color == PARE_COLOR_CMYK ? (uint8_t)(255 - rgba[c]) : rgba[c];
            }
            if (color == PARE_COLOR_CMYK) out[3] = (uint8_t)(x + y); /* black of its own */
            if (has_alpha) out[image.channels - 1] = rgba[3];
            put_sample(&image, x, y, out);
        }
    }
    return image;
}

pare_image test_make(test_picture picture, uint32_t width_px, uint32_t height_px)
{
    return test_make_as(picture, width_px, height_px, PARE_COLOR_RGB, 8);
}

static double sample(const pare_image *image, const uint8_t *row, size_t at)
{
    return image->depth_bits == 8 ? row[at] : ((const uint16_t *)(const void *)row)[at] / 257.0;
}

double test_difference(const pare_image *a, const pare_image *b)
{
    if (a->width_px != b->width_px || a->height_px != b->height_px || a->channels != b->channels) {
        return 1000;
    }
    double sum = 0;
    const size_t count = (size_t)a->width_px * a->channels;
    for (uint32_t y = 0; y < a->height_px; y++) {
        for (size_t i = 0; i < count; i++) {
            const double gap =
                sample(a, pare_image_row(a, y), i) - sample(b, pare_image_row(b, y), i);
            sum += gap < 0 ? -gap : gap;
        }
    }
    return sum / ((double)count * a->height_px);
}

bool test_same_pixels(const pare_image *a, const pare_image *b)
{
    if (a->width_px != b->width_px || a->height_px != b->height_px || a->color != b->color ||
        a->has_alpha != b->has_alpha || a->depth_bits != b->depth_bits) {
        return false;
    }
    const size_t len = (size_t)a->width_px * a->channels * (a->depth_bits / 8u);
    for (uint32_t y = 0; y < a->height_px; y++) {
        if (memcmp(pare_image_row(a, y), pare_image_row(b, y), len) != 0) return false;
    }
    return true;
}

pare_buf test_make_exif(uint8_t orientation, bool with_gps)
{
    /* header; 2 or 3 entries of 12 bytes: Orientation, Artist (at 64), GPS directory (at 72) */
    uint8_t bytes[96] = {'I', 'I', 42, 0, 8, 0, 0, 0, with_gps ? 3 : 2, 0};
    const uint8_t entries[3][12] = {{0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation},
                                    {0x3b, 0x01, 2, 0, 5, 0, 0, 0, 64},
                                    {0x25, 0x88, 4, 0, 1, 0, 0, 0, 72}};
    memcpy(bytes + 10, entries, with_gps ? 36 : 24);
    memcpy(bytes + 64, "Anna", 5);
    if (with_gps) { /* one entry: GPSVersionID 2.3.0.0 */
        static const uint8_t GPS[] = {1, 0, 0, 0, 1, 0, 4, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0};
        memcpy(bytes + 72, GPS, sizeof GPS);
    }
    pare_buf out = {0};
    MUST(pare_buf_append(&out, bytes, sizeof bytes));
    return out;
}

void test_set_text(pare_buf *block, const char *text)
{
    block->len = 0;
    MUST(pare_buf_append(block, text, strlen(text)));
}
