// SPDX-License-Identifier: Apache-2.0
/* The check of written JPEGs: it takes what the encoder writes, and nothing else. */
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/jpeg_check.h"
#include "core/codec/jpeg_check_scan.h"
#include "core/codec/jpeg_coeffs.h"
#include "core/codec/jpeg_encoder.h"
#include "data/make_image.h"

static const struct {
    const char *label;
    uint32_t width, height;
    pare_color color;
    test_jpeg_options options;
} PICTURES[] = {
    {"4:2:0", 75, 61, PARE_COLOR_RGB, {.quality = 92}},
    {"4:4:4", 75, 61, PARE_COLOR_RGB, {.quality = 92, .luma_h = 1, .luma_v = 1}},
    {"4:2:2", 61, 33, PARE_COLOR_RGB, {.quality = 85, .luma_h = 2, .luma_v = 1}},
    {"4:1:1", 97, 33, PARE_COLOR_RGB, {.quality = 85, .luma_h = 4, .luma_v = 1}},
    {"as RGB", 40, 40, PARE_COLOR_RGB, {.luma_h = 1, .luma_v = 1, .store_rgb = true}},
    {"gray", 85, 60, PARE_COLOR_GRAY, {.quality = 95, .progressive = true}},
    {"CMYK", 50, 41, PARE_COLOR_CMYK, {.luma_h = 1, .luma_v = 1}},
    {"YCCK", 50, 41, PARE_COLOR_CMYK, {.store_ycck = true, .progressive = true}},
    {"progressive at 4:2:0", 290, 211, PARE_COLOR_RGB, {.quality = 90}},
    {"one pixel", 1, 1, PARE_COLOR_RGB, {0}},
};
#define PICTURE_COUNT (sizeof PICTURES / sizeof *PICTURES)
enum { PROGRESSIVE = PICTURE_COUNT - 2 }; /* large enough to pay off in many scans */

static pare_buf make_jpeg(size_t index, const pare_metadata *metadata)
{
    pare_image image = test_make_as(TEST_PHOTO, PICTURES[index].width, PICTURES[index].height,
                                    PICTURES[index].color, 8);
    test_jpeg_options options = PICTURES[index].options;
    options.metadata = metadata;
    pare_buf file = test_write_jpeg(&image, &options);
    pare_image_deinit(&image);
    return file;
}

/* 0: the variants for any processor; 1: the fastest ones. */
static void choose_variant(int variant)
{
    if (variant == 0) CHECK_INT(setenv("PARE_CPU", "c", 1), ==, 0);
    if (variant == 1) CHECK_INT(unsetenv("PARE_CPU"), ==, 0);
}

/* An open session and what it wrote at a quality; 0: without loss. */
typedef struct written {
    pare_buf original, out;
    pare_source source;
    pare_encode_params params;
    pare_encoder *encoder;
    double quality;
} written;

static void write_jpeg(written *w, size_t index, double quality, int effort,
                       const pare_metadata *metadata)
{
    *w = (written){.original = make_jpeg(index, metadata), .quality = quality};
    w->source = (pare_source){.original = pare_buf_view(&w->original), .metadata = metadata};
    w->params = (pare_encode_params){.lossless = quality == 0.0, .effort = effort};
    CHECK_INT(pare_jpeg_encoder_open(&w->source, &w->params, &w->encoder, NULL), ==, PARE_OK);
    CHECK_INT(pare_jpeg_encoder_try(w->encoder, quality, &w->out, NULL), ==, PARE_OK);
}

static pare_err check(written *w, pare_diag *diag)
{
    return pare_jpeg_encoder_check(w->encoder, w->quality, pare_buf_view(&w->out), diag);
}

static void written_deinit(written *w)
{
    pare_jpeg_encoder_close(&w->encoder);
    pare_buf_deinit(&w->out);
    pare_buf_deinit(&w->original);
}

/* Offset of the n-th segment of this marker behind its length, or 0. */
static size_t find_segment(const pare_buf *file, uint8_t marker, int n)
{
    for (size_t at = 2; at + 4 < file->len;) {
        if (file->data[at] != 0xff || file->data[at + 1] == 0 || file->data[at + 1] == 0xff) {
            at++; /* inside a scan */
            continue;
        }
        if (file->data[at + 1] == marker && n-- == 0) return at + 4;
        at += 2u + (size_t)(file->data[at + 2] << 8 | file->data[at + 3]);
    }
    return 0;
}

static int count_refining_scans(const pare_buf *file)
{
    int count = 0;
    for (int n = 0;; n++) {
        const size_t at = find_segment(file, 0xda, n);
        if (at == 0) return count;
        const uint8_t *band = file->data + at + 1 + 2 * file->data[at];
        count += band[0] > 0 && band[2] >> 4 > 0;
    }
}

TEST(what_the_encoder_writes_is_taken)
{
    static const double qualities[] = {0, 30, 80, 97, 100};
    int refining = 0;
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        for (int effort = 0; effort <= 9; effort++) {
            for (size_t q = 0; q < sizeof qualities / sizeof *qualities; q++) {
                pare_diag diag = {0};
                written w;
                write_jpeg(&w, i, qualities[q], effort, NULL);
                for (int variant = 0; variant < 2; variant++) {
                    choose_variant(variant);
                    CHECK_INT(check(&w, &diag), ==, PARE_OK);
                }
                if (diag.text[0]) {
                    printf("# %s, effort %d, quality %g\n", PICTURES[i].label, effort,
                           qualities[q]);
                }
                CHECK_STR(diag.text, "");
                refining += count_refining_scans(&w.out);
                written_deinit(&w);
            }
        }
    }
    CHECK_INT(refining, >, 4); /* else refinement is not looked at here */
}

/* How many of the files with one bit turned are taken. Of large files one bit a byte. */
static size_t count_taken_flips(written *w, size_t *tried)
{
    size_t taken = 0;
    const int step = w->out.len > 4096 ? 8 : 1;
    for (size_t at = 0; at < w->out.len; at++) {
        for (int bit = step == 1 ? 0 : (int)(at % 8); bit < 8; bit += step, ++*tried) {
            w->out.data[at] ^= (uint8_t)(1 << bit);
            if (check(w, NULL) == PARE_OK) {
                printf("# bit %d of byte %zu of %zu\n", bit, at, w->out.len);
                taken++;
            }
            w->out.data[at] ^= (uint8_t)(1 << bit);
        }
    }
    return taken;
}

TEST(one_wrong_bit_anywhere_is_seen)
{
    pare_metadata metadata = {.exif = test_make_exif(6, false)};
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    test_set_text(&metadata.comment, "a comment");
    test_set_text(&metadata.icc, "no real profile, but bytes that must come through");
    size_t tried = 0;
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        for (int effort = 0; effort <= 8; effort += 4) {
            printf("# %s, effort %d\n", PICTURES[i].label, effort);
            written w;
            write_jpeg(&w, i, effort == 4 ? 80 : 0, effort, &metadata);
            CHECK_INT(check(&w, NULL), ==, PARE_OK);
            CHECK_INT(count_taken_flips(&w, &tried), ==, 0);
            written_deinit(&w);
        }
    }
    CHECK_INT(tried, >, 200000);
    pare_metadata_deinit(&metadata);
}

TEST(swapped_symbols_of_a_huffman_table_are_seen)
{
    for (size_t i = 0; i < PICTURE_COUNT - 1; i++) {
        written w;
        write_jpeg(&w, i, 0, 4, NULL);
        for (int n = 0;; n++) {
            const size_t at = find_segment(&w.out, 0xc4, n);
            if (at == 0) break;
            unsigned count = 0;
            for (int k = 1; k <= 16; k++)
                count += w.out.data[at + (size_t)k];
            uint8_t *symbols = w.out.data + at + 17;
            for (unsigned k = 0; k + 1 < count; k++) {
                const uint8_t first = symbols[k];
                symbols[k] = symbols[k + 1];
                symbols[k + 1] = first;
                CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
                symbols[k + 1] = symbols[k];
                symbols[k] = first;
            }
        }
        CHECK_INT(check(&w, NULL), ==, PARE_OK);
        written_deinit(&w);
    }
}

/* Blocks from full ones to those with few numbers far apart, most of them small: long gaps, with
 * and without numbers that showed before in them. */
static void make_sparse_frame(pare_jpeg_frame *frame, uint64_t *random)
{
    const pare_jpeg_plane plane = {.h = 1, .v = 1, .width_blocks = 12, .height_blocks = 6};
    pare_jpeg_blocks *blocks = &frame->blocks[0];
    *frame = (pare_jpeg_frame){.component_count = 1, .max_h = 1, .max_v = 1};
    frame->width_px = 96;
    frame->height_px = 48;
    CHECK_INT(pare_jpeg_blocks_init(blocks, &plane), ==, PARE_OK);
    for (uint32_t y = 0; y < plane.height_blocks; y++) {
        CHECK_INT(pare_jpeg_blocks_begin_row(blocks, y), ==, PARE_OK);
        for (uint32_t x = 0; x < plane.width_blocks; x++) {
            const size_t begin = blocks->len, index = (size_t)y * plane.width_blocks + x;
            const uint64_t one_in = 1 + test_random(random) % 40;
            const uint64_t most = test_random(random) % 8 == 0 ? PARE_JPEG_AC_MAX : 7;
            for (int k = 1; k < 64; k++) {
                if (test_random(random) % one_in != 0) continue;
                const int magnitude = 1 + (int)(test_random(random) % most);
                blocks->positions[blocks->len] = (uint8_t)k;
                blocks->values[blocks->len++] =
                    (int16_t)(test_random(random) & 1 ? magnitude : -magnitude);
            }
            blocks->dc[index] = 0;
            blocks->counts[index] = (uint8_t)(blocks->len - begin);
        }
    }
}

/* The scan's data with a marker behind it, and the tables as they are read from a file. */
static pare_buf write_scan(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                           pare_jpeg_codes *codes, uint32_t *long_gaps)
{
    pare_jpeg_stats stats = {0};
    pare_jpeg_huffman tables[PARE_JPEG_SLOTS] = {0};
    pare_buf out = {0};
    pare_jpeg_scan_count(frame, scan, 1, &stats);
    *long_gaps += stats.histograms[PARE_JPEG_SLOT_AC][0xf0];
    pare_jpeg_huffman_build(stats.histograms[PARE_JPEG_SLOT_AC], &tables[PARE_JPEG_SLOT_AC]);
    CHECK_TRUE(pare_jpeg_codes_read(tables[PARE_JPEG_SLOT_AC].length_counts + 1,
                                    tables[PARE_JPEG_SLOT_AC].symbols, &codes[PARE_JPEG_SLOT_AC]));
    CHECK_INT(pare_jpeg_scan_write(frame, scan, tables, &out), ==, PARE_OK);
    CHECK_INT(pare_buf_append(&out, "\xff\xd9", 2), ==, PARE_OK);
    return out;
}

static const pare_jpeg_scan BANDS[] = {
    {.se = 63, .ss = 1, .al = 0},          {.se = 63, .ss = 1, .al = 1},
    {.se = 63, .ss = 1, .ah = 1, .al = 0}, {.se = 63, .ss = 1, .ah = 2, .al = 1},
    {.se = 60, .ss = 4, .ah = 1, .al = 0}, {.se = 40, .ss = 7, .al = 0},
    {.se = 63, .ss = 9, .al = 3},          {.se = 63, .ss = 1, .ah = 4, .al = 3},
    {.se = 5, .ss = 1, .ah = 2, .al = 1},  {.se = 63, .ss = 6, .ah = 3, .al = 2}};
enum { BAND_COUNT = sizeof BANDS / sizeof *BANDS };

/* By the variant for any processor and the fastest one, which must agree. */
static bool is_said(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                    const pare_jpeg_codes *codes, const pare_buf *data)
{
    bool said[2];
    size_t len[2];
    for (int i = 0; i < 2; i++) {
        choose_variant(i);
        said[i] = pare_jpeg_scan_says(frame, scan, codes, pare_buf_view(data), &len[i]);
    }
    CHECK_INT(said[0], ==, said[1]);
    if (said[0]) CHECK_INT(len[0], ==, len[1]);
    return said[0] && len[0] == data->len - 2;
}

TEST(bands_with_long_gaps_are_read_and_each_wrong_bit_is_seen)
{
    static pare_jpeg_codes codes[PARE_JPEG_SLOTS];
    uint64_t random = 5;
    for (size_t i = 0; i < BAND_COUNT; i++) {
        uint32_t long_gaps = 0;
        pare_jpeg_scan scan = BANDS[i];
        scan.component_count = 1;
        scan.progressive = true;
        for (int round = 0; round < 12; round++) {
            pare_jpeg_frame frame;
            size_t taken = 0;
            make_sparse_frame(&frame, &random);
            pare_buf data = write_scan(&frame, &scan, codes, &long_gaps);
            CHECK_TRUE(is_said(&frame, &scan, codes, &data));
            for (size_t bit = 0; bit < 8 * (data.len - 2); bit++) {
                data.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                taken += is_said(&frame, &scan, codes, &data);
                data.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            }
            CHECK_INT(taken, ==, 0);
            pare_buf_deinit(&data);
            pare_jpeg_blocks_deinit(&frame.blocks[0]);
        }
        if (scan.se - scan.ss > 30) CHECK_INT(long_gaps, >, 3);
    }
}

/* Another number that the scan tells apart from this one, or the same when it tells nothing of it.
 */
static int16_t other_number(const pare_jpeg_scan *scan, int position, int value)
{
    const int magnitude = value < 0 ? -value : value, seen = magnitude >> scan->al;
    if (position < scan->ss || position > scan->se || seen == 0) return (int16_t)value;
    if (scan->ah == 0 || seen == 1) return (int16_t)-value;
    const int other = magnitude ^ 1 << scan->al;
    return (int16_t)(value < 0 ? -other : other);
}

TEST(each_wrong_number_of_a_band_is_seen)
{
    static pare_jpeg_codes codes[PARE_JPEG_SLOTS];
    uint64_t random = 8;
    for (size_t i = 0; i < BAND_COUNT; i++) {
        uint32_t long_gaps = 0;
        pare_jpeg_frame frame;
        pare_jpeg_scan scan = BANDS[i];
        scan.component_count = 1;
        scan.progressive = true;
        make_sparse_frame(&frame, &random);
        pare_buf data = write_scan(&frame, &scan, codes, &long_gaps);
        size_t changed = 0, taken = 0;
        for (size_t k = 0; k < frame.blocks[0].len; k++) {
            int16_t *number = &frame.blocks[0].values[k];
            const int16_t value = *number;
            *number = other_number(&scan, frame.blocks[0].positions[k], value);
            if (*number == value) continue;
            changed++;
            taken += is_said(&frame, &scan, codes, &data);
            *number = value;
        }
        CHECK_INT(changed, >, 15);
        CHECK_INT(taken, ==, 0);
        pare_buf_deinit(&data);
        pare_jpeg_blocks_deinit(&frame.blocks[0]);
    }
}

TEST(bytes_too_few_or_too_many_are_seen)
{
    written w;
    write_jpeg(&w, 0, 80, 4, NULL);
    const size_t len = w.out.len;
    for (w.out.len = 0; w.out.len < len; w.out.len++)
        CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
    CHECK_INT(pare_buf_append_byte(&w.out, 0), ==, PARE_OK);
    CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
    written_deinit(&w);
}

TEST(a_lost_or_doubled_scan_is_seen)
{
    written w;
    write_jpeg(&w, PROGRESSIVE, 0, 8, NULL);
    CHECK_TRUE(find_segment(&w.out, 0xc2, 0) > 0);
    const size_t first = find_segment(&w.out, 0xda, 1), second = find_segment(&w.out, 0xda, 2);
    const size_t table = find_segment(&w.out, 0xc4, 1) - 4;
    CHECK_TRUE(first > 0 && second > first);
    /* the second scan with its tables, once more and not at all */
    size_t end = first;
    while (!(w.out.data[end] == 0xff && w.out.data[end + 1] != 0))
        end++;
    const pare_buf whole = w.out;
    pare_buf other = {0};
    CHECK_INT(pare_buf_append(&other, whole.data, end), ==, PARE_OK);
    CHECK_INT(pare_buf_append(&other, whole.data + table, whole.len - table), ==, PARE_OK);
    w.out = other;
    CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
    w.out.len = 0;
    CHECK_INT(pare_buf_append(&w.out, whole.data, table), ==, PARE_OK);
    CHECK_INT(pare_buf_append(&w.out, whole.data + end, whole.len - end), ==, PARE_OK);
    CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
    pare_buf_deinit(&w.out);
    w.out = whole;
    CHECK_INT(check(&w, NULL), ==, PARE_OK);
    written_deinit(&w);
}

TEST(a_try_at_another_quality_in_between_does_not_matter)
{
    written w;
    pare_buf other = {0};
    write_jpeg(&w, 0, 80, 4, NULL);
    CHECK_INT(pare_jpeg_encoder_try(w.encoder, 40, &other, NULL), ==, PARE_OK);
    CHECK_INT(check(&w, NULL), ==, PARE_OK);
    /* and the other one is not what was asked */
    pare_buf_move(&w.out, &other);
    CHECK_INT(check(&w, NULL), ==, PARE_ERR_VERIFY);
    pare_buf_deinit(&other);
    written_deinit(&w);
}

TEST(a_plan_far_from_its_source_is_seen)
{
    pare_buf file = make_jpeg(0, NULL);
    pare_jpeg_coeffs coeffs;
    CHECK_INT(pare_jpeg_coeffs_read(pare_buf_view(&file), 0, &coeffs, NULL), ==, PARE_OK);
    pare_jpeg_frame frame = {.component_count = coeffs.component_count};
    uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64];
    for (int c = 0; c < coeffs.component_count; c++) {
        memcpy(quants[c], coeffs.planes[c].quant, sizeof quants[c]);
        CHECK_INT(pare_jpeg_blocks_copy(&frame.blocks[c], &coeffs.planes[c], NULL), ==, PARE_OK);
        CHECK_TRUE(pare_jpeg_check_same(&frame.blocks[c], &coeffs.planes[c]));
    }
    const uint16_t(*tables)[64] = (const uint16_t(*)[64])quants;
    CHECK_INT(pare_jpeg_check_near(&frame, tables, &coeffs, NULL), ==, PARE_OK);
    for (int c = 0; c < coeffs.component_count; c++) {
        pare_jpeg_blocks *blocks = &frame.blocks[c];
        const size_t last = (size_t)blocks->width_blocks * blocks->height_blocks - 1;
        blocks->dc[last] = (int16_t)(blocks->dc[last] + 1);
        CHECK_TRUE(!pare_jpeg_check_same(blocks, &coeffs.planes[c]));
        CHECK_INT(pare_jpeg_check_near(&frame, tables, &coeffs, NULL), ==, PARE_ERR_VERIFY);
        blocks->dc[last] = (int16_t)(blocks->dc[last] - 1);
        CHECK_TRUE(blocks->len > 0);
        int16_t *value = &blocks->values[blocks->len - 1];
        *value = (int16_t) - *value;
        CHECK_TRUE(!pare_jpeg_check_same(blocks, &coeffs.planes[c]));
        CHECK_INT(pare_jpeg_check_near(&frame, tables, &coeffs, NULL), ==, PARE_ERR_VERIFY);
        *value = (int16_t) - *value;
    }
    CHECK_INT(pare_jpeg_check_near(&frame, tables, &coeffs, NULL), ==, PARE_OK);
    for (int c = 0; c < PARE_JPEG_COMPONENTS_MAX; c++)
        pare_jpeg_blocks_deinit(&frame.blocks[c]);
    pare_jpeg_coeffs_deinit(&coeffs);
    pare_buf_deinit(&file);
}

RUN(what_the_encoder_writes_is_taken, one_wrong_bit_anywhere_is_seen,
    bands_with_long_gaps_are_read_and_each_wrong_bit_is_seen, each_wrong_number_of_a_band_is_seen,
    swapped_symbols_of_a_huffman_table_are_seen, bytes_too_few_or_too_many_are_seen,
    a_lost_or_doubled_scan_is_seen, a_try_at_another_quality_in_between_does_not_matter,
    a_plan_far_from_its_source_is_seen)
