// SPDX-License-Identifier: Apache-2.0
/* More effort never gives a larger file. */
#include "support/test.h"

#include "core/codec/codec.h"
#include "data/make_image.h"

enum { SMALL_W = 64, SMALL_H = 56, LARGE_W = 260, LARGE_H = 256, KINDS = 5 };

static const char *const NAMES[KINDS] = {"photo", "graphic", "gradient", "alpha", "noise"};

/* The first four are those of test_picture. */
static pare_image make(int kind, uint32_t width, uint32_t height)
{
    const bool is_noise = kind == KINDS - 1;
    pare_image image = test_make(is_noise ? TEST_PHOTO : (test_picture)kind, width, height);
    uint32_t random = 1;
    for (size_t i = 0; is_noise && i < image.stride_bytes * height; i++) {
        random = random * 1664525u + 1013904223u;
        const int value = image.pixels[i] + (int)(random >> 27) - 16;
        image.pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    return image;
}

/* Bytes of the result, or of the input when it is kept. */
static size_t measure(const pare_buf *png, pare_format format, pare_quality quality, int effort)
{
    pare_options options;
    pare_result result;
    pare_options_init(&options);
    options.effort = effort;
    options.target = PARE_TARGET_FORMAT;
    options.format = format;
    options.quality = quality;
    const pare_err err = pare_optimize(png->data, png->len, &options, &result, NULL);
    CHECK_TRUE(err == PARE_OK || pare_err_is_skip(err));
    const size_t len = err == PARE_OK ? result.len : png->len;
    pare_result_deinit(&result);
    return len;
}

static void check(pare_format format, pare_quality_mode mode, int kind, uint32_t width,
                  uint32_t height, const int *efforts, int count)
{
    if (!pare_codec_find(format)) return;
    const pare_quality quality = {.mode = mode, .value = 75, .score = 80};
    pare_image image = make(kind, width, height);
    pare_buf png = test_write_png(&image, &(test_png_options){0});
    size_t last = png.len;
    printf("# %s, %s of %u x %u, mode %d:", pare_format_name(format), NAMES[kind], width, height,
           (int)mode);
    for (int i = 0; i < count; i++) {
        const size_t len = measure(&png, format, quality, efforts[i]);
        printf(" %zu", len);
        CHECK_INT(len, <=, last);
        last = len;
    }
    printf("\n");
    pare_buf_deinit(&png);
    pare_image_deinit(&image);
}

/* At a fixed quality less than the default effort gives worse pictures, too: those are not
 * compared. */
static void check_small(pare_format format, int kind)
{
    static const int EFFORTS[] = {0, 3, 5, 7, 9};
    static const int FIXED[] = {PARE_EFFORT_DEFAULT, 5, 7, 9};
    check(format, PARE_QUALITY_AUTO, kind, SMALL_W, SMALL_H, EFFORTS, 5);
    check(format, PARE_QUALITY_LOSSLESS, kind, SMALL_W, SMALL_H, EFFORTS, 5);
    check(format, PARE_QUALITY_FIXED, kind, SMALL_W, SMALL_H, FIXED, 4);
}

TEST(webp_gets_no_larger)
{
    for (int kind = 0; kind < KINDS; kind++)
        check_small(PARE_FORMAT_WEBP, kind);
}

TEST(avif_of_photographs_and_drawings_gets_no_larger)
{
    for (int kind = 0; kind < 3; kind++)
        check_small(PARE_FORMAT_AVIF, kind);
}

TEST(avif_with_alpha_and_of_noise_gets_no_larger)
{
    for (int kind = 3; kind < KINDS; kind++)
        check_small(PARE_FORMAT_AVIF, kind);
}

TEST(jpeg_xl_gets_no_larger)
{
    for (int kind = 0; kind < KINDS; kind++)
        check_small(PARE_FORMAT_JXL, kind);
}

/* Files that are not made of a PNG, and formats that try by themselves what less effort tries. */
static void check_file(const pare_buf *file, pare_format format, pare_quality_mode mode,
                       const char *label)
{
    const pare_quality quality = {.mode = mode, .value = 75, .score = 80};
    size_t last = file->len;
    if (!pare_codec_find(format)) return;
    printf("# %s to %s, mode %d:", label, pare_format_name(format), (int)mode);
    for (int effort = 0; effort <= PARE_EFFORT_MAX; effort++) {
        const size_t len = measure(file, format, quality, effort);
        printf(" %zu", len);
        CHECK_INT(len, <=, last);
        last = len;
    }
    printf("\n");
}

TEST(animations_get_no_larger)
{
    for (int kind = 0; kind < KINDS; kind++) {
        pare_image image = make(kind, 32, 28);
        pare_buf gif = test_write_gif(&image, 4, false);
        check_file(&gif, PARE_FORMAT_GIF, PARE_QUALITY_LOSSLESS, NAMES[kind]);
        check_file(&gif, PARE_FORMAT_PNG, PARE_QUALITY_LOSSLESS, NAMES[kind]);
        check_file(&gif, PARE_FORMAT_WEBP, PARE_QUALITY_LOSSLESS, NAMES[kind]);
        pare_buf_deinit(&gif);
        pare_image_deinit(&image);
    }
}

TEST(what_is_made_of_a_jpeg_gets_no_larger)
{
    for (int kind = 0; kind < KINDS; kind++) {
        pare_image image = make(kind, 96, 88);
        if (!image.has_alpha) {
            pare_buf jpeg = test_write_jpeg(&image, &(test_jpeg_options){.quality = 93});
            check_file(&jpeg, PARE_FORMAT_JPEG, PARE_QUALITY_LOSSLESS, NAMES[kind]);
            check_file(&jpeg, PARE_FORMAT_JPEG, PARE_QUALITY_AUTO, NAMES[kind]);
            check_file(&jpeg, PARE_FORMAT_JXL, PARE_QUALITY_LOSSLESS, NAMES[kind]);
            pare_buf_deinit(&jpeg);
        }
        pare_image_deinit(&image);
    }
}

TEST(what_is_made_of_a_png_gets_no_larger)
{
    for (int kind = 0; kind < KINDS; kind++) {
        pare_image image = make(kind, SMALL_W, SMALL_H);
        pare_buf png = test_write_png(&image, &(test_png_options){0});
        check_file(&png, PARE_FORMAT_PNG, PARE_QUALITY_LOSSLESS, NAMES[kind]);
        check_file(&png, PARE_FORMAT_PNG, PARE_QUALITY_AUTO, NAMES[kind]);
        check_file(&png, PARE_FORMAT_JPEG, PARE_QUALITY_AUTO, NAMES[kind]);
        pare_buf_deinit(&png);
        pare_image_deinit(&image);
    }
}

/* The colours of a palette depend on its quality alone. */
TEST(palettes_get_no_larger)
{
    static const double QUALITIES[] = {62, 90};
    static const int EFFORTS[] = {0, 3, PARE_EFFORT_DEFAULT, 7, PARE_EFFORT_MAX};
    for (int kind = 0; kind < KINDS; kind++) {
        pare_image image = make(kind, SMALL_W, SMALL_H);
        pare_buf png = test_write_png(&image, &(test_png_options){0});
        for (size_t q = 0; q < sizeof QUALITIES / sizeof *QUALITIES; q++) {
            const pare_quality quality = {.mode = PARE_QUALITY_FIXED, .value = QUALITIES[q]};
            size_t last = png.len;
            printf("# %s, quality %.0f:", NAMES[kind], QUALITIES[q]);
            for (size_t i = 0; i < sizeof EFFORTS / sizeof *EFFORTS; i++) {
                const size_t len = measure(&png, PARE_FORMAT_PNG, quality, EFFORTS[i]);
                printf(" %zu", len);
                CHECK_INT(len, <=, last);
                last = len;
            }
            printf("\n");
        }
        pare_buf_deinit(&png);
        pare_image_deinit(&image);
    }
}

/* Above the size up to which all settings are tried at every effort. */
TEST(larger_images_get_no_larger_either)
{
    static const int EFFORTS[] = {0, PARE_EFFORT_DEFAULT, 5, 7};
    check(PARE_FORMAT_WEBP, PARE_QUALITY_AUTO, TEST_PHOTO, LARGE_W, LARGE_H, EFFORTS, 4);
    for (int kind = 0; kind < KINDS; kind++)
        check(PARE_FORMAT_JPEG, PARE_QUALITY_AUTO, kind, LARGE_W, LARGE_H, EFFORTS, 4);
}

/* What little effort finds is further above the score than what luck may leave to more, else it
 * could be the smaller one. */
TEST(little_effort_ends_no_nearer_to_the_score_than_luck_goes)
{
    static const int PICTURES[] = {TEST_PHOTO, KINDS - 1};
    for (int i = 0; i < 2; i++) {
        pare_image image = make(PICTURES[i], LARGE_W, LARGE_H);
        pare_buf png = test_write_png(&image, &(test_png_options){0});
        for (int effort = 0; effort <= PARE_EFFORT_DEFAULT; effort++) {
            pare_options options;
            pare_result result;
            pare_options_init(&options);
            options.effort = effort;
            options.target = PARE_TARGET_FORMAT;
            options.format = PARE_FORMAT_JPEG;
            CHECK_INT(pare_optimize(png.data, png.len, &options, &result, NULL), ==, PARE_OK);
            printf("# %s, effort %d: %zu bytes, score %.2f\n", NAMES[PICTURES[i]], effort,
                   result.len, result.score);
            CHECK_DOUBLE(result.score, >=, effort < 2 ? 80.5 : 80);
            CHECK_DOUBLE(result.score, <=, effort < 2 ? 81.5 : 80.65);
            pare_result_deinit(&result);
        }
        pare_buf_deinit(&png);
        pare_image_deinit(&image);
    }
}

RUN(webp_gets_no_larger, avif_of_photographs_and_drawings_gets_no_larger,
    avif_with_alpha_and_of_noise_gets_no_larger, jpeg_xl_gets_no_larger, animations_get_no_larger,
    what_is_made_of_a_jpeg_gets_no_larger, what_is_made_of_a_png_gets_no_larger,
    palettes_get_no_larger, larger_images_get_no_larger_either,
    little_effort_ends_no_nearer_to_the_score_than_luck_goes)
