// SPDX-License-Identifier: Apache-2.0
/* Rows of blocks of a plane, one block after the other. Numbers of a file may be packed: most are
 * zero, and nearly all others fit a byte, so that they take a fifth of a full array. */
#ifndef PARE_CORE_JPEG_ROWS_H
#define PARE_CORE_JPEG_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/codec/jpeg_coeffs.h"

/* Bytes that a packed block takes at most, zero bytes that are a block of zeros, and bytes behind
 * a row that may be read, or overwritten when it is packed. */
enum { PARE_JPEG_PACKED_MAX = 4 + 128, PARE_JPEG_PACKED_ZERO = 4, PARE_JPEG_PACKED_SLACK = 16 };

/* A place in a row. */
typedef struct pare_jpeg_cursor {
    int16_t block[64];
    const int16_t *plain;  /* the next block, of a plane that is not packed; else NULL */
    const uint8_t *packed; /* the next block, packed */
    bool is_flat;          /* the last block has no other number than that of DC, for certain */
} pare_jpeg_cursor;

/* Have two blocks the same 64 numbers? No branch, and 16 words in a row: compilers take many at
 * once. */
static inline bool pare_jpeg_block_same(const int16_t *a, const int16_t *b)
{
    uint64_t x[16], y[16], other = 0;
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    for (int i = 0; i < 16; i++)
        other |= x[i] ^ y[i];
    return other == 0;
}

/* Before the first block of row y. The plane is borrowed while the cursor is used. */
void pare_jpeg_cursor_start(const pare_jpeg_plane *plane, uint32_t y, pare_jpeg_cursor *out);

/* The next block, natural order; borrowed until the next call. The caller counts. */
const int16_t *pare_jpeg_cursor_next(pare_jpeg_cursor *cursor);

void pare_jpeg_cursor_skip(pare_jpeg_cursor *cursor, uint32_t blocks);

/* Looks at one block, natural order, borrowed for the call. */
typedef void pare_jpeg_block_fn(void *user, const int16_t *block);

/* Visits about `most` blocks spread over the plane, all when there are no more. Returns how many.
 */
uint64_t pare_jpeg_rows_sample(const pare_jpeg_plane *plane, uint32_t most,
                               pare_jpeg_block_fn *visit, void *user);

/* All width_blocks blocks of row y. */
void pare_jpeg_row_copy(const pare_jpeg_plane *plane, uint32_t y, int16_t *out);

/* The same without a copy where the plane is plain; else in spare, which holds as many. */
const int16_t *pare_jpeg_row_at(const pare_jpeg_plane *plane, uint32_t y, int16_t *spare);

/* Pack width_blocks blocks.
 *
 *   spare  PARE_JPEG_PACKED_MAX bytes a block and PARE_JPEG_PACKED_SLACK, overwritten.
 *   out    owned, to be freed; NULL after an error.
 *
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_INTERNAL (what was packed is not what comes out again). */
PARE_NODISCARD pare_err pare_jpeg_row_pack(const int16_t *blocks, uint32_t width_blocks,
                                           uint8_t *spare, uint8_t **out);

#endif /* PARE_CORE_JPEG_ROWS_H */
