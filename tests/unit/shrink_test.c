// SPDX-License-Identifier: Apache-2.0
/* Pictures that are made smaller while they are read. */
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/codec.h"
#include "core/image/shrink.h"
#include "data/make_image.h"
#include "wire/target_size.h"

static uint32_t sample(const pare_image *image, uint32_t x, uint32_t y, unsigned c)
{
    const uint8_t *row = pare_image_row(image, y);
    const size_t at = (size_t)x * image->channels + c;
    uint16_t value;
    if (image->depth_bits == 8) return row[at];
    memcpy(&value, row + 2 * at, 2);
    return value;
}

/* The mean of a square, by its definition: the alpha channel, or a colour weighed by it. */
static double mean(const pare_image *image, uint32_t x0, uint32_t y0, uint32_t factor, unsigned c)
{
    const unsigned last = image->channels - 1u;
    double sum = 0, weight = 0;
    for (uint32_t y = y0; y < y0 + factor && y < image->height_px; y++) {
        for (uint32_t x = x0; x < x0 + factor && x < image->width_px; x++) {
            const bool weighs = image->has_alpha && c != last;
            const double by = weighs ? sample(image, x, y, last) : 1;
            sum += by * sample(image, x, y, c);
            weight += by;
        }
    }
    return weight > 0 ? sum / weight : 0;
}

static double worst_gap(const pare_image *whole, const pare_image *small, uint32_t factor)
{
    double worst = 0;
    for (uint32_t y = 0; y < small->height_px; y++) {
        for (uint32_t x = 0; x < small->width_px; x++) {
            for (unsigned c = 0; c < small->channels; c++) {
                const double want = mean(whole, x * factor, y * factor, factor, c);
                const double gap = want - sample(small, x, y, c);
                if (gap > worst) worst = gap;
                if (-gap > worst) worst = -gap;
            }
        }
    }
    return worst;
}

TEST(each_pixel_is_the_mean_of_its_square)
{
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB, PARE_COLOR_CMYK};
    static const uint32_t FACTORS[] = {2, 3, 7, 64, 1};
    for (unsigned i = 0; i < 60; i++) {
        const uint32_t factor = FACTORS[i / 12];
        pare_image whole = test_make_as(i & 1 ? TEST_ALPHA : TEST_PHOTO, 101, 67, COLORS[i / 4 % 3],
                                        i & 2 ? 16 : 8);
        pare_image small = {0};
        pare_shrink shrink;
        MUST(pare_shrink_init(&shrink, factor, 101, 67, whole.color, whole.has_alpha,
                              whole.depth_bits, &small));
        for (uint32_t y = 0; y < 67; y++)
            pare_shrink_add_row(&shrink, pare_image_row(&whole, y));
        pare_shrink_add_row(&shrink, pare_image_row(&whole, 0)); /* one too many */
        pare_shrink_deinit(&shrink);
        CHECK_INT(small.width_px, ==, (101 + factor - 1) / factor);
        CHECK_INT(small.height_px, ==, (67 + factor - 1) / factor);
        CHECK_DOUBLE(worst_gap(&whole, &small, factor), <=, 0.5000001);
        pare_image_deinit(&small);
        pare_image_deinit(&whole);
    }
}

static pare_image decode(const pare_codec *codec, pare_buf *file, uint32_t shrink)
{
    const pare_limits limits = {.shrink = shrink};
    pare_image out = {0};
    MUST(codec->decode(pare_buf_view(file), &limits, &out, NULL));
    pare_buf_deinit(file);
    return out;
}

/* Row by row or after the last of seven passes, from strips or tiles: the same bytes. */
TEST(all_ways_of_storing_give_the_same_pixels)
{
    for (int i = 0; i < 4; i++) {
        pare_image whole =
            test_make_as(i & 1 ? TEST_ALPHA : TEST_PHOTO, 203, 149, PARE_COLOR_RGB, i & 2 ? 16 : 8);
        pare_buf files[] = {
            test_write_png(&whole, &(test_png_options){0}),
            test_write_png(&whole, &(test_png_options){.interlaced = true}),
            test_write_tiff(&whole, &(test_tiff_options){0}),
            test_write_tiff(&whole, &(test_tiff_options){.tiled = true, .lzw = true}),
        };
        MUST(pare_shrink_image(&whole, 5));
        for (int f = 0; f < 4; f++) {
            pare_image small = decode(f < 2 ? &pare_codec_png : &pare_codec_tiff, &files[f], 5);
            printf("# layout %d, file %d\n", i, f);
            CHECK_TRUE(test_same_pixels(&whole, &small));
            pare_image_deinit(&small);
        }
        pare_image_deinit(&whole);
    }
}

TEST(a_cut_file_is_an_error_when_it_is_shrunk_too)
{
    pare_image whole = test_make(TEST_PHOTO, 203, 149), out = {0};
    const pare_limits limits = {.shrink = 4};
    pare_buf png = test_write_png(&whole, &(test_png_options){0});
    pare_buf tiff = test_write_tiff(&whole, &(test_tiff_options){0});
    const pare_bytes half_png = {png.data, png.len / 2}, half_tiff = {tiff.data, tiff.len / 2};
    CHECK_INT(pare_codec_png.decode(half_png, &limits, &out, NULL), ==, PARE_ERR_TRUNCATED);
    CHECK_TRUE(out.pixels == NULL);
    CHECK_INT(pare_codec_tiff.decode(half_tiff, &limits, &out, NULL), ==, PARE_ERR_CORRUPT);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&png);
    pare_buf_deinit(&tiff);
    pare_image_deinit(&whole);
}

TEST(what_is_shrunk_stays_twice_the_target)
{
    static const struct {
        pare_format format;
        uint32_t width, height, target_width, target_height, want;
    } CASES[] = {
        {PARE_FORMAT_PNG, 20000, 15000, 2000, 1500, 5},
        {PARE_FORMAT_TIFF, 20000, 15000, 2000, 1500, 5},
        {PARE_FORMAT_JPEG, 20000, 15000, 2000, 1500, 4},
        {PARE_FORMAT_WEBP, 16000, 15000, 2000, 1500, 1},
        {PARE_FORMAT_PNG, 3999, 3000, 2000, 1500, 1},
        {PARE_FORMAT_PNG, 1000000, 10000, 100, 1, PARE_SHRINK_MAX},
        {PARE_FORMAT_JPEG, 60000, 60000, 100, 100, 8},
        {PARE_FORMAT_PNG, 100, 100, 400, 400, 1},
        {PARE_FORMAT_TIFF, UINT32_MAX, 2, UINT32_C(1) << 31, 1, 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# case %zu\n", i);
        CHECK_INT(pare_target_shrink(CASES[i].format, CASES[i].width, CASES[i].height,
                                     CASES[i].target_width, CASES[i].target_height),
                  ==, CASES[i].want);
    }
}

RUN(each_pixel_is_the_mean_of_its_square, all_ways_of_storing_give_the_same_pixels,
    a_cut_file_is_an_error_when_it_is_shrunk_too, what_is_shrunk_stays_twice_the_target)
