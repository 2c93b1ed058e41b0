// SPDX-License-Identifier: Apache-2.0
/* Reads one entropy-coded scan and compares it with the numbers that it should hold, symbol by
 * symbol (ITU-T T.81, F.2.2 and G.2). Where only one symbol can stand, its code by the tables of
 * the file and the bits behind it are compared at once; what may be said in several ways (runs of
 * blocks without numbers) is decoded. Written apart from the writer and sharing nothing with it but
 * the numbers, so that a mistake in one is seen by the other. Nothing is stored: what earlier scans
 * of a file said is known from the numbers, once those scans were found right. */
#ifndef PARE_CORE_JPEG_CHECK_SCAN_H
#define PARE_CORE_JPEG_CHECK_SCAN_H

#include "core/codec/jpeg_entropy.h"

enum { PARE_JPEG_FAST_BITS = 10 };

/* In place of a code: one bit that is neither 0 nor 1, which no data says. */
enum { PARE_JPEG_NO_CODE = 1 << 16 | 2 };

/* A Huffman table as a file defines it. */
typedef struct pare_jpeg_codes {
    bool is_defined;
    uint16_t fast[1 << PARE_JPEG_FAST_BITS]; /* length << 8 | symbol; 0: a longer code, or none */
    uint32_t first[17];                      /* of each length: its first code... */
    uint32_t count[17];                      /* ...how many there are... */
    uint32_t start[17];                      /* ...and the symbol of the first */
    uint8_t symbols[256];
    uint32_t code_of[256]; /* length << 16 | code of each symbol; or PARE_JPEG_NO_CODE */
} pare_jpeg_codes;

/* lengths: 16 counts; symbols: as many as those say, at most 256. False when no such code exists.
 */
bool pare_jpeg_codes_read(const uint8_t lengths[16], const uint8_t *symbols, pare_jpeg_codes *out);

/* Does the data say exactly the numbers of the frame that this scan is about? Then *len is where it
 * ends: at the next marker. tables has PARE_JPEG_SLOTS entries; those that scan->slots name must be
 * defined. */
bool pare_jpeg_scan_says(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                         const pare_jpeg_codes *tables, pare_bytes data, size_t *len);

#endif /* PARE_CORE_JPEG_CHECK_SCAN_H */
