// SPDX-License-Identifier: Apache-2.0
/* The DCT coefficients that a JPEG is written from: read from a file, or made from pixels.
 *
 * A coefficient's value is stored number x step. For a file the stored numbers are the file's own
 * (step is its quantizer); for pixels they are in sixteenths. */
#ifndef PARE_CORE_JPEG_COEFFS_H
#define PARE_CORE_JPEG_COEFFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/codec/codec.h"

#define PARE_JPEG_COMPONENTS_MAX 4

typedef enum pare_jpeg_color {
    PARE_JPEG_OTHER = 0, /* components without a meaning that we know */
    PARE_JPEG_GRAY,
    PARE_JPEG_YCC,
    PARE_JPEG_RGB,
    PARE_JPEG_CMYK,
    PARE_JPEG_YCCK
} pare_jpeg_color;

/* One component. */
typedef struct pare_jpeg_plane {
    uint8_t id;                           /* component id in the file */
    uint8_t h, v;                         /* sampling factors, 1..4 */
    uint32_t width_blocks, height_blocks; /* without the blocks that only fill up an MCU */
    /* Rows of width_blocks blocks of 64, natural order, for jpeg_rows.h: one of these, or both NULL
     * once they are released. */
    int16_t *own;       /* plain */
    uint32_t own_width; /* then: blocks from row to row */
    uint8_t **packed;   /* [height_blocks]: each row by itself */
    bool borrows;       /* they are another plane's; else owned */
    uint16_t quant[64]; /* of the file, natural order; zero when made from pixels */
    float step[64];     /* value of one stored unit, natural order */
    float shrink;       /* stored units to take off each AC magnitude: inverts the bias of rounding
                           towards zero of a peaked distribution */
} pare_jpeg_plane;

typedef struct pare_jpeg_coeffs {
    uint32_t width_px, height_px;
    pare_jpeg_color color;
    uint8_t component_count;
    uint8_t max_h, max_v;
    bool has_jfif, has_adobe;
    uint8_t adobe_transform;
    uint8_t density_unit; /* as JFIF stores it */
    uint16_t density_x, density_y;
    pare_jpeg_plane planes[PARE_JPEG_COMPONENTS_MAX];
} pare_jpeg_coeffs;

/* Read all coefficients of a file.
 *
 *   file  borrowed for the call.
 *   max_memory_bytes  0: none.
 *   out   owned; end it with pare_jpeg_coeffs_deinit, also after an error.
 *
 * Errors: PARE_SKIP_UNSUPPORTED_VARIANT (12 bit, lossless or hierarchical JPEG), PARE_ERR_CORRUPT,
 * PARE_ERR_TRUNCATED, PARE_ERR_TOO_LARGE, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_coeffs_read(pare_bytes file, uint64_t max_memory_bytes,
                                              pare_jpeg_coeffs *out, pare_diag *diag);

/* As pare_jpeg_coeffs_read for a damaged file: numbers that are not there are zero.
 *
 *   good_rows  rows of pixels before the damage; all, when it is in a scan that only adds detail.
 *              The last of them may take colour from below. */
PARE_NODISCARD pare_err pare_jpeg_coeffs_salvage(pare_bytes file, uint64_t max_memory_bytes,
                                                 pare_jpeg_coeffs *out, uint32_t *good_rows,
                                                 pare_diag *diag);

/* What pare_jpeg_coeffs_from_pixels makes. */
typedef struct pare_jpeg_shape {
    bool halve_chroma; /* 4:2:0; else 4:4:4 */
} pare_jpeg_shape;

/* Gray, YCbCr (from RGB) or inverted CMYK coefficients of an image without alpha, 8 or 16 bit.
 *
 *   out  owned, as above.
 *
 * Errors: PARE_ERR_INVALID (alpha, or an edge beyond 65535), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_coeffs_from_pixels(const pare_image *image,
                                                     const pare_jpeg_shape *shape,
                                                     pare_jpeg_coeffs *out, pare_diag *diag);

/* What a YCbCr source of 4:4:4, 4:2:2 or 4:4:0 would lose by 4:2:0. */
typedef struct pare_jpeg_halving_cost {
    bool is_halvable; /* false: not such a source, and the rest is zero */
    double lost;      /* energy of the frequencies that 4:2:0 cannot hold, per chroma sample, in
                         squared sample units */
    double below;     /* the same of the frequencies just below those */
    double activity;  /* of brightness, in the same unit: the geometric mean over blocks */
} pare_jpeg_halving_cost;

pare_jpeg_halving_cost pare_jpeg_coeffs_halving_cost(const pare_jpeg_coeffs *coeffs);

/* The same image with its chroma halved to 4:2:0 without leaving the DCT; for sources that are
 * halvable.
 *
 *   out  owned; its luma rows are borrowed from coeffs, which has to outlive it.
 *
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_coeffs_halve(const pare_jpeg_coeffs *coeffs,
                                               pare_jpeg_coeffs *out);

/* Allocates plain rows for width_blocks x height_blocks. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_plane_init(pare_jpeg_plane *plane, uint32_t width_blocks,
                                             uint32_t height_blocks);

/* Free the coefficients and keep the header fields and quantizers. */
void pare_jpeg_coeffs_release_rows(pare_jpeg_coeffs *coeffs);

void pare_jpeg_coeffs_deinit(pare_jpeg_coeffs *coeffs);

/* Natural index of the k-th coefficient in zigzag order (ITU-T T.81, figure A.6). */
extern const uint8_t pare_jpeg_natural[64];

#endif /* PARE_CORE_JPEG_COEFFS_H */
