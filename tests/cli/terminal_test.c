// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include "cli/terminal.h"

static const pare_worker_view WORKERS[] = {
    {.number = 1,
     .step = PARE_STEP_ENCODE,
     .name = "IMG_20240101_120000_portrait.jpg",
     .step_ms = 1234},
    {.number = 2,
     .step = PARE_STEP_DECODE,
     .name = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.png",
     .step_ms = 50},
    {.number = 3, .step = PARE_STEP_IDLE, .name = ""},
    {.number = 4, .step = PARE_STEP_VERIFY, .name = "bad\033[2J\xff.png", .step_ms = 9},
};

static pare_progress sample(void)
{
    return (pare_progress){.scan_done = true,
                           .files_total = 10000,
                           .files_done = 1234,
                           .optimized = 1200,
                           .failed = 3,
                           .bytes_in = 412300000,
                           .bytes_out = 155100000,
                           .fraction = 0.5625,
                           .eta_ms = 42000,
                           .images_per_s = 31.24,
                           .cpu_pct = 98.4,
                           .worker_count = 4,
                           .worker_busy = 3,
                           .workers = WORKERS};
}

static const char *render(const pare_progress *p, unsigned columns, unsigned rows, bool utf8)
{
    static pare_text text;
    const pare_terminal_style style = {.columns = columns, .rows = rows, .utf8 = utf8};
    unsigned used[PARE_TERMINAL_LINES_MAX];
    pare_text_clear(&text);
    pare_terminal_render(p, &style, &text, used);
    return pare_text_string(&text);
}

TEST(a_frame_of_80_columns)
{
    const pare_progress p = sample();
    CHECK_STR(render(&p, 80, 24, false),
              "##########################---------------------   56%  1234/10000  ETA 0:42\n"
              "412.3 MB -> 155.1 MB  saved 62.4%  3 failed  31.2 images/s  CPU 98%\n"
              "   1  encode       1.2 s  IMG_20240101_120000_portrait.jpg\n"
              "   2  decode       0.1 s  ???.png\n"
              "   3  idle\n"
              "   4  verify       0.0 s  bad?[2J?.png\n");
}

TEST(a_frame_of_40_columns)
{
    const pare_progress p = sample();
    CHECK_STR(render(&p, 40, 24, true), " 56%  1234/10000  ETA 0:42\n"
                                        "412.3 MB -> 155.1 MB  saved 62.4%\n"
                                        "   1  encode       1.2 s  IMG_20240101…\n"
                                        "   2  decode       0.1 s  日本語.png\n"
                                        "   3  idle\n"
                                        "   4  verify       0.0 s  bad?[2J?.png\n");
}

TEST(a_frame_of_120_columns)
{
    const pare_progress p = sample();
    CHECK_STR(
        render(&p, 120, 24, true),
        "█████████████████████████████████▊──────────────────────────   56%  1234/10000  ETA 0:42\n"
        "412.3 MB -> 155.1 MB  saved 62.4%  3 failed  31.2 images/s  CPU 98%  3/4 workers\n"
        "   1  encode       1.2 s  IMG_20240101_120000_portrait.jpg\n"
        "   2  decode       0.1 s  日本語.png\n"
        "   3  idle\n"
        "   4  verify       0.0 s  bad?[2J?.png\n");
}

TEST(a_low_terminal_shows_fewer_workers)
{
    const pare_progress p = sample();
    CHECK_STR(render(&p, 60, 6, false),
              "###############------------   56%  1234/10000  ETA 0:42\n"
              "412.3 MB -> 155.1 MB  saved 62.4%  3 failed  31.2 images/s\n"
              "   1  encode       1.2 s  IMG_20240101_120000_portrait.jpg\n"
              "   2  decode       0.1 s  ???.png\n"
              "      and 2 more workers\n");
}

TEST(no_line_ever_reaches_the_edge_and_the_block_fits_the_height)
{
    const pare_progress base = sample();
    uint64_t seed = 1;
    for (unsigned columns = 1; columns < 140; columns++) {
        for (unsigned rows = 3; rows < 16; rows++) {
            pare_progress p = base;
            p.fraction = (double)(test_random(&seed) % 1001) / 1000;
            p.bytes_in = test_random(&seed);
            p.scan_done = test_random(&seed) % 2;
            pare_text text = {0};
            unsigned used[PARE_TERMINAL_LINES_MAX];
            const pare_terminal_style style = {
                .columns = columns, .rows = rows, .utf8 = rows % 2, .stopping = columns % 2};
            const int lines = pare_terminal_render(&p, &style, &text, used);
            CHECK_INT(lines, <, (int)rows);
            const char *at = pare_text_string(&text);
            for (int i = 0; i < lines; i++) {
                unsigned width = 0;
                while (*at != '\n') {
                    uint32_t code = 0;
                    at += pare_utf8_decode(at, &code);
                    CHECK_INT(code, >=, ' '); /* no control codes without colours */
                    width += (unsigned)pare_utf8_columns(code);
                }
                at++;
                CHECK_INT(width, <, columns);
                CHECK_INT(width, ==, used[i]);
            }
            pare_text_deinit(&text);
        }
    }
}

RUN(a_frame_of_80_columns, a_frame_of_40_columns, a_frame_of_120_columns,
    a_low_terminal_shows_fewer_workers, no_line_ever_reaches_the_edge_and_the_block_fits_the_height)
