// SPDX-License-Identifier: Apache-2.0
/* Built in place of png_quantize.c when there is no libimagequant. */
#include "core/codec/png_quantize.h"

pare_err pare_png_quantize(const pare_image *image, const pare_png_quantize_params *params,
                           pare_png_raster *out)
{
    (void)image;
    (void)params;
    *out = (pare_png_raster){0};
    return PARE_SKIP_NO_ENCODER;
}
