// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include <pare/pare.h>

#include "base/checked.h"
#include "core/codec/codec.h"
#include "core/codec/png_deflate.h"
#include "data/make_image.h"

enum { FRAMES = 3, WIDTH = 60, HEIGHT = 44 };

static void put_be32(pare_buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        MUST(pare_buf_append_byte(out, (uint8_t)(value >> shift)));
}

static void put_chunk(pare_buf *out, const char *type, const pare_buf *body)
{
    put_be32(out, (uint32_t)body->len);
    const size_t begin = out->len;
    MUST(pare_buf_append(out, type, 4));
    MUST(pare_buf_append(out, body->data, body->len));
    put_be32(out, pare_png_crc32(0, out->data + begin, out->len - begin));
}

static void put_control(pare_buf *out, uint32_t *sequence, uint32_t frame)
{
    pare_buf body = {0};
    const uint32_t fields[5] = {(*sequence)++, WIDTH, HEIGHT, 0, 0};
    for (int i = 0; i < 5; i++)
        put_be32(&body, fields[i]);
    MUST(pare_buf_append(&body, (uint8_t[6]){0, (uint8_t)(frame + 1), 0, 10, 1, 0}, 6));
    put_chunk(out, "fcTL", &body);
    pare_buf_deinit(&body);
}

/* Pixels of a still of the same shape as the next frame. */
static void put_frame(pare_buf *out, const pare_buf *still, uint32_t *sequence, bool is_first)
{
    for (size_t at = 8; at < still->len; at += pare_be32(still->data + at) + 12u) {
        if (memcmp(still->data + at + 4, "IDAT", 4) != 0) continue;
        pare_buf body = {0};
        if (!is_first) put_be32(&body, (*sequence)++);
        MUST(pare_buf_append(&body, still->data + at + 8, pare_be32(still->data + at)));
        put_chunk(out, is_first ? "IDAT" : "fdAT", &body);
        pare_buf_deinit(&body);
    }
}

/* An animation out of stills: a graphic whose colours change, with a comment before the pixels. */
static pare_buf make_animation(uint32_t announced)
{
    pare_buf out = {0}, body = {0};
    uint32_t sequence = 0;
    for (uint32_t frame = 0; frame < FRAMES; frame++) {
        pare_image image = test_make(frame == 1 ? TEST_GRAPHIC : TEST_GRADIENT, WIDTH, HEIGHT);
        image.pixels[0] = (uint8_t)frame;
        pare_buf still = test_write_png(&image, NULL);
        if (frame == 0) {
            MUST(pare_buf_append(&out, still.data, 8 + 25)); /* signature, IHDR */
            put_be32(&body, announced);
            put_be32(&body, 5);
            put_chunk(&out, "acTL", &body);
            body.len = 0;
            MUST(pare_buf_append(&body, "Comment\0hello", 13));
            put_chunk(&out, "tEXt", &body);
        }
        put_control(&out, &sequence, frame);
        put_frame(&out, &still, &sequence, frame == 0);
        pare_buf_deinit(&still);
        pare_image_deinit(&image);
    }
    body.len = 0;
    put_chunk(&out, "IEND", &body);
    pare_buf_deinit(&body);
    return out;
}

static bool is_same(pare_bytes a, pare_bytes b)
{
    const pare_repack_params params = {.effort = 4};
    bool same = false;
    const pare_err err = pare_codec_png.check_repacked(a, b, &params, &same, NULL);
    return err == PARE_OK && same;
}

TEST(an_animated_png_stays_animated_with_the_same_pixels)
{
    pare_buf file = make_animation(FRAMES);
    pare_options options;
    pare_result result;
    pare_info info;
    pare_options_init(&options);
    MUST(pare_optimize(file.data, file.len, &options, &result, NULL));
    CHECK_INT(result.format_out, ==, PARE_FORMAT_PNG);
    CHECK_INT(result.len, <, file.len);
    CHECK_TRUE(result.lossless);
    MUST(pare_read_info(result.data, result.len, &info, NULL));
    CHECK_TRUE(info.is_animated && !info.has_comment);
    CHECK_INT(info.frames, ==, FRAMES);
    CHECK_TRUE(is_same(pare_buf_view(&file), (pare_bytes){result.data, result.len}));
    pare_image first = {0}, again = {0};
    MUST(pare_codec_png.decode(pare_buf_view(&file), NULL, &first, NULL));
    MUST(pare_codec_png.decode((pare_bytes){result.data, result.len}, NULL, &again, NULL));
    CHECK_TRUE(test_same_pixels(&first, &again));
    pare_image_deinit(&first);
    pare_image_deinit(&again);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
}

TEST(more_effort_never_gives_more_bytes)
{
    pare_buf file = make_animation(FRAMES);
    size_t last = file.len;
    for (int effort = 0; effort <= PARE_EFFORT_MAX; effort += 2) {
        pare_buf out = {0};
        const pare_repack_params params = {.effort = effort};
        MUST(pare_codec_png.repack(pare_buf_view(&file), &params, &out, NULL));
        CHECK_INT(out.len, <=, last);
        last = out.len;
        pare_buf_deinit(&out);
    }
    pare_buf_deinit(&file);
}

/* The check has to see what a broken writer would do. */
TEST(another_timing_or_another_pixel_is_not_the_same)
{
    pare_buf file = make_animation(FRAMES), other = make_animation(FRAMES);
    CHECK_TRUE(is_same(pare_buf_view(&file), pare_buf_view(&other)));
    for (size_t at = 8; at < other.len; at += pare_be32(other.data + at) + 12u) {
        if (memcmp(other.data + at + 4, "fcTL", 4) == 0) other.data[at + 8 + 21]++; /* delay */
    }
    CHECK_TRUE(!is_same(pare_buf_view(&file), pare_buf_view(&other)));
    pare_buf_deinit(&other);
    other = make_animation(FRAMES + 1);
    CHECK_TRUE(!is_same(pare_buf_view(&file), pare_buf_view(&other)));
    pare_buf_deinit(&other);
    pare_buf_deinit(&file);
}

TEST(damage_is_an_error_and_not_more)
{
    pare_buf file = make_animation(FRAMES), lying = make_animation(FRAMES + 1);
    uint32_t random = 3;
    pare_result result;
    pare_options options;
    pare_options_init(&options);
    options.effort = 0;
    options.max_pixels = 1000 * 1000; /* a size that damage made up is not worth its memory */
    CHECK_INT(pare_optimize(lying.data, lying.len, &options, &result, NULL), ==,
              PARE_SKIP_UNSUPPORTED_VARIANT);
    for (int i = 0; i < 300; i++) {
        random = random * 1664525u + 1013904223u;
        const size_t at = (random >> 8) % (i % 2 ? 160 : file.len);
        const uint8_t kept = file.data[at];
        file.data[at] = (uint8_t)(random >> 24);
        const size_t len = i % 5 ? file.len : at;
        const pare_err err = pare_optimize(file.data, len, &options, &result, NULL);
        CHECK_TRUE(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
        pare_result_deinit(&result);
        file.data[at] = kept;
    }
    pare_buf_deinit(&lying);
    pare_buf_deinit(&file);
}

RUN(an_animated_png_stays_animated_with_the_same_pixels, more_effort_never_gives_more_bytes,
    another_timing_or_another_pixel_is_not_the_same, damage_is_an_error_and_not_more)
