// SPDX-License-Identifier: Apache-2.0
/* Two animations side by side. */
#include "core/optimize/animate_judge.h"

#include <string.h>

#include "core/optimize/judge.h"

typedef struct contest {
    pare_film *want, *have;
    const pare_buf *icc;
    const uint8_t *background;
    pare_animate_scores *scores;
} contest;

static pare_err fail(pare_diag *diag, const char *what)
{
    return pare_fail(diag, PARE_ERR_VERIFY, "verify: the result has another %s", what);
}

static pare_err compare_headers(const pare_film *want, const pare_film *have, pare_diag *diag)
{
    const pare_animation *a = &want->animation, *b = &have->animation;
    if (a->width_px != b->width_px || a->height_px != b->height_px) return fail(diag, "size");
    if (a->frames != b->frames) return fail(diag, "frame count");
    /* one frame is a still, which has no time */
    if (a->frames > 1 && a->loop_count != b->loop_count) return fail(diag, "number of repetitions");
    return PARE_OK;
}

static pare_err score_frame(const contest *c, const pare_frame *want, const pare_frame *have,
                            double *score, pare_diag *diag)
{
    pare_image images[2] = {0};
    pare_judge *judge = NULL;
    pare_err err = pare_frame_image(want, &c->want->animation, c->icc, &images[0]);
    if (err == PARE_OK) err = pare_frame_image(have, &c->have->animation, c->icc, &images[1]);
    if (err == PARE_OK) {
        err = pare_judge_create(&images[0], c->background, &(pare_limits){0}, &judge, diag);
    }
    if (err == PARE_OK) err = pare_judge_take_image(judge, &images[1], diag);
    if (err == PARE_OK) err = pare_judge_score(judge, score, diag);
    pare_judge_destroy(&judge);
    pare_image_deinit(&images[0]);
    pare_image_deinit(&images[1]);
    return err;
}

/* The next frame of both. */
static pare_err compare_next(const contest *c, bool *more, pare_diag *diag)
{
    const pare_animation *animation = &c->want->animation;
    pare_frame want, have;
    bool has_more = false;
    PARE_TRY(pare_film_next(c->want, &want, more, diag));
    const pare_err err = pare_film_next(c->have, &have, &has_more, NULL);
    if (err == PARE_ERR_NO_MEMORY) return err;
    if (err != PARE_OK) return pare_fail(diag, PARE_ERR_VERIFY, "verify: it cannot be decoded");
    if (*more != has_more) return fail(diag, "frame count");
    if (!*more) return PARE_OK;
    if (animation->frames > 1 && want.duration_ms != have.duration_ms) {
        return fail(diag, "time for a frame");
    }
    const size_t len = (size_t)animation->width_px * animation->height_px * 4;
    if (memcmp(want.rgba, have.rgba, len) == 0) return PARE_OK;
    double score = 100;
    PARE_TRY(score_frame(c, &want, &have, &score, diag));
    c->scores->full_scores++;
    c->scores->is_equal = false;
    if (score < c->scores->worst) c->scores->worst = score;
    return PARE_OK;
}

pare_err pare_animate_judge(pare_film *want, pare_film *have, const pare_buf *icc,
                            const uint8_t background[3], double least, pare_animate_scores *out,
                            pare_diag *diag)
{
    const contest c = {want, have, icc, background, out};
    bool more = true;
    *out = (pare_animate_scores){.worst = 100, .is_equal = true};
    PARE_TRY(compare_headers(want, have, diag));
    while (more && out->worst >= least)
        PARE_TRY(compare_next(&c, &more, diag));
    return PARE_OK;
}
