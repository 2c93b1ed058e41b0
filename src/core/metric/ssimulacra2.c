// SPDX-License-Identifier: Apache-2.0
/* SSIMULACRA 2.1: what a caller sees of it. */
#include "core/metric/ssimulacra2.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "core/metric/score_levels.h"
#include "core/metric/score_pixels.h"

/* Below this a full score costs less than is worth saving. */
enum { PROBE_MIN_PX = 400000 };

struct pare_scorer {
    const pare_image *reference; /* borrowed */
    uint8_t background[3];
    size_t width_px, height_px; /* of the images, at least PARE_SCORE_MIN_SIDE_PX */
    pare_linear_tables tables;
    pare_levels levels;
    size_t pushed; /* rows since the start */
};

static size_t at_least_min_side(uint32_t side_px)
{
    return side_px < PARE_SCORE_MIN_SIDE_PX ? PARE_SCORE_MIN_SIDE_PX : side_px;
}

pare_err pare_scorer_create(const pare_image *reference, const uint8_t background[3],
                            pare_scorer **out, pare_diag *diag)
{
    pare_scorer *scorer = *out = NULL;
    scorer = calloc(1, sizeof *scorer);
    if (!scorer) return pare_fail(diag, PARE_ERR_NO_MEMORY, "out of memory");

    scorer->reference = reference;
    memcpy(scorer->background, background, sizeof scorer->background);
    scorer->width_px = at_least_min_side(reference->width_px);
    scorer->height_px = at_least_min_side(reference->height_px);
    pare_linear_tables_init(&scorer->tables);
    pare_err err = pare_linear_tables_prepare(&scorer->tables, reference, diag);
    if (err == PARE_OK) {
        err = pare_levels_init(&scorer->levels, scorer->width_px, scorer->height_px,
                               pare_rows_pick(pare_cpu_flags()));
    }
    if (err != PARE_OK) {
        pare_scorer_destroy(&scorer);
        return pare_fail(diag, err, "%s", pare_err_text(err));
    }
    *out = scorer;
    return PARE_OK;
}

/* The next row of one side into the pyramid; narrow images repeat their last column. */
static void fill_side(pare_scorer *scorer, int side, const pare_image *image, size_t y)
{
    float *rgb[PARE_SCORE_CHANNELS];
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++)
        rgb[channel] = pare_levels_input(&scorer->levels, side, channel);
    pare_linear_row(&scorer->tables, image, scorer->background, y, rgb);
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
        for (size_t x = image->width_px; x < scorer->width_px; x++)
            rgb[channel][x] = rgb[channel][image->width_px - 1];
    }
}

static void push_row(pare_scorer *scorer, const pare_image *reference, const pare_image *image,
                     size_t y)
{
    fill_side(scorer, PARE_SIDE_REFERENCE, reference, y);
    fill_side(scorer, PARE_SIDE_IMAGE, image, y);
    pare_levels_push(&scorer->levels);
}

static bool is_large(const pare_scorer *scorer)
{
    return scorer->width_px * scorer->height_px >= PROBE_MIN_PX;
}

void pare_scorer_start(pare_scorer *scorer, bool probe)
{
    pare_levels_restart(&scorer->levels, probe && is_large(scorer));
    scorer->pushed = 0;
}

pare_err pare_scorer_push(pare_scorer *scorer, const pare_image *reference, const pare_image *rows,
                          pare_diag *diag)
{
    PARE_TRY(pare_linear_tables_prepare(&scorer->tables, reference, diag));
    PARE_TRY(pare_linear_tables_prepare(&scorer->tables, rows, diag));
    if (rows->width_px != scorer->width_px || reference->width_px != scorer->width_px ||
        rows->height_px != reference->height_px ||
        rows->height_px > scorer->height_px - scorer->pushed) {
        return pare_fail(diag, PARE_ERR_INVALID, "score of images that differ in size");
    }
    for (size_t y = 0; y < rows->height_px; y++)
        push_row(scorer, reference, rows, y);
    scorer->pushed += rows->height_px;
    return PARE_OK;
}

pare_err pare_scorer_finish(const pare_scorer *scorer, double *score, pare_diag *diag)
{
    if (scorer->pushed != scorer->height_px) {
        return pare_fail(diag, PARE_ERR_INVALID, "score of images that differ in size");
    }
    *score = pare_levels_score(&scorer->levels);
    return PARE_OK;
}

static pare_err compare(pare_scorer *scorer, const pare_image *image, bool probe, double *score,
                        pare_diag *diag)
{
    const pare_image *reference = scorer->reference;
    if (image->width_px != reference->width_px || image->height_px != reference->height_px) {
        return pare_fail(diag, PARE_ERR_INVALID, "score of images that differ in size");
    }
    PARE_TRY(pare_linear_tables_prepare(&scorer->tables, image, diag));
    pare_scorer_start(scorer, probe);
    for (size_t y = 0; y < scorer->height_px; y++)
        push_row(scorer, reference, image, y);
    *score = pare_levels_score(&scorer->levels);
    return PARE_OK;
}

pare_err pare_scorer_score(pare_scorer *scorer, const pare_image *image, double *score,
                           pare_diag *diag)
{
    return compare(scorer, image, false, score, diag);
}

pare_err pare_scorer_probe(pare_scorer *scorer, const pare_image *image, double *score,
                           pare_diag *diag)
{
    return compare(scorer, image, true, score, diag);
}

double pare_scorer_estimate(const pare_scorer *scorer)
{
    const pare_levels *levels = &scorer->levels;
    return is_large(scorer) ? pare_levels_estimate(levels) : pare_levels_score(levels);
}

void pare_scorer_destroy(pare_scorer **scorer_io)
{
    pare_scorer *scorer = *scorer_io;
    if (!scorer) return;
    pare_linear_tables_deinit(&scorer->tables);
    pare_levels_deinit(&scorer->levels);
    free(scorer);
    *scorer_io = NULL;
}
