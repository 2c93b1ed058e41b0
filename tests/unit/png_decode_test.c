// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include "core/codec/codec.h"
#include "core/image/profile.h"
#include "data/make_image.h"

static pare_err decode(const pare_buf *file, pare_image *out)
{
    return pare_codec_png.decode(pare_buf_view(file), NULL, out, NULL);
}

static bool comes_back(const pare_image *image, const test_png_options *options)
{
    pare_buf file = test_write_png(image, options);
    pare_image back = {0};
    const bool same = decode(&file, &back) == PARE_OK && test_same_pixels(image, &back);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    return same;
}

TEST(every_shape_comes_back_exactly)
{
    static const uint8_t DEPTHS[] = {8, 16};
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB};
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_ALPHA};
    for (int i = 0; i < 16; i++) {
        pare_image image =
            test_make_as(PICTURES[i & 1], 53, 29, COLORS[i >> 1 & 1], DEPTHS[i >> 2 & 1]);
        CHECK_TRUE(comes_back(&image, &(test_png_options){.interlaced = i & 8}));
        pare_image_deinit(&image);
    }
    pare_image graphic = test_make(TEST_GRAPHIC, 100, 50);
    CHECK_TRUE(comes_back(&graphic, &(test_png_options){.palette = true}));
    pare_image_deinit(&graphic);
}

TEST(a_wrong_checksum_or_a_cut_is_an_error)
{
    pare_image image = test_make(TEST_PHOTO, 60, 40), out = {0};
    pare_buf file = test_write_png(&image, NULL);
    const size_t whole = file.len;
    file.data[whole / 2] ^= 1;
    CHECK_INT(decode(&file, &out), ==, PARE_ERR_CORRUPT);
    file.data[whole / 2] ^= 1;
    file.len = whole / 2;
    CHECK_INT(decode(&file, &out), ==, PARE_ERR_TRUNCATED);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* The description of the profile that a file gets; "" when it stays without one. */
static void described_colors(const test_png_options *options, char out[64])
{
    pare_image image = test_make(TEST_GRADIENT, 8, 8), back = {0};
    pare_buf file = test_write_png(&image, options);
    MUST(decode(&file, &back));
    pare_profile_describe(pare_buf_view(&back.metadata.icc), out);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

TEST(colours_given_by_numbers_become_a_profile)
{
    static const double SRGB[] = {0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
    static const double WIDE[] = {0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06};
    static const uint8_t SRGB_CODES[] = {1, 13, 0, 1}, P3_CODES[] = {12, 13, 0, 1};
    char name[64];
    described_colors(&(test_png_options){.file_gamma = 0.45455, .chrm = SRGB}, name);
    CHECK_STR(name, "");
    described_colors(&(test_png_options){.file_gamma = 1.0}, name);
    CHECK_STR(name, "PNG gAMA and cHRM");
    described_colors(&(test_png_options){.file_gamma = 0.45455, .chrm = WIDE}, name);
    CHECK_STR(name, "PNG gAMA and cHRM");
    described_colors(&(test_png_options){.cicp = SRGB_CODES}, name);
    CHECK_STR(name, "");
    described_colors(&(test_png_options){.cicp = P3_CODES, .file_gamma = 0.45455}, name);
    CHECK_STR(name, "PNG cICP");
}

TEST(hdr_colours_are_left_alone)
{
    static const uint8_t PQ[] = {9, 16, 0, 1};
    pare_image image = test_make(TEST_GRADIENT, 8, 8), out = {0};
    pare_buf file = test_write_png(&image, &(test_png_options){.cicp = PQ});
    CHECK_INT(decode(&file, &out), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(blocks_come_back)
{
    pare_metadata metadata = {.exif = test_make_exif(3, false)};
    pare_colorimetry p3;
    CHECK_TRUE(pare_colorimetry_from_cicp(12, 13, &p3));
    MUST(pare_profile_build(&p3, "P3", &metadata.icc));
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    test_set_text(&metadata.comment, "hello");
    pare_image image = test_make(TEST_GRADIENT, 8, 8), out = {0};
    pare_buf file = test_write_png(&image, &(test_png_options){.metadata = &metadata});
    MUST(decode(&file, &out));
    CHECK_INT(out.orientation, ==, 3);
    CHECK_INT(out.metadata.icc.len, ==, metadata.icc.len);
    CHECK_INT(out.metadata.xmp.len, ==, metadata.xmp.len);
    CHECK_INT(out.metadata.comment.len, ==, metadata.comment.len);
    pare_image_deinit(&out);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
    pare_metadata_deinit(&metadata);
}

RUN(every_shape_comes_back_exactly, a_wrong_checksum_or_a_cut_is_an_error,
    colours_given_by_numbers_become_a_profile, hdr_colours_are_left_alone, blocks_come_back)
