// SPDX-License-Identifier: Apache-2.0
/* What an optimized image keeps, in every format that comes in and goes out. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include <lcms2.h>
#include <pare/pare.h>

#include "core/codec/codec.h"
#include "core/image/exif.h"
#include "core/optimize/compare.h"
#include "core/optimize/content.h"
#include "core/optimize/optimize.h"
#include "core/transform/transform.h"
#include "data/make_image.h"

static const pare_format OUTPUTS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP,
                                      PARE_FORMAT_AVIF, PARE_FORMAT_JXL};
enum { OUTPUT_COUNT = 5 };

static pare_options options_for(pare_format format)
{
    pare_options options;
    pare_options_init(&options);
    options.effort = 1;
    if (format != PARE_FORMAT_UNKNOWN) {
        options.target = PARE_TARGET_FORMAT;
        options.format = format;
    }
    return options;
}

static pare_image decode(const uint8_t *data, size_t len)
{
    pare_image image = {0};
    pare_info info;
    MUST(pare_read_info(data, len, &info, NULL));
    MUST(pare_codec_find(info.format)
             ->decode((pare_bytes){data, len}, &(pare_limits){0}, &image, NULL));
    return image;
}

static pare_err run(const pare_buf *file, const pare_options *options, pare_result *result)
{
    pare_diag diag = {0};
    const pare_err err = pare_optimize(file->data, file->len, options, result, &diag);
    if (err != PARE_OK) printf("# %s: %s\n", pare_err_name(err), diag.text);
    return err;
}

static bool has_output(pare_format format)
{
    const pare_codec *codec = pare_codec_find(format);
    return codec && codec->encoder_open;
}

TEST(every_input_becomes_every_output_smaller_and_alike)
{
    pare_image photo = test_make(TEST_PHOTO, 160, 120);
    pare_buf inputs[] = {test_write_jpeg(&photo, &(test_jpeg_options){.quality = 98}),
                         test_write_png(&photo, &(test_png_options){0}),
                         test_write_tiff(&photo, &(test_tiff_options){0}),
                         test_write_gif(&photo, 1, false)};
    for (size_t in = 0; in < sizeof inputs / sizeof *inputs; in++) {
        for (int out = 0; out < OUTPUT_COUNT; out++) {
            if (!has_output(OUTPUTS[out])) continue;
            const pare_options options = options_for(OUTPUTS[out]);
            pare_result result;
            const pare_err err = run(&inputs[in], &options, &result);
            printf("# input %zu to %s: %s, %zu -> %zu, score %.1f\n", in,
                   pare_format_name(OUTPUTS[out]), pare_err_name(err), inputs[in].len, result.len,
                   result.score);
            if (err == PARE_SKIP_NOT_SMALLER) continue; /* e.g. a JPEG as PNG */
            CHECK_INT(err, ==, PARE_OK);
            if (err != PARE_OK) continue;
            CHECK_INT(result.len, <, inputs[in].len);
            CHECK_INT(result.format_out, ==, OUTPUTS[out]);
            CHECK_DOUBLE(result.score, >=, 80);
            double score = 0;
            MUST(
                pare_score(inputs[in].data, inputs[in].len, result.data, result.len, &score, NULL));
            CHECK_DOUBLE(score, >=, 79.99);
            pare_result_deinit(&result);
        }
        pare_buf_deinit(&inputs[in]);
    }
    pare_image_deinit(&photo);
}

/* The largest distance of a mean of both images, over all blocks and over the whole, 0..255. */
static void compare_means(const pare_image *a, const pare_image *b, double *of_block,
                          double *of_image)
{
    double sums[3] = {0};
    unsigned count = 0;
    *of_block = *of_image = 0;
    for (uint32_t y = 0; y + PARE_BLOCK_PX <= a->height_px; y += PARE_BLOCK_PX) {
        for (uint32_t x = 0; x + PARE_BLOCK_PX <= a->width_px; x += PARE_BLOCK_PX, count++) {
            const pare_block block = {x, y, PARE_BLOCK_PX, PARE_BLOCK_PX};
            double means_a[5], means_b[5];
            pare_block_mean(a, &block, means_a);
            pare_block_mean(b, &block, means_b);
            for (int c = 0; c < 3; c++) {
                sums[c] += means_b[c] - means_a[c];
                *of_block = fmax(*of_block, fabs(means_b[c] - means_a[c]));
            }
        }
    }
    for (int c = 0; c < 3; c++)
        *of_image = fmax(*of_image, fabs(sums[c]) / count);
}

/* However low the quality: a palette that takes whole colours away is refused by the look at the
 * result, and then the image would not be done at all. */
TEST(coarse_palettes_keep_the_colors_of_dark_photographs)
{
    pare_image image = test_make(TEST_NIGHT, 256, 192);
    pare_buf file = test_write_png(&image, &(test_png_options){0});
    for (int quality = 10; quality <= 50; quality += 10) {
        pare_options options = options_for(PARE_FORMAT_PNG);
        options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = quality};
        pare_result result;
        CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
        CHECK_INT(result.lossless, ==, false);
        pare_image back = decode(result.data, result.len);
        double of_block, of_image;
        compare_means(&image, &back, &of_block, &of_image);
        printf("# -q %d: %zu -> %zu, means are off by %.1f, of blocks by %.1f\n", quality, file.len,
               result.len, of_image, of_block);
        CHECK_DOUBLE(of_image, <, 3);
        CHECK_DOUBLE(of_block, <, 14);
        pare_image_deinit(&back);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* Every stored orientation of the same upright picture. */
static pare_image store_turned(const pare_image *upright, uint8_t orientation)
{
    static const uint8_t INVERSE[9] = {1, 1, 2, 3, 4, 5, 8, 7, 6};
    pare_image image;
    MUST(pare_image_copy(&image, upright));
    image.orientation = INVERSE[orientation];
    MUST(pare_transform_orient(&image, NULL));
    return image;
}

TEST(a_rotated_photo_is_upright_in_every_output_format)
{
    pare_image upright = test_make(TEST_PHOTO, 96, 64);
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        pare_image stored = store_turned(&upright, orientation);
        pare_metadata metadata = {.exif = test_make_exif(orientation, false)};
        pare_buf file =
            test_write_jpeg(&stored, &(test_jpeg_options){.quality = 100, .metadata = &metadata});
        for (int out = 0; out < OUTPUT_COUNT; out++) {
            if (!has_output(OUTPUTS[out]) || OUTPUTS[out] == PARE_FORMAT_PNG) continue;
            for (int resized = 0; resized < 2; resized++) {
                pare_options options = options_for(OUTPUTS[out]);
                if (resized) {
                    options.resize = (pare_resize){PARE_RESIZE_WIDTH, .width_px = 48};
                }
                pare_result result;
                MUST(run(&file, &options, &result));
                pare_image have = decode(result.data, result.len);
                if (OUTPUTS[out] != PARE_FORMAT_JPEG) CHECK_INT(have.orientation, ==, 1);
                MUST(pare_transform_orient(&have, NULL));
                CHECK_INT(have.width_px, ==, resized ? 48 : 96);
                CHECK_INT(have.height_px, ==, resized ? 32 : 64);
                pare_image want;
                MUST(pare_image_copy(&want, &upright));
                MUST(pare_transform_resize(&want, have.width_px, have.height_px, NULL));
                CHECK_DOUBLE(test_difference(&have, &want), <, 8);
                pare_image_deinit(&have);
                pare_image_deinit(&want);
                pare_result_deinit(&result);
            }
        }
        pare_buf_deinit(&file);
        pare_metadata_deinit(&metadata);
        pare_image_deinit(&stored);
    }
    pare_image_deinit(&upright);
}

static void set_display_p3(pare_metadata *metadata)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}};
    const cmsFloat64Number curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(NULL, 4, curve);
    cmsToneCurve *tones[3] = {tone, tone, tone};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, tones);
    cmsUInt32Number len = 0;
    CHECK_TRUE(cmsSaveProfileToMem(profile, NULL, &len));
    MUST(pare_buf_reserve(&metadata->icc, len));
    CHECK_TRUE(cmsSaveProfileToMem(profile, metadata->icc.data, &len));
    metadata->icc.len = len;
    cmsFreeToneCurve(tone);
    cmsCloseProfile(profile);
}

TEST(a_display_p3_photo_keeps_its_look_with_and_without_its_profile)
{
    pare_image photo = test_make(TEST_GRADIENT, 128, 96);
    pare_metadata metadata = {0};
    set_display_p3(&metadata);
    pare_buf files[] = {
        test_write_jpeg(&photo, &(test_jpeg_options){.quality = 100, .metadata = &metadata}),
        test_write_tiff(&photo, &(test_tiff_options){.metadata = &metadata})};
    for (int i = 0; i < 2; i++) {
        pare_image want = decode(files[i].data, files[i].len);
        CHECK_INT(want.metadata.icc.len, ==, metadata.icc.len);
        MUST(pare_transform_srgb(&want, NULL));
        for (int out = 0; out < 2 * OUTPUT_COUNT; out++) {
            if (!has_output(OUTPUTS[out / 2])) continue;
            pare_options options = options_for(OUTPUTS[out / 2]);
            if (out & 1) options.keep &= ~(uint32_t)PARE_KEEP_ICC;
            pare_result result;
            const pare_err err = run(&files[i], &options, &result);
            if (err == PARE_SKIP_NOT_SMALLER) continue;
            MUST(err);
            pare_image have = decode(result.data, result.len);
            CHECK_INT(have.metadata.icc.len > 0, ==, !(out & 1));
            MUST(pare_transform_srgb(&have, NULL));
            MUST(pare_transform_depth(&have, 8, NULL));
            CHECK_DOUBLE(test_difference(&have, &want), <, 6);
            pare_image_deinit(&have);
            pare_result_deinit(&result);
        }
        pare_image_deinit(&want);
        pare_buf_deinit(&files[i]);
    }
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&photo);
}

TEST(alpha_survives_where_the_format_has_it_and_is_flattened_for_jpeg)
{
    pare_image image = test_make(TEST_ALPHA, 96, 96);
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){0});
    for (int out = 0; out < OUTPUT_COUNT; out++) {
        if (!has_output(OUTPUTS[out])) continue;
        pare_options options = options_for(OUTPUTS[out]);
        memcpy(options.background, (uint8_t[3]){0, 0, 255}, 3);
        pare_result result;
        MUST(run(&file, &options, &result));
        pare_image have = decode(result.data, result.len);
        CHECK_INT(have.has_alpha, ==, OUTPUTS[out] != PARE_FORMAT_JPEG);
        const uint8_t *corner = have.pixels;
        if (have.has_alpha) {
            CHECK_INT(corner[have.channels - 1], <=, 2);
            const uint8_t *middle = pare_image_row(&have, 48) + (size_t)48 * have.channels;
            CHECK_INT(middle[have.channels - 1], >=, 253);
        } else {
            CHECK_INT(corner[0], <, 30);
            CHECK_INT(corner[2], >, 225);
        }
        pare_image_deinit(&have);
        pare_result_deinit(&result);
    }
    pare_options options = options_for(PARE_FORMAT_UNKNOWN);
    options.target = PARE_TARGET_SMALLEST;
    pare_result result;
    MUST(run(&file, &options, &result));
    CHECK_INT(result.format_out, !=, PARE_FORMAT_JPEG);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* PNG of a photograph takes longer than all other formats and is never the smallest. */
TEST(of_a_photograph_with_a_burnt_out_sky_the_smallest_is_not_sought_in_png)
{
    enum { WIDTH = 320, HEIGHT = 256, SKY = 100 };
    static const pare_format FORMATS[] = {PARE_FORMAT_AVIF, PARE_FORMAT_WEBP, PARE_FORMAT_JPEG};
    pare_image image = test_make(TEST_PHOTO, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < SKY; y++)
        memset(pare_image_row(&image, y), 255, (size_t)WIDTH * image.channels);
    const pare_content content = pare_analyse_content(&image);
    CHECK_TRUE(!content.is_graphic && !pare_content_is_photo(&content));
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){0});
    size_t least = SIZE_MAX;
    uint32_t scores = 0;
    for (int i = 0; i < 3; i++) {
        if (!has_output(FORMATS[i])) continue;
        const pare_options options = options_for(FORMATS[i]);
        pare_result result;
        MUST(run(&file, &options, &result));
        least = result.len < least ? result.len : least;
        scores += result.full_scores;
        pare_result_deinit(&result);
    }
    pare_options options = options_for(PARE_FORMAT_UNKNOWN);
    options.target = PARE_TARGET_SMALLEST;
    pare_result result;
    MUST(run(&file, &options, &result));
    CHECK_INT(result.len, <=, least);
    CHECK_INT(result.full_scores, <=, scores);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(sixteen_bits_survive_losslessly)
{
    pare_image image = test_make_as(TEST_GRADIENT, 64, 64, PARE_COLOR_RGB, 16);
    for (uint32_t i = 0; i < 64 * 64 * 3; i++)
        image.pixels[2 * (size_t)i] = (uint8_t)(i * 37); /* low bytes (or high) that matter */
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){0});
    pare_options options = options_for(PARE_FORMAT_PNG);
    options.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    pare_result result;
    MUST(run(&file, &options, &result));
    CHECK_TRUE(result.lossless);
    pare_image have = decode(result.data, result.len);
    CHECK_TRUE(test_same_pixels(&have, &image));
    pare_image_deinit(&have);
    pare_result_deinit(&result);
    options.format = PARE_FORMAT_WEBP;
    CHECK_INT(run(&file, &options, &result), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(cmyk_stays_cmyk_in_jpeg_and_becomes_srgb_elsewhere)
{
    pare_image inks = test_make_as(TEST_PHOTO, 96, 96, PARE_COLOR_CMYK, 8);
    pare_buf file = test_write_jpeg(&inks, &(test_jpeg_options){.quality = 99});
    pare_image want = decode(file.data, file.len);
    MUST(pare_transform_srgb(&want, NULL));
    for (int out = 0; out < OUTPUT_COUNT; out++) {
        if (!has_output(OUTPUTS[out])) continue;
        const pare_options options = options_for(OUTPUTS[out]);
        pare_result result;
        const pare_err err = run(&file, &options, &result);
        if (err == PARE_SKIP_NOT_SMALLER) continue;
        MUST(err);
        pare_image have = decode(result.data, result.len);
        CHECK_INT(have.color, ==,
                  OUTPUTS[out] == PARE_FORMAT_JPEG ? PARE_COLOR_CMYK : PARE_COLOR_RGB);
        MUST(pare_transform_srgb(&have, NULL));
        CHECK_DOUBLE(test_difference(&have, &want), <, 8);
        pare_image_deinit(&have);
        pare_result_deinit(&result);
    }
    pare_image_deinit(&want);
    pare_buf_deinit(&file);
    pare_image_deinit(&inks);
}

TEST(nothing_ever_grows)
{
    pare_image photo = test_make(TEST_PHOTO, 64, 64);
    pare_buf file = test_write_jpeg(&photo, &(test_jpeg_options){.quality = 20});
    pare_buf now = {0};
    MUST(pare_buf_append(&now, file.data, file.len));
    for (int round = 0; round < 4; round++) { /* its own results, until nothing is gained */
        const pare_options options = options_for(PARE_FORMAT_UNKNOWN);
        pare_result result;
        const pare_err err = run(&now, &options, &result);
        if (err == PARE_OK) {
            CHECK_INT(result.len, <, now.len);
            now.len = 0;
            MUST(pare_buf_append(&now, result.data, result.len));
        } else {
            CHECK_TRUE(pare_err_is_skip(err));
            CHECK_TRUE(result.data == NULL);
        }
        pare_result_deinit(&result);
    }
    pare_options strict = options_for(PARE_FORMAT_WEBP);
    strict.min_savings_pct = 99.5;
    pare_result result;
    CHECK_INT(run(&file, &strict, &result), ==, PARE_SKIP_BELOW_MIN_SAVINGS);
    pare_buf_deinit(&now);
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

TEST(animations_and_pages_are_never_flattened)
{
    pare_image photo = test_make(TEST_GRAPHIC, 64, 64);
    pare_buf files[] = {test_write_gif(&photo, 3, false),
                        test_write_png(&photo, &(test_png_options){.animated_count = 3}),
                        test_write_tiff(&photo, &(test_tiff_options){.pages = 2})};
    const pare_err want[] = {PARE_SKIP_ANIMATED, PARE_SKIP_ANIMATED, PARE_SKIP_MULTIPAGE};
    for (int i = 0; i < 3; i++) {
        for (int out = 0; out < OUTPUT_COUNT; out++) {
            const pare_options options = options_for(OUTPUTS[out]);
            pare_result result;
            pare_info info;
            const bool moves =
                options.format == PARE_FORMAT_PNG || options.format == PARE_FORMAT_WEBP;
            /* it could stay animated, if it had the frames that it announces */
            const bool lies = i == 1 && moves;
            if (i == 0 && moves) {
                MUST(run(&files[i], &options, &result));
                MUST(pare_read_info(result.data, result.len, &info, NULL));
                CHECK_INT(info.frames, ==, 3);
                pare_result_deinit(&result);
                continue;
            }
            CHECK_INT(run(&files[i], &options, &result), ==,
                      lies ? PARE_SKIP_UNSUPPORTED_VARIANT : want[i]);
            CHECK_TRUE(result.data == NULL);
        }
        pare_buf_deinit(&files[i]);
    }
    pare_image_deinit(&photo);
}

TEST(a_gain_map_and_trailing_data_are_never_dropped_in_silence)
{
    pare_image photo = test_make(TEST_PHOTO, 64, 64);
    pare_metadata metadata = {0};
    test_set_text(&metadata.xmp, "<x:xmpmeta xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" "
                                 "hdrgm:Version=\"1.0\"/>");
    pare_buf gain =
        test_write_jpeg(&photo, &(test_jpeg_options){.quality = 98, .metadata = &metadata});
    pare_buf second = test_write_jpeg(&photo, &(test_jpeg_options){.quality = 50});
    MUST(pare_buf_append(&gain, second.data, second.len));
    pare_options options = options_for(PARE_FORMAT_UNKNOWN);
    pare_result result;
    CHECK_INT(run(&gain, &options, &result), ==, PARE_SKIP_GAINMAP);
    options.keep &= ~(uint32_t)PARE_KEEP_GAINMAP; /* asked to drop it */
    MUST(run(&gain, &options, &result));
    pare_result_deinit(&result);

    pare_buf tail = test_write_jpeg(&photo, &(test_jpeg_options){.quality = 98});
    MUST(pare_buf_append(&tail, "something else that somebody put here", 37));
    CHECK_INT(run(&tail, &options, &result), ==, PARE_SKIP_TRAILING);
    pare_buf_deinit(&gain);
    pare_buf_deinit(&second);
    pare_buf_deinit(&tail);
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&photo);
}

TEST(gps_goes_unless_asked_and_the_artist_stays)
{
    pare_image photo = test_make(TEST_PHOTO, 64, 64);
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    pare_buf file =
        test_write_jpeg(&photo, &(test_jpeg_options){.quality = 98, .metadata = &metadata});
    const struct {
        uint32_t keep;
        bool gps;
    } CASES[] = {{PARE_KEEP_DEFAULT, false},
                 {PARE_KEEP_DEFAULT | PARE_KEEP_EXIF, false},
                 {PARE_KEEP_EXIF | PARE_KEEP_GPS, true},
                 {PARE_KEEP_ALL, true},
                 {0, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_options options = options_for(PARE_FORMAT_UNKNOWN);
        options.keep = CASES[i].keep;
        pare_result result;
        MUST(run(&file, &options, &result));
        pare_image have = decode(result.data, result.len);
        CHECK_INT(pare_exif_has_gps(pare_buf_view(&have.metadata.exif)), ==, CASES[i].gps);
        CHECK_INT(have.orientation, ==, 6); /* pixels were not turned */
        const pare_buf *exif = &have.metadata.exif;
        const bool artist = exif->len > 0 && memmem(exif->data, exif->len, "Anna", 4) != NULL;
        CHECK_INT(artist, ==, CASES[i].keep != 0);
        pare_image_deinit(&have);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&photo);
}

TEST(the_same_input_gives_the_same_bytes)
{
    pare_image photo = test_make(TEST_PHOTO, 80, 60);
    pare_buf file = test_write_tiff(&photo, &(test_tiff_options){0});
    for (int out = 0; out < OUTPUT_COUNT; out++) {
        if (!has_output(OUTPUTS[out])) continue;
        pare_options options = options_for(OUTPUTS[out]);
        options.resize = (pare_resize){PARE_RESIZE_LONGEST, .width_px = 50};
        pare_result first, second;
        MUST(run(&file, &options, &first));
        MUST(run(&file, &options, &second));
        CHECK_INT(first.len, ==, second.len);
        if (first.len == second.len) {
            CHECK_INT(memcmp(first.data, second.data, first.len), ==, 0);
        }
        pare_result_deinit(&first);
        pare_result_deinit(&second);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

TEST(a_target_size_is_met_or_refused)
{
    pare_image photo = test_make(TEST_PHOTO, 200, 150);
    pare_buf file = test_write_jpeg(&photo, &(test_jpeg_options){.quality = 98});
    pare_options options = options_for(PARE_FORMAT_UNKNOWN);
    pare_result result;
    for (uint64_t size = file.len / 2; size > 800; size = size * 2 / 3) {
        options.target_size_bytes = size;
        const pare_err err = run(&file, &options, &result);
        CHECK_TRUE(err == PARE_OK || err == PARE_SKIP_BELOW_MIN_SCORE);
        if (err == PARE_OK) CHECK_INT(result.len, <=, size);
        pare_result_deinit(&result);
    }
    options.target_size_bytes = file.len / 20;
    options.min_score = 75;
    CHECK_INT(run(&file, &options, &result), ==, PARE_SKIP_BELOW_MIN_SCORE);
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

TEST(a_floor_under_a_fixed_quality_holds)
{
    pare_image photo = test_make(TEST_PHOTO, 128, 96);
    pare_buf file = test_write_png(&photo, &(test_png_options){0});
    pare_options options = options_for(PARE_FORMAT_WEBP);
    options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 5};
    pare_result result;
    MUST(run(&file, &options, &result));
    CHECK_DOUBLE(result.score, ==, -1);
    CHECK_INT(result.quality, ==, 5);
    pare_result_deinit(&result);
    options.min_score = 85;
    MUST(run(&file, &options, &result)); /* falls back to lossless */
    CHECK_TRUE(result.lossless);
    pare_result_deinit(&result);
    options.format = PARE_FORMAT_JPEG;
    CHECK_INT(run(&file, &options, &result), ==, PARE_SKIP_BELOW_MIN_SCORE);
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

TEST(a_jpeg_is_not_recompressed_at_or_above_its_own_quality)
{
    pare_image photo = test_make(TEST_PHOTO, 128, 96);
    pare_buf file = test_write_jpeg(&photo, &(test_jpeg_options){.quality = 60});
    pare_options options = options_for(PARE_FORMAT_UNKNOWN);
    pare_result result;
    for (int quality = 40; quality <= 100; quality += 20) {
        options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = quality};
        const pare_err err = run(&file, &options, &result);
        if (err == PARE_OK) CHECK_INT(result.lossless, ==, quality >= 60);
        if (err == PARE_OK && quality >= 60) {
            pare_image have = decode(result.data, result.len), want = decode(file.data, file.len);
            CHECK_TRUE(test_same_pixels(&have, &want));
            pare_image_deinit(&have);
            pare_image_deinit(&want);
        }
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

typedef struct steps {
    pare_step seen[16];
    int count;
} steps;

static void note_step(void *user, pare_step step)
{
    steps *s = user;
    if (s->count < 16) s->seen[s->count++] = step;
}

TEST(a_listener_hears_every_step_in_order)
{
    pare_image photo = test_make(TEST_PHOTO, 64, 64);
    pare_buf file = test_write_png(&photo, &(test_png_options){0});
    pare_options options = options_for(PARE_FORMAT_JPEG); /* WebP is tried several times */
    options.resize = (pare_resize){PARE_RESIZE_WIDTH, .width_px = 32};
    steps heard = {0};
    pare_result result;
    MUST(pare_optimize_listen(file.data, file.len, &options,
                              &(pare_step_listener){.on_step = note_step, .user = &heard}, &result,
                              NULL));
    CHECK_INT(heard.count, ==, 4);
    for (int i = 0; i < heard.count && i < 4; i++)
        CHECK_INT(heard.seen[i], ==, PARE_STEP_DECODE + i);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
    pare_image_deinit(&photo);
}

TEST(a_cut_or_damaged_file_is_an_error_never_a_result)
{
    pare_image photo = test_make(TEST_PHOTO, 96, 96);
    pare_buf files[] = {test_write_jpeg(&photo, &(test_jpeg_options){.quality = 95}),
                        test_write_png(&photo, &(test_png_options){0}),
                        test_write_tiff(&photo, &(test_tiff_options){0})};
    for (int i = 0; i < 3; i++) {
        for (size_t len = 0; len < files[i].len * 9 / 10; len += files[i].len / 13 + 1) {
            for (int out = 0; out < OUTPUT_COUNT; out++) {
                pare_options options = options_for(OUTPUTS[out]);
                options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 50};
                pare_result result;
                const pare_err err = pare_optimize(files[i].data, len, &options, &result, NULL);
                CHECK_INT(err, !=, PARE_OK);
                CHECK_TRUE(result.data == NULL);
                pare_result_deinit(&result);
            }
        }
        pare_buf_deinit(&files[i]);
    }
    pare_image_deinit(&photo);
}

RUN(every_input_becomes_every_output_smaller_and_alike,
    a_rotated_photo_is_upright_in_every_output_format,
    a_display_p3_photo_keeps_its_look_with_and_without_its_profile,
    alpha_survives_where_the_format_has_it_and_is_flattened_for_jpeg,
    of_a_photograph_with_a_burnt_out_sky_the_smallest_is_not_sought_in_png,
    sixteen_bits_survive_losslessly, cmyk_stays_cmyk_in_jpeg_and_becomes_srgb_elsewhere,
    nothing_ever_grows, animations_and_pages_are_never_flattened,
    a_gain_map_and_trailing_data_are_never_dropped_in_silence,
    gps_goes_unless_asked_and_the_artist_stays, the_same_input_gives_the_same_bytes,
    a_target_size_is_met_or_refused, a_floor_under_a_fixed_quality_holds,
    a_jpeg_is_not_recompressed_at_or_above_its_own_quality, a_listener_hears_every_step_in_order,
    a_cut_or_damaged_file_is_an_error_never_a_result,
    coarse_palettes_keep_the_colors_of_dark_photographs)
