// SPDX-License-Identifier: Apache-2.0
/* Packed blocks: a byte that counts the AC numbers which are not zero and tells whether they are
 * wide, the DC number, and unless there are none, a bit for each number of the block and the
 * numbers, a byte or two each. */
#include "core/codec/jpeg_rows.h"

#include <stdlib.h>
#include <string.h>

enum { WIDE = 0x80, HEAD_LEN = PARE_JPEG_PACKED_ZERO, MASK_LEN = 8, FOUR = 4 };

static size_t packed_len(const uint8_t *packed)
{
    const size_t count = packed[0] & ~WIDE, size = packed[0] & WIDE ? 2 : 1;
    return HEAD_LEN + (count ? MASK_LEN + count * size : 0);
}

/* Returns what comes behind. */
static const uint8_t *unpack(const uint8_t *packed, int16_t block[64])
{
    const bool is_wide = packed[0] & WIDE;
    uint64_t mask = 0;
    memset(block, 0, 64 * sizeof *block);
    memcpy(block, packed + 1, sizeof *block);
    if ((packed[0] & ~WIDE) == 0) return packed + HEAD_LEN;
    memcpy(&mask, packed + HEAD_LEN, sizeof mask);
    packed += HEAD_LEN + MASK_LEN;
    if (is_wide) {
        for (; mask; mask &= mask - 1, packed += 2)
            memcpy(block + __builtin_ctzll(mask), packed, 2);
    } else {
        for (; mask; mask &= mask - 1)
            block[__builtin_ctzll(mask)] = (int8_t)*packed++;
    }
    return packed;
}

static uint8_t *put_wide(const int16_t *block, uint64_t mask, uint8_t *to)
{
    for (; mask; mask &= mask - 1, to += 2)
        memcpy(to, block + __builtin_ctzll(mask), 2);
    return to;
}

/* Returns what comes behind. */
static uint8_t *pack(const int16_t *block, uint8_t *packed)
{
    uint8_t *const first = packed + HEAD_LEN + MASK_LEN;
    uint8_t *to = first;
    uint64_t mask = 0;
    bool is_wide = false;
    for (int i = 0; i < 64; i += FOUR) {
        uint64_t four;
        memcpy(&four, block + i, sizeof four);
        if (four == 0) continue;
        for (int k = i ? i : 1; k < i + FOUR; k++) {
            const int value = block[k];
            *to = (uint8_t)value;
            to += value != 0;
            mask |= (uint64_t)(value != 0) << k;
            is_wide |= value != (int8_t)value;
        }
    }
    const size_t count = (size_t)(to - first);
    packed[0] = (uint8_t)(count | (is_wide ? WIDE : 0));
    memcpy(packed + 1, block, sizeof *block);
    if (count == 0) return packed + HEAD_LEN;
    memcpy(packed + HEAD_LEN, &mask, sizeof mask);
    return is_wide ? put_wide(block, mask, first) : to;
}

void pare_jpeg_cursor_start(const pare_jpeg_plane *plane, uint32_t y, pare_jpeg_cursor *out)
{
    out->packed = plane->packed ? plane->packed[y] : NULL;
    out->plain = plane->own ? plane->own + (size_t)y * plane->width_blocks * 64 : NULL;
    out->is_flat = false;
}

const int16_t *pare_jpeg_cursor_next(pare_jpeg_cursor *cursor)
{
    if (cursor->plain) {
        const int16_t *block = cursor->plain;
        cursor->plain += 64;
        return block;
    }
    cursor->is_flat = cursor->packed[0] == 0;
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

void pare_jpeg_row_copy(const pare_jpeg_plane *plane, uint32_t y, int16_t *out)
{
    pare_jpeg_cursor cursor;
    pare_jpeg_cursor_start(plane, y, &cursor);
    for (uint32_t x = 0; x < plane->width_blocks; x++, out += 64)
        memcpy(out, pare_jpeg_cursor_next(&cursor), 64 * sizeof *out);
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
        if (unpack(to, again) != behind || memcmp(again, blocks, sizeof again) != 0) {
            return PARE_ERR_INTERNAL;
        }
        to = behind;
    }
    const size_t len = (size_t)(to - spare);
    *out = malloc(len ? len : 1);
    if (!*out) return PARE_ERR_NO_MEMORY;
    memcpy(*out, spare, len);
    return PARE_OK;
}
