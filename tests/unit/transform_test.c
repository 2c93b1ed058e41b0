// SPDX-License-Identifier: Apache-2.0
/* What may happen to pixels between decoding and encoding. */
#include "support/test.h"

#include <stdlib.h>

#include <lcms2.h>

#include "core/transform/transform.h"
#include "wire/target_size.h"

static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB, PARE_COLOR_CMYK};

static void fill(pare_image *image, unsigned width, unsigned height, pare_color color, bool alpha,
                 uint8_t depth)
{
    MUST(pare_image_init(image, width, height, color, alpha, depth));
    for (size_t i = 0; i < image->stride_bytes * height; i++)
        image->pixels[i] = (uint8_t)(i * 7 + i / 64);
}

/* A number that names the pixel of the source at x, y. */
static void mark(pare_image *image, unsigned x, unsigned y)
{
    const size_t pixel_bytes = (size_t)image->channels * (image->depth_bits / 8u);
    memset(pare_image_row(image, y) + x * pixel_bytes, (int)(1 + x + 16 * y), pixel_bytes);
}

static int name_at(const pare_image *image, unsigned x, unsigned y)
{
    const size_t pixel_bytes = (size_t)image->channels * (image->depth_bits / 8u);
    const uint8_t *p = pare_image_row(image, y) + x * pixel_bytes;
    for (size_t i = 1; i < pixel_bytes; i++) {
        if (p[i] != p[0]) return -1; /* torn apart */
    }
    return p[0];
}

/* By Exif 2.32: where the corner at the stored top left (0, 0) and its right neighbour appear. */
TEST(every_orientation_is_turned_upright_in_every_layout)
{
    static const struct {
        int orientation, first_x, first_y, next_x, next_y;
    } CASES[] = {{1, 0, 0, 1, 0}, {2, 2, 0, 1, 0}, {3, 2, 1, 1, 1}, {4, 0, 1, 1, 1},
                 {5, 0, 0, 0, 1}, {6, 1, 0, 1, 1}, {7, 1, 2, 1, 1}, {8, 0, 2, 0, 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        for (int layout = 0; layout < 12; layout++) {
            pare_image image;
            MUST(pare_image_init(&image, 3, 2, COLORS[layout % 3], layout & 4,
                                 layout >= 6 ? 16 : 8));
            for (unsigned y = 0; y < 2; y++) {
                for (unsigned x = 0; x < 3; x++)
                    mark(&image, x, y);
            }
            image.orientation = (uint8_t)CASES[i].orientation;
            MUST(pare_transform_orient(&image, NULL));
            CHECK_INT(image.width_px, ==, CASES[i].orientation >= 5 ? 2 : 3);
            CHECK_INT(image.height_px, ==, CASES[i].orientation >= 5 ? 3 : 2);
            CHECK_INT(image.orientation, ==, 1);
            CHECK_INT(name_at(&image, (unsigned)CASES[i].first_x, (unsigned)CASES[i].first_y), ==,
                      1);
            CHECK_INT(name_at(&image, (unsigned)CASES[i].next_x, (unsigned)CASES[i].next_y), ==, 2);
            pare_image_deinit(&image);
        }
    }
}

TEST(target_sizes_keep_the_ratio_and_never_enlarge_unasked)
{
    static const struct {
        pare_resize resize;
        uint32_t width, height, want_width, want_height;
    } CASES[] = {
        {{PARE_RESIZE_NONE}, 400, 300, 400, 300},
        {{PARE_RESIZE_WIDTH, .width_px = 200}, 400, 300, 200, 150},
        {{PARE_RESIZE_HEIGHT, .height_px = 100}, 400, 300, 133, 100},
        {{PARE_RESIZE_LONGEST, .width_px = 100}, 300, 400, 75, 100},
        {{PARE_RESIZE_SHORTEST, .width_px = 150}, 300, 400, 150, 200},
        {{PARE_RESIZE_FIT, .width_px = 100, .height_px = 30}, 400, 300, 40, 30},
        {{PARE_RESIZE_PERCENT, .percent = 50}, 401, 300, 201, 150},
        {{PARE_RESIZE_WIDTH, .width_px = 800}, 400, 300, 400, 300},
        {{PARE_RESIZE_WIDTH, .width_px = 800, .enlarge = true}, 400, 300, 800, 600},
        {{PARE_RESIZE_LONGEST, .width_px = 10}, 4000, 3, 10, 1},
        {{PARE_RESIZE_PERCENT, .percent = 1000, .enlarge = true}, 60000, 2, 65535, 20},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint32_t width, height;
        const bool resizes =
            pare_target_size(&CASES[i].resize, CASES[i].width, CASES[i].height, &width, &height);
        CHECK_INT(width, ==, CASES[i].want_width);
        CHECK_INT(height, ==, CASES[i].want_height);
        CHECK_INT(resizes, ==, width != CASES[i].width || height != CASES[i].height);
    }
}

TEST(resizing_keeps_a_flat_colour_in_every_layout)
{
    for (int layout = 0; layout < 12; layout++) {
        pare_image image;
        MUST(pare_image_init(&image, 37, 53, COLORS[layout % 3], layout & 4, layout >= 6 ? 16 : 8));
        memset(image.pixels, 0x93, image.stride_bytes * 53);
        MUST(pare_transform_resize(&image, 20, 11, NULL));
        CHECK_INT(image.width_px, ==, 20);
        CHECK_INT(image.height_px, ==, 11);
        for (size_t i = 0; i < image.stride_bytes * 11; i++) {
            const int gap = image.pixels[i] - 0x93;
            if (image.depth_bits == 8 && gap) CHECK_INT(gap, ==, 0);
            if (image.depth_bits == 16 && (i & 1)) CHECK_INT(abs(gap), <=, 1);
        }
        pare_image_deinit(&image);
    }
}

TEST(resizing_follows_a_gradient)
{
    pare_image image;
    MUST(pare_image_init(&image, 256, 64, PARE_COLOR_RGB, false, 8));
    for (unsigned y = 0; y < 64; y++) {
        for (unsigned x = 0; x < 256; x++) {
            uint8_t *p = pare_image_row(&image, y) + (size_t)3 * x;
            p[0] = (uint8_t)x, p[1] = (uint8_t)(4 * y), p[2] = 200;
        }
    }
    MUST(pare_transform_resize(&image, 64, 32, NULL));
    for (unsigned y = 4; y < 28; y++) {
        for (unsigned x = 4; x < 60; x++) {
            const uint8_t *p = pare_image_row(&image, y) + (size_t)3 * x;
            CHECK_DOUBLE(abs(p[0] - (int)(4 * x + 1)), <=, 2);
            CHECK_DOUBLE(abs(p[1] - (int)(8 * y + 2)), <=, 3);
            CHECK_INT(p[2], ==, 200);
        }
    }
    pare_image_deinit(&image);
}

/* Hidden colours of transparent pixels must not bleed into the visible ones. */
TEST(resizing_does_not_bleed_hidden_colours)
{
    pare_image image;
    MUST(pare_image_init(&image, 64, 64, PARE_COLOR_RGB, true, 8));
    for (unsigned y = 0; y < 64; y++) {
        for (unsigned x = 0; x < 64; x++) {
            const uint8_t seen[4] = {255, 0, 0, 255}, hidden[4] = {0, 255, 0, 0};
            memcpy(pare_image_row(&image, y) + (size_t)4 * x, x < 33 ? seen : hidden, 4);
        }
    }
    MUST(pare_transform_resize(&image, 16, 16, NULL));
    for (unsigned x = 0; x < 16; x++) {
        const uint8_t *p = pare_image_row(&image, 8) + (size_t)4 * x;
        if (p[3] > 4) CHECK_INT(p[0], >=, 250);
        if (p[3] > 4) CHECK_INT(p[1], <=, 4);
    }
    pare_image_deinit(&image);
}

static void set_profile(pare_image *image, cmsHPROFILE profile)
{
    cmsUInt32Number len = 0;
    CHECK_TRUE(cmsSaveProfileToMem(profile, NULL, &len));
    pare_buf_deinit(&image->metadata.icc);
    MUST(pare_buf_reserve(&image->metadata.icc, len));
    CHECK_TRUE(cmsSaveProfileToMem(profile, image->metadata.icc.data, &len));
    image->metadata.icc.len = len;
    cmsCloseProfile(profile);
}

static cmsHPROFILE make_display_p3(void)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}};
    const cmsFloat64Number curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(NULL, 4, curve);
    cmsToneCurve *tones[3] = {tone, tone, tone};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, tones);
    cmsFreeToneCurve(tone);
    return profile;
}

TEST(a_wide_colour_becomes_its_srgb_value)
{
    for (int depth = 8; depth <= 16; depth += 8) {
        pare_image image;
        MUST(pare_image_init(&image, 1, 1, PARE_COLOR_RGB, true, 8));
        /* Display P3 of sRGB (255, 100, 50): by the matrices of SMPTE EG 432-1 and IEC 61966-2-1 */
        memcpy(image.pixels, (uint8_t[4]){237, 110, 67, 77}, 4);
        MUST(pare_transform_depth(&image, (uint8_t)depth, NULL));
        set_profile(&image, make_display_p3());
        CHECK_TRUE(!pare_transform_is_srgb(&image));
        MUST(pare_transform_srgb(&image, NULL));
        MUST(pare_transform_depth(&image, 8, NULL));
        CHECK_INT(abs(image.pixels[0] - 255), <=, 1);
        CHECK_INT(abs(image.pixels[1] - 100), <=, 2);
        CHECK_INT(abs(image.pixels[2] - 50), <=, 3);
        CHECK_INT(image.pixels[3], ==, 77);
        CHECK_INT(image.metadata.icc.len, ==, 0);
        pare_image_deinit(&image);
    }
}

TEST(an_srgb_profile_is_known_and_changes_nothing)
{
    pare_image image;
    fill(&image, 16, 16, PARE_COLOR_RGB, false, 8);
    pare_image before;
    MUST(pare_image_copy(&before, &image));
    CHECK_TRUE(pare_transform_is_srgb(&image));
    set_profile(&image, cmsCreate_sRGBProfile());
    CHECK_TRUE(pare_transform_is_srgb(&image));
    MUST(pare_transform_srgb(&image, NULL));
    for (size_t i = 0; i < image.stride_bytes * 16; i++)
        CHECK_INT(abs(image.pixels[i] - before.pixels[i]), <=, 1);
    pare_image_deinit(&image);
    pare_image_deinit(&before);
}

TEST(a_broken_profile_is_ignored)
{
    pare_image image;
    fill(&image, 8, 8, PARE_COLOR_RGB, false, 8);
    pare_image before;
    MUST(pare_image_copy(&before, &image));
    for (size_t cut = 0; cut < 600; cut += 37) {
        set_profile(&image, make_display_p3());
        if (cut < image.metadata.icc.len) image.metadata.icc.len = cut;
        if (cut > 400) memset(image.metadata.icc.data + 16, (int)cut, 100);
        MUST(pare_transform_srgb(&image, NULL));
        if (cut < 128) {
            CHECK_INT(memcmp(image.pixels, before.pixels, image.stride_bytes * 8), ==, 0);
        }
    }
    pare_image_deinit(&image);
    pare_image_deinit(&before);
}

TEST(gray_with_a_profile_stays_gray)
{
    pare_image image;
    MUST(pare_image_init(&image, 3, 1, PARE_COLOR_GRAY, false, 8));
    memcpy(image.pixels, (uint8_t[3]){0, 128, 255}, 3);
    cmsToneCurve *tone = cmsBuildGamma(NULL, 1.0);
    set_profile(&image, cmsCreateGrayProfile(cmsD50_xyY(), tone));
    cmsFreeToneCurve(tone);
    CHECK_TRUE(!pare_transform_is_srgb(&image));
    MUST(pare_transform_srgb(&image, NULL));
    CHECK_INT(image.color, ==, PARE_COLOR_GRAY);
    CHECK_INT(image.pixels[0], ==, 0);
    CHECK_INT(abs(image.pixels[1] - 188), <=, 1); /* linear 0.502 on the curve of sRGB */
    CHECK_INT(image.pixels[2], ==, 255);
    pare_image_deinit(&image);
}

TEST(inks_without_a_profile_become_simple_colours)
{
    for (int depth = 8; depth <= 16; depth += 8) {
        pare_image image;
        MUST(pare_image_init(&image, 4, 1, PARE_COLOR_CMYK, false, 8));
        static const uint8_t INKS[16] = {0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 51, 0, 255, 255, 255};
        static const uint8_t WANT[12] = {255, 255, 255, 0, 255, 255, 0, 204, 204, 0, 0, 0};
        memcpy(image.pixels, INKS, 16);
        MUST(pare_transform_depth(&image, (uint8_t)depth, NULL));
        MUST(pare_transform_srgb(&image, NULL));
        MUST(pare_transform_depth(&image, 8, NULL));
        CHECK_INT(image.color, ==, PARE_COLOR_RGB);
        CHECK_INT(image.channels, ==, 3);
        CHECK_INT(memcmp(image.pixels, WANT, 12), ==, 0);
        pare_image_deinit(&image);
    }
}

TEST(flattening_blends_on_the_background)
{
    static const uint8_t BACKGROUND[3] = {255, 0, 100};
    for (int depth = 8; depth <= 16; depth += 8) {
        pare_image image;
        MUST(pare_image_init(&image, 3, 1, PARE_COLOR_RGB, true, 8));
        memcpy(image.pixels, (uint8_t[12]){9, 8, 7, 0, 9, 8, 7, 255, 0, 0, 0, 51}, 12);
        MUST(pare_transform_depth(&image, (uint8_t)depth, NULL));
        CHECK_TRUE(!pare_transform_is_opaque(&image));
        MUST(pare_transform_flatten(&image, BACKGROUND, NULL));
        CHECK_TRUE(pare_transform_is_opaque(&image));
        MUST(pare_transform_depth(&image, 8, NULL));
        const uint8_t want[9] = {255, 0, 100, 9, 8, 7, 204, 0, 80};
        CHECK_INT(image.channels, ==, 3);
        CHECK_INT(memcmp(image.pixels, want, 9), ==, 0);
        pare_image_deinit(&image);
    }
}

TEST(depth_there_and_back_keeps_every_value)
{
    pare_image image;
    MUST(pare_image_init(&image, 256, 1, PARE_COLOR_GRAY, false, 8));
    for (int i = 0; i < 256; i++)
        image.pixels[i] = (uint8_t)i;
    MUST(pare_transform_depth(&image, 16, NULL));
    uint16_t last;
    memcpy(&last, image.pixels + 2 * 255, 2);
    CHECK_INT(last, ==, 65535);
    MUST(pare_transform_depth(&image, 8, NULL));
    for (int i = 0; i < 256; i++)
        CHECK_INT(image.pixels[i], ==, i);
    MUST(pare_transform_rgb(&image, NULL));
    CHECK_INT(image.channels, ==, 3);
    CHECK_INT(image.pixels[3 * 77 + 2], ==, 77);
    pare_image_deinit(&image);
}

RUN(every_orientation_is_turned_upright_in_every_layout,
    target_sizes_keep_the_ratio_and_never_enlarge_unasked,
    resizing_keeps_a_flat_colour_in_every_layout, resizing_follows_a_gradient,
    resizing_does_not_bleed_hidden_colours, a_wide_colour_becomes_its_srgb_value,
    an_srgb_profile_is_known_and_changes_nothing, a_broken_profile_is_ignored,
    gray_with_a_profile_stays_gray, inks_without_a_profile_become_simple_colours,
    flattening_blends_on_the_background, depth_there_and_back_keeps_every_value)
