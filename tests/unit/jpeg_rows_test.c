// SPDX-License-Identifier: Apache-2.0
/* Packed rows of coefficients come out as they went in. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_rows.h"

enum { WIDTH = 40, HEIGHT = 64 };

/* From flat blocks to full ones; numbers of a byte, just beyond, and as large as any. */
static void make_block(uint64_t *random, int16_t block[64])
{
    static const int MOST[] = {1, 127, 128, 1023, 32767};
    const int most = MOST[test_random(random) % 5];
    const uint64_t one_in = 1 + test_random(random) % 30;
    memset(block, 0, 64 * sizeof *block);
    block[0] = (int16_t)test_random(random);
    for (int i = 1; i < 64 && one_in < 28; i++) {
        if (test_random(random) % one_in != 0) continue;
        const int value = (int)(test_random(random) % (2 * (uint64_t)most + 2));
        block[i] = (int16_t)(value - most - 1);
    }
}

typedef struct packed {
    int16_t *blocks;
    uint8_t *rows[HEIGHT];
    pare_jpeg_plane plane;
} packed;

static void make(packed *p)
{
    uint64_t random = 5;
    uint8_t *spare = malloc(WIDTH * PARE_JPEG_PACKED_MAX + PARE_JPEG_PACKED_SLACK);
    p->blocks = malloc((size_t)WIDTH * HEIGHT * 64 * sizeof *p->blocks);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        make_block(&random, p->blocks + i * 64);
    for (size_t y = 0; y < HEIGHT; y++)
        MUST(pare_jpeg_row_pack(p->blocks + y * WIDTH * 64, WIDTH, spare, &p->rows[y]));
    p->plane = (pare_jpeg_plane){
        .width_blocks = WIDTH, .height_blocks = HEIGHT, .packed = p->rows, .borrows = true};
    free(spare);
}

static void unmake(packed *p)
{
    for (int y = 0; y < HEIGHT; y++)
        free(p->rows[y]);
    free(p->blocks);
}

TEST(packed_rows_come_out_as_they_went_in)
{
    packed p;
    int16_t row[WIDTH * 64];
    make(&p);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const int16_t *want = p.blocks + (size_t)y * WIDTH * 64;
        pare_jpeg_cursor cursor;
        int different = 0, wrongly_flat = 0;
        pare_jpeg_cursor_start(&p.plane, y, &cursor);
        for (size_t x = 0; x < WIDTH; x++) {
            const int16_t *block = pare_jpeg_cursor_next(&cursor);
            different += memcmp(block, want + x * 64, 128) != 0;
            for (int i = 1; i < 64; i++)
                wrongly_flat += cursor.is_flat && block[i] != 0;
        }
        CHECK_INT(different, ==, 0);
        CHECK_INT(wrongly_flat, ==, 0);
        pare_jpeg_row_copy(&p.plane, y, row);
        CHECK_INT(memcmp(row, want, sizeof row), ==, 0);
    }
    unmake(&p);
}

TEST(a_cursor_skips_as_many_blocks_as_it_is_told)
{
    packed p;
    pare_jpeg_cursor cursor;
    make(&p);
    const pare_jpeg_plane plain = {
        .width_blocks = WIDTH, .height_blocks = HEIGHT, .own = p.blocks, .own_width = WIDTH};
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t skip = 0; skip < WIDTH; skip++) {
            const int16_t *want = p.blocks + ((size_t)y * WIDTH + skip) * 64;
            pare_jpeg_cursor_start(&p.plane, y, &cursor);
            pare_jpeg_cursor_skip(&cursor, skip);
            CHECK_INT(memcmp(pare_jpeg_cursor_next(&cursor), want, 128), ==, 0);
            pare_jpeg_cursor_start(&plain, y, &cursor);
            pare_jpeg_cursor_skip(&cursor, skip);
            CHECK_INT(memcmp(pare_jpeg_cursor_next(&cursor), want, 128), ==, 0);
        }
    }
    unmake(&p);
}

RUN(packed_rows_come_out_as_they_went_in, a_cursor_skips_as_many_blocks_as_it_is_told)
