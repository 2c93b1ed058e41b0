// SPDX-License-Identifier: Apache-2.0
/* The trace file is whole JSON at every moment. */
#include "support/test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"

/* Brackets, braces and quotes close in the right order, and nothing follows. */
static bool is_closed(const char *text)
{
    char stack[64];
    size_t depth = 0;
    bool quoted = false;
    for (const char *c = text; *c; c++) {
        if (quoted) {
            if (*c == '\\')
                c++;
            else if (*c == '"')
                quoted = false;
            else if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
                return false;
        } else if (*c == '"') {
            quoted = true;
        } else if (*c == '[' || *c == '{') {
            if (depth == sizeof stack) return false;
            stack[depth++] = *c;
        } else if (*c == ']' || *c == '}') {
            if (depth == 0 || stack[--depth] != (*c == ']' ? '[' : '{')) return false;
        }
    }
    return depth == 0 && !quoted && text[0] == '[';
}

TEST(the_file_is_whole_at_every_moment)
{
    char path[4200];
    pare_trace *trace = NULL;
    const int dir = test_dir();
    snprintf(path, sizeof path, "%s/trace.json", test_dir_path());
    MUST(pare_trace_open(path, &trace, NULL));
    CHECK_TRUE(is_closed(test_get(dir, "trace.json")));
    pare_trace_lane(trace, 0, "a \"quoted\" \\ lane");
    const uint64_t now_us = pare_clock_us();
    for (uint32_t i = 0; i < 3000; i++) { /* more than one buffer */
        pare_trace_span(trace, 1, "image", now_us + i, now_us + i + 5, "bad\x1b\xff\"name");
        pare_trace_overlapping(trace, "queue", i, now_us + i, now_us + i + 9);
        pare_trace_counter(trace, "queue", now_us + i, i);
        if (i % 500 == 0) CHECK_TRUE(is_closed(test_get(dir, "trace.json")));
    }
    MUST(pare_trace_close(&trace, NULL));
    CHECK_TRUE(trace == NULL);
    const char *const text = test_get(dir, "trace.json");
    CHECK_TRUE(is_closed(text));
    int events = 0;
    for (const char *at = text; (at = strstr(at, "\"ph\"")); at++) {
        events++;
    }
    CHECK_INT(events, ==, 1 + 3000 * 4);
}

TEST(no_trace_is_no_work)
{
    pare_trace *trace = NULL;
    pare_trace_lane(trace, 0, "x");
    pare_trace_span(trace, 0, "x", 0, 0, NULL);
    pare_trace_overlapping(trace, "x", 0, 1, 2);
    pare_trace_counter(trace, "x", 0, 0);
    CHECK_INT(pare_trace_close(&trace, NULL), ==, PARE_OK);
    CHECK_INT(pare_trace_open("/nonexistent/trace.json", &trace, NULL), ==, PARE_ERR_NOT_FOUND);
}

RUN(the_file_is_whole_at_every_moment, no_trace_is_no_work)
