// SPDX-License-Identifier: Apache-2.0
/* What our deflate encoder promises: a stream that another inflater reads back byte for byte. */
#include "core/codec/deflate_encode.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "core/codec/deflate_parse.h"
#include "core/codec/deflate_reopen.h"
#include "support/test.h"

typedef struct sample {
    const char *label;
    size_t len;
    unsigned colors; /* different bytes */
    unsigned run;    /* longest run */
    size_t want_most;
} sample;

static const sample SAMPLES[] = {
    {"nothing", 0, 1, 1, 2},
    {"one byte", 1, 256, 1, 4},
    {"two bytes", 2, 256, 1, 5},
    {"noise is stored", 5000, 256, 1, 5005},
    {"stored blocks are split", 140000, 256, 1, 140020},
    {"one long run", 100000, 1, 1, 160},
    {"few symbols", 70000, 4, 1, 19500}, /* 19690 by codes alone: the end needs one, too */
    {"runs", 300000, 256, 300, 8000},
    {"more than two segments", 600000, 16, 6, 200000},
};
enum { SAMPLE_COUNT = sizeof SAMPLES / sizeof *SAMPLES };

static uint8_t *make(const sample *s, uint64_t seed)
{
    uint8_t *data = malloc(s->len + 1);
    for (size_t i = 0; i < s->len;) {
        const uint8_t value = (uint8_t)(test_random(&seed) % s->colors);
        const size_t run = 1 + test_random(&seed) % s->run;
        for (size_t k = 0; k < run && i < s->len; k++)
            data[i++] = value;
    }
    return data;
}

static const pare_deflate_params PATIENT = {4, 256, 258}, QUICK = {2, 32, 64};

static size_t check_round_trip(pare_deflate *deflate, pare_bytes data, pare_deflate_params params)
{
    pare_buf made = {0}, again = {0};
    MUST(pare_deflate_encode(deflate, data, &params, &made));
    MUST(pare_deflate_encode(deflate, data, &params, &again));
    CHECK_TRUE(made.len == again.len && memcmp(made.data, again.data, made.len) == 0);
    uint8_t *back = malloc(data.len + 1);
    size_t got = 0;
    struct libdeflate_decompressor *reader = libdeflate_alloc_decompressor();
    CHECK_INT(libdeflate_deflate_decompress(reader, made.data, made.len, back, data.len + 1, &got),
              ==, LIBDEFLATE_SUCCESS);
    CHECK_INT(got, ==, data.len);
    CHECK_TRUE(memcmp(back, data.data, data.len) == 0);
    libdeflate_free_decompressor(reader);
    free(back);
    pare_buf_deinit(&again);
    const size_t len = made.len;
    pare_buf_deinit(&made);
    return len;
}

TEST(every_kind_of_data_comes_back_and_is_small)
{
    pare_deflate *deflate = NULL;
    MUST(pare_deflate_open(&deflate));
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        printf("# %s\n", SAMPLES[i].label);
        uint8_t *data = make(&SAMPLES[i], i + 1);
        const pare_bytes bytes = {data, SAMPLES[i].len};
        CHECK_INT(check_round_trip(deflate, bytes, PATIENT), <=, SAMPLES[i].want_most);
        check_round_trip(deflate, bytes, QUICK);
        free(data);
    }
    pare_deflate_close(&deflate);
    CHECK_TRUE(deflate == NULL);
}

TEST(data_of_random_shape_comes_back)
{
    pare_deflate *deflate = NULL;
    uint64_t seed = 99;
    MUST(pare_deflate_open(&deflate));
    for (int i = 0; i < 60; i++) {
        const sample s = {.len = test_random(&seed) % 3000,
                          .colors = 1 + (unsigned)(test_random(&seed) % 256),
                          .run = 1 + (unsigned)(test_random(&seed) % 40)};
        uint8_t *data = make(&s, seed);
        const pare_deflate_params params = {.passes = 1 + (unsigned)i % 9,
                                            .depth = 1 + (unsigned)(test_random(&seed) % 64),
                                            .long_len = 32 + (unsigned)(test_random(&seed) % 227)};
        check_round_trip(deflate, (pare_bytes){data, s.len}, params);
        free(data);
    }
    pare_deflate_close(&deflate);
}

/* Data that are given out in parts of random lengths. */
typedef struct parts {
    pare_bytes left;
    uint64_t seed;
    size_t most;
} parts;

static pare_err next_part(void *user, pare_bytes *part)
{
    parts *p = user;
    size_t len = 1 + test_random(&p->seed) % p->most;
    if (len > p->left.len) len = p->left.len;
    *part = (pare_bytes){p->left.data, len};
    p->left.data += len;
    p->left.len -= len;
    return PARE_OK;
}

TEST(data_in_parts_give_the_same_stream)
{
    static const size_t MOST[] = {3000, 70000, 1 << 21};
    const sample s = {.len = 3 << 20, .colors = 24, .run = 3};
    uint8_t *data = make(&s, 7);
    pare_deflate *deflate = NULL;
    pare_buf whole = {0}, made = {0};
    MUST(pare_deflate_open(&deflate));
    MUST(pare_deflate_encode(deflate, (pare_bytes){data, s.len}, &QUICK, &whole));
    check_round_trip(deflate, (pare_bytes){data, s.len}, QUICK);
    for (size_t i = 0; i < sizeof MOST / sizeof *MOST; i++) {
        parts p = {.left = {data, s.len}, .seed = i, .most = MOST[i]};
        const pare_deflate_source source = {.len = s.len, .next = next_part, .user = &p};
        made.len = 0;
        MUST(pare_deflate_encode_parts(deflate, &source, &QUICK, &made));
        CHECK_INT(made.len, ==, whole.len);
        CHECK_TRUE(memcmp(made.data, whole.data, whole.len) == 0);
    }
    pare_buf_deinit(&whole);
    pare_buf_deinit(&made);
    pare_deflate_close(&deflate);
    free(data);
}

/* Prices as a plan leads to: those of the tokens that the last parse gave, in two parts. */
static void set_spans(const pare_deflate_parser *parser, const pare_deflate_token *tokens,
                      size_t count, pare_deflate_span *spans)
{
    pare_deflate_counts counts;
    const size_t half = count / 2;
    spans[0].end = 0;
    for (size_t i = 0; i < half; i++)
        spans[0].end += pare_deflate_token_len(tokens[i]);
    spans[1].end = parser->len;
    pare_deflate_count(tokens, half, &counts);
    pare_deflate_price_counts(&counts, &spans[0].prices);
    pare_deflate_count(tokens + half, count - half, &counts);
    pare_deflate_price_counts(&counts, &spans[1].prices);
}

TEST(every_variant_of_the_sweep_finds_the_same_ways)
{
    pare_deflate_finder *finder = NULL;
    pare_deflate_parser *parser = malloc(sizeof *parser);
    pare_deflate_token *tokens = malloc(PARE_DEFLATE_SEGMENT_LEN * sizeof *tokens);
    uint64_t seed = 5;
    pare_deflate_parser_init(parser);
    const pare_deflate_sweep_fn fast = parser->sweep;
    if (fast == pare_deflate_sweep_c) printf("# no other variant here\n");
    MUST(pare_deflate_finder_open(&finder));
    for (int i = 0; i < 40; i++) {
        const sample s = {.len = 1 + test_random(&seed) % 20000,
                          .colors = 1 + (unsigned)(test_random(&seed) % 40),
                          .run = 1 + (unsigned)(test_random(&seed) % (i % 2 ? 400 : 4))};
        const unsigned long_len = 32 + (unsigned)(test_random(&seed) % 227);
        uint8_t *data = make(&s, seed);
        pare_deflate_matches matches;
        pare_deflate_span spans[2] = {{.end = s.len}};
        uint64_t want[2] = {0}, have[2] = {0};
        pare_deflate_finder_start(finder, data, s.len, 64, long_len);
        pare_deflate_finder_fill(finder, s.len);
        pare_deflate_finder_next(finder, &matches);
        pare_deflate_parser_start(parser, data, &matches, long_len);
        pare_deflate_price_counts(&(pare_deflate_counts){{1}, {1}}, &spans[0].prices);
        size_t count = pare_deflate_parse(parser, spans, 1, tokens);
        for (int pass = 0; pass < 2; pass++) {
            set_spans(parser, tokens, count, spans);
            parser->sweep = pare_deflate_sweep_c;
            pare_deflate_parse(parser, spans, 2, tokens);
            want[pass] = parser->ways.costs[0];
            for (size_t at = 0; at < s.len; at++)
                want[pass] = want[pass] * 31 + parser->ways.lens[at];
            parser->sweep = fast;
            count = pare_deflate_parse(parser, spans, 2, tokens);
            have[pass] = parser->ways.costs[0];
            for (size_t at = 0; at < s.len; at++)
                have[pass] = have[pass] * 31 + parser->ways.lens[at];
        }
        CHECK_INT(have[0], ==, want[0]);
        CHECK_INT(have[1], ==, want[1]);
        free(data);
    }
    pare_deflate_finder_close(&finder);
    free(tokens);
    free(parser);
}

/* Stretches of noise, which may be stored, of repeats and of few bits. */
static void make_mixed(uint8_t *data, size_t len, uint64_t seed)
{
    for (size_t at = 0; at < len;) {
        const uint64_t kind = test_random(&seed) % 4, bits = 1 + test_random(&seed) % 8;
        size_t part = 300 + test_random(&seed) % 2500;
        for (; part > 0 && at < len; part--, at++) {
            const uint8_t noise = (uint8_t)test_random(&seed);
            data[at] = kind < 2               ? noise
                       : kind == 2 || at < 60 ? (uint8_t)(noise >> (8 - bits))
                                              : data[at - 50 - noise % 3];
        }
    }
}

TEST(more_passes_give_no_more_bytes_where_blocks_are_stored)
{
    static const unsigned PASSES[] = {8, 9, 10, 15, 20};
    /* of nine hundred, those that got larger while blocks were weighed but roughly, and some */
    static const struct {
        uint64_t seed;
        size_t len;
    } MIXED[] = {{426, 8225}, {431, 8410}, {461, 9520}, {487, 10482}, {1, 1500}, {2, 1537}};
    uint8_t data[10500];
    pare_deflate *deflate = NULL;
    MUST(pare_deflate_open(&deflate));
    for (size_t i = 0; i < sizeof MIXED / sizeof *MIXED; i++) {
        const size_t len = MIXED[i].len;
        size_t before = 2 * len;
        make_mixed(data, len, MIXED[i].seed);
        for (size_t k = 0; k < sizeof PASSES / sizeof *PASSES; k++) {
            const pare_deflate_params params = {PASSES[k], 32, 258};
            pare_buf made = {0};
            MUST(pare_deflate_encode(deflate, (pare_bytes){data, len}, &params, &made));
            CHECK_INT(made.len, <=, before);
            before = made.len;
            pare_buf_deinit(&made);
        }
    }
    pare_deflate_close(&deflate);
}

/* The passes of params are given one by one; 0 ends them. */
static void check_passes(pare_deflate *deflate, pare_bytes data, pare_deflate_params params,
                         const unsigned *passes)
{
    size_t before = 2 * data.len + 100;
    for (; *passes; passes++) {
        pare_buf made = {0};
        params.passes = *passes;
        MUST(pare_deflate_encode(deflate, data, &params, &made));
        CHECK_INT(made.len, <=, before);
        before = made.len;
        pare_buf_deinit(&made);
    }
}

/* Noise among repeats, as filtered rows are: with and without long matches. */
TEST(more_passes_give_no_more_bytes)
{
    static const unsigned HASTY[] = {2, 3, 4, 7, 0}, LASTING[] = {8, 9, 11, 15, 16, 22, 30, 60, 0};
    pare_deflate *deflate = NULL;
    uint64_t seed = 11;
    MUST(pare_deflate_open(&deflate));
    for (int i = 0; i < 24; i++) {
        const sample s = {.len = 20 + test_random(&seed) % (i % 8 ? 6000 : 400000),
                          .colors = 2 + (unsigned)(test_random(&seed) % 40),
                          .run = 1 + (unsigned)(test_random(&seed) % 20)};
        uint8_t *data = make(&s, seed);
        const pare_bytes all = {data, s.len};
        check_passes(deflate, all, (pare_deflate_params){.depth = 32, .long_len = 64}, HASTY);
        check_passes(deflate, all, (pare_deflate_params){.depth = 256, .long_len = 258}, LASTING);
        free(data);
    }
    pare_deflate_close(&deflate);
}

/* Appends what libdeflate makes of data. */
static void put_stream(int level, pare_bytes data, pare_buf *out)
{
    struct libdeflate_compressor *writer = libdeflate_alloc_compressor(level);
    const size_t most = libdeflate_deflate_compress_bound(writer, data.len);
    MUST(pare_buf_reserve(out, most));
    out->len +=
        libdeflate_deflate_compress(writer, data.data, data.len, out->data + out->len, most);
    libdeflate_free_compressor(writer);
}

/* The data cut in random places, deflated piece by piece; returns how many pieces those are. */
static unsigned put_pieces(int level, pare_bytes data, uint64_t seed, pare_buf *out)
{
    unsigned count = 1;
    while (data.len > 1) {
        size_t len = 1 + test_random(&seed) % (test_random(&seed) % 3 ? 90000 : 40);
        if (len >= data.len) len = data.len - 1;
        const size_t begin = out->len;
        put_stream(level, (pare_bytes){data.data, len}, out);
        const size_t end = out->len;
        MUST(pare_deflate_reopen(out, begin));
        CHECK_INT(out->len - end, <=, 5);
        data = (pare_bytes){data.data + len, data.len - len};
        count++;
    }
    put_stream(level, data, out);
    return count;
}

TEST(streams_follow_one_another)
{
    static const int LEVELS[] = {0, 1, 6, 12};
    const size_t len = 1 << 20;
    uint8_t *data = malloc(len), *back = malloc(len + 1);
    struct libdeflate_decompressor *reader = libdeflate_alloc_decompressor();
    make_mixed(data, len / 2, 3);
    for (size_t i = len / 2; i < len; i++)
        data[i] = (uint8_t)(i % 7 ? data[i - 300] : i / 9);
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
        pare_buf made = {0};
        size_t got = 0;
        const unsigned pieces = put_pieces(LEVELS[i], (pare_bytes){data, len}, i, &made);
        printf("# level %d: %u pieces\n", LEVELS[i], pieces);
        CHECK_INT(pieces, >, 10);
        CHECK_INT(libdeflate_deflate_decompress(reader, made.data, made.len, back, len + 1, &got),
                  ==, LIBDEFLATE_SUCCESS);
        CHECK_INT(got, ==, len);
        CHECK_TRUE(memcmp(back, data, len) == 0);
        pare_buf_deinit(&made);
    }
    libdeflate_free_decompressor(reader);
    free(back);
    free(data);
}

TEST(what_is_no_stream_is_not_reopened)
{
    enum { LEN = 9000 };
    uint8_t data[LEN];
    uint64_t seed = 17;
    pare_buf stream = {0};
    make_mixed(data, LEN, 9);
    put_stream(6, (pare_bytes){data, LEN}, &stream);
    const size_t len = stream.len;
    for (size_t cut = 0; cut < len; cut += 1 + cut / 20) {
        pare_buf damaged = {0};
        MUST(pare_buf_append(&damaged, stream.data, cut));
        CHECK_INT(pare_deflate_reopen(&damaged, 0), ==, PARE_ERR_INTERNAL);
        pare_buf_deinit(&damaged);
    }
    for (int i = 0; i < 3000;
         i++) { /* some are streams of something else, but end where they end */
        pare_buf damaged = {0};
        MUST(pare_buf_append(&damaged, stream.data, len));
        for (unsigned k = 0; k < 3; k++)
            damaged.data[test_random(&seed) % (i % 2 ? 150 : len)] = (uint8_t)test_random(&seed);
        const pare_err err = pare_deflate_reopen(&damaged, 0);
        CHECK_TRUE(err == PARE_OK || err == PARE_ERR_INTERNAL);
        pare_buf_deinit(&damaged);
    }
    MUST(pare_buf_append_byte(&stream, 0));
    CHECK_INT(pare_deflate_reopen(&stream, 0), ==, PARE_ERR_INTERNAL);
    pare_buf_deinit(&stream);
}

RUN(every_kind_of_data_comes_back_and_is_small, data_of_random_shape_comes_back,
    data_in_parts_give_the_same_stream, every_variant_of_the_sweep_finds_the_same_ways,
    more_passes_give_no_more_bytes, more_passes_give_no_more_bytes_where_blocks_are_stored,
    streams_follow_one_another, what_is_no_stream_is_not_reopened)
