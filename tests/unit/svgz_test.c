// SPDX-License-Identifier: Apache-2.0
/* Drawings that are packed with gzip. */
#include "support/test.h"

#include <pare/pare.h>

#include "core/codec/gzip.h"

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\""

static pare_bytes text_bytes(const char *text)
{
    return (pare_bytes){(const uint8_t *)text, strlen(text)};
}

static pare_buf pack(const char *text)
{
    pare_buf out = {0};
    MUST(pare_gzip_pack(text_bytes(text), 0, &out));
    return out;
}

static pare_err optimize(pare_bytes file, int effort, bool sanitize, pare_result *out)
{
    pare_options options;
    pare_options_init(&options);
    options.effort = effort;
    options.sanitize = sanitize;
    return pare_optimize(file.data, file.len, &options, out, NULL);
}

#define LONG_SVG                                                                                   \
    SVG "><!-- made by hand, and packed when it was done --><g id='layer1'>\n"                     \
        "  <path d='M 1.00000 2.00000 L 3.00000 4.00000 L 5.00000 1.00000 Z' fill='#ff0000'/>\n"   \
        "  <rect x='1.000' y='2.000' width='3.000' height='4.000' style='fill: #00ff00;'/>\n"      \
        "  <circle cx='8' cy='8' r='4'/></g></svg>"

TEST(packed_drawings_stay_packed_and_say_what_the_plain_ones_say)
{
    size_t last = INT32_MAX;
    pare_buf packed = pack(LONG_SVG);
    pare_info info;
    MUST(pare_read_info(packed.data, packed.len, &info, NULL));
    CHECK_INT(info.format, ==, PARE_FORMAT_SVG);
    CHECK_INT(info.width_px, ==, 16);
    CHECK_TRUE(info.is_gzipped);
    for (int effort = 0; effort <= 10; effort += 2) {
        pare_result plain, result;
        pare_buf text = {0};
        MUST(optimize(text_bytes(LONG_SVG), effort, false, &plain));
        MUST(optimize(pare_buf_view(&packed), effort, false, &result));
        CHECK_INT(result.format_out, ==, PARE_FORMAT_SVG);
        CHECK_INT(result.len, <, packed.len);
        CHECK_INT(result.len, <=, last);
        last = result.len;
        MUST(pare_gzip_unpack((pare_bytes){result.data, result.len}, 1 << 20, &text, NULL));
        CHECK_INT(text.len, ==, plain.len);
        CHECK_TRUE(memcmp(text.data, plain.data, plain.len) == 0);
        for (size_t i = 3; i < 8; i++)
            CHECK_INT(result.data[i], ==, 0); /* no name, no time */
        pare_buf again = {0};
        CHECK_INT(pare_buf_append(&again, result.data, result.len), ==, PARE_OK);
        pare_result_deinit(&result);
        CHECK_INT(optimize(pare_buf_view(&again), effort, false, &result), ==,
                  PARE_SKIP_NOT_SMALLER);
        pare_result_deinit(&result);
        pare_result_deinit(&plain);
        pare_buf_deinit(&text);
        pare_buf_deinit(&again);
    }
    pare_buf_deinit(&packed);
}

TEST(packed_drawings_are_made_safe_too)
{
    pare_buf packed = pack(SVG "><script>alert(1)</script><path d='m1 2h3'/></svg>"), text = {0};
    pare_result result;
    MUST(optimize(pare_buf_view(&packed), 4, true, &result));
    MUST(pare_gzip_unpack((pare_bytes){result.data, result.len}, 1 << 20, &text, NULL));
    MUST(pare_buf_append_byte(&text, 0));
    CHECK_STR((const char *)text.data, SVG "><path d=\"m1 2h3\"/></svg>");
    pare_result_deinit(&result);
    pare_buf_deinit(&packed);
    pare_buf_deinit(&text);
}

static void set_last_4(pare_buf *file, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        file->data[file->len - 4 + (size_t)i] = (uint8_t)(value >> (8 * i));
}

TEST(packed_files_cannot_hurt)
{
    pare_result result;
    pare_buf packed = pack(LONG_SVG),
             other = pack("these are the words of a letter, not a drawing");
    /* whatever is cut or flipped is an error, and what is said of the length is not believed */
    for (size_t len = 18; len < packed.len; len++)
        CHECK_INT(optimize((pare_bytes){packed.data, len}, 4, false, &result), !=, PARE_OK);
    for (size_t i = 10; i < packed.len; i++) {
        pare_buf text = {0};
        packed.data[i] ^= 0x10;
        if (pare_gzip_unpack(pare_buf_view(&packed), 1 << 20, &text, NULL) == PARE_OK) {
            CHECK_INT(text.len, ==, strlen(LONG_SVG)); /* bits behind the last code mean nothing */
            CHECK_TRUE(memcmp(text.data, LONG_SVG, text.len) == 0);
            CHECK_INT(i, ==, packed.len - 9);
        }
        packed.data[i] ^= 0x10;
        pare_buf_deinit(&text);
    }
    static const uint32_t LIES[] = {0, 1, 1000, 30 << 20, 33 << 20, UINT32_MAX};
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        set_last_4(&packed, LIES[i]);
        const pare_err err = optimize(pare_buf_view(&packed), 4, false, &result);
        CHECK_INT(err, ==, LIES[i] > 32 << 20 ? PARE_SKIP_UNSUPPORTED_VARIANT : PARE_ERR_CORRUPT);
    }
    CHECK_INT(optimize(pare_buf_view(&other), 4, false, &result), ==, PARE_SKIP_UNSUPPORTED);
    /* 40 MB of blanks: a bomb of 40 KB */
    pare_buf bomb = {0}, blanks = {0};
    MUST(pare_buf_reserve(&blanks, 40 << 20));
    memset(blanks.data, ' ', 40 << 20);
    memcpy(blanks.data, SVG, sizeof SVG - 1);
    blanks.len = 40 << 20;
    MUST(pare_gzip_pack(pare_buf_view(&blanks), 0, &bomb));
    CHECK_INT(optimize(pare_buf_view(&bomb), 4, false, &result), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    set_last_4(&bomb, 1 << 20);
    CHECK_INT(optimize(pare_buf_view(&bomb), 4, false, &result), ==, PARE_ERR_CORRUPT);
    /* packed twice, and two parts one after the other */
    pare_buf twice = {0}, two = pack(LONG_SVG), part = pack(LONG_SVG);
    MUST(pare_gzip_pack(pare_buf_view(&part), 0, &twice));
    CHECK_INT(optimize(pare_buf_view(&twice), 4, false, &result), ==, PARE_SKIP_UNSUPPORTED);
    MUST(pare_buf_append(&two, part.data, part.len));
    CHECK_INT(optimize(pare_buf_view(&two), 4, false, &result), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    pare_buf *const all[] = {&packed, &other, &bomb, &blanks, &twice, &two, &part};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        pare_buf_deinit(all[i]);
}

RUN(packed_drawings_stay_packed_and_say_what_the_plain_ones_say, packed_drawings_are_made_safe_too,
    packed_files_cannot_hurt)
