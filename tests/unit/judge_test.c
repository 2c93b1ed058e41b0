// SPDX-License-Identifier: Apache-2.0
/* A file that is scored while it is read scores what its pixels score. */
#include "support/test.h"

#include <lcms2.h>

#include "core/optimize/judge.h"
#include "data/make_image.h"

static const uint8_t WHITE[3] = {255, 255, 255};

/* The primaries of sRGB with another curve. */
static pare_buf make_profile(double gamma)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1.0};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma);
    cmsToneCurve *const curves[3] = {curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
    pare_buf icc = {0};
    cmsUInt32Number len = 0;
    CHECK_TRUE(cmsSaveProfileToMem(profile, NULL, &len));
    for (cmsUInt32Number i = 0; i < len; i++)
        MUST(pare_buf_append_byte(&icc, 0));
    CHECK_TRUE(cmsSaveProfileToMem(profile, icc.data, &len));
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return icc;
}

/* Scores of a JPEG as pixels [0] and as a file [1], each exact, estimated while exact, estimated.
 */
static void score_both(const pare_image *reference, pare_bytes file, double scores[2][3])
{
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_JPEG);
    for (int as_file = 0; as_file <= 1; as_file++) {
        pare_judge *judge = NULL;
        pare_image pixels = {0};
        MUST(pare_judge_create(reference, WHITE, &(pare_limits){0}, &judge, NULL));
        if (as_file) {
            MUST(pare_judge_take(judge, codec, file, NULL));
        } else {
            MUST(codec->decode(file, &(pare_limits){0}, &pixels, NULL));
            MUST(pare_judge_take_image(judge, &pixels, NULL));
        }
        MUST(pare_judge_score(judge, &scores[as_file][0], NULL));
        scores[as_file][1] = pare_judge_estimate(judge);
        MUST(pare_judge_probe(judge, &scores[as_file][2], NULL));
        pare_judge_destroy(&judge);
    }
}

static const struct {
    const char *label;
    pare_format from; /* of the reference */
    uint32_t width_px, height_px;
    bool progressive;
    double gamma; /* of a profile; 0: none */
} CASES[] = {
    {"small", PARE_FORMAT_PNG, 90, 70, false, 0},
    {"large", PARE_FORMAT_PNG, 801, 603, false, 0},
    {"large, progressive", PARE_FORMAT_PNG, 801, 603, true, 0},
    {"large, with a profile", PARE_FORMAT_PNG, 801, 603, false, 1.8},
    {"small, with a profile", PARE_FORMAT_PNG, 90, 70, false, 1.8},
};

TEST(a_file_scores_what_its_pixels_score)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# %s\n", CASES[i].label);
        pare_image image = test_make(TEST_PHOTO, CASES[i].width_px, CASES[i].height_px);
        if (CASES[i].gamma > 0) image.metadata.icc = make_profile(CASES[i].gamma);
        const test_jpeg_options options = {
            .quality = 70, .progressive = CASES[i].progressive, .metadata = &image.metadata};
        pare_buf file = test_write_jpeg(&image, &options);
        double scores[2][3];
        score_both(&image, pare_buf_view(&file), scores);
        for (int j = 0; j < 3; j++)
            CHECK_DOUBLE(scores[1][j], ==, scores[0][j]);
        CHECK_DOUBLE(scores[0][0], <, 99.0);
        CHECK_DOUBLE(scores[0][1] - scores[0][2], <, 0.01);
        CHECK_DOUBLE(scores[0][2] - scores[0][1], <, 0.01);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
}

TEST(a_file_of_another_size_is_refused)
{
    pare_image image = test_make(TEST_PHOTO, 801, 603), other = test_make(TEST_PHOTO, 801, 604);
    pare_buf file = test_write_jpeg(&other, &(test_jpeg_options){.quality = 70});
    pare_judge *judge = NULL;
    MUST(pare_judge_create(&image, WHITE, &(pare_limits){0}, &judge, NULL));
    CHECK_INT(pare_judge_take(judge, pare_codec_find(PARE_FORMAT_JPEG), pare_buf_view(&file), NULL),
              ==, PARE_ERR_INVALID);
    pare_judge_destroy(&judge);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
    pare_image_deinit(&other);
}

RUN(a_file_of_another_size_is_refused, a_file_scores_what_its_pixels_score)
