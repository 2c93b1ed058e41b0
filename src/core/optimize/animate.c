// SPDX-License-Identifier: Apache-2.0
/* Animations through their painted frames. */
#include "core/optimize/animate.h"

#include <math.h>
#include <string.h>

#include "core/image/metadata.h"
#include "core/optimize/animate_judge.h"
#include "core/optimize/animate_look.h"
#include "core/optimize/film.h"
#include "core/optimize/repack.h"
#include "core/optimize/search.h"
#include "core/transform/transform.h"
#include "wire/target_size.h"

/* How many frames tell the quality at which all will do; how often it is raised when they did not;
 * how often it is lowered for a size. */
enum { SAMPLES = 3, RAISES = 2, SIZE_TRIES = 6 };

/* What is needed to write the animation in some format. */
typedef struct animating {
    pare_work *work;
    pare_format format;
    const pare_codec *codec;
    pare_film_change change;
    pare_metadata source_metadata, metadata; /* of the file; what is kept of it */
    pare_animate_look look;
} animating;

static bool can_animate(pare_format format)
{
    const pare_codec *codec = pare_codec_find(format);
    return codec && codec->animator_open;
}

/* The formats that come into question, at most two. */
static unsigned list_formats(const pare_work *work, pare_format out[2])
{
    const pare_options *options = work->options;
    const pare_format own = work->info.format;
    unsigned count = 0;
    switch (options->target) {
    case PARE_TARGET_ORIGINAL:
    case PARE_TARGET_AUTO: out[count++] = own; break;
    case PARE_TARGET_FORMAT: out[count++] = options->format; break;
    case PARE_TARGET_SMALLEST:
        out[count++] = own;
        if (own != PARE_FORMAT_WEBP) out[count++] = PARE_FORMAT_WEBP;
        break;
    }
    return count;
}

bool pare_animate_applies(const pare_work *work)
{
    pare_format formats[2];
    if (!work->info.is_animated || !work->decoder->frames_open) return false;
    const unsigned count = list_formats(work, formats);
    if (count == 1 && pare_repack_applies(work)) return false;
    for (unsigned i = 0; i < count; i++) {
        if (can_animate(formats[i])) return true;
    }
    return false;
}

static pare_err animating_init(animating *a, pare_work *work)
{
    const pare_options *options = work->options;
    const pare_info *info = &work->info;
    pare_image bare = {0}; /* lends its metadata */
    *a = (animating){.work = work};
    const pare_limits limits = pare_work_limits(work);
    if (work->decoder->read_metadata) {
        PARE_TRY(
            work->decoder->read_metadata(work->file, &limits, &a->source_metadata, work->diag));
    }
    bare.color = PARE_COLOR_RGB;
    bare.metadata = a->source_metadata;
    work->is_srgb = pare_transform_is_srgb(&bare);
    uint32_t keep = options->keep;
    if (work->is_srgb && keep != PARE_KEEP_ALL) keep &= ~(uint32_t)PARE_KEEP_ICC;
    PARE_TRY(pare_metadata_filter(&a->source_metadata, keep, 1, &a->metadata));
    if (!work->is_srgb && !(keep & PARE_KEEP_ICC)) {
        a->change.to_srgb_from = &a->source_metadata.icc;
    }
    uint32_t width, height;
    a->change.orientation = info->orientation;
    const bool swaps = info->orientation >= 5;
    if (pare_target_size(&options->resize, swaps ? info->height_px : info->width_px,
                         swaps ? info->width_px : info->height_px, swaps ? &height : &width,
                         swaps ? &width : &height)) {
        a->change.width_px = width;
        a->change.height_px = height;
    }
    return PARE_OK;
}

static void animating_deinit(animating *a)
{
    pare_metadata_deinit(&a->source_metadata);
    pare_metadata_deinit(&a->metadata);
}

static pare_err open_source(const animating *a, pare_film *film)
{
    const pare_limits limits = pare_work_limits(a->work);
    return pare_film_open(film, a->work->decoder, a->work->file, &limits, &a->change,
                          a->work->diag);
}

static const pare_buf *kept_profile(const animating *a)
{
    return a->metadata.icc.len > 0 ? &a->metadata.icc : NULL;
}

/* ---- writing ---- */

static pare_err add_frames(const animating *a, pare_film *film, pare_animator *animator)
{
    bool more = true;
    for (uint32_t count = 0;; count++) {
        pare_frame frame;
        PARE_TRY(pare_film_next(film, &frame, &more, a->work->diag));
        if (!more && count == film->animation.frames) return PARE_OK;
        if (!more) {
            return pare_fail(a->work->diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                             "%u frames, %u were announced", count, film->animation.frames);
        }
        PARE_TRY(a->codec->animator_add(animator, &frame, a->work->diag));
    }
}

/* Write all frames into out->bytes. quality: 0 is without loss. */
static pare_err write_frames(const animating *a, double quality, size_t max_len, pare_found *out)
{
    const pare_animate_params params = {
        .lossless = quality == 0,
        .quality = quality,
        .effort = a->work->options->effort,
        .is_graphic = a->look.content.is_graphic,
        .max_len = max_len,
        .metadata = &a->metadata,
        .has_alpha = a->look.has_alpha,
        .erases = a->look.erases,
        .colors = a->look.colors.color,
        .color_count = a->look.has_few_colors ? a->look.colors.count : 0,
    };
    pare_film film;
    pare_animator *animator = NULL;
    pare_work_begin_step(a->work, PARE_STEP_ENCODE);
    out->bytes.len = 0;
    out->quality = quality;
    out->lossless = quality == 0;
    pare_err err = open_source(a, &film);
    if (err == PARE_OK) {
        out->width_px = film.animation.width_px;
        out->height_px = film.animation.height_px;
        err = a->codec->animator_open(&film.animation, &params, &animator, a->work->diag);
    }
    if (err == PARE_OK) err = add_frames(a, &film, animator);
    if (err == PARE_OK) err = a->codec->animator_finish(animator, &out->bytes, a->work->diag);
    if (animator) a->codec->animator_close(&animator);
    pare_film_close(&film);
    if (err == PARE_OK && max_len && out->bytes.len > max_len) err = PARE_SKIP_NOT_SMALLER;
    return err;
}

/* Show both and fill in score and lossless of *out. */
static pare_err judge(const animating *a, double least, pare_found *out)
{
    pare_limits limits = pare_work_limits(a->work);
    pare_film want = {0}, have = {0};
    pare_animate_scores scores;
    limits.max_pixels = UINT64_MAX; /* an enlarged one may have more than the input */
    pare_work_begin_step(a->work, PARE_STEP_VERIFY);
    pare_err err = open_source(a, &want);
    if (err == PARE_OK) {
        err = pare_film_open(&have, a->codec, pare_buf_view(&out->bytes), &limits,
                             &(pare_film_change){0}, NULL);
        if (err != PARE_OK && err != PARE_ERR_NO_MEMORY) {
            err = pare_fail(a->work->diag, PARE_ERR_VERIFY, "verify: the result cannot be read");
        }
    }
    if (err == PARE_OK) {
        err = pare_animate_judge(&want, &have, kept_profile(a), a->work->options->background, least,
                                 &scores, a->work->diag);
    }
    pare_film_close(&want);
    pare_film_close(&have);
    if (err != PARE_OK) return err;
    a->work->result->full_scores += scores.full_scores;
    if (out->lossless && !scores.is_equal) {
        return pare_fail(a->work->diag, PARE_ERR_VERIFY, "verify: the result shows other pixels");
    }
    out->lossless = scores.is_equal;
    out->score = scores.worst;
    out->is_scored = true;
    return PARE_OK;
}

/* ---- the quality ---- */

/* The quality at which this frame reaches the score, as a still. */
static pare_err search_frame(const animating *a, const pare_film *film, const pare_frame *frame,
                             double score, double *quality)
{
    pare_work *work = a->work;
    const pare_limits limits = {0};
    const pare_encode_params params = {.effort = work->options->effort,
                                       .is_graphic = a->look.content.is_graphic};
    pare_image image = {0};
    pare_encoder *encoder = NULL;
    pare_found found = {0};
    pare_search search = {.codec = a->codec, .quality = {PARE_QUALITY_SCORE, 0, score}};
    pare_err err = pare_frame_image(frame, &film->animation, kept_profile(a), &image);
    const pare_source source = {.image = &image};
    if (err == PARE_OK) err = a->codec->encoder_open(&source, &params, &encoder, work->diag);
    if (err == PARE_OK) {
        err = pare_judge_create(&image, work->options->background, &limits, &search.judge,
                                work->diag);
    }
    search.encoder = encoder;
    if (err == PARE_OK) err = pare_search_run(&search, &found, work->diag);
    if (search.judge) work->result->full_scores += pare_judge_full_scores(search.judge);
    if (err == PARE_OK) *quality = found.quality;
    pare_judge_destroy(&search.judge);
    if (encoder) a->codec->encoder_close(&encoder);
    pare_found_deinit(&found);
    pare_image_deinit(&image);
    return err;
}

/* The highest quality that one of a few frames needs. */
static pare_err search_quality(const animating *a, double score, double *quality)
{
    pare_film film;
    bool more = true;
    pare_work_begin_step(a->work, PARE_STEP_ENCODE);
    pare_err err = open_source(a, &film);
    const uint32_t step = err == PARE_OK ? film.animation.frames / SAMPLES + 1 : 1;
    *quality = 1;
    for (uint32_t i = 0; err == PARE_OK; i++) {
        pare_frame frame;
        double one = 0;
        err = pare_film_next(&film, &frame, &more, a->work->diag);
        if (err != PARE_OK || !more) break;
        if (i % step != step / 2) continue;
        err = search_frame(a, &film, &frame, score, &one);
        *quality = fmax(*quality, one);
    }
    pare_film_close(&film);
    return err;
}

static pare_err write_lossless(const animating *a, size_t max_len, pare_found *out)
{
    PARE_TRY(write_frames(a, 0, max_len, out));
    return judge(a, 101, out);
}

/* At this quality, or `raises` times above, a little at first, so that the worst frame reaches
 * `least`. */
static pare_err write_scored(const animating *a, double quality, double least, int raises,
                             size_t max_len, pare_found *out)
{
    for (double step = 2;; step *= 2) {
        PARE_TRY(write_frames(a, quality, max_len, out));
        PARE_TRY(judge(a, least, out));
        if (out->score >= least) return PARE_OK;
        if (raises-- == 0 || quality >= 100) return PARE_SKIP_BELOW_MIN_SCORE;
        quality = fmin(100, quality + fmax(step, least - out->score));
    }
}

/* Lower the quality until it fits; *out holds a file that is too large. */
static pare_err fit_size(const animating *a, size_t max_len, pare_found *out)
{
    const pare_options *options = a->work->options;
    pare_found best = {0};
    double fits = 0, fails = out->lossless ? 100 : out->quality;
    for (int i = 0; i < SIZE_TRIES; i++) {
        pare_found one = {.format = a->format};
        const double quality = (fits + fails) / 2;
        pare_err err = write_frames(a, fmax(1, quality), (size_t)options->target_size_bytes, &one);
        if (err == PARE_OK) {
            pare_found_deinit(&best);
            best = one;
            fits = quality;
            continue;
        }
        pare_found_deinit(&one);
        if (err != PARE_SKIP_NOT_SMALLER) {
            pare_found_deinit(&best);
            return err;
        }
        fails = quality;
    }
    pare_found_deinit(out);
    *out = best;
    if (fits == 0) return PARE_SKIP_BELOW_MIN_SCORE;
    if (out->bytes.len > max_len) return PARE_SKIP_NOT_SMALLER;
    PARE_TRY(judge(a, options->min_score, out));
    return out->score < options->min_score ? PARE_SKIP_BELOW_MIN_SCORE : PARE_OK;
}

/* GIF: its quality says how good the palettes are. Full ones of many colours cost most where frames
 * are small, and cannot always reach the highest. */
static pare_err write_palettes(const animating *a, double least, size_t max_len, pare_found *out)
{
    static const double QUALITIES[] = {100, 75, 45};
    pare_err err = PARE_OK;
    for (size_t i = 0; i < sizeof QUALITIES / sizeof *QUALITIES; i++) {
        err = write_scored(a, QUALITIES[i], least, 0, max_len, out);
        out->quality = 0;
        if (err != PARE_SKIP_NOT_SMALLER && err != PARE_SKIP_BELOW_MIN_SCORE) break;
        *a->work->diag = (pare_diag){0};
    }
    return err;
}

static pare_err write_lossy(const animating *a, const pare_quality *asked, size_t max_len,
                            pare_found *out)
{
    const pare_options *options = a->work->options;
    double quality, least = options->min_score;
    if (!a->codec->encoder_open) return write_palettes(a, least, max_len, out);
    if (asked->mode == PARE_QUALITY_FIXED) {
        return write_scored(a, asked->value, least, 0, max_len, out);
    }
    least = fmax(least, asked->score);
    PARE_TRY(search_quality(a, least, &quality));
    return write_scored(a, quality, least, RAISES, max_len, out);
}

/* Write in the format of *a as the options say. */
static pare_err write_format(const animating *a, size_t max_len, pare_found *out)
{
    const pare_options *options = a->work->options;
    pare_quality asked = pare_options_quality(options, a->format);
    pare_err err = PARE_SKIP_BELOW_MIN_SCORE;
    const uint64_t most = options->target_size_bytes;
    if (!(a->codec->caps & PARE_CODEC_LOSSY)) asked.mode = PARE_QUALITY_LOSSLESS;
    const bool may_lose = asked.mode != PARE_QUALITY_LOSSLESS;
    if (may_lose) err = write_lossy(a, &asked, max_len, out);
    if (err == PARE_SKIP_BELOW_MIN_SCORE) {
        *a->work->diag = (pare_diag){0};
        err = write_lossless(a, max_len, out);
        if (may_lose && pare_err_is_skip(err)) err = PARE_SKIP_BELOW_MIN_SCORE;
    }
    if (err != PARE_OK || most == 0 || out->bytes.len <= most) return err;
    if (may_lose && a->codec->encoder_open) return fit_size(a, max_len, out);
    return pare_fail(a->work->diag, PARE_SKIP_BELOW_MIN_SCORE,
                     "without loss it takes %zu bytes, more than asked", out->bytes.len);
}

static pare_err attempt(animating *a, pare_format format, size_t max_len, pare_found *out)
{
    const bool changes = a->change.width_px > 0;
    *out = (pare_found){.format = format, .score = -1};
    if (format == a->work->info.format && a->work->decoder->repack && !changes) {
        return pare_repack_run(a->work, max_len, out);
    }
    if (a->work->info.depth_bits > 8) {
        return pare_fail(a->work->diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "an animation with more than 8 bits a colour");
    }
    if (!can_animate(format)) {
        return pare_fail(a->work->diag, PARE_SKIP_ANIMATED, "%s",
                         pare_err_text(PARE_SKIP_ANIMATED));
    }
    a->format = format;
    a->codec = pare_codec_find(format);
    const pare_err err = write_format(a, max_len, out);
    if (err != PARE_OK) pare_found_deinit(out);
    return err;
}

static pare_err look(animating *a)
{
    pare_film film;
    pare_work_begin_step(a->work, PARE_STEP_DECODE);
    pare_err err = open_source(a, &film);
    if (err == PARE_OK) err = pare_animate_look_at(&film, &a->look, a->work->diag);
    a->work->content = a->look.content;
    pare_film_close(&film);
    return err;
}

/* The smallest of the formats. When all fail, the first cause. */
static pare_err choose(animating *a, size_t max_len, pare_found *out)
{
    pare_format formats[2];
    const unsigned count = list_formats(a->work, formats);
    pare_err first = PARE_SKIP_NOT_SMALLER;
    pare_diag diag = {0};
    bool has_best = false;
    for (unsigned i = 0; i < count; i++) {
        pare_found found;
        *a->work->diag = (pare_diag){0};
        const pare_err err = attempt(a, formats[i], max_len, &found);
        if (err == PARE_OK) {
            pare_found_deinit(out);
            *out = found;
            has_best = true;
            max_len = found.bytes.len - 1;
        } else if (i == 0) {
            first = err;
            diag = *a->work->diag;
        }
    }
    *a->work->diag = has_best ? (pare_diag){0} : diag;
    return has_best ? PARE_OK : first;
}

pare_err pare_animate_run(pare_work *work, size_t max_len, pare_found *out)
{
    animating a;
    *out = (pare_found){.score = -1};
    pare_err err = animating_init(&a, work);
    if (err == PARE_OK) err = look(&a);
    if (err == PARE_OK) err = choose(&a, max_len, out);
    animating_deinit(&a);
    return err;
}
