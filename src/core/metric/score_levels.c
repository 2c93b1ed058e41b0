// SPDX-License-Identifier: Apache-2.0
/* The pyramid of SSIMULACRA 2.1, streamed. */
#include "core/metric/score_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum {
    SIDES = PARE_SIDE_COUNT * PARE_SCORE_CHANNELS,  /* rows that arrive together */
    PLANES = PARE_SCORE_CHANNELS * PARE_ROWS_MEANS, /* rows that are blurred together */
    REACH = PARE_BLUR_RADIUS - 1,                   /* rows below that the blur needs */
    BAND_ROWS = 16,   /* two rows of JPEG blocks: every place in a block is seen alike */
    BAND_PERIOD = 64, /* at full size; half of it at half size */
    BAND_SCALES = 2   /* smaller scales weigh most and cost little: always complete */
};

static size_t padded(size_t width_px)
{
    return (width_px + PARE_ROWS_LANES - 1) / PARE_ROWS_LANES * PARE_ROWS_LANES;
}

/* Sizes as the reference: halved rounding up, until a side of the scale before is below 8. */
static void plan_scales(pare_levels *levels, size_t width_px, size_t height_px)
{
    for (int i = 0; i < PARE_SCORE_SCALES; i++) {
        if (i > 0) {
            if (width_px < PARE_SCORE_MIN_SIDE_PX || height_px < PARE_SCORE_MIN_SIDE_PX) break;
            width_px = (width_px + 1) / 2;
            height_px = (height_px + 1) / 2;
        }
        pare_level *level = &levels->levels[levels->count++];
        level->width_px = width_px;
        level->height_px = height_px;
        level->stride = padded(width_px) + PARE_ROWS_MARGIN;
    }
}

/* The next rows of the memory, with a margin of zeros before and after each. */
static float *take_rows(float **next, size_t row_count, size_t stride)
{
    float *rows = *next;
    *next += row_count * stride;
    return rows;
}

pare_err pare_levels_init(pare_levels *levels, size_t width_px, size_t height_px,
                          const pare_rows_table *rows)
{
    enum {
        OF_LEVEL = (PARE_LINEAR_ROWS + PARE_XYB_ROWS) * SIDES + PARE_BLURRED_ROWS * PLANES +
                   2 * PLANES * PARE_BLUR_WAVES,
        SHARED = 2 + 2 * PARE_ROWS_MEANS
    };
    *levels = (pare_levels){.rows = rows};
    /* far beyond any image, and no sum below can wrap */
    if (width_px > SIZE_MAX / 65536) return PARE_ERR_TOO_LARGE;
    plan_scales(levels, width_px, height_px);

    const size_t widest = levels->levels[0].stride;
    size_t total = PARE_ROWS_MARGIN + SHARED * widest;
    for (int i = 0; i < levels->count; i++)
        total += OF_LEVEL * levels->levels[i].stride;
    levels->memory = calloc(total, sizeof *levels->memory);
    if (!levels->memory) return PARE_ERR_NO_MEMORY;

    float *next = levels->memory + PARE_ROWS_MARGIN;
    levels->zeros = take_rows(&next, 1, widest);
    levels->spare = take_rows(&next, 1, widest);
    for (int i = 0; i < PARE_ROWS_MEANS; i++) {
        levels->products[i] = take_rows(&next, 1, widest);
        levels->means[i] = take_rows(&next, 1, widest);
    }
    for (int i = 0; i < levels->count; i++) {
        pare_level *level = &levels->levels[i];
        level->linear = take_rows(&next, (size_t)PARE_LINEAR_ROWS * SIDES, level->stride);
        level->xyb = take_rows(&next, (size_t)PARE_XYB_ROWS * SIDES, level->stride);
        level->blurred = take_rows(&next, (size_t)PARE_BLURRED_ROWS * PLANES, level->stride);
        level->waves = take_rows(&next, (size_t)2 * PLANES * PARE_BLUR_WAVES, level->stride);
    }
    return PARE_OK;
}

void pare_levels_deinit(pare_levels *levels)
{
    free(levels->memory);
    *levels = (pare_levels){0};
}

void pare_levels_restart(pare_levels *levels, bool sampled)
{
    levels->sampled = sampled;
    for (int i = 0; i < levels->count; i++) {
        pare_level *level = &levels->levels[i];
        level->row_count = level->run_count = level->rows_scored = 0;
        memset(level->sums, 0, sizeof level->sums);
    }
}

static float *linear_row(const pare_level *level, size_t y, int side, int channel)
{
    const size_t row =
        y % PARE_LINEAR_ROWS * SIDES + (size_t)(side * PARE_SCORE_CHANNELS + channel);
    return level->linear + row * level->stride;
}

static float *xyb_row(const pare_level *level, size_t y, int side, int channel)
{
    const size_t row = y % PARE_XYB_ROWS * SIDES + (size_t)(side * PARE_SCORE_CHANNELS + channel);
    return level->xyb + row * level->stride;
}

static float *blurred_row(const pare_level *level, size_t y, int plane)
{
    return level->blurred + (y % PARE_BLURRED_ROWS * PLANES + (size_t)plane) * level->stride;
}

static float *wave_row(const pare_level *level, size_t parity, int plane, int wave)
{
    const size_t row = (parity * PLANES + (size_t)plane) * PARE_BLUR_WAVES + (size_t)wave;
    return level->waves + row * level->stride;
}

float *pare_levels_input(const pare_levels *levels, int side, int channel)
{
    return linear_row(&levels->levels[0], levels->levels[0].row_count, side, channel);
}

/* Each period of rows has one band, at a place that changes from period to period, so that
 * regular content (text lines, a fence) is not always met at the same phase. */
static bool is_scored(const pare_levels *levels, int scale, size_t y)
{
    if (!levels->sampled || scale >= BAND_SCALES) return true;
    const size_t period = BAND_PERIOD >> scale;
    const uint32_t mixed = (uint32_t)(y / period + 1) * 2654435761u; /* Knuth's multiplier */
    const size_t start = (mixed >> 16) % (period - BAND_ROWS + 1);
    return y % period >= start && y % period < start + BAND_ROWS;
}

/* Is row y below a row that is compared, above one, or one of them? */
static bool is_seen(const pare_levels *levels, int scale, size_t y)
{
    for (size_t near = y > REACH ? y - REACH : 0; near <= y + REACH; near++) {
        if (is_scored(levels, scale, near)) return true;
    }
    return false;
}

static void convert_row(const pare_levels *levels, const pare_level *level, size_t y)
{
    for (int side = 0; side < PARE_SIDE_COUNT; side++) {
        const float *rgb[PARE_SCORE_CHANNELS];
        float *xyb[PARE_SCORE_CHANNELS];
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
            rgb[channel] = linear_row(level, y, side, channel);
            xyb[channel] = xyb_row(level, y, side, channel);
        }
        levels->rows->to_xyb(rgb, xyb, level->width_px);
    }
}

static void blur_row_right(const pare_levels *levels, const pare_level *level, size_t y)
{
    const size_t width_px = level->width_px;
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
        const float *reference = xyb_row(level, y, PARE_SIDE_REFERENCE, channel);
        const float *image = xyb_row(level, y, PARE_SIDE_IMAGE, channel);
        float *const *products = levels->products;
        levels->rows->multiply(reference, reference, products[2], width_px);
        levels->rows->multiply(image, image, products[3], width_px);
        levels->rows->multiply(reference, image, products[4], width_px);
        for (int i = 2; i < PARE_ROWS_MEANS; i++) /* a wider scale may have been here before */
            memset(products[i] + padded(width_px), 0, PARE_ROWS_MARGIN * sizeof(float));
        const float *in[PARE_ROWS_MEANS + 1] = {reference,   image,       products[2],
                                                products[3], products[4], levels->zeros};
        float *out[PARE_ROWS_MEANS + 1];
        for (int i = 0; i < PARE_ROWS_MEANS; i++)
            out[i] = blurred_row(level, y, channel * PARE_ROWS_MEANS + i);
        out[PARE_ROWS_MEANS] = levels->spare;
        for (int i = 0; i < PARE_ROWS_MEANS; i += 2)
            levels->rows->blur_right(in + i, out + i, width_px);
    }
}

/* One step of the blur downwards of a plane, when `run` rows came before the row at hand. Rows of
 * before the start of the run, and `below` the last, are zeros. */
static void blur_down(const pare_levels *levels, const pare_level *level, int plane, size_t y,
                      bool has_below)
{
    const size_t run = level->run_count, depth = PARE_BLURRED_ROWS - 1;
    pare_blur_step step = {
        .above = run >= depth ? blurred_row(level, y - depth, plane) : levels->zeros,
        .below = has_below ? blurred_row(level, y, plane) : levels->zeros,
        .out = levels->means[plane % PARE_ROWS_MEANS],
    };
    for (int k = 0; k < PARE_BLUR_WAVES; k++) {
        step.newer[k] = wave_row(level, run & 1, plane, k);
        step.older[k] = wave_row(level, ~run & 1, plane, k);
    }
    levels->rows->blur_down(&step, level->width_px);
}

/* Row y is blurred to the right, or is one of the REACH rows of nothing after the last. That
 * completes row y - REACH. */
static void finish_row(pare_levels *levels, int scale, size_t y)
{
    pare_level *level = &levels->levels[scale];
    const bool has_row = level->run_count >= REACH && y - REACH < level->height_px;
    const bool scored = has_row && is_scored(levels, scale, y - REACH);
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
        for (int i = 0; i < PARE_ROWS_MEANS; i++)
            blur_down(levels, level, channel * PARE_ROWS_MEANS + i, y, y < level->height_px);
        if (!scored) continue;
        levels->rows->compare((const float *const *)levels->means,
                              xyb_row(level, y - REACH, PARE_SIDE_REFERENCE, channel),
                              xyb_row(level, y - REACH, PARE_SIDE_IMAGE, channel), level->width_px,
                              &level->sums[channel]);
    }
    level->run_count++;
    level->rows_scored += scored;
}

/* Row y of a scale is in linear. */
static void take_row(pare_levels *levels, int scale, size_t y)
{
    pare_level *level = &levels->levels[scale];
    if (!is_seen(levels, scale, y)) {
        level->run_count = 0; /* the next band starts anew */
    } else {
        if (level->run_count == 0) {
            memset(wave_row(level, 0, 0, 0), 0,
                   sizeof(float) * 2 * PLANES * PARE_BLUR_WAVES * level->stride);
        }
        convert_row(levels, level, y);
        blur_row_right(levels, level, y);
        finish_row(levels, scale, y);
    }
    if (y + 1 < level->height_px || level->run_count == 0) return;
    for (size_t after = y + 1; after <= y + REACH; after++)
        finish_row(levels, scale, after);
}

static void halve_row(const pare_levels *levels, int scale, size_t y)
{
    const pare_level *from = &levels->levels[scale], *to = from + 1;
    const size_t above = y - y % 2; /* a last row without partner counts twice */
    for (int side = 0; side < PARE_SIDE_COUNT; side++) {
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
            levels->rows->halve(linear_row(from, above, side, channel),
                                linear_row(from, y, side, channel),
                                linear_row(to, to->row_count, side, channel), from->width_px);
        }
    }
}

void pare_levels_push(pare_levels *levels)
{
    for (int scale = 0; scale < levels->count; scale++) {
        pare_level *level = &levels->levels[scale];
        const size_t y = level->row_count++;
        take_row(levels, scale, y);
        const bool complete = y % 2 == 1 || y + 1 == level->height_px;
        if (!complete || scale + 1 == levels->count) break;
        halve_row(levels, scale, y);
    }
}

double pare_levels_score(const pare_levels *levels)
{
    pare_scale_norms norms[PARE_SCORE_SCALES] = {0};
    for (int scale = 0; scale < levels->count; scale++) {
        const pare_level *level = &levels->levels[scale];
        const double pixels = (double)level->width_px * (double)level->rows_scored;
        for (int channel = 0; channel < PARE_SCORE_CHANNELS && pixels > 0; channel++) {
            for (int map = 0; map < PARE_MAP_COUNT; map++) {
                const pare_map_sums *sums = &level->sums[channel];
                norms[scale].channels[channel].norm1[map] = sums->norm1[map] / pixels;
                norms[scale].channels[channel].norm4[map] = sqrt(sqrt(sums->norm4[map] / pixels));
            }
        }
    }
    return pare_score_of_norms(norms, levels->count);
}
