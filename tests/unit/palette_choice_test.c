// SPDX-License-Identifier: Apache-2.0
/* When a PNG may lose colours: where that makes it clearly shorter than it is without loss. */
#include "support/test.h"

#include <pare/pare.h>

#include "data/make_image.h"

/* A plain sheet, and below it noise so far from the left, which few colours make much shorter, then
 * slopes, which they make longer. */
static pare_image make_sheet(uint32_t noise_px)
{
    pare_image image;
    uint64_t seed = 1;
    MUST(pare_image_init(&image, 240, 240, PARE_COLOR_RGB, false, 8));
    for (uint32_t y = 0; y < image.height_px; y++) {
        uint8_t *pixel = pare_image_row(&image, y);
        for (uint32_t x = 0; x < image.width_px; x++, pixel += 3) {
            const uint32_t step[3] = {x + y * 3, x * 2 + y, x * 3 + y * 2};
            for (unsigned c = 0; c < 3; c++) {
                const uint32_t noise = (uint32_t)(test_random(&seed) % 256);
                pixel[c] = (uint8_t)(y < 150 ? 240 : x < noise_px ? noise : step[c] / 4);
            }
        }
    }
    return image;
}

TEST(a_drawing_loses_nothing_where_that_saves_next_to_nothing)
{
    unsigned lossless = 0, lossy = 0;
    for (uint32_t noise_px = 0; noise_px <= 60; noise_px += 3) {
        pare_image image = make_sheet(noise_px);
        pare_buf file = test_write_png(&image, &(test_png_options){0});
        pare_options options;
        pare_options_init(&options);
        options.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
        pare_result whole, chosen;
        MUST(pare_optimize(file.data, file.len, &options, &whole, NULL));
        options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 90};
        MUST(pare_optimize(file.data, file.len, &options, &chosen, NULL));
        printf("# %u px of noise: %zu bytes, without loss %zu\n", noise_px, chosen.len, whole.len);
        CHECK_INT(chosen.len, <=, whole.len);
        if (!chosen.lossless) CHECK_DOUBLE((double)chosen.len, <, 0.97 * (double)whole.len);
        lossless += chosen.lossless;
        lossy += !chosen.lossless;
        pare_result_deinit(&whole);
        pare_result_deinit(&chosen);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
    CHECK_INT(lossless, >, 0);
    CHECK_INT(lossy, >, 0);
}

RUN(a_drawing_loses_nothing_where_that_saves_next_to_nothing)
