// SPDX-License-Identifier: Apache-2.0
/* Quantized coefficients, kept sparse: most are zero, and everything that looks at them (counting,
 * writing) wants the others only. A fifth of the memory of a full array, and faster to walk. */
#ifndef PARE_CORE_JPEG_BLOCKS_H
#define PARE_CORE_JPEG_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/codec/jpeg_coeffs.h"

/* What a Huffman-coded 8-bit JPEG can hold (ITU-T T.81, F.1.2): magnitudes of AC coefficients, and
 * of differences of DC coefficients. */
#define PARE_JPEG_AC_MAX 1023
#define PARE_JPEG_DC_DIFF_MAX 2047

/* One component; blocks row by row. All zero is valid and empty. */
typedef struct pare_jpeg_blocks {
    uint32_t width_blocks, height_blocks;
    uint8_t h, v;
    int16_t *dc;        /* of each block */
    uint8_t *counts;    /* of each block: its nonzero AC coefficients, 0..63 */
    size_t *row_starts; /* [height_blocks]: index of the row's first entry below */
    /* Nonzero AC coefficients of all blocks, in zigzag order. */
    uint8_t *positions; /* 1..63 */
    int16_t *values;
    size_t len, cap;
} pare_jpeg_blocks;

/* Allocates for the plane's shape, and forgets what was there. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_blocks_init(pare_jpeg_blocks *blocks,
                                              const pare_jpeg_plane *plane);
void pare_jpeg_blocks_deinit(pare_jpeg_blocks *blocks);

/* Room for one more row in the worst case; notes where the row starts. Errors:
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_blocks_begin_row(pare_jpeg_blocks *blocks, uint32_t y);

/* The plane's own numbers, unchanged. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a number beyond what
 * can be written), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_blocks_copy(pare_jpeg_blocks *blocks,
                                              const pare_jpeg_plane *plane, pare_diag *diag);

#endif /* PARE_CORE_JPEG_BLOCKS_H */
