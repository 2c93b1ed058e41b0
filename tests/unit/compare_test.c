// SPDX-License-Identifier: Apache-2.0
/* Are two images told apart? */
#include "support/test.h"

#include "core/optimize/compare.h"
#include "data/make_image.h"

/* The same samples in 16 bits. */
static pare_image widen(const pare_image *image)
{
    pare_image wide = {0};
    MUST(pare_image_init(&wide, image->width_px, image->height_px, image->color, image->has_alpha,
                         16));
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint16_t *to = (uint16_t *)(void *)pare_image_row(&wide, y);
        for (size_t i = 0; i < (size_t)image->width_px * image->channels; i++)
            to[i] = (uint16_t)(pare_image_row(image, y)[i] * 257);
    }
    return wide;
}

static void check_means(const pare_image *a, const pare_image *b, const double *want)
{
    for (uint32_t y = 0; y < a->height_px; y += PARE_BLOCK_PX) {
        for (uint32_t x = 0; x < a->width_px; x += PARE_BLOCK_PX) {
            const uint32_t right = a->width_px - x, below = a->height_px - y;
            const pare_block block = {x, y, right < PARE_BLOCK_PX ? right : PARE_BLOCK_PX,
                                      below < PARE_BLOCK_PX ? below : PARE_BLOCK_PX};
            double mean_a[5], mean_b[5];
            pare_block_mean(a, &block, mean_a);
            pare_block_mean(b, &block, mean_b);
            for (int c = 0; c < 5; c++) {
                CHECK_DOUBLE(mean_a[c], ==, mean_b[c]);
                if (want) CHECK_DOUBLE(mean_a[c], ==, want[c]);
            }
        }
    }
}

TEST(means_are_the_same_in_8_and_16_bits_and_at_the_edges)
{
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB, PARE_COLOR_CMYK};
    static const uint32_t EDGES[] = {1, 5, 31, 32, 33, 70};
    for (size_t i = 0; i < 3 * 6; i++) {
        pare_image image =
            test_make_as(TEST_PHOTO, EDGES[i % 6], 103 - EDGES[i % 6], COLORS[i / 6], 8);
        pare_image wide = widen(&image);
        check_means(&image, &wide, NULL);
        pare_image_deinit(&image);
        pare_image_deinit(&wide);
    }
    /* the largest sums */
    pare_image white = test_make_as(TEST_PHOTO, 64, 64, PARE_COLOR_RGB, 8);
    memset(white.pixels, 255, white.stride_bytes * 64);
    pare_image wide = widen(&white);
    check_means(&white, &wide, (const double[]){255, 255, 255, 0, 255});
    pare_image_deinit(&white);
    pare_image_deinit(&wide);
}

TEST(an_image_is_alike_itself_and_not_another)
{
    for (int depth = 8; depth <= 16; depth += 8) {
        pare_image photo = test_make_as(TEST_PHOTO, 131, 77, PARE_COLOR_RGB, (uint8_t)depth);
        pare_image other = test_make_as(TEST_PHOTO, 131, 77, PARE_COLOR_RGB, (uint8_t)depth);
        CHECK_TRUE(pare_is_alike(&photo, &other, PARE_SCALE_WHOLE, 90));
        CHECK_TRUE(pare_is_identical(&photo, &other));
        /* one lost row of blocks */
        memset(pare_image_row(&other, 64), 0, other.stride_bytes * 13);
        CHECK_TRUE(!pare_is_alike(&photo, &other, PARE_SCALE_WHOLE, 90));
        CHECK_TRUE(!pare_is_identical(&photo, &other));
        pare_image_deinit(&photo);
        pare_image_deinit(&other);
    }
}

/* The images cut into bands. */
static bool is_alike_by_bands(const pare_image *a, const pare_image *b)
{
    pare_likeness likeness = {0};
    for (uint32_t y = 0; y < a->height_px; y += PARE_BLOCK_PX) {
        const uint32_t left = a->height_px - y, count = left < PARE_BLOCK_PX ? left : PARE_BLOCK_PX;
        const pare_image band_a = pare_image_rows(a, y, count);
        const pare_image band_b = pare_image_rows(b, y, count);
        if (!pare_likeness_add(&likeness, &band_a, &band_b, PARE_SCALE_WHOLE, 90)) return false;
    }
    return pare_likeness_is_near(&likeness, 90);
}

/* From equal images to ones with a shift that is too large for a block or for the mean. */
TEST(bands_say_what_the_whole_says)
{
    int alike = 0;
    for (int shift = 0; shift < 40; shift++) {
        pare_image photo = test_make_as(TEST_PHOTO, 131, 77, PARE_COLOR_RGB, 8);
        pare_image other = test_make_as(TEST_PHOTO, 131, 77, PARE_COLOR_RGB, 8);
        const uint32_t first = shift % 2 ? 64 : 0;
        for (size_t i = first * other.stride_bytes; i < other.stride_bytes * 77; i++) {
            const int value = other.pixels[i] + shift;
            other.pixels[i] = (uint8_t)(value > 255 ? 255 : value);
        }
        const bool want = pare_is_alike(&photo, &other, PARE_SCALE_WHOLE, 90);
        CHECK_INT(is_alike_by_bands(&photo, &other), ==, want);
        alike += want;
        pare_image_deinit(&photo);
        pare_image_deinit(&other);
    }
    CHECK_INT(alike, >, 0);
    CHECK_INT(alike, <, 40);
}

/* Means of 8 x 8 pixels, as far as there are whole ones; the rest is black, as nothing looks there.
 */
static pare_image shrink(const pare_image *image)
{
    pare_image small = {0};
    MUST(pare_image_init(&small, (image->width_px + 7) / 8, (image->height_px + 7) / 8,
                         PARE_COLOR_RGB, false, 8));
    memset(small.pixels, 0, small.stride_bytes * small.height_px);
    for (uint32_t y = 0; y < image->height_px / 8; y++) {
        for (uint32_t x = 0; x < image->width_px / 8; x++) {
            double mean[5];
            pare_block_mean(image, &(pare_block){8 * x, 8 * y, 8, 8}, mean);
            for (size_t c = 0; c < 3; c++)
                pare_image_row(&small, y)[3 * x + c] = (uint8_t)(mean[c] + 0.5);
        }
    }
    return small;
}

TEST(an_image_is_alike_its_eighth_and_not_another)
{
    static const uint32_t WIDTHS[] = {320, 321, 327, 351, 352, 359};
    for (int i = 0; i < 6; i++) {
        pare_image photo = test_make_as(TEST_PHOTO, WIDTHS[i], 700 - WIDTHS[i], PARE_COLOR_RGB, 8);
        pare_image small = shrink(&photo);
        CHECK_TRUE(pare_is_alike(&photo, &small, PARE_SCALE_EIGHTH, 100));
        memset(pare_image_row(&small, 32), 0, small.stride_bytes * 4);
        CHECK_TRUE(!pare_is_alike(&photo, &small, PARE_SCALE_EIGHTH, 100));
        pare_image_deinit(&small);
        pare_image_deinit(&photo);
    }
}

RUN(an_image_is_alike_its_eighth_and_not_another,
    means_are_the_same_in_8_and_16_bits_and_at_the_edges, an_image_is_alike_itself_and_not_another,
    bands_say_what_the_whole_says)
