// SPDX-License-Identifier: Apache-2.0
/* The pyramid of SSIMULACRA 2.1, streamed. */
#include "core/metric/score_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum {
    ROW_SET = PARE_SIDE_COUNT * PARE_SCORE_CHANNELS, /* rows that arrive together */
    LINEAR_ROWS = 2,
    BAND_ROWS = 16,   /* two rows of JPEG blocks: every place in a block is seen alike */
    BAND_PERIOD = 64, /* at full size; half of it at half size */
    BAND_SCALES = 2   /* smaller scales weigh most and cost little: always complete */
};

/* The reference blurs with a recursive Gaussian of sigma 1.5 and radius 5 (Charalampidis,
 * "Recursive Implementation of the Gaussian Filter Using Truncated Cosine Functions", IEEE
 * Trans. Signal Processing 64(14), 2016). Truncated at the radius, it has a finite response: the
 * sum of beta_k cos(k pi n / 10) for k = 1, 3, 5, which is zero at n = +-5. So nine taps are the
 * same filter, without the rounding that a recursion gathers. Outside the image is zero. */
static const float TAPS[PARE_ROWS_REACH + 1] = {
    0.2646211054881986f,  0.21292859201042227f,  0.10933537277746035f,
    0.03601111465836439f, 0.009414367809653733f,
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
        level->stride = padded(width_px);
    }
}

pare_err pare_levels_init(pare_levels *levels, size_t width_px, size_t height_px,
                          const pare_rows_table *rows)
{
    *levels = (pare_levels){.rows = rows};
    /* far beyond any image, and no sum below can wrap */
    if (width_px > SIZE_MAX / 4096) return PARE_ERR_TOO_LARGE;
    plan_scales(levels, width_px, height_px);

    const size_t widest = padded(width_px);
    const size_t mean_len = widest + 2 * (size_t)PARE_ROWS_MARGIN;
    size_t total = widest + PARE_ROWS_MEANS * mean_len;
    for (int i = 0; i < levels->count; i++)
        total += (LINEAR_ROWS + PARE_ROWS_TAPS) * ROW_SET * levels->levels[i].stride;

    float *next = levels->memory = calloc(total, sizeof *next);
    if (!next) return PARE_ERR_NO_MEMORY;
    levels->zeros = next;
    next += widest;
    for (int i = 0; i < PARE_ROWS_MEANS; i++, next += mean_len)
        levels->means[i] = next + PARE_ROWS_MARGIN;
    for (int i = 0; i < levels->count; i++) {
        pare_level *level = &levels->levels[i];
        level->linear = next;
        next += LINEAR_ROWS * ROW_SET * level->stride;
        level->xyb = next;
        next += PARE_ROWS_TAPS * ROW_SET * level->stride;
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
        level->row_count = level->rows_scored = 0;
        memset(level->sums, 0, sizeof level->sums);
    }
}

static float *linear_row(const pare_level *level, size_t y, int side, int channel)
{
    const size_t row = (y % LINEAR_ROWS * PARE_SIDE_COUNT + (size_t)side) * PARE_SCORE_CHANNELS;
    return level->linear + (row + (size_t)channel) * level->stride;
}

static float *xyb_row(const pare_level *level, size_t y, int side, int channel)
{
    const size_t row = (y % PARE_ROWS_TAPS * PARE_SIDE_COUNT + (size_t)side) * PARE_SCORE_CHANNELS;
    return level->xyb + (row + (size_t)channel) * level->stride;
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

static bool is_seen(const pare_levels *levels, int scale, size_t y)
{
    const size_t from = y > PARE_ROWS_REACH ? y - PARE_ROWS_REACH : 0;
    for (size_t near = from; near <= y + PARE_ROWS_REACH; near++) {
        if (is_scored(levels, scale, near)) return true;
    }
    return false;
}

static void score_row(pare_levels *levels, int scale, size_t y)
{
    pare_level *level = &levels->levels[scale];
    if (!is_scored(levels, scale, y)) return;
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
        pare_rows_window window;
        for (size_t k = 0; k < PARE_ROWS_TAPS; k++) {
            const size_t near = y + k; /* of row y + k - REACH */
            const bool inside =
                near >= PARE_ROWS_REACH && near - PARE_ROWS_REACH < level->height_px;
            const size_t row = near - PARE_ROWS_REACH;
            window.reference[k] =
                inside ? xyb_row(level, row, PARE_SIDE_REFERENCE, channel) : levels->zeros;
            window.image[k] =
                inside ? xyb_row(level, row, PARE_SIDE_IMAGE, channel) : levels->zeros;
        }
        levels->rows->blur_down(&window, TAPS, levels->means, level->width_px);
        for (int i = 0; i < PARE_ROWS_MEANS; i++) /* a wider scale may have been here before */
            memset(levels->means[i] + level->stride, 0, PARE_ROWS_MARGIN * sizeof(float));
        levels->rows->blur_across((const float *const *)levels->means, &window, TAPS,
                                  level->width_px, &level->sums[channel]);
    }
    level->rows_scored++;
}

/* Row y of a scale is in linear: convert it, and score the row that has now all its neighbours. */
static void take_row(pare_levels *levels, int scale, size_t y)
{
    const pare_level *level = &levels->levels[scale];
    for (int side = 0; side < PARE_SIDE_COUNT && is_seen(levels, scale, y); side++) {
        const float *rgb[PARE_SCORE_CHANNELS];
        float *xyb[PARE_SCORE_CHANNELS];
        for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
            rgb[channel] = linear_row(level, y, side, channel);
            xyb[channel] = xyb_row(level, y, side, channel);
        }
        levels->rows->to_xyb(rgb, xyb, level->width_px);
    }
    if (y >= PARE_ROWS_REACH) score_row(levels, scale, y - PARE_ROWS_REACH);
    if (y + 1 == level->height_px) {
        const size_t first = level->height_px > PARE_ROWS_REACH ? y + 1 - PARE_ROWS_REACH : 0;
        for (size_t last = first; last <= y; last++)
            score_row(levels, scale, last);
    }
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
