// SPDX-License-Identifier: Apache-2.0
/* What the filters of PNG promise to the search: rows that were filtered once can be had again. */
#include "core/codec/png_filter.h"

#include <stdlib.h>

#include "support/test.h"

/* Slopes, plain parts and noise, so that no filter is best in all rows. */
static void paint(pare_png_raster *raster, uint64_t seed)
{
    const size_t step = raster->pixel_len;
    for (uint32_t y = 0; y < raster->height_px; y++) {
        uint8_t *row = raster->owned + y * raster->stride;
        for (size_t i = 0; i < raster->row_len; i++) {
            const uint8_t noise = (uint8_t)test_random(&seed);
            row[i] = y % 16 < 4   ? noise
                     : y % 16 < 8 ? (uint8_t)(i / step * 3 + noise % 4)
                     : y < 9      ? 7
                                  : (uint8_t)(row[i - 8 * raster->stride] + noise % 2);
        }
    }
}

/* All parts, one after another. */
static pare_buf collect(pare_png_filterer *filterer)
{
    pare_buf all = {0};
    pare_bytes part;
    for (;;) {
        MUST(pare_png_filter_next(filterer, &part));
        if (part.len == 0) return all;
        MUST(pare_buf_append(&all, part.data, part.len));
    }
}

TEST(filters_that_were_chosen_before_give_the_same_rows)
{
    pare_png_deflater *deflater = NULL;
    pare_png_filterer *filterer = NULL;
    pare_png_raster raster;
    MUST(pare_png_deflater_open(&deflater));
    MUST(pare_png_filterer_open(deflater, &filterer));
    MUST(pare_png_raster_init(&raster, 300, 200, PNG_RGB, 8));
    paint(&raster, 3);
    const pare_png_rows rows = {raster.height_px, raster.height_px};
    for (unsigned strategy = 0; strategy < PARE_PNG_STRATEGIES; strategy++) {
        printf("# strategy %u\n", strategy);
        MUST(pare_png_filter_start(filterer, &raster, rows, (pare_png_strategy)strategy, 1 << 20));
        pare_buf first = collect(filterer), kept = {0};
        const pare_bytes choices = pare_png_filter_choices(filterer);
        CHECK_INT(choices.len, ==, strategy > PARE_PNG_PAETH ? raster.height_px : 0);
        MUST(pare_buf_append(&kept, choices.data, choices.len));
        MUST(pare_png_filter_start(filterer, &raster, rows, (pare_png_strategy)strategy, 5000));
        if (kept.len) pare_png_filter_repeat(filterer, kept.data);
        pare_buf again = collect(filterer);
        CHECK_INT(first.len, ==, (raster.row_len + 1) * raster.height_px);
        CHECK_INT(again.len, ==, first.len);
        CHECK_TRUE(first.len == again.len && memcmp(first.data, again.data, first.len) == 0);
        pare_buf_deinit(&first);
        pare_buf_deinit(&again);
        pare_buf_deinit(&kept);
    }
    pare_png_raster_deinit(&raster);
    pare_png_filterer_close(&filterer);
    pare_png_deflater_close(&deflater);
}

/* Others may be chosen than would be, and are taken. */
TEST(filters_that_are_given_are_taken)
{
    pare_png_deflater *deflater = NULL;
    pare_png_filterer *filterer = NULL;
    pare_png_raster raster;
    uint8_t given[40];
    MUST(pare_png_deflater_open(&deflater));
    MUST(pare_png_filterer_open(deflater, &filterer));
    MUST(pare_png_raster_init(&raster, 31, sizeof given, PNG_GRAY, 8));
    paint(&raster, 4);
    for (unsigned y = 0; y < sizeof given; y++)
        given[y] = (uint8_t)(y * 7 % 5);
    const pare_png_rows rows = {raster.height_px, raster.height_px};
    for (unsigned strategy = PARE_PNG_MINSUM; strategy < PARE_PNG_STRATEGIES; strategy++) {
        MUST(pare_png_filter_start(filterer, &raster, rows, (pare_png_strategy)strategy, 100));
        pare_png_filter_repeat(filterer, given);
        pare_buf made = collect(filterer);
        CHECK_INT(made.len, ==, (raster.row_len + 1) * raster.height_px);
        for (unsigned y = 0; y < sizeof given; y++)
            CHECK_INT(made.data[y * (raster.row_len + 1)], ==, given[y]);
        pare_buf_deinit(&made);
    }
    pare_png_raster_deinit(&raster);
    pare_png_filterer_close(&filterer);
    pare_png_deflater_close(&deflater);
}

RUN(filters_that_were_chosen_before_give_the_same_rows, filters_that_are_given_are_taken)
