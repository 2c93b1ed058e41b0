// SPDX-License-Identifier: Apache-2.0
/* Quantization of a plane. */
#include "core/codec/jpeg_quantize.h"

#include <math.h>

#define DEAD_ZONE 0.62f /* of a step; rounding up from here instead of from a half */

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* Magnitudes in steps of the new table, natural order. DC keeps its sign in *dc. */
static void scale_block(const pare_jpeg_plane *plane, const float *factors, const int16_t *block,
                        float *steps)
{
    const float shrink = plane->shrink;
    for (int i = 0; i < 64; i++) {
        const float magnitude = (float)(block[i] < 0 ? -block[i] : block[i]);
        const float kept = magnitude > shrink ? magnitude - shrink : 0.0f;
        steps[i] = kept * factors[i];
    }
}

static int quantize_dc(const pare_jpeg_plane *plane, const float *factors, int dc)
{
    (void)plane;
    return clamp((int)lroundf((float)dc * factors[0]), -PARE_JPEG_AC_MAX - 1, PARE_JPEG_AC_MAX);
}

pare_err pare_jpeg_quantize(const pare_jpeg_plane *plane, const pare_jpeg_quantizer *quantizer,
                            pare_jpeg_blocks *out)
{
    float factors[64];
    PARE_TRY(pare_jpeg_blocks_init(out, plane));
    for (int i = 0; i < 64; i++)
        factors[i] = plane->step[i] / (float)quantizer->quant[i];
    size_t index = 0;
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        PARE_TRY(pare_jpeg_blocks_begin_row(out, y));
        const int16_t *block = plane->rows[y];
        for (uint32_t x = 0; x < plane->width_blocks; x++, block += 64, index++) {
            float steps[64];
            scale_block(plane, factors, block, steps);
            size_t len = out->len;
            for (int k = 1; k < 64; k++) {
                const int n = pare_jpeg_natural[k];
                int value = (int)(steps[n] + (1.0f - DEAD_ZONE));
                if (value > PARE_JPEG_AC_MAX) value = PARE_JPEG_AC_MAX;
                out->positions[len] = (uint8_t)k;
                out->values[len] = (int16_t)(block[n] < 0 ? -value : value);
                len += value != 0;
            }
            out->dc[index] = (int16_t)quantize_dc(plane, factors, block[0]);
            out->counts[index] = (uint8_t)(len - out->len);
            out->len = len;
        }
    }
    return PARE_OK;
}
