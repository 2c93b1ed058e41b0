// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/codec.h"
#include "data/make_image.h"

enum { WIDTH = 61, HEIGHT = 47, FRAMES_CAP = 16 };

/* Painted frames, and what the file has to say about them. */
typedef struct film {
    pare_animation animation;
    uint32_t duration_ms[FRAMES_CAP];
    uint32_t shown[FRAMES_CAP][WIDTH * HEIGHT];
} film;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint32_t word(uint8_t r, uint8_t g, uint8_t b, uint8_t a)
{
    const uint8_t pixel[4] = {r, g, b, a};
    uint32_t out;
    memcpy(&out, pixel, 4);
    return a == 0 ? 0 : out;
}

/* Rectangles of one colour on what was there: opaque, half and fully transparent; some frames are
 * those before. */
static film *make_film(uint32_t seed)
{
    uint32_t random = seed;
    film *f = calloc(1, sizeof *f);
    if (!f) abort();
    f->animation = (pare_animation){WIDTH, HEIGHT, 2 + next_random(&random) % (FRAMES_CAP - 2),
                                    next_random(&random) % 4, next_random(&random)};
    for (uint32_t i = 0; i < f->animation.frames; i++) {
        f->duration_ms[i] = next_random(&random) % 3 * 30;
        if (i > 0) memcpy(f->shown[i], f->shown[i - 1], sizeof f->shown[i]);
        if (i > 0 && next_random(&random) % 4 == 0) continue;
        const uint8_t alphas[4] = {255, 255, 128, 0};
        const uint8_t alpha = alphas[next_random(&random) % (seed % 2 ? 4 : 2)];
        const uint32_t color =
            word((uint8_t)next_random(&random), (uint8_t)next_random(&random), 9, alpha);
        const uint32_t left = next_random(&random) % WIDTH, top = next_random(&random) % HEIGHT;
        for (uint32_t y = top; y < HEIGHT && y < top + 20; y++) {
            for (uint32_t x = left; x < WIDTH && x < left + 20; x++)
                f->shown[i][y * WIDTH + x] = color;
        }
    }
    return f;
}

static pare_buf write_film(const film *f, const pare_codec *codec, double quality,
                           const pare_metadata *metadata)
{
    const pare_animate_params params = {.lossless = quality == 0,
                                        .quality = quality,
                                        .effort = 2,
                                        .is_graphic = true,
                                        .metadata = metadata,
                                        .has_alpha = true,
                                        .erases = true};
    pare_animator *animator = NULL;
    pare_buf out = {0};
    MUST(codec->animator_open(&f->animation, &params, &animator, NULL));
    for (uint32_t i = 0; i < f->animation.frames; i++) {
        const pare_frame frame = {(const uint8_t *)f->shown[i], f->duration_ms[i]};
        MUST(codec->animator_add(animator, &frame, NULL));
    }
    MUST(codec->animator_finish(animator, &out, NULL));
    codec->animator_close(&animator);
    return out;
}

static void check_film(const film *f, const pare_codec *codec, pare_bytes file, bool exact)
{
    pare_animation have;
    pare_frames *frames = NULL;
    pare_frame frame;
    bool more = true;
    MUST(codec->frames_open(file, NULL, &have, &frames, NULL));
    CHECK_INT(have.width_px, ==, WIDTH);
    CHECK_INT(have.height_px, ==, HEIGHT);
    CHECK_INT(have.frames, ==, f->animation.frames);
    CHECK_INT(have.loop_count, ==, f->animation.loop_count);
    for (uint32_t i = 0; i < f->animation.frames; i++) {
        MUST(codec->frames_next(frames, &frame, &more, NULL));
        CHECK_TRUE(more);
        CHECK_INT(frame.duration_ms, ==, f->duration_ms[i]);
        if (exact) CHECK_INT(memcmp(frame.rgba, f->shown[i], sizeof f->shown[i]), ==, 0);
    }
    MUST(codec->frames_next(frames, &frame, &more, NULL));
    CHECK_TRUE(!more);
    codec->frames_close(&frames);
}

/* Every seed; or those of films without half transparent pixels. */
static void check_format(const pare_codec *codec, uint32_t step)
{
    for (uint32_t seed = step; seed <= 60; seed += step) {
        film *f = make_film(seed);
        pare_buf file = write_film(f, codec, 0, NULL);
        check_film(f, codec, pare_buf_view(&file), true);
        pare_buf_deinit(&file);
        free(f);
    }
}

TEST(an_animated_webp_shows_what_was_put_in)
{
    check_format(&pare_codec_webp, 1);
}

TEST(an_animated_png_shows_what_was_put_in)
{
    check_format(&pare_codec_png, 1);
}

TEST(a_gif_shows_what_was_put_in)
{
    check_format(&pare_codec_gif, 2);
}

TEST(frames_and_times_stay_when_frames_lose)
{
    film *f = make_film(4);
    pare_buf file = write_film(f, &pare_codec_webp, 60, NULL);
    check_film(f, &pare_codec_webp, pare_buf_view(&file), false);
    pare_buf_deinit(&file);
    free(f);
}

/* What stays is not stored again: many equal frames cost next to nothing. */
TEST(a_frame_that_repeats_the_one_before_costs_little)
{
    film *f = make_film(8);
    f->animation.frames = 2;
    pare_buf two = write_film(f, &pare_codec_webp, 0, NULL);
    f->animation.frames = FRAMES_CAP;
    for (int i = 2; i < FRAMES_CAP; i++)
        memcpy(f->shown[i], f->shown[1], sizeof f->shown[1]);
    pare_buf many = write_film(f, &pare_codec_webp, 0, NULL);
    check_film(f, &pare_codec_webp, pare_buf_view(&many), true);
    CHECK_INT(many.len, <, two.len + (FRAMES_CAP - 2) * 60);
    pare_buf_deinit(&two);
    pare_buf_deinit(&many);
    free(f);
}

/* A photograph that gets darker, without loss. */
static pare_buf make_photo(const pare_codec *codec, uint32_t frames)
{
    pare_image image = test_make(TEST_PHOTO, WIDTH, HEIGHT);
    film *f = calloc(1, sizeof *f);
    if (!f) abort();
    f->animation = (pare_animation){WIDTH, HEIGHT, frames, 0, 0};
    for (uint32_t i = 0; i < frames; i++) {
        for (uint32_t p = 0; p < WIDTH * HEIGHT; p++) {
            const uint8_t *rgb = image.pixels + (size_t)p * 3;
            f->shown[i][p] = word((uint8_t)(rgb[0] - rgb[0] / 8 * i), rgb[1], rgb[2], 255);
        }
    }
    pare_buf file = write_film(f, codec, 0, NULL);
    pare_image_deinit(&image);
    free(f);
    return file;
}

static pare_buf make_gif(test_picture picture, uint32_t frames)
{
    pare_image image = test_make(picture, 120, 90);
    pare_buf file = test_write_gif(&image, frames, false);
    pare_image_deinit(&image);
    return file;
}

static pare_err optimize(const pare_buf *file, const pare_options *options, pare_result *result)
{
    pare_diag diag = {0};
    const pare_err err = pare_optimize(file->data, file->len, options, result, &diag);
    if (err != PARE_OK) printf("# %s\n", diag.text);
    return err;
}

static pare_options options_for(pare_target target, pare_format format)
{
    pare_options options;
    pare_options_init(&options);
    options.target = target;
    options.format = format;
    options.effort = 2;
    return options;
}

/* As many frames, as long; and the pixels where nothing may be lost. */
static void check_same_film(pare_bytes a, pare_bytes b, bool exact)
{
    const pare_bytes files[2] = {a, b};
    const pare_codec *codecs[2];
    pare_animation animations[2];
    pare_frames *frames[2];
    bool more[2] = {true, true};
    for (int i = 0; i < 2; i++) {
        codecs[i] = pare_codec_find(pare_format_sniff(files[i].data, files[i].len));
        MUST(codecs[i]->frames_open(files[i], NULL, &animations[i], &frames[i], NULL));
    }
    CHECK_INT(animations[1].frames, ==, animations[0].frames);
    CHECK_INT(animations[1].loop_count, ==, animations[0].loop_count);
    while (more[0] && more[1]) {
        pare_frame shown[2];
        for (int i = 0; i < 2; i++)
            MUST(codecs[i]->frames_next(frames[i], &shown[i], &more[i], NULL));
        CHECK_INT(more[1], ==, more[0]);
        if (!more[0] || !more[1]) break;
        CHECK_INT(shown[1].duration_ms, ==, shown[0].duration_ms);
        const size_t len = (size_t)animations[0].width_px * animations[0].height_px * 4;
        if (exact) CHECK_INT(memcmp(shown[0].rgba, shown[1].rgba, len), ==, 0);
    }
    for (int i = 0; i < 2; i++)
        codecs[i]->frames_close(&frames[i]);
}

TEST(a_gif_becomes_an_animated_webp_of_the_same_frames)
{
    const pare_quality_mode modes[2] = {PARE_QUALITY_LOSSLESS, PARE_QUALITY_AUTO};
    pare_buf file = make_gif(TEST_PHOTO, 3);
    for (int i = 0; i < 2; i++) {
        pare_options options = options_for(PARE_TARGET_FORMAT, PARE_FORMAT_WEBP);
        pare_result result;
        options.quality.mode = modes[i];
        MUST(optimize(&file, &options, &result));
        CHECK_INT(result.format_out, ==, PARE_FORMAT_WEBP);
        CHECK_INT(result.len, <, file.len);
        CHECK_DOUBLE(result.score, >=, i == 0 ? 100 : 80);
        if (i == 0) CHECK_TRUE(result.lossless);
        check_same_film(pare_buf_view(&file), (pare_bytes){result.data, result.len}, i == 0);
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&file);
}

/* To an animated PNG with a palette, and from there to WebP: never another pixel or time. */
TEST(a_film_goes_from_format_to_format_without_loss)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_PNG, PARE_FORMAT_WEBP};
    pare_buf file = make_gif(TEST_ALPHA, 4);
    pare_buf now = {0};
    MUST(pare_buf_append(&now, file.data, file.len));
    for (int i = 0; i < 2; i++) {
        pare_options options = options_for(PARE_TARGET_FORMAT, FORMATS[i]);
        pare_result result;
        options.quality.mode = PARE_QUALITY_LOSSLESS;
        MUST(optimize(&now, &options, &result));
        CHECK_INT(result.format_out, ==, FORMATS[i]);
        CHECK_TRUE(result.lossless);
        check_same_film(pare_buf_view(&file), (pare_bytes){result.data, result.len}, true);
        now.len = 0;
        MUST(pare_buf_append(&now, result.data, result.len));
        pare_result_deinit(&result);
    }
    pare_buf_deinit(&now);
    pare_buf_deinit(&file);
}

static void check_resized(const pare_buf *file, const pare_options *options)
{
    pare_result result;
    pare_info info, was;
    MUST(pare_read_info(file->data, file->len, &was, NULL));
    MUST(optimize(file, options, &result));
    MUST(pare_read_info(result.data, result.len, &info, NULL));
    CHECK_INT(info.width_px, ==, 40);
    CHECK_INT(info.frames, ==, was.frames);
    CHECK_INT(result.width_out_px, ==, 40);
    CHECK_DOUBLE(result.score, >, 30);
    check_same_film((pare_bytes){file->data, file->len}, (pare_bytes){result.data, result.len},
                    false);
    pare_result_deinit(&result);
}

TEST(animations_are_resized_frame_by_frame)
{
    pare_options own = options_for(PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN);
    own.resize = (pare_resize){.mode = PARE_RESIZE_WIDTH, .width_px = 40};
    pare_options smallest = own;
    smallest.target = PARE_TARGET_SMALLEST;
    pare_buf files[] = {make_gif(TEST_PHOTO, 3), make_gif(TEST_ALPHA, 3),
                        make_photo(&pare_codec_webp, 3), make_photo(&pare_codec_png, 3)};
    for (int i = 0; i < 4; i++) {
        check_resized(&files[i], &own);
        check_resized(&files[i], &smallest);
        pare_buf_deinit(&files[i]);
    }
}

TEST(smallest_is_not_larger_than_the_gif_or_the_webp)
{
    pare_buf file = make_gif(TEST_GRAPHIC, 4);
    const pare_options ways[3] = {options_for(PARE_TARGET_SMALLEST, PARE_FORMAT_UNKNOWN),
                                  options_for(PARE_TARGET_FORMAT, PARE_FORMAT_WEBP),
                                  options_for(PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN)};
    size_t len[3];
    for (int i = 0; i < 3; i++) {
        pare_result result;
        len[i] = optimize(&file, &ways[i], &result) == PARE_OK ? result.len : file.len;
        pare_result_deinit(&result);
    }
    CHECK_INT(len[0], <=, len[1]);
    CHECK_INT(len[0], <=, len[2]);
    CHECK_INT(len[0], <, file.len);
    pare_buf_deinit(&file);
}

TEST(an_animated_webp_gets_smaller_and_stays_the_same)
{
    film *f = make_film(3);
    pare_metadata metadata = {0};
    test_set_text(&metadata.xmp, "<x:xmpmeta>what nobody asked to keep, and takes some bytes, "
                                 "more than the frames can gain</x:xmpmeta>");
    pare_buf file = write_film(f, &pare_codec_webp, 0, &metadata);
    pare_options options = options_for(PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN);
    pare_result result;
    pare_info info;
    options.quality.mode = PARE_QUALITY_LOSSLESS;
    MUST(optimize(&file, &options, &result));
    CHECK_TRUE(result.lossless);
    CHECK_INT(result.len, <, file.len);
    check_same_film(pare_buf_view(&file), (pare_bytes){result.data, result.len}, true);
    MUST(pare_read_info(result.data, result.len, &info, NULL));
    CHECK_TRUE(info.is_animated && !info.has_xmp);
    pare_result_deinit(&result);
    options.keep = PARE_KEEP_ALL;
    CHECK_INT(optimize(&file, &options, &result), ==, PARE_SKIP_NOT_SMALLER);
    pare_result_deinit(&result);
    pare_metadata_deinit(&metadata);
    pare_buf_deinit(&file);
    free(f);
}

TEST(a_fixed_quality_and_a_size_are_kept)
{
    pare_buf file = make_photo(&pare_codec_webp, 3);
    pare_options options = options_for(PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN);
    pare_result result;
    options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 80};
    MUST(optimize(&file, &options, &result));
    CHECK_INT(result.quality, ==, 80);
    CHECK_DOUBLE(result.score, >, 0);
    options.target_size_bytes = result.len * 2 / 3;
    pare_result_deinit(&result);
    MUST(optimize(&file, &options, &result));
    CHECK_INT(result.len, <=, options.target_size_bytes);
    CHECK_INT(result.quality, <, 80);
    pare_result_deinit(&result);
    options.min_score = 99;
    CHECK_INT(optimize(&file, &options, &result), ==, PARE_SKIP_BELOW_MIN_SCORE);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
}

/* No cut and no changed byte may do more than fail, or give something that passes verification. */
TEST(damage_is_an_error_and_not_more)
{
    film *f = make_film(5);
    f->animation.frames = 4;
    pare_buf file = write_film(f, &pare_codec_webp, 0, NULL);
    pare_options options = options_for(PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN);
    uint32_t random = 31;
    options.effort = 0;
    for (int i = 0; i < 60; i++) {
        pare_result result;
        uint8_t *copy = malloc(file.len);
        if (!copy) abort();
        memcpy(copy, file.data, file.len);
        size_t len = file.len;
        if (i % 3 == 0) {
            len = next_random(&random) % file.len;
        } else {
            copy[next_random(&random) % file.len] = (uint8_t)next_random(&random);
        }
        const pare_err err = pare_optimize(copy, len, &options, &result, NULL);
        CHECK_TRUE(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
        pare_result_deinit(&result);
        free(copy);
    }
    pare_buf_deinit(&file);
    free(f);
}

TEST(more_frames_than_webp_can_take_in_its_time_are_refused_before_the_first)
{
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_WEBP);
    const pare_animate_params params = {.lossless = true};
    pare_animation animation = {.width_px = 8, .height_px = 8, .frames = 10000};
    pare_animator *animator = NULL;
    pare_diag diag = {0};
    CHECK_INT(codec->animator_open(&animation, &params, &animator, &diag), ==, PARE_OK);
    codec->animator_close(&animator);
    animation.frames = 10001;
    CHECK_INT(codec->animator_open(&animation, &params, &animator, &diag), ==,
              PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_TRUE(animator == NULL);
    CHECK_TRUE(strstr(diag.text, "10001 frames") != NULL);
}

RUN(more_frames_than_webp_can_take_in_its_time_are_refused_before_the_first,
    an_animated_webp_shows_what_was_put_in, an_animated_png_shows_what_was_put_in,
    a_gif_shows_what_was_put_in, a_film_goes_from_format_to_format_without_loss,
    animations_are_resized_frame_by_frame, frames_and_times_stay_when_frames_lose,
    a_frame_that_repeats_the_one_before_costs_little,
    a_gif_becomes_an_animated_webp_of_the_same_frames,
    smallest_is_not_larger_than_the_gif_or_the_webp,
    an_animated_webp_gets_smaller_and_stays_the_same, a_fixed_quality_and_a_size_are_kept,
    damage_is_an_error_and_not_more)
