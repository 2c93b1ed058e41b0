// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include "wire/parse.h"

TEST(sizes_have_steps_of_1000_or_1024)
{
    static const struct {
        const char *text;
        uint64_t want; /* 0: refused */
    } CASES[] = {
        {"1", 1},
        {"200KB", 200000},
        {"200kb", 200000},
        {"1.5MB", 1500000},
        {"2GiB", 2147483648},
        {"3M", 3000000},
        {"1KiB", 1024},
        {"10B", 10},
        {"0", 0},
        {"0.5", 0},
        {"", 0},
        {"KB", 0},
        {"1.", 0},
        {".5KB", 0},
        {"-1", 0},
        {"+1", 0},
        {" 1", 0},
        {"1 KB", 0},
        {"1e3", 0},
        {"0x10", 0},
        {"nan", 0},
        {"inf", 0},
        {"1KBs", 0},
        {"9999999999999999", 0},
        {"99999TB", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint64_t have = 0;
        printf("# %s\n", CASES[i].text);
        CHECK_INT(pare_parse_bytes(CASES[i].text, &have), ==, CASES[i].want != 0);
        CHECK_INT(have, ==, CASES[i].want);
    }
}

TEST(times_are_milliseconds)
{
    uint64_t ms = 0;
    CHECK_TRUE(pare_parse_duration_ms("60s", &ms));
    CHECK_INT(ms, ==, 60000);
    CHECK_TRUE(pare_parse_duration_ms("1500ms", &ms));
    CHECK_INT(ms, ==, 1500);
    CHECK_TRUE(pare_parse_duration_ms("2m", &ms));
    CHECK_INT(ms, ==, 120000);
    CHECK_TRUE(!pare_parse_duration_ms("8000h", &ms));
    CHECK_TRUE(!pare_parse_duration_ms("0s", &ms));
}

TEST(qualities_are_four_kinds)
{
    pare_quality q = {0};
    CHECK_TRUE(pare_parse_quality("75", &q));
    CHECK_INT(q.mode, ==, PARE_QUALITY_FIXED);
    CHECK_INT(q.value, ==, 75);
    CHECK_TRUE(pare_parse_quality("score:82.5", &q));
    CHECK_INT(q.mode, ==, PARE_QUALITY_SCORE);
    CHECK_DOUBLE(q.score, ==, 82.5);
    CHECK_TRUE(pare_parse_quality("auto", &q));
    CHECK_INT(q.mode, ==, PARE_QUALITY_AUTO);
    CHECK_TRUE(pare_parse_quality("lossless", &q));
    CHECK_INT(q.mode, ==, PARE_QUALITY_LOSSLESS);
    CHECK_TRUE(!pare_parse_quality("075x", &q));
    CHECK_TRUE(!pare_parse_quality("score:", &q));
    CHECK_INT(q.mode, ==, PARE_QUALITY_LOSSLESS); /* left alone */
}

TEST(resizes_are_six_kinds)
{
    pare_resize r = {.enlarge = true};
    CHECK_TRUE(pare_parse_resize("fit:800x600", &r));
    CHECK_INT(r.mode, ==, PARE_RESIZE_FIT);
    CHECK_INT(r.width_px, ==, 800);
    CHECK_INT(r.height_px, ==, 600);
    CHECK_INT(r.enlarge, ==, true);
    CHECK_TRUE(pare_parse_resize("height:7", &r));
    CHECK_INT(r.height_px, ==, 7);
    CHECK_INT(r.width_px, ==, 0);
    CHECK_TRUE(pare_parse_resize("shortest:65535", &r));
    CHECK_INT(r.width_px, ==, 65535);
    CHECK_TRUE(pare_parse_resize("12.5%", &r));
    CHECK_DOUBLE(r.percent, ==, 12.5);
    CHECK_TRUE(!pare_parse_resize("fit:0x5", &r));
    CHECK_TRUE(!pare_parse_resize("fit:5x5x5", &r));
    CHECK_TRUE(!pare_parse_resize("width:", &r));
}

TEST(kinds_are_whole_words)
{
    uint32_t bits = 0;
    CHECK_TRUE(pare_parse_kinds("exif,gps", &bits));
    CHECK_INT(bits, ==, PARE_KEEP_EXIF | PARE_KEEP_GPS);
    CHECK_TRUE(pare_parse_kinds("all", &bits));
    CHECK_INT(bits, ==, PARE_KEEP_ALL);
    CHECK_TRUE(!pare_parse_kinds("exi", &bits));
    CHECK_TRUE(!pare_parse_kinds(",", &bits));
    CHECK_TRUE(!pare_parse_kinds("", &bits));
}

TEST(colors_are_six_digits)
{
    uint8_t rgb[3] = {0};
    CHECK_TRUE(pare_parse_color("#0aF0ff", rgb));
    CHECK_INT(rgb[0] << 16 | rgb[1] << 8 | rgb[2], ==, 0x0af0ff);
    CHECK_TRUE(!pare_parse_color("##0af0f", rgb));
    CHECK_TRUE(!pare_parse_color("0af0f", rgb));
}

RUN(sizes_have_steps_of_1000_or_1024, times_are_milliseconds, qualities_are_four_kinds,
    resizes_are_six_kinds, kinds_are_whole_words, colors_are_six_digits)
