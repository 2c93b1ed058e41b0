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

#define PARE_JPEG_SCRIPTS_MAX 10

/* The smallest script of each level of effort (0..10) up to the given one, smallest first, without
 * those that more effort clearly beats: how many bytes get a stuffed zero after them is only known
 * when they are written, so near ones must be written to be compared. A higher effort tries a
 * superset, what less effort takes by samples included. Returns how many, at least 1.
 *
 *   share_chroma  components 1 and 2 are alike and may share tables (YCbCr) */
int pare_jpeg_script_search(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                            pare_jpeg_script scripts[PARE_JPEG_SCRIPTS_MAX]);

/* Sequential, in as few scans as possible; nothing is counted, so that script->len_bits is 0. */
void pare_jpeg_script_plain(const pare_jpeg_frame *frame, bool share_chroma,
                            pare_jpeg_script *script);

#endif /* PARE_CORE_JPEG_SCANS_H */
