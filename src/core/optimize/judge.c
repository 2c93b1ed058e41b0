// SPDX-License-Identifier: Apache-2.0
/* The judge of a search. Neither a copy of the reference nor the pixels of a candidate are held
 * where its codec can tell them row by row: a search needs no more memory than its encoder. */
#include "core/optimize/judge.h"

#include <stdlib.h>
#include <string.h>

#include "core/metric/ssimulacra2.h"
#include "core/transform/transform.h"

struct pare_judge {
    pare_scorer *scorer;
    pare_limits limits;
    const pare_image *reference; /* borrowed, or converted */
    pare_image converted;        /* of a small or CMYK image with a profile */
    pare_srgb_rows *to_srgb;     /* for the rows of a large reference with a profile; else NULL */
    pare_image strip;            /* rows of the reference, to be converted */

    /* The candidate: as a whole, or as a file to be read row by row when codec is not NULL. */
    pare_image taken;
    const pare_codec *codec;
    pare_bytes file;
    pare_srgb_rows *taken_to_srgb;
    uint32_t passed; /* its rows, while it is read */
    pare_diag *diag; /* then */

    bool is_small; /* the scorer's estimate is exact then */
    uint32_t full_scores;
};

/* Below this the scorer does not estimate, see core/metric/ssimulacra2.h. */
enum { SMALL_PX = 400000, MIN_SIDE_PX = 8 };

static bool is_srgb(const pare_image *image)
{
    return image->color != PARE_COLOR_CMYK && pare_transform_is_srgb(image);
}

static pare_err make_srgb(pare_image *image, pare_diag *diag)
{
    return is_srgb(image) ? PARE_OK : pare_transform_srgb(image, diag);
}

static bool can_stream(const pare_judge *judge, const pare_image *image)
{
    return !judge->is_small && image->color != PARE_COLOR_CMYK && image->width_px >= MIN_SIDE_PX &&
           image->height_px >= MIN_SIDE_PX;
}

static pare_err set_reference(pare_judge *judge, const pare_image *reference, pare_diag *diag)
{
    judge->reference = reference;
    if (is_srgb(reference)) return PARE_OK;
    if (can_stream(judge, reference)) {
        PARE_TRY(pare_srgb_rows_create(reference, &judge->to_srgb));
        return judge->to_srgb
                   ? pare_image_init(&judge->strip, reference->width_px, 1, reference->color,
                                     reference->has_alpha, reference->depth_bits)
                   : PARE_OK;
    }
    judge->reference = &judge->converted;
    PARE_TRY(pare_image_copy(&judge->converted, reference));
    return make_srgb(&judge->converted, diag);
}

pare_err pare_judge_create(const pare_image *reference, const uint8_t background[3],
                           const pare_limits *limits, pare_judge **out, pare_diag *diag)
{
    *out = NULL;
    pare_judge *judge = calloc(1, sizeof *judge);
    if (!judge) return PARE_ERR_NO_MEMORY;
    judge->limits = *limits;
    judge->limits.shrink = 0;
    judge->is_small = (uint64_t)reference->width_px * reference->height_px < SMALL_PX;
    pare_err err = set_reference(judge, reference, diag);
    if (err == PARE_OK) {
        err = pare_scorer_create(judge->reference, background, &judge->scorer, diag);
    }
    if (err != PARE_OK) {
        pare_judge_destroy(&judge);
        return err;
    }
    *out = judge;
    return PARE_OK;
}

static void forget(pare_judge *judge)
{
    pare_image_deinit(&judge->taken);
    pare_srgb_rows_destroy(&judge->taken_to_srgb);
    judge->codec = NULL;
}

static pare_err check_size(const pare_judge *judge, const pare_image *image, pare_diag *diag)
{
    const pare_image *reference = judge->reference;
    if (image->width_px == reference->width_px && image->height_px == reference->height_px) {
        return PARE_OK;
    }
    return pare_fail(diag, PARE_ERR_INVALID, "the images have different sizes: %ux%u and %ux%u",
                     reference->width_px, reference->height_px, image->width_px, image->height_px);
}

pare_err pare_judge_take_image(pare_judge *judge, pare_image *image, pare_diag *diag)
{
    forget(judge);
    judge->taken = *image;
    *image = (pare_image){0};
    PARE_TRY(check_size(judge, &judge->taken, diag));
    return make_srgb(&judge->taken, diag);
}

/* A file that is read while it is scored. */
static pare_err take_file(pare_judge *judge, const pare_codec *codec, pare_bytes file,
                          const pare_image *header, pare_diag *diag)
{
    PARE_TRY(check_size(judge, header, diag));
    if (!is_srgb(header)) PARE_TRY(pare_srgb_rows_create(header, &judge->taken_to_srgb));
    judge->codec = codec;
    judge->file = file;
    return PARE_OK;
}

pare_err pare_judge_take(pare_judge *judge, const pare_codec *codec, pare_bytes file,
                         pare_diag *diag)
{
    pare_image image = {0};
    forget(judge);
    if (codec->decode_rows && codec->decode_header) {
        PARE_TRY(codec->decode_header(file, &judge->limits, &image, diag));
        const bool streams = can_stream(judge, &image) && can_stream(judge, judge->reference);
        const pare_err err = streams ? take_file(judge, codec, file, &image, diag) : PARE_OK;
        pare_image_deinit(&image);
        if (streams) return err;
    }
    PARE_TRY(codec->decode(file, &judge->limits, &image, diag));
    return pare_judge_take_image(judge, &image, diag);
}

static pare_err compare_row(pare_judge *judge, const pare_image *rows, uint32_t y)
{
    pare_image have = pare_image_rows(rows, y, 1);
    if (judge->passed >= judge->reference->height_px) return PARE_ERR_INVALID;
    pare_image want = pare_image_rows(judge->reference, judge->passed++, 1);
    if (judge->taken_to_srgb)
        pare_srgb_rows_apply(judge->taken_to_srgb, have.pixels, have.width_px);
    if (judge->to_srgb) {
        memcpy(judge->strip.pixels, want.pixels, judge->strip.stride_bytes);
        pare_srgb_rows_apply(judge->to_srgb, judge->strip.pixels, want.width_px);
        want.pixels = judge->strip.pixels;
    }
    return pare_scorer_push(judge->scorer, &want, &have, judge->diag);
}

static pare_err on_rows(void *user, pare_image *rows)
{
    for (uint32_t y = 0; y < rows->height_px; y++)
        PARE_TRY(compare_row(user, rows, y));
    return PARE_OK;
}

static pare_err compare(pare_judge *judge, bool probe, double *score, pare_diag *diag)
{
    pare_scorer_start(judge->scorer, probe);
    judge->passed = 0;
    judge->diag = diag;
    if (judge->codec) {
        const pare_row_sink sink = {.on_rows = on_rows, .user = judge};
        PARE_TRY(judge->codec->decode_rows(judge->file, &judge->limits, &sink, diag));
    } else if (judge->to_srgb) {
        PARE_TRY(on_rows(judge, &judge->taken));
    } else if (probe) {
        return pare_scorer_probe(judge->scorer, &judge->taken, score, diag);
    } else {
        return pare_scorer_score(judge->scorer, &judge->taken, score, diag);
    }
    return pare_scorer_finish(judge->scorer, score, diag);
}

pare_err pare_judge_score(pare_judge *judge, double *score, pare_diag *diag)
{
    judge->full_scores++;
    return compare(judge, false, score, diag);
}

pare_err pare_judge_probe(pare_judge *judge, double *score, pare_diag *diag)
{
    return compare(judge, true, score, diag);
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
    forget(judge);
    pare_scorer_destroy(&judge->scorer);
    pare_srgb_rows_destroy(&judge->to_srgb);
    pare_image_deinit(&judge->strip);
    pare_image_deinit(&judge->converted);
    free(judge);
    *judge_io = NULL;
}
