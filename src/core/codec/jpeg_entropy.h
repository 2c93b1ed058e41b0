// SPDX-License-Identifier: Apache-2.0
/* Entropy coding of one scan, sequential or progressive (ITU-T T.81, F.1.2 and G.1.2): either
 * only counting the symbols, which tells the size that any table would give, or writing them.
 * Both are the same walk, so that a counted size is the written size. */
#ifndef PARE_CORE_JPEG_ENTROPY_H
#define PARE_CORE_JPEG_ENTROPY_H

#include "base/buf.h"
#include "core/codec/jpeg_blocks.h"
#include "core/codec/jpeg_huffman.h"

/* Table slots: 0..3 for DC, 4..7 for AC. */
#define PARE_JPEG_SLOTS 8
#define PARE_JPEG_SLOT_AC 4

typedef struct pare_jpeg_frame {
    int component_count;
    uint8_t max_h, max_v;
    uint32_t width_px, height_px;
    pare_jpeg_blocks blocks[PARE_JPEG_COMPONENTS_MAX]; /* owned */
} pare_jpeg_frame;

typedef struct pare_jpeg_scan {
    uint8_t component_count;
    uint8_t components[PARE_JPEG_COMPONENTS_MAX]; /* indexes into the frame, ascending */
    uint8_t slots[PARE_JPEG_COMPONENTS_MAX];      /* 0..3: table of each, for DC and AC */
    uint8_t ss, se;                               /* spectral band, 0..63 */
    uint8_t ah, al;                               /* bit position before and now */
    bool progressive; /* false: DC and AC of the components in one scan */
} pare_jpeg_scan;

typedef struct pare_jpeg_stats {
    uint32_t histograms[PARE_JPEG_SLOTS][256];
    uint64_t extra_bits; /* that follow symbols or stand alone */
} pare_jpeg_stats;

/* Blocks of an MCU that holds the given components. */
int pare_jpeg_mcu_blocks(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan);

/* Adds to *stats. row_stride 1 counts everything; n every n-th row of MCUs, for an estimate. */
void pare_jpeg_scan_count(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                          uint32_t row_stride, pare_jpeg_stats *stats);

/* Appends the entropy-coded data. tables has PARE_JPEG_SLOTS entries, with a code for every symbol
 * that counting found. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_scan_write(const pare_jpeg_frame *frame,
                                             const pare_jpeg_scan *scan,
                                             const pare_jpeg_huffman *tables, pare_buf *out);

#endif /* PARE_CORE_JPEG_ENTROPY_H */
