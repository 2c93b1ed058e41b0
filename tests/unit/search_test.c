// SPDX-License-Identifier: Apache-2.0
/* The search for the smallest file that is good enough, over formats and efforts. */
#include "support/test.h"

#include <pare/pare.h>

#include "data/make_image.h"

static pare_options options_for(pare_format format)
{
    pare_options options;
    pare_options_init(&options);
    options.target = PARE_TARGET_FORMAT;
    options.format = format;
    return options;
}

static pare_err run(const pare_buf *file, const pare_options *options, pare_result *result)
{
    return pare_optimize(file->data, file->len, options, result, NULL);
}

/* Smallest result of the formats asked for one by one; what they cost in exact scores. */
static size_t best_of_all(const pare_buf *file, uint32_t *full_scores)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP,
                                          PARE_FORMAT_AVIF};
    size_t best = SIZE_MAX;
    *full_scores = 0;
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        pare_options options = options_for(FORMATS[i]);
        pare_result result;
        options.quality = (pare_quality){.mode = PARE_QUALITY_AUTO};
        if (run(file, &options, &result) == PARE_OK && result.len < best) best = result.len;
        printf("# %s: %zu bytes, score %.1f\n", pare_format_name(FORMATS[i]), result.len,
               result.score);
        *full_scores += result.full_scores;
        pare_result_deinit(&result);
    }
    return best;
}

TEST(smallest_is_as_small_as_the_best_format_for_no_more_work)
{
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_GRAPHIC};
    for (size_t i = 0; i < sizeof PICTURES / sizeof *PICTURES; i++) {
        for (int jpeg = 0; jpeg <= 1; jpeg++) {
            printf("# picture %zu as %s\n", i, jpeg ? "JPEG" : "PNG");
            pare_image image = test_make(PICTURES[i], 96, 72);
            pare_buf file = jpeg ? test_write_jpeg(&image, &(test_jpeg_options){.quality = 97})
                                 : test_write_png(&image, NULL);
            pare_options options = options_for(PARE_FORMAT_UNKNOWN);
            options.target = PARE_TARGET_SMALLEST;
            options.quality = (pare_quality){.mode = PARE_QUALITY_AUTO};
            uint32_t full_scores;
            const size_t best = best_of_all(&file, &full_scores);
            pare_result result;
            CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
            printf("# smallest: %s, score %.1f\n", pare_format_name(result.format_out),
                   result.score);
            CHECK_INT(result.len, <=, best);
            CHECK_INT(result.full_scores, <=, full_scores);
            pare_result_deinit(&result);
            pare_buf_deinit(&file);
            pare_image_deinit(&image);
        }
    }
}

/* Upright size of a result, by its own bytes. */
static void check_size(const pare_result *result, uint32_t width, uint32_t height)
{
    pare_info info;
    MUST(pare_read_info(result->data, result->len, &info, NULL));
    CHECK_INT(info.width_px, ==, result->width_out_px);
    CHECK_INT(info.height_px, ==, result->height_out_px);
    const double ratio = (double)info.width_px * height / ((double)info.height_px * width);
    CHECK_DOUBLE(ratio, >, 0.97);
    CHECK_DOUBLE(ratio, <, 1.03);
}

TEST(a_target_size_with_a_floor_is_met_by_a_smaller_image_only_when_allowed)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_WEBP};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        printf("# %s\n", pare_format_name(FORMATS[i]));
        pare_image image = test_make(TEST_PHOTO, 320, 200);
        pare_metadata metadata = {.exif = test_make_exif(6, false)};
        pare_buf file =
            test_write_jpeg(&image, &(test_jpeg_options){.quality = 97, .metadata = &metadata});
        pare_options options = options_for(FORMATS[i]);
        pare_result result;
        options.target_size_bytes = 2500;
        options.min_score = 75;
        CHECK_INT(run(&file, &options, &result), ==, PARE_SKIP_BELOW_MIN_SCORE);
        pare_result_deinit(&result);
        options.downscale = true;
        CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
        CHECK_INT(result.len, <=, options.target_size_bytes);
        CHECK_DOUBLE(result.score, >=, options.min_score);
        CHECK_INT(result.width_out_px, <, 200);
        check_size(&result, 200, 320); /* turned upright */
        pare_result_deinit(&result);
        options.target_size_bytes = 100; /* no size gives that */
        CHECK_INT(run(&file, &options, &result), ==, PARE_SKIP_BELOW_MIN_SCORE);
        pare_result_deinit(&result);
        options.target_size_bytes = file.len; /* nothing has to shrink for this */
        CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
        CHECK_INT((long long)result.width_out_px * result.height_out_px, ==, 320 * 200);
        pare_result_deinit(&result);
        pare_metadata_deinit(&metadata);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
}

TEST(auto_quality_meets_the_asked_score_closely)
{
    pare_image image = test_make(TEST_PHOTO, 800, 600); /* large enough for estimates */
    pare_buf file = test_write_png(&image, NULL);
    for (double score = 70; score <= 85; score += 15) {
        printf("# %g\n", score);
        pare_options options = options_for(PARE_FORMAT_JPEG);
        options.quality = (pare_quality){.mode = PARE_QUALITY_SCORE, .score = score};
        pare_result result;
        CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
        CHECK_DOUBLE(result.score, >=, score);
        CHECK_DOUBLE(result.score, <=, score + 1.5);
        CHECK_INT(result.full_scores, <=, 4);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* Its score changes with quality more slowly than that of an average photograph, and then faster:
 * tries must learn from each other. */
TEST(auto_quality_meets_the_score_of_unusual_images_too)
{
    pare_image image = test_make_as(TEST_PHOTO, 256, 192, PARE_COLOR_GRAY, 8);
    pare_buf file = test_write_jpeg(&image, &(test_jpeg_options){.quality = 90});
    for (int effort = 0; effort <= PARE_EFFORT_DEFAULT; effort += PARE_EFFORT_DEFAULT) {
        pare_options options = options_for(PARE_FORMAT_JPEG);
        options.quality = (pare_quality){.mode = PARE_QUALITY_SCORE, .score = 80};
        options.effort = effort;
        pare_result result;
        CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
        printf("# effort %d: %zu bytes, score %.2f\n", effort, result.len, result.score);
        CHECK_DOUBLE(result.score, >=, 80);
        CHECK_DOUBLE(result.score, <=, 81.5);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

RUN(a_target_size_with_a_floor_is_met_by_a_smaller_image_only_when_allowed,
    auto_quality_meets_the_asked_score_closely, auto_quality_meets_the_score_of_unusual_images_too,
    smallest_is_as_small_as_the_best_format_for_no_more_work)
