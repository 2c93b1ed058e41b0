// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <pare/pare.h>

#include "base/checked.h"
#include "core/codec/codec.h"
#include "data/make_image.h"

static pare_info read_info(const pare_buf *file)
{
    pare_info info;
    MUST(pare_read_info(file->data, file->len, &info, NULL));
    return info;
}

/* All blocks; the profile is larger than one JPEG segment. */
static pare_metadata make_metadata(void)
{
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    test_set_text(&metadata.xmp, "<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>");
    test_set_text(&metadata.iptc, "8BIM");
    test_set_text(&metadata.comment, "hello");
    for (int i = 0; i < 150000; i++)
        MUST(pare_buf_append_byte(&metadata.icc, (uint8_t)(i * 7 >> 3)));
    return metadata;
}

static void check_same_block(const pare_buf *have, const pare_buf *want)
{
    CHECK_INT(have->len, ==, want->len);
    CHECK_TRUE(have->len == want->len && memcmp(have->data, want->data, have->len) == 0);
}

TEST(jpeg_header_and_blocks_are_found)
{
    pare_metadata metadata = make_metadata();
    pare_image image = test_make(TEST_PHOTO, 72, 40), out = {0};
    pare_buf file = test_write_jpeg(
        &image, &(test_jpeg_options){.quality = 83, .progressive = true, .metadata = &metadata});
    const pare_info info = read_info(&file);
    CHECK_INT(info.width_px, ==, 72);
    CHECK_INT(info.height_px, ==, 40);
    CHECK_INT(info.orientation, ==, 6);
    CHECK_INT(info.quality_estimate, ==, 83);
    CHECK_STR(info.subsampling, "4:2:0");
    CHECK_TRUE(info.is_progressive && info.has_icc && info.has_exif && info.has_xmp);
    CHECK_TRUE(info.has_iptc && info.has_comment && info.has_gps);
    CHECK_TRUE(!info.has_trailing_data && !info.has_gainmap && !info.has_motion_photo);
    MUST(pare_codec_jpeg.decode(pare_buf_view(&file), NULL, &out, NULL));
    check_same_block(&out.metadata.icc, &metadata.icc);
    check_same_block(&out.metadata.exif, &metadata.exif);
    check_same_block(&out.metadata.xmp, &metadata.xmp);
    check_same_block(&out.metadata.iptc, &metadata.iptc);
    check_same_block(&out.metadata.comment, &metadata.comment);
    CHECK_INT(out.orientation, ==, 6);
    pare_image_deinit(&out);
    pare_image_deinit(&image);
    pare_buf_deinit(&file);
    pare_metadata_deinit(&metadata);
}

static pare_info info_with_tail(const char *xmp, const void *tail, size_t tail_len)
{
    pare_metadata metadata = {0};
    test_set_text(&metadata.xmp, xmp);
    pare_image image = test_make(TEST_GRADIENT, 16, 16);
    pare_buf file = test_write_jpeg(&image, &(test_jpeg_options){.metadata = &metadata});
    MUST(pare_buf_append(&file, tail, tail_len));
    const pare_info info = read_info(&file);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
    pare_metadata_deinit(&metadata);
    return info;
}

TEST(what_hides_behind_a_jpeg_is_named)
{
    static const uint8_t zeros[100];
    static const char MP4[] = "\0\0\0\x18"
                              "ftypmp42....................";
    static const char GAIN[] = "\xff\xd8\xff\xe1..hdrgm:Version=\"1.0\"....";
    static const char PREVIEW[] = "\xff\xd8\xff\xdb an ordinary second picture \xff\xd9";
    pare_info info = info_with_tail("x", zeros, sizeof zeros);
    CHECK_TRUE(!info.has_trailing_data);
    info = info_with_tail("x", "0123456789abcdef", 16);
    CHECK_TRUE(!info.has_trailing_data);
    info = info_with_tail("x", PREVIEW, sizeof PREVIEW);
    CHECK_TRUE(info.has_trailing_data && !info.has_gainmap && !info.has_motion_photo);
    info = info_with_tail("GCamera:MotionPhoto=\"1\"", MP4, sizeof MP4);
    CHECK_TRUE(info.has_trailing_data && info.has_motion_photo && !info.has_gainmap);
    info = info_with_tail("x", GAIN, sizeof GAIN);
    CHECK_TRUE(info.has_trailing_data && info.has_gainmap);
    info = info_with_tail("hdrgm:Version=\"1.0\"", GAIN, sizeof GAIN);
    CHECK_TRUE(info.has_gainmap);
}

TEST(png_gif_and_tiff_headers_are_read)
{
    pare_metadata metadata = {.exif = test_make_exif(8, false)};
    pare_image image = test_make(TEST_ALPHA, 50, 40), gray;
    gray = test_make_as(TEST_PHOTO, 31, 17, PARE_COLOR_GRAY, 16);
    pare_buf file = test_write_png(
        &image,
        &(test_png_options){.interlaced = true, .animated_count = 7, .metadata = &metadata});
    pare_info info = read_info(&file);
    CHECK_TRUE(info.format == PARE_FORMAT_PNG && info.has_alpha && info.is_animated);
    CHECK_TRUE(info.is_progressive && info.has_exif && info.is_lossless && !info.is_palette);
    CHECK_INT(info.frames, ==, 7);
    CHECK_INT(info.channels, ==, 4);
    CHECK_INT(info.orientation, ==, 8);
    pare_buf_deinit(&file);
    file = test_write_gif(&image, 3, false);
    info = read_info(&file);
    CHECK_TRUE(info.format == PARE_FORMAT_GIF && info.is_animated && info.is_palette);
    CHECK_INT(info.frames, ==, 3);
    pare_buf_deinit(&file);
    file = test_write_tiff(&gray, &(test_tiff_options){.pages = 2, .orientation = 3});
    info = read_info(&file);
    CHECK_TRUE(info.format == PARE_FORMAT_TIFF && !info.has_alpha);
    CHECK_INT(info.frames, ==, 2);
    CHECK_INT(info.depth_bits, ==, 16);
    CHECK_INT(info.orientation, ==, 3);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
    pare_image_deinit(&gray);
    pare_metadata_deinit(&metadata);
}

TEST(other_bytes_are_skipped_not_guessed)
{
    pare_info info;
    CHECK_INT(pare_read_info((const uint8_t *)"hello, world", 12, &info, NULL), ==,
              PARE_SKIP_UNSUPPORTED);
    CHECK_INT(pare_read_info(NULL, 0, &info, NULL), ==, PARE_SKIP_UNSUPPORTED);
    CHECK_INT(pare_read_info((const uint8_t *)"\xff\xd8\xff", 3, &info, NULL), ==,
              PARE_ERR_TRUNCATED);
}

/* Every prefix, and every byte changed: no crash, no overrun under a sanitizer. */
TEST(broken_headers_never_crash)
{
    pare_image image = test_make(TEST_ALPHA, 12, 9), flat = test_make(TEST_GRAPHIC, 12, 9);
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    pare_buf files[] = {
        test_write_jpeg(&flat, &(test_jpeg_options){.metadata = &metadata}),
        test_write_png(&image, &(test_png_options){.metadata = &metadata}),
        test_write_gif(&image, 2, true),
        test_write_tiff(&image, NULL),
    };
    const pare_limits limits = {.max_pixels = 1 << 20, .max_memory_bytes = 64 << 20};
    uint64_t random = 1;
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        const pare_codec *codec = pare_codec_find(pare_format_sniff(files[f].data, files[f].len));
        for (size_t round = 0; codec && round < 600; round++) {
            pare_buf copy = {0};
            pare_info info;
            pare_image out = {0};
            const size_t len = round % 2 ? files[f].len : test_random(&random) % files[f].len;
            MUST(pare_buf_append(&copy, files[f].data, len));
            if (len) copy.data[test_random(&random) % len] = (uint8_t)test_random(&random);
            (void)!pare_read_info(copy.data, copy.len, &info, NULL);
            if (codec->decode(pare_buf_view(&copy), &limits, &out, NULL) != PARE_OK) {
                CHECK_TRUE(out.pixels == NULL);
            }
            pare_image_deinit(&out);
            pare_buf_deinit(&copy);
        }
        pare_buf_deinit(&files[f]);
    }
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&image);
    pare_image_deinit(&flat);
}

RUN(jpeg_header_and_blocks_are_found, what_hides_behind_a_jpeg_is_named,
    png_gif_and_tiff_headers_are_read, other_bytes_are_skipped_not_guessed,
    broken_headers_never_crash)
