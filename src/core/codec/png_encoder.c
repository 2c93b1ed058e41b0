// SPDX-License-Identifier: Apache-2.0
/* The encoder session of PNG: reductions once, then tries. */
#include "core/codec/png_encoder.h"

#include <math.h>
#include <stdlib.h>

#include "core/codec/png_quantize.h"
#include "core/codec/png_reduction.h"
#include "core/codec/png_search.h"
#include "core/codec/png_write.h"

/* pare_encoder is each codec's own; here behind this name. */
typedef struct png_session {
    const pare_source *source;        /* borrowed */
    const pare_encode_params *params; /* borrowed */
    pare_png_facts facts;
    pare_png_reduction reduction;
    pare_png_raster plain, index; /* index has no rows when there are more than 256 colours */
    pare_png_palette original;
    pare_png_tools tools;
    pare_png_best lossless; /* total_len 0 until it is needed */
    size_t guessed_len;     /* of a lossless file made without effort; 0 until it is needed */
    size_t quick_len;       /* the same, measured */
} png_session;

void pare_png_encoder_close(pare_encoder **encoder)
{
    png_session *s = (png_session *)*encoder;
    *encoder = NULL;
    if (!s) return;
    pare_png_best_deinit(&s->lossless);
    pare_png_raster_deinit(&s->plain);
    pare_png_reduction_deinit(&s->reduction);
    pare_png_raster_deinit(&s->index);
    pare_png_filterer_close(&s->tools.filterer);
    pare_png_deflater_close(&s->tools.deflater);
    free(s);
}

static pare_err prepare(png_session *s)
{
    const pare_image *image = s->source->image;
    PARE_TRY(pare_png_deflater_open(&s->tools.deflater));
    PARE_TRY(pare_png_filterer_open(s->tools.deflater, &s->tools.filterer));
    PARE_TRY(pare_png_study(image, &s->facts));
    PARE_TRY(pare_png_reduce(image, &s->facts, &s->reduction, &s->plain));
    if (s->facts.palette.count) PARE_TRY(pare_png_index(image, &s->facts, &s->index));
    pare_png_palette_read(s->source->original, &s->original);
    return PARE_OK;
}

pare_err pare_png_encoder_open(const pare_source *source, const pare_encode_params *params,
                               pare_encoder **out, pare_diag *diag)
{
    *out = NULL;
    if (!source->image) return pare_fail(diag, PARE_ERR_INVALID, "PNG needs pixels");
    png_session *s = calloc(1, sizeof *s);
    if (!s) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a PNG session");
    s->source = source;
    s->params = params;
    const pare_err err = prepare(s);
    *out = (pare_encoder *)s;
    if (err == PARE_OK) return PARE_OK;
    pare_png_encoder_close(out);
    return pare_fail(diag, err, "PNG: %s", pare_err_text(err));
}

static pare_png_subject describe(const png_session *s)
{
    return (pare_png_subject){&s->plain, s->facts.palette.count ? &s->index : NULL, &s->original};
}

static pare_err need_lossless(png_session *s)
{
    if (s->lossless.total_len) return PARE_OK;
    const pare_png_subject subject = describe(s);
    return pare_png_search(&subject, s->params->effort, &s->tools, &s->lossless);
}

/* Whether no effort could make the lossless file as small as len: it seldom gains a third, and
 * never half, over the quick one; and the guess is seldom wrong by a fifth. */
static pare_err is_out_of_reach(png_session *s, size_t len, bool *out)
{
    const pare_png_subject subject = describe(s);
    *out = false;
    if (s->lossless.total_len) return PARE_OK;
    if (!s->guessed_len) {
        PARE_TRY(pare_png_search_guess(&subject, &s->tools, &s->guessed_len));
    }
    *out = len < s->guessed_len / 5 * 2;
    if (*out) return PARE_OK;
    if (!s->quick_len) PARE_TRY(pare_png_search_quick(&subject, &s->tools, &s->quick_len));
    *out = len < s->quick_len / 2;
    return PARE_OK;
}

static pare_err need_useful_lossless(png_session *s)
{
    bool out_of_reach = false;
    if (s->params->max_len) PARE_TRY(is_out_of_reach(s, s->params->max_len, &out_of_reach));
    return out_of_reach ? PARE_SKIP_NOT_SMALLER : need_lossless(s);
}

/* Uses up the data of best. */
static pare_err write_best(png_session *s, pare_png_best *best, pare_buf *out)
{
    const pare_err err =
        pare_png_write(&best->shape, &best->idat, s->source->metadata, s->tools.deflater, out);
    pare_png_best_deinit(best);
    return err;
}

/* The lossless file, which other tries may want to see, too. */
static pare_err write_lossless(png_session *s, pare_buf *out)
{
    pare_png_best copy = {.shape = s->lossless.shape};
    PARE_TRY(pare_buf_append(&copy.idat, s->lossless.idat.data, s->lossless.idat.len));
    return write_best(s, &copy, out);
}

/* More makes noise that costs bytes and does not look better, less makes bands: photographs at
 * equal scores, by SSIMULACRA 2 and MS-SSIM, are smallest from 0.2 to 0.5 on, drawings from 0 to
 * 0.2. */
static double dither_of(const png_session *s)
{
    return s->params->is_graphic ? 0.2 : 0.4;
}

static pare_err try_palette(png_session *s, double quality, pare_png_best *best)
{
    const long rounded = lrint(quality);
    const pare_png_quantize_params params = {
        .quality = rounded < 1     ? 1
                   : rounded > 100 ? 100
                                   : (int)rounded,
        .dither = dither_of(s),
        .packs = true,
    };
    pare_png_raster index;
    PARE_TRY(pare_png_quantize(s->source->image, &params, &index));
    const pare_png_subject subject = {NULL, &index, &s->original};
    const pare_err err = pare_png_search(&subject, s->params->effort, &s->tools, best);
    pare_png_raster_deinit(&index);
    return err;
}

static pare_err try_lossy(png_session *s, double quality, pare_buf *out)
{
    pare_png_best best = {0};
    pare_err err = try_palette(s, quality, &best);
    const bool has_palette = err == PARE_OK;
    if (err != PARE_OK && !pare_err_is_skip(err)) goto out;
    bool out_of_reach = false;
    if (has_palette) {
        err = is_out_of_reach(s, best.total_len, &out_of_reach);
        if (err != PARE_OK) goto out;
    }
    err = out_of_reach ? PARE_OK : need_lossless(s);
    if (err != PARE_OK) goto out;
    const bool smaller = out_of_reach || (has_palette && best.total_len < s->lossless.total_len);
    err = smaller ? write_best(s, &best, out) : write_lossless(s, out);
out:
    pare_png_best_deinit(&best);
    return err;
}

pare_err pare_png_encoder_try(pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag)
{
    png_session *s = (png_session *)encoder;
    pare_err err;
    out->len = 0;
    if (s->params->lossless) {
        err = need_useful_lossless(s);
        if (err == PARE_OK) err = write_best(s, &s->lossless, out);
    } else {
        err = try_lossy(s, quality, out);
    }
    if (err == PARE_OK) return PARE_OK;
    return pare_fail(diag, err, "PNG: %s", pare_err_text(err));
}
