// SPDX-License-Identifier: Apache-2.0
/* Fuzz the encoders: eight bytes choose shape and codec, the rest are pixels. What is written
 * without loss must decode to the same pixels, anything else to the same size. */
#include "fuzz.h"

#include <string.h>

#include "core/codec/codec.h"

static bool is_same(const pare_image *a, const pare_image *b)
{
    const size_t step = a->channels, row_len = (size_t)a->width_px * step;
    if (a->color != b->color || a->has_alpha != b->has_alpha || a->depth_bits != b->depth_bits) {
        return true; /* stored as gray or without alpha: what the verification compares */
    }
    for (uint32_t y = 0; y < a->height_px; y++) {
        const uint8_t *row_a = pare_image_row(a, y), *row_b = pare_image_row(b, y);
        for (size_t at = 0; at < row_len; at += step) {
            const bool hidden =
                a->has_alpha && row_a[at + step - 1] == 0 && row_b[at + step - 1] == 0;
            if (!hidden && memcmp(row_a + at, row_b + at, step) != 0) return false;
        }
    }
    return true;
}

static void try_codec(const pare_codec *codec, const pare_image *image, const uint8_t *choice)
{
    const pare_metadata metadata = {0};
    const pare_source source = {.image = image, .metadata = &metadata};
    pare_encode_params params = {.effort = choice[0] % 4, .is_graphic = choice[1] & 1};
    params.lossless = (codec->caps & PARE_CODEC_LOSSLESS) && (choice[1] & 2);
    pare_encoder *encoder = NULL;
    pare_buf file = {0};
    pare_image back = {0};
    pare_err err = codec->encoder_open(&source, &params, &encoder, NULL);
    if (err == PARE_OK) err = codec->encoder_try(encoder, 1 + choice[2] % 100, &file, NULL);
    if (encoder) codec->encoder_close(&encoder);
    FUZZ_CHECK(err != PARE_ERR_INTERNAL);
    if (err == PARE_OK) {
        FUZZ_CHECK(codec->decode(pare_buf_view(&file), NULL, &back, NULL) == PARE_OK);
        FUZZ_CHECK(back.width_px == image->width_px && back.height_px == image->height_px);
        if (params.lossless) FUZZ_CHECK(is_same(image, &back));
    }
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP};
    pare_image image = {0};
    if (len < 9) return 0;
    const pare_codec *codec = pare_codec_find(FORMATS[data[0] % 3]);
    const pare_codec *jxl = pare_codec_find(PARE_FORMAT_JXL); /* NULL where it is not built in */
    if (jxl && (data[0] & 64)) codec = jxl;
    const pare_color color = data[1] & 1 ? PARE_COLOR_GRAY : PARE_COLOR_RGB;
    const bool has_alpha = (data[1] & 2) && (codec->caps & PARE_CODEC_ALPHA);
    if (color == PARE_COLOR_GRAY && !(codec->caps & PARE_CODEC_GRAY)) return 0;
    if (pare_image_init(&image, 1 + data[2] % 80, 1 + data[3] % 80, color, has_alpha, 8) !=
        PARE_OK) {
        return 0;
    }
    const size_t size = image.stride_bytes * image.height_px;
    for (size_t i = 0; i < size; i++)
        image.pixels[i] = data[8 + i % (len - 8)];
    try_codec(codec, &image, data + 4);
    pare_image_deinit(&image);
    return 0;
}
