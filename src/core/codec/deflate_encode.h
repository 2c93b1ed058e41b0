// SPDX-License-Identifier: Apache-2.0
/* Deflate streams (RFC 1951) as small as patience allows: all matches are found once, then the
 * cheapest path through them, the borders of blocks and the prices of symbols are improved in
 * turn. Needs about 19 MB whatever the length of the data, which need not be in memory as a whole.
 */
#ifndef PARE_CORE_CODEC_DEFLATE_ENCODE_H
#define PARE_CORE_CODEC_DEFLATE_ENCODE_H

#include "base/buf.h"

typedef struct pare_deflate pare_deflate;

/* passes: improvements of each segment, 1..255; it ends earlier when they gain nothing. More
 *   passes never give more bytes, from 2 to 7 and from 8 on.
 * depth: steps of each search for matches, 1..256.
 * long_len: bytes of a match that is good enough, 32..258: less is faster, 258 leaves nothing out.
 */
typedef struct pare_deflate_params {
    unsigned passes, depth, long_len;
} pare_deflate_params;

/* Errors: PARE_ERR_NO_MEMORY. One thread at a time. */
PARE_NODISCARD pare_err pare_deflate_open(pare_deflate **out);
/* Accepts a pointer to NULL. */
void pare_deflate_close(pare_deflate **deflate);

/* Data that come in parts. */
typedef struct pare_deflate_source {
    size_t len; /* of all */
    /* The next part, at least a byte, borrowed until the next call. */
    pare_err (*next)(void *user, pare_bytes *part);
    void *user;
} pare_deflate_source;

/* Data that are there already, as one part; borrows them. */
pare_deflate_source pare_deflate_whole(pare_bytes *data);

/* As pare_deflate_encode, which gives the same bytes. Errors: PARE_ERR_NO_MEMORY, those of the
 * source. */
PARE_NODISCARD pare_err pare_deflate_encode_parts(pare_deflate *deflate,
                                                  const pare_deflate_source *source,
                                                  const pare_deflate_params *params, pare_buf *out);

/* Appends the stream of data to out. The same data and params give the same bytes.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_deflate_encode(pare_deflate *deflate, pare_bytes data,
                                            const pare_deflate_params *params, pare_buf *out);

#endif /* PARE_CORE_CODEC_DEFLATE_ENCODE_H */
