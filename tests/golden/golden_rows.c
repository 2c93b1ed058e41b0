// SPDX-License-Identifier: Apache-2.0
/* Samples made by code, and the presets that each of them goes through. */
#include "golden/golden_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pare/pare.h>

#include "core/codec/codec.h"
#include "data/make_image.h"
#include "support/test.h"

typedef pare_buf (*make_fn)(void);

static pare_buf finish_jpeg(pare_image image, const test_jpeg_options *options)
{
    pare_buf file = test_write_jpeg(&image, options);
    pare_image_deinit(&image);
    return file;
}

static pare_buf finish_png(pare_image image, const test_png_options *options)
{
    pare_buf file = test_write_png(&image, options);
    pare_image_deinit(&image);
    return file;
}

static pare_buf make_photo_420(void)
{
    return finish_jpeg(test_make(TEST_PHOTO, 384, 256), &(test_jpeg_options){.quality = 95});
}

static pare_buf make_photo_444(void)
{
    const test_jpeg_options options = {.quality = 92, .luma_h = 1, .luma_v = 1};
    return finish_jpeg(test_make(TEST_PHOTO, 321, 203), &options);
}

static pare_buf make_gray_jpeg(void)
{
    return finish_jpeg(test_make_as(TEST_PHOTO, 256, 192, PARE_COLOR_GRAY, 8),
                       &(test_jpeg_options){.quality = 90});
}

static pare_buf make_cmyk_jpeg(void)
{
    return finish_jpeg(test_make_as(TEST_GRADIENT, 160, 120, PARE_COLOR_CMYK, 8),
                       &(test_jpeg_options){.quality = 90});
}

static pare_buf make_photo_png(void)
{
    return finish_png(test_make(TEST_PHOTO, 256, 192), &(test_png_options){0});
}

static pare_buf make_graphic_png(void)
{
    return finish_png(test_make(TEST_GRAPHIC, 400, 300), &(test_png_options){0});
}

static pare_buf make_icon_png(void)
{
    return finish_png(test_make(TEST_ALPHA, 96, 96), &(test_png_options){0});
}

static pare_buf make_small_png(void)
{
    return finish_png(test_make(TEST_GRADIENT, 48, 32), &(test_png_options){0});
}

static pare_buf make_deep_png(void)
{
    return finish_png(test_make_as(TEST_GRADIENT, 160, 120, PARE_COLOR_RGB, 16),
                      &(test_png_options){0});
}

static pare_buf make_gray_png(void)
{
    return finish_png(test_make_as(TEST_GRAPHIC, 200, 160, PARE_COLOR_GRAY, 8),
                      &(test_png_options){0});
}

static pare_buf make_still_gif(void)
{
    pare_image image = test_make(TEST_GRAPHIC, 200, 160);
    pare_buf file = test_write_gif(&image, 1, false);
    pare_image_deinit(&image);
    return file;
}

static pare_buf make_page_tiff(void)
{
    pare_image image = test_make(TEST_GRAPHIC, 240, 180);
    pare_buf file = test_write_tiff(&image, &(test_tiff_options){.lzw = true});
    pare_image_deinit(&image);
    return file;
}

static pare_buf make_moving_gif(void)
{
    pare_image image = test_make(TEST_GRAPHIC, 120, 90);
    pare_buf file = test_write_gif(&image, 3, false);
    pare_image_deinit(&image);
    return file;
}

/* A disc with a soft edge, through which a hole moves. */
static pare_buf make_film(const pare_codec *codec)
{
    enum { EDGE = 64, FRAMES = 3 };
    const pare_animation animation = {EDGE, EDGE, FRAMES, 0, 0};
    const pare_animate_params params = {.lossless = true, .has_alpha = true};
    pare_image image = test_make(TEST_ALPHA, EDGE, EDGE);
    pare_animator *animator = NULL;
    pare_buf file = {0};
    MUST(codec->animator_open(&animation, &params, &animator, NULL));
    for (uint32_t i = 0; i < FRAMES; i++) {
        const pare_frame frame = {image.pixels, 40 + 10 * i};
        MUST(codec->animator_add(animator, &frame, NULL));
        for (uint32_t y = 20; y < 30; y++)
            memset(pare_image_row(&image, y) + (size_t)(20 + 5 * i) * 4, 0, 32);
    }
    MUST(codec->animator_finish(animator, &file, NULL));
    codec->animator_close(&animator);
    pare_image_deinit(&image);
    return file;
}

static pare_buf make_moving_png(void)
{
    return make_film(&pare_codec_png);
}

static pare_buf make_moving_webp(void)
{
    return make_film(&pare_codec_webp);
}

static pare_buf make_drawing(void)
{
    static const char TEXT[] =
        "<?xml version='1.0' encoding='UTF-8'?>\n<!-- made by hand -->\n"
        "<svg xmlns='http://www.w3.org/2000/svg' version='1.1' viewBox='0 0 64 64'>\n"
        "  <script>run()</script>\n"
        "  <g>\n    <path id='path1234' style='fill: #ffffff; stroke : #aabbcc ;'\n"
        "      d='M 1.0000 2.0000 L 33.5001,2.0 L 33.5 9.75 C 34,10 35.125,11 36.5,12 Z'/>\n"
        "  </g>\n  <rect x='1.50' y='2.0' width='10' height='10'/>\n</svg>\n";
    pare_buf file = {0};
    MUST(pare_buf_append(&file, TEXT, sizeof TEXT - 1));
    return file;
}

/* --- presets -------------------------------------------------------------------------------- */

static void preset_default(pare_options *options)
{
    (void)options;
}

static void preset_q80(pare_options *options)
{
    options->quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 80};
}

static void preset_lossless(pare_options *options)
{
    options->quality.mode = PARE_QUALITY_LOSSLESS;
}

static void preset_effort_0(pare_options *options)
{
    options->effort = 0;
}

static void preset_lossless_9(pare_options *options)
{
    preset_lossless(options);
    options->effort = 9;
}

static void preset_resize(pare_options *options)
{
    options->resize = (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = 120};
}

static void preset_as_jpeg(pare_options *options)
{
    options->target = PARE_TARGET_FORMAT;
    options->format = PARE_FORMAT_JPEG;
}

static void preset_as_webp(pare_options *options)
{
    options->target = PARE_TARGET_FORMAT;
    options->format = PARE_FORMAT_WEBP;
}

static void preset_webp_lossless(pare_options *options)
{
    preset_as_webp(options);
    preset_lossless(options);
}

static void preset_as_avif(pare_options *options)
{
    options->target = PARE_TARGET_FORMAT;
    options->format = PARE_FORMAT_AVIF;
    preset_q80(options); /* one encode: a search would take most of the time of the table */
}

static void preset_as_jxl(pare_options *options)
{
    options->target = PARE_TARGET_FORMAT;
    options->format = PARE_FORMAT_JXL;
    preset_q80(options);
}

static void preset_jxl_lossless(pare_options *options)
{
    preset_as_jxl(options);
    preset_lossless(options);
}

static void preset_effort_max(pare_options *options)
{
    options->effort = PARE_EFFORT_MAX;
    preset_lossless(options);
}

static void preset_smallest(pare_options *options)
{
    options->target = PARE_TARGET_SMALLEST;
}

static void preset_resize_40(pare_options *options)
{
    options->resize = (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = 40};
}

static void preset_sanitize(pare_options *options)
{
    options->sanitize = true;
}

static void preset_auto_format(pare_options *options)
{
    options->target = PARE_TARGET_AUTO;
}

typedef struct preset {
    const char *name;
    void (*set)(pare_options *options);
} preset;

#define JPEG_PRESETS                                                                               \
    {                                                                                              \
        {"default", preset_default}, {"q80", preset_q80}, {"lossless", preset_lossless},           \
            {"effort-0", preset_effort_0}, {"resize-120", preset_resize},                          \
            {"jxl-lossless", preset_jxl_lossless},                                                 \
    }
#define PNG_PRESETS                                                                                \
    {                                                                                              \
        {"default", preset_default}, {"q80", preset_q80}, {"lossless", preset_lossless},           \
            {"effort-0", preset_effort_0}, {"lossless-9", preset_lossless_9},                      \
            {"webp", preset_as_webp}, {"webp-lossless", preset_webp_lossless},                     \
            {"avif-q80", preset_as_avif}, {"jpeg", preset_as_jpeg}, {"jxl-q80", preset_as_jxl},    \
            {"jxl-lossless", preset_jxl_lossless},                                                 \
    }

enum { PRESETS_CAP = 12 };
static const struct sample {
    const char *name;
    make_fn make;
    preset presets[PRESETS_CAP];
} SAMPLES[] = {
    {"photo-420.jpg", make_photo_420, JPEG_PRESETS},
    {"photo-444.jpg", make_photo_444, JPEG_PRESETS},
    {"gray.jpg", make_gray_jpeg, JPEG_PRESETS},
    {"cmyk.jpg", make_cmyk_jpeg, {{"default", preset_default}, {"lossless", preset_lossless}}},
    {"photo.png", make_photo_png, PNG_PRESETS},
    {"graphic.png", make_graphic_png, PNG_PRESETS},
    {"icon-alpha.png", make_icon_png, PNG_PRESETS},
    {"small-icon.png", make_small_png, {{"effort-max", preset_effort_max}}},
    {"deep-16.png", make_deep_png, {{"default", preset_default}, {"lossless", preset_lossless}}},
    {"gray.png", make_gray_png, {{"default", preset_default}, {"lossless", preset_lossless}}},
    {"still.gif",
     make_still_gif,
     {{"auto-format", preset_auto_format},
      {"default", preset_default},
      {"smallest", preset_smallest}}},
    {"page.tif", make_page_tiff, {{"auto-format", preset_auto_format}}},
    {"moving.gif",
     make_moving_gif,
     {{"default", preset_default},
      {"effort-max", preset_effort_max},
      {"webp-lossless", preset_webp_lossless},
      {"smallest", preset_smallest},
      {"resize-40", preset_resize_40}}},
    {"moving.png",
     make_moving_png,
     {{"default", preset_default},
      {"effort-max", preset_effort_max},
      {"webp", preset_as_webp},
      {"resize-40", preset_resize_40}}},
    {"moving.webp",
     make_moving_webp,
     {{"default", preset_default},
      {"q80", preset_q80},
      {"lossless", preset_lossless},
      {"resize-40", preset_resize_40}}},
    {"drawing.svg", make_drawing, {{"default", preset_default}, {"sanitize", preset_sanitize}}},
};

/* --- checksum ------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t sum, uint32_t value)
{
    return (sum ^ value) * 0x100000001b3u; /* FNV-1a */
}

static uint32_t sample_at(const pare_image *image, const uint8_t *row, size_t at)
{
    return image->depth_bits == 8 ? row[at] * 257u : ((const uint16_t *)(const void *)row)[at];
}

/* Of what the pixels mean, whatever the file stores them as: gray as RGB, 8 bits as 16, no alpha
 * as opaque, and one colour below full transparency. CMYK is taken as stored. */
static uint64_t checksum(const pare_image *image)
{
    uint64_t sum = 0xcbf29ce484222325u;
    const uint32_t colors = image->channels - image->has_alpha;
    sum = mix(mix(sum, image->width_px), image->height_px);
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        for (uint32_t x = 0; x < image->width_px; x++) {
            const size_t at = (size_t)x * image->channels;
            const uint32_t alpha = image->has_alpha ? sample_at(image, row, at + colors) : 65535;
            for (uint32_t c = 0; c < (colors == 1 ? 3 : colors); c++) {
                const uint32_t value = sample_at(image, row, at + (colors == 1 ? 0 : c));
                sum = mix(sum, alpha == 0 ? 0 : value);
            }
            sum = mix(sum, alpha);
        }
    }
    return sum;
}

/* Of all frames and their times. */
static uint64_t checksum_of_film(const pare_codec *codec, pare_bytes file)
{
    pare_animation animation;
    pare_frames *frames = NULL;
    bool more = true;
    uint64_t sum = 0xcbf29ce484222325u;
    MUST(codec->frames_open(file, NULL, &animation, &frames, NULL));
    const size_t len = (size_t)animation.width_px * animation.height_px * 4;
    for (;;) {
        pare_frame frame;
        MUST(codec->frames_next(frames, &frame, &more, NULL));
        if (!more) break;
        sum = mix(sum, frame.duration_ms);
        for (size_t i = 0; i < len; i++)
            sum = mix(sum, frame.rgba[i]);
    }
    codec->frames_close(&frames);
    return sum;
}

static uint64_t checksum_of(const uint8_t *data, size_t len)
{
    const pare_limits limits = {.max_pixels = 100000000};
    pare_image image = {0};
    pare_info info;
    const pare_codec *codec = pare_codec_find(pare_format_sniff(data, len));
    if (!codec || codec->format == PARE_FORMAT_SVG) return 0; /* drawings are not painted */
    MUST(codec->read_info((pare_bytes){data, len}, &info, NULL));
    if (info.is_animated) return checksum_of_film(codec, (pare_bytes){data, len});
    MUST(codec->decode((pare_bytes){data, len}, &limits, &image, NULL));
    const uint64_t sum = checksum(&image);
    pare_image_deinit(&image);
    return sum;
}

/* --- rows ----------------------------------------------------------------------------------- */

static void fill(golden_row *row, const char *sample, const preset *way, const pare_buf *file)
{
    pare_options options;
    pare_result result = {0};
    pare_options_init(&options);
    way->set(&options);
    const pare_err err = pare_optimize(file->data, file->len, &options, &result, NULL);
    *row = (golden_row){.bytes_in = file->len, .score = -1};
    snprintf(row->sample, sizeof row->sample, "%s", sample);
    snprintf(row->preset, sizeof row->preset, "%s", way->name);
    snprintf(row->outcome, sizeof row->outcome, "%s", pare_err_name(err));
    snprintf(row->format, sizeof row->format, "-");
    if (err == PARE_OK) {
        snprintf(row->format, sizeof row->format, "%s", pare_format_name(result.format_out));
        row->bytes = result.len;
        row->score = result.score;
        const bool is_painted = result.format_out != PARE_FORMAT_SVG;
        if (row->score < 0 && is_painted && options.resize.mode == PARE_RESIZE_NONE) {
            MUST(pare_score(file->data, file->len, result.data, result.len, &row->score, NULL));
        }
        row->lossless = result.lossless;
        row->pixels = checksum_of(result.data, result.len);
    }
    pare_result_deinit(&result);
}

size_t golden_make_some(golden_row rows[GOLDEN_ROWS_CAP], const char *sample,
                        const char *preset_name)
{
    size_t count = 0;
    for (size_t s = 0; s < sizeof SAMPLES / sizeof *SAMPLES; s++) {
        if (sample && strcmp(sample, SAMPLES[s].name) != 0) continue;
        pare_buf file = SAMPLES[s].make();
        const uint64_t pixels_in = checksum_of(file.data, file.len);
        for (const preset *way = SAMPLES[s].presets; way->name; way++) {
            if (preset_name && strcmp(preset_name, way->name) != 0) continue;
            if (count == GOLDEN_ROWS_CAP) abort();
            fill(&rows[count], SAMPLES[s].name, way, &file);
            rows[count++].pixels_in = pixels_in;
        }
        pare_buf_deinit(&file);
    }
    return count;
}

size_t golden_make(golden_row rows[GOLDEN_ROWS_CAP])
{
    return golden_make_some(rows, NULL, NULL);
}
