// SPDX-License-Identifier: Apache-2.0
/* Sizes are found in the headers of every format, and damaged headers only give "not found". */
#include "support/test.h"

#include <stdlib.h>

#include "wire/header.h"

typedef struct built {
    const char *label, *bytes;
    size_t len;
    uint32_t width_px, height_px, frames, depth_bits, channels;
} built;

#define BYTES(text) text, sizeof text - 1

static const built CASES[] = {
    {"jpeg after a comment",
     BYTES("\xff\xd8\xff\xfe\0\4ab\xff\xff\xc2\0\x0b\x08\1\x2c\2\x58\1\x01\x11\0"), 600, 300, 1, 8,
     1},
    {"a huffman table is no frame",
     BYTES("\xff\xd8\xff\xc4\0\4ab\xff\xc0\0\x11\x08\0\x10\0\x20\3\1\x22\0\2\x11\1\3\x11\1"), 32,
     16, 1, 8, 3},
    {"png, 16 bit, gray and alpha",
     BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\0\2\x10\4\0\0\0\0\0\0\0"), 256, 2, 1, 16, 2},
    {"animated png",
     BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\6\0\0\0\0\0\0\0"
           "\0\0\0\x08"
           "acTL\0\0\0\5\0\0\0\0\0\0\0\0"),
     3, 2, 2, 8, 4},
    {"webp, extended, animated with alpha",
     BYTES("RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\xff\3\0\xff\1\0"), 1024, 512, 2, 8, 4},
    {"webp, lossless", BYTES("RIFF\x30\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x63\xc0\x18\x10\0\0\0\0\0"), 100,
     100, 1, 8, 4},
    {"webp, lossy", BYTES("RIFF\x30\0\0\0WEBPVP8 \x0a\0\0\0\x30\1\0\x9d\x01\x2a\x40\1\xf0\0"), 320,
     240, 1, 8, 3},
    {"still gif", BYTES("GIF89a\x0a\0\x14\0\0\0\0,\0\0\0\0\x0a\0\x14\0\0\2\1x\0;"), 10, 20, 1, 8,
     3},
    {"gif with two frames and an extension",
     BYTES("GIF89a\x0a\0\x14\0\x80\0\0rgbrgb!\xfe\2hi\0,\0\0\0\0\x0a\0\x14\0\0\2\1x\0"
           ",\0\0\0\0\x0a\0\x14\0\0\2\1x\0;"),
     10, 20, 2, 8, 3},
    {"tiff, big-endian, two pages",
     BYTES("MM\0*\0\0\0\x08\0\3\1\0\0\3\0\0\0\1\0\x50\0\0\1\1\0\4\0\0\0\1\0\0\0\x28"
           "\1\2\0\3\0\0\0\1\0\x10\0\0\0\0\0\x40"),
     80, 40, 2, 16, 3},
    {"tiff, little-endian, four channels",
     BYTES("II*\0\x08\0\0\0\3\0\0\1\3\0\1\0\0\0\x50\0\0\0\1\1\3\0\1\0\0\0\x28\0\0\0"
           "\x15\1\3\0\1\0\0\0\4\0\0\0\0\0\0\0"),
     80, 40, 1, 8, 4},
    {"avif, the larger of two sizes",
     BYTES("\0\0\0\x14"
           "ftypavif\0\0\0\0mif1"
           "\0\0\0\x4c"
           "meta\0\0\0\0"
           "\0\0\0\x40"
           "iprp"
           "\0\0\0\x38"
           "ipco"
           "\0\0\0\x14"
           "ispe\0\0\0\0\0\0\0\x10\0\0\0\x10"
           "\0\0\0\x14"
           "ispe\0\0\0\0\0\0\x02\0\0\0\1\0"
           "\0\0\0\x08skip"),
     512, 256, 1, 8, 3},
    {"avif sequence",
     BYTES("\0\0\0\x14"
           "ftypavis\0\0\0\0mif1"),
     0, 0, 2, 8, 3},
    {"jpeg xl, bare, of a usual kind",
     BYTES("\xff\x0a\xf8\x1f\x90\x50\x5c\x08\0\x12\x08\1\0\x28\x94\xd8"), 512, 512, 1, 8, 3},
    {"jpeg xl in boxes, the codestream in parts",
     BYTES("\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14"
           "ftypjxl \0\0\0\0jxl \0\0\0\x14jxlp\0\0\0\0\xff\x0a\xfa\x5d\xe8\xf9\x80\x48"
           "\0\0\0\xb6jbrd\xc0\x6d\3\x08"),
     2000, 3008, 1, 8, 3},
    {"bmp with the top row first",
     BYTES("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x07\0\0\0\xfb\xff\xff\xff"), 7, 5, 1, 8, 3},
    {"text", BYTES("hello"), 0, 0, 1, 8, 3},
};

TEST(sizes_are_found_in_every_format)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_header have;
        printf("# %s\n", CASES[i].label);
        pare_header_read((const uint8_t *)CASES[i].bytes, CASES[i].len, &have);
        CHECK_INT(have.width_px, ==, CASES[i].width_px);
        CHECK_INT(have.height_px, ==, CASES[i].height_px);
        CHECK_INT(have.frames, ==, CASES[i].frames);
        CHECK_INT(have.depth_bits, ==, CASES[i].depth_bits);
        CHECK_INT(have.channels, ==, CASES[i].channels);
    }
}

/* Run under the address sanitizer this also shows that no byte outside is read. */
TEST(cut_and_garbled_headers_do_no_harm)
{
    uint64_t random = 3;
    pare_options options;
    pare_options_init(&options);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        for (int round = 0; round < 3000; round++) {
            uint8_t *copy = malloc(CASES[i].len + 1);
            const size_t len = test_random(&random) % (CASES[i].len + 1);
            memcpy(copy, CASES[i].bytes, len);
            uint8_t *exact = malloc(len ? len : 1);
            memcpy(exact, copy, len);
            if (len > 0 && round % 2) {
                exact[test_random(&random) % len] = (uint8_t)test_random(&random);
            }
            pare_header have;
            pare_header_read(exact, len, &have);
            CHECK_INT(have.frames, >=, 1);
            CHECK_TRUE(pare_header_cost(&have, len, &options) > 0);
            CHECK_TRUE(pare_header_memory_bytes(&have, UINT64_MAX, &options) > 0);
            free(exact);
            free(copy);
        }
    }
}

TEST(more_pixels_cost_more)
{
    pare_options options;
    pare_options_init(&options);
    const pare_header small = {PARE_FORMAT_PNG, 100, 100, 1, 8, 3};
    const pare_header large = {PARE_FORMAT_PNG, 4000, 3000, 1, 8, 3};
    const pare_header deep = {PARE_FORMAT_PNG, 4000, 3000, 1, 16, 4};
    CHECK_TRUE(pare_header_cost(&large, 1000, &options) > pare_header_cost(&small, 1000, &options));
    const uint64_t need = pare_header_memory_bytes(&large, 1000, &options);
    CHECK_INT(need, >, pare_header_memory_bytes(&small, 1000, &options));
    CHECK_INT(pare_header_memory_bytes(&deep, 1000, &options), >, need);
    options.target = PARE_TARGET_FORMAT; /* libjxl takes more than the others */
    options.format = PARE_FORMAT_JXL;
    CHECK_INT(pare_header_memory_bytes(&large, 1000, &options), >, need + 12000000LL * 90);
    options.format = PARE_FORMAT_AVIF; /* beside its pixels; a score counts for more */
    options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 60};
    CHECK_INT(pare_header_memory_bytes(&large, 1000, &options), >, 12000000LL * 30);
    options.quality.mode = PARE_QUALITY_AUTO;
    options.target = PARE_TARGET_ORIGINAL;
    const double scored = pare_header_cost(&large, 1000, &options);
    options.quality.mode = PARE_QUALITY_LOSSLESS;
    CHECK_TRUE(pare_header_cost(&large, 1000, &options) < scored);
}

TEST(a_large_image_that_becomes_small_needs_little)
{
    pare_options options;
    pare_options_init(&options);
    const pare_header large = {PARE_FORMAT_PNG, 20000, 15000, 1, 8, 3};
    const pare_header webp = {PARE_FORMAT_WEBP, 20000, 15000, 1, 8, 3};
    const uint64_t whole = pare_header_memory_bytes(&large, 500000000, &options);
    options.resize = (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = 2000};
    CHECK_INT(whole, >, (int64_t)10 << 30);
    CHECK_INT(pare_header_memory_bytes(&large, 500000000, &options), <, (int64_t)300 << 20);
    CHECK_INT(pare_header_memory_bytes(&webp, 500000000, &options), >, (int64_t)900 << 20);
}

RUN(sizes_are_found_in_every_format, cut_and_garbled_headers_do_no_harm, more_pixels_cost_more,
    a_large_image_that_becomes_small_needs_little)
