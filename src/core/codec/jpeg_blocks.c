// SPDX-License-Identifier: Apache-2.0
/* Storage of sparse quantized coefficients. */
#include "core/codec/jpeg_blocks.h"

#include <stdlib.h>

#include "base/checked.h"
#include "core/codec/jpeg_rows.h"

pare_err pare_jpeg_blocks_init(pare_jpeg_blocks *blocks, const pare_jpeg_plane *plane)
{
    const size_t count = (size_t)plane->width_blocks * plane->height_blocks;
    blocks->len = 0;
    blocks->h = plane->h;
    blocks->v = plane->v;
    if (blocks->dc && blocks->width_blocks == plane->width_blocks &&
        blocks->height_blocks == plane->height_blocks) {
        return PARE_OK;
    }
    pare_jpeg_blocks_deinit(blocks);
    blocks->h = plane->h;
    blocks->v = plane->v;
    blocks->width_blocks = plane->width_blocks;
    blocks->height_blocks = plane->height_blocks;
    blocks->dc = malloc(count * sizeof *blocks->dc);
    blocks->counts = malloc(count);
    blocks->row_starts = malloc(plane->height_blocks * sizeof *blocks->row_starts);
    if (!blocks->dc || !blocks->counts || !blocks->row_starts) return PARE_ERR_NO_MEMORY;
    return PARE_OK;
}

void pare_jpeg_blocks_deinit(pare_jpeg_blocks *blocks)
{
    free(blocks->dc);
    free(blocks->counts);
    free(blocks->row_starts);
    free(blocks->positions);
    free(blocks->values);
    *blocks = (pare_jpeg_blocks){0};
}

pare_err pare_jpeg_blocks_begin_row(pare_jpeg_blocks *blocks, uint32_t y)
{
    blocks->row_starts[y] = blocks->len;
    const size_t need = blocks->len + (size_t)blocks->width_blocks * 63;
    if (need <= blocks->cap) return PARE_OK;
    /* Rows are much alike: aim at what the rows so far promise for all of them. */
    const size_t rows_left = blocks->height_blocks - y;
    const size_t guess = y ? blocks->len / y * rows_left + blocks->len / 16 : 0;
    const size_t cap = need + (guess < blocks->len ? guess : blocks->len);
    uint8_t *positions = realloc(blocks->positions, cap);
    if (!positions) return PARE_ERR_NO_MEMORY;
    blocks->positions = positions;
    int16_t *values = realloc(blocks->values, cap * sizeof *values);
    if (!values) return PARE_ERR_NO_MEMORY;
    blocks->values = values;
    blocks->cap = cap;
    return PARE_OK;
}

pare_err pare_jpeg_blocks_copy(pare_jpeg_blocks *blocks, const pare_jpeg_plane *plane,
                               pare_diag *diag)
{
    PARE_TRY(pare_jpeg_blocks_init(blocks, plane));
    size_t index = 0;
    unsigned beyond = 0;
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        PARE_TRY(pare_jpeg_blocks_begin_row(blocks, y));
        pare_jpeg_cursor cursor;
        pare_jpeg_cursor_start(plane, y, &cursor);
        for (uint32_t x = 0; x < plane->width_blocks; x++, index++) {
            const int16_t *block = pare_jpeg_cursor_next(&cursor);
            size_t len = blocks->len;
            for (int k = 1; k < 64; k++) {
                const int value = block[pare_jpeg_natural[k]];
                blocks->positions[len] = (uint8_t)k;
                blocks->values[len] = (int16_t)value;
                len += value != 0;
                beyond |= value > PARE_JPEG_AC_MAX || value < -PARE_JPEG_AC_MAX;
            }
            blocks->dc[index] = block[0];
            beyond |= block[0] > PARE_JPEG_AC_MAX || block[0] < -PARE_JPEG_AC_MAX - 1;
            blocks->counts[index] = (uint8_t)(len - blocks->len);
            blocks->len = len;
        }
    }
    if (beyond) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "a coefficient beyond 8-bit JPEG");
    }
    return PARE_OK;
}
