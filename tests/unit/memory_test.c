// SPDX-License-Identifier: Apache-2.0
/* Images of 12 megapixels take at most 6 bytes a pixel and 30 MB, of which 12 are the worker
 * without its heap. */
#include "support/test.h"

#include "core/codec/codec.h"
#include "data/make_image.h"
#include "support/heap.h"

enum { WIDTH = 4000, HEIGHT = 3000, MB = 1000 * 1000, HEAP_MB = 18 };

static pare_options ask(pare_quality_mode mode, pare_format format)
{
    pare_options options;
    pare_options_init(&options);
    options.quality = (pare_quality){.mode = mode, .value = 80, .score = 80};
    options.target = PARE_TARGET_FORMAT;
    options.format = format;
    return options;
}

/* The peak above the file itself, which the worker does not hold but maps. */
static void check(const pare_buf *file, const pare_options *options, const char *label)
{
    pare_result result;
    const size_t most = (size_t)WIDTH * HEIGHT * 6 + HEAP_MB * MB;
    heap_mark();
    const pare_err err = pare_optimize(file->data, file->len, options, &result, NULL);
    CHECK_TRUE(err == PARE_OK || err == PARE_SKIP_NOT_SMALLER); /* which is known when it is made */
    printf("# %s: %zu bytes to %zu, peak %.1f MB\n", label, file->len, result.len,
           (double)heap_peak() / MB);
    CHECK_INT(heap_peak() / MB, <=, most / MB);
    pare_result_deinit(&result);
}

static pare_buf make_png(test_picture picture)
{
    pare_image image = test_make(picture, WIDTH, HEIGHT);
    pare_buf file = test_write_png(&image, &(test_png_options){0});
    pare_image_deinit(&image);
    return file;
}

static void check_written_jpeg(pare_quality_mode mode, const test_jpeg_options *how,
                               const char *label)
{
    pare_image image = test_make(TEST_PHOTO, WIDTH, HEIGHT);
    pare_buf file = test_write_jpeg(&image, how);
    pare_image_deinit(&image);
    const pare_options options = ask(mode, PARE_FORMAT_JPEG);
    check(&file, &options, label);
    pare_buf_deinit(&file);
}

/* sampling: luma for each chroma, in each direction */
static void check_jpeg(pare_quality_mode mode, uint8_t sampling, const char *label)
{
    const test_jpeg_options how = {.quality = 95, .luma_h = sampling, .luma_v = sampling};
    check_written_jpeg(mode, &how, label);
}

static void check_png(test_picture picture, pare_quality_mode mode, pare_format format,
                      const char *label)
{
    pare_buf file = make_png(picture);
    const pare_options options = ask(mode, format);
    check(&file, &options, label);
    pare_buf_deinit(&file);
}

/* Content that is soon compressed: what is held does not depend on it. */
TEST(a_png_without_loss)
{
    check_png(TEST_GRAPHIC, PARE_QUALITY_LOSSLESS, PARE_FORMAT_PNG, "PNG without loss");
}

/* libdeflate would hold all that is filtered. */
TEST(a_png_without_effort)
{
    pare_buf file = make_png(TEST_GRAPHIC);
    pare_options options = ask(PARE_QUALITY_LOSSLESS, PARE_FORMAT_PNG);
    options.effort = 0;
    check(&file, &options, "PNG without effort");
    pare_buf_deinit(&file);
}

TEST(a_png_by_palette)
{
    check_png(TEST_GRAPHIC, PARE_QUALITY_FIXED, PARE_FORMAT_PNG, "PNG by palette");
}

TEST(a_png_with_alpha_by_palette)
{
    check_png(TEST_ALPHA, PARE_QUALITY_FIXED, PARE_FORMAT_PNG, "PNG with alpha by palette");
}

TEST(a_png_to_jpeg)
{
    check_png(TEST_GRADIENT, PARE_QUALITY_FIXED, PARE_FORMAT_JPEG, "PNG to JPEG");
}

TEST(a_jpeg_by_score)
{
    check_jpeg(PARE_QUALITY_SCORE, 2, "JPEG by score");
}

TEST(a_jpeg_without_loss)
{
    check_jpeg(PARE_QUALITY_LOSSLESS, 2, "JPEG without loss");
}

/* Six bytes a pixel are what its coefficients alone would take. */
TEST(a_jpeg_of_full_chroma_by_score)
{
    check_jpeg(PARE_QUALITY_SCORE, 1, "JPEG 4:4:4 by score");
}

/* libjpeg would hold them while it reads pixels. */
TEST(a_progressive_jpeg_of_full_chroma_by_score)
{
    const test_jpeg_options how = {.quality = 95, .luma_h = 1, .luma_v = 1, .progressive = true};
    check_written_jpeg(PARE_QUALITY_SCORE, &how, "progressive JPEG 4:4:4 by score");
}

TEST(a_jpeg_of_full_chroma_without_loss)
{
    check_jpeg(PARE_QUALITY_LOSSLESS, 1, "JPEG 4:4:4 without loss");
}

RUN(a_png_without_loss, a_png_without_effort, a_png_by_palette, a_png_with_alpha_by_palette,
    a_png_to_jpeg, a_jpeg_by_score, a_jpeg_without_loss, a_jpeg_of_full_chroma_by_score,
    a_progressive_jpeg_of_full_chroma_by_score, a_jpeg_of_full_chroma_without_loss)
