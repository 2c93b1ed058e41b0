// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include <pare/pare.h>

#include "core/codec/codec.h"

/* A file of 4 x 3 pixels, put together byte by byte; all integers little-endian. */
typedef struct plan {
    const char *label;
    int32_t height; /* negative: the top row comes first */
    unsigned bits, compression, header_len;
    const char *masks; /* behind or at the end of the header, 4 bytes each */
    unsigned mask_len;
    const char *data;
    unsigned data_len;
    const char *want; /* three rows of four: R G B W K (black), a: half transparent red */
} plan;

static void put(pare_buf *out, const void *data, size_t len)
{
    MUST(pare_buf_append(out, data, len));
}

static void put_le(pare_buf *out, uint64_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        MUST(pare_buf_append_byte(out, (uint8_t)(value >> (8 * i))));
}

static const char PALETTE[] = "\0\0\0\0"
                              "\0\0\xff\0"
                              "\0\xff\0\0"
                              "\xff\0\0\0"; /* K R G B */

static pare_buf write_bmp(const plan *p)
{
    pare_buf out = {0};
    const unsigned palette_len = p->bits <= 8 ? 16 : 0;
    const unsigned outside = p->header_len == 40 ? p->mask_len : 0;
    put(&out, "BM", 2);
    put_le(&out, 0, 4);
    put_le(&out, 0, 4);
    put_le(&out, 14 + p->header_len + outside + palette_len, 4);
    put_le(&out, p->header_len, 4);
    put_le(&out, 4, 4);
    put_le(&out, (uint32_t)p->height, 4);
    put_le(&out, 1, 2);
    put_le(&out, p->bits, 2);
    put_le(&out, p->compression, 4);
    put_le(&out, 0, 8);
    put_le(&out, 0, 4);
    put_le(&out, palette_len / 4, 4);
    put_le(&out, 0, 4);
    put(&out, p->masks, p->mask_len);
    while (out.len < 14 + p->header_len + outside)
        put_le(&out, 0, 1);
    put(&out, PALETTE, palette_len);
    put(&out, p->data, p->data_len);
    return out;
}

static char name_of(const pare_image *image, uint32_t x, uint32_t y)
{
    const uint8_t *p = pare_image_row(image, y) + (size_t)x * image->channels;
    const unsigned alpha = image->has_alpha ? p[3] : 255;
    if (alpha > 100 && alpha < 150 && p[0] == 255) return 'a';
    if (alpha != 255) return '?';
    const unsigned bits = (p[0] >> 7) | (p[1] >> 7) << 1 | (p[2] >> 7) << 2;
    return "KRGyBmcW"[bits];
}

#define BYTES(text) text, sizeof(text) - 1

static const plan PLANS[] = {
    {"24 bits, from below", 3, 24, 0, 40, BYTES(""),
     BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
           "\0\0\0\0\0\0\0\0\0\0\0\0"
           "\0\0\xff\0\xff\0\xff\0\0\0\0\0"),
     "RGBK"
     "KKKK"
     "WWWW"},
    {"24 bits, from above", -3, 24, 0, 40, BYTES(""),
     BYTES("\0\0\xff\0\xff\0\xff\0\0\0\0\0"
           "\0\0\0\0\0\0\0\0\0\0\0\0"
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     "RGBK"
     "KKKK"
     "WWWW"},
    {"8 bits", 3, 8, 0, 40, BYTES(""),
     BYTES("\1\1\1\1"
           "\0\1\2\3"
           "\3\2\1\0"),
     "BGRK"
     "KRGB"
     "RRRR"},
    {"4 bits", 3, 4, 0, 40, BYTES(""),
     BYTES("\x11\x11\0\0"
           "\x01\x23\0\0"
           "\x32\x10\0\0"),
     "BGRK"
     "KRGB"
     "RRRR"},
    {"2 bits", 3, 2, 0, 40, BYTES(""),
     BYTES("\x55\0\0\0"
           "\x1b\0\0\0"
           "\xe4\0\0\0"),
     "BGRK"
     "KRGB"
     "RRRR"},
    {"1 bit", 3, 1, 0, 40, BYTES(""),
     BYTES("\xf0\0\0\0"
           "\x50\0\0\0"
           "\x80\0\0\0"),
     "RKKK"
     "KRKR"
     "RRRR"},
    {"runs of 8 bits: a run, a literal, a move", 3, 8, 1, 40, BYTES(""),
     BYTES("\4\1\0\0"
           "\0\4\0\1\2\3\0\0"
           "\0\2\2\0\2\3\0\1"),
     "KKBB"
     "KRGB"
     "RRRR"},
    {"runs of 4 bits", 3, 4, 2, 40, BYTES(""),
     BYTES("\4\x12\0\0"
           "\0\4\x01\x23\0\0"
           "\3\x33\0\1"),
     "BBBK"
     "KRGB"
     "RGRG"},
    {"16 bits, 5 each", -3, 16, 0, 40, BYTES(""),
     BYTES("\0\x7c\xe0\x03\x1f\0\0\0"
           "\xff\x7f\xff\x7f\xff\x7f\xff\x7f"
           "\0\0\0\0\0\0\0\0"),
     "RGBK"
     "WWWW"
     "KKKK"},
    {"16 bits, 565 by masks", -3, 16, 3, 40,
     BYTES("\0\xf8\0\0"
           "\xe0\x07\0\0"
           "\x1f\0\0\0"),
     BYTES("\0\xf8\xe0\x07\x1f\0\0\0"
           "\xff\xff\xff\xff\xff\xff\xff\xff"
           "\0\0\0\0\0\0\0\0"),
     "RGBK"
     "WWWW"
     "KKKK"},
    {"32 bits, the fourth byte says nothing", -3, 32, 0, 40, BYTES(""),
     BYTES("\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\0"
           "\xff\xff\xff\0\xff\xff\xff\0\xff\xff\xff\0\xff\xff\xff\0"
           "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     "RGBK"
     "WWWW"
     "KKKK"},
    {"32 bits with alpha", -3, 32, 3, 56,
     BYTES("\0\0\xff\0"
           "\0\xff\0\0"
           "\xff\0\0\0"
           "\0\0\0\xff"),
     BYTES("\0\0\xff\x80\0\xff\0\xff\xff\0\0\xff\0\0\0\xff"
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
           "\0\0\0\xff\0\0\0\xff\0\0\0\xff\0\0\0\xff"),
     "aGBK"
     "WWWW"
     "KKKK"},
};

TEST(every_kind_of_bitmap_is_read)
{
    for (size_t i = 0; i < sizeof PLANS / sizeof *PLANS; i++) {
        pare_buf file = write_bmp(&PLANS[i]);
        pare_image image = {0};
        char have[13] = {0};
        printf("# %s\n", PLANS[i].label);
        CHECK_INT(pare_format_sniff(file.data, file.len), ==, PARE_FORMAT_BMP);
        MUST(pare_codec_bmp.decode(pare_buf_view(&file), NULL, &image, NULL));
        CHECK_INT(image.width_px * image.height_px, ==, 12);
        for (uint32_t p = 0; p < 12; p++)
            have[p] = name_of(&image, p % 4, p / 4);
        CHECK_STR(have, PLANS[i].want);
        pare_image_deinit(&image);
        pare_buf_deinit(&file);
    }
}

TEST(a_cut_bitmap_is_an_error)
{
    for (size_t i = 0; i < sizeof PLANS / sizeof *PLANS; i++) {
        pare_buf file = write_bmp(&PLANS[i]);
        for (size_t len = 0; len + 2 < file.len; len++) { /* the end mark of runs may be missing */
            pare_image image = {0};
            uint8_t *exact = malloc(len ? len : 1);
            if (!exact) abort();
            memcpy(exact, file.data, len);
            const pare_err err =
                pare_codec_bmp.decode((pare_bytes){exact, len}, NULL, &image, NULL);
            CHECK_TRUE(err == PARE_ERR_TRUNCATED || err == PARE_ERR_CORRUPT);
            pare_image_deinit(&image);
            free(exact);
        }
        pare_buf_deinit(&file);
    }
}

TEST(a_bitmap_becomes_what_was_asked_and_is_kept_otherwise)
{
    pare_options options;
    pare_result result;
    pare_buf file = {0};
    put(&file, "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x40\0\0\0\x40\0\0\0\1\0\x18\0", 30);
    put(&file, (const uint8_t[24]){0}, 24);
    for (int i = 0; i < 64 * 64; i++)
        put_le(&file, i % 5 ? 0x2266aa : 0xffffff, 3);
    pare_options_init(&options);
    CHECK_INT(pare_optimize(file.data, file.len, &options, &result, NULL), ==,
              PARE_SKIP_NO_ENCODER);
    pare_result_deinit(&result);
    options.target = PARE_TARGET_AUTO;
    MUST(pare_optimize(file.data, file.len, &options, &result, NULL));
    CHECK_INT(result.format_out, ==, PARE_FORMAT_PNG);
    CHECK_TRUE(result.len < file.len / 20);
    pare_result_deinit(&result);
    pare_buf_deinit(&file);
}

RUN(every_kind_of_bitmap_is_read, a_cut_bitmap_is_an_error,
    a_bitmap_becomes_what_was_asked_and_is_kept_otherwise)
