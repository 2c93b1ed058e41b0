// SPDX-License-Identifier: Apache-2.0
/* Writes the seeds of every target into a folder, from images made by code: make_seeds OUT
 *
 * decode: small files of every format. header: their beginnings. optimize: four bytes of options
 * before each. message: one message of each kind. The others: see their heads in the targets. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/codec/codec.h"
#include "core/image/profile.h"
#include "data/make_image.h"
#include "wire/message.h"

enum { HEADER_LEN = 2048 };

static void write_seed(const char *out, const char *target, const char *name, const void *data,
                       size_t len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", out, target);
    if (mkdir(path, 0755) != 0 && errno != EEXIST) exit(1);
    snprintf(path, sizeof path, "%s/%s/%s", out, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0) exit(1);
}

/* Lossless, a quality, another format, a resize: see choose() in fuzz_optimize.c. */
static void write_optimize_seeds(const char *out, const char *name, pare_bytes file)
{
    static const uint8_t OPTIONS[][4] = {
        {0, 4, 0, 0},       {1, 8, 70, 0},       {8, 8, 60, 0},  {9, 8 + 1, 90, 0},
        {10, 8 + 2, 50, 0}, {8, 8 + 16, 40, 20}, {2, 4, 255, 0},
    };
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        char seed_name[64];
        pare_buf seed = {0};
        snprintf(seed_name, sizeof seed_name, "%s-%zu", name, i);
        if (pare_buf_append(&seed, OPTIONS[i], 4) != PARE_OK ||
            pare_buf_append(&seed, file.data, file.len) != PARE_OK) {
            exit(1);
        }
        write_seed(out, "optimize", seed_name, seed.data, seed.len);
        pare_buf_deinit(&seed);
    }
}

static void write_image(const char *out, const char *name, pare_buf file)
{
    write_seed(out, "decode", name, file.data, file.len);
    write_seed(out, "header", name, file.data, file.len < HEADER_LEN ? file.len : HEADER_LEN);
    write_optimize_seeds(out, name, pare_buf_view(&file));
    pare_buf_deinit(&file);
}

static void write_jpegs(const char *out, const pare_image *photo)
{
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    const test_jpeg_options plain = {.metadata = &metadata};
    const test_jpeg_options progressive = {.progressive = true, .luma_h = 1, .luma_v = 1};
    const test_jpeg_options arithmetic = {.arithmetic = true, .restart_rows = 1};
    const test_jpeg_options ycck = {.store_ycck = true};
    pare_image cmyk = test_make_as(TEST_PHOTO, 40, 30, PARE_COLOR_CMYK, 8);
    pare_image gray = test_make_as(TEST_PHOTO, 33, 17, PARE_COLOR_GRAY, 8);
    write_image(out, "jpeg", test_write_jpeg(photo, &plain));
    write_image(out, "jpeg-progressive", test_write_jpeg(photo, &progressive));
    write_image(out, "jpeg-arithmetic", test_write_jpeg(photo, &arithmetic));
    write_image(out, "jpeg-ycck", test_write_jpeg(&cmyk, &ycck));
    write_image(out, "jpeg-gray", test_write_jpeg(&gray, &progressive));
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&cmyk);
    pare_image_deinit(&gray);
}

static void write_pngs(const char *out, const pare_image *graphic, const pare_image *alpha)
{
    const test_png_options plain = {0}, interlaced = {.interlaced = true, .file_gamma = 1.0};
    const test_png_options animated = {.animated_count = 3};
    pare_image deep = test_make_as(TEST_GRADIENT, 30, 20, PARE_COLOR_RGB, 16);
    write_image(out, "png", test_write_png(graphic, &plain));
    write_image(out, "png-alpha", test_write_png(alpha, &interlaced));
    write_image(out, "png-deep", test_write_png(&deep, &interlaced));
    write_image(out, "png-animated", test_write_png(graphic, &animated));
    pare_image_deinit(&deep);
}

/* A picture, and what stays of it through a hole. */
static void write_animations(const char *out, const pare_image *alpha)
{
    const pare_animation animation = {alpha->width_px, alpha->height_px, 2, 3, 0};
    const pare_codec *codecs[3] = {&pare_codec_webp, &pare_codec_webp, &pare_codec_png};
    for (int i = 0; i < 3; i++) {
        const pare_codec *codec = codecs[i];
        const pare_animate_params params = {
            .lossless = i > 0, .quality = 60, .effort = 2, .has_alpha = true};
        pare_animator *animator = NULL;
        pare_image second;
        pare_buf file = {0};
        if (pare_image_copy(&second, alpha) != PARE_OK) exit(1);
        memset(pare_image_row(&second, 5), 0, second.stride_bytes * 4);
        const pare_frame frames[2] = {{alpha->pixels, 100}, {second.pixels, 40}};
        if (codec->animator_open(&animation, &params, &animator, NULL) != PARE_OK) exit(1);
        for (int f = 0; f < 2; f++)
            if (codec->animator_add(animator, &frames[f], NULL) != PARE_OK) exit(1);
        if (codec->animator_finish(animator, &file, NULL) != PARE_OK) exit(1);
        codec->animator_close(&animator);
        char name[32];
        snprintf(name, sizeof name, "%s-film-%d", pare_format_name(codec->format), i);
        write_image(out, name, file);
        pare_image_deinit(&second);
    }
}

static void write_others(const char *out, const pare_image *photo, const pare_image *alpha)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_WEBP, PARE_FORMAT_AVIF, PARE_FORMAT_JXL};
    const test_tiff_options plain = {0}, tiled = {.tiled = true, .lzw = true, .pages = 2};
    write_image(out, "gif", test_write_gif(photo, 1, true));
    write_image(out, "gif-animated", test_write_gif(alpha, 3, false));
    write_image(out, "tiff", test_write_tiff(photo, &plain));
    write_image(out, "tiff-tiled", test_write_tiff(alpha, &tiled));
    for (int i = 0; i < 6; i++) {
        const pare_codec *codec = pare_codec_find(FORMATS[i / 2]);
        const pare_encode_params params = {.effort = 2, .lossless = i % 2};
        const pare_source source = {.image = i % 2 ? alpha : photo};
        pare_encoder *encoder = NULL;
        pare_buf file = {0};
        if (!codec) continue;
        if (codec->encoder_open(&source, &params, &encoder, NULL) != PARE_OK) exit(1);
        if (codec->encoder_try(encoder, 70, &file, NULL) != PARE_OK) exit(1);
        codec->encoder_close(&encoder);
        char name[32];
        snprintf(name, sizeof name, "%s-%d", pare_format_name(codec->format), i % 2);
        write_image(out, name, file);
    }
}

static void write_svgs(const char *out)
{
    static const char *const TEXTS[] = {
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><g style='fill: red'><path "
        "transform='scale(2)' d='M1 1 2 3C1 2 3 4 5 6a1 1 0 011 1z'/></g></svg>",
        "<?xml version='1.0' encoding='UTF-8'?><!-- c --><svg xmlns='http://www.w3.org/2000/svg' "
        "width='9mm'><defs/><text xml:space='preserve'> a &lt;</text><script/></svg>",
        "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        pare_buf file = {0};
        char name[16];
        snprintf(name, sizeof name, "svg-%zu", i);
        if (pare_buf_append(&file, TEXTS[i], strlen(TEXTS[i])) != PARE_OK) exit(1);
        write_image(out, name, file);
    }
}

static void write_message_seed(const char *out, const char *name, const pare_message *message)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len = 0;
    if (pare_message_encode(message, data, sizeof data, &len) != PARE_OK) exit(1);
    write_seed(out, "message", name, data, len);
}

static void write_message_seeds(const char *out)
{
    pare_message hello = {.kind = PARE_MESSAGE_HELLO};
    hello.hello.version = PARE_MESSAGE_VERSION;
    write_message_seed(out, "hello", &hello);

    pare_message task = {.kind = PARE_MESSAGE_TASK, .task_id = 7};
    task.task.kind = PARE_TASK_OPTIMIZE;
    pare_options_init(&task.task.options);
    write_message_seed(out, "task", &task);

    pare_message step = {.kind = PARE_MESSAGE_STEP, .task_id = 7};
    step.step.step = PARE_STEP_ENCODE;
    write_message_seed(out, "step", &step);

    pare_message result = {.kind = PARE_MESSAGE_RESULT, .task_id = 7};
    result.result.info = (pare_info){.format = PARE_FORMAT_PNG,
                                     .width_px = 3,
                                     .height_px = 2,
                                     .frames = 1,
                                     .orientation = 1,
                                     .depth_bits = 8,
                                     .channels = 3};
    result.result.result.format_in = result.result.result.format_out = PARE_FORMAT_PNG;
    result.result.result.score = -1;
    write_message_seed(out, "result", &result);
}

static void write_with_head(const char *out, const char *target, const char *name, pare_bytes head,
                            pare_bytes body)
{
    pare_buf seed = {0};
    if (pare_buf_append(&seed, head.data, head.len) != PARE_OK ||
        pare_buf_append(&seed, body.data, body.len) != PARE_OK) {
        exit(1);
    }
    write_seed(out, target, name, seed.data, seed.len);
    pare_buf_deinit(&seed);
}

/* Options of fuzz_allocation.c: as it is, lossless, a quality, to another format, resized. */
static void write_allocation_seeds(const char *out, const pare_image *image)
{
    static const uint8_t HEADS[][6] = {
        {0, 0, 1, 0, 0, 0},      {1, 0, 1, 4, 255, 0},        {0, 0, 1, 8, 255, 0},
        {0, 0, 5, 8, 0, 0},      {0, 0, 5, 8 + 1, 0, 0},      {0, 0, 5, 4 + 2, 0, 0},
        {0, 0, 4, 8 + 16, 0, 0}, {1, 0, 5, 4 + 1 + 16, 0, 0},
    };
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    const test_jpeg_options jpeg_options = {.metadata = &metadata};
    pare_buf files[] = {test_write_jpeg(image, &jpeg_options),
                        test_write_png(image, &(test_png_options){0}),
                        test_write_tiff(image, &(test_tiff_options){0})};
    for (size_t f = 0; f < 3; f++) {
        for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
            char name[32];
            snprintf(name, sizeof name, "%zu-%zu", f, i);
            write_with_head(out, "allocation", name, (pare_bytes){HEADS[i], 6},
                            pare_buf_view(&files[f]));
        }
        pare_buf_deinit(&files[f]);
    }
    pare_metadata_deinit(&metadata);
}

static void write_metadata_seeds(const char *out)
{
    static const uint8_t HEADS[][4] = {{0, 255, 5, 0}, {0, 0, 0, 0}, {1, 1, 0, 0}, {3, 1, 0, 0}};
    pare_buf exif = test_make_exif(6, true);
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        char name[32];
        snprintf(name, sizeof name, "exif-%zu", i);
        write_with_head(out, "metadata", name, (pare_bytes){HEADS[i], 4}, pare_buf_view(&exif));
    }
    pare_buf_deinit(&exif);
    for (uint8_t gray = 0; gray < 2; gray++) {
        const uint8_t head[4] = {3, gray ? 0 : 1, 0, 0};
        pare_colorimetry colors = pare_colorimetry_srgb();
        pare_buf profile = {0};
        colors.is_gray = gray;
        colors.gamma = 1.8;
        if (pare_profile_build(&colors, "seed", &profile) != PARE_OK) exit(1);
        write_with_head(out, "metadata", gray ? "icc-gray" : "icc", (pare_bytes){head, 4},
                        pare_buf_view(&profile));
        pare_buf_deinit(&profile);
    }
}

static void write_option_seeds(const char *out)
{
    static const char *const TEXTS[] = {
        "run\n-q\nscore:80\n--resize\nfit:100x50\n--keep\nexif,gps\na.jpg",
        "--target-size=200KB\n--min-score\n70\n-f\nwebp\n--effort\nmax\n--strip=all\nb.png",
        "check\n--memory\n2GiB\n--timeout\n1.5m\n--max-pixels\n24MP\n--background\n#ff8800\nc",
        "-i\n--backup\nkept\n--min-savings\n2%\n--priority\nlow\n-j\n4\n--exclude\n*.gif\nd",
        "history\n--limit\n5",
        "{\"quality\":\"score:75\",\"format\":\"webp\",\"resize\":\"longest:2000\",\"effort\":5}",
        "{\"quality\":80,\"keep\":\"icc,copyright\",\"exclude\":[\"*.gif\"]}",
        "{\"target_size\":\"200KB\"}",
        "{\"output\":{\"mode\":\"in_place\",\"backup\":true},\"min_score\":70,\"lossless\":true}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "text-%zu", i);
        write_seed(out, "options", name, TEXTS[i], strlen(TEXTS[i]));
    }
}

static void write_request_seeds(const char *out)
{
    static const char *const TEXTS[] = {
        "127.0.0.1:8080\nhttp://127.0.0.1:8080\nBearer 0123456789abcdef\n\n/api/v1/jobs/12\n"
        "a/b c.jpg\n{\"name\":\"n\",\"source\":{\"uploads\":true},\"priority\":\"low\"}",
        "[::1]:8080\nhttp://[::1]:8080\n\na=b; pare_session_8080=0123456789abcdef\n"
        "/api/v1/jobs/7/results/3/output\nx%2f..\\y.\n{\"source\":{\"root\":\"r1\",\"paths\":[\"\","
        "\"a/b\"]},\"settings\":{\"quality\":\"score:75\",\"quality_png\":60}}",
        "nas.local:8080\n\n\npare_session_8080=0123456789abcdef\n/api/v1/presets/a%20%00%zz\n"
        "../\xff:con\n{\"source\":{\"uploads\":true},\"settings\":{\"lossless\":true}}",
        "photos.example\nhttps://photos.example\nbearer 0123456789abcdef\n\n/%2e%2e/\n\u202ea\n"
        "{\"source\":{\"uploads\":true},\"settings\":{\"quality\":30,\"output\":{\"mode\":"
        "\"beside\"}}}",
        "localhost:8080\n\n\n\n/\n.\n{}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "text-%zu", i);
        write_seed(out, "request", name, TEXTS[i], strlen(TEXTS[i]));
    }
}

/* Two pictures, in each codec and way. */
static void write_round_trip_seeds(const char *out, const pare_image *photo,
                                   const pare_image *alpha)
{
    for (uint8_t i = 0; i < 12; i++) {
        const pare_image *image = i % 2 ? alpha : photo;
        const uint8_t head[8] = {i / 2 % 3,
                                 i % 2 ? 2 : 0,
                                 (uint8_t)(image->width_px - 1),
                                 (uint8_t)(image->height_px - 1),
                                 i,
                                 i / 6 ? 2 : 0,
                                 70,
                                 0};
        char name[32];
        snprintf(name, sizeof name, "pixels-%u", i);
        write_with_head(out, "round_trip", name, (pare_bytes){head, 8},
                        (pare_bytes){image->pixels, image->stride_bytes * image->height_px});
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || (mkdir(argv[1], 0755) != 0 && errno != EEXIST)) return 2;
    pare_image photo = test_make(TEST_PHOTO, 70, 50);
    pare_image graphic = test_make(TEST_GRAPHIC, 48, 40);
    pare_image alpha = test_make(TEST_ALPHA, 40, 40);
    write_jpegs(argv[1], &photo);
    write_pngs(argv[1], &graphic, &alpha);
    write_others(argv[1], &photo, &alpha);
    write_animations(argv[1], &alpha);
    write_svgs(argv[1]);
    write_message_seeds(argv[1]);
    write_allocation_seeds(argv[1], &graphic);
    write_metadata_seeds(argv[1]);
    write_option_seeds(argv[1]);
    write_request_seeds(argv[1]);
    write_round_trip_seeds(argv[1], &photo, &alpha);
    pare_image_deinit(&photo);
    pare_image_deinit(&graphic);
    pare_image_deinit(&alpha);
    return 0;
}
