// SPDX-License-Identifier: Apache-2.0
/* The marker segments of a JPEG file (ITU-T T.81 annex B), without decoding. */
#ifndef PARE_CORE_JPEG_MARKERS_H
#define PARE_CORE_JPEG_MARKERS_H

#include "core/image/image.h"

enum { PARE_JPEG_PARTS_MAX = 255 };

/* Segments of one block that is split over several: views into the file, in order of file. */
typedef struct pare_jpeg_parts {
    pare_bytes part[PARE_JPEG_PARTS_MAX];
    uint32_t count;
} pare_jpeg_parts;

/* All views are borrowed from the file. */
typedef struct pare_jpeg_markers {
    uint8_t sof; /* 0xc0..0xcf; 0: none seen */
    uint8_t precision_bits, components;
    uint32_t width_px, height_px;
    uint8_t h[4], v[4], quant_slot[4]; /* of the first four components */
    uint16_t quant[4][64];             /* zigzag order; 0: not defined */
    bool has_adobe, is_cut;            /* cut: the file ends inside a segment or without EOI */
    uint8_t adobe_transform;
    bool has_mpf, has_iso_gainmap, has_extended_xmp;
    uint32_t scan_count;
    size_t end; /* offset after EOI, or the file's length when there is none */
    pare_bytes exif, xmp, comment;
    pare_jpeg_parts icc; /* with sequence number and count in front, as in the file */
    pare_jpeg_parts iptc;
} pare_jpeg_markers;

/* Reads what is there; stops at EOI, at the end of the file or at nonsense. */
void pare_jpeg_markers_read(pare_bytes file, pare_jpeg_markers *out);

/* Copies the blocks; a profile with a missing part is left out. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_markers_metadata(const pare_jpeg_markers *markers,
                                                   pare_metadata *out);

#endif /* PARE_CORE_JPEG_MARKERS_H */
