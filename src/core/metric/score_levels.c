// SPDX-License-Identifier: Apache-2.0
/* The pyramid of SSIMULACRA 2.1, streamed. */
#include "core/metric/score_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum {
    SIDES = PARE_SIDE_COUNT * PARE_SCORE_CHANNELS, /* rows that arrive together */
    REACH = PARE_BLUR_RADIUS - 1,                  /* rows below that the blur needs */
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

static void plan_channels(pare_levels *levels)
{
    for (int i = 0; i < levels->count; i++) {
        pare_level *level = &levels->levels[i];
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
            if (pare_score_counts(channel, i, levels->count))
                level->used[level->used_count++] = channel;
        }
    }
}

/* Rows that are blurred together. */
static size_t plane_count(const pare_level *level)
{
    return (size_t)level->used_count * PARE_ROWS_MEANS;
}

/* The next rows of the memory, with a margin of zeros before and after each; only counts them while
 * there is no memory yet. */
static float *take_rows(const pare_levels *levels, size_t *taken, size_t row_count, size_t stride)
{
    float *rows = levels->memory ? levels->memory + *taken : NULL;
    *taken += row_count * stride;
    return rows;
}

/* All rows. Returns the floats that they take. */
static size_t place_rows(pare_levels *levels)
{
    const size_t widest = levels->levels[0].stride;
    size_t taken = PARE_ROWS_MARGIN;
    levels->zeros = take_rows(levels, &taken, 1, widest);
    levels->spare = take_rows(levels, &taken, 1, widest);
    for (int i = 0; i < 3; i++)
        levels->products[i] = take_rows(levels, &taken, 1, widest);
    for (int i = 0; i < PARE_ROWS_MEANS; i++)
        levels->means[i] = take_rows(levels, &taken, 1, widest);
    for (int i = 0; i < levels->count; i++) {
        pare_level *level = &levels->levels[i];
        const size_t stride = level->stride, planes = plane_count(level);
        const size_t sides = (size_t)PARE_SIDE_COUNT * (size_t)level->used_count;
        level->linear = take_rows(levels, &taken, (size_t)PARE_LINEAR_ROWS * SIDES, stride);
        level->xyb = take_rows(levels, &taken, PARE_XYB_ROWS * sides, stride);
        level->blurred = take_rows(levels, &taken, PARE_BLURRED_ROWS * planes, stride);
        level->waves = take_rows(levels, &taken, 2 * planes * PARE_BLUR_WAVES, stride);
    }
    return taken;
}

pare_err pare_levels_init(pare_levels *levels, size_t width_px, size_t height_px,
                          const pare_rows_table *rows)
{
    *levels = (pare_levels){.rows = rows};
    /* far beyond any image, and no sum below can wrap */
    if (width_px > SIZE_MAX / 65536) return PARE_ERR_TOO_LARGE;
    plan_scales(levels, width_px, height_px);
    plan_channels(levels);
    levels->memory = calloc(place_rows(levels), sizeof *levels->memory);
    if (!levels->memory) return PARE_ERR_NO_MEMORY;
    place_rows(levels);
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
        level->row_count = level->run_count = 0;
        level->bands = level->between = (pare_level_sums){0};
    }
}

static float *linear_row(const pare_level *level, size_t y, int side, int channel)
{
    const size_t row =
        y % PARE_LINEAR_ROWS * SIDES + (size_t)(side * PARE_SCORE_CHANNELS + channel);
    return level->linear + row * level->stride;
}

static float *xyb_row(const pare_level *level, size_t y, int side, int slot)
{
    const size_t row = (y % PARE_XYB_ROWS * PARE_SIDE_COUNT + (size_t)side);
    return level->xyb + (row * (size_t)level->used_count + (size_t)slot) * level->stride;
}

static float *blurred_row(const pare_level *level, size_t y, size_t plane)
{
    return level->blurred + (y % PARE_BLURRED_ROWS * plane_count(level) + plane) * level->stride;
}

static float *wave_row(const pare_level *level, size_t parity, size_t plane, int wave)
{
    const size_t row = (parity * plane_count(level) + plane) * PARE_BLUR_WAVES + (size_t)wave;
    return level->waves + row * level->stride;
}

float *pare_levels_input(const pare_levels *levels, int side, int channel)
{
    return linear_row(&levels->levels[0], levels->levels[0].row_count, side, channel);
}

/* Each period of rows has one band, at a place that changes from period to period, so that
 * regular content (text lines, a fence) is not always met at the same phase. */
static bool is_in_band(int scale, size_t y)
{
    if (scale >= BAND_SCALES) return true;
    const size_t period = BAND_PERIOD >> scale;
    const uint32_t mixed = (uint32_t)(y / period + 1) * 2654435761u; /* Knuth's multiplier */
    const size_t start = (mixed >> 16) % (period - BAND_ROWS + 1);
    return y % period >= start && y % period < start + BAND_ROWS;
}

static bool is_scored(const pare_levels *levels, int scale, size_t y)
{
    return !levels->sampled || is_in_band(scale, y);
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
        float *xyb[PARE_SCORE_CHANNELS] = {NULL};
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++)
            rgb[channel] = linear_row(level, y, side, channel);
        for (int slot = 0; slot < level->used_count; slot++)
            xyb[level->used[slot]] = xyb_row(level, y, side, slot);
        if (!xyb[1]) xyb[1] = levels->spare; /* made in any case */
        levels->rows->to_xyb(rgb, xyb, level->width_px);
    }
}

static void blur_row_right(const pare_levels *levels, const pare_level *level, size_t y)
{
    const size_t width_px = level->width_px;
    float *const *products = levels->products;
    for (int slot = 0; slot < level->used_count; slot++) {
        const float *reference = xyb_row(level, y, PARE_SIDE_REFERENCE, slot);
        const float *image = xyb_row(level, y, PARE_SIDE_IMAGE, slot);
        levels->rows->multiply(reference, image, products, width_px);
        for (int i = 0; i < 3; i++) /* a wider scale may have been here before */
            memset(products[i] + padded(width_px), 0, PARE_ROWS_MARGIN * sizeof(float));
        const float *in[PARE_ROWS_MEANS + 1] = {reference,   image,       products[0],
                                                products[1], products[2], levels->zeros};
        float *out[PARE_ROWS_MEANS + 1];
        for (int i = 0; i < PARE_ROWS_MEANS; i++)
            out[i] = blurred_row(level, y, (size_t)(slot * PARE_ROWS_MEANS + i));
        out[PARE_ROWS_MEANS] = levels->spare;
        for (int i = 0; i < PARE_ROWS_MEANS; i += 2)
            levels->rows->blur_right(in + i, out + i, i + 1 < PARE_ROWS_MEANS ? 2 : 1, width_px);
    }
}

/* One step of the blur downwards of a plane, when `run` rows came before the row at hand. Rows of
 * before the start of the run, and `below` the last, are zeros. */
static void blur_down(const pare_levels *levels, const pare_level *level, int plane, size_t y)
{
    const size_t run = level->run_count, depth = PARE_BLURRED_ROWS - 1, at = (size_t)plane;
    pare_blur_step step = {
        .above = run >= depth ? blurred_row(level, y - depth, at) : levels->zeros,
        .below = y < level->height_px ? blurred_row(level, y, at) : levels->zeros,
        .out = levels->means[plane % PARE_ROWS_MEANS],
    };
    for (int k = 0; k < PARE_BLUR_WAVES; k++) {
        step.wave[k] = wave_row(level, ~run & 1, at, k);
        step.newer[k] = run >= 1 ? wave_row(level, run & 1, at, k) : levels->zeros;
        step.older[k] = run >= 2 ? step.wave[k] : levels->zeros;
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
    pare_level_sums *sums =
        has_row && is_in_band(scale, y - REACH) ? &level->bands : &level->between;
    for (int slot = 0; slot < level->used_count; slot++) {
        for (int i = 0; i < PARE_ROWS_MEANS; i++)
            blur_down(levels, level, slot * PARE_ROWS_MEANS + i, y);
        if (!scored) continue;
        levels->rows->compare((const float *const *)levels->means,
                              xyb_row(level, y - REACH, PARE_SIDE_REFERENCE, slot),
                              xyb_row(level, y - REACH, PARE_SIDE_IMAGE, slot), level->width_px,
                              &sums->channels[level->used[slot]]);
    }
    level->run_count++;
    sums->row_count += scored;
}

/* Row y of a scale is in linear. */
static void take_row(pare_levels *levels, int scale, size_t y)
{
    pare_level *level = &levels->levels[scale];
    if (!is_seen(levels, scale, y)) {
        level->run_count = 0; /* the next band starts anew */
    } else {
        if (level->used_count > 0) convert_row(levels, level, y);
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

static pare_map_sums norms_of(const pare_map_sums *sums, double pixels)
{
    pare_map_sums norms = {0};
    for (int map = 0; map < PARE_MAP_COUNT && pixels > 0; map++) {
        norms.norm1[map] = sums->norm1[map] / pixels;
        norms.norm4[map] = sqrt(sqrt(sums->norm4[map] / pixels));
    }
    return norms;
}

static void add_sums(pare_map_sums *sums, const pare_map_sums *more)
{
    for (int map = 0; map < PARE_MAP_COUNT; map++) {
        sums->norm1[map] += more->norm1[map];
        sums->norm4[map] += more->norm4[map];
    }
}

static double score_of(const pare_levels *levels, bool of_bands)
{
    pare_scale_norms norms[PARE_SCORE_SCALES] = {0};
    for (int scale = 0; scale < levels->count; scale++) {
        const pare_level *level = &levels->levels[scale];
        size_t rows = level->bands.row_count + (of_bands ? 0 : level->between.row_count);
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
            pare_map_sums sums = level->bands.channels[channel];
            if (!of_bands) add_sums(&sums, &level->between.channels[channel]);
            norms[scale].channels[channel] =
                norms_of(&sums, (double)level->width_px * (double)rows);
        }
    }
    return pare_score_of_norms(norms, levels->count);
}

double pare_levels_score(const pare_levels *levels)
{
    return score_of(levels, false);
}

double pare_levels_estimate(const pare_levels *levels)
{
    return score_of(levels, true);
}
