// SPDX-License-Identifier: Apache-2.0
/* What palettes promise: exact where they can be, near elsewhere, transparency where it was, the
 * same from every processor. */
#include "core/codec/png_quantize.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "core/codec/palette_map.h"
#include "core/codec/png_reduce.h"
#include "support/test.h"

static pare_image make_image(uint32_t width_px, uint32_t height_px, bool has_alpha)
{
    pare_image image;
    MUST(pare_image_init(&image, width_px, height_px, PARE_COLOR_RGB, has_alpha, 8));
    return image;
}

/* Slopes of all channels with some noise; alpha runs from none at the left to full at the right. */
static pare_image make_slopes(uint32_t width_px, uint32_t height_px, bool has_alpha, uint64_t seed)
{
    pare_image image = make_image(width_px, height_px, has_alpha);
    for (uint32_t y = 0; y < height_px; y++) {
        uint8_t *pixel = pare_image_row(&image, y);
        for (uint32_t x = 0; x < width_px; x++, pixel += image.channels) {
            const uint32_t across = x * 255 / (width_px > 1 ? width_px - 1 : 1);
            const uint32_t down = y * 240 / height_px;
            pixel[0] = (uint8_t)(across * 15 / 16 + test_random(&seed) % 8);
            pixel[1] = (uint8_t)(down + test_random(&seed) % 8);
            pixel[2] = (uint8_t)((across + down) / 2);
            if (has_alpha) pixel[3] = (uint8_t)across;
        }
    }
    return image;
}

/* Out is what a viewer shows, RGBA. Release with free(). */
static uint8_t *show(const pare_png_raster *raster)
{
    const size_t count = (size_t)raster->width_px * raster->height_px;
    uint8_t *pixels = malloc(4 * count);
    CHECK_TRUE(pixels != NULL);
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(raster->owned[i], <, raster->palette.count);
        memcpy(pixels + 4 * i, raster->palette.colors[raster->owned[i]], 4);
    }
    return pixels;
}

static uint8_t *show_image(const pare_image *image)
{
    const size_t row_len = 4 * (size_t)image->width_px;
    uint8_t *pixels = malloc(row_len * image->height_px);
    CHECK_TRUE(pixels != NULL);
    for (uint32_t y = 0; y < image->height_px; y++)
        pare_png_rgba_row(image, y, pixels + y * row_len);
    return pixels;
}

static const pare_png_quantize_params BEST = {.quality = 100, .dither = 1};

TEST(up_to_256_colors_stay_as_they_are)
{
    static const unsigned COUNTS[] = {1, 2, 3, 17, 255, 256};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        pare_image image = make_image(64, 64, true);
        for (unsigned p = 0; p < 64 * 64; p++) {
            /* colour 0 is clear, every third one translucent */
            const unsigned n = p % COUNTS[i];
            const uint8_t alpha = (uint8_t)(n % 3 == 1 ? 1 + n % 250 : 255);
            const uint8_t color[4] = {(uint8_t)n, (uint8_t)(n * 7), (uint8_t)(255 - n), alpha};
            if (n == 0)
                memset(image.pixels + 4 * p, 0, 4);
            else
                memcpy(image.pixels + 4 * p, color, 4);
        }
        pare_png_raster raster;
        MUST(pare_png_quantize(&image, &BEST, &raster));
        CHECK_INT(raster.palette.count, ==, COUNTS[i]);
        uint8_t *have = show(&raster);
        CHECK_INT(memcmp(have, image.pixels, 4 * 64 * 64), ==, 0);
        free(have);
        pare_png_raster_deinit(&raster);
        pare_image_deinit(&image);
    }
}

TEST(one_pixel_and_one_row_are_images_too)
{
    static const uint32_t SIZES[][2] = {{1, 1}, {1, 300}, {300, 1}, {2, 2}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (int alpha = 0; alpha < 2; alpha++) {
            pare_image image = make_slopes(SIZES[i][0], SIZES[i][1], alpha, 7);
            const pare_png_quantize_params params = {.quality = 60, .dither = 0.4, .packs = true};
            pare_png_raster raster;
            MUST(pare_png_quantize(&image, &params, &raster));
            CHECK_INT(raster.palette.count, >=, 1);
            free(show(&raster));
            pare_png_raster_deinit(&raster);
            pare_image_deinit(&image);
        }
    }
}

TEST(transparency_stays_where_it_was)
{
    pare_image image = make_slopes(160, 120, true, 3);
    uint8_t *want = show_image(&image);
    for (int quality = 20; quality <= 100; quality += 20) {
        const pare_png_quantize_params params = {.quality = quality, .dither = 1, .packs = true};
        pare_png_raster raster;
        const pare_err err = pare_png_quantize(&image, &params, &raster);
        if (err == PARE_SKIP_BELOW_MIN_SCORE) continue;
        MUST(err);
        uint8_t *have = show(&raster);
        uint64_t off = 0;
        for (size_t i = 0; i < 160 * 120; i++) {
            const int a = want[4 * i + 3], b = have[4 * i + 3];
            CHECK_INT(a == 0, ==, b == 0);
            CHECK_INT(a == 255, ==, b == 255);
            off += (uint64_t)abs(a - b);
        }
        printf("# quality %d: alpha is off by %.2f\n", quality, (double)off / (160 * 120));
        CHECK_INT(off, <, 160 * 120 * 12);
        free(have);
        pare_png_raster_deinit(&raster);
    }
    free(want);
    pare_image_deinit(&image);
}

/* The reference: every colour of the image beside every colour of the palette. */
static double exact_loss(const pare_image *image, const pare_palette_space *space,
                         const pare_palette *palette)
{
    const size_t count = (size_t)image->width_px * image->height_px;
    uint8_t *pixels = show_image(image);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        float light[4], place[4];
        double least = DBL_MAX;
        pare_palette_light(space, pixels + 4 * i, light);
        pare_palette_place(space, light, place);
        for (unsigned k = 0; k < palette->colors.count; k++) {
            float other[4];
            double distance = 0;
            pare_palette_place(space, palette->light[k], other);
            for (int axis = 0; axis < 4; axis++)
                distance += pow((double)other[axis] - (double)place[axis], 2);
            if (distance < least) least = distance;
        }
        sum += least;
    }
    free(pixels);
    return sum / (double)count;
}

TEST(more_colors_lose_less_and_the_loss_is_true)
{
    static const double WISHES[] = {1e-1, 1e-2, 3e-3, 1e-3, 0};
    pare_palette_space *space = malloc(sizeof *space);
    pare_palette *palette = malloc(sizeof *palette);
    pare_image image = make_slopes(200, 150, false, 11);
    unsigned count_before = 0;
    double loss_before = DBL_MAX;
    CHECK_TRUE(space && palette);
    pare_palette_space_init(space);
    for (size_t i = 0; i < sizeof WISHES / sizeof *WISHES; i++) {
        const pare_palette_wish wish = {.loss = WISHES[i], .rounds = 6};
        MUST(pare_palette_build(&image, space, &wish, palette));
        const double exact = exact_loss(&image, space, palette);
        printf("# loss wanted %g: %u colours, %g, by the reference %g\n", WISHES[i],
               palette->colors.count, palette->loss, exact);
        CHECK_INT(palette->colors.count, >, count_before);
        CHECK_TRUE(exact < loss_before);
        if (WISHES[i] > 0) CHECK_TRUE(palette->loss <= WISHES[i]);
        /* similar colours are tallied together, and busy pixels count less */
        CHECK_TRUE(exact < palette->loss * 1.25 + 1e-5 && exact > palette->loss * 0.8);
        count_before = palette->colors.count;
        loss_before = exact;
    }
    CHECK_INT(count_before, ==, 256);
    pare_image_deinit(&image);
    free(space);
    free(palette);
}

TEST(light_of_an_area_is_kept_by_dithering)
{
    /* two grays for one between them: far away it is that gray again */
    pare_palette_space *space = malloc(sizeof *space);
    pare_palette *palette = malloc(sizeof *palette);
    pare_image image = make_image(128, 128, false);
    CHECK_TRUE(space && palette);
    pare_palette_space_init(space);
    for (unsigned p = 0; p < 128 * 128; p++)
        memset(image.pixels + 3 * p, p % 2 ? 100 : 60, 3);
    MUST(pare_palette_build(&image, space, &(pare_palette_wish){.rounds = 3}, palette));
    CHECK_INT(palette->colors.count, ==, 2);
    for (int gray = 65; gray < 100; gray += 10) {
        memset(image.pixels, gray, 128 * 128 * 3);
        pare_png_raster raster;
        MUST(pare_png_raster_init(&raster, 128, 128, PNG_PALETTE, 8));
        raster.palette = palette->colors;
        MUST(pare_palette_map(&image, space, palette, &(pare_palette_trade){.dither = 1}, &raster));
        double light = 0;
        for (unsigned p = 0; p < 128 * 128; p++)
            light += (double)palette->light[raster.owned[p]][0];
        const double want = (double)space->light_of[gray];
        printf("# gray %d: light %.4f, want %.4f\n", gray, light / (128 * 128), want);
        CHECK_TRUE(fabs(light / (128 * 128) - want) < 0.002);
        pare_png_raster_deinit(&raster);
    }
    pare_image_deinit(&image);
    free(space);
    free(palette);
}

TEST(every_processor_finds_the_same_nearest_place)
{
    static const unsigned COUNTS[] = {1, 7, 8, 9, 100, 256};
    const pare_palette_nearest_fn fast = pare_palette_nearest_pick(pare_cpu_flags());
    uint64_t seed = 5;
    pare_palette_places *places = malloc(sizeof *places);
    CHECK_TRUE(places != NULL);
    for (size_t n = 0; n < 2 * sizeof COUNTS / sizeof *COUNTS; n++) {
        const size_t i = n / 2;
        places->count = COUNTS[i];
        places->is_opaque = n % 2;
        for (unsigned k = 0; k < COUNTS[i]; k++) {
            for (int axis = 0; axis < 4; axis++)
                places->at[axis][k] = (float)(test_random(&seed) % 64) / 32 - 1;
            if (places->is_opaque) places->at[3][k] = 0.84f;
        }
        pare_palette_places_pad(places);
        for (int look = 0; look < 2000; look++) {
            float place[4], least = FLT_MAX;
            for (int axis = 0; axis < 4; axis++)
                place[axis] = (float)(test_random(&seed) % 1000) / 500 - 1;
            if (places->is_opaque) place[3] = 0.84f;
            for (unsigned k = 0; k < COUNTS[i]; k++)
                least = fminf(least, pare_palette_distance(places, k, place));
            const unsigned have = fast(places, place);
            CHECK_INT(have, ==, pare_palette_nearest_c(places, place));
            CHECK_INT(have, <, COUNTS[i]);
            CHECK_TRUE(pare_palette_distance(places, have, place) <= least * 1.0001f + 1e-9f);
        }
    }
    free(places);
}

TEST(far_too_few_colors_are_refused)
{
    uint64_t seed = 1;
    pare_image image = make_image(128, 128, false);
    for (size_t i = 0; i < 128 * 128 * 3; i++)
        image.pixels[i] = (uint8_t)test_random(&seed);
    pare_png_raster raster;
    CHECK_INT(pare_png_quantize(&image, &BEST, &raster), ==, PARE_SKIP_BELOW_MIN_SCORE);
    CHECK_TRUE(raster.owned == NULL);
    pare_image_deinit(&image);
}

RUN(up_to_256_colors_stay_as_they_are, one_pixel_and_one_row_are_images_too,
    transparency_stays_where_it_was, more_colors_lose_less_and_the_loss_is_true,
    light_of_an_area_is_kept_by_dithering, every_processor_finds_the_same_nearest_place,
    far_too_few_colors_are_refused)
