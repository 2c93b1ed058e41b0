// SPDX-License-Identifier: Apache-2.0
/* Defaults and ranges of pare_options. */
#include <math.h>
#include <string.h>

#include <pare/pare.h>

#include "base/err.h"

void pare_options_init(pare_options *options)
{
    *options = (pare_options){
        .quality = {.mode = PARE_QUALITY_AUTO},
        .effort = PARE_EFFORT_DEFAULT,
        .keep = PARE_KEEP_DEFAULT,
        .min_savings_bytes = 1,
        .max_pixels = 1000000000u,
        .background = {255, 255, 255},
    };
}

static pare_err check_quality(const pare_quality *quality, bool may_be_unset, pare_diag *diag)
{
    switch (quality->mode) {
    case PARE_QUALITY_UNSET:
        if (may_be_unset) return PARE_OK;
        return pare_fail(diag, PARE_ERR_INVALID, "quality is not set");
    case PARE_QUALITY_FIXED:
        if (quality->value >= 1 && quality->value <= 100) return PARE_OK;
        return pare_fail(diag, PARE_ERR_INVALID, "quality %d is not in 1..100", quality->value);
    case PARE_QUALITY_SCORE:
        if (quality->score >= 1 && quality->score <= 100) return PARE_OK;
        return pare_fail(diag, PARE_ERR_INVALID, "score %g is not in 1..100", quality->score);
    case PARE_QUALITY_AUTO:
    case PARE_QUALITY_LOSSLESS: return PARE_OK;
    }
    return pare_fail(diag, PARE_ERR_INVALID, "unknown quality mode %d", (int)quality->mode);
}

static bool edge_ok(uint32_t edge_px)
{
    return edge_px >= 1 && edge_px <= 65535;
}

static pare_err check_resize(const pare_resize *resize, pare_diag *diag)
{
    bool ok = false;
    switch (resize->mode) {
    case PARE_RESIZE_NONE: return PARE_OK;
    case PARE_RESIZE_WIDTH:
    case PARE_RESIZE_LONGEST:
    case PARE_RESIZE_SHORTEST: ok = edge_ok(resize->width_px); break;
    case PARE_RESIZE_HEIGHT: ok = edge_ok(resize->height_px); break;
    case PARE_RESIZE_FIT: ok = edge_ok(resize->width_px) && edge_ok(resize->height_px); break;
    case PARE_RESIZE_PERCENT: ok = resize->percent > 0 && resize->percent <= 1000; break;
    }
    return ok ? PARE_OK : pare_fail(diag, PARE_ERR_INVALID, "the resize is out of range");
}

pare_err pare_options_check(const pare_options *options, pare_diag *diag)
{
    PARE_TRY(check_quality(&options->quality, false, diag));
    for (int i = 0; i < PARE_FORMAT_COUNT; i++) {
        PARE_TRY(check_quality(&options->quality_for[i], true, diag));
    }
    PARE_TRY(check_resize(&options->resize, diag));
    if ((unsigned)options->target > PARE_TARGET_FORMAT) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown target %d", (int)options->target);
    }
    if (options->target == PARE_TARGET_FORMAT &&
        (options->format <= PARE_FORMAT_UNKNOWN || options->format >= PARE_FORMAT_COUNT)) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown format %d", (int)options->format);
    }
    if (options->effort < 0 || options->effort > PARE_EFFORT_MAX) {
        return pare_fail(diag, PARE_ERR_INVALID, "effort %d is not in 0..10", options->effort);
    }
    if (!(options->min_savings_pct >= 0 && options->min_savings_pct <= 100)) {
        return pare_fail(diag, PARE_ERR_INVALID, "minimum savings are not in 0..100 %%");
    }
    if (!(options->min_score >= 0 && options->min_score <= 100)) {
        return pare_fail(diag, PARE_ERR_INVALID, "minimum score is not in 0..100");
    }
    if ((options->keep & ~(uint32_t)PARE_KEEP_ALL) != 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown metadata kind");
    }
    if (options->max_pixels == 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "max pixels is 0");
    }
    return PARE_OK;
}

pare_quality pare_options_quality(const pare_options *options, pare_format format)
{
    pare_quality quality = options->quality;
    if (format > PARE_FORMAT_UNKNOWN && format < PARE_FORMAT_COUNT &&
        options->quality_for[format].mode != PARE_QUALITY_UNSET) {
        quality = options->quality_for[format];
    }
    if (quality.mode == PARE_QUALITY_AUTO) {
        quality = (pare_quality){.mode = PARE_QUALITY_SCORE, .score = PARE_SCORE_DEFAULT};
    }
    return quality;
}
