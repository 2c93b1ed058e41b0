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
        *full_scores += result.full_scores;
        pare_result_deinit(&result);
    }
    return best;
}

TEST(smallest_is_as_small_as_the_best_format_for_no_more_work)
{
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_GRAPHIC, TEST_GRADIENT};
    for (size_t i = 0; i < sizeof PICTURES / sizeof *PICTURES; i++) {
        for (int jpeg = 0; jpeg <= 1; jpeg++) {
            printf("# picture %zu as %s\n", i, jpeg ? "JPEG" : "PNG");
            pare_image image = test_make(PICTURES[i], 160, 120);
            pare_buf file = jpeg ? test_write_jpeg(&image, &(test_jpeg_options){.quality = 97})
                                 : test_write_png(&image, NULL);
            pare_options options = options_for(PARE_FORMAT_UNKNOWN);
            options.target = PARE_TARGET_SMALLEST;
            options.quality = (pare_quality){.mode = PARE_QUALITY_AUTO};
            uint32_t full_scores;
            const size_t best = best_of_all(&file, &full_scores);
            pare_result result;
            CHECK_INT(run(&file, &options, &result), ==, PARE_OK);
            CHECK_INT(result.len, <=, best);
            CHECK_INT(result.full_scores, <=, full_scores);
            pare_result_deinit(&result);
            pare_buf_deinit(&file);
            pare_image_deinit(&image);
        }
    }
}

RUN(smallest_is_as_small_as_the_best_format_for_no_more_work)
