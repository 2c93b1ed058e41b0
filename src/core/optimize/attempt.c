// SPDX-License-Identifier: Apache-2.0
/* One candidate from pixels to verified bytes, with its fallbacks. */
#include "core/optimize/attempt.h"

#include <math.h>

#include "core/image/metadata.h"
#include "core/optimize/candidates.h"
#include "core/optimize/search.h"
#include "core/optimize/verify.h"

/* A lossy JPEG of a JPEG is only held to PARE_LOSSY_GAIN when it saved less than a lossless pass
 * may save as well. */
#define LOSSLESS_REACH 0.80

/* Files of average photographs reach a score at some quality; images differ, so what is a little
 * above counts as already done. */
#define SCORE_GUARD_MARGIN 5

/* Qualities from here on are not far from the best. */
#define NEARLY_BEST 95

/* Smaller images go through all rungs whatever the effort: it takes no time, and a few bytes of
 * luck decide. */
enum { CHEAP_PX = 65536 };

/* From here on a search for a score takes its time: as much as the encoder of JPEG does. */
enum { PATIENT_EFFORT = 2 };

bool pare_attempt_needs_score(const pare_work *work, const pare_candidate *candidate)
{
    return candidate->quality.mode == PARE_QUALITY_SCORE ||
           (candidate->quality.mode == PARE_QUALITY_FIXED && work->options->min_score > 0);
}

static bool can_be_lossless(const pare_work *work, const pare_candidate *candidate)
{
    const unsigned caps = candidate->codec->caps;
    if (candidate->from_original && (caps & PARE_CODEC_RECOMPRESS)) return true;
    if (!(caps & PARE_CODEC_LOSSLESS)) return false;
    return work->image.source_depth_bits <= 8 || (caps & PARE_CODEC_DEPTH_16) != 0;
}

/* What is needed to write one candidate in one way. */
typedef struct writing {
    pare_work *work;
    const pare_candidate *candidate;
    const pare_image *image; /* work->image or own */
    pare_image own;
    pare_metadata metadata;
    pare_source source;
    pare_encode_params params;
    pare_promise promise;
    pare_encoder *encoder;   /* stays open for the other way when the codec can switch */
    const pare_found *rival; /* see pare_search; may be NULL */
    bool gave_up;            /* the search saw that it would end above max_len */
    bool lacks_chroma;       /* a score is not reached, maybe for want of chroma */
} writing;

static pare_err writing_init(writing *w, pare_work *work, const pare_candidate *candidate,
                             int effort)
{
    *w = (writing){.work = work, .candidate = candidate};
    PARE_TRY(pare_candidate_prepare(work, candidate, &w->own, &w->image));
    uint32_t keep = work->options->keep;
    if (work->is_srgb && keep != PARE_KEEP_ALL) keep &= ~(uint32_t)PARE_KEEP_ICC;
    const uint8_t orientation = candidate->from_original ? work->image.orientation : 1;
    PARE_TRY(pare_metadata_filter(&work->image.metadata, keep, orientation, &w->metadata));
    if (w->image == &w->own && w->own.metadata.icc.len == 0) pare_buf_deinit(&w->metadata.icc);

    if (candidate->from_original) w->source.original = work->file;
    w->source.keeps_all = keep == PARE_KEEP_ALL;
    if (!work->header_only) w->source.image = w->image;
    w->source.metadata = &w->metadata;
    w->params = (pare_encode_params){
        .effort = effort,
        .is_graphic = work->content.is_graphic,
        .background = {work->options->background[0], work->options->background[1],
                       work->options->background[2]},
        .max_memory_bytes = work->options->max_memory_bytes,
    };
    w->promise = (pare_promise){
        .image = w->image,
        .width_px = w->image->width_px,
        .height_px = w->image->height_px,
        .orientation = orientation,
        .has_icc = w->metadata.icc.len > 0,
    };
    return PARE_OK;
}

static void close_encoder(writing *w)
{
    if (w->encoder) w->candidate->codec->encoder_close(&w->encoder);
    w->encoder = NULL;
}

static void writing_deinit(writing *w)
{
    close_encoder(w);
    pare_image_deinit(&w->own);
    pare_metadata_deinit(&w->metadata);
}

static pare_err encode_lossless(writing *w, pare_found *out)
{
    const pare_options *options = w->work->options;
    PARE_TRY(w->candidate->codec->encoder_try(w->encoder, 100, &out->bytes, w->work->diag));
    /* What verification will prove. The decoder of another format rounds the same coefficients in
     * its own way, which nobody has measured. */
    out->score = w->candidate->transcodes ? -1 : 100;
    if (!options->target_size_bytes || out->bytes.len <= options->target_size_bytes) {
        return PARE_OK;
    }
    return pare_fail(w->work->diag, PARE_SKIP_BELOW_MIN_SCORE,
                     "without loss it takes %zu bytes, more than asked", out->bytes.len);
}

static bool is_cheap(const pare_work *work)
{
    return (uint64_t)work->image.width_px * work->image.height_px <= CHEAP_PX;
}

/* Little effort ends further above the score. Only for JPEG: the levels of others are further apart
 * than the luck of a search goes. */
static bool is_hasty(const writing *w)
{
    return w->candidate->format == PARE_FORMAT_JPEG && w->work->options->effort < PATIENT_EFFORT;
}

/* Is the score out of reach, at a quality where average photographs are far above it, or nearly
 * the best there is? */
static bool lacks_chroma(const pare_search *search, const pare_found *last)
{
    const double asked = fmax(search->quality.score, search->min_score);
    return last->score < asked &&
           last->quality >= fmin(NEARLY_BEST, pare_search_prior(search->codec->format,
                                                                asked + SCORE_GUARD_MARGIN));
}

static pare_err encode_lossy(writing *w, size_t max_len, pare_found *out)
{
    pare_work *work = w->work;
    const pare_limits limits = pare_work_limits(work);
    pare_search search = {
        .codec = w->candidate->codec,
        .encoder = w->encoder,
        .quality = w->candidate->quality,
        .target_size_bytes = work->options->target_size_bytes,
        .min_score = work->options->min_score,
        .max_len = max_len,
        .rival = w->rival,
        .is_hasty = is_hasty(w),
    };
    if (pare_attempt_needs_score(work, w->candidate)) {
        PARE_TRY(pare_judge_create(w->image, work->options->background, &limits, &search.judge,
                                   work->diag));
    }
    const pare_err err = pare_search_run(&search, out, work->diag);
    w->gave_up = err == PARE_SKIP_NOT_SMALLER;
    w->lacks_chroma =
        err == PARE_SKIP_BELOW_MIN_SCORE || (w->gave_up && lacks_chroma(&search, out));
    if (search.judge) work->result->full_scores += pare_judge_full_scores(search.judge);
    pare_judge_destroy(&search.judge);
    return err;
}

/* Encode in one way and verify. On failure *out is empty. */
static pare_err write_one(writing *w, bool lossless, size_t max_len, pare_found *out)
{
    pare_work *work = w->work;
    const pare_codec *codec = w->candidate->codec;
    *out = (pare_found){.format = codec->format, .lossless = lossless, .score = -1};
    out->width_px = w->promise.width_px;
    out->height_px = w->promise.height_px;
    w->params.lossless = lossless;

    pare_work_begin_step(work, PARE_STEP_ENCODE);
    pare_err err = PARE_OK;
    if (!w->encoder) {
        err = codec->encoder_open(&w->source, &w->params, &w->encoder, work->diag);
        pare_work_let_go(work);
    }
    if (err == PARE_OK) err = lossless ? encode_lossless(w, out) : encode_lossy(w, max_len, out);
    if (err == PARE_OK && out->bytes.len > max_len) err = PARE_SKIP_NOT_SMALLER;
    const bool is_recoded =
        w->candidate->from_original &&
        (w->candidate->transcodes || (codec->caps & PARE_CODEC_RECOMPRESS) != 0);
    const bool by_encoder = is_recoded && codec->encoder_check;
    const bool stays_open = codec->caps & PARE_CODEC_SWITCHES;
    if (!by_encoder && !stays_open) close_encoder(w); /* its memory is needed for pixels */
    if (err == PARE_OK) {
        pare_work_begin_step(work, PARE_STEP_VERIFY);
        err = pare_verify(work, out, &w->promise, by_encoder ? w->encoder : NULL);
    }
    if (!stays_open) close_encoder(w);
    if (err != PARE_OK) pare_found_deinit(out);
    return err;
}

/* The lossless way beside a lossy one that was found (or not: then `lossy_err` says why). */
static pare_err add_lossless(writing *w, pare_err lossy_err, size_t max_len, pare_found *out)
{
    pare_found lossless;
    pare_diag first = *(w->work->diag);
    if (lossy_err == PARE_OK) {
        max_len = (size_t)((double)out->bytes.len / PARE_LOSSY_GAIN);
        w->params.max_len = max_len;
    }
    const pare_err err = write_one(w, true, max_len, &lossless);
    w->params.max_len = 0;
    *(w->work->diag) = first; /* the first cause, or none when the lossy file stands */
    if (err != PARE_OK) return lossy_err;
    pare_found_deinit(out);
    *out = lossless;
    return PARE_OK;
}

/* Is the lossless way worth its time although a lossy file was found? */
static bool wants_lossless_too(const writing *w, const pare_found *lossy)
{
    const pare_work *work = w->work;
    if (w->candidate->from_original && w->candidate->format == PARE_FORMAT_JPEG) {
        return (double)lossy->bytes.len > LOSSLESS_REACH * (double)work->file.len;
    }
    const pare_format format = w->candidate->format;
    return work->content.is_graphic &&
           (format == PARE_FORMAT_PNG || format == PARE_FORMAT_WEBP || format == PARE_FORMAT_JXL);
}

/* The quality that a file of this format and the asked kind would have. */
static double asked_quality(pare_format format, const pare_quality *quality)
{
    if (quality->mode == PARE_QUALITY_FIXED) return quality->value;
    return pare_search_prior(format, quality->score) + SCORE_GUARD_MARGIN;
}

bool pare_attempt_only_loses(const pare_work *work, const pare_quality *quality)
{
    const pare_info *info = &work->info;
    /* the scale of the estimate: that of a JPEG also when it is inside of JPEG XL */
    const bool is_own = info->format == PARE_FORMAT_WEBP || info->format == PARE_FORMAT_AVIF;
    const pare_format scale = is_own ? info->format : PARE_FORMAT_JPEG;
    return work->options->target_size_bytes == 0 && info->quality_estimate > 0 &&
           info->quality_estimate <= asked_quality(scale, quality);
}

/* Would this lossy recompression only lose? The file's own quality is at or below the asked one,
 * or its colours were reduced to a palette before. */
static bool is_generation_loss(const writing *w)
{
    const pare_info *info = &w->work->info;
    if (!w->candidate->from_original || w->work->options->target_size_bytes > 0) return false;
    if (w->candidate->format == PARE_FORMAT_PNG) return info->is_palette;
    return pare_attempt_only_loses(w->work, &w->candidate->quality);
}

static void explain_generation_loss(pare_work *work)
{
    if (work->info.quality_estimate == 0) return;
    (void)pare_fail(work->diag, PARE_SKIP_NOT_SMALLER,
                    "it is of quality about %d already, and another loss would only add to it",
                    work->info.quality_estimate);
}

/* Some photographs reach no high score with halved chroma, at any quality. */
static bool can_keep_chroma(const writing *w)
{
    const pare_format format = w->candidate->format;
    return !w->params.is_graphic && w->work->options->target_size_bytes == 0 &&
           (format == PARE_FORMAT_JPEG || format == PARE_FORMAT_AVIF);
}

static pare_err attempt_at(pare_work *work, const pare_candidate *candidate, int effort,
                           size_t max_len, const pare_found *rival, pare_found *out)
{
    writing w;
    *out = (pare_found){0};
    pare_err err = writing_init(&w, work, candidate, effort);
    if (err != PARE_OK) goto done;
    w.rival = rival;
    const bool may_be_lossless = can_be_lossless(work, candidate);
    const bool is_asked = candidate->quality.mode == PARE_QUALITY_LOSSLESS;
    const bool only_loses = !is_asked && is_generation_loss(&w);
    if (only_loses && candidate->format == PARE_FORMAT_AVIF) {
        /* without loss its pixels would take several times its bytes, and seconds */
        err = PARE_SKIP_NOT_SMALLER;
        explain_generation_loss(work);
        goto done;
    }
    if (is_asked || (may_be_lossless && only_loses)) {
        err = write_one(&w, true, max_len, out);
        if (err == PARE_SKIP_NOT_SMALLER && !is_asked) explain_generation_loss(work);
        goto done;
    }
    err = write_one(&w, false, max_len, out);
    if (w.lacks_chroma && can_keep_chroma(&w)) {
        *work->diag = (pare_diag){0};
        w.params.is_graphic = true; /* chroma at full resolution */
        err = write_one(&w, false, max_len, out);
    }
    /* Where a photograph with losses is too large already, it is so without. */
    const bool is_hopeless =
        w.gave_up && !candidate->from_original && pare_content_is_photo(&work->content);
    if (may_be_lossless && !is_hopeless && (err != PARE_OK || wants_lossless_too(&w, out))) {
        err = add_lossless(&w, err, max_len, out);
    }
done:
    writing_deinit(&w);
    return err;
}

/* The least effort whose settings are tried beside those that were asked for. At one number on its
 * scale a hasty encoder also gives a worse picture; of larger images hurry costs percents, and the
 * default is the least that has time for two. */
static int lowest_rung(const pare_work *work, const pare_candidate *candidate)
{
    if (!candidate->codec->encoder_rung || candidate->transcodes || work->header_only) {
        return PARE_EFFORT_MAX;
    }
    const bool is_fixed = candidate->quality.mode == PARE_QUALITY_FIXED;
    return is_fixed || !is_cheap(work) ? PARE_EFFORT_DEFAULT : 0;
}

/* Would an attempt at this effort write another file than one at the next? found: NULL if none was
 * written yet. */
static bool is_rung(const pare_work *work, const pare_candidate *candidate, int effort,
                    const pare_found *found)
{
    const bool is_lossless = candidate->quality.mode == PARE_QUALITY_LOSSLESS;
    const bool uses[] = {!is_lossless,
                         is_lossless || work->content.is_graphic || !found || found->lossless};
    for (int i = 0; i < 2; i++) {
        pare_encode_params here = {
            .effort = effort, .lossless = i == 1, .is_graphic = work->content.is_graphic};
        pare_encode_params next = here;
        next.effort++;
        const pare_codec *codec = candidate->codec;
        if (uses[i] && codec->encoder_rung(&here) != codec->encoder_rung(&next)) return true;
    }
    return false;
}

pare_err pare_attempt(pare_work *work, const pare_candidate *candidate, size_t max_len,
                      pare_found *out)
{
    pare_err err = attempt_at(work, candidate, work->options->effort, max_len, NULL, out);
    const int least = lowest_rung(work, candidate);
    const pare_diag first = *work->diag;
    for (int effort = work->options->effort - 1; effort >= least; effort--) {
        pare_found found;
        if (!is_rung(work, candidate, effort, err == PARE_OK ? out : NULL)) continue;
        const pare_found *rival = err == PARE_OK ? out : NULL;
        if (rival) max_len = rival->bytes.len - 1;
        const pare_err lower = attempt_at(work, candidate, effort, max_len, rival, &found);
        if (lower == PARE_OK) {
            pare_found_deinit(out);
            *out = found;
            err = PARE_OK;
        } else if (lower == PARE_ERR_NO_MEMORY) {
            break;
        }
    }
    *work->diag = err == PARE_OK ? (pare_diag){0} : first;
    return err;
}
