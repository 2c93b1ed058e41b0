// SPDX-License-Identifier: Apache-2.0
/* The judge of a search. */
#include "core/optimize/judge.h"

#include <stdlib.h>

#include "core/metric/ssimulacra2.h"
#include "core/transform/transform.h"

struct pare_judge {
    pare_scorer *scorer;
    pare_limits limits;
    uint32_t width_px, height_px;
    pare_image taken;
    bool is_small; /* the scorer's estimate is exact then */
    uint32_t full_scores;
};

/* Below this the scorer does not estimate, see core/metric/ssimulacra2.h. */
enum { SMALL_PX = 400000 };

static pare_err to_srgb(pare_image *image, pare_diag *diag)
{
    if (image->color != PARE_COLOR_CMYK && pare_transform_is_srgb(image)) return PARE_OK;
    return pare_transform_srgb(image, diag);
}

pare_err pare_judge_create(const pare_image *reference, const uint8_t background[3],
                           const pare_limits *limits, pare_judge **out, pare_diag *diag)
{
    pare_image copy = {0};
    pare_err err = PARE_OK;
    *out = NULL;
    pare_judge *judge = calloc(1, sizeof *judge);
    if (!judge) return PARE_ERR_NO_MEMORY;
    judge->limits = *limits;
    judge->limits.shrink = 0;
    judge->width_px = reference->width_px;
    judge->height_px = reference->height_px;
    judge->is_small = (uint64_t)reference->width_px * reference->height_px < SMALL_PX;
    if (reference->color == PARE_COLOR_CMYK || !pare_transform_is_srgb(reference)) {
        err = pare_image_copy(&copy, reference);
        if (err == PARE_OK) err = to_srgb(&copy, diag);
        reference = &copy;
    }
    if (err == PARE_OK) err = pare_scorer_create(reference, background, &judge->scorer, diag);
    pare_image_deinit(&copy);
    if (err != PARE_OK) {
        pare_judge_destroy(&judge);
        return err;
    }
    *out = judge;
    return PARE_OK;
}

pare_err pare_judge_take_image(pare_judge *judge, pare_image *image, pare_diag *diag)
{
    pare_image_deinit(&judge->taken);
    judge->taken = *image;
    *image = (pare_image){0};
    if (judge->taken.width_px != judge->width_px || judge->taken.height_px != judge->height_px) {
        return pare_fail(diag, PARE_ERR_INVALID, "the images have different sizes: %ux%u and %ux%u",
                         judge->width_px, judge->height_px, judge->taken.width_px,
                         judge->taken.height_px);
    }
    return to_srgb(&judge->taken, diag);
}

pare_err pare_judge_take(pare_judge *judge, const pare_codec *codec, pare_bytes file,
                         pare_diag *diag)
{
    pare_image image = {0};
    pare_image_deinit(&judge->taken);
    PARE_TRY(codec->decode(file, &judge->limits, &image, diag));
    return pare_judge_take_image(judge, &image, diag);
}

pare_err pare_judge_score(pare_judge *judge, double *score, pare_diag *diag)
{
    judge->full_scores++;
    return pare_scorer_score(judge->scorer, &judge->taken, score, diag);
}

pare_err pare_judge_probe(pare_judge *judge, double *score, pare_diag *diag)
{
    return pare_scorer_probe(judge->scorer, &judge->taken, score, diag);
}

double pare_judge_estimate(const pare_judge *judge)
{
    return pare_scorer_estimate(judge->scorer);
}

bool pare_judge_is_small(const pare_judge *judge)
{
    return judge->is_small;
}

uint32_t pare_judge_full_scores(const pare_judge *judge)
{
    return judge->full_scores;
}

void pare_judge_destroy(pare_judge **judge_io)
{
    pare_judge *const judge = *judge_io;
    if (!judge) return;
    pare_scorer_destroy(&judge->scorer);
    pare_image_deinit(&judge->taken);
    free(judge);
    *judge_io = NULL;
}
