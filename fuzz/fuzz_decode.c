// SPDX-License-Identifier: Apache-2.0
/* Fuzz every reader of images: header and metadata, then pixels, then what is left of damaged ones.
 */
#include "fuzz.h"

#include "core/codec/codec.h"

static void check_image(const pare_image *image, const pare_limits *limits)
{
    FUZZ_CHECK(image->width_px > 0 && image->height_px > 0);
    FUZZ_CHECK((uint64_t)image->width_px * image->height_px <= limits->max_pixels);
    FUZZ_CHECK(image->depth_bits == 8 || image->depth_bits == 16);
    FUZZ_CHECK(image->orientation >= 1 && image->orientation <= 8);
    const size_t row_len = (size_t)image->width_px * image->channels * (image->depth_bits / 8);
    FUZZ_CHECK(image->stride_bytes >= row_len);
    /* Touch the first and the last byte: the sanitizers know what is allocated. */
    const volatile uint8_t *last = pare_image_row(image, image->height_px - 1) + row_len - 1;
    (void)*last;
}

enum { FRAMES_MAX = 40 };

static void play(const pare_codec *codec, pare_bytes file, const pare_limits *limits)
{
    pare_animation animation;
    pare_frames *frames = NULL;
    pare_frame frame;
    bool more = true;
    if (codec->frames_open(file, limits, &animation, &frames, NULL) != PARE_OK) {
        FUZZ_CHECK(frames == NULL);
        return;
    }
    const size_t pixels = (size_t)animation.width_px * animation.height_px;
    FUZZ_CHECK(pixels > 0 && pixels <= limits->max_pixels);
    for (int i = 0; more && i < FRAMES_MAX; i++) {
        if (codec->frames_next(frames, &frame, &more, NULL) != PARE_OK) break;
        if (!more) break;
        const volatile uint8_t *last = frame.rgba + pixels * 4 - 1;
        (void)*last;
    }
    codec->frames_close(&frames);
}

/* What was salvaged is a whole file of the size that the header gives. */
static void check_salvaged(const uint8_t *data, size_t len, const pare_limits *limits)
{
    pare_options options;
    pare_result result;
    pare_info info;
    pare_options_init(&options);
    options.max_pixels = limits->max_pixels;
    options.max_memory_bytes = limits->max_memory_bytes;
    const pare_err err = pare_salvage(data, len, &options, &result, NULL);
    FUZZ_CHECK(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
    if (err == PARE_OK) {
        FUZZ_CHECK(pare_read_info(result.data, result.len, &info, NULL) == PARE_OK);
        FUZZ_CHECK(result.salvaged > 0 && result.salvaged <= result.salvageable);
    }
    pare_result_deinit(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const pare_codec *codec = pare_codec_find(pare_format_sniff(data, len));
    const pare_limits limits = {.max_pixels = 1 << 20, .max_memory_bytes = 64 << 20};
    pare_info info = {0};
    pare_image image = {0};

    FUZZ_CHECK(pare_read_info(data, len, &info, NULL) != PARE_ERR_INTERNAL);
    if (!codec || !codec->decode) return 0;
    if (codec->decode((pare_bytes){data, len}, &limits, &image, NULL) == PARE_OK) {
        check_image(&image, &limits);
    } else {
        check_salvaged(data, len, &limits);
    }
    pare_image_deinit(&image);
    if (codec->frames_open) play(codec, (pare_bytes){data, len}, &limits);
    return 0;
}
