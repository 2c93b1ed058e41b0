// SPDX-License-Identifier: Apache-2.0
/* A TIFF file in memory for libtiff, and how its rows become pixels. */
#ifndef PARE_CORE_TIFF_FILE_H
#define PARE_CORE_TIFF_FILE_H

#include <tiffio.h>

#include "core/codec/codec.h"

enum { PARE_TIFF_ALLOCATION_MAX = 256 << 20 };

/* What libtiff reads from. Must outlive the TIFF. */
typedef struct pare_tiff_source {
    pare_bytes file; /* borrowed */
    uint64_t at;
    /* So many bytes of `filler` seem to come behind the end; 0: the file ends where it ends. */
    uint64_t padding;
    uint8_t filler;
    bool was_padded; /* some of them were read */
} pare_tiff_source;

/* NULL: the directory is damaged, or there is no memory. End it with TIFFClose(). */
TIFF *pare_tiff_open(pare_tiff_source *source);

typedef struct pare_tiff_shape {
    uint32_t width, height;
    uint16_t bits, samples, photometric, planar, orientation, sample_format, extra_count;
    uint16_t *extras; /* owned by the TIFF */
} pare_tiff_shape;

void pare_tiff_shape_read(TIFF *tiff, pare_tiff_shape *out);
bool pare_tiff_has_alpha(const pare_tiff_shape *shape);

/* Can rows be taken as they are: whole samples, side by side, in colours that pare_image has? */
bool pare_tiff_is_plain(const pare_tiff_shape *shape, pare_color *color);

/* Can libtiff turn everything else into RGBA of 8 bits: palettes, bilevel, YCbCr, Lab? */
bool pare_tiff_gives_rgba(TIFF *tiff, const pare_tiff_shape *shape);

/* A plain row that was read into out: gray where 0 is white, and colours that were multiplied by
 * alpha. */
void pare_tiff_normalize_row(const pare_tiff_shape *shape, const pare_image *out, uint8_t *row);

/* Words of libtiff, associated RGBA, to bytes in their place. */
void pare_tiff_unpack_rgba(uint8_t *pixels, size_t count);

/* Raw camera files are TIFF files whose first directory is only a preview. */
bool pare_tiff_is_camera_raw(TIFF *tiff, pare_bytes file);

PARE_NODISCARD pare_err pare_tiff_copy_metadata(TIFF *tiff, pare_metadata *out);

/* As pare_codec.salvage. */
PARE_NODISCARD pare_err pare_tiff_salvage(pare_bytes file, const pare_limits *limits,
                                          pare_salvaged *out, pare_diag *diag);

#endif /* PARE_CORE_TIFF_FILE_H */
