// SPDX-License-Identifier: Apache-2.0
/* From coefficients to the smallest numbers that keep the looks: rate-distortion optimized
 * quantization of each block. */
#ifndef PARE_CORE_JPEG_QUANTIZE_H
#define PARE_CORE_JPEG_QUANTIZE_H

#include "core/codec/jpeg_blocks.h"

typedef enum pare_jpeg_weighing {
    PARE_JPEG_WEIGH_LUMA = 0, /* errors hide behind detail */
    PARE_JPEG_WEIGH_CHROMA = 1
} pare_jpeg_weighing;

typedef struct pare_jpeg_quantizer {
    const uint16_t *quant; /* [64], natural order */
    pare_jpeg_weighing weighing;
    bool trellis; /* false: a dead zone only, faster and bigger */
} pare_jpeg_quantizer;

/* Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_quantize(const pare_jpeg_plane *plane,
                                           const pare_jpeg_quantizer *quantizer,
                                           pare_jpeg_blocks *out);

#endif /* PARE_CORE_JPEG_QUANTIZE_H */
