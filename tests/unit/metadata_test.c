// SPDX-License-Identifier: Apache-2.0
/* Which metadata is written, from blocks of both byte orders and from damaged ones. */
#include "support/test.h"

#include <stdlib.h>

#include "core/image/exif.h"
#include "core/image/metadata.h"

enum { BLOCK_CAP = 512 };

/* A TIFF structure that is put together entry by entry. */
typedef struct block {
    uint8_t bytes[BLOCK_CAP];
    size_t len;
    bool big;
} block;

static void put16(block *b, size_t at, unsigned value)
{
    b->bytes[at + (b->big ? 0 : 1)] = (uint8_t)(value >> 8);
    b->bytes[at + (b->big ? 1 : 0)] = (uint8_t)value;
}

static void put32(block *b, size_t at, uint32_t value)
{
    put16(b, at + (b->big ? 0 : 2), value >> 16);
    put16(b, at + (b->big ? 2 : 0), value & 0xffff);
}

static void put_entry(block *b, size_t at, const uint32_t entry[4])
{
    put16(b, at, entry[0]);
    put16(b, at + 2, entry[1]);
    put32(b, at + 4, entry[2]);
    if (entry[1] == 3) {
        put16(b, at + 8, entry[3]);
    } else {
        put32(b, at + 8, entry[3]);
    }
}

static void put_directory(block *b, size_t at, const uint32_t (*entries)[4], unsigned count)
{
    put16(b, at, count);
    for (unsigned i = 0; i < count; i++)
        put_entry(b, at + 2 + 12 * i, entries[i]);
}

/* Main directory with orientation 6, camera, artist, copyright, Exif and GPS directories; the Exif
 * one with an ISO speed and a maker note; a second (thumbnail) directory. */
static block make_block(bool big)
{
    static const uint32_t MAIN[][4] = {
        {0x010f, 2, 7, 200},  {0x0112, 3, 1, 6},   {0x013b, 2, 5, 210},
        {0x8298, 2, 10, 220}, {0x8769, 4, 1, 240}, {0x8825, 4, 1, 300},
    };
    static const uint32_t EXIF[][4] = {{0x8827, 3, 1, 800}, {0x927c, 7, 12, 340}};
    static const uint32_t GPS[][4] = {{0x0000, 1, 4, 0x02030000}, {0x0001, 2, 2, 0x4e000000}};
    static const uint32_t THUMB[][4] = {{0x0201, 4, 1, 400}, {0x0202, 4, 1, 50}};
    block b = {.len = BLOCK_CAP, .big = big};
    memcpy(b.bytes, big ? "MM" : "II", 2);
    put16(&b, 2, 42);
    put32(&b, 4, 8);
    put_directory(&b, 8, MAIN, 6);
    put32(&b, 8 + 2 + 6 * 12, 360);
    memcpy(b.bytes + 200, "Camera", 7);
    memcpy(b.bytes + 210, "Anna", 5);
    memcpy(b.bytes + 220, "(c) Berta", 10);
    put_directory(&b, 240, EXIF, 2);
    put_directory(&b, 300, GPS, 2);
    memcpy(b.bytes + 340, "MAKERSECRETS", 12);
    put_directory(&b, 360, THUMB, 2);
    memcpy(b.bytes + 400, "THUMBNAIL", 9);
    return b;
}

static pare_metadata filter(const block *b, size_t len, uint32_t keep, uint8_t orientation)
{
    pare_metadata from = {0}, out;
    MUST(pare_buf_append(&from.exif, b->bytes, len));
    MUST(pare_metadata_filter(&from, keep, orientation, &out));
    pare_metadata_deinit(&from);
    return out;
}

static bool holds(const pare_metadata *metadata, const char *text)
{
    return metadata->exif.len > 0 &&
           memmem(metadata->exif.data, metadata->exif.len, text, strlen(text)) != NULL;
}

TEST(the_keep_list_decides_in_both_byte_orders)
{
    const struct {
        uint32_t keep;
        uint8_t orientation;
        bool camera, artist, gps;
    } CASES[] = {
        {0, 1, false, false, false},
        {0, 6, false, false, false},
        {PARE_KEEP_DEFAULT, 1, false, true, false},
        {PARE_KEEP_DEFAULT, 8, false, true, false},
        {PARE_KEEP_EXIF, 1, true, true, false},
        {PARE_KEEP_EXIF | PARE_KEEP_GPS, 3, true, true, true},
        {PARE_KEEP_GPS, 1, false, false, false},
        {PARE_KEEP_ALL, 1, true, true, true},
    };
    for (int big = 0; big < 2; big++) {
        const block b = make_block(big);
        const pare_bytes all = {b.bytes, b.len};
        CHECK_INT(pare_exif_orientation(all), ==, 6);
        CHECK_TRUE(pare_exif_has_gps(all));
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
            printf("# %s order, keep %#x, orientation %d\n", big ? "big" : "little", CASES[i].keep,
                   CASES[i].orientation);
            pare_metadata have = filter(&b, b.len, CASES[i].keep, CASES[i].orientation);
            const pare_bytes exif = pare_buf_view(&have.exif);
            CHECK_INT(pare_exif_orientation(exif), ==, CASES[i].orientation);
            CHECK_INT(pare_exif_has_gps(exif), ==, CASES[i].gps);
            CHECK_INT(holds(&have, "Camera"), ==, CASES[i].camera);
            CHECK_INT(holds(&have, "Anna"), ==, CASES[i].artist);
            CHECK_INT(holds(&have, "(c) Berta"), ==, CASES[i].artist);
            CHECK_TRUE(!holds(&have, "THUMBNAIL"));
            CHECK_TRUE(!holds(&have, "MAKERSECRETS"));
            if (CASES[i].keep == 0 && CASES[i].orientation == 1) CHECK_INT(exif.len, ==, 0);
            pare_metadata_deinit(&have);
        }
    }
}

TEST(a_filtered_block_filters_to_itself)
{
    for (int big = 0; big < 2; big++) {
        const block b = make_block(big);
        pare_metadata once = filter(&b, b.len, PARE_KEEP_ALL, 6), twice;
        MUST(pare_metadata_filter(&once, PARE_KEEP_ALL, 6, &twice));
        CHECK_INT(twice.exif.len, ==, once.exif.len);
        if (twice.exif.len == once.exif.len) {
            CHECK_INT(memcmp(twice.exif.data, once.exif.data, once.exif.len), ==, 0);
        }
        pare_metadata_deinit(&once);
        pare_metadata_deinit(&twice);
    }
}

TEST(an_orientation_is_written_without_any_exif)
{
    pare_metadata from = {0}, out;
    MUST(pare_metadata_filter(&from, PARE_KEEP_DEFAULT, 5, &out));
    CHECK_INT(pare_exif_orientation(pare_buf_view(&out.exif)), ==, 5);
    CHECK_INT(out.exif.len, <, 64);
    pare_metadata_deinit(&out);
}

TEST(other_blocks_are_kept_whole_or_dropped)
{
    pare_metadata from = {0}, out;
    pare_buf *blocks[] = {&from.icc, &from.xmp, &from.iptc, &from.comment};
    const uint32_t bits[] = {PARE_KEEP_ICC, PARE_KEEP_XMP, PARE_KEEP_IPTC, PARE_KEEP_COMMENT};
    for (int i = 0; i < 4; i++)
        MUST(pare_buf_append(blocks[i], "contents", 8));
    for (int i = 0; i < 4; i++) {
        MUST(pare_metadata_filter(&from, bits[i], 1, &out));
        const size_t lens[] = {out.icc.len, out.xmp.len, out.iptc.len, out.comment.len};
        for (int j = 0; j < 4; j++)
            CHECK_INT(lens[j], ==, i == j ? 8 : 0);
        pare_metadata_deinit(&out);
    }
    pare_metadata_deinit(&from);
}

/* Loops, overlaps, huge counts and cuts: under sanitizers any wrong read ends the test. */
TEST(damaged_blocks_end_and_stay_bounded)
{
    uint64_t random = 7;
    for (int round = 0; round < 20000; round++) {
        block b = make_block(round & 1);
        const unsigned changes = (unsigned)(test_random(&random) % 6);
        for (unsigned i = 0; i < changes; i++) {
            const size_t at = test_random(&random) % b.len;
            b.bytes[at] = (test_random(&random) & 3) ? (uint8_t)test_random(&random) : 0xff;
        }
        const size_t len = round % 3 ? b.len : test_random(&random) % b.len;
        uint8_t *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        memcpy(exact, b.bytes, len);
        CHECK_INT(pare_exif_orientation((pare_bytes){exact, len}), <=, 8);
        pare_exif_has_gps((pare_bytes){exact, len});
        free(exact);
        pare_metadata have = filter(&b, len, PARE_KEEP_ALL, 6);
        CHECK_INT(have.exif.len, <=, 65000);
        CHECK_INT(pare_exif_orientation(pare_buf_view(&have.exif)), ==, 6);
        pare_metadata_deinit(&have);
    }
}

RUN(the_keep_list_decides_in_both_byte_orders, a_filtered_block_filters_to_itself,
    an_orientation_is_written_without_any_exif, other_blocks_are_kept_whole_or_dropped,
    damaged_blocks_end_and_stay_bounded)
