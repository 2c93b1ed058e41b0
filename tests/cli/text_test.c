// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include "base/json_text.h"
#include "cli/human.h"
#include "cli/summary.h"

static const char *size_of(uint64_t bytes)
{
    static char text[16];
    pare_format_bytes(bytes, text);
    return text;
}

TEST(sizes_never_show_four_digits_with_a_unit)
{
    CHECK_STR(size_of(0), "0 B");
    CHECK_STR(size_of(999), "999 B");
    CHECK_STR(size_of(1000), "1.0 KB");
    CHECK_STR(size_of(4123456), "4.1 MB");
    CHECK_STR(size_of(999949), "999.9 KB");
    CHECK_STR(size_of(999951), "1.0 MB");
    CHECK_STR(size_of(UINT64_MAX), "18446.7 PB");
}

static const char *name_of(const char *name, size_t columns, bool utf8)
{
    static pare_text text;
    pare_text_clear(&text);
    const size_t used = pare_text_add_name(&text, name, columns, utf8);
    if (columns) CHECK_INT(used, <=, columns);
    return pare_text_string(&text);
}

TEST(names_are_cut_by_columns_not_bytes)
{
    CHECK_STR(name_of("short.jpg", 9, true), "short.jpg");
    CHECK_STR(name_of("longer.jpg", 9, true), "longer.j\xe2\x80\xa6");
    CHECK_STR(name_of("longer.jpg", 9, false), "longer...");
    CHECK_STR(name_of("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, true),
              "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6");
    CHECK_STR(name_of("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, true), "\xe6\x97\xa5\xe2\x80\xa6");
    CHECK_STR(name_of("a_very_long_name_of_a_photo_1234.jpg", 24, true),
              "a_very_long_nam\xe2\x80\xa6"
              "1234.jpg");
}

TEST(names_cannot_harm_the_terminal)
{
    CHECK_STR(name_of("\033[2J\r\n\x7f", 0, true), "?[2J???");
    CHECK_STR(name_of("\xc2\x9b"
                      "2J",
                      0, true),
              "?2J"); /* the one-byte CSI */
    CHECK_STR(name_of("\xe2\x80\xaegpj.exe", 0, true), "?gpj.exe");
    CHECK_STR(name_of("\xff\xc0\xaf\xed\xa0\x80", 0, true), "??????");
}

TEST(json_strings_are_utf8_without_loss)
{
    pare_text text = {0};
    pare_json_begin(&text, "x");
    pare_json_string(&text, "name", "a\"\\\n\xff\xc3\xa4\xed\xa0\x80");
    pare_json_string(&text, "none", NULL);
    pare_json_real(&text, "nan", 0.0 / 0.0, 2);
    pare_json_end(&text);
    CHECK_STR(pare_text_string(&text), "{\"event\":\"x\",\"name\":\"a\\\"\\\\\\u000a\\udcff\xc3\xa4"
                                       "\\udced\\udca0\\udc80\",\"none\":null,\"nan\":null}\n");
    pare_text_deinit(&text);
}

TEST(a_summary_holds_the_biggest_and_caps_failures)
{
    pare_summary summary = {0};
    pare_batch_options batch = {.output_mode = PARE_OUTPUT_BESIDE};
    pare_progress totals = {.failed = 60, .optimized = 9, .files_done = 69, .elapsed_ms = 1000};
    char name[32];
    for (unsigned i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "bad%u.jpg", i);
        const pare_file_result bad = {
            .input = name, .outcome = PARE_OUTCOME_FAILED, .err = PARE_ERR_TRUNCATED, .text = ""};
        pare_summary_add(&summary, &bad, true);
    }
    for (unsigned i = 1; i < 10; i++) {
        snprintf(name, sizeof name, "good%u.jpg", i);
        const pare_file_result good = {.input = name,
                                       .outcome = PARE_OUTCOME_OPTIMIZED,
                                       .output = "p/optimized/x",
                                       .bytes_in = 1000,
                                       .bytes_out = 1000 - i * 10};
        pare_summary_add(&summary, &good, true);
    }
    CHECK_STR(summary.biggest[0].name, "good9.jpg");
    CHECK_STR(summary.biggest[4].name, "good5.jpg");
    CHECK_STR(summary.folder, "p/optimized/");
    pare_text text = {0};
    const pare_summary_context context = {.batch = &batch, .utf8 = true};
    pare_summary_print(&summary, &totals, &context, &text);
    CHECK_TRUE(strstr(pare_text_string(&text), "  and 10 more, see --json\n"));
    CHECK_TRUE(strstr(pare_text_string(&text), "  bad49.jpg: the image is cut off\n"));
    CHECK_TRUE(!strstr(pare_text_string(&text), "bad50.jpg"));
    pare_text_deinit(&text);
    pare_summary_deinit(&summary);
}

RUN(sizes_never_show_four_digits_with_a_unit, names_are_cut_by_columns_not_bytes,
    names_cannot_harm_the_terminal, json_strings_are_utf8_without_loss,
    a_summary_holds_the_biggest_and_caps_failures)
