// SPDX-License-Identifier: Apache-2.0
/* The chunks of a PNG file (W3C PNG, third edition), without decoding pixels. */
#ifndef PARE_CORE_PNG_INFO_H
#define PARE_CORE_PNG_INFO_H

#include "core/image/image.h"
#include "core/image/profile.h"

/* What the chunks say. Views are borrowed from the file. */
typedef struct pare_png_chunks {
    uint32_t width_px, height_px;
    uint8_t depth_bits, color_type; /* IHDR; 0, 2, 3, 4 or 6 */
    bool is_interlaced, is_animated, is_cut;
    uint32_t frames;
    bool has_trns, has_icc, has_srgb, has_gamma, has_chromaticities, has_cicp, has_iptc;
    bool has_xmp;
    uint8_t cicp[4];
    pare_colorimetry colors; /* by gAMA and cHRM; sRGB where they are absent */
    pare_bytes exif;
    pare_bytes comment; /* of tEXt Comment or Description */
    size_t end;         /* offset after IEND, or the file's length when there is none */
} pare_png_chunks;

/* Errors: PARE_ERR_CORRUPT, PARE_ERR_TRUNCATED (no whole header). */
PARE_NODISCARD pare_err pare_png_chunks_read(pare_bytes file, pare_png_chunks *out,
                                             pare_diag *diag);

/* As pare_codec.read_info. */
PARE_NODISCARD pare_err pare_png_read_info(pare_bytes file, pare_info *out, pare_diag *diag);

#endif /* PARE_CORE_PNG_INFO_H */
