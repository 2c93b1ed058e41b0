// SPDX-License-Identifier: Apache-2.0
/* The order of the steps: inspect -> decode -> transform -> candidates -> choose. */
#include "core/optimize/optimize.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "core/optimize/animate.h"
#include "core/optimize/attempt.h"
#include "core/optimize/candidates.h"
#include "core/optimize/repack.h"
#include "core/transform/transform.h"
#include "wire/target_size.h"

void pare_found_deinit(pare_found *found)
{
    pare_buf_deinit(&found->bytes);
    *found = (pare_found){.score = -1};
}

void pare_work_begin_step(pare_work *work, pare_step step)
{
    const uint64_t now_us = pare_clock_us();
    const uint32_t passed_us = (uint32_t)(now_us - work->step_start_us);
    switch (work->step) {
    case PARE_STEP_DECODE: work->result->decode_us += passed_us; break;
    case PARE_STEP_TRANSFORM: work->result->transform_us += passed_us; break;
    case PARE_STEP_ENCODE: work->result->encode_us += passed_us; break;
    case PARE_STEP_VERIFY: work->result->verify_us += passed_us; break;
    case PARE_STEP_IDLE: break;
    }
    work->step_start_us = now_us;
    if (step == work->step) return;
    work->step = step;
    if (work->listener && work->listener->on_step && step != PARE_STEP_IDLE) {
        work->listener->on_step(work->listener->user, step);
    }
}

/* Files that lose something in any rewriting are left alone. */
static pare_err refuse_what_would_be_lost(const pare_work *work)
{
    const pare_info *info = &work->info;
    if (info->is_animated && !pare_repack_applies(work) && !pare_animate_applies(work)) {
        return PARE_SKIP_ANIMATED;
    }
    if (info->frames > 1 && !info->is_animated) return PARE_SKIP_MULTIPAGE;
    if (info->has_motion_photo) return PARE_SKIP_MOTION_PHOTO;
    if (info->has_gainmap) {
        return work->options->keep & PARE_KEEP_GAINMAP ? PARE_SKIP_GAINMAP : PARE_OK;
    }
    return info->has_trailing_data ? PARE_SKIP_TRAILING : PARE_OK;
}

static pare_err inspect(pare_work *work)
{
    pare_result *result = work->result;
    pare_info *info = &work->info;
    const pare_err err = pare_read_info(work->file.data, work->file.len, info, work->diag);
    result->format_in = info->format;
    result->width_in_px = result->width_out_px = info->width_px;
    result->height_in_px = result->height_out_px = info->height_px;
    if (err != PARE_OK) return err;
    work->decoder = pare_codec_find(info->format);
    const uint64_t pixels = (uint64_t)info->width_px * info->height_px;
    if (pixels > work->options->max_pixels) {
        return pare_fail(work->diag, PARE_ERR_TOO_LARGE,
                         "%ux%u are %.1f megapixels, more than %.1f", info->width_px,
                         info->height_px, (double)pixels / 1e6,
                         (double)work->options->max_pixels / 1e6);
    }
    const pare_err skip = refuse_what_would_be_lost(work);
    if (skip != PARE_OK) return pare_fail(work->diag, skip, "%s", pare_err_text(skip));
    if (work->options->target == PARE_TARGET_ORIGINAL &&
        !(work->decoder->caps & PARE_CODEC_ENCODES) && !pare_repack_applies(work) &&
        !pare_animate_applies(work)) {
        return pare_fail(work->diag, PARE_SKIP_NO_ENCODER, "Pare does not write %s; use --format",
                         pare_format_name(info->format));
    }
    return PARE_OK;
}

/* The size asked for the stored (not yet upright) image. */
static bool stored_target(const pare_work *work, uint32_t *width, uint32_t *height)
{
    const bool swaps = work->info.orientation >= 5;
    const uint32_t stored_width = work->info.width_px, stored_height = work->info.height_px;
    return pare_target_size(&work->options->resize, swaps ? stored_height : stored_width,
                            swaps ? stored_width : stored_height, swaps ? height : width,
                            swaps ? width : height);
}

/* The fraction to decode at. */
static uint32_t choose_shrink(const pare_work *work)
{
    uint32_t width, height;
    if (!stored_target(work, &width, &height)) return 1;
    return pare_target_shrink(work->info.format, work->info.width_px, work->info.height_px, width,
                              height);
}

/* Is the work on the bytes of the file alone? Then work->image has no pixels. */
static bool can_do_without_pixels(pare_work *work)
{
    uint32_t width, height;
    const pare_codec *codec = work->decoder;
    const pare_candidate same = {.quality = pare_options_quality(work->options, work->info.format)};
    const pare_limits limits = pare_work_limits(work);
    const bool keeps_colors = !work->info.has_icc || (work->options->keep & PARE_KEEP_ICC) ||
                              same.quality.mode == PARE_QUALITY_LOSSLESS;
    if (!codec->decode_header || !keeps_colors || !codec->encoder_check ||
        !pare_candidates_stay(work) || stored_target(work, &width, &height) ||
        pare_attempt_needs_score(work, &same)) {
        return false;
    }
    if (codec->decode_header(work->file, &limits, &work->image, NULL) != PARE_OK) return false;
    work->is_srgb = pare_transform_is_srgb(&work->image);
    work->header_only = pare_candidate_from_original(work, codec);
    if (!work->header_only) pare_image_deinit(&work->image);
    return work->header_only;
}

static pare_err decode(pare_work *work)
{
    pare_work_begin_step(work, PARE_STEP_DECODE);
    pare_limits limits = pare_work_limits(work);
    work->header_only = false;
    if (can_do_without_pixels(work)) return PARE_OK;
    limits.shrink = choose_shrink(work);
    if (work->listener) {
        limits.on_read = work->listener->on_read;
        limits.user = work->listener->user;
    }
    PARE_TRY(work->decoder->decode(work->file, &limits, &work->image, work->diag));
    work->info.orientation = work->image.orientation;
    work->is_srgb = pare_transform_is_srgb(&work->image);
    if (work->image.has_alpha && pare_transform_is_opaque(&work->image)) {
        PARE_TRY(pare_transform_flatten(&work->image, work->options->background, work->diag));
    }
    work->content = pare_analyse_content(&work->image);
    return PARE_OK;
}

/* Upright and of the asked size; afterwards the bytes of the file are no source any more. */
static pare_err transform(pare_work *work)
{
    uint32_t width, height;
    const bool resizes = stored_target(work, &width, &height);
    if (work->is_transformed || (!resizes && work->image.orientation <= 1)) return PARE_OK;
    pare_work_begin_step(work, PARE_STEP_TRANSFORM);
    if (resizes) PARE_TRY(pare_transform_resize(&work->image, width, height, work->diag));
    PARE_TRY(pare_transform_orient(&work->image, work->diag));
    work->is_transformed = true;
    return PARE_OK;
}

/* Most bytes that a result may have to be worth writing; 0: none can be. */
static size_t useful_len(const pare_work *work)
{
    const double len = (double)work->file.len;
    const double by_pct = len - ceil(len * work->options->min_savings_pct / 100);
    const double by_bytes = len - (double)work->options->min_savings_bytes;
    const double most = fmin(len - 1, fmin(by_pct, by_bytes));
    return most > 0 ? (size_t)most : 0;
}

/* The smallest of the candidates. When all fail, the first cause. */
static pare_err choose(pare_work *work, pare_found *best)
{
    pare_candidate candidates[PARE_CANDIDATES_MAX];
    unsigned count = 0;
    pare_err first = PARE_OK;
    bool has_best = false;
    pare_diag diag = {0};
    size_t max_len = useful_len(work);
    PARE_TRY(pare_candidates_list(work, candidates, &count));
    for (unsigned i = 0; i < count; i++) {
        pare_found found;
        if (candidates[i].is_last_resort && has_best) continue;
        if (work->is_transformed) candidates[i].from_original = false;
        if (!candidates[i].from_original) PARE_TRY(transform(work));
        const pare_err err = pare_attempt(work, &candidates[i], max_len, &found);
        if (err == PARE_OK) {
            pare_found_deinit(best);
            *best = found;
            has_best = true;
            max_len = found.bytes.len - 1;
            if (candidates[i].transcodes) max_len = (size_t)((double)max_len * PARE_LOSSY_GAIN);
        } else if (first == PARE_OK) {
            first = err;
            diag = *work->diag;
        }
        *work->diag = (pare_diag){0};
    }
    if (has_best) return PARE_OK;
    *work->diag = diag;
    return first;
}

/* Edges shrink by a quarter of a power of two from step to step, down to an eighth. */
enum { DOWNSCALE_STEPS = 12, DOWNSCALE_STEPS_PER_HALF = 4 };

/* The whole work again with smaller edges. */
static pare_err choose_smaller(pare_work *work, const pare_options *asked, int step,
                               pare_found *best)
{
    pare_options options = *asked;
    const bool swaps = work->info.orientation >= 5;
    uint32_t width = swaps ? work->info.height_px : work->info.width_px;
    uint32_t height = swaps ? work->info.width_px : work->info.height_px;
    pare_target_size(&asked->resize, width, height, &width, &height);
    const double factor = exp2(-(double)step / DOWNSCALE_STEPS_PER_HALF);
    options.resize = (pare_resize){.mode = PARE_RESIZE_FIT,
                                   .width_px = (uint32_t)fmax(1, width * factor),
                                   .height_px = (uint32_t)fmax(1, height * factor)};
    pare_image_deinit(&work->image);
    work->is_transformed = false;
    work->options = &options;
    *work->diag = (pare_diag){0};
    pare_err err = decode(work);
    if (err == PARE_OK) err = choose(work, best);
    work->options = asked;
    return err;
}

/* The largest size that meets what no quality of the whole image does: `cause` says that. */
static pare_err downscale(pare_work *work, pare_err cause, pare_found *best)
{
    const pare_options *asked = work->options;
    const pare_diag first = *work->diag;
    int fails = 0, fits = DOWNSCALE_STEPS + 1;
    while (fits - fails > 1) {
        const int step = (fails + fits) / 2;
        pare_found found = {.score = -1};
        const pare_err err = choose_smaller(work, asked, step, &found);
        if (err == PARE_OK) {
            pare_found_deinit(best);
            *best = found;
            fits = step;
        } else if (err == PARE_SKIP_BELOW_MIN_SCORE || err == PARE_SKIP_NOT_SMALLER) {
            fails = step;
        } else {
            return err;
        }
    }
    if (fits <= DOWNSCALE_STEPS) return PARE_OK;
    *work->diag = first;
    return cause;
}

static void fill_result(pare_result *result, pare_found *best)
{
    result->format_out = best->format;
    result->width_out_px = best->width_px;
    result->height_out_px = best->height_px;
    result->score = best->score;
    result->lossless = best->lossless;
    result->quality = best->lossless ? 0 : (int)lround(best->quality);
    result->len = best->bytes.len;
    result->data = best->bytes.data;
    best->bytes = (pare_buf){0};
}

/* PARE_SKIP_NOT_SMALLER is about the limit; say so when the limit is more than one byte. */
static pare_err explain_size(const pare_work *work, pare_err err)
{
    const bool has_limit =
        work->options->min_savings_bytes > 1 || work->options->min_savings_pct > 0;
    if (err != PARE_SKIP_NOT_SMALLER) return err;
    return has_limit ? PARE_SKIP_BELOW_MIN_SAVINGS : PARE_SKIP_NOT_SMALLER;
}

static pare_err run(pare_work *work)
{
    pare_found best = {.score = -1};
    PARE_TRY(inspect(work));
    pare_err err;
    if (pare_animate_applies(work)) {
        err = pare_animate_run(work, useful_len(work), &best);
    } else if (pare_repack_applies(work)) {
        err = pare_repack_run(work, useful_len(work), &best);
    } else {
        PARE_TRY(decode(work));
        err = choose(work, &best);
        const bool may_shrink = work->options->downscale && work->options->target_size_bytes > 0;
        if (err == PARE_SKIP_BELOW_MIN_SCORE && may_shrink) err = downscale(work, err, &best);
    }
    err = explain_size(work, err);
    if (err == PARE_OK) fill_result(work->result, &best);
    pare_found_deinit(&best);
    return err;
}

/* A drawing that is to be made safe may not be kept as it is because that did not work out. */
static pare_err keep_harmless(pare_work *work, pare_err err)
{
    const bool must_change = work->options->sanitize && work->info.format == PARE_FORMAT_SVG;
    if (!must_change || work->is_harmless || !pare_err_is_skip(err)) return err;
    const pare_diag cause = *work->diag;
    *work->diag = (pare_diag){0};
    return pare_fail(work->diag, PARE_ERR_CODEC, "cannot be made safe: %s",
                     cause.text[0] ? cause.text : pare_err_text(err));
}

pare_err pare_optimize_listen(const uint8_t *data, size_t len, const pare_options *options,
                              const pare_step_listener *listener, pare_result *out, pare_diag *diag)
{
    pare_options defaults;
    pare_diag own_diag = {0};
    *out = (pare_result){.score = -1};
    if (!options) {
        pare_options_init(&defaults);
        options = &defaults;
    }
    PARE_TRY(pare_options_check(options, diag));
    pare_work work = {.file = {data, len},
                      .options = options,
                      .listener = listener,
                      .result = out,
                      .diag = &own_diag,
                      .step_start_us = pare_clock_us()};
    const pare_err err = keep_harmless(&work, run(&work));
    pare_work_begin_step(&work, PARE_STEP_IDLE);
    pare_image_deinit(&work.image);
    if (err != PARE_OK)
        return pare_fail(diag, err, "%s", own_diag.text[0] ? own_diag.text : pare_err_text(err));
    return PARE_OK;
}
