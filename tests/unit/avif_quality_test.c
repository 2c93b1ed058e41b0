// SPDX-License-Identifier: Apache-2.0
/* An AVIF with losses of the asked kind already does not lose once more. */
#include "support/test.h"

#include "core/codec/avif_quality.h"
#include "core/codec/codec.h"
#include "data/make_image.h"

/* quality beyond 100: without loss. */
static pare_buf make_avif(const pare_image *image, double quality, int effort, bool is_graphic)
{
    const pare_source source = {.image = image};
    const pare_encode_params params = {
        .effort = effort, .lossless = quality > 100, .is_graphic = is_graphic};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_AVIF);
    MUST(codec->encoder_open(&source, &params, &encoder, NULL));
    MUST(codec->encoder_try(encoder, quality, &out, NULL));
    codec->encoder_close(&encoder);
    return out;
}

static const struct {
    const char *label;
    test_picture picture;
    uint32_t width, height;
    pare_color color;
    uint8_t depth;
    bool is_graphic;
} PICTURES[] = {
    {"photo", TEST_PHOTO, 160, 140, PARE_COLOR_RGB, 8, false},
    {"graphic", TEST_GRAPHIC, 90, 33, PARE_COLOR_RGB, 8, true},
    {"gray", TEST_PHOTO, 64, 64, PARE_COLOR_GRAY, 8, false},
    {"16 bits", TEST_PHOTO, 70, 50, PARE_COLOR_RGB, 16, false},
    {"wide, in several tiles", TEST_PHOTO, 4200, 24, PARE_COLOR_RGB, 8, false},
};

TEST(the_quality_is_read_from_the_headers)
{
    static const int QUALITIES[] = {1, 10, 33, 50, 60, 75, 80, 82, 91, 98};
    for (size_t p = 0; p < sizeof PICTURES / sizeof *PICTURES; p++) {
        pare_image image = test_make_as(PICTURES[p].picture, PICTURES[p].width, PICTURES[p].height,
                                        PICTURES[p].color, PICTURES[p].depth);
        for (int effort = 1; effort <= 4; effort += 3) {
            printf("# %s, effort %d:", PICTURES[p].label, effort);
            for (size_t i = 0; i < sizeof QUALITIES / sizeof *QUALITIES; i++) {
                pare_buf file = make_avif(&image, QUALITIES[i], effort, PICTURES[p].is_graphic);
                const int have = pare_avif_quality(pare_buf_view(&file));
                printf(" %d=%d", QUALITIES[i], have);
                /* never above: what was made at a quality is of it already */
                CHECK_INT(have, <=, QUALITIES[i]);
                CHECK_INT(have, >=, QUALITIES[i] > 4 ? QUALITIES[i] - 3 : 1);
                pare_buf_deinit(&file);
            }
            printf("\n");
        }
        if (PICTURES[p].depth == 8) { /* AVIF holds no 16 */
            pare_buf lossless = make_avif(&image, 101, 1, PICTURES[p].is_graphic);
            CHECK_INT(pare_avif_quality(pare_buf_view(&lossless)), ==, 0);
            pare_buf_deinit(&lossless);
        }
        pare_image_deinit(&image);
    }
}

TEST(of_transparent_pictures_it_is_that_of_the_colours)
{
    pare_image image = test_make(TEST_ALPHA, 48, 40);
    pare_buf file = make_avif(&image, 40, 2, false); /* alpha is of twice that */
    CHECK_INT(pare_avif_quality(pare_buf_view(&file)), >=, 37);
    CHECK_INT(pare_avif_quality(pare_buf_view(&file)), <=, 40);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(damaged_files_are_of_no_quality_or_of_some)
{
    pare_image image = test_make(TEST_PHOTO, 48, 40);
    pare_buf file = make_avif(&image, 60, 2, false);
    const int whole = pare_avif_quality(pare_buf_view(&file));
    for (size_t len = 0; len < file.len; len++) {
        pare_buf cut = {0}; /* of its own, so that reading beyond is seen */
        MUST(pare_buf_append(&cut, file.data, len));
        CHECK_INT(pare_avif_quality(pare_buf_view(&cut)), ==, 0);
        pare_buf_deinit(&cut);
    }
    size_t same = 0;
    for (size_t bit = 0; bit < 8 * file.len; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const int have = pare_avif_quality(pare_buf_view(&file));
        CHECK_INT(have, >=, 0);
        CHECK_INT(have, <=, 100);
        same += have == whole;
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_INT(same, <, 8 * file.len - 100); /* else the headers were not looked at */
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(an_avif_is_not_recompressed_at_or_above_its_own_quality)
{
    static const struct {
        double has;
        pare_quality wanted;
        bool is_kept;
    } CASES[] = {
        {50, {.mode = PARE_QUALITY_FIXED, .value = 80}, true},
        {80, {.mode = PARE_QUALITY_FIXED, .value = 80}, true},
        {40, {.mode = PARE_QUALITY_SCORE, .score = 80}, true},
        {95, {.mode = PARE_QUALITY_FIXED, .value = 60}, false},
        {98, {.mode = PARE_QUALITY_SCORE, .score = 60}, false},
    };
    pare_image image = test_make(TEST_PHOTO, 160, 140);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_buf file = make_avif(&image, CASES[i].has, 4, false);
        pare_options options;
        pare_result result;
        pare_diag diag = {0};
        pare_options_init(&options);
        options.quality = CASES[i].wanted;
        const pare_err err = pare_optimize(file.data, file.len, &options, &result, &diag);
        if (CASES[i].is_kept) CHECK_TRUE(strstr(diag.text, "already") != NULL);
        printf("# case %zu: %s, %zu -> %zu\n", i, pare_err_name(err), file.len, result.len);
        CHECK_INT(err, ==, CASES[i].is_kept ? PARE_SKIP_NOT_SMALLER : PARE_OK);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
}

RUN(the_quality_is_read_from_the_headers, of_transparent_pictures_it_is_that_of_the_colours,
    damaged_files_are_of_no_quality_or_of_some,
    an_avif_is_not_recompressed_at_or_above_its_own_quality)
