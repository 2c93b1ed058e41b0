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
    pare_image reference; /* pixels only, rows packed */
    uint8_t background[3];
    size_t width_px, height_px; /* of the images, at least PARE_SCORE_MIN_SIDE_PX */
    pare_linear_tables tables;
    pare_levels levels;
};

static size_t at_least_min_side(uint32_t side_px)
{
    return side_px < PARE_SCORE_MIN_SIDE_PX ? PARE_SCORE_MIN_SIDE_PX : side_px;
}

static pare_err copy_pixels(pare_image *to, const pare_image *from)
{
    PARE_TRY(pare_image_init(to, from->width_px, from->height_px, from->color, from->has_alpha,
                             from->depth_bits));
    const size_t row_len = to->stride_bytes;
    for (uint32_t y = 0; y < from->height_px; y++)
        memcpy(pare_image_row(to, y), pare_image_row(from, y), row_len);
    return PARE_OK;
}

pare_err pare_scorer_create(const pare_image *reference, const uint8_t background[3],
                            pare_scorer **out, pare_diag *diag)
{
    pare_scorer *scorer = *out = NULL;
    scorer = calloc(1, sizeof *scorer);
    if (!scorer) return pare_fail(diag, PARE_ERR_NO_MEMORY, "out of memory");

    memcpy(scorer->background, background, sizeof scorer->background);
    scorer->width_px = at_least_min_side(reference->width_px);
    scorer->height_px = at_least_min_side(reference->height_px);
    pare_linear_tables_init(&scorer->tables);
    pare_err err = pare_linear_tables_prepare(&scorer->tables, reference, diag);
    if (err == PARE_OK) err = copy_pixels(&scorer->reference, reference);
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

static pare_err compare(pare_scorer *scorer, const pare_image *image, bool sampled, double *score,
                        pare_diag *diag)
{
    if (image->width_px != scorer->reference.width_px ||
        image->height_px != scorer->reference.height_px) {
        return pare_fail(diag, PARE_ERR_INVALID, "score of images that differ in size");
    }
    PARE_TRY(pare_linear_tables_prepare(&scorer->tables, image, diag));
    pare_levels_restart(&scorer->levels, sampled);
    for (size_t y = 0; y < scorer->height_px; y++) {
        fill_side(scorer, PARE_SIDE_REFERENCE, &scorer->reference, y);
        fill_side(scorer, PARE_SIDE_IMAGE, image, y);
        pare_levels_push(&scorer->levels);
    }
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
    const bool is_large = scorer->width_px * scorer->height_px >= PROBE_MIN_PX;
    return compare(scorer, image, is_large, score, diag);
}

double pare_scorer_estimate(const pare_scorer *scorer)
{
    return pare_levels_estimate(&scorer->levels);
}

void pare_scorer_destroy(pare_scorer **scorer_io)
{
    pare_scorer *scorer = *scorer_io;
    if (!scorer) return;
    pare_image_deinit(&scorer->reference);
    pare_linear_tables_deinit(&scorer->tables);
    pare_levels_deinit(&scorer->levels);
    free(scorer);
    *scorer_io = NULL;
}
