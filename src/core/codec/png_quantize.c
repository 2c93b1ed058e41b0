// SPDX-License-Identifier: Apache-2.0
/* From quality to a palette, and to the indices of all pixels. */
#include "core/codec/png_quantize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/palette_map.h"

/* How far below the asked quality a full palette may stay. */
enum { QUALITY_SLACK = 45 };

/* The loss (palette_build.h) that goes with a quality: it doubles about every 17 points below 80,
 * and falls to none at 100. Photographs score about 75 with that of 80. */
#define LOSS_OF_80 2.5e-4
#define POINTS_A_DOUBLING 17.0

/* What a bit is worth (palette_map.h) beside the loss that the palette may have, so that bytes are
 * not spent on one of them that the other would give for less. */
#define BIT_OF_LOSS 0.7

static double loss_of(int quality)
{
    if (quality < 80) return LOSS_OF_80 * pow(2, (80 - quality) / POINTS_A_DOUBLING);
    return LOSS_OF_80 * (100 - quality) / 20;
}

/* Below this a palette is so coarse that each point less takes whole colours away, and the look at
 * the result would refuse it: a point less counts as a twentieth. */
enum { COARSE_QUALITY = 65 };

static int gentle(int quality)
{
    return quality >= COARSE_QUALITY ? quality : COARSE_QUALITY - (COARSE_QUALITY - quality) / 20;
}

/* Of moving the colours. Not more with more effort: other colours may deflate worse, and 12 rounds
 * in place of 6 gave no fewer bytes and 0.1 more points; 2 took a twentieth less time at effort 0.
 */
enum { ROUNDS = 6 };

/* Take out the colours that no pixel has. */
static void drop_unused(pare_png_raster *raster)
{
    bool is_used[256] = {false};
    uint8_t map[256];
    const size_t count = raster->stride * raster->height_px;
    pare_png_palette *palette = &raster->palette;
    for (size_t i = 0; i < count; i++)
        is_used[raster->owned[i]] = true;
    uint16_t kept = 0;
    for (unsigned i = 0; i < palette->count; i++) {
        if (!is_used[i]) continue;
        memmove(palette->colors[kept], palette->colors[i], 4);
        map[i] = (uint8_t)kept++;
    }
    if (kept == palette->count) return;
    palette->count = kept;
    for (size_t i = 0; i < count; i++)
        raster->owned[i] = map[raster->owned[i]];
}

static pare_err quantize(const pare_image *image, const pare_png_quantize_params *params,
                         pare_palette_space *space, pare_palette *palette, pare_png_raster *out)
{
    const double loss = loss_of(gentle(params->quality));
    const pare_palette_wish wish = {.loss = loss, .rounds = ROUNDS};
    pare_palette_space_init(space);
    PARE_TRY(pare_palette_build(image, space, &wish, palette));
    if (palette->loss > loss_of(params->quality - QUALITY_SLACK)) return PARE_SKIP_BELOW_MIN_SCORE;
    const double bit = loss * BIT_OF_LOSS * palette->varied_share;
    const pare_palette_trade trade = {.bit = params->packs ? bit : 0, .dither = params->dither};
    PARE_TRY(pare_png_raster_init(out, image->width_px, image->height_px, PNG_PALETTE, 8));
    out->palette = palette->colors;
    PARE_TRY(pare_palette_map(image, space, palette, &trade, out));
    drop_unused(out);
    return PARE_OK;
}

pare_err pare_png_quantize(const pare_image *image, const pare_png_quantize_params *params,
                           pare_png_raster *out)
{
    *out = (pare_png_raster){0};
    pare_palette_space *space = malloc(sizeof *space);
    pare_palette *palette = malloc(sizeof *palette);
    pare_err err = PARE_ERR_NO_MEMORY;
    if (space && palette) err = quantize(image, params, space, palette, out);
    free(space);
    free(palette);
    if (err != PARE_OK) pare_png_raster_deinit(out);
    return err;
}
