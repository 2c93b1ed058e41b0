// SPDX-License-Identifier: Apache-2.0
/* The cheapest way from every position of a part of a segment to its end: the inner loop of
 * deflate. Variants for processors are the same source built for other instructions, and give the
 * same answers. */
#ifndef PARE_CORE_CODEC_DEFLATE_SWEEP_H
#define PARE_CORE_CODEC_DEFLATE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/codec/deflate_matches.h"
#include "core/codec/deflate_token.h"

enum {
    PARE_DEFLATE_BIT = 128,     /* costs are in such parts of a bit */
    PARE_DEFLATE_SHORTS = 8,    /* lengths that have a symbol each: 3 to 10 */
    PARE_DEFLATE_NO_DIST = 31,  /* symbol of the distance where there is no match... */
    PARE_DEFLATE_DIST_BITS = 5, /* ...of which each has so many bits */
    PARE_DEFLATE_BEYOND = 12    /* costs behind a segment that are looked at, all 0 */
};

/* What everything costs, extra bits included. */
typedef struct pare_deflate_prices {
    uint32_t literals[256]; /* at most 15 bits */
    uint32_t lens[PARE_DEFLATE_MAX_LEN + 1];
    uint32_t dists[PARE_DEFLATE_DISTS]; /* at most 28 bits */
} pare_deflate_prices;

/* The ways through a segment. */
typedef struct pare_deflate_ways {
    uint32_t costs[PARE_DEFLATE_SEGMENT_LEN + PARE_DEFLATE_BEYOND];
    uint16_t lens[PARE_DEFLATE_SEGMENT_LEN]; /* of the first token; 1 for a literal */
    /* of the matches of 3 to 10 bytes: symbol of the distance, or NO_DIST, below the index of the
     * token among those of the position */
    uint8_t shorts[PARE_DEFLATE_SEGMENT_LEN][PARE_DEFLATE_SHORTS];
    bool has_long[PARE_DEFLATE_SEGMENT_LEN];       /* longer matches, too */
    uint32_t firsts[PARE_DEFLATE_SEGMENT_LEN + 1]; /* of the matches of a position, all of them */
} pare_deflate_ways;

/* A part of a segment with prices of its own, and what all parts share. */
typedef struct pare_deflate_sweep {
    const uint8_t *data;              /* of the segment */
    const pare_deflate_token *tokens; /* its matches */
    size_t all_len;                   /* of the segment */
    size_t begin, end;
    unsigned long_len; /* of a match of so many bytes only the whole length is tried */
    const pare_deflate_prices *prices;
} pare_deflate_sweep;

/* Sets costs and lens from the last position of the part to its first; those of the positions
 * behind it are there. */
typedef void (*pare_deflate_sweep_fn)(pare_deflate_ways *ways, const pare_deflate_sweep *sweep);

void pare_deflate_sweep_c(pare_deflate_ways *ways, const pare_deflate_sweep *sweep);
#if defined(__x86_64__)
void pare_deflate_sweep_avx2(pare_deflate_ways *ways, const pare_deflate_sweep *sweep);
#endif

/* The fastest variant for PARE_CPU_* flags. */
pare_deflate_sweep_fn pare_deflate_sweep_pick(unsigned cpu_flags);

#endif /* PARE_CORE_CODEC_DEFLATE_SWEEP_H */
