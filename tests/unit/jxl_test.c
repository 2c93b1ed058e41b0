// SPDX-License-Identifier: Apache-2.0
/* JPEG XL in and out; what comes in damaged, or holds what Pare would lose. */
#include "support/test.h"

#include <pare/pare.h>

#include "core/codec/codec.h"
#include "core/codec/jxl_transcode.h"
#include "core/image/profile.h"
#include "data/make_image.h"

static pare_buf encode(const pare_image *image, const pare_metadata *metadata,
                       const pare_encode_params *params, double quality)
{
    const pare_source source = {.image = image, .metadata = metadata};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    MUST(pare_codec_jxl.encoder_open(&source, params, &encoder, NULL));
    MUST(pare_codec_jxl.encoder_try(encoder, quality, &out, NULL));
    pare_codec_jxl.encoder_close(&encoder);
    CHECK_TRUE(encoder == NULL);
    return out;
}

static pare_image decode(const pare_buf *file)
{
    pare_image image = {0};
    MUST(pare_codec_jxl.decode(pare_buf_view(file), NULL, &image, NULL));
    return image;
}

static double difference_after(const pare_image *image, const pare_encode_params *params,
                               double quality, size_t *len)
{
    pare_buf file = encode(image, NULL, params, quality);
    pare_image back = decode(&file);
    const double difference = test_difference(image, &back);
    *len = file.len;
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    return difference;
}

TEST(quality_trades_bytes_for_likeness)
{
    pare_image image = test_make(TEST_PHOTO, 192, 128);
    for (int effort = 0; effort <= PARE_EFFORT_MAX; effort += 4) {
        const pare_encode_params params = {.effort = effort};
        size_t low_len = 0, high_len = 0;
        const double low = difference_after(&image, &params, 1, &low_len);
        const double high = difference_after(&image, &params, 95, &high_len);
        CHECK_DOUBLE(high, <, low);
        CHECK_DOUBLE(high, <, 5.0);
        CHECK_INT(low_len, <, high_len);
    }
    pare_image_deinit(&image);
}

TEST(lossless_keeps_every_pixel)
{
    pare_image images[] = {
        test_make(TEST_PHOTO, 150, 97),
        test_make(TEST_GRAPHIC, 150, 97),
        test_make(TEST_ALPHA, 150, 97),
        test_make_as(TEST_PHOTO, 99, 50, PARE_COLOR_GRAY, 8),
        test_make_as(TEST_PHOTO, 99, 50, PARE_COLOR_GRAY, 16),
        test_make_as(TEST_ALPHA, 99, 50, PARE_COLOR_RGB, 16),
        test_make(TEST_PHOTO, 1, 1),
    };
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        for (int effort = 0; effort <= PARE_EFFORT_MAX; effort += 5) {
            const pare_encode_params params = {.lossless = true, .effort = effort};
            pare_buf file = encode(&images[i], NULL, &params, 0);
            pare_image back = decode(&file);
            printf("# image %zu, effort %d\n", i, effort);
            CHECK_TRUE(test_same_pixels(&images[i], &back));
            CHECK_INT(back.depth_bits, ==, images[i].depth_bits);
            CHECK_INT(back.color, ==, images[i].color);
            pare_image_deinit(&back);
            pare_buf_deinit(&file);
        }
        pare_image_deinit(&images[i]);
    }
}

/* 16 bits that are 10 bits stretched are stored as 10. */
TEST(depth_between_8_and_16_bits_is_kept)
{
    const pare_encode_params params = {.lossless = true, .effort = 1};
    pare_image image = test_make_as(TEST_GRADIENT, 64, 64, PARE_COLOR_GRAY, 16);
    image.source_depth_bits = 10;
    for (uint32_t i = 0; i < 64 * 64; i++) {
        const uint16_t sample = (uint16_t)((i % 1024 * 65535 + 511) / 1023);
        memcpy(image.pixels + 2 * (size_t)i, &sample, 2);
    }
    pare_buf file = encode(&image, NULL, &params, 0);
    pare_image back = decode(&file);
    CHECK_INT(back.source_depth_bits, ==, 10);
    CHECK_TRUE(test_same_pixels(&image, &back));
    pare_buf_deinit(&file);
    pare_image_deinit(&back);
    image.pixels[100] ^= 1; /* now they are not */
    file = encode(&image, NULL, &params, 0);
    back = decode(&file);
    CHECK_INT(back.source_depth_bits, ==, 16);
    CHECK_TRUE(test_same_pixels(&image, &back));
    pare_buf_deinit(&file);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
}

TEST(the_blocks_are_carried)
{
    pare_metadata metadata = {.exif = test_make_exif(1, true)};
    pare_colorimetry p3;
    CHECK_TRUE(pare_colorimetry_from_cicp(12, 13, &p3));
    MUST(pare_profile_build(&p3, "Display P3", &metadata.icc));
    static char text[300000] =
        "<x:xmpmeta/>"; /* long enough to be packed, and to take room twice */
    memset(text + 12, ' ', sizeof text - 13);
    text[sizeof text - 1] = '\0';
    test_set_text(&metadata.xmp, text);
    pare_image image = test_make(TEST_ALPHA, 64, 48);
    for (int lossless = 0; lossless < 2; lossless++) {
        const pare_encode_params params = {.lossless = lossless, .effort = 1};
        pare_buf file = encode(&image, &metadata, &params, 90);
        pare_info info;
        MUST(pare_read_info(file.data, file.len, &info, NULL));
        CHECK_TRUE(info.has_icc && info.has_exif && info.has_xmp && info.has_alpha && info.has_gps);
        pare_image back = decode(&file);
        CHECK_INT(back.metadata.exif.len, ==, metadata.exif.len);
        CHECK_INT(memcmp(back.metadata.exif.data, metadata.exif.data, metadata.exif.len), ==, 0);
        CHECK_INT(back.metadata.xmp.len, ==, metadata.xmp.len);
        CHECK_TRUE(back.metadata.icc.len > 0);
        if (lossless) CHECK_INT(back.metadata.icc.len, ==, metadata.icc.len);
        pare_image_deinit(&back);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
    pare_metadata_deinit(&metadata);
}

TEST(attempts_do_not_change_later_ones)
{
    const pare_encode_params params = {.effort = 4};
    pare_image image = test_make(TEST_PHOTO, 100, 80);
    pare_buf first = encode(&image, NULL, &params, 70), again = encode(&image, NULL, &params, 70);
    CHECK_INT(first.len, ==, again.len);
    CHECK_TRUE(first.len == again.len && memcmp(first.data, again.data, first.len) == 0);
    pare_buf_deinit(&first);
    pare_buf_deinit(&again);
    pare_image_deinit(&image);
}

TEST(cut_files_are_errors)
{
    pare_image image = test_make(TEST_PHOTO, 100, 80), out = {0};
    for (int in_boxes = 0; in_boxes < 2; in_boxes++) {
        pare_buf file = test_write_jxl(&image, &(test_jxl_options){.in_boxes = in_boxes});
        for (size_t len = 0; len < file.len; len += len < 100 ? 1 : 7) {
            const pare_bytes part = {file.data, len};
            CHECK_INT(pare_codec_jxl.decode(part, NULL, &out, NULL), >=, PARE_ERR_CORRUPT);
            CHECK_TRUE(out.pixels == NULL);
        }
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
}

/* Run under the address sanitizer this also shows that no byte outside is read. */
TEST(garbled_files_do_no_harm)
{
    uint64_t random = 7;
    const pare_limits limits = {.max_pixels = 1 << 20};
    pare_metadata metadata = {.exif = test_make_exif(1, true)};
    pare_image image = test_make(TEST_ALPHA, 60, 40);
    const pare_encode_params params = {.effort = 1};
    pare_buf file = encode(&image, &metadata, &params, 80), copy = {0};
    for (int round = 0; round < 300; round++) {
        pare_image out = {0};
        pare_info info;
        copy.len = 0;
        MUST(pare_buf_append(&copy, file.data, file.len));
        for (int i = 0; i < 1 + round % 4; i++)
            copy.data[12 + test_random(&random) % (copy.len - 12)] ^= (uint8_t)test_random(&random);
        if (pare_read_info(copy.data, copy.len, &info, NULL) != PARE_OK) continue;
        const pare_err err = pare_codec_jxl.decode(pare_buf_view(&copy), &limits, &out, NULL);
        CHECK_TRUE((err == PARE_OK) == (out.pixels != NULL));
        pare_image_deinit(&out);
    }
    pare_buf_deinit(&copy);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
    pare_metadata_deinit(&metadata);
}

/* 2^18 x 2^18 pixels in 24 bytes: the size header of ISO/IEC 18181-1 A.2 and nothing behind. */
TEST(a_size_beyond_the_limit_is_refused_before_memory_is_taken)
{
    const uint64_t header =
        (uint64_t)3 << 1 | (uint64_t)0x3ffff << 3 | (uint64_t)1 << 33 | (uint64_t)3 << 36;
    uint8_t file[24] = {0xff, 0x0a};
    for (int i = 0; i < 6; i++)
        file[2 + i] = (uint8_t)(header >> 8 * i);
    pare_result result = {0};
    pare_info info;
    MUST(pare_read_info(file, sizeof file, &info, NULL));
    CHECK_INT(info.width_px, ==, 1 << 18);
    CHECK_INT(pare_optimize(file, sizeof file, NULL, &result, NULL), ==, PARE_ERR_TOO_LARGE);
    pare_image out = {0};
    const pare_limits limits = {.max_pixels = UINT64_MAX, .max_memory_bytes = 1 << 30};
    CHECK_INT(pare_codec_jxl.decode((pare_bytes){file, sizeof file}, &limits, &out, NULL), ==,
              PARE_ERR_NO_MEMORY);
    pare_result_deinit(&result);
}

static pare_err convert(const pare_buf *file, pare_format format, pare_result *result)
{
    pare_options options;
    pare_options_init(&options);
    options.target = PARE_TARGET_FORMAT;
    options.format = format;
    options.effort = 1;
    options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 50};
    return pare_optimize(file->data, file->len, &options, result, NULL);
}

TEST(a_turned_image_becomes_upright)
{
    pare_image image = test_make(TEST_PHOTO, 90, 60);
    pare_buf file = test_write_jxl(&image, &(test_jxl_options){.orientation = 6, .lossless = true});
    pare_info info;
    pare_result result = {0};
    MUST(pare_read_info(file.data, file.len, &info, NULL));
    CHECK_INT(info.orientation, ==, 6);
    CHECK_INT(info.width_px, ==, 90);
    MUST(convert(&file, PARE_FORMAT_JPEG, &result));
    CHECK_INT(result.width_out_px, ==, 60);
    CHECK_INT(result.height_out_px, ==, 90);
    pare_result_deinit(&result);
    MUST(convert(&file, PARE_FORMAT_JXL, &result));
    MUST(pare_read_info(result.data, result.len, &info, NULL));
    CHECK_INT(info.orientation, ==, 1);
    CHECK_INT(info.width_px, ==, 60);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(what_would_be_lost_is_left_alone)
{
    static const struct {
        const char *label;
        test_jxl_options options;
        pare_err want;
    } CASES[] = {
        {"animation", {.frames = 3, .lossless = true}, PARE_SKIP_ANIMATED},
        {"HDR", {.hdr = true, .lossless = true}, PARE_SKIP_UNSUPPORTED_VARIANT},
        {"depth map", {.with_depth_map = true, .lossless = true}, PARE_SKIP_UNSUPPORTED_VARIANT},
    };
    pare_image image = test_make(TEST_PHOTO, 90, 60);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_buf file = test_write_jxl(&image, &CASES[i].options);
        pare_result result = {0};
        pare_info info;
        printf("# %s\n", CASES[i].label);
        MUST(pare_read_info(file.data, file.len, &info, NULL));
        CHECK_INT(info.frames, ==, CASES[i].options.frames ? CASES[i].options.frames : 1);
        CHECK_INT(convert(&file, PARE_FORMAT_JXL, &result), ==, CASES[i].want);
        CHECK_INT(convert(&file, PARE_FORMAT_JPEG, &result), ==, CASES[i].want);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
}

/* Behind a codestream, or in a box of a kind that is not known. */
TEST(bytes_that_are_no_image_are_not_dropped)
{
    pare_image image = test_make(TEST_PHOTO, 90, 60);
    for (int in_boxes = 0; in_boxes < 2; in_boxes++) {
        pare_buf file =
            test_write_jxl(&image, &(test_jxl_options){.in_boxes = in_boxes, .lossless = true});
        pare_result result = {0};
        MUST(pare_buf_append(&file, "\0\0\0\x20mpvd a motion picture, perhaps", 32));
        CHECK_INT(convert(&file, PARE_FORMAT_JXL, &result), ==, PARE_SKIP_TRAILING);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
}

/* Few browsers show JPEG XL. */
TEST(smallest_is_never_jpeg_xl)
{
    pare_options options;
    pare_options_init(&options);
    options.target = PARE_TARGET_SMALLEST;
    options.effort = 1;
    pare_image image = test_make(TEST_PHOTO, 200, 150);
    pare_buf files[] = {test_write_png(&image, &(test_png_options){0}),
                        test_write_jxl(&image, &(test_jxl_options){.lossless = true})};
    for (int i = 0; i < 2; i++) {
        pare_result result = {0};
        MUST(pare_optimize(files[i].data, files[i].len, &options, &result, NULL));
        CHECK_INT(result.format_out, !=, PARE_FORMAT_JXL);
        pare_result_deinit(&result);
        pare_buf_deinit(&files[i]);
    }
    pare_image_deinit(&image);
}

TEST(jpeg_xl_becomes_a_smaller_one)
{
    pare_options options;
    pare_options_init(&options);
    pare_image image = test_make(TEST_PHOTO, 300, 200);
    const pare_encode_params fast = {.lossless = true, .effort = 0};
    pare_buf file = encode(&image, NULL, &fast, 0);
    for (int lossless = 0; lossless < 2; lossless++) {
        pare_result result = {0};
        if (lossless) options.quality.mode = PARE_QUALITY_LOSSLESS;
        MUST(pare_optimize(file.data, file.len, &options, &result, NULL));
        CHECK_INT(result.format_out, ==, PARE_FORMAT_JXL);
        CHECK_INT(result.len, <, file.len);
        if (!lossless) CHECK_DOUBLE(result.score, >=, 80);
        CHECK_INT(result.lossless, ==, lossless);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

static pare_err transcode(const pare_buf *jpeg, uint32_t keep, pare_quality_mode mode,
                          pare_result *result)
{
    pare_options options;
    pare_options_init(&options);
    options.target = PARE_TARGET_FORMAT;
    options.format = PARE_FORMAT_JXL;
    options.quality.mode = mode;
    options.keep = keep;
    return pare_optimize(jpeg->data, jpeg->len, &options, result, NULL);
}

TEST(a_jpeg_comes_back_byte_by_byte)
{
    const struct {
        const char *label;
        test_jpeg_options options;
        pare_color color;
    } CASES[] = {
        {"4:2:0", {.quality = 80}, PARE_COLOR_RGB},
        {"4:4:4", {.quality = 95, .luma_h = 1, .luma_v = 1}, PARE_COLOR_RGB},
        {"progressive", {.quality = 70, .progressive = true}, PARE_COLOR_RGB},
        {"restart markers", {.quality = 70, .restart_rows = 1}, PARE_COLOR_RGB},
        {"gray", {.quality = 85}, PARE_COLOR_GRAY},
        {"of several hundred kilobytes", {.quality = 99}, PARE_COLOR_RGB},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const uint32_t scale = CASES[i].options.quality == 99 ? 5 : 1;
        pare_image image = test_make_as(TEST_PHOTO, 301 * scale, 203 * scale, CASES[i].color, 8);
        pare_buf jpeg = test_write_jpeg(&image, &CASES[i].options);
        printf("# %s: %zu bytes\n", CASES[i].label, jpeg.len);
        for (int all = 0; all < 2; all++) {
            pare_result result = {0};
            MUST(transcode(&jpeg, all ? PARE_KEEP_ALL : PARE_KEEP_DEFAULT, PARE_QUALITY_LOSSLESS,
                           &result));
            CHECK_INT(result.format_out, ==, PARE_FORMAT_JXL);
            CHECK_TRUE(result.lossless);
            CHECK_INT(result.len, <, jpeg.len);
            const pare_bytes file = {result.data, result.len};
            MUST(pare_jxl_check_transcoded(file, pare_buf_view(&jpeg), NULL));
            result.data[result.len - 40] ^= 16; /* and the check can fail */
            CHECK_INT(pare_jxl_check_transcoded(file, pare_buf_view(&jpeg), NULL), ==,
                      PARE_ERR_VERIFY);
            pare_result_deinit(&result);
        }
        pare_buf_deinit(&jpeg);
        pare_image_deinit(&image);
    }
}

TEST(a_jpeg_in_jpeg_xl_has_the_blocks_that_are_kept)
{
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    pare_colorimetry p3;
    CHECK_TRUE(pare_colorimetry_from_cicp(12, 13, &p3));
    MUST(pare_profile_build(&p3, "Display P3", &metadata.icc));
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    test_set_text(&metadata.comment, "taken by nobody");
    pare_image image = test_make(TEST_PHOTO, 301, 203);
    pare_buf jpeg =
        test_write_jpeg(&image, &(test_jpeg_options){.quality = 80, .metadata = &metadata});
    for (int all = 0; all < 2; all++) {
        pare_result result = {0};
        pare_info info;
        MUST(transcode(&jpeg, all ? PARE_KEEP_ALL : PARE_KEEP_DEFAULT, PARE_QUALITY_LOSSLESS,
                       &result));
        MUST(pare_read_info(result.data, result.len, &info, NULL));
        CHECK_INT(info.orientation, ==, 6);
        CHECK_INT(info.width_px, ==, 301);
        CHECK_TRUE(info.has_icc && info.has_exif);
        CHECK_INT(info.has_gps, ==, all);
        CHECK_INT(info.has_xmp, ==, all);
        const pare_bytes file = {result.data, result.len};
        CHECK_INT(pare_jxl_check_transcoded(file, pare_buf_view(&jpeg), NULL), ==,
                  all ? PARE_OK : PARE_ERR_VERIFY);
        if (!all) CHECK_TRUE(memmem(result.data, result.len, "taken by", 8) == NULL);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&jpeg);
    pare_image_deinit(&image);
    pare_metadata_deinit(&metadata);
}

TEST(a_jpeg_that_jpeg_xl_does_not_take_is_kept)
{
    pare_image image = test_make_as(TEST_PHOTO, 301, 203, PARE_COLOR_CMYK, 8);
    pare_image rgb = test_make(TEST_PHOTO, 301, 203);
    pare_buf files[] = {test_write_jpeg(&image, &(test_jpeg_options){.quality = 80}),
                        test_write_jpeg(&rgb, &(test_jpeg_options){.arithmetic = true})};
    for (int i = 0; i < 2; i++) {
        pare_result result = {0};
        CHECK_TRUE(pare_err_is_skip(
            transcode(&files[i], PARE_KEEP_DEFAULT, PARE_QUALITY_LOSSLESS, &result)));
        pare_result_deinit(&result);
        pare_buf_deinit(&files[i]);
    }
    pare_image_deinit(&image);
    pare_image_deinit(&rgb);
}

TEST(a_jpeg_of_low_quality_is_not_lost_once_more)
{
    pare_image image = test_make(TEST_PHOTO, 301, 203);
    static const int QUALITIES[] = {60, 98};
    for (int i = 0; i < 2; i++) {
        pare_buf jpeg = test_write_jpeg(&image, &(test_jpeg_options){.quality = QUALITIES[i]});
        pare_result result = {0};
        MUST(transcode(&jpeg, PARE_KEEP_DEFAULT, PARE_QUALITY_AUTO, &result));
        CHECK_INT(result.lossless, ==, i == 0);
        pare_result_deinit(&result);
        pare_buf_deinit(&jpeg);
    }
    pare_image_deinit(&image);
}

/* The coefficients are coded anew; pixels would take several times the bytes, or lose once more. */
TEST(a_jpeg_in_jpeg_xl_stays_one)
{
    pare_metadata metadata = {.exif = test_make_exif(1, true)};
    pare_image image = test_make(TEST_PHOTO, 301, 203);
    const test_jpeg_options low = {.quality = 60, .metadata = &metadata};
    pare_buf jpeg = test_write_jpeg(&image, &low),
             plain = test_write_jpeg(&image, &(test_jpeg_options){.quality = 60});
    pare_buf file = {0};
    MUST(pare_jxl_transcode(pare_buf_view(&jpeg), 0, &file, NULL));
    for (int i = 0; i < 2; i++) {
        pare_options options;
        pare_result result = {0};
        pare_info info;
        pare_options_init(&options);
        options.keep = i ? PARE_KEEP_ALL : PARE_KEEP_ICC;
        if (i) options.quality.mode = PARE_QUALITY_LOSSLESS;
        MUST(pare_read_info(file.data, file.len, &info, NULL));
        CHECK_INT(info.quality_estimate, ==, 60);
        MUST(pare_optimize(file.data, file.len, &options, &result, NULL));
        CHECK_TRUE(result.lossless);
        CHECK_INT(result.len, <, file.len);
        MUST(pare_jxl_check_transcoded((pare_bytes){result.data, result.len},
                                       pare_buf_view(i ? &jpeg : &plain), NULL));
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_buf_deinit(&jpeg);
    pare_buf_deinit(&plain);
    pare_image_deinit(&image);
    pare_metadata_deinit(&metadata);
}

RUN(quality_trades_bytes_for_likeness, lossless_keeps_every_pixel,
    depth_between_8_and_16_bits_is_kept, the_blocks_are_carried, attempts_do_not_change_later_ones,
    cut_files_are_errors, garbled_files_do_no_harm,
    a_size_beyond_the_limit_is_refused_before_memory_is_taken, a_turned_image_becomes_upright,
    what_would_be_lost_is_left_alone, bytes_that_are_no_image_are_not_dropped,
    smallest_is_never_jpeg_xl, jpeg_xl_becomes_a_smaller_one, a_jpeg_comes_back_byte_by_byte,
    a_jpeg_in_jpeg_xl_has_the_blocks_that_are_kept, a_jpeg_that_jpeg_xl_does_not_take_is_kept,
    a_jpeg_of_low_quality_is_not_lost_once_more, a_jpeg_in_jpeg_xl_stays_one)
