// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include "core/codec/codec.h"
#include "core/image/profile.h"
#include "core/image/shrink.h"
#include "data/make_image.h"

/* One attempt at this quality. */
static pare_buf encode(const pare_codec *codec, const pare_source *source,
                       const pare_encode_params *params, double quality)
{
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    MUST(codec->encoder_open(source, params, &encoder, NULL));
    MUST(codec->encoder_try(encoder, quality, &out, NULL));
    codec->encoder_close(&encoder);
    CHECK_TRUE(encoder == NULL);
    return out;
}

static const pare_codec *avif(void)
{
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_AVIF);
    if (!codec) test_skip("built without AVIF");
    return codec;
}

/* Colours below an alpha of 0 do not show and may change. */
static void clear_hidden(pare_image *image)
{
    for (uint32_t y = 0; image->has_alpha && y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            uint8_t *pixel = pare_image_row(image, y) + (size_t)x * 4;
            if (pixel[3] == 0) memset(pixel, 0, 4);
        }
    }
}

static double difference_after(const pare_codec *codec, const pare_image *image,
                               const pare_encode_params *params, double quality, size_t *len)
{
    const pare_source source = {.image = image};
    pare_buf file = encode(codec, &source, params, quality);
    pare_image back = {0};
    MUST(codec->decode(pare_buf_view(&file), NULL, &back, NULL));
    clear_hidden(&back);
    const double difference = test_difference(image, &back);
    *len = file.len;
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    return difference;
}

static void check_quality(const pare_codec *codec, test_picture picture)
{
    const pare_encode_params params = {.effort = 3};
    pare_image image = test_make(picture, 192, 128);
    size_t low_len = 0, high_len = 0;
    const double low = difference_after(codec, &image, &params, 30, &low_len);
    const double high = difference_after(codec, &image, &params, 95, &high_len);
    CHECK_DOUBLE(high, <, low);
    CHECK_DOUBLE(high, <, 5.0);
    CHECK_INT(low_len, <, high_len);
    pare_image_deinit(&image);
}

TEST(webp_quality_trades_bytes_for_likeness)
{
    check_quality(&pare_codec_webp, TEST_PHOTO);
}

TEST(avif_quality_trades_bytes_for_likeness)
{
    check_quality(avif(), TEST_PHOTO);
}

static void check_lossless(const pare_codec *codec, test_picture picture)
{
    const pare_encode_params params = {.lossless = true, .effort = 2, .is_graphic = true};
    pare_image image = test_make(picture, 150, 97);
    clear_hidden(&image);
    size_t len;
    CHECK_DOUBLE(difference_after(codec, &image, &params, 0, &len), ==, 0);
    pare_image_deinit(&image);
}

TEST(webp_lossless_keeps_every_visible_pixel)
{
    check_lossless(&pare_codec_webp, TEST_GRAPHIC);
    check_lossless(&pare_codec_webp, TEST_ALPHA);
    check_lossless(&pare_codec_webp, TEST_PHOTO);
}

TEST(avif_lossless_keeps_every_pixel)
{
    check_lossless(avif(), TEST_GRAPHIC);
    check_lossless(avif(), TEST_ALPHA);
    check_lossless(avif(), TEST_PHOTO);
    const pare_encode_params params = {.lossless = true, .effort = 2};
    pare_image gray = test_make_as(TEST_PHOTO, 99, 50, PARE_COLOR_GRAY, 8);
    size_t len;
    CHECK_DOUBLE(difference_after(avif(), &gray, &params, 0, &len), ==, 0);
    pare_image_deinit(&gray);
}

static void check_metadata(const pare_codec *codec)
{
    const pare_encode_params params = {.effort = 1};
    pare_metadata metadata = {.exif = test_make_exif(1, true)};
    pare_colorimetry p3;
    CHECK_TRUE(pare_colorimetry_from_cicp(12, 13, &p3));
    MUST(pare_profile_build(&p3, "Display P3", &metadata.icc));
    test_set_text(&metadata.xmp, "<x:xmpmeta/>");
    pare_image image = test_make(TEST_ALPHA, 64, 48), back = {0};
    const pare_source source = {.image = &image, .metadata = &metadata};
    pare_buf file = encode(codec, &source, &params, 80);
    pare_info info;
    MUST(pare_read_info(file.data, file.len, &info, NULL));
    CHECK_TRUE(info.has_icc && info.has_exif && info.has_xmp && info.has_alpha && info.has_gps);
    CHECK_STR(info.profile, "Display P3");
    MUST(codec->decode(pare_buf_view(&file), NULL, &back, NULL));
    CHECK_INT(back.metadata.icc.len, ==, metadata.icc.len);
    CHECK_INT(back.metadata.exif.len, ==, metadata.exif.len);
    CHECK_INT(back.metadata.xmp.len, ==, metadata.xmp.len);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
    pare_metadata_deinit(&metadata);
}

TEST(webp_carries_the_blocks)
{
    check_metadata(&pare_codec_webp);
}

TEST(avif_carries_the_blocks)
{
    check_metadata(avif());
}

static void check_repeatable(const pare_codec *codec)
{
    const pare_encode_params params = {.effort = 3};
    pare_image image = test_make(TEST_PHOTO, 100, 80);
    const pare_source source = {.image = &image};
    pare_encoder *encoder = NULL;
    pare_buf first = {0}, other = {0}, again = {0};
    MUST(codec->encoder_open(&source, &params, &encoder, NULL));
    MUST(codec->encoder_try(encoder, 70, &first, NULL));
    MUST(codec->encoder_try(encoder, 40, &other, NULL));
    MUST(codec->encoder_try(encoder, 70, &again, NULL));
    codec->encoder_close(&encoder);
    CHECK_INT(first.len, ==, again.len);
    CHECK_TRUE(first.len == again.len && memcmp(first.data, again.data, first.len) == 0);
    CHECK_INT(other.len, <, first.len);
    pare_buf_deinit(&first);
    pare_buf_deinit(&other);
    pare_buf_deinit(&again);
    pare_image_deinit(&image);
}

TEST(attempts_do_not_change_later_ones)
{
    check_repeatable(&pare_codec_webp);
    check_repeatable(avif());
}

TEST(webp_refuses_sides_beyond_its_limit)
{
    const pare_encode_params params = {.effort = 0};
    pare_image image = test_make(TEST_GRADIENT, 16384, 1);
    const pare_source source = {.image = &image};
    pare_encoder *encoder = NULL;
    CHECK_INT(pare_codec_webp.encoder_open(&source, &params, &encoder, NULL), ==,
              PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_TRUE(encoder == NULL);
    pare_image_deinit(&image);
}

TEST(gray_and_deep_images_survive)
{
    const pare_encode_params params = {.effort = 3};
    pare_image gray = test_make_as(TEST_GRADIENT, 64, 64, PARE_COLOR_GRAY, 8);
    pare_image deep = test_make_as(TEST_GRADIENT, 64, 64, PARE_COLOR_RGB, 16), back = {0};
    const pare_codec *codecs[] = {&pare_codec_webp, avif()};
    for (int i = 0; i < 2; i++) {
        const pare_source gray_source = {.image = &gray}, deep_source = {.image = &deep};
        pare_buf file = encode(codecs[i], &gray_source, &params, 90);
        MUST(codecs[i]->decode(pare_buf_view(&file), NULL, &back, NULL));
        CHECK_INT(back.color, ==, i ? PARE_COLOR_GRAY : PARE_COLOR_RGB);
        const uint8_t *pixel = pare_image_row(&back, 20) + (size_t)20 * back.channels;
        CHECK_INT(pixel[0] - pare_image_row(&gray, 20)[20], <=, 4);
        CHECK_INT(pare_image_row(&gray, 20)[20] - pixel[0], <=, 4);
        pare_image_deinit(&back);
        pare_buf_deinit(&file);
        file = encode(codecs[i], &deep_source, &params, 90);
        MUST(codecs[i]->decode(pare_buf_view(&file), NULL, &back, NULL));
        CHECK_INT(back.depth_bits, ==, i ? 16 : 8);
        CHECK_DOUBLE(test_difference(&deep, &back), <, 4.0);
        pare_image_deinit(&back);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&gray);
    pare_image_deinit(&deep);
}

/* A picture that is read at an eighth of its size shows the means of what it shows whole. */
static void check_shrunk(const pare_image *image, const pare_encode_params *params, uint32_t factor)
{
    const pare_source source = {.image = image};
    const pare_limits limits = {.max_pixels = 1 << 24, .shrink = factor};
    pare_image whole = {0}, small = {0};
    pare_buf file = encode(avif(), &source, params, 90);
    MUST(avif()->decode(pare_buf_view(&file), NULL, &whole, NULL));
    MUST(avif()->decode(pare_buf_view(&file), &limits, &small, NULL));
    MUST(pare_shrink_image(&whole, factor));
    CHECK_INT(small.color, ==, whole.color);
    CHECK_DOUBLE(test_difference(&whole, &small), <, 1.0);
    pare_image_deinit(&whole);
    pare_image_deinit(&small);
    pare_buf_deinit(&file);
}

TEST(avif_is_read_smaller)
{
    pare_image photo = test_make(TEST_PHOTO, 133, 71);
    pare_image gray = test_make_as(TEST_PHOTO, 64, 48, PARE_COLOR_GRAY, 8);
    for (uint32_t factor = 2; factor <= 8; factor *= 2) {
        check_shrunk(&photo, &(pare_encode_params){.effort = 1}, factor);
        check_shrunk(&photo, &(pare_encode_params){.effort = PARE_EFFORT_DEFAULT}, factor);
        check_shrunk(&photo, &(pare_encode_params){.effort = 1, .is_graphic = true}, factor);
        check_shrunk(&gray, &(pare_encode_params){.effort = PARE_EFFORT_DEFAULT}, factor);
    }
    pare_image_deinit(&photo);
    pare_image_deinit(&gray);
}

/* Colours that do not show must not count in a mean. */
TEST(avif_with_alpha_is_read_whole)
{
    const pare_encode_params params = {.effort = PARE_EFFORT_DEFAULT};
    const pare_limits limits = {.max_pixels = 1 << 24, .shrink = 8};
    pare_image image = test_make(TEST_ALPHA, 64, 48), back = {0};
    const pare_source source = {.image = &image};
    pare_buf file = encode(avif(), &source, &params, 90);
    MUST(avif()->decode(pare_buf_view(&file), &limits, &back, NULL));
    CHECK_INT(back.width_px, ==, 64);
    CHECK_TRUE(back.has_alpha);
    pare_image_deinit(&back);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
}

TEST(cut_files_are_errors)
{
    const pare_encode_params params = {.effort = 1};
    pare_image image = test_make(TEST_PHOTO, 100, 80), out = {0};
    const pare_source source = {.image = &image};
    const pare_codec *codecs[] = {&pare_codec_webp, avif()};
    for (int i = 0; i < 2; i++) {
        pare_buf file = encode(codecs[i], &source, &params, 80);
        const size_t whole = file.len;
        for (size_t percent = 2; percent < 99; percent += 6) {
            file.len = whole * percent / 100;
            CHECK_INT(codecs[i]->decode(pare_buf_view(&file), NULL, &out, NULL), >=,
                      PARE_ERR_CORRUPT);
            CHECK_TRUE(out.pixels == NULL);
        }
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
}

RUN(webp_quality_trades_bytes_for_likeness, avif_quality_trades_bytes_for_likeness,
    webp_lossless_keeps_every_visible_pixel, avif_lossless_keeps_every_pixel,
    webp_carries_the_blocks, avif_carries_the_blocks, attempts_do_not_change_later_ones,
    webp_refuses_sides_beyond_its_limit, gray_and_deep_images_survive, avif_is_read_smaller,
    avif_with_alpha_is_read_whole, cut_files_are_errors)
