// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/codec.h"
#include "core/codec/png_pixels.h"
#include "core/codec/png_unfilter.h"
#include "core/image/profile.h"
#include "data/make_image.h"

static pare_err decode(const pare_buf *file, pare_image *out)
{
    return pare_codec_png.decode(pare_buf_view(file), NULL, out, NULL);
}

static bool comes_back(const pare_image *image, const test_png_options *options)
{
    pare_buf file = test_write_png(image, options);
    pare_image back = {0};
    const bool same = decode(&file, &back) == PARE_OK && test_same_pixels(image, &back);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    return same;
}

TEST(every_shape_comes_back_exactly)
{
    static const uint8_t DEPTHS[] = {8, 16};
    static const pare_color COLORS[] = {PARE_COLOR_GRAY, PARE_COLOR_RGB};
    static const test_picture PICTURES[] = {TEST_PHOTO, TEST_ALPHA};
    for (int i = 0; i < 16; i++) {
        pare_image image =
            test_make_as(PICTURES[i & 1], 53, 29, COLORS[i >> 1 & 1], DEPTHS[i >> 2 & 1]);
        CHECK_TRUE(comes_back(&image, &(test_png_options){.interlaced = i & 8}));
        pare_image_deinit(&image);
    }
    pare_image graphic = test_make(TEST_GRAPHIC, 100, 50);
    CHECK_TRUE(comes_back(&graphic, &(test_png_options){.palette = true}));
    pare_image_deinit(&graphic);
}

typedef struct rows_seen {
    const pare_image *want;
    uint32_t count;
    bool same;
} rows_seen;

static pare_err see_rows(void *user, pare_image *rows)
{
    rows_seen *seen = user;
    const pare_image want = pare_image_rows(seen->want, seen->count, rows->height_px);
    seen->same = seen->same && test_same_pixels(&want, rows);
    seen->count += rows->height_px;
    return PARE_OK;
}

TEST(rows_are_those_of_the_whole)
{
    for (int i = 0; i < 8; i++) {
        pare_image image = test_make_as(i & 1 ? TEST_ALPHA : TEST_PHOTO, 53, 43,
                                        i & 2 ? PARE_COLOR_GRAY : PARE_COLOR_RGB, i & 4 ? 16 : 8);
        pare_buf file = test_write_png(&image, NULL);
        pare_image whole = {0}, header = {0};
        rows_seen seen = {.want = &whole, .same = true};
        const pare_row_sink sink = {.on_rows = see_rows, .user = &seen};
        MUST(decode(&file, &whole));
        MUST(pare_codec_png.decode_header(pare_buf_view(&file), NULL, &header, NULL));
        MUST(pare_codec_png.decode_rows(pare_buf_view(&file), NULL, &sink, NULL));
        CHECK_INT(seen.count, ==, 43);
        CHECK_TRUE(seen.same);
        CHECK_TRUE(header.width_px == 53 && header.height_px == 43 && !header.pixels);
        CHECK_TRUE(header.color == whole.color && header.has_alpha == whole.has_alpha &&
                   header.channels == whole.channels && header.depth_bits == whole.depth_bits);
        file.len /= 2;
        CHECK_INT(pare_codec_png.decode_rows(pare_buf_view(&file), NULL, &sink, NULL), ==,
                  PARE_ERR_TRUNCATED);
        pare_image_deinit(&header);
        pare_image_deinit(&whole);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
}

TEST(a_wrong_checksum_or_a_cut_is_an_error)
{
    pare_image image = test_make(TEST_PHOTO, 60, 40), out = {0};
    pare_buf file = test_write_png(&image, NULL);
    const size_t whole = file.len;
    file.data[whole / 2] ^= 1;
    CHECK_INT(decode(&file, &out), ==, PARE_ERR_CORRUPT);
    file.data[whole / 2] ^= 1;
    file.len = whole / 2;
    CHECK_INT(decode(&file, &out), ==, PARE_ERR_TRUNCATED);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* As the specification puts it, a byte at a time. */
static uint8_t predict(unsigned filter, int a, int b, int c)
{
    const int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    switch (filter) {
    case 1: return (uint8_t)a;
    case 2: return (uint8_t)b;
    case 3: return (uint8_t)((a + b) / 2);
    case 4: return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    default: return 0;
    }
}

TEST(every_filter_is_taken_back_in_place_for_every_length)
{
    uint32_t random = 1;
    for (unsigned i = 0; i < 5 * 4 * 40; i++) {
        const unsigned filter = i % 5;
        const size_t pixel_len = i / 5 % 4 + 1, len = (i / 20 + 1) * pixel_len;
        uint8_t before[200] = {0}, want[200], memory[256];
        uint8_t *const filtered = memory + 1 + i % 7; /* the row moves down by so many bytes */
        for (size_t k = 0; k < len; k++) {
            random = random * 1103515245 + 12345;
            before[k] = (uint8_t)(random >> 16);
            want[k] = i % 3 ? (uint8_t)(random >> 24) : (uint8_t)(before[k] + (random >> 30));
        }
        for (size_t k = 0; k < len; k++) {
            const bool is_first = k < pixel_len;
            const int a = is_first ? 0 : want[k - pixel_len];
            const int c = is_first ? 0 : before[k - pixel_len];
            filtered[k] = (uint8_t)(want[k] - predict(filter, a, before[k], c));
        }
        CHECK_TRUE(pare_png_unfilter(filter, pixel_len, before, filtered, len, memory));
        CHECK_INT(memcmp(memory, want, len), ==, 0);
    }
    uint8_t byte[8] = {0};
    CHECK_TRUE(!pare_png_unfilter(5, 1, byte, byte, 1, byte));
}

static pare_png_chunks chunks_of(const pare_buf *file)
{
    pare_png_chunks chunks;
    MUST(pare_png_chunks_read(pare_buf_view(file), &chunks, NULL));
    return chunks;
}

TEST(plain_files_are_read_at_once_and_all_others_left_to_the_library)
{
    static const struct {
        test_picture picture;
        uint8_t depth_bits;
        test_png_options options;
        bool is_plain;
    } CASES[] = {
        {TEST_PHOTO, 8, {0}, true},
        {TEST_ALPHA, 8, {0}, true},
        {TEST_PHOTO, 16, {0}, false},
        {TEST_PHOTO, 8, {.interlaced = true}, false},
        {TEST_GRAPHIC, 8, {.palette = true}, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_image image =
            test_make_as(CASES[i].picture, 301, 203, PARE_COLOR_RGB, CASES[i].depth_bits);
        pare_image have = {0};
        pare_buf file = test_write_png(&image, &CASES[i].options);
        const pare_png_chunks chunks = chunks_of(&file);
        const bool is_plain = pare_png_pixels_read(pare_buf_view(&file), &chunks, NULL, &have);
        CHECK_INT(is_plain, ==, CASES[i].is_plain);
        if (is_plain) CHECK_TRUE(test_same_pixels(&image, &have));
        pare_image_deinit(&have);
        pare_image_deinit(&image);
        pare_buf_deinit(&file);
    }
}

static void note_read(void *user, size_t upto_bytes)
{
    *(size_t *)user = upto_bytes;
}

/* Data in many chunks are joined; then the file would be in memory a second time. */
TEST(a_file_that_was_copied_is_let_go)
{
    size_t upto = 0;
    const pare_limits limits = {.max_pixels = 1 << 20, .on_read = note_read, .user = &upto};
    pare_image image = test_make(TEST_PHOTO, 301, 203), have = {0};
    pare_buf file = test_write_png(&image, NULL);
    MUST(pare_codec_png.decode(pare_buf_view(&file), &limits, &have, NULL));
    CHECK_INT(upto, ==, file.len);
    pare_image_deinit(&have);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

/* Each byte of a small file in turn: what is read at once is what the library would read. */
TEST(no_damage_is_overlooked)
{
    pare_image image = test_make(TEST_PHOTO, 9, 7), have = {0};
    pare_buf file = test_write_png(&image, NULL);
    for (size_t at = 8; at < file.len; at++) {
        pare_png_chunks chunks;
        file.data[at] ^= 0x21;
        if (pare_png_chunks_read(pare_buf_view(&file), &chunks, NULL) == PARE_OK) {
            CHECK_TRUE(!pare_png_pixels_read(pare_buf_view(&file), &chunks, NULL, &have));
        }
        file.data[at] ^= 0x21;
    }
    const pare_png_chunks chunks = chunks_of(&file);
    CHECK_TRUE(pare_png_pixels_read(pare_buf_view(&file), &chunks, NULL, &have));
    pare_image_deinit(&have);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

/* The description of the profile that a file gets; "" when it stays without one. */
static void described_colors(const test_png_options *options, char out[64])
{
    pare_image image = test_make(TEST_GRADIENT, 8, 8), back = {0};
    pare_buf file = test_write_png(&image, options);
    MUST(decode(&file, &back));
    pare_profile_describe(pare_buf_view(&back.metadata.icc), out);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

TEST(colours_given_by_numbers_become_a_profile)
{
    static const double SRGB[] = {0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
    static const double WIDE[] = {0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06};
    static const uint8_t SRGB_CODES[] = {1, 13, 0, 1}, P3_CODES[] = {12, 13, 0, 1};
    char name[64];
    described_colors(&(test_png_options){.file_gamma = 0.45455, .chrm = SRGB}, name);
    CHECK_STR(name, "");
    described_colors(&(test_png_options){.file_gamma = 1.0}, name);
    CHECK_STR(name, "PNG gAMA and cHRM");
    described_colors(&(test_png_options){.file_gamma = 0.45455, .chrm = WIDE}, name);
    CHECK_STR(name, "PNG gAMA and cHRM");
    described_colors(&(test_png_options){.cicp = SRGB_CODES}, name);
    CHECK_STR(name, "");
    described_colors(&(test_png_options){.cicp = P3_CODES, .file_gamma = 0.45455}, name);
    CHECK_STR(name, "PNG cICP");
}

TEST(hdr_colours_are_left_alone)
{
    static const uint8_t PQ[] = {9, 16, 0, 1};
    pare_image image = test_make(TEST_GRADIENT, 8, 8), out = {0};
    pare_buf file = test_write_png(&image, &(test_png_options){.cicp = PQ});
    CHECK_INT(decode(&file, &out), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_TRUE(out.pixels == NULL);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

TEST(blocks_come_back)
{
    pare_metadata metadata = {.exif = test_make_exif(3, false)};
    pare_colorimetry p3;
    CHECK_TRUE(pare_colorimetry_from_cicp(12, 13, &p3));
    MUST(pare_profile_build(&p3, "P3", &metadata.icc));
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    test_set_text(&metadata.comment, "hello");
    pare_image image = test_make(TEST_GRADIENT, 8, 8), out = {0};
    pare_buf file = test_write_png(&image, &(test_png_options){.metadata = &metadata});
    MUST(decode(&file, &out));
    CHECK_INT(out.orientation, ==, 3);
    CHECK_INT(out.metadata.icc.len, ==, metadata.icc.len);
    CHECK_INT(out.metadata.xmp.len, ==, metadata.xmp.len);
    CHECK_INT(out.metadata.comment.len, ==, metadata.comment.len);
    pare_image_deinit(&out);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
    pare_metadata_deinit(&metadata);
}

RUN(every_shape_comes_back_exactly, rows_are_those_of_the_whole,
    every_filter_is_taken_back_in_place_for_every_length,
    plain_files_are_read_at_once_and_all_others_left_to_the_library,
    a_file_that_was_copied_is_let_go, no_damage_is_overlooked,
    a_wrong_checksum_or_a_cut_is_an_error, colours_given_by_numbers_become_a_profile,
    hdr_colours_are_left_alone, blocks_come_back)
