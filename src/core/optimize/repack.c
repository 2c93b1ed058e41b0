// SPDX-License-Identifier: Apache-2.0
/* Rewriting of whole files in their own format. */
#include "core/optimize/repack.h"

#include <string.h>

#include "wire/target_size.h"

/* Does the size stay? GIF has no orientation, so the stored size is the one meant. */
static bool keeps_size(const pare_work *work)
{
    uint32_t width, height;
    return !pare_target_size(&work->options->resize, work->info.width_px, work->info.height_px,
                             &width, &height);
}

bool pare_repack_applies(const pare_work *work)
{
    const pare_codec *codec = work->decoder;
    const pare_options *options = work->options;
    if (!codec->repack || !keeps_size(work)) return false;
    /* stills go through their encoder, where there is one */
    if (!work->info.is_animated && (codec->caps & PARE_CODEC_ENCODES)) return false;
    switch (options->target) {
    case PARE_TARGET_ORIGINAL: return true;
    case PARE_TARGET_FORMAT: return options->format == work->info.format;
    case PARE_TARGET_AUTO:
    case PARE_TARGET_SMALLEST: return work->info.is_animated || !(codec->caps & PARE_CODEC_DECODES);
    }
    return false;
}

/* Both files frame by frame, as long as both have one. */
typedef struct pair {
    const pare_codec *codecs[2];
    pare_frames *frames[2];
    pare_animation animations[2];
} pair;

static pare_err open_pair(pair *p, const pare_work *work, pare_bytes result)
{
    const pare_limits limits = pare_work_limits(work);
    const pare_bytes files[2] = {work->file, result};
    for (int i = 0; i < 2; i++) {
        PARE_TRY(p->codecs[i]->frames_open(files[i], &limits, &p->animations[i], &p->frames[i],
                                           work->diag));
    }
    return PARE_OK;
}

static pare_err compare_frames(const pair *p, bool *same)
{
    const pare_animation *a = &p->animations[0], *b = &p->animations[1];
    *same = a->width_px == b->width_px && a->height_px == b->height_px && a->frames == b->frames &&
            (a->frames == 1 || a->loop_count == b->loop_count);
    while (*same) {
        pare_frame frames[2];
        bool more[2];
        for (int i = 0; i < 2; i++) {
            PARE_TRY(p->codecs[i]->frames_next(p->frames[i], &frames[i], &more[i], NULL));
        }
        *same = more[0] == more[1];
        if (!more[0]) break;
        if (!*same) break;
        *same = frames[0].duration_ms == frames[1].duration_ms &&
                memcmp(frames[0].rgba, frames[1].rgba, (size_t)a->width_px * a->height_px * 4) == 0;
    }
    return PARE_OK;
}

static pare_err check_frames(const pare_work *work, const pare_found *found, bool *same)
{
    pair p = {.codecs = {work->decoder, pare_codec_find(found->format)}};
    pare_err err = open_pair(&p, work, pare_buf_view(&found->bytes));
    if (err == PARE_OK) err = compare_frames(&p, same);
    for (int i = 0; i < 2; i++) {
        if (p.frames[i]) p.codecs[i]->frames_close(&p.frames[i]);
    }
    return err;
}

static pare_err verify(const pare_work *work, const pare_repack_params *params,
                       const pare_found *found)
{
    const pare_codec *codec = work->decoder;
    bool same = false;
    const pare_err err =
        codec->check_repacked
            ? codec->check_repacked(work->file, pare_buf_view(&found->bytes), params, &same, NULL)
            : check_frames(work, found, &same);
    if (err == PARE_OK && same) return PARE_OK;
    return pare_fail(work->diag, err == PARE_ERR_NO_MEMORY ? err : PARE_ERR_VERIFY,
                     "verify: the result shows something else");
}

static pare_err repack(pare_work *work, size_t max_len, pare_found *out)
{
    const pare_options *options = work->options;
    const pare_repack_params params = {.effort = options->effort,
                                       .keep = options->keep,
                                       .sanitize = options->sanitize,
                                       .limits = pare_work_limits(work)};
    pare_work_begin_step(work, PARE_STEP_ENCODE);
    PARE_TRY(work->decoder->repack(work->file, &params, &out->bytes, work->diag));
    if (out->bytes.len > max_len) return PARE_SKIP_NOT_SMALLER;
    if (options->target_size_bytes && out->bytes.len > options->target_size_bytes) {
        return pare_fail(work->diag, PARE_SKIP_BELOW_MIN_SCORE,
                         "without loss it takes %zu bytes, more than asked", out->bytes.len);
    }
    pare_work_begin_step(work, PARE_STEP_VERIFY);
    return verify(work, &params, out);
}

pare_err pare_repack_run(pare_work *work, size_t max_len, pare_found *out)
{
    *out = (pare_found){.format = work->info.format,
                        .lossless = true,
                        /* drawings are not painted */
                        .score = work->info.format == PARE_FORMAT_SVG ? -1 : 100,
                        .width_px = work->info.width_px,
                        .height_px = work->info.height_px};
    pare_err err = PARE_OK;
    bool active = false;
    if (work->options->sanitize && work->decoder->is_active) {
        err = work->decoder->is_active(work->file, &active, work->diag);
        work->is_harmless = err == PARE_OK && !active;
        if (active) max_len = work->file.len - 1;
    }
    if (err == PARE_OK) err = repack(work, max_len, out);
    if (err != PARE_OK) pare_found_deinit(out);
    return err;
}
