// SPDX-License-Identifier: Apache-2.0
/* Packed blocks: a bit for each row of eight numbers that are not all zero, the length of what
 * follows, DC, and those rows, without DC, in bytes or when one does not fit in 16 bits. Whole rows
 * because that needs no branch: a step for each number costs more than what libjpeg does. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* unrolls the loops over rows */
#endif
#include "core/codec/jpeg_rows.h"

#include <stdlib.h>
#include <string.h>

enum { WIDE = 0x80, HEAD_LEN = PARE_JPEG_PACKED_ZERO, ROW_LEN = 8, ROWS = 8 };

typedef int16_t lanes_16 __attribute__((vector_size(16)));
typedef int8_t lanes_8 __attribute__((vector_size(8)));

static size_t packed_len(const uint8_t *packed)
{
    return HEAD_LEN + (size_t)(packed[1] & ~WIDE) * ROW_LEN;
}

/* The next eight bytes, or zeros. */
static uint64_t load(const uint8_t *from, unsigned is_there)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word & (0 - (uint64_t)is_there);
}

static lanes_16 load_wide(const uint8_t *from, unsigned is_there)
{
    const uint64_t words[2] = {load(from, is_there), load(from + ROW_LEN, is_there)};
    lanes_16 row;
    memcpy(&row, words, sizeof row);
    return row;
}

static lanes_16 load_narrow(const uint8_t *from, unsigned is_there)
{
    const uint64_t word = load(from, is_there);
    lanes_8 bytes;
    memcpy(&bytes, &word, sizeof bytes);
    return __builtin_convertvector(bytes, lanes_16);
}

/* Returns what comes behind; may read PARE_JPEG_PACKED_SLACK bytes beyond that. DC goes in before
 * its row is stored: whoever loads a row that was stored in parts has to wait for them. */
static const uint8_t *unpack(const uint8_t *packed, int16_t block[64])
{
    const bool is_wide = packed[1] & WIDE;
    const uint8_t *from = packed + HEAD_LEN;
    int16_t dc;
    memcpy(&dc, packed + 2, sizeof dc);
    for (int i = 0; i < ROWS; i++) {
        const unsigned is_there = packed[0] >> i & 1;
        lanes_16 row = is_wide ? load_wide(from, is_there) : load_narrow(from, is_there);
        if (i == 0) row[0] = dc;
        memcpy(block + (size_t)i * 8, &row, sizeof row);
        from += is_there * (is_wide ? ROW_LEN * 2u : ROW_LEN);
    }
    return from;
}

static bool is_zero_row(const lanes_16 *row)
{
    uint64_t parts[2];
    memcpy(parts, row, sizeof parts);
    return (parts[0] | parts[1]) == 0;
}

/* With 16 bits a number. */
static void pack_wide(const int16_t *block, uint8_t *packed)
{
    uint8_t *to = packed + HEAD_LEN;
    for (int i = 0; i < ROWS; i++) {
        lanes_16 row;
        memcpy(&row, block + (size_t)i * 8, sizeof row);
        if (i == 0) row[0] = 0;
        memcpy(to, &row, sizeof row);
        to += is_zero_row(&row) ? 0 : ROW_LEN * 2;
    }
    packed[1] = (uint8_t)(WIDE | (to - packed - HEAD_LEN) / ROW_LEN);
}

/* Returns what comes behind; may write PARE_JPEG_PACKED_SLACK bytes beyond that. */
static uint8_t *pack(const int16_t *block, uint8_t *packed)
{
    uint8_t *to = packed + HEAD_LEN;
    unsigned rows = 0;
    lanes_16 beyond = {0};
    for (int i = 0; i < ROWS; i++) {
        lanes_16 row;
        memcpy(&row, block + (size_t)i * 8, sizeof row);
        if (i == 0) row[0] = 0;
        const lanes_8 bytes = __builtin_convertvector(row, lanes_8);
        const unsigned is_there = !is_zero_row(&row);
        beyond |= row ^ __builtin_convertvector(bytes, lanes_16);
        memcpy(to, &bytes, sizeof bytes);
        to += is_there * ROW_LEN;
        rows |= is_there << i;
    }
    packed[0] = (uint8_t)rows;
    packed[1] = (uint8_t)((to - packed - HEAD_LEN) / ROW_LEN);
    memcpy(packed + 2, block, sizeof *block);
    if (!is_zero_row(&beyond)) pack_wide(block, packed);
    return packed + packed_len(packed);
}

void pare_jpeg_cursor_start(const pare_jpeg_plane *plane, uint32_t y, pare_jpeg_cursor *out)
{
    out->packed = plane->packed ? plane->packed[y] : NULL;
    out->plain = plane->own ? plane->own + (size_t)y * plane->own_width * 64 : NULL;
    out->is_flat = false;
}

const int16_t *pare_jpeg_cursor_next(pare_jpeg_cursor *cursor)
{
    if (cursor->plain) {
        const int16_t *block = cursor->plain;
        cursor->plain += 64;
        return block;
    }
    cursor->is_flat = cursor->packed[1] == 0;
    cursor->packed = unpack(cursor->packed, cursor->block);
    return cursor->block;
}

void pare_jpeg_cursor_skip(pare_jpeg_cursor *cursor, uint32_t blocks)
{
    if (cursor->plain) {
        cursor->plain += (size_t)blocks * 64;
        return;
    }
    while (blocks-- > 0)
        cursor->packed += packed_len(cursor->packed);
}

uint64_t pare_jpeg_rows_sample(const pare_jpeg_plane *plane, uint32_t most,
                               pare_jpeg_block_fn *visit, void *user)
{
    const uint64_t blocks = (uint64_t)plane->width_blocks * plane->height_blocks;
    const uint32_t stride = (uint32_t)(blocks / most) + 1;
    uint64_t count = 0;
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        uint32_t x = y * 7 % stride;
        pare_jpeg_cursor cursor;
        pare_jpeg_cursor_start(plane, y, &cursor);
        pare_jpeg_cursor_skip(&cursor, x < plane->width_blocks ? x : 0);
        for (; x < plane->width_blocks; x += stride, count++) {
            visit(user, pare_jpeg_cursor_next(&cursor));
            if (x + stride < plane->width_blocks) pare_jpeg_cursor_skip(&cursor, stride - 1);
        }
    }
    return count;
}

void pare_jpeg_row_copy(const pare_jpeg_plane *plane, uint32_t y, int16_t *out)
{
    pare_jpeg_cursor cursor;
    pare_jpeg_cursor_start(plane, y, &cursor);
    if (cursor.plain) {
        memcpy(out, cursor.plain, (size_t)plane->width_blocks * 64 * sizeof *out);
        return;
    }
    for (uint32_t x = 0; x < plane->width_blocks; x++, out += 64)
        cursor.packed = unpack(cursor.packed, out);
}

const int16_t *pare_jpeg_row_at(const pare_jpeg_plane *plane, uint32_t y, int16_t *spare)
{
    if (plane->own) return plane->own + (size_t)y * plane->own_width * 64;
    pare_jpeg_row_copy(plane, y, spare);
    return spare;
}

pare_err pare_jpeg_row_pack(const int16_t *blocks, uint32_t width_blocks, uint8_t *spare,
                            uint8_t **out)
{
    uint8_t *to = spare;
    *out = NULL;
    for (uint32_t x = 0; x < width_blocks; x++, blocks += 64) {
        int16_t again[64];
        uint8_t *const behind = pack(blocks, to);
        /* everything else is proved against these numbers, so they are proved here */
        if (unpack(to, again) != behind || !pare_jpeg_block_same(again, blocks)) {
            return PARE_ERR_INTERNAL;
        }
        to = behind;
    }
    const size_t len = (size_t)(to - spare);
    *out = malloc(len + PARE_JPEG_PACKED_SLACK);
    if (!*out) return PARE_ERR_NO_MEMORY;
    memcpy(*out, spare, len);
    memset(*out + len, 0, PARE_JPEG_PACKED_SLACK);
    return PARE_OK;
}
