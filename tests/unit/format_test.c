// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <pare/pare.h>

static const struct {
    const char *label, *bytes;
    size_t len;
    pare_format want;
} CASES[] = {
    {"jpeg", "\xff\xd8\xff\xe0", 4, PARE_FORMAT_JPEG},
    {"png", "\x89PNG\r\n\x1a\n", 8, PARE_FORMAT_PNG},
    {"webp", "RIFF\x10\0\0\0WEBPVP8 ", 16, PARE_FORMAT_WEBP},
    {"a wave file is no webp", "RIFF\x10\0\0\0WAVEfmt ", 16, PARE_FORMAT_UNKNOWN},
    {"avif",
     "\0\0\0\x14"
     "ftypmif1\0\0\0\0avif",
     20, PARE_FORMAT_AVIF},
    {"heic",
     "\0\0\0\x14"
     "ftypmif1\0\0\0\0heic",
     20, PARE_FORMAT_HEIC},
    {"a brand beyond its box",
     "\0\0\0\x10"
     "ftypmif1\0\0\0\0avif",
     20, PARE_FORMAT_UNKNOWN},
    {"gif", "GIF89a", 6, PARE_FORMAT_GIF},
    {"tiff", "MM\0*", 4, PARE_FORMAT_TIFF},
    {"svg after a prolog", "<?xml version='1.0'?><!-- x --><svg/>", 37, PARE_FORMAT_SVG},
    {"html with an svg inside", "<html><svg/></html>", 19, PARE_FORMAT_UNKNOWN},
    {"cut magic", "\x89PNG", 4, PARE_FORMAT_UNKNOWN},
    {"nothing", "", 0, PARE_FORMAT_UNKNOWN},
};

TEST(first_bytes_decide)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# %s\n", CASES[i].label);
        CHECK_INT(pare_format_sniff((const uint8_t *)CASES[i].bytes, CASES[i].len), ==,
                  CASES[i].want);
    }
}

TEST(names_and_extensions_both_find_a_format)
{
    CHECK_INT(pare_format_from_name("JPG"), ==, PARE_FORMAT_JPEG);
    CHECK_INT(pare_format_from_name("jpeg"), ==, PARE_FORMAT_JPEG);
    CHECK_INT(pare_format_from_name("tif"), ==, PARE_FORMAT_TIFF);
    CHECK_INT(pare_format_from_name("txt"), ==, PARE_FORMAT_UNKNOWN);
    CHECK_STR(pare_format_name((pare_format)77), "unknown");
}

TEST(defaults_pass_the_check_and_bad_fields_do_not)
{
    pare_options options;
    pare_options_init(&options);
    CHECK_INT(pare_options_check(&options, NULL), ==, PARE_OK);
    CHECK_DOUBLE(pare_options_quality(&options, PARE_FORMAT_JPEG).score, ==, 80.0);

    pare_diag diag = {0};
    options.quality_for[PARE_FORMAT_WEBP] = (pare_quality){.mode = PARE_QUALITY_FIXED};
    CHECK_INT(pare_options_check(&options, &diag), ==, PARE_ERR_INVALID);
    CHECK_STR(diag.text, "quality 0 is not in 1..100");
}

RUN(first_bytes_decide, names_and_extensions_both_find_a_format,
    defaults_pass_the_check_and_bad_fields_do_not)
