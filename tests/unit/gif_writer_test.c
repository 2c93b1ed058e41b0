// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include "base/checked.h"
#include "core/codec/codec.h"
#include "core/codec/gif_lzw.h"

enum { EDGE = 48, FRAMES_CAP = 24 };

/* A frame of a GIF that is written without compression, byte by byte as the specification says, and
 * independently of the code under test. */
typedef struct frame {
    unsigned left, top, width, height, disposal, delay_cs;
    int transparent;
    bool has_table;
    uint8_t table[256][3];
    uint8_t indices[EDGE * EDGE];
} frame;

typedef struct animation {
    uint8_t table[256][3];
    unsigned count;
    int loop_count; /* -1: no such block */
    frame frames[FRAMES_CAP];
    uint32_t shown[FRAMES_CAP][EDGE * EDGE]; /* what a viewer shows */
} animation;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void put(pare_buf *out, const void *data, size_t len)
{
    MUST(pare_buf_append(out, data, len));
}

static void put16(pare_buf *out, unsigned value)
{
    put(out, (uint8_t[2]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

/* 9-bit codes with a clear code before the table grows. */
static void put_pixels(pare_buf *out, const uint8_t *indices, size_t count)
{
    pare_buf data = {0};
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i <= count; i++) {
        const unsigned codes[2] = {256, i < count ? indices[i] : 257};
        for (unsigned c = i % 200 == 0 ? 0 : 1; c < 2; c++) {
            bits |= codes[c] << bit_count;
            for (bit_count += 9; bit_count >= 8; bit_count -= 8, bits >>= 8)
                MUST(pare_buf_append_byte(&data, (uint8_t)bits));
        }
    }
    MUST(pare_buf_append_byte(&data, (uint8_t)bits));
    put(out, "\x08", 1);
    for (size_t at = 0; at < data.len; at += 255) {
        const size_t len = data.len - at < 255 ? data.len - at : 255;
        MUST(pare_buf_append_byte(out, (uint8_t)len));
        put(out, data.data + at, len);
    }
    put(out, "", 1);
    pare_buf_deinit(&data);
}

static void put_frame(pare_buf *out, const frame *f)
{
    const uint8_t flags = (uint8_t)(f->disposal << 2 | (f->transparent >= 0 ? 1 : 0));
    put(out, "\x21\xf9\x04", 3);
    put(out, &flags, 1);
    put16(out, f->delay_cs);
    put(out, (uint8_t[2]){f->transparent >= 0 ? (uint8_t)f->transparent : 0, 0}, 2);
    put(out, "\x2c", 1);
    put16(out, f->left);
    put16(out, f->top);
    put16(out, f->width);
    put16(out, f->height);
    put(out, f->has_table ? "\x87" : "\0", 1);
    if (f->has_table) put(out, f->table, sizeof f->table);
    put_pixels(out, f->indices, (size_t)f->width * f->height);
}

static pare_buf write_animation(const animation *a)
{
    pare_buf out = {0};
    put(&out, "GIF89a", 6);
    put16(&out, EDGE);
    put16(&out, EDGE);
    put(&out, "\xf7\0\0", 3);
    put(&out, a->table, sizeof a->table);
    put(&out, "\x21\xfe\x05hello", 9);
    if (a->loop_count >= 0) {
        put(&out, "\x21\xff\x0bNETSCAPE2.0\x03\x01", 16);
        put16(&out, (unsigned)a->loop_count);
        put(&out, "", 1);
    }
    for (unsigned i = 0; i < a->count; i++)
        put_frame(&out, &a->frames[i]);
    put(&out, ";", 1);
    return out;
}

/* What a viewer shows, by the words of the specification. */
static void play(animation *a)
{
    static uint32_t canvas[EDGE * EDGE], before[EDGE * EDGE];
    memset(canvas, 0, sizeof canvas);
    for (unsigned i = 0; i < a->count; i++) {
        const frame *f = &a->frames[i];
        memcpy(before, canvas, sizeof canvas);
        for (unsigned y = 0; y < f->height; y++) {
            for (unsigned x = 0; x < f->width; x++) {
                const uint8_t index = f->indices[y * f->width + x];
                if (index == f->transparent) continue;
                const uint8_t *color = f->has_table ? f->table[index] : a->table[index];
                const uint8_t pixel[4] = {color[0], color[1], color[2], 255};
                memcpy(&canvas[(f->top + y) * EDGE + f->left + x], pixel, 4);
            }
        }
        memcpy(a->shown[i], canvas, sizeof canvas);
        if (f->disposal == 3) memcpy(canvas, before, sizeof canvas);
        for (unsigned y = 0; f->disposal == 2 && y < f->height; y++)
            memset(&canvas[(f->top + y) * EDGE + f->left], 0, f->width * sizeof *canvas);
    }
}

static void fill_table(uint8_t table[256][3], uint32_t *random)
{
    for (int i = 0; i < 256; i++) {
        for (int c = 0; c < 3; c++)
            table[i][c] = (uint8_t)next_random(random);
    }
}

/* Rectangles, disposals, tables and transparency at random; areas of one index, and noise. */
static void make_animation(animation *a, uint32_t seed)
{
    uint32_t random = seed;
    memset(a, 0, sizeof *a);
    fill_table(a->table, &random);
    a->count = 2 + next_random(&random) % (FRAMES_CAP - 2);
    a->loop_count = (int)(next_random(&random) % 4) - 1;
    for (unsigned i = 0; i < a->count; i++) {
        frame *f = &a->frames[i];
        f->left = next_random(&random) % EDGE;
        f->top = next_random(&random) % EDGE;
        f->width = 1 + next_random(&random) % (EDGE - f->left);
        f->height = 1 + next_random(&random) % (EDGE - f->top);
        f->disposal = next_random(&random) % 4;
        f->delay_cs = next_random(&random) % 20;
        f->transparent = next_random(&random) % 3 ? (int)(next_random(&random) % 4) : -1;
        f->has_table = next_random(&random) % 3 == 0;
        fill_table(f->table, &random);
        const unsigned colors = next_random(&random) % 4 == 0 ? 256 : 4;
        uint8_t index = 0;
        for (unsigned p = 0; p < f->width * f->height; p++) {
            if (colors == 256 || next_random(&random) % 5 == 0)
                index = (uint8_t)(next_random(&random) % colors);
            f->indices[p] = index;
        }
    }
    play(a);
}

static void check_shown(const animation *a, pare_bytes file)
{
    pare_animation info;
    pare_frames *frames = NULL;
    pare_frame shown;
    bool more = true;
    MUST(pare_codec_gif.frames_open(file, NULL, &info, &frames, NULL));
    CHECK_INT(info.frames, ==, a->count);
    const int loop = a->loop_count;
    CHECK_INT(info.loop_count, ==, loop < 0 ? 1 : loop == 0 ? 0 : loop + 1);
    for (unsigned i = 0; i < a->count; i++) {
        MUST(pare_codec_gif.frames_next(frames, &shown, &more, NULL));
        CHECK_TRUE(more);
        CHECK_INT(shown.duration_ms, ==, a->frames[i].delay_cs * 10);
        CHECK_INT(memcmp(shown.rgba, a->shown[i], sizeof a->shown[i]), ==, 0);
    }
    MUST(pare_codec_gif.frames_next(frames, &shown, &more, NULL));
    CHECK_TRUE(!more);
    pare_codec_gif.frames_close(&frames);
}

static pare_buf repack(pare_bytes file, int effort, uint32_t keep)
{
    pare_buf out = {0};
    const pare_repack_params params = {.effort = effort, .keep = keep};
    MUST(pare_codec_gif.repack(file, &params, &out, NULL));
    return out;
}

TEST(every_frame_shows_the_same_for_the_same_time)
{
    animation *a = malloc(sizeof *a);
    if (!a) abort();
    for (uint32_t seed = 1; seed <= 150; seed++) {
        make_animation(a, seed);
        pare_buf file = write_animation(a);
        check_shown(a, pare_buf_view(&file));
        pare_buf small = repack(pare_buf_view(&file), (int)(seed % 11), 0);
        CHECK_INT(small.len, <, file.len);
        check_shown(a, pare_buf_view(&small));
        pare_buf_deinit(&small);
        pare_buf_deinit(&file);
    }
    free(a);
}

TEST(more_effort_never_gives_more_bytes)
{
    animation *a = malloc(sizeof *a);
    if (!a) abort();
    for (uint32_t seed = 1000; seed < 1010; seed++) {
        make_animation(a, seed);
        pare_buf file = write_animation(a);
        size_t last = file.len;
        for (int effort = 0; effort <= 10; effort++) {
            pare_buf small = repack(pare_buf_view(&file), effort, 0);
            CHECK_INT(small.len, <=, last);
            last = small.len;
            pare_buf_deinit(&small);
        }
        pare_buf_deinit(&file);
    }
    free(a);
}

TEST(comments_are_kept_when_asked)
{
    animation *a = malloc(sizeof *a);
    pare_info info;
    if (!a) abort();
    make_animation(a, 7);
    pare_buf file = write_animation(a);
    pare_buf without = repack(pare_buf_view(&file), 4, PARE_KEEP_DEFAULT);
    pare_buf with = repack(pare_buf_view(&file), 4, PARE_KEEP_COMMENT);
    MUST(pare_read_info(without.data, without.len, &info, NULL));
    CHECK_TRUE(!info.has_comment);
    MUST(pare_read_info(with.data, with.len, &info, NULL));
    CHECK_TRUE(info.has_comment);
    CHECK_INT(with.len, ==, without.len + 9);
    pare_buf_deinit(&with);
    pare_buf_deinit(&without);
    pare_buf_deinit(&file);
    free(a);
}

/* Moving things on a still ground cost little more than the things. */
TEST(what_does_not_change_is_not_stored_again)
{
    animation *a = malloc(sizeof *a);
    uint32_t random = 5;
    if (!a) abort();
    make_animation(a, 5);
    uint8_t ground[EDGE * EDGE];
    for (int i = 0; i < EDGE * EDGE; i++)
        ground[i] = (uint8_t)next_random(&random);
    a->count = 20;
    for (unsigned i = 0; i < a->count; i++) {
        frame *f = &a->frames[i];
        *f = (frame){.width = EDGE, .height = EDGE, .disposal = i % 4, .transparent = -1};
        memcpy(f->indices, ground, sizeof ground);
        for (unsigned p = 0; p < 16; p++)
            f->indices[(p / 4 + i) * EDGE + p % 4 + i] = 9;
    }
    play(a);
    pare_buf file = write_animation(a);
    pare_buf first = {0}, small = repack(pare_buf_view(&file), 4, 0);
    a->count = 1;
    pare_buf still = write_animation(a);
    first = repack(pare_buf_view(&still), 4, 0);
    CHECK_INT(small.len, <, first.len + 19 * 60);
    pare_buf_deinit(&first);
    pare_buf_deinit(&still);
    pare_buf_deinit(&small);
    pare_buf_deinit(&file);
    free(a);
}

TEST(a_gif_is_optimized_as_a_gif_unless_told_otherwise)
{
    animation *a = malloc(sizeof *a);
    pare_options options;
    pare_result result;
    if (!a) abort();
    make_animation(a, 11);
    pare_buf file = write_animation(a);
    pare_options_init(&options);
    MUST(pare_optimize(file.data, file.len, &options, &result, NULL));
    CHECK_INT(result.format_out, ==, PARE_FORMAT_GIF);
    CHECK_TRUE(result.lossless);
    check_shown(a, (pare_bytes){result.data, result.len});
    pare_result again;
    CHECK_INT(pare_optimize(result.data, result.len, &options, &again, NULL), ==,
              PARE_SKIP_NOT_SMALLER);
    pare_result_deinit(&again);
    pare_result_deinit(&result);

    options.target_size_bytes = 50;
    CHECK_INT(pare_optimize(file.data, file.len, &options, &result, NULL), ==,
              PARE_SKIP_BELOW_MIN_SCORE);
    pare_options_init(&options);
    options.target = PARE_TARGET_FORMAT;
    options.format = PARE_FORMAT_JPEG; /* would show one frame */
    CHECK_INT(pare_optimize(file.data, file.len, &options, &result, NULL), ==, PARE_SKIP_ANIMATED);
    pare_buf_deinit(&file);
    free(a);
}

TEST(what_viewers_disagree_about_is_left_alone)
{
    animation *a = malloc(sizeof *a);
    if (!a) abort();
    make_animation(a, 13);
    pare_buf file = write_animation(a), out = {0};
    const pare_repack_params params = {.effort = 4};
    file.data[6] = 8; /* a canvas that is narrower than the frames */
    CHECK_INT(pare_codec_gif.repack(pare_buf_view(&file), &params, &out, NULL), ==,
              PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_INT(out.len, ==, 0);
    pare_buf_deinit(&file);
    free(a);
}

/* No cut and no changed byte may do more than fail, or give something that passes verification. */
TEST(damage_is_an_error_and_not_more)
{
    animation *a = malloc(sizeof *a);
    uint32_t random = 99;
    if (!a) abort();
    make_animation(a, 17);
    pare_buf file = write_animation(a);
    a->count = 6;
    for (int i = 0; i < 400; i++) {
        pare_result result;
        uint8_t *copy = malloc(file.len);
        if (!copy) abort();
        memcpy(copy, file.data, file.len);
        size_t len = file.len;
        if (i % 2) {
            len = next_random(&random) % file.len;
        } else {
            copy[next_random(&random) % (i % 4 ? 900 : file.len)] = (uint8_t)next_random(&random);
        }
        const pare_err err = pare_optimize(copy, len, NULL, &result, NULL);
        CHECK_TRUE(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
        pare_result_deinit(&result);
        free(copy);
    }
    pare_buf_deinit(&file);
    free(a);
}

/* The prediction that decides about tables of single frames. */
TEST(bits_of_codes_are_those_that_are_written)
{
    pare_gif_lzw *lzw = NULL;
    uint32_t random = 3;
    MUST(pare_gif_lzw_create(&lzw));
    for (unsigned bits = 2; bits <= 8; bits++) {
        uint8_t pixels[3000];
        pare_buf out = {0};
        size_t codes = 0, data = 0;
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = (uint8_t)(next_random(&random) % (1u << bits));
        const pare_gif_pixels p = {pixels, pixels, sizeof pixels};
        const pare_gif_lzw_params params = {.min_bits = bits, .patience = 1};
        MUST(pare_gif_lzw_encode(lzw, &p, &params, &out, &codes));
        for (size_t at = 1; out.data[at] != 0; at += out.data[at] + 1u)
            data += out.data[at];
        CHECK_INT(data, ==, (pare_gif_lzw_bits(codes, bits) + 7) / 8);
        pare_buf_deinit(&out);
    }
    pare_gif_lzw_destroy(&lzw);
}

RUN(every_frame_shows_the_same_for_the_same_time, more_effort_never_gives_more_bytes,
    comments_are_kept_when_asked, what_does_not_change_is_not_stored_again,
    a_gif_is_optimized_as_a_gif_unless_told_otherwise, what_viewers_disagree_about_is_left_alone,
    damage_is_an_error_and_not_more, bits_of_codes_are_those_that_are_written)
