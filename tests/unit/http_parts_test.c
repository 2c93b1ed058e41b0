// SPDX-License-Identifier: Apache-2.0
/* The parts of the server that decide without a socket: access, names, settings. */
#include "support/test.h"

#include "http/accept.h"
#include "http/access.h"
#include "http/safe_name.h"
#include "http/settings.h"
#include "http/zip_writer.h"

static pare_access our_access(void)
{
    pare_access access = {.address = "127.0.0.1", .port = 8080};
    snprintf(access.token, sizeof access.token, "0123456789abcdef");
    snprintf(access.cookie, sizeof access.cookie, "pare_session_8080");
    return access;
}

TEST(a_host_is_ours_only_by_name_and_port)
{
    static const struct {
        const char *host;
        bool wide, want;
    } CASES[] = {
        {"127.0.0.1:8080", false, true},
        {"localhost:8080", false, true},
        {"LocalHost:8080", false, true},
        {"[::1]:8080", false, true},
        {"127.0.0.1", false, false},
        {"127.0.0.1:80", false, false},
        {"127.0.0.1:8080x", false, false},
        {"127.0.0.1:", false, false},
        {"evil:8080", false, false},
        {"127.0.0.1.evil:8080", false, false},
        {"10.0.0.7:8080", false, false},
        {"10.0.0.7:8080", true, true},
        {"[fe80::1]:8080", true, true},
        {"nas.example:8080", true, false},
        {"", true, false},
        {":8080", true, false},
        {"127.0.0.1:99999999999", true, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_access access = our_access();
        access.any_literal = CASES[i].wide;
        printf("# %s\n", CASES[i].host);
        CHECK_INT(pare_access_host_ok(&access, CASES[i].host), ==, CASES[i].want);
    }
    const pare_access access = our_access();
    CHECK_INT(pare_access_host_ok(&access, NULL), ==, false);
}

TEST(a_machine_on_a_network_is_called_by_its_own_names_and_those_it_was_given)
{
    static const char *const NAMES[] = {"photos.example", "10.9.8.7"};
    static const struct {
        const char *host;
        bool want;
    } CASES[] = {
        {"nas:8080", true},
        {"NAS.local:8080", true},
        {"nas.home.example:8080", true},
        {"nas.evil.example:8080", false},
        {"nas.local.evil.example:8080", false},
        {"nas.loca:8080", false},
        {"na:8080", false},
        {"nasty:8080", false},
        {"nas:80", false},
        {"nas", false},
        {"photos.example:8080", true},
        {"photos.example", true}, /* a proxy with TLS listens elsewhere */
        {"Photos.Example:443", true},
        {"evil.photos.example", false},
        {"photos.example.evil", false},
        {"photos.example:x", false},
        {"10.9.8.7", true},
        {"10.9.8.8:8080", false},
        {"192.168.1.2:8080", true},
        {"localhost:8080", true},
    };
    pare_access access = our_access();
    snprintf(access.address, sizeof access.address, "192.168.1.2");
    snprintf(access.own_name, sizeof access.own_name, "nas.home.example");
    access.names = NAMES;
    access.name_count = 2;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# %s\n", CASES[i].host);
        CHECK_INT(pare_access_host_ok(&access, CASES[i].host), ==, CASES[i].want);
    }
}

TEST(a_cookie_alone_changes_nothing)
{
    const pare_access access = our_access();
    pare_access_request request = {.host = "localhost:8080",
                                   .cookie = "a=b; pare_session_8080=0123456789abcdef"};
    CHECK_INT(pare_access_check(&access, &request), ==, PARE_ACCESS_OK);
    request.changes = true;
    CHECK_INT(pare_access_check(&access, &request), ==, PARE_ACCESS_BAD_ORIGIN);
    request.origin = "http://localhost:8080";
    CHECK_INT(pare_access_check(&access, &request), ==, PARE_ACCESS_OK);
    request.origin = "http://localhost:8081";
    CHECK_INT(pare_access_check(&access, &request), ==, PARE_ACCESS_BAD_ORIGIN);
    request = (pare_access_request){.host = "localhost:8080",
                                    .cookie = "xpare_session_8080=0123456789abcdef"};
    CHECK_INT(pare_access_check(&access, &request), ==, PARE_ACCESS_NO_TOKEN);
}

TEST(upload_names_stay_inside)
{
    static const char *const BAD[] = {"",     "/a",   "../a",    "a/..", "a/./b",
                                      "a//b", "a\\b", "C:a",     "a\nb", "\xff",
                                      "a ",   "a.",   "\u202ea", "a/",   " a"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        printf("# case %zu\n", i);
        CHECK_TRUE(pare_upload_path_problem(BAD[i]) != NULL);
    }
    CHECK_TRUE(pare_upload_path_problem("a/b c/\u00e4 &'.jpg") == NULL);
    CHECK_TRUE(pare_upload_path_problem("..a/.b") == NULL);
}

TEST(names_that_go_out_are_safe_whatever_came_in)
{
    static const char *const CASES[][2] = {
        {"a/b.jpg", "a/b.jpg"},
        {"/etc/passwd", "etc/passwd"},
        {"../../a", "a"},
        {"a\\b", "a_b"},
        {"\xff\xfe.png", "__.png"},
        {"..", "_"},
        {"a/../b", "a/b"},
        {"con:", "con_"},
        {"x.", "x_"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_text text = {0};
        pare_safe_name_add(&text, CASES[i][0]);
        CHECK_STR(pare_text_string(&text), CASES[i][1]);
        pare_text_deinit(&text);
    }
}

static pare_err read_settings(const char *text, pare_settings *out, json_t **json, pare_diag *diag)
{
    *json = json_loads(text, 0, NULL);
    return pare_settings_read(*json, 0, out, diag);
}

TEST(settings_mean_what_the_command_line_means)
{
    pare_settings s;
    json_t *json;
    pare_diag diag = {0};
    MUST(read_settings(
        "{\"quality\":\"score:70\",\"quality_png\":60,\"format\":\"webp\","
        "\"resize\":\"fit:800x600\",\"effort\":\"max\",\"keep\":[\"exif\",\"gps\"],"
        "\"strip\":\"icc\",\"target_size\":\"200KB\",\"downscale\":true,\"sanitize\":true,"
        "\"min_savings\":\"2%\","
        "\"output\":{\"mode\":\"suffix\",\"suffix\":\".min\"}}",
        &s, &json, &diag));
    CHECK_INT(s.image.quality.mode, ==, PARE_QUALITY_SCORE);
    CHECK_DOUBLE(s.image.quality.score, ==, 70);
    CHECK_INT(s.image.quality_for[PARE_FORMAT_PNG].value, ==, 60);
    CHECK_INT(s.image.format, ==, PARE_FORMAT_WEBP);
    CHECK_INT(s.image.resize.height_px, ==, 600);
    CHECK_INT(s.image.effort, ==, PARE_EFFORT_MAX);
    CHECK_INT(s.image.keep & PARE_KEEP_ICC, ==, 0);
    CHECK_TRUE((s.image.keep & PARE_KEEP_GPS) != 0);
    CHECK_INT(s.image.target_size_bytes, ==, 200000);
    CHECK_TRUE(s.image.downscale && s.image.sanitize);
    CHECK_DOUBLE(s.image.min_savings_pct, ==, 2);
    CHECK_INT(s.mode, ==, PARE_OUTPUT_SUFFIX);
    CHECK_STR(s.suffix, ".min");
    json_decref(json);
}

TEST(wrong_settings_are_named)
{
    static const char *const BAD[] = {
        "[]",
        "{\"quality\":0}",
        "{\"quality\":101}",
        "{\"quality\":1.5}",
        "{\"color\":1}",
        "{\"effort\":11}",
        "{\"output\":{\"mode\":\"suffix\"}}",
        "{\"output\":{\"mode\":\"in\"}}",
        "{\"output\":{\"mode\":\"suffix\",\"suffix\":\"/x\"}}",
        "{\"exclude\":[\"\"]}",
        "{\"keep\":\"exif,all,none\"}",
        "{\"quality\":\"a\\u0062c\"}",
        "{\"lossless\":1}",
        "{\"downscale\":\"yes\"}",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        pare_settings s;
        json_t *json;
        pare_diag diag = {0};
        printf("# %s\n", BAD[i]);
        CHECK_INT(read_settings(BAD[i], &s, &json, &diag), ==, PARE_ERR_INVALID);
        CHECK_TRUE(diag.text[0] != '\0');
        json_decref(json);
    }
}

static uint64_t number_at(const pare_buf *buf, size_t at, unsigned bytes)
{
    uint64_t value = 0;
    if (at + bytes > buf->len) return UINT64_MAX;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)buf->data[at + i] << 8 * i;
    return value;
}

/* "Smaller" twice is two steps, also when the first one went below what the job asks for. */
TEST(a_step_of_quality_starts_where_the_image_is)
{
    static const struct {
        const char *settings;
        int delta, quality;
        double score;
        const char *want;
    } CASES[] = {
        {"{}", -20, 52, 80.1, "score:60"},
        {"{}", -20, 13, 60.1, "score:40"},
        {"{}", 10, 13, 60.1, "score:70"},
        {"{}", -10, 0, -1, "score:70"}, /* was not scored */
        {"{\"quality\": \"score:70\"}", -10, 52, 83.2, "score:73"},
        {"{\"quality\": \"score:70\"}", 10, 52, 83.2, "score:93"},
        {"{\"quality\": \"score:70\"}", -10, 0, 100, "score:85"},
        {"{\"quality\": \"score:70\"}", 10, 0, 100, "score:80"},
        {"{\"quality\": \"60\"}", -10, 50, -1, "40"},
        {"{\"quality\": \"60\"}", -99, 50, -1, "1"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        json_t *settings = json_loads(CASES[i].settings, 0, NULL);
        printf("# %s by %d from %.1f\n", CASES[i].settings, CASES[i].delta, CASES[i].score);
        CHECK_INT(
            pare_settings_shift(settings, CASES[i].delta, CASES[i].quality, CASES[i].score, NULL),
            ==, PARE_OK);
        CHECK_STR(json_string_value(json_object_get(settings, "quality")), CASES[i].want);
        json_decref(settings);
    }
}

TEST(a_small_zip_has_the_bytes_of_the_format)
{
    pare_zip zip = {0};
    pare_buf out = {0};
    MUST(pare_zip_begin(&zip, "a", 9, 1000000000, &out));
    CHECK_INT(out.len, ==, 31);
    CHECK_INT(number_at(&out, 0, 4), ==, 0x04034b50);
    pare_zip_data(&zip, "123456789", 9);
    MUST(pare_buf_append(&out, "123456789", 9));
    MUST(pare_zip_end(&zip, &out));
    CHECK_INT(number_at(&out, 40, 4), ==, 0x08074b50);
    CHECK_INT(number_at(&out, 44, 4), ==, 0xcbf43926); /* the check value of CRC-32 */
    CHECK_INT(out.len, ==, 56);
    MUST(pare_zip_finish(&zip, &out));
    CHECK_INT(number_at(&out, 56, 4), ==, 0x02014b50);
    CHECK_INT(number_at(&out, 56 + 12, 2), ==,
              (1 << 11 | 46 << 5 | 40 / 2)); /* 2001-09-09 01:46:40 */
    CHECK_INT(number_at(&out, 56 + 14, 2), ==, (21 << 9 | 9 << 5 | 9));
    CHECK_INT(number_at(&out, 56 + 16, 4), ==, 0xcbf43926);
    CHECK_INT(number_at(&out, 56 + 42, 4), ==, 0);
    CHECK_INT(number_at(&out, 103, 4), ==, 0x06054b50); /* no zip64 where none is needed */
    CHECK_INT(number_at(&out, 103 + 10, 2), ==, 1);
    CHECK_INT(number_at(&out, 103 + 12, 4), ==, 47);
    CHECK_INT(number_at(&out, 103 + 16, 4), ==, 56);
    CHECK_INT(out.len, ==, 125);
    pare_zip_deinit(&zip);
    pare_buf_deinit(&out);
}

TEST(a_zip_file_other_than_promised_is_no_file)
{
    pare_zip zip = {0};
    pare_buf out = {0};
    MUST(pare_zip_begin(&zip, "a", 3, 0, &out));
    pare_zip_data(&zip, "12", 2);
    CHECK_INT(pare_zip_end(&zip, &out), ==, PARE_ERR_CHANGED);
    pare_zip_deinit(&zip);
    pare_buf_deinit(&out);
}

/* 5 GB as if they had been sent: sizes, place and directory are then told with 64 bits. */
TEST(a_zip_over_4_gigabytes_has_64_bit_numbers)
{
    const uint64_t huge = 5000000000;
    pare_zip zip = {0};
    pare_buf out = {0};
    MUST(pare_zip_begin(&zip, "big", huge, 0, &out));
    CHECK_INT(number_at(&out, 18, 4), ==, 0xffffffff);
    CHECK_INT(number_at(&out, 33, 4), ==, 0x00100001); /* the extra field of zip64: 16 bytes */
    CHECK_INT(number_at(&out, 37, 8), ==, huge);
    CHECK_INT(out.len, ==, 53);
    zip.bytes = huge;
    zip.at += huge;
    MUST(pare_zip_end(&zip, &out));
    CHECK_INT(number_at(&out, 53 + 8, 8), ==, huge); /* the descriptor has 64 bits as well */
    const uint64_t second = zip.at;
    CHECK_INT(second, ==, 53 + huge + 24);
    MUST(pare_zip_begin(&zip, "b", 0, 0, &out));
    MUST(pare_zip_end(&zip, &out));
    const uint64_t place = zip.at;
    out.len = 0;
    MUST(pare_zip_finish(&zip, &out));
    CHECK_INT(number_at(&out, 24, 4), ==, 0xffffffff);
    CHECK_INT(number_at(&out, 42, 4), ==, 0); /* the first is at the beginning */
    CHECK_INT(number_at(&out, 49 + 4, 8), ==, huge);
    const size_t line = 46 + 3 + 20; /* that of the second */
    CHECK_INT(number_at(&out, line, 4), ==, 0x02014b50);
    CHECK_INT(number_at(&out, line + 24, 4), ==, 0);
    CHECK_INT(number_at(&out, line + 42, 4), ==, 0xffffffff);
    CHECK_INT(number_at(&out, line + 47, 4), ==, 0x00080001);
    CHECK_INT(number_at(&out, line + 51, 8), ==, second);
    const size_t end = line + 46 + 1 + 12;
    CHECK_INT(number_at(&out, end, 4), ==, 0x06064b50);
    CHECK_INT(number_at(&out, end + 32, 8), ==, 2);
    CHECK_INT(number_at(&out, end + 40, 8), ==, end);
    CHECK_INT(number_at(&out, end + 48, 8), ==, place);
    CHECK_INT(number_at(&out, end + 56, 4), ==, 0x07064b50);
    CHECK_INT(number_at(&out, end + 64, 8), ==, place + end);
    CHECK_INT(number_at(&out, end + 76, 4), ==, 0x06054b50);
    CHECK_INT(number_at(&out, end + 76 + 16, 4), ==, 0xffffffff);
    CHECK_INT(out.len, ==, end + 98);
    pare_zip_deinit(&zip);
    pare_buf_deinit(&out);
}

TEST(a_zip_of_70000_files_counts_them_with_64_bits)
{
    pare_zip zip = {0};
    pare_buf out = {0};
    for (int i = 0; i < 70000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        MUST(pare_zip_begin(&zip, name, 0, 0, &out));
        MUST(pare_zip_end(&zip, &out));
    }
    MUST(pare_zip_finish(&zip, &out));
    CHECK_INT(number_at(&out, out.len - 98, 4), ==, 0x06064b50);
    CHECK_INT(number_at(&out, out.len - 98 + 32, 8), ==, 70000);
    CHECK_INT(number_at(&out, out.len - 12, 2), ==, 0xffff);
    pare_zip_deinit(&zip);
    pare_buf_deinit(&out);
}

TEST(an_encoding_is_sent_only_to_those_who_take_it)
{
    static const struct {
        const char *header;
        bool want;
    } CASES[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZip", true},
        {"br, gzip", true},
        {"br,gzip;q=1.0", true},
        {"br , gzip ; q=0.5, *;q=0", true},
        {"gzip;q=0.001", true},
        {"gzip;q=0", false},
        {"gzip; Q=0.0, br", false},
        {"gzip;q=0.000,*", false},
        {"*", true},
        {"br, *;q=0.1", true},
        {"*;q=0", false},
        {"identity", false},
        {"xgzip, gzipx", false},
        {"br;q=0, gzip", true},
        {",,;,", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# %s\n", CASES[i].header ? CASES[i].header : "(none)");
        CHECK_INT(pare_accepts_encoding(CASES[i].header, "gzip"), ==, CASES[i].want);
    }
}

RUN(a_host_is_ours_only_by_name_and_port,
    a_machine_on_a_network_is_called_by_its_own_names_and_those_it_was_given,
    a_cookie_alone_changes_nothing, upload_names_stay_inside,
    names_that_go_out_are_safe_whatever_came_in, settings_mean_what_the_command_line_means,
    wrong_settings_are_named, a_step_of_quality_starts_where_the_image_is,
    a_small_zip_has_the_bytes_of_the_format, a_zip_file_other_than_promised_is_no_file,
    a_zip_over_4_gigabytes_has_64_bit_numbers, a_zip_of_70000_files_counts_them_with_64_bits,
    an_encoding_is_sent_only_to_those_who_take_it)
