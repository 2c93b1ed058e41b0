// SPDX-License-Identifier: Apache-2.0
/* The doors of <pare/pare.h> into the core. */
#include <stdio.h>
#include <stdlib.h>

#include <pare/pare.h>

#include "core/optimize/content.h"
#include "core/optimize/judge.h"
#include "core/optimize/optimize.h"
#include "core/transform/transform.h"

pare_err pare_optimize(const uint8_t *data, size_t len, const pare_options *options,
                       pare_result *out, pare_diag *diag)
{
    return pare_optimize_listen(data, len, options, NULL, out, diag);
}

void pare_result_deinit(pare_result *result)
{
    free(result->data);
    result->data = NULL;
    result->len = 0;
}

pare_err pare_inspect(const uint8_t *data, size_t len, pare_info *out, pare_diag *diag)
{
    pare_image image = {0};
    pare_options defaults;
    pare_options_init(&defaults);
    PARE_TRY(pare_read_info(data, len, out, diag));
    const pare_limits limits = {.max_pixels = defaults.max_pixels};
    if (pare_codec_find(out->format)->decode((pare_bytes){data, len}, &limits, &image, NULL) ==
        PARE_OK) {
        const pare_content content = pare_analyse_content(&image);
        snprintf(out->content, sizeof out->content, "%s", pare_content_name(&content));
    }
    pare_image_deinit(&image);
    return PARE_OK;
}

/* Upright pixels; an animation is compared by its first frame. */
static pare_err read_upright(pare_bytes file, pare_image *out, pare_diag *diag)
{
    pare_info info;
    pare_options defaults;
    pare_options_init(&defaults);
    PARE_TRY(pare_read_info(file.data, file.len, &info, diag));
    const pare_limits limits = {.max_pixels = defaults.max_pixels};
    PARE_TRY(pare_codec_find(info.format)->decode(file, &limits, out, diag));
    return pare_transform_orient(out, diag);
}

pare_err pare_score(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, double *score,
                    pare_diag *diag)
{
    pare_image image_a = {0}, image_b = {0};
    pare_judge *judge = NULL;
    pare_options defaults;
    pare_options_init(&defaults);
    pare_err err = read_upright((pare_bytes){a, a_len}, &image_a, diag);
    if (err == PARE_OK) err = read_upright((pare_bytes){b, b_len}, &image_b, diag);
    if (err == PARE_OK) {
        err = pare_judge_create(&image_a, defaults.background, &(pare_limits){0}, &judge, diag);
    }
    if (err == PARE_OK) err = pare_judge_take_image(judge, &image_b, diag);
    if (err == PARE_OK) err = pare_judge_score(judge, score, diag);
    pare_judge_destroy(&judge);
    pare_image_deinit(&image_a);
    pare_image_deinit(&image_b);
    return err;
}
