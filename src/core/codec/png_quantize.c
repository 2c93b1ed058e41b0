// SPDX-License-Identifier: Apache-2.0
/* Palettes through libimagequant; the only file with it. A build that links it is distributable
 * under GPL-3.0-or-later. */
#include "core/codec/png_quantize.h"

#include <libimagequant.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/png_reduce.h"

/* How far below the asked quality a full palette may stay. */
enum { QUALITY_SLACK = 30 };

#ifdef PARE_HAVE_GOMP
/* From libgomp, which Debian's libimagequant uses; <omp.h> comes with gcc only. Workers may not
 * start threads, and the palette must not depend on how many there are. */
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
#else
static int omp_get_max_threads(void)
{
    return 1;
}
static void omp_set_num_threads(int count)
{
    (void)count;
}
#endif

static void give_row(liq_color row_out[], int row, int width, void *user)
{
    (void)width;
    pare_png_rgba_row(user, (uint32_t)row, (uint8_t *)row_out);
}

static pare_err error_of(liq_error error)
{
    switch (error) {
    case LIQ_OK: return PARE_OK;
    case LIQ_QUALITY_TOO_LOW: return PARE_SKIP_BELOW_MIN_SCORE;
    case LIQ_OUT_OF_MEMORY: return PARE_ERR_NO_MEMORY;
    default: return PARE_ERR_CODEC;
    }
}

/* libimagequant's scale runs from 1, slowest, to 10. */
static int speed_of(int effort)
{
    return effort <= 1 ? 8 : effort <= 3 ? 6 : effort <= 5 ? 4 : effort <= 8 ? 3 : 1;
}

static pare_err set_up(liq_attr *attr, const pare_png_quantize_params *params)
{
    const int low = params->quality > QUALITY_SLACK ? params->quality - QUALITY_SLACK : 0;
    if (liq_set_quality(attr, low, params->quality) != LIQ_OK) return PARE_ERR_CODEC;
    if (liq_set_speed(attr, speed_of(params->effort)) != LIQ_OK) return PARE_ERR_CODEC;
    return PARE_OK;
}

static pare_err take_result(liq_result *result, liq_image *input, pare_png_raster *out)
{
    const size_t size = out->stride * out->height_px;
    PARE_TRY(error_of(liq_write_remapped_image(result, input, out->owned, size)));
    const liq_palette *palette = liq_get_palette(result);
    if (!palette || palette->count == 0 || palette->count > 256) return PARE_ERR_CODEC;
    out->palette.count = (uint16_t)palette->count;
    for (unsigned i = 0; i < palette->count; i++) {
        const liq_color c = palette->entries[i];
        const uint8_t color[4] = {c.r, c.g, c.b, c.a};
        memcpy(out->palette.colors[i], color, 4);
    }
    return PARE_OK;
}

static pare_err quantize(const pare_image *image, const pare_png_quantize_params *params,
                         pare_png_raster *out)
{
    liq_result *result = NULL;
    liq_image *input = NULL;
    pare_err err = PARE_ERR_NO_MEMORY;
    liq_attr *attr = liq_attr_create();
    if (!attr) goto out;
    err = set_up(attr, params);
    if (err != PARE_OK) goto out;
    input = liq_image_create_custom(attr, give_row, (void *)(uintptr_t)image, (int)image->width_px,
                                    (int)image->height_px, 0);
    if (!input) {
        err = PARE_ERR_NO_MEMORY;
        goto out;
    }
    err = error_of(liq_image_quantize(input, attr, &result));
    if (err != PARE_OK) goto out;
    err = error_of(liq_set_dithering_level(result, (float)params->dither));
    if (err != PARE_OK) goto out;
    err = pare_png_raster_init(out, image->width_px, image->height_px, PNG_PALETTE, 8);
    if (err != PARE_OK) goto out;
    err = take_result(result, input, out);
out:
    if (result) liq_result_destroy(result);
    if (input) liq_image_destroy(input);
    if (attr) liq_attr_destroy(attr);
    if (err != PARE_OK) pare_png_raster_deinit(out);
    return err;
}

pare_err pare_png_quantize(const pare_image *image, const pare_png_quantize_params *params,
                           pare_png_raster *out)
{
    *out = (pare_png_raster){0};
    if (image->width_px > INT32_MAX || image->height_px > INT32_MAX) return PARE_ERR_TOO_LARGE;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const pare_err err = quantize(image, params, out);
    omp_set_num_threads(threads);
    return err;
}
