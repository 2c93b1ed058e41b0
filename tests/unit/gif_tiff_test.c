// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/codec.h"
#include "data/make_image.h"

static pare_image decode(const pare_codec *codec, pare_buf *file)
{
    pare_image out = {0};
    MUST(codec->decode(pare_buf_view(file), NULL, &out, NULL));
    pare_buf_deinit(file);
    return out;
}

TEST(gif_pixels_come_back_in_both_orders)
{
    pare_image image = test_make(TEST_ALPHA, 101, 77);
    pare_buf plain_file = test_write_gif(&image, 1, false);
    pare_buf interlaced_file = test_write_gif(&image, 1, true);
    pare_image plain = decode(&pare_codec_gif, &plain_file);
    pare_image interlaced = decode(&pare_codec_gif, &interlaced_file);
    CHECK_TRUE(test_same_pixels(&plain, &interlaced));
    CHECK_INT(pare_image_row(&plain, 0)[3], ==, 0); /* outside the disc */
    CHECK_INT(pare_image_row(&plain, 48)[48 * 4 + 3], ==, 255);
    CHECK_INT(abs(pare_image_row(&plain, 48)[48 * 4] - 200), <=, 26);
    pare_image_deinit(&plain);
    pare_image_deinit(&interlaced);
    pare_image_deinit(&image);
}

TEST(a_cut_gif_is_an_error)
{
    pare_image image = test_make(TEST_PHOTO, 60, 40), out = {0};
    pare_buf file = test_write_gif(&image, 1, false);
    file.len /= 2;
    CHECK_INT(pare_codec_gif.decode(pare_buf_view(&file), NULL, &out, NULL), ==,
              PARE_ERR_TRUNCATED);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

static bool tiff_comes_back(const pare_image *image, const test_tiff_options *options)
{
    pare_buf file = test_write_tiff(image, options);
    pare_image back = decode(&pare_codec_tiff, &file);
    const bool same = test_same_pixels(image, &back);
    pare_image_deinit(&back);
    return same;
}

TEST(tiff_shapes_come_back_exactly)
{
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB, PARE_COLOR_CMYK};
    for (int i = 0; i < 24; i++) {
        const test_tiff_options options = {.tiled = i & 4, .lzw = i & 2};
        pare_image image =
            test_make_as(i & 1 ? TEST_ALPHA : TEST_PHOTO, 75, 33, COLORS[i / 8], i & 2 ? 16 : 8);
        CHECK_TRUE(tiff_comes_back(&image, &options));
        pare_image_deinit(&image);
    }
    pare_image gray = test_make_as(TEST_PHOTO, 40, 30, PARE_COLOR_GRAY, 8);
    CHECK_TRUE(tiff_comes_back(&gray, &(test_tiff_options){.white_is_zero = true}));
    pare_image_deinit(&gray);
}

TEST(colours_multiplied_by_alpha_are_divided_again)
{
    pare_image image = test_make(TEST_ALPHA, 96, 96);
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){.associated_alpha = true});
    pare_image back = decode(&pare_codec_tiff, &file);
    CHECK_INT(pare_image_row(&back, 48)[48 * 4], ==, 200);
    const uint8_t *edge = pare_image_row(&back, 48) + 12 * 4; /* half transparent */
    CHECK_INT(edge[3], >, 20);
    CHECK_INT(edge[3], <, 235);
    CHECK_INT(abs(edge[0] - 200), <=, 3);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
}

TEST(a_cut_tiff_is_an_error)
{
    pare_image image = test_make(TEST_PHOTO, 60, 40), out = {0};
    pare_buf file = test_write_tiff(&image, NULL);
    memset(file.data + 8, 0xff, file.len - 8);
    CHECK_INT(pare_codec_tiff.decode(pare_buf_view(&file), NULL, &out, NULL), ==, PARE_ERR_CORRUPT);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

RUN(gif_pixels_come_back_in_both_orders, a_cut_gif_is_an_error, tiff_shapes_come_back_exactly,
    colours_multiplied_by_alpha_are_divided_again, a_cut_tiff_is_an_error)
