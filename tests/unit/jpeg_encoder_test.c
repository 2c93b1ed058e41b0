// SPDX-License-Identifier: Apache-2.0
/* The JPEG encoder against libjpeg, on pictures made here. */
#include "support/test.h"

#include <setjmp.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "core/codec/jpeg_decode.h"
#include "core/codec/jpeg_encoder.h"
#include "core/codec/jpeg_rows.h"
#include "data/make_image.h"

typedef struct picture {
    uint32_t width, height;
    J_COLOR_SPACE from, to; /* of the pixels, of the file */
    int h, v;               /* sampling factors of the first component */
    int quality;
    bool progressive, arithmetic;
    int restart_rows;
} picture;

static int channels_of(J_COLOR_SPACE space)
{
    return space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
}

/* Soft shapes, an edge, and some noise. */
static int sample_at(uint32_t x, uint32_t y, int channel, uint64_t *random)
{
    const int wave = (int)((x * (3u + (unsigned)channel) + y * 2u) % 256u);
    const int edge = (x / 11 + y / 17) % 2 ? 60 : 0;
    const int noise = (int)(test_random(random) % 24);
    const int value = (wave < 128 ? wave : 255 - wave) + edge + noise + channel * 9;
    return value > 255 ? 255 : value;
}

static void fill_pixels(uint32_t width, uint32_t height, int channels, uint8_t *pixels)
{
    uint64_t random = 7;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (int c = 0; c < channels; c++) {
                pixels[((size_t)y * width + x) * (size_t)channels + (size_t)c] =
                    (uint8_t)sample_at(x, y, c, &random);
            }
        }
    }
}

/* A JPEG by libjpeg. */
static pare_buf make_jpeg(const picture *p)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    const int channels = channels_of(p->from);
    const size_t stride = (size_t)p->width * (size_t)channels;
    uint8_t *pixels = malloc(stride * p->height);
    unsigned char *data = NULL;
    unsigned long len = 0;
    fill_pixels(p->width, p->height, channels, pixels);
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &len);
    cinfo.image_width = p->width;
    cinfo.image_height = p->height;
    cinfo.input_components = channels;
    cinfo.in_color_space = p->from;
    jpeg_set_defaults(&cinfo);
    jpeg_set_colorspace(&cinfo, p->to);
    jpeg_set_quality(&cinfo, p->quality, TRUE);
    cinfo.comp_info[0].h_samp_factor = p->h;
    cinfo.comp_info[0].v_samp_factor = p->v;
    if (p->to == JCS_YCCK) {
        cinfo.comp_info[3].h_samp_factor = p->h;
        cinfo.comp_info[3].v_samp_factor = p->v;
    }
    cinfo.arith_code = p->arithmetic;
    cinfo.restart_in_rows = p->restart_rows;
    if (p->progressive) jpeg_simple_progression(&cinfo);
    jpeg_start_compress(&cinfo, TRUE);
    for (uint32_t y = 0; y < p->height; y++) {
        JSAMPROW row = pixels + y * stride;
        jpeg_write_scanlines(&cinfo, &row, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    free(pixels);
    return (pare_buf){data, len, len};
}

/* What everybody else's lossless pass gives: optimal tables, libjpeg's script. */
static size_t optimized_len(pare_bytes file)
{
    struct jpeg_decompress_struct from;
    struct jpeg_compress_struct to;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long len = 0;
    from.err = to.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&from);
    jpeg_create_compress(&to);
    jpeg_mem_src(&from, file.data, (unsigned long)file.len);
    jpeg_read_header(&from, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&from);
    jpeg_copy_critical_parameters(&from, &to);
    to.optimize_coding = TRUE;
    jpeg_simple_progression(&to);
    jpeg_mem_dest(&to, &data, &len);
    jpeg_write_coefficients(&to, arrays);
    jpeg_finish_compress(&to);
    jpeg_destroy_compress(&to);
    jpeg_destroy_decompress(&from);
    free(data);
    return len;
}

/* Decoded pixels by libjpeg, in color; any warning fails the test. */
static uint8_t *decode(pare_bytes file, J_COLOR_SPACE color, uint32_t *width, uint32_t *height)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, file.data, (unsigned long)file.len);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.out_color_space = color;
    jpeg_start_decompress(&cinfo);
    *width = cinfo.output_width;
    *height = cinfo.output_height;
    const size_t stride = (size_t)cinfo.output_width * (size_t)channels_of(color);
    uint8_t *pixels = malloc(stride * cinfo.output_height);
    while (cinfo.output_scanline < cinfo.output_height) {
        JSAMPROW row = pixels + cinfo.output_scanline * stride;
        jpeg_read_scanlines(&cinfo, &row, 1);
    }
    jpeg_finish_decompress(&cinfo);
    CHECK_INT(errors.num_warnings, ==, 0);
    jpeg_destroy_decompress(&cinfo);
    return pixels;
}

static double mean_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
    double sum = 0.0;
    for (size_t i = 0; i < len; i++)
        sum += abs(a[i] - b[i]);
    return sum / (double)len;
}

static pare_err encode(const pare_source *source, double quality, int effort, pare_buf *out)
{
    const pare_encode_params params = {.lossless = quality == 0.0, .effort = effort};
    pare_encoder *encoder = NULL;
    const pare_err err = pare_jpeg_encoder_open(source, &params, &encoder, NULL);
    if (err != PARE_OK) {
        CHECK_TRUE(encoder == NULL);
        return err;
    }
    const pare_err tried = pare_jpeg_encoder_try(encoder, quality, out, NULL);
    pare_jpeg_encoder_close(&encoder);
    CHECK_TRUE(encoder == NULL);
    return tried;
}

static pare_err encode_file(pare_bytes file, double quality, int effort, pare_buf *out)
{
    const pare_source source = {.original = file};
    return encode(&source, quality, effort, out);
}

static void check_same_coefficients(pare_bytes a, pare_bytes b)
{
    pare_jpeg_coeffs have, want;
    pare_diag diag = {0};
    CHECK_INT(pare_jpeg_coeffs_read(a, 0, &want, &diag), ==, PARE_OK);
    CHECK_INT(pare_jpeg_coeffs_read(b, 0, &have, &diag), ==, PARE_OK);
    CHECK_STR(diag.text, "");
    CHECK_INT(have.color, ==, want.color);
    CHECK_INT(have.component_count, ==, want.component_count);
    CHECK_INT(have.width_px, ==, want.width_px);
    CHECK_INT(have.height_px, ==, want.height_px);
    for (int c = 0; c < want.component_count && c < have.component_count; c++) {
        const pare_jpeg_plane *p = &want.planes[c], *q = &have.planes[c];
        size_t different = 0;
        CHECK_INT(q->h, ==, p->h);
        CHECK_INT(q->v, ==, p->v);
        CHECK_INT(memcmp(q->quant, p->quant, sizeof p->quant), ==, 0);
        for (uint32_t y = 0; y < p->height_blocks && y < q->height_blocks; y++) {
            pare_jpeg_cursor a_row, b_row;
            pare_jpeg_cursor_start(p, y, &a_row);
            pare_jpeg_cursor_start(q, y, &b_row);
            for (uint32_t x = 0; x < p->width_blocks; x++) {
                different +=
                    memcmp(pare_jpeg_cursor_next(&a_row), pare_jpeg_cursor_next(&b_row), 128) != 0;
            }
        }
        CHECK_INT(different, ==, 0);
    }
    pare_jpeg_coeffs_deinit(&have);
    pare_jpeg_coeffs_deinit(&want);
}

static const picture PICTURES[] = {
    {64, 48, JCS_RGB, JCS_YCbCr, 2, 2, 90, false, false, 0},
    {1, 1, JCS_RGB, JCS_YCbCr, 2, 2, 90, false, false, 0},
    {131, 77, JCS_RGB, JCS_YCbCr, 2, 2, 95, false, false, 0},
    {131, 77, JCS_RGB, JCS_YCbCr, 1, 1, 92, true, false, 0},
    {97, 113, JCS_RGB, JCS_YCbCr, 2, 1, 75, false, false, 1},
    {97, 113, JCS_RGB, JCS_YCbCr, 1, 2, 75, true, false, 0},
    {250, 33, JCS_RGB, JCS_YCbCr, 4, 1, 60, false, false, 2},
    {17, 250, JCS_RGB, JCS_YCbCr, 1, 4, 60, false, false, 0},
    {99, 101, JCS_RGB, JCS_YCbCr, 4, 2, 85, true, false, 0},
    {120, 90, JCS_RGB, JCS_YCbCr, 4, 4, 85, false, false, 0}, /* 18 blocks: not interleaved */
    {85, 60, JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1, 88, false, false, 0},
    {85, 60, JCS_GRAYSCALE, JCS_GRAYSCALE, 2, 2, 88, true, false, 0},
    {70, 71, JCS_RGB, JCS_RGB, 1, 1, 80, false, false, 0},
    {70, 71, JCS_CMYK, JCS_CMYK, 1, 1, 80, false, false, 0},
    {75, 71, JCS_CMYK, JCS_YCCK, 2, 2, 80, true, false, 0},
    {123, 45, JCS_RGB, JCS_YCbCr, 2, 2, 50, false, true, 0},
    {123, 45, JCS_RGB, JCS_YCbCr, 2, 2, 100, true, true, 0},
};
#define PICTURE_COUNT (sizeof PICTURES / sizeof *PICTURES)

/* 18 blocks are more than libjpeg puts into one MCU. */
static bool is_writable_by_libjpeg(const picture *p)
{
    return p->h * p->v + 2 <= 10;
}

TEST(lossless_keeps_every_coefficient)
{
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        if (!is_writable_by_libjpeg(&PICTURES[i])) continue;
        printf("# picture %zu\n", i);
        pare_buf file = make_jpeg(&PICTURES[i]);
        for (int effort = 0; effort <= 10; effort += 2) {
            pare_buf out = {0};
            CHECK_INT(encode_file(pare_buf_view(&file), 0.0, effort, &out), ==, PARE_OK);
            check_same_coefficients(pare_buf_view(&file), pare_buf_view(&out));
            uint32_t width, height;
            const J_COLOR_SPACE color = PICTURES[i].from == JCS_CMYK ? JCS_CMYK : PICTURES[i].from;
            uint8_t *have = decode(pare_buf_view(&out), color, &width, &height);
            uint8_t *want = decode(pare_buf_view(&file), color, &width, &height);
            CHECK_INT(memcmp(have, want, (size_t)width * height * (size_t)channels_of(color)), ==,
                      0);
            free(have);
            free(want);
            pare_buf_deinit(&out);
        }
        pare_buf_deinit(&file);
    }
}

TEST(lossless_is_never_bigger_than_libjpegs_optimized_progressive)
{
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        if (!is_writable_by_libjpeg(&PICTURES[i])) continue;
        printf("# picture %zu\n", i);
        pare_buf file = make_jpeg(&PICTURES[i]), out = {0};
        CHECK_INT(encode_file(pare_buf_view(&file), 0.0, 4, &out), ==, PARE_OK);
        CHECK_INT(out.len, <=, optimized_len(pare_buf_view(&file)));
        pare_buf_deinit(&out);
        pare_buf_deinit(&file);
    }
}

TEST(more_effort_never_gives_a_bigger_file)
{
    const size_t some[] = {2, 3, 10, 14};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        pare_buf file = make_jpeg(&PICTURES[some[i]]);
        for (int lossy = 0; lossy <= 1; lossy++) {
            size_t last = (size_t)1 << 40;
            for (int effort = 0; effort <= 10; effort++) {
                pare_buf out = {0};
                CHECK_INT(encode_file(pare_buf_view(&file), lossy * 75.0, effort, &out), ==,
                          PARE_OK);
                CHECK_INT(out.len, <=, last);
                last = out.len;
                pare_buf_deinit(&out);
            }
        }
        pare_buf_deinit(&file);
    }
}

TEST(lossy_output_decodes_without_warnings_near_its_source)
{
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        const picture *p = &PICTURES[i];
        if (!is_writable_by_libjpeg(p)) continue;
        printf("# picture %zu\n", i);
        pare_buf file = make_jpeg(p), out = {0};
        uint32_t width, height;
        uint8_t *want = decode(pare_buf_view(&file), p->from, &width, &height);
        for (double quality = 5.0; quality <= 100.0; quality += 19.0) {
            CHECK_INT(encode_file(pare_buf_view(&file), quality, 4, &out), ==, PARE_OK);
            uint8_t *have = decode(pare_buf_view(&out), p->from, &width, &height);
            CHECK_INT(width, ==, p->width);
            CHECK_INT(height, ==, p->height);
            const size_t len = (size_t)width * height * (size_t)channels_of(p->from);
            CHECK_DOUBLE(mean_difference(have, want, len), <=, quality >= 100.0 ? 4.0 : 30.0);
            free(have);
        }
        free(want);
        pare_buf_deinit(&out);
        pare_buf_deinit(&file);
    }
}

static pare_image make_image(uint32_t width, uint32_t height, pare_color color, uint8_t depth_bits)
{
    pare_image image = {0};
    uint64_t random = 7;
    MUST(pare_image_init(&image, width, height, color, false, depth_bits));
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < width * image.channels; i++) {
            const int value = sample_at(i / image.channels, y, (int)(i % image.channels), &random);
            if (depth_bits == 16) {
                ((uint16_t *)(void *)pare_image_row(&image, y))[i] = (uint16_t)(value * 257);
            } else {
                pare_image_row(&image, y)[i] = (uint8_t)value;
            }
        }
    }
    return image;
}

TEST(pixels_come_back_near_what_they_were)
{
    static const J_COLOR_SPACE spaces[] = {JCS_GRAYSCALE, JCS_RGB, JCS_CMYK};
    for (int color = PARE_COLOR_GRAY; color <= PARE_COLOR_CMYK; color++) {
        for (uint8_t depth_bits = 8; depth_bits <= 16; depth_bits += 8) {
            pare_image image = make_image(101, 67, (pare_color)color, 8);
            pare_image deep = make_image(101, 67, (pare_color)color, depth_bits);
            const pare_source source = {.image = &deep};
            pare_buf out = {0};
            uint32_t width, height;
            CHECK_INT(encode(&source, 99.0, 4, &out), ==, PARE_OK);
            uint8_t *have = decode(pare_buf_view(&out), spaces[color], &width, &height);
            const size_t len = (size_t)width * height * image.channels;
            CHECK_INT(width, ==, 101);
            CHECK_INT(height, ==, 67);
            if (color == PARE_COLOR_CMYK) { /* libjpeg hands out what Adobe stores: inverted */
                for (size_t i = 0; i < len; i++)
                    have[i] = (uint8_t)(255 - have[i]);
            }
            CHECK_DOUBLE(mean_difference(have, image.pixels, len), <=, 6.0);
            free(have);
            pare_buf_deinit(&out);
            pare_image_deinit(&image);
            pare_image_deinit(&deep);
        }
    }
}

TEST(bytes_fall_with_quality)
{
    const picture p = {640, 480, JCS_RGB, JCS_YCbCr, 2, 2, 95, false, false, 0};
    pare_buf file = make_jpeg(&p);
    const pare_source source = {.original = pare_buf_view(&file)};
    const pare_encode_params params = {.effort = 4};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    size_t last = (size_t)1 << 40;
    MUST(pare_jpeg_encoder_open(&source, &params, &encoder, NULL));
    for (double quality = 97.0; quality >= 5.0; quality -= 1.5) {
        CHECK_INT(pare_jpeg_encoder_try(encoder, quality, &out, NULL), ==, PARE_OK);
        CHECK_INT(out.len, <=, last);
        last = out.len;
    }
    CHECK_INT(pare_jpeg_encoder_try(encoder, 0.5, &out, NULL), ==, PARE_ERR_INVALID);
    pare_jpeg_encoder_close(&encoder);
    pare_buf_deinit(&out);
    pare_buf_deinit(&file);
}

TEST(same_input_gives_same_bytes_in_any_order_of_attempts)
{
    pare_buf file = make_jpeg(&PICTURES[2]), first = {0}, again = {0};
    const pare_source source = {.original = pare_buf_view(&file)};
    const pare_encode_params params = {.effort = 6};
    pare_encoder *encoder = NULL;
    CHECK_INT(encode_file(pare_buf_view(&file), 70.0, 6, &first), ==, PARE_OK);
    MUST(pare_jpeg_encoder_open(&source, &params, &encoder, NULL));
    CHECK_INT(pare_jpeg_encoder_try(encoder, 95.0, &again, NULL), ==, PARE_OK);
    CHECK_INT(pare_jpeg_encoder_try(encoder, 20.0, &again, NULL), ==, PARE_OK);
    CHECK_INT(pare_jpeg_encoder_try(encoder, 70.0, &again, NULL), ==, PARE_OK);
    CHECK_INT(again.len, ==, first.len);
    CHECK_INT(memcmp(again.data, first.data, first.len), ==, 0);
    pare_jpeg_encoder_close(&encoder);
    pare_buf_deinit(&first);
    pare_buf_deinit(&again);
    pare_buf_deinit(&file);
}

/* So that the score of a draft is that of the file. */
TEST(a_draft_shows_exactly_the_pixels_of_its_file)
{
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        if (!is_writable_by_libjpeg(&PICTURES[i])) continue;
        pare_buf file = make_jpeg(&PICTURES[i]), draft = {0}, whole = {0}, fresh = {0};
        const pare_source source = {.original = pare_buf_view(&file)};
        const pare_encode_params params = {.effort = 4};
        pare_encoder *encoder = NULL;
        pare_image want = {0}, have = {0};
        printf("# picture %zu\n", i);
        MUST(pare_jpeg_encoder_open(&source, &params, &encoder, NULL));
        CHECK_INT(pare_jpeg_encoder_draft(encoder, 72.0, &draft, NULL), ==, PARE_OK);
        CHECK_INT(pare_jpeg_encoder_try(encoder, 72.0, &whole, NULL), ==, PARE_OK);
        CHECK_INT(encode_file(pare_buf_view(&file), 72.0, 4, &fresh), ==, PARE_OK);
        CHECK_INT(whole.len, ==, fresh.len);
        CHECK_INT(memcmp(whole.data, fresh.data, whole.len), ==, 0);
        MUST(pare_jpeg_decode(pare_buf_view(&whole), NULL, &want, NULL));
        MUST(pare_jpeg_decode(pare_buf_view(&draft), NULL, &have, NULL));
        CHECK_INT(have.stride_bytes, ==, want.stride_bytes);
        CHECK_INT(memcmp(have.pixels, want.pixels, want.stride_bytes * want.height_px), ==, 0);
        pare_image_deinit(&want);
        pare_image_deinit(&have);
        pare_jpeg_encoder_close(&encoder);
        pare_buf_deinit(&file);
        pare_buf_deinit(&draft);
        pare_buf_deinit(&whole);
        pare_buf_deinit(&fresh);
    }
}

TEST(damaged_files_are_refused)
{
    pare_buf file = make_jpeg(&PICTURES[2]), out = {0};
    for (size_t len = 1; len + 2 < file.len; len += 1 + file.len / 97) {
        const pare_err err = encode_file((pare_bytes){file.data, len}, 0.0, 4, &out);
        CHECK_TRUE(err == PARE_ERR_TRUNCATED || err == PARE_ERR_CORRUPT);
    }
    uint64_t random = 3;
    for (int i = 0; i < 300; i++) { /* may succeed or not, but must not crash or leak */
        uint8_t *damaged = malloc(file.len);
        memcpy(damaged, file.data, file.len);
        for (int j = 0; j < 4; j++) {
            damaged[test_random(&random) % file.len] = (uint8_t)test_random(&random);
        }
        const pare_err err = encode_file((pare_bytes){damaged, file.len}, (i % 2) * 60.0, 4, &out);
        CHECK_TRUE(err != PARE_ERR_INTERNAL);
        free(damaged);
    }
    CHECK_INT(encode_file((pare_bytes){(const uint8_t *)"not a JPEG", 10}, 0.0, 4, &out), ==,
              PARE_ERR_CORRUPT);
    pare_buf_deinit(&out);
    pare_buf_deinit(&file);
}

TEST(what_is_not_eight_bit_dct_is_left_alone)
{
    pare_buf file = make_jpeg(&PICTURES[0]), out = {0};
    for (size_t i = 0; i + 4 < file.len; i++) {
        if (file.data[i] != 0xff || file.data[i + 1] != 0xc0) continue;
        file.data[i + 4] = 12;
        CHECK_INT(encode_file(pare_buf_view(&file), 0.0, 4, &out), ==,
                  PARE_SKIP_UNSUPPORTED_VARIANT);
        file.data[i + 4] = 8;
        file.data[i + 1] = 0xc3;
        CHECK_INT(encode_file(pare_buf_view(&file), 80.0, 4, &out), ==,
                  PARE_SKIP_UNSUPPORTED_VARIANT);
        break;
    }
    pare_buf_deinit(&out);
    pare_buf_deinit(&file);
}

static pare_buf make_block(size_t len, uint8_t seed)
{
    pare_buf block = {0};
    for (size_t i = 0; i < len; i++) {
        MUST(pare_buf_append_byte(&block, (uint8_t)(seed + i * 31 + (i >> 8))));
    }
    return block;
}

/* Joined payloads of a marker whose segments start with id, each without its first skip bytes. */
static void check_segments(pare_bytes file, unsigned marker, const char *id, size_t skip,
                           const pare_buf *want)
{
    pare_buf have = {0};
    for (size_t at = 2; at + 4 < file.len && file.data[at + 1] != 0xda;) {
        const size_t len = (size_t)file.data[at + 2] << 8 | file.data[at + 3];
        const uint8_t *payload = file.data + at + 4;
        if (file.data[at + 1] == marker && len - 2 >= skip && !memcmp(payload, id, strlen(id))) {
            MUST(pare_buf_append(&have, payload + skip, len - 2 - skip));
        }
        at += 2 + len;
    }
    CHECK_INT(have.len, ==, want->len);
    if (have.len == want->len) CHECK_INT(memcmp(have.data, want->data, have.len), ==, 0);
    pare_buf_deinit(&have);
}

TEST(metadata_blocks_are_written_as_their_formats_say)
{
    pare_buf file = make_jpeg(&PICTURES[0]), out = {0};
    pare_metadata metadata = {.exif = make_block(999, 1),
                              .xmp = make_block(2000, 2),
                              .icc = make_block(150000, 3),
                              .iptc = make_block(70000, 4),
                              .comment = make_block(66000, 5)};
    const pare_source source = {.original = pare_buf_view(&file), .metadata = &metadata};
    for (int quality = 0; quality <= 80; quality += 80) {
        CHECK_INT(encode(&source, quality, 4, &out), ==, PARE_OK);
        const pare_bytes made = pare_buf_view(&out);
        check_segments(made, 0xe1, "Exif", 6, &metadata.exif);
        check_segments(made, 0xe1, "http://ns.adobe.com/xap/1.0/", 29, &metadata.xmp);
        check_segments(made, 0xe2, "ICC_PROFILE", 14, &metadata.icc);
        check_segments(made, 0xed, "Photoshop 3.0", 14, &metadata.iptc);
        check_segments(made, 0xfe, "", 0, &metadata.comment);
        uint32_t width, height;
        free(decode(made, JCS_RGB, &width, &height));
    }
    pare_buf_deinit(&metadata.exif);
    metadata.exif = make_block(65536, 1);
    CHECK_INT(encode(&source, 0.0, 4, &out), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    pare_metadata_deinit(&metadata);
    pare_buf_deinit(&out);
    pare_buf_deinit(&file);
}

/* Rows of colour of the same brightness, or grey ones. */
static pare_image make_rows(bool coloured)
{
    pare_image image = {0};
    MUST(pare_image_init(&image, 320, 240, PARE_COLOR_RGB, false, 8));
    for (uint32_t y = 0; y < image.height_px; y++) {
        uint8_t *row = pare_image_row(&image, y);
        for (uint32_t x = 0; x < image.width_px; x++, row += 3) {
            const int red = (coloured && y % 2 ? 30 : 0) + (int)(x / 4),
                      grey = (int)(x / 4 + y / 4);
            row[0] = (uint8_t)(coloured ? 60 + red : grey);
            row[1] = (uint8_t)(coloured ? 120 - red / 2 : grey);
            row[2] = (uint8_t)(coloured ? 80 : grey);
        }
    }
    return image;
}

TEST(chroma_is_halved_only_where_that_is_worth_it)
{
    static const struct {
        const char *label;
        bool coloured;
        uint8_t luma_h, luma_v;
        int quality;
        double asked;
        uint8_t want_h, want_v;
    } cases[] = {
        {"no colour: nothing is lost", false, 2, 1, 98, 75, 2, 2},
        {"no colour, 4:4:4", false, 1, 1, 98, 75, 2, 2},
        {"rows of colours stay", true, 2, 1, 98, 75, 2, 1},
        {"rows of colours stay, 4:4:4", true, 1, 1, 98, 75, 1, 1},
        {"already as coarse as asked: the grid stays", false, 2, 1, 50, 90, 2, 1},
        {"4:2:0 stays", false, 2, 2, 98, 75, 2, 2},
        {"4:1:1 stays", false, 4, 1, 98, 75, 4, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        printf("# %s\n", cases[i].label);
        const test_jpeg_options options = {
            .quality = cases[i].quality, .luma_h = cases[i].luma_h, .luma_v = cases[i].luma_v};
        pare_image image = make_rows(cases[i].coloured);
        pare_buf file = test_write_jpeg(&image, &options), out = {0};
        pare_jpeg_coeffs coeffs;
        CHECK_INT(encode_file(pare_buf_view(&file), cases[i].asked, 4, &out), ==, PARE_OK);
        MUST(pare_jpeg_coeffs_read(pare_buf_view(&out), 0, &coeffs, NULL));
        CHECK_INT(coeffs.planes[0].h, ==, cases[i].want_h);
        CHECK_INT(coeffs.planes[0].v, ==, cases[i].want_v);
        pare_jpeg_coeffs_deinit(&coeffs);
        pare_buf_deinit(&out);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
}

TEST(lossless_needs_a_jpeg)
{
    pare_image image = make_image(20, 20, PARE_COLOR_RGB, 8);
    const pare_source source = {.image = &image};
    pare_buf out = {0};
    CHECK_INT(encode(&source, 0.0, 4, &out), ==, PARE_ERR_INVALID);
    pare_image_deinit(&image);
    pare_buf_deinit(&out);
}

RUN(a_draft_shows_exactly_the_pixels_of_its_file, lossless_keeps_every_coefficient,
    lossless_is_never_bigger_than_libjpegs_optimized_progressive,
    more_effort_never_gives_a_bigger_file, lossy_output_decodes_without_warnings_near_its_source,
    pixels_come_back_near_what_they_were, bytes_fall_with_quality,
    same_input_gives_same_bytes_in_any_order_of_attempts, damaged_files_are_refused,
    what_is_not_eight_bit_dct_is_left_alone, metadata_blocks_are_written_as_their_formats_say,
    chroma_is_halved_only_where_that_is_worth_it, lossless_needs_a_jpeg)
