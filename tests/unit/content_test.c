// SPDX-License-Identifier: Apache-2.0
/* What kind of image is it? */
#include "support/test.h"

#include "core/optimize/content.h"
#include "core/optimize/optimize.h"
#include "core/transform/transform.h"
#include "data/make_image.h"

TEST(photos_and_graphics_are_told_apart)
{
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB};
    for (int i = 0; i < 4; i++) {
        pare_image photo = test_make_as(TEST_PHOTO, 200, 150, COLORS[i & 1], i & 2 ? 16 : 8);
        pare_image graphic = test_make_as(TEST_GRAPHIC, 200, 150, COLORS[i & 1], i & 2 ? 16 : 8);
        const pare_content have_photo = pare_analyse_content(&photo);
        const pare_content have_graphic = pare_analyse_content(&graphic);
        CHECK_TRUE(!have_photo.is_graphic);
        CHECK_STR(pare_content_name(&have_photo), "photo");
        CHECK_TRUE(have_graphic.is_graphic);
        CHECK_TRUE(have_graphic.has_few_colors);
        CHECK_TRUE(!have_graphic.has_alpha);
        CHECK_DOUBLE(have_photo.noise, >, 0.3);
        pare_image_deinit(&photo);
        pare_image_deinit(&graphic);
    }
}

/* As a street under a white sky. */
TEST(a_gray_photograph_with_a_flat_part_is_one)
{
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB};
    for (int i = 0; i < 2; i++) {
        pare_image image = test_make_as(TEST_PHOTO, 200, 150, PARE_COLOR_GRAY, 8);
        for (uint32_t y = 0; y < 60; y++)
            memset(pare_image_row(&image, y), 255, image.width_px);
        if (COLORS[i] == PARE_COLOR_RGB) MUST(pare_transform_rgb(&image, NULL));
        const pare_content have = pare_analyse_content(&image);
        CHECK_DOUBLE(have.flat_share, >, 0.35);
        CHECK_STR(pare_content_name(&have), "photo");
        CHECK_TRUE(!have.has_few_colors);
        pare_image_deinit(&image);
    }
}

TEST(transparency_is_seen)
{
    pare_image image = test_make(TEST_ALPHA, 120, 120);
    CHECK_TRUE(pare_analyse_content(&image).has_alpha);
    pare_image_deinit(&image);
}

TEST(sizes_at_the_edge_are_no_trouble)
{
    for (uint32_t edge = 1; edge <= 3; edge++) {
        pare_image tall = test_make(TEST_PHOTO, edge, 5000),
                   wide = test_make(TEST_PHOTO, 5000, edge);
        CHECK_DOUBLE(pare_analyse_content(&tall).flat_share, <=, 1);
        CHECK_DOUBLE(pare_analyse_content(&wide).flat_share, <=, 1);
        pare_image_deinit(&tall);
        pare_image_deinit(&wide);
    }
}

TEST(an_inspected_file_names_its_content)
{
    pare_image image = test_make(TEST_GRAPHIC, 120, 90);
    pare_buf file = test_write_png(&image, &(test_png_options){0});
    pare_info info;
    MUST(pare_inspect(file.data, file.len, &info, NULL));
    CHECK_TRUE(info.content[0] != '\0');
    CHECK_TRUE(strcmp(info.content, "photo") != 0);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

RUN(photos_and_graphics_are_told_apart, a_gray_photograph_with_a_flat_part_is_one,
    transparency_is_seen, sizes_at_the_edge_are_no_trouble, an_inspected_file_names_its_content)
