// SPDX-License-Identifier: Apache-2.0
/* All matches of a piece of data that an optimal parse wants to know: for each position and each
 * length that occurs before within the window, the nearest occurrence. */
#ifndef PARE_CORE_CODEC_DEFLATE_MATCHES_H
#define PARE_CORE_CODEC_DEFLATE_MATCHES_H

#include <stddef.h>

#include "base/buf.h"
#include "core/codec/deflate_token.h"

enum {
    PARE_DEFLATE_SEGMENT_LEN = 256 << 10, /* most positions that are looked at together */
    PARE_DEFLATE_WINDOW = 32768           /* how far back a match may be */
};

/* The matches of one segment; borrowed until the next call. */
typedef struct pare_deflate_matches {
    const pare_deflate_token *tokens; /* of position 0, of position 1, ...; longer ones later */
    const uint8_t *counts;            /* one a position */
    size_t len;                       /* positions */
    size_t token_count;
} pare_deflate_matches;

typedef struct pare_deflate_finder pare_deflate_finder;

/* Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_deflate_finder_open(pare_deflate_finder **out);
/* Accepts a pointer to NULL. */
void pare_deflate_finder_close(pare_deflate_finder **finder);

/* Begin at the start of a buffer, borrowed until the next start or close, through which data of
 * all_len bytes will pass.
 * depth: steps of a search at most. long_len: a match of that many bytes is good enough to end a
 * search, and what follows in it is not searched again. */
void pare_deflate_finder_start(pare_deflate_finder *finder, const uint8_t *buffer, size_t all_len,
                               unsigned depth, unsigned long_len);
/* The first len bytes of the buffer are there now. Before the end of the data they reach at least a
 * segment and PARE_DEFLATE_MAX_LEN beyond what was searched. */
void pare_deflate_finder_fill(pare_deflate_finder *finder, size_t len);
/* The contents of the buffer moved this far to its start: a multiple of the window, which leaves at
 * least a window before what comes next. */
void pare_deflate_finder_slide(pare_deflate_finder *finder, size_t shift);
/* The next segment; its len is 0 at the end of the data. */
void pare_deflate_finder_next(pare_deflate_finder *finder, pare_deflate_matches *out);

#endif /* PARE_CORE_CODEC_DEFLATE_MATCHES_H */
