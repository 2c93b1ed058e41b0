// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "core/image/yuv.h"
#include "data/make_image.h"

enum { WIDTH = 37, HEIGHT = 21 };

typedef struct planes {
    uint16_t y[HEIGHT][WIDTH], cb[HEIGHT][WIDTH], cr[HEIGHT][WIDTH], alpha[HEIGHT][WIDTH];
} planes;

static void fill(const pare_image *image, uint8_t depth_bits, bool halves_chroma, planes *out)
{
    memset(out, 0, sizeof *out);
    pare_yuv yuv = {.depth_bits = depth_bits,
                    .halves_chroma = halves_chroma,
                    .planes = {(uint8_t *)out->y, (uint8_t *)out->cb, (uint8_t *)out->cr},
                    .strides = {sizeof out->y[0], sizeof out->cb[0], sizeof out->cr[0]}};
    if (image->has_alpha) yuv.alpha = (uint8_t *)out->alpha;
    yuv.alpha_stride = sizeof out->alpha[0];
    MUST(pare_yuv_fill(image, &yuv));
}

/* 0..1 */
static double sample(const pare_image *image, uint32_t x, uint32_t y, size_t c)
{
    const uint8_t *row = pare_image_row(image, y);
    const size_t index = (size_t)x * image->channels + c;
    uint16_t wide;
    if (image->depth_bits == 8) return row[index] / 255.0;
    memcpy(&wide, row + 2 * index, 2);
    return wide / 65535.0;
}

static double luma(const pare_image *image, uint32_t x, uint32_t y)
{
    if (image->color == PARE_COLOR_GRAY) return sample(image, x, y, 0);
    return 0.299 * sample(image, x, y, 0) + 0.587 * sample(image, x, y, 1) +
           0.114 * sample(image, x, y, 2);
}

/* The colour difference of blue (2) or red (0). */
static double chroma(const pare_image *image, uint32_t x, uint32_t y, size_t c)
{
    return (sample(image, x, y, c) - luma(image, x, y)) / (c == 2 ? 1.772 : 1.402);
}

/* Largest distance from the formulas of ITU-T H.273, in steps of the output. */
static double error_of(const pare_image *image, uint8_t depth_bits)
{
    static planes out;
    const double largest = (1 << depth_bits) - 1, middle = 1 << (depth_bits - 1);
    double worst = 0;
    fill(image, depth_bits, false, &out);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            worst = fmax(worst, fabs(out.y[y][x] - largest * luma(image, x, y)));
            if (image->has_alpha) {
                const double alpha = sample(image, x, y, image->channels - 1u);
                worst = fmax(worst, fabs(out.alpha[y][x] - largest * alpha));
            }
        }
    }
    for (uint32_t y = 0; image->color != PARE_COLOR_GRAY && y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            const double cb = middle + largest * chroma(image, x, y, 2);
            const double cr = middle + largest * chroma(image, x, y, 0);
            worst = fmax(worst, fabs(out.cb[y][x] - fmin(cb, largest)));
            worst = fmax(worst, fabs(out.cr[y][x] - fmin(cr, largest)));
        }
    }
    return worst;
}

TEST(all_layouts_follow_the_formulas)
{
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_GRAPHIC, TEST_ALPHA};
    static const pare_color COLORS[] = {PARE_COLOR_RGB, PARE_COLOR_GRAY};
    for (int i = 0; i < 24; i++) {
        const uint8_t from_bits = i & 1 ? 16 : 8, to_bits = i & 2 ? 10 : 8;
        pare_image image =
            test_make_as(PICTURES[i / 8], WIDTH, HEIGHT, COLORS[i / 4 % 2], from_bits);
        printf("# picture %d, %d channels of %d bits to %d bits\n", i / 8, image.channels,
               from_bits, to_bits);
        CHECK_DOUBLE(error_of(&image, to_bits), <, 0.6);
        pare_image_deinit(&image);
    }
}

/* One colour all over. */
static void fill_one(uint8_t red, uint8_t green, uint8_t blue, bool halves_chroma, planes *out)
{
    pare_image image = {0};
    MUST(pare_image_init(&image, WIDTH, HEIGHT, PARE_COLOR_RGB, false, 8));
    for (size_t i = 0; i < image.stride_bytes * HEIGHT; i += 3) {
        image.pixels[i] = red;
        image.pixels[i + 1] = green;
        image.pixels[i + 2] = blue;
    }
    fill(&image, 10, halves_chroma, out);
    pare_image_deinit(&image);
}

TEST(grays_have_no_colour_and_ends_stay_in_range)
{
    static planes out;
    for (int i = 0; i < 256; i++) {
        fill_one((uint8_t)i, (uint8_t)i, (uint8_t)i, i % 2, &out);
        CHECK_INT(out.y[1][1], ==, (i * 1023 + 127) / 255);
        CHECK_INT(out.cb[1][1], ==, 512);
        CHECK_INT(out.cr[1][1], ==, 512);
    }
    fill_one(0, 0, 255, true, &out);
    CHECK_INT(out.cb[HEIGHT / 2][WIDTH / 2], ==, 1023);
    fill_one(255, 0, 0, false, &out);
    CHECK_INT(out.cr[HEIGHT - 1][WIDTH - 1], ==, 1023);
    fill_one(255, 255, 0, true, &out);
    CHECK_INT(out.cb[0][0], <=, 1);
}

static double to_light(double stored)
{
    if (stored <= 0) return 0;
    return stored >= 1 ? 1 : pow(stored, 2.2);
}

static double brightness(double red, double green, double blue)
{
    return 0.2126 * to_light(red) + 0.7152 * to_light(green) + 0.0722 * to_light(blue);
}

/* Chroma at a pixel, as a decoder spreads it. */
static double spread(uint16_t plane[HEIGHT][WIDTH], int x, int y)
{
    const int right = (WIDTH - 1) / 2, bottom = (HEIGHT - 1) / 2;
    const int far_x = x / 2 + (x % 2 ? 1 : -1), far_y = y / 2 + (y % 2 ? 1 : -1);
    const int u = far_x < 0 ? 0 : far_x > right ? right : far_x;
    const int v = far_y < 0 ? 0 : far_y > bottom ? bottom : far_y;
    return (9 * plane[y / 2][x / 2] + 3 * plane[y / 2][u] + 3 * plane[v][x / 2] + plane[v][u]) /
               16.0 / 1023 -
           512.0 / 1023;
}

/* Mean of how much brighter or darker pixels come out, with these planes of chroma. */
static double brightness_error(const pare_image *image, planes *out,
                               uint16_t y_plane[HEIGHT][WIDTH])
{
    double sum = 0;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            const double cb = spread(out->cb, x, y), cr = spread(out->cr, x, y);
            const double luma = y_plane[y][x] / 1023.0;
            const uint32_t u = (uint32_t)x, v = (uint32_t)y;
            const double want =
                brightness(sample(image, u, v, 0), sample(image, u, v, 1), sample(image, u, v, 2));
            sum += fabs(brightness(luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr,
                                   luma + 1.772 * cb) -
                        want);
        }
    }
    return sum / (WIDTH * HEIGHT);
}

TEST(halved_chroma_keeps_pixels_as_bright)
{
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_GRAPHIC};
    static planes halved, whole;
    for (int i = 0; i < 4; i++) {
        pare_image image =
            test_make_as(PICTURES[i / 2], WIDTH, HEIGHT, PARE_COLOR_RGB, i % 2 ? 16 : 8);
        fill(&image, 10, true, &halved);
        fill(&image, 10, false, &whole);
        const double plain = brightness_error(&image, &halved, whole.y);
        /* of the photograph most is rounding */
        const double share = PICTURES[i / 2] == TEST_PHOTO ? 0.9 : 0.5;
        CHECK_DOUBLE(brightness_error(&image, &halved, halved.y), <, share * plain);
        pare_image_deinit(&image);
    }
}

TEST(halved_chroma_of_one_colour_is_its_own)
{
    static planes halved, whole;
    for (int i = 0; i < 256; i++) {
        fill_one((uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i * 7), true, &halved);
        fill_one((uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i * 7), false, &whole);
        for (int at = 0; at < 2; at++) {
            const int x = at ? WIDTH / 2 : 0, y = at ? HEIGHT / 2 : 0;
            CHECK_INT(abs(halved.y[y][x] - whole.y[y][x]), <=, 1);
            CHECK_INT(abs(halved.cb[y][x] - whole.cb[y][x]), <=, 1);
            CHECK_INT(abs(halved.cr[y][x] - whole.cr[y][x]), <=, 1);
        }
    }
}

/* Columns of light and dark, `luma` apart, with a swing of blue against them. */
static double detail_of(uint8_t depth_bits, int luma, int blue)
{
    pare_image image;
    MUST(pare_image_init(&image, 64, 2048, PARE_COLOR_RGB, false, depth_bits));
    for (uint32_t y = 0; y < image.height_px; y++) {
        uint8_t *row = pare_image_row(&image, y);
        for (uint32_t i = 0; i < image.width_px * 3; i++) {
            const int gray = 100 + (i / 3 % 2 ? luma : 0);
            const int value = gray + (i % 3 == 2 && y % 2 ? blue : 0);
            const uint16_t wide = (uint16_t)(value * 257);
            if (depth_bits == 8) row[i] = (uint8_t)value;
            if (depth_bits == 16) memcpy(row + 2 * (size_t)i, &wide, 2);
        }
    }
    const double detail = pare_yuv_chroma_detail(&image);
    pare_image_deinit(&image);
    return detail;
}

TEST(detail_of_chroma_is_that_of_the_formulas)
{
    /* a swing of blue by 80 is one of luma by 0.114, of Cb by 0.5, of Cr by -0.114 / 1.402 of it */
    const double cb = 80 * 0.5, cr = 80 * 0.114 / 1.402, own = 80 * 0.114;
    for (uint8_t depth_bits = 8; depth_bits <= 16; depth_bits += 8) {
        CHECK_DOUBLE(detail_of(depth_bits, 0, 0), ==, 0);
        CHECK_DOUBLE(detail_of(depth_bits, 50, 0), <, 1e-9);
        const double want = (cb * cb + cr * cr) / (50 * 50 + own * own);
        CHECK_DOUBLE(fabs(detail_of(depth_bits, 50, 80) - want), <, 0.02 * want);
    }
    pare_image gray = test_make_as(TEST_PHOTO, WIDTH, HEIGHT, PARE_COLOR_GRAY, 8);
    CHECK_DOUBLE(pare_yuv_chroma_detail(&gray), ==, 0);
    pare_image_deinit(&gray);
}

RUN(all_layouts_follow_the_formulas, grays_have_no_colour_and_ends_stay_in_range,
    halved_chroma_keeps_pixels_as_bright, halved_chroma_of_one_colour_is_its_own,
    detail_of_chroma_is_that_of_the_formulas)
