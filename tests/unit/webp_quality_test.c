// SPDX-License-Identifier: Apache-2.0
/* What has losses of the asked kind already does not lose once more. */
#include "support/test.h"

#include "core/codec/codec.h"
#include "core/codec/webp_quality.h"
#include "data/make_image.h"

static pare_buf make_webp(test_picture picture, double quality, int effort, pare_metadata *metadata)
{
    pare_image image =
        test_make(picture, picture == TEST_ALPHA ? 48 : 160, picture == TEST_ALPHA ? 40 : 140);
    const pare_source source = {.image = &image, .metadata = metadata};
    const pare_encode_params params = {.effort = effort, .lossless = quality > 100};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_WEBP);
    MUST(codec->encoder_open(&source, &params, &encoder, NULL));
    MUST(codec->encoder_try(encoder, quality, &out, NULL));
    codec->encoder_close(&encoder);
    pare_image_deinit(&image);
    return out;
}

TEST(the_quality_is_read_from_the_header)
{
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_GRAPHIC};
    static const int QUALITIES[] = {10, 30, 50, 60, 75, 85, 95, 100};
    for (int p = 0; p < 2; p++) {
        for (int effort = 0; effort <= 4; effort += 2) {
            printf("# picture %d, effort %d:", p, effort);
            for (size_t i = 0; i < sizeof QUALITIES / sizeof *QUALITIES; i++) {
                pare_buf file = make_webp(PICTURES[p], QUALITIES[i], effort, NULL);
                const int have = pare_webp_quality(pare_buf_view(&file));
                printf(" %d=%d", QUALITIES[i], have);
                CHECK_INT(have, >=, QUALITIES[i] - 8);
                CHECK_INT(have, <=, QUALITIES[i] + 8);
                /* whatever is cut off is not read */
                for (size_t len = 0; len < 60 && len < file.len; len++)
                    CHECK_INT(pare_webp_quality((pare_bytes){file.data, len}), ==, 0);
                pare_buf_deinit(&file);
            }
            printf("\n");
        }
    }
    pare_buf lossless = make_webp(TEST_PHOTO, 101, 2, NULL);
    CHECK_INT(pare_webp_quality(pare_buf_view(&lossless)), ==, 0);
    pare_buf_deinit(&lossless);
}

static pare_err optimize(const pare_buf *file, pare_quality quality, uint32_t keep,
                         pare_result *out, pare_diag *diag)
{
    pare_options options;
    pare_options_init(&options);
    options.quality = quality;
    options.keep = keep;
    return pare_optimize(file->data, file->len, &options, out, diag);
}

TEST(a_webp_is_not_recompressed_at_or_above_its_own_quality)
{
    static const struct {
        double has;
        pare_quality wanted;
        bool is_kept;
    } CASES[] = {
        {50, {.mode = PARE_QUALITY_FIXED, .value = 80}, true},
        {70, {.mode = PARE_QUALITY_FIXED, .value = 80}, true},
        {40, {.mode = PARE_QUALITY_SCORE, .score = 80}, true},
        {95, {.mode = PARE_QUALITY_FIXED, .value = 60}, false},
        {98, {.mode = PARE_QUALITY_SCORE, .score = 60}, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_buf file = make_webp(TEST_PHOTO, CASES[i].has, 4, NULL);
        pare_result result;
        pare_diag diag = {0};
        const pare_err err = optimize(&file, CASES[i].wanted, PARE_KEEP_DEFAULT, &result, &diag);
        if (CASES[i].is_kept) CHECK_TRUE(strstr(diag.text, "already") != NULL);
        printf("# case %zu: %s, %zu -> %zu\n", i, pare_err_name(err), file.len, result.len);
        CHECK_INT(err, ==, CASES[i].is_kept ? PARE_SKIP_NOT_SMALLER : PARE_OK);
        if (!CASES[i].is_kept) CHECK_TRUE(!result.lossless);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
}

TEST(what_is_beside_its_picture_goes_without_touching_it)
{
    static const pare_quality QUALITIES[] = {{.mode = PARE_QUALITY_FIXED, .value = 80},
                                             {.mode = PARE_QUALITY_LOSSLESS}};
    pare_metadata metadata = {.exif = test_make_exif(1, true)};
    test_set_text(&metadata.xmp, "<x:xmpmeta>of no use to anybody who looks at it</x:xmpmeta>");
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_ALPHA};
    for (int i = 0; i < 4; i++) {
        pare_buf file = make_webp(PICTURES[i / 2], 50, 4, &metadata);
        pare_result result;
        pare_info info;
        MUST(optimize(&file, QUALITIES[i % 2], 0, &result, NULL));
        CHECK_TRUE(result.lossless);
        CHECK_INT(result.len, <, file.len);
        MUST(pare_read_info(result.data, result.len, &info, NULL));
        CHECK_TRUE(!info.has_xmp && !info.has_gps && !info.is_lossless);
        pare_image before = {0}, after = {0};
        const pare_codec *codec = pare_codec_find(PARE_FORMAT_WEBP);
        MUST(codec->decode(pare_buf_view(&file), NULL, &before, NULL));
        MUST(codec->decode((pare_bytes){result.data, result.len}, NULL, &after, NULL));
        CHECK_TRUE(test_same_pixels(&before, &after));
        pare_image_deinit(&before);
        pare_image_deinit(&after);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
    pare_metadata_deinit(&metadata);
}

RUN(the_quality_is_read_from_the_header, a_webp_is_not_recompressed_at_or_above_its_own_quality,
    what_is_beside_its_picture_goes_without_touching_it)
