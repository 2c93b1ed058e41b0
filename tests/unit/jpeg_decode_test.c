// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <pare/pare.h>

#include "core/codec/codec.h"
#include "data/make_image.h"

static pare_err decode(const pare_buf *file, const pare_limits *limits, pare_image *out)
{
    return pare_codec_jpeg.decode(pare_buf_view(file), limits, out, NULL);
}

/* Mean difference of a round trip; 2000 when it does not decode. */
static double round_trip(const pare_image *image, const test_jpeg_options *options)
{
    pare_buf file = test_write_jpeg(image, options);
    pare_image back = {0};
    const pare_err err = decode(&file, NULL, &back);
    const double difference = err == PARE_OK ? test_difference(image, &back) : 2000;
    CHECK_INT(back.color, ==, image->color);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    return difference;
}

TEST(every_colour_and_coding_comes_back)
{
    static const test_jpeg_options CASES[] = {
        {.quality = 95},
        {.quality = 95, .luma_h = 1, .luma_v = 1},
        {.quality = 95, .luma_h = 2, .luma_v = 1},
        {.quality = 95, .luma_h = 1, .luma_v = 2},
        {.quality = 95, .luma_h = 4, .luma_v = 1},
        {.quality = 95, .progressive = true},
        {.quality = 95, .arithmetic = true},
        {.quality = 95, .arithmetic = true, .progressive = true},
        {.quality = 95, .restart_rows = 1},
        {.quality = 95, .store_rgb = true},
    };
    pare_image image = test_make(TEST_GRADIENT, 133, 77);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# case %zu\n", i);
        CHECK_DOUBLE(round_trip(&image, &CASES[i]), <, 3.0);
    }
    pare_image_deinit(&image);
    pare_image gray = test_make_as(TEST_PHOTO, 64, 65, PARE_COLOR_GRAY, 8);
    CHECK_DOUBLE(round_trip(&gray, &CASES[0]), <, 2.0);
    pare_image_deinit(&gray);
}

TEST(zero_is_no_ink_in_cmyk_and_ycck)
{
    pare_image image = test_make_as(TEST_GRADIENT, 80, 40, PARE_COLOR_CMYK, 8);
    CHECK_DOUBLE(round_trip(&image, &(test_jpeg_options){.quality = 98}), <, 3.0);
    CHECK_DOUBLE(round_trip(&image, &(test_jpeg_options){.quality = 98, .store_ycck = true}), <,
                 3.0);
    pare_image_deinit(&image);
}

/* Offset of the last marker that starts a scan. */
static size_t last_scan(const pare_buf *file)
{
    size_t last = 0;
    for (size_t i = 2; i + 1 < file->len; i++) {
        if (file->data[i] == 0xff && file->data[i + 1] == 0xda) last = i;
    }
    return last;
}

/* A file that is cut, or whose entropy-coded bytes are changed, must not give a picture with holes.
 * Cut before EOI alone loses nothing. */
TEST(damage_is_an_error_never_a_guess)
{
    pare_image image = test_make(TEST_PHOTO, 160, 120), out = {0};
    const test_jpeg_options sequential = {.restart_rows = 1}, progressive = {.progressive = true};
    pare_buf file = test_write_jpeg(&image, &sequential);
    const size_t whole = file.len;
    for (size_t percent = 1; percent < 99; percent += 7) {
        file.len = whole * percent / 100;
        CHECK_INT(decode(&file, NULL, &out), >=, PARE_ERR_CORRUPT);
        CHECK_TRUE(out.pixels == NULL);
    }
    file.len = whole - 2;
    CHECK_INT(decode(&file, NULL, &out), ==, PARE_OK);
    pare_image_deinit(&out);
    file.len = whole;
    memset(file.data + whole / 2, 0, 64);
    CHECK_INT(decode(&file, NULL, &out), ==, PARE_ERR_CORRUPT);
    pare_buf_deinit(&file);

    file = test_write_jpeg(&image, &progressive);
    file.len -= file.len / 50; /* inside the last scan, which only refines */
    CHECK_INT(decode(&file, NULL, &out), ==, PARE_ERR_TRUNCATED);
    file.len = last_scan(&file); /* nothing is broken, only less sharp than it was */
    CHECK_INT(decode(&file, NULL, &out), ==, PARE_ERR_TRUNCATED);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(limits_hold_before_pixels_are_allocated)
{
    pare_image image = test_make(TEST_GRADIENT, 100, 100), out = {0};
    pare_buf file = test_write_jpeg(&image, NULL);
    const pare_limits pixels = {.max_pixels = 9999}, memory = {.max_memory_bytes = 20000};
    CHECK_INT(decode(&file, &pixels, &out), ==, PARE_ERR_TOO_LARGE);
    CHECK_INT(decode(&file, &memory, &out), ==, PARE_ERR_NO_MEMORY);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(twelve_bits_are_left_alone)
{
    pare_image image = test_make(TEST_GRADIENT, 16, 16), out = {0};
    pare_buf file = test_write_jpeg(&image, NULL);
    for (size_t i = 2; i + 5 < file.len; i++) {
        if (file.data[i] == 0xff && file.data[i + 1] == 0xc0) {
            file.data[i + 4] = 12;
            break;
        }
    }
    CHECK_INT(decode(&file, NULL, &out), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(shrink_divides_the_size_and_rounds_up)
{
    pare_image image = test_make(TEST_GRADIENT, 101, 64), out = {0};
    pare_buf file = test_write_jpeg(&image, NULL);
    const pare_limits limits = {.shrink = 8};
    CHECK_INT(decode(&file, &limits, &out), ==, PARE_OK);
    CHECK_INT(out.width_px, ==, 13);
    CHECK_INT(out.height_px, ==, 8);
    pare_image_deinit(&out);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* Coefficients of so large a file of many scans are packed while they wait. */
TEST(many_scans_of_a_large_image_give_the_pixels_of_one)
{
    pare_image image = test_make(TEST_PHOTO, 2300, 1777), one = {0}, many = {0};
    for (uint8_t sampling = 1; sampling <= 2; sampling++) {
        test_jpeg_options how = {.quality = 92, .luma_h = sampling, .luma_v = 1};
        pare_buf sequential = test_write_jpeg(&image, &how);
        how.progressive = true;
        pare_buf progressive = test_write_jpeg(&image, &how);
        MUST(decode(&sequential, NULL, &one));
        MUST(decode(&progressive, NULL, &many));
        CHECK_TRUE(test_same_pixels(&one, &many));
        pare_image_deinit(&one);
        pare_image_deinit(&many);
        progressive.len -= progressive.len / 3;
        CHECK_INT(decode(&progressive, NULL, &many), ==, PARE_ERR_TRUNCATED);
        pare_buf_deinit(&sequential);
        pare_buf_deinit(&progressive);
    }
    pare_image_deinit(&image);
}

/* ITU-T T.81 sets no bound on scans; each costs a pass over the image. */
TEST(a_bomb_of_scans_is_refused)
{
    pare_image image = test_make(TEST_GRADIENT, 16, 16), out = {0};
    pare_buf file = test_write_jpeg(&image, &(test_jpeg_options){.progressive = true});
    const size_t last = last_scan(&file);
    const size_t scan_len = file.len - 2 - last;
    pare_buf bomb = {0};
    MUST(pare_buf_append(&bomb, file.data, file.len - 2));
    for (int i = 0; i < 1000; i++)
        MUST(pare_buf_append(&bomb, file.data + last, scan_len));
    MUST(pare_buf_append(&bomb, "\xff\xd9", 2));
    CHECK_INT(decode(&bomb, NULL, &out), ==, PARE_ERR_CORRUPT);
    pare_buf_deinit(&bomb);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

RUN(every_colour_and_coding_comes_back, zero_is_no_ink_in_cmyk_and_ycck,
    damage_is_an_error_never_a_guess, limits_hold_before_pixels_are_allocated,
    twelve_bits_are_left_alone, shrink_divides_the_size_and_rounds_up,
    many_scans_of_a_large_image_give_the_pixels_of_one, a_bomb_of_scans_is_refused)
