// SPDX-License-Identifier: Apache-2.0
/* Which scans a file is written in. Candidates are compared by counting symbols, never by encoding:
 * the AC scans of a component cost the same whatever the other components do. */
#ifndef PARE_CORE_JPEG_SCANS_H
#define PARE_CORE_JPEG_SCANS_H

#include "core/codec/jpeg_entropy.h"

#define PARE_JPEG_SCANS_MAX 64

typedef struct pare_jpeg_script {
    bool progressive;
    int count;
    pare_jpeg_scan scans[PARE_JPEG_SCANS_MAX];
    uint64_t len_bits; /* of all scans with their headers and tables, without byte stuffing */
} pare_jpeg_script;

/* Finds the smallest script among those that the effort (0..10) allows; more effort tries a
 * superset. share_chroma: components 1 and 2 are alike and may share tables (YCbCr). */
void pare_jpeg_script_search(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                             pare_jpeg_script *out);

#endif /* PARE_CORE_JPEG_SCANS_H */
