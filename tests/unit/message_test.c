// SPDX-License-Identifier: Apache-2.0
/* Messages between host and worker: what goes in comes out, and nonsense is refused. */
#include "support/test.h"

#include "wire/message.h"

static pare_message sample(pare_message_kind kind)
{
    pare_message m;
    memset(&m, 0, sizeof m);
    m.kind = kind;
    m.task_id = kind == PARE_MESSAGE_HELLO ? 0 : 0x1122334455667788;
    if (kind == PARE_MESSAGE_HELLO) {
        m.hello.version = PARE_MESSAGE_VERSION;
        m.hello.sandbox = 5;
    } else if (kind == PARE_MESSAGE_TASK) {
        m.task.kind = PARE_TASK_OPTIMIZE;
        pare_options_init(&m.task.options);
        m.task.options.quality_for[PARE_FORMAT_AVIF] =
            (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 61};
        m.task.options.resize =
            (pare_resize){.mode = PARE_RESIZE_FIT, .width_px = 65535, .height_px = 3};
        m.task.options.min_score = 71.25;
        m.task.options.downscale = true;
        m.task.options.sanitize = true;
    } else if (kind == PARE_MESSAGE_STEP) {
        m.step.step = PARE_STEP_ENCODE;
    } else if (kind == PARE_MESSAGE_RESULT) {
        m.result.err = PARE_ERR_CORRUPT;
        m.result.info.format = PARE_FORMAT_TIFF;
        m.result.info.has_gps = true;
        strcpy(m.result.info.profile, "Display P3");
        m.result.result.len = 123456789;
        m.result.result.score = -3.5;
        m.result.result.lossless = true;
        m.result.cpu_us = 77;
        strcpy(m.result.diag.text, "decode: \xc3\xa9t\xc3\xa9 is cut off");
    }
    return m;
}

TEST(what_goes_in_comes_out)
{
    for (int kind = PARE_MESSAGE_HELLO; kind <= PARE_MESSAGE_RESULT; kind++) {
        const pare_message want = sample((pare_message_kind)kind);
        pare_message have;
        uint8_t data[PARE_MESSAGE_CAP];
        size_t len = 0;
        memset(&have, 0x55, sizeof have);
        MUST(pare_message_encode(&want, data, sizeof data, &len));
        MUST(pare_message_decode(data, len, &have));
        uint8_t again[PARE_MESSAGE_CAP];
        size_t again_len = 0;
        MUST(pare_message_encode(&have, again, sizeof again, &again_len));
        CHECK_INT(again_len, ==, len);
        CHECK_INT(memcmp(again, data, len), ==, 0);
    }
    pare_message have;
    const pare_message want = sample(PARE_MESSAGE_RESULT);
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len = 0;
    MUST(pare_message_encode(&want, data, sizeof data, &len));
    MUST(pare_message_decode(data, len, &have));
    CHECK_STR(have.result.diag.text, want.result.diag.text);
    CHECK_STR(have.result.info.profile, "Display P3");
    CHECK_DOUBLE(have.result.result.score, ==, -3.5);
    CHECK_INT(have.result.result.len, ==, 123456789);
    CHECK_TRUE(have.result.info.has_gps && !have.result.info.has_exif);
}

TEST(a_cut_or_longer_message_is_refused)
{
    for (int kind = PARE_MESSAGE_HELLO; kind <= PARE_MESSAGE_RESULT; kind++) {
        const pare_message want = sample((pare_message_kind)kind);
        uint8_t data[PARE_MESSAGE_CAP] = {0};
        size_t len = 0;
        pare_message out;
        memset(&out, 0x55, sizeof out);
        MUST(pare_message_encode(&want, data, sizeof data, &len));
        for (size_t cut = 0; cut < len; cut++) {
            CHECK_INT(pare_message_decode(data, cut, &out), ==, PARE_ERR_PROTOCOL);
        }
        CHECK_INT(pare_message_decode(data, len + 1, &out), ==, PARE_ERR_PROTOCOL);
        CHECK_INT((unsigned)out.kind, ==, 0x55555555);
        CHECK_INT(pare_message_encode(&want, data, len - 1, &len), ==, PARE_ERR_INTERNAL);
    }
}

/* Whatever is accepted must be in range: it can be written again, to the same bytes. */
TEST(no_garbled_message_is_accepted_out_of_range)
{
    uint64_t random = 7;
    unsigned refused = 0;
    for (int round = 0; round < 200000; round++) {
        const pare_message from =
            sample((pare_message_kind)(PARE_MESSAGE_HELLO + test_random(&random) % 4));
        uint8_t data[PARE_MESSAGE_CAP], again[PARE_MESSAGE_CAP];
        size_t len = 0, again_len = 0;
        MUST(pare_message_encode(&from, data, sizeof data, &len));
        const uint64_t changes = 1 + test_random(&random) % 4;
        for (uint64_t i = 0; i < changes; i++) {
            data[test_random(&random) % len] ^= (uint8_t)(1u << test_random(&random) % 8);
        }
        pare_message out;
        if (pare_message_decode(data, len, &out) != PARE_OK) {
            refused++;
            continue;
        }
        CHECK_INT(pare_message_encode(&out, again, sizeof again, &again_len), ==, PARE_OK);
        CHECK_INT(again_len, ==, len);
        CHECK_INT(memcmp(again, data, len), ==, 0);
    }
    CHECK_INT(refused, >, 50000);
}

TEST(values_out_of_range_are_refused_on_both_sides)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len;
    pare_message m = sample(PARE_MESSAGE_TASK);
    m.task.options.effort = -1;
    CHECK_INT(pare_message_encode(&m, data, sizeof data, &len), ==, PARE_ERR_INTERNAL);
    m = sample(PARE_MESSAGE_TASK);
    m.task_id = 0;
    CHECK_INT(pare_message_encode(&m, data, sizeof data, &len), ==, PARE_ERR_INTERNAL);
    m = sample(PARE_MESSAGE_RESULT);
    m.result.err = (pare_err)60; /* between two known numbers */
    CHECK_INT(pare_message_encode(&m, data, sizeof data, &len), ==, PARE_ERR_INTERNAL);
    m = sample(PARE_MESSAGE_RESULT);
    m.result.result.score = 0.0 / 0.0;
    CHECK_INT(pare_message_encode(&m, data, sizeof data, &len), ==, PARE_ERR_INTERNAL);
}

TEST(texts_cannot_carry_terminal_controls)
{
    pare_message m = sample(PARE_MESSAGE_RESULT), out;
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len;
    strcpy(m.result.diag.text, "a\x1b[2J\xc2\x9b\xff\xc0\x80z");
    MUST(pare_message_encode(&m, data, sizeof data, &len));
    MUST(pare_message_decode(data, len, &out));
    CHECK_STR(out.result.diag.text, "a?[2J?????z");
    data[len - 1] = 0x1b; /* the last letter of the text */
    CHECK_INT(pare_message_decode(data, len, &out), ==, PARE_ERR_PROTOCOL);
}

RUN(what_goes_in_comes_out, a_cut_or_longer_message_is_refused,
    no_garbled_message_is_accepted_out_of_range, values_out_of_range_are_refused_on_both_sides,
    texts_cannot_carry_terminal_controls)
