// SPDX-License-Identifier: Apache-2.0
/* What is left of cut files: above the damage it is what the whole file shows. */
#include "support/test.h"

#include "core/codec/codec.h"
#include "data/make_image.h"

enum { WIDTH = 203, HEIGHT = 180, FRAMES = 5 };

static pare_buf encode_webp(const pare_image *image, bool lossless)
{
    const pare_source source = {.image = image, .metadata = &image->metadata};
    const pare_encode_params params = {.lossless = lossless, .effort = 2};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_WEBP);
    CHECK_INT(codec->encoder_open(&source, &params, &encoder, NULL), ==, PARE_OK);
    CHECK_INT(codec->encoder_try(encoder, 80, &out, NULL), ==, PARE_OK);
    codec->encoder_close(&encoder);
    return out;
}

/* 24 bits, the first row on top. */
static pare_buf write_bmp(const pare_image *image)
{
    const uint32_t row_len = (image->width_px * 3 + 3) & ~3u;
    const uint32_t numbers[] = {54 + row_len * image->height_px,
                                0,
                                54,
                                40,
                                image->width_px,
                                0u - image->height_px,
                                1 | 24 << 16,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0};
    static const uint8_t PADDING[3];
    pare_buf out = {0};
    MUST(pare_buf_append(&out, "BM", 2));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        for (int n = 0; n < 4; n++)
            MUST(pare_buf_append_byte(&out, (uint8_t)(numbers[i] >> (8 * n))));
    }
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        for (size_t x = 0; x < image->width_px; x++) {
            const uint8_t pixel[] = {row[3 * x + 2], row[3 * x + 1], row[3 * x]};
            MUST(pare_buf_append(&out, pixel, sizeof pixel));
        }
        MUST(pare_buf_append(&out, PADDING, row_len - image->width_px * 3));
    }
    return out;
}

typedef enum kind {
    JPEG_420,
    JPEG_444,
    JPEG_RESTARTS,
    PNG_8,
    PNG_16,
    WEBP,
    WEBP_LOSSLESS,
    TIFF_STRIPS,
    TIFF_ONE_STRIP,
    TIFF_LZW,
    TIFF_TILES,
    BMP_24,
    KINDS
} kind;

static pare_buf make_file(kind which)
{
    pare_image image =
        test_make_as(TEST_PHOTO, WIDTH, HEIGHT, PARE_COLOR_RGB, which == PNG_16 ? 16 : 8);
    pare_buf out = {0};
    switch (which) {
    case JPEG_420: out = test_write_jpeg(&image, &(test_jpeg_options){0}); break;
    case JPEG_444:
        out = test_write_jpeg(&image, &(test_jpeg_options){.luma_h = 1, .luma_v = 1});
        break;
    case JPEG_RESTARTS:
        out = test_write_jpeg(&image, &(test_jpeg_options){.restart_rows = 1});
        break;
    case PNG_8:
    case PNG_16: out = test_write_png(&image, &(test_png_options){0}); break;
    case WEBP:
    case WEBP_LOSSLESS: out = encode_webp(&image, which == WEBP_LOSSLESS); break;
    case TIFF_STRIPS:
    case TIFF_ONE_STRIP:
    case TIFF_LZW:
    case TIFF_TILES:
        out = test_write_tiff(
            &image, &(test_tiff_options){.directory_first = true,
                                         .strip_rows = which == TIFF_ONE_STRIP ? HEIGHT : 0,
                                         .lzw = which == TIFF_LZW,
                                         .tiled = which == TIFF_TILES});
        break;
    case BMP_24: out = write_bmp(&image); break;
    case KINDS: break;
    }
    pare_image_deinit(&image);
    return out;
}

/* The first value of an entry of the first directory, little-endian. */
static void set_tiff_number(pare_buf *file, unsigned tag, uint8_t value)
{
    uint8_t *entry = file->data + file->data[4] + 2;
    while ((entry[0] | (unsigned)entry[1] << 8) != tag)
        entry += 12;
    entry[8] = value;
}

static pare_image decode(pare_bytes file)
{
    pare_image image = {0};
    CHECK_INT(pare_codec_find(pare_format_sniff(file.data, file.len))
                  ->decode(file, &(pare_limits){0}, &image, NULL),
              ==, PARE_OK);
    return image;
}

static bool is_same_row(const pare_image *a, const pare_image *b, uint32_t y)
{
    const size_t len = (size_t)a->width_px * a->channels * (a->depth_bits / 8u);
    return a->channels == b->channels && a->depth_bits == b->depth_bits &&
           memcmp(pare_image_row(a, y), pare_image_row(b, y), len) == 0;
}

/* Rows that are whole, or 0 when nothing was left. */
static uint32_t check_cut(const pare_buf *file, size_t len, const pare_image *whole)
{
    pare_result result;
    pare_diag diag = {0};
    const pare_err err = pare_salvage(file->data, len, NULL, &result, &diag);
    if (err != PARE_OK) {
        CHECK_TRUE(result.data == NULL);
        return 0;
    }
    pare_image have = decode((pare_bytes){result.data, result.len});
    const bool is_written =
        result.format_in != PARE_FORMAT_TIFF && result.format_in != PARE_FORMAT_BMP;
    CHECK_INT(result.format_out, ==, is_written ? result.format_in : PARE_FORMAT_PNG);
    CHECK_TRUE(!result.salvages_frames);
    CHECK_INT(have.width_px, ==, whole->width_px);
    CHECK_INT(have.height_px, ==, whole->height_px);
    CHECK_INT(result.salvageable, ==, whole->height_px);
    CHECK_INT(result.salvaged, >, 0);
    uint32_t same = 0;
    while (same < result.salvaged && is_same_row(&have, whole, same))
        same++;
    CHECK_INT(same, ==, result.salvaged);
    pare_image_deinit(&have);
    const uint32_t rows = result.salvaged;
    pare_result_deinit(&result);
    return rows;
}

TEST(rows_above_a_cut_are_as_they_were)
{
    for (kind which = 0; which < KINDS; which++) {
        pare_buf file = make_file(which);
        pare_image whole = decode(pare_buf_view(&file));
        uint32_t last = 0;
        for (unsigned percent = 1; percent < 100; percent += 7) {
            const uint32_t rows = check_cut(&file, file.len * percent / 100, &whole);
            CHECK_INT(rows, >=, last); /* a longer piece has no fewer */
            last = rows;
        }
        printf("# kind %d: %u of %u rows of all but the end\n", (int)which, last, HEIGHT);
        CHECK_INT(last, >, HEIGHT * 6 / 10);
        pare_image_deinit(&whole);
        pare_buf_deinit(&file);
    }
}

TEST(rows_above_a_wrong_byte_are_as_they_were)
{
    static const kind kinds[] = {JPEG_420, JPEG_444, PNG_8};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        pare_buf file = make_file(kinds[i]);
        pare_image whole = decode(pare_buf_view(&file));
        /* a marker where none belongs; in PNG a checksum that does not hold */
        file.data[file.len * 6 / 10] = 0xff;
        file.data[file.len * 6 / 10 + 1] = 0xd9;
        pare_image damaged = {0};
        CHECK_INT(pare_codec_find(pare_format_sniff(file.data, file.len))
                      ->decode(pare_buf_view(&file), &(pare_limits){0}, &damaged, NULL),
                  !=, PARE_OK);
        const uint32_t rows = check_cut(&file, file.len, &whole);
        printf("# kind %d: %u rows\n", (int)kinds[i], rows);
        if (kinds[i] != PNG_8) CHECK_INT(rows, >, HEIGHT * 3 / 10);
        pare_image_deinit(&whole);
        pare_buf_deinit(&file);
    }
}

/* Strips are on their own: those behind the damage are as they were too. */
TEST(strips_of_a_tiff_around_wrong_bytes_are_as_they_were)
{
    enum { STRIP_ROWS = 8 };
    pare_buf file = make_file(TIFF_LZW);
    pare_image whole = decode(pare_buf_view(&file));
    pare_result result;
    for (size_t n = 0; n < 32; n++)
        file.data[file.len / 2 + n] ^= 0x5a;
    CHECK_INT(pare_salvage(file.data, file.len, NULL, &result, NULL), ==, PARE_OK);
    CHECK_INT(result.salvaged, >=, HEIGHT - 2 * STRIP_ROWS);
    CHECK_INT(result.salvaged, <, HEIGHT);
    pare_image have = decode((pare_bytes){result.data, result.len});
    uint32_t same = 0;
    for (uint32_t y = 0; y < HEIGHT; y++)
        same += is_same_row(&have, &whole, y);
    CHECK_INT(same, >=, result.salvaged);
    pare_image_deinit(&have);
    pare_image_deinit(&whole);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
}

/* Two bits a pixel of gray go through libtiff's conversion to RGBA: whole strips only. */
TEST(strips_of_a_converted_tiff_are_as_they_were)
{
    enum { SIDE = 64, STRIP_ROWS = 8 };
    pare_image image = test_make_as(TEST_PHOTO, SIDE / 4, SIDE, PARE_COLOR_GRAY, 8);
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){.directory_first = true});
    set_tiff_number(&file, 256, SIDE); /* ImageWidth */
    set_tiff_number(&file, 258, 2);    /* BitsPerSample */
    pare_image whole = decode(pare_buf_view(&file));
    CHECK_INT(whole.width_px, ==, SIDE);
    const uint32_t rows = check_cut(&file, file.len - (size_t)SIDE / 4 * 20, &whole);
    CHECK_INT(rows, ==, (SIDE - 20) / STRIP_ROWS * STRIP_ROWS);
    pare_image_deinit(&whole);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

TEST(a_cut_progressive_jpeg_shows_all_of_the_image)
{
    pare_image image = test_make(TEST_PHOTO, WIDTH, HEIGHT);
    pare_buf file = test_write_jpeg(&image, &(test_jpeg_options){.progressive = true});
    pare_result result;
    CHECK_INT(pare_salvage(file.data, file.len / 2, NULL, &result, NULL), ==, PARE_OK);
    CHECK_INT(result.salvaged, ==, HEIGHT);
    pare_image have = decode((pare_bytes){result.data, result.len});
    const double difference = test_difference(&have, &image);
    printf("# %.1f away\n", difference);
    CHECK_TRUE(difference < 25);
    pare_image_deinit(&have);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* ---- animations ---- */

static const pare_format MOVING[] = {PARE_FORMAT_GIF, PARE_FORMAT_PNG, PARE_FORMAT_WEBP};
enum { MOVING_COUNT = sizeof MOVING / sizeof *MOVING, MOVING_W = 90, MOVING_H = 70 };

static pare_buf make_animation(pare_format format)
{
    pare_image image = test_make_as(TEST_PHOTO, MOVING_W, MOVING_H, PARE_COLOR_RGB, 8);
    pare_buf gif = test_write_gif(&image, FRAMES, false), out = {0};
    pare_image_deinit(&image);
    if (format == PARE_FORMAT_GIF) return gif;
    const pare_codec *from = pare_codec_find(PARE_FORMAT_GIF), *to = pare_codec_find(format);
    const pare_animate_params params = {.lossless = true, .quality = 100, .effort = 2};
    pare_animation animation;
    pare_frames *frames = NULL;
    pare_animator *animator = NULL;
    CHECK_INT(from->frames_open(pare_buf_view(&gif), NULL, &animation, &frames, NULL), ==, PARE_OK);
    CHECK_INT(to->animator_open(&animation, &params, &animator, NULL), ==, PARE_OK);
    for (;;) {
        pare_frame frame;
        bool more;
        CHECK_INT(from->frames_next(frames, &frame, &more, NULL), ==, PARE_OK);
        if (!more) break;
        CHECK_INT(to->animator_add(animator, &frame, NULL), ==, PARE_OK);
    }
    CHECK_INT(to->animator_finish(animator, &out, NULL), ==, PARE_OK);
    to->animator_close(&animator);
    from->frames_close(&frames);
    pare_buf_deinit(&gif);
    return out;
}

/* How many frames from the first are the same in both files; *count: how many `part` has. */
static uint32_t count_same_frames(pare_bytes whole, pare_bytes part, uint32_t *count)
{
    const pare_bytes files[2] = {whole, part};
    const pare_codec *codec = pare_codec_find(pare_format_sniff(part.data, part.len));
    pare_frames *frames[2] = {0};
    pare_animation animation;
    uint32_t same = 0;
    bool is_same = true;
    for (int i = 0; i < 2; i++)
        CHECK_INT(codec->frames_open(files[i], NULL, &animation, &frames[i], NULL), ==, PARE_OK);
    for (*count = 0;; ++*count) {
        pare_frame a, b;
        bool more[2];
        CHECK_INT(codec->frames_next(frames[0], &a, &more[0], NULL), ==, PARE_OK);
        CHECK_INT(codec->frames_next(frames[1], &b, &more[1], NULL), ==, PARE_OK);
        if (!more[1]) break;
        is_same = is_same && more[0] && a.duration_ms == b.duration_ms &&
                  memcmp(a.rgba, b.rgba, (size_t)MOVING_W * MOVING_H * 4) == 0;
        if (is_same) same++;
    }
    for (int i = 0; i < 2; i++)
        codec->frames_close(&frames[i]);
    return same;
}

/* Frames that are as they were; 0: nothing was left. */
static uint32_t check_frames(pare_bytes whole, pare_bytes damaged, bool all_must_be_same)
{
    pare_result result;
    uint32_t same = 0, count = 0;
    if (pare_salvage(damaged.data, damaged.len, NULL, &result, NULL) == PARE_OK) {
        CHECK_TRUE(result.salvages_frames);
        CHECK_INT(result.format_out, ==, result.format_in);
        same = count_same_frames(whole, (pare_bytes){result.data, result.len}, &count);
        CHECK_INT(result.salvaged, ==, count);
        CHECK_INT(result.salvageable, >=, count);
        if (all_must_be_same) CHECK_INT(same, ==, count);
    } else {
        CHECK_TRUE(result.data == NULL);
    }
    pare_result_deinit(&result);
    return same;
}

TEST(whole_frames_of_a_cut_animation_are_kept)
{
    for (int i = 0; i < MOVING_COUNT; i++) {
        pare_buf file = make_animation(MOVING[i]);
        uint32_t last = 0;
        for (size_t len = 20; len < file.len - 13; len += 137) {
            const uint32_t same =
                check_frames(pare_buf_view(&file), (pare_bytes){file.data, len}, true);
            CHECK_INT(same, >=, last);
            last = same;
        }
        printf("# %s: %u of %d frames of all but the end\n", pare_format_name(MOVING[i]), last,
               FRAMES);
        CHECK_INT(last, >=, FRAMES - 1);
        pare_buf_deinit(&file);
    }
}

/* Frames before the damage are there, as they were. Those of PNG have checksums: there is no other.
 */
TEST(whole_frames_before_wrong_bytes_are_kept)
{
    for (int i = 0; i < MOVING_COUNT; i++) {
        pare_buf file = make_animation(MOVING[i]);
        for (unsigned percent = 5; percent < 95; percent += 9) {
            const size_t at = file.len * percent / 100;
            pare_buf damaged = {0};
            CHECK_INT(pare_buf_append(&damaged, file.data, file.len), ==, PARE_OK);
            for (size_t n = 0; n < 16; n++)
                damaged.data[at + n] ^= 0x5a;
            const uint32_t before =
                check_frames(pare_buf_view(&file), (pare_bytes){file.data, at}, true);
            const bool is_png = MOVING[i] == PARE_FORMAT_PNG;
            const uint32_t same =
                check_frames(pare_buf_view(&file), pare_buf_view(&damaged), is_png);
            CHECK_INT(same, >=, before);
            pare_buf_deinit(&damaged);
        }
        pare_buf_deinit(&file);
    }
}

TEST(where_nothing_is_left_nothing_is_made)
{
    for (kind which = 0; which < KINDS; which++) {
        pare_buf file = make_file(which);
        for (size_t len = 0; len < 40; len++) {
            pare_result result;
            pare_diag diag = {0};
            CHECK_INT(pare_salvage(file.data, len, NULL, &result, &diag), !=, PARE_OK);
            CHECK_TRUE(result.data == NULL && result.len == 0);
        }
        pare_buf_deinit(&file);
    }
    pare_result result;
    static const char SVG[] = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g";
    CHECK_INT(pare_salvage((const uint8_t *)SVG, sizeof SVG - 1, NULL, &result, NULL), ==,
              PARE_SKIP_UNSUPPORTED_VARIANT);
}

RUN(rows_above_a_cut_are_as_they_were, strips_of_a_tiff_around_wrong_bytes_are_as_they_were,
    strips_of_a_converted_tiff_are_as_they_were, rows_above_a_wrong_byte_are_as_they_were,
    a_cut_progressive_jpeg_shows_all_of_the_image, whole_frames_of_a_cut_animation_are_kept,
    whole_frames_before_wrong_bytes_are_kept, where_nothing_is_left_nothing_is_made)
