// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include "core/codec/svg_path.h"
#include "core/codec/svg_path_reader.h"
#include "core/codec/svg_transform.h"

static const struct {
    const char *text;
    double tolerance;
    const char *want; /* NULL: it is no path data */
} PATHS[] = {
    {"M 10.0 20.50 L 30 20.5", 0, "M10 20.5 30 20.5"},
    {"M10-0.5.5.50", 0, "M10-.5.5.5"},
    {"M0 0A1 1 0 01.5.5", 0, "M0 0A1 1 0 0 1 .5.5"},
    {"M0 0a1,1 0 1 0 +2e0,-0", 0, "M0 0a1 1 0 1 0 2e0 0"},
    {"m1 1 1 1 1 1", 1, "m1 1 2 2"},
    {"M100 100C101 101 102 102 103 103", .1, "m100 100 3 3"},
    {"M1 1h4v4H1V1z", .01, "m1 1h4v4H1z"},
    {"M1 1z L 5 5", .01, "m1 1zl4 4"},
    {"M1 1M2 2h3z m0 0", .01, "m2 2h3z"},
    {"M0.550781 1.109375h8", .002, "m.55 1.11h8"},
    {"M5 1 c -0.5523 0 -1 0.4477 -1 1", .002, "m5 1a1 1 0 0 0-1 1"},
    {"M5 1c0 1 2 3 3 3c1 0 3-1 3-2", .002, "m5 1c0 1 2 3 3 3s3-1 3-2"},
    {"M0 0C2 2 4 2 6 0", .002, "m0 0q3 3 6 0"},
    {"M0 0Q3 3 6 0Q9-3 12 0", .002, "m0 0q3 3 6 0t6 0"},
    {"M1 2A5 5 0 0 0 11.0001 18", .002, "m1 2a5 5 0 0 0 10 16"},
    {"", .01, ""},
    {"L1 1", .01, NULL},
    {"M1", .01, NULL},
    {"M1 1 X", .01, NULL},
    {"M1 1z2 2", .01, NULL},
    {"M0 0A1 1 0 2 0 1 1", .01, NULL},
    {"M1e999 0", .01, NULL},
};

TEST(paths_become_shorter)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        pare_buf out = {0};
        printf("# %s\n", PATHS[i].text);
        const bool ok = pare_svg_path_write(PATHS[i].text, PATHS[i].tolerance, false, &out);
        CHECK_INT(ok, ==, PATHS[i].want != NULL);
        MUST(pare_buf_append_byte(&out, 0));
        CHECK_STR((const char *)out.data, PATHS[i].want ? PATHS[i].want : "");
        pare_buf_deinit(&out);
    }
}

/* However long the path is and however it is written: errors do not add up. */
TEST(nothing_moves_by_more_than_the_tolerance)
{
    static const char COMMANDS[] = "lLhHvVcCsSqQtTaAmMz";
    uint32_t random = 1;
    for (int run = 0; run < 40; run++) {
        char text[40000] = "M8 8";
        size_t len = 4;
        for (int i = 0; i < 300; i++) {
            random = random * 1664525u + 1013904223u;
            const char command = COMMANDS[(random >> 16) % (sizeof COMMANDS - 1)];
            static const char *const COUNTS = "zZhHvVlLmMtTsSqQcCaA";
            const long kind = strchr(COUNTS, command) - COUNTS;
            const int count = kind < 2    ? 0
                              : kind < 6  ? 1
                              : kind < 12 ? 2
                              : kind < 16 ? 4
                              : kind < 18 ? 6
                                          : 2;
            text[len++] = command;
            if (kind >= 18) len += (size_t)snprintf(text + len, 40, "%u 3 20 0 1", random % 9 + 1);
            for (int n = 0; n < count; n++) {
                random = random * 1664525u + 1013904223u;
                len += (size_t)snprintf(text + len, sizeof text - len, " %.6f",
                                        (double)(random >> 8) / 1e6 - 8);
            }
        }
        text[len] = 0;
        static const double TOLERANCES[] = {1, 0.1, 0.01, 0.001};
        const double tolerance = TOLERANCES[run % 4];
        pare_buf out = {0};
        CHECK_TRUE(pare_svg_path_write(text, tolerance, run % 3 == 0, &out));
        MUST(pare_buf_append_byte(&out, 0));
        CHECK_INT(out.len, <, len);
        CHECK_TRUE(pare_svg_path_is_near(text, (const char *)out.data, tolerance));
        const bool is_finer = pare_svg_path_is_near(text, (const char *)out.data, tolerance / 16);
        CHECK_TRUE(run % 3 == 0 || !is_finer); /* strokes keep more decimals */
        pare_buf_deinit(&out);
    }
}

static const struct {
    const char *a, *b;
    double tolerance;
    bool same;
} PAIRS[] = {
    {"M0 0L9 0", "m0 0h9", .01, true},
    {"M0 0L9 0", "M0 0L5 .02L9 0", .01, false},
    {"M0 0L9 0", "M0 0L5 .005L9 0", .01, true},
    {"M0 0L9 0", "M0 0L9 0L5 0L9 0", .01, false}, /* turns back */
    {"M0 0H9V9H0Z", "M0 0H9V9H0", .01, false},    /* ends instead of a corner */
    {"M0 0H9V9H0V0Z", "M0 0H9V9H0Z", .01, true},
    {"M0 0H9M1 1H9", "M0 0H9", .01, false},
    {"M0 0H9M1 1H9", "M1 1H9M0 0H9", .01, false},
    {"M0 1A1 1 0 0 1 1 0", "M0 1C0 .4477.4477 0 1 0", .001, true},
    {"M0 1A1 1 0 0 1 1 0", "M0 1A1 1 0 0 0 1 0", .001, false},
    {"M0 1A1 1 0 0 1 1 0", "M0 1A1 1 0 1 1 1 0", .001, false},
    {"M0 0H9", "M0 0H9", 0, true},
    {"M0 0H9", "M0 0H9.0001", 0, false},
    {"M0 0H9", "X", 1, false},
};

TEST(what_draws_otherwise_is_noticed)
{
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        printf("# %s - %s\n", PAIRS[i].a, PAIRS[i].b);
        CHECK_INT(pare_svg_path_is_near(PAIRS[i].a, PAIRS[i].b, PAIRS[i].tolerance), ==,
                  PAIRS[i].same);
        CHECK_INT(pare_svg_path_is_near(PAIRS[i].b, PAIRS[i].a, PAIRS[i].tolerance), ==,
                  PAIRS[i].same);
    }
}

/* Corners and ends of lines show where lines are drawn: no segment is left out. */
TEST(strokes_keep_their_segments)
{
    const char *text = "M0 0H9L8.9991.0003L0 5";
    pare_buf out = {0};
    CHECK_TRUE(pare_svg_path_write(text, .002, true, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_STR((const char *)out.data, "m0 0h9l-.0009.0003-9 5");
    out.len = 0;
    CHECK_TRUE(pare_svg_path_write(text, .002, false, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_STR((const char *)out.data, "m0 0h9L0 5");
    pare_buf_deinit(&out);
}

/* A gap, however small, would be a line of its own, with corners that show. */
TEST(strokes_close_where_they_began)
{
    const char *text = "m16.04436 15.48031c2.27001-.44549 2.39313-9.36049-1.65021-7.76333"
                       "c-4.05011 1.60004-.62011 8.20611 1.65021 7.76333z"
                       "M1.00043 1.00043V9.00043H5.00011C5.1 3.1 4 2 1.00043 1.00043z";
    pare_buf out = {0};
    pare_svg_shape shape;
    CHECK_TRUE(pare_svg_path_write(text, .006, true, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_TRUE(pare_svg_shape_read((const char *)out.data, &shape));
    unsigned closed = 0;
    for (size_t i = 1; i < shape.count; i++) {
        if (shape.segments[i].kind != 'Z') continue;
        const pare_svg_point end = pare_svg_segment_end(&shape.segments[i - 1]);
        CHECK_DOUBLE(end.x, ==, shape.segments[i].points[0].x);
        CHECK_DOUBLE(end.y, ==, shape.segments[i].points[0].y);
        closed++;
    }
    CHECK_INT(closed, ==, 2);
    pare_svg_shape_deinit(&shape);
    pare_buf_deinit(&out);
}

/* Curves far larger than the picture would be millions of short lines: their numbers stay. */
TEST(what_cannot_be_compared_stays)
{
    pare_buf text = {0}, out = {0};
    MUST(pare_buf_append(&text, "M0 0h1h1", 8));
    for (int i = 0; i < 2000; i++)
        MUST(pare_buf_append(&text, "c1e7 1e7 2e7-1e7 1e4 1.50", 25));
    MUST(pare_buf_append_byte(&text, 0));
    CHECK_TRUE(pare_svg_path_write((const char *)text.data, 1e-4, false, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_TRUE(strncmp((const char *)out.data, "M0 0h1 1c1e7 1e7 2e7-1e7 1e4 1.5 1e7", 36) == 0);
    CHECK_TRUE(pare_svg_path_is_near((const char *)text.data, (const char *)out.data, 1e-4));
    pare_buf_deinit(&text);
    pare_buf_deinit(&out);
}

TEST(lengthening_by_transforms_is_known)
{
    CHECK_DOUBLE(pare_svg_transform_scale("translate(3,4) rotate(20) scale(2 -3)"), ==, 3);
    CHECK_DOUBLE(pare_svg_transform_scale("matrix(0 0 0 2 1 1)"), ==, 2);
    CHECK_DOUBLE(pare_svg_transform_scale(""), ==, 1);
    CHECK_DOUBLE(pare_svg_transform_scale("skewX(80)"), ==, -1);
    CHECK_DOUBLE(pare_svg_transform_scale("scale(2"), ==, -1);
    CHECK_DOUBLE(pare_svg_transform_scale("scale(1 2 3 4 5 6 7)"), ==, -1);
}

RUN(paths_become_shorter, nothing_moves_by_more_than_the_tolerance, what_draws_otherwise_is_noticed,
    strokes_keep_their_segments, strokes_close_where_they_began, what_cannot_be_compared_stays,
    lengthening_by_transforms_is_known)
