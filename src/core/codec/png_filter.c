// SPDX-License-Identifier: Apache-2.0
/* The five filters of PNG and the choice of one for each row. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* the filters are loops that only -O3 turns into SIMD */
#endif
#include "core/codec/png_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/png_match.h"

enum {
    FILTERS = 5,
    BAND_LEN = 48 << 10, /* bytes that share their statistics, about a block of deflate */
    STAY_PART = 32,      /* a row changes its filter only for a saving of more than this part */
    SHARED_PASSES = 3,   /* more change almost nothing */
    BRUTE_BEFORE_LEN = 4 << 10, /* bytes of earlier rows that a trial sees */
    BRUTE_LEVEL = 4,
    FIRM_LEVEL = 2, /* tells as much where rows shrink to no less than such a part: */
    FIRM_PART = 3,
    BIT_SCALE = 64, /* fixed point of code lengths */
    MADE = 2
};

struct pare_png_filterer {
    pare_png_deflater *deflater; /* borrowed */
    pare_png_matcher *matcher;
    pare_buf out;
    pare_buf rows; /* a zero row, then five filtered ones, each with its filter byte, then made */
    pare_buf choices; /* one a row */
    uint8_t *bigrams; /* 64 Ki bits */
    uint8_t *filtered[FILTERS];
    uint8_t *made[MADE]; /* rows that the raster does not hold: row y in place y % MADE */
    uint32_t made_y[MADE];
    size_t row_len, pixel_len;
    unsigned previous; /* filter of the row before, for MATCH */
    int brute_level;   /* of deflate, as the row before tells */

    /* What is being filtered: */
    const pare_png_raster *raster; /* borrowed */
    pare_png_rows which;
    pare_png_strategy strategy;
    uint32_t done, total; /* rows */
    uint32_t at_once;     /* rows of a part */
    const uint8_t *known; /* borrowed: filters that were chosen before; NULL: none */
};

pare_err pare_png_filterer_open(pare_png_deflater *deflater, pare_png_filterer **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    (*out)->deflater = deflater;
    (*out)->bigrams = malloc(8192);
    const pare_err err = pare_png_matcher_open(&(*out)->matcher);
    if ((*out)->bigrams && err == PARE_OK) return PARE_OK;
    pare_png_filterer_close(out);
    return PARE_ERR_NO_MEMORY;
}

void pare_png_filterer_close(pare_png_filterer **filterer)
{
    if (!*filterer) return;
    pare_buf_deinit(&(*filterer)->out);
    pare_buf_deinit(&(*filterer)->rows);
    pare_buf_deinit(&(*filterer)->choices);
    pare_png_matcher_close(&(*filterer)->matcher);
    free((*filterer)->bigrams);
    free(*filterer);
    *filterer = NULL;
}

void pare_png_filterer_shrink(pare_png_filterer *filterer)
{
    pare_buf_deinit(&filterer->out);
}

/* --- the filters ----------------------------------------------------------------------------- */

static void filter_sub(const uint8_t *restrict row, size_t len, size_t step, uint8_t *restrict out)
{
    memcpy(out, row, step < len ? step : len);
    for (size_t i = step; i < len; i++)
        out[i] = (uint8_t)(row[i] - row[i - step]);
}

static void filter_up(const uint8_t *restrict row, const uint8_t *restrict up, size_t len,
                      uint8_t *restrict out)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(row[i] - up[i]);
}

static void filter_average(const uint8_t *restrict row, const uint8_t *restrict up, size_t len,
                           size_t step, uint8_t *restrict out)
{
    for (size_t i = 0; i < step && i < len; i++)
        out[i] = (uint8_t)(row[i] - (up[i] >> 1));
    for (size_t i = step; i < len; i++) {
        out[i] = (uint8_t)(row[i] - ((row[i - step] + up[i]) >> 1));
    }
}

static void filter_paeth(const uint8_t *restrict row, const uint8_t *restrict up, size_t len,
                         size_t step, uint8_t *restrict out)
{
    for (size_t i = 0; i < step && i < len; i++)
        out[i] = (uint8_t)(row[i] - up[i]);
    for (size_t i = step; i < len; i++) {
        const int16_t a = row[i - step], b = up[i], c = up[i - step];
        const int16_t to_a = (int16_t)(b - c), to_b = (int16_t)(a - c);
        const int16_t to_c = (int16_t)(to_a + to_b);
        const int16_t pa = (int16_t)(to_a < 0 ? -to_a : to_a);
        const int16_t pb = (int16_t)(to_b < 0 ? -to_b : to_b);
        const int16_t pc = (int16_t)(to_c < 0 ? -to_c : to_c);
        const int16_t bc = pb <= pc ? b : c;
        const int16_t guess = ((pa <= pb) & (pa <= pc)) ? a : bc;
        out[i] = (uint8_t)(row[i] - guess);
    }
}

static const uint8_t *fetch_row(pare_png_filterer *f, const pare_png_raster *raster, uint32_t y)
{
    if (!raster->make_row) return pare_png_raster_row(raster, y);
    uint8_t *made = f->made[y % MADE];
    if (f->made_y[y % MADE] != y) raster->make_row(raster->maker, y, made);
    f->made_y[y % MADE] = y;
    return made;
}

static void filter_row(pare_png_filterer *f, const pare_png_raster *raster, uint32_t y,
                       unsigned filter, uint8_t *out)
{
    const uint8_t *row = fetch_row(f, raster, y);
    const uint8_t *up = y ? fetch_row(f, raster, y - 1) : f->rows.data;
    *out++ = (uint8_t)filter;
    switch (filter) {
    case PARE_PNG_SUB: filter_sub(row, f->row_len, f->pixel_len, out); break;
    case PARE_PNG_UP: filter_up(row, up, f->row_len, out); break;
    case PARE_PNG_AVERAGE: filter_average(row, up, f->row_len, f->pixel_len, out); break;
    case PARE_PNG_PAETH: filter_paeth(row, up, f->row_len, f->pixel_len, out); break;
    default: memcpy(out, row, f->row_len); break;
    }
}

static void filter_all(pare_png_filterer *f, const pare_png_raster *raster, uint32_t y)
{
    for (unsigned i = 0; i < FILTERS; i++)
        filter_row(f, raster, y, i, f->filtered[i]);
}

/* --- which rows ------------------------------------------------------------------------------ */

uint32_t pare_png_rows_total(const pare_png_raster *raster, pare_png_rows rows)
{
    const uint32_t whole = raster->height_px / rows.step, rest = raster->height_px % rows.step;
    return whole * rows.count + (rest < rows.count ? rest : rows.count);
}

static uint32_t row_at(pare_png_rows rows, uint32_t i)
{
    return i / rows.count * rows.step + i % rows.count;
}

/* --- how good a filtered row looks ----------------------------------------------------------- */

static double score_minsum(const uint8_t *data, size_t len)
{
    uint64_t sum = 0;
    size_t i = 0;
    while (i < len) {
        uint32_t part = 0;
        const size_t end = len - i > 65536 ? i + 65536 : len;
        for (; i < end; i++)
            part += data[i] < 128 ? data[i] : 256u - data[i];
        sum += part;
    }
    return (double)sum;
}

static void count_bytes(const uint8_t *data, size_t len, uint32_t *counts)
{
    uint32_t even[256] = {0}, odd[256] = {0};
    size_t i = 0;
    for (; i + 1 < len; i += 2) {
        even[data[i]]++;
        odd[data[i + 1]]++;
    }
    if (i < len) even[data[i]]++;
    for (int v = 0; v < 256; v++)
        counts[v] += even[v] + odd[v];
}

static double score_entropy(const uint8_t *data, size_t len)
{
    uint32_t counts[256] = {0};
    count_bytes(data, len, counts);
    double sum = 0;
    for (int v = 0; v < 256; v++) {
        if (counts[v]) sum -= counts[v] * log2(counts[v]);
    }
    return sum; /* the total is the same for all filters */
}

static double score_bigrams(const pare_png_filterer *f, const uint8_t *data, size_t len)
{
    uint32_t found = 0;
    memset(f->bigrams, 0, 8192);
    for (size_t i = 0; i + 1 < len; i++) {
        const unsigned pair = (unsigned)data[i] << 8 | data[i + 1];
        found += !(f->bigrams[pair >> 3] >> (pair & 7) & 1);
        f->bigrams[pair >> 3] |= (uint8_t)(1u << (pair & 7));
    }
    return found;
}

static double score_bits(const uint16_t *bits, const uint8_t *data, size_t len)
{
    uint64_t a = 0, b = 0;
    size_t i = 0;
    for (; i + 1 < len; i += 2) {
        a += bits[data[i]];
        b += bits[data[i + 1]];
    }
    if (i < len) a += bits[data[i]];
    return (double)(a + b);
}

static unsigned choose_alone(const pare_png_filterer *f, pare_png_strategy strategy)
{
    unsigned best = 0;
    double best_score = INFINITY;
    for (unsigned i = 0; i < FILTERS; i++) {
        const uint8_t *data = f->filtered[i] + 1;
        double score;
        switch (strategy) {
        case PARE_PNG_ENTROPY: score = score_entropy(f->filtered[i], f->row_len + 1); break;
        case PARE_PNG_BIGRAMS: score = score_bigrams(f, data, f->row_len); break;
        default: score = score_minsum(data, f->row_len); break;
        }
        if (score < best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

/* --- statistics shared by the rows of a band ------------------------------------------------- */

static void bits_of(const uint32_t *counts, uint16_t *bits)
{
    double total = 0;
    for (int v = 0; v < 256; v++)
        total += counts[v] + 0.25;
    for (int v = 0; v < 256; v++) {
        double b = log2(total / (counts[v] + 0.25));
        if (b > 15) b = 15; /* deflate has no longer codes */
        bits[v] = (uint16_t)lrint(b * BIT_SCALE);
    }
}

/* Choose each row's filter by the code lengths that the rows of its band have together; then the
 * statistics again, like the two steps of k-means. The start decides which minimum is reached. */
static void choose_shared(pare_png_filterer *f, const pare_png_raster *raster, pare_png_rows rows)
{
    const uint32_t total = pare_png_rows_total(raster, rows);
    const uint32_t band = (uint32_t)(BAND_LEN / (f->row_len + 1)) + 1;
    for (uint32_t first = 0; first < total; first += band) {
        const uint32_t end = total - first < band ? total : first + band;
        uint32_t counts[256] = {0};
        uint16_t bits[256];
        for (uint32_t i = first; i < end; i++) {
            filter_all(f, raster, row_at(rows, i));
            const unsigned choice = choose_alone(f, PARE_PNG_MINSUM);
            count_bytes(f->filtered[choice], f->row_len + 1, counts);
        }
        for (int pass = 0; pass < SHARED_PASSES; pass++) {
            bits_of(counts, bits);
            memset(counts, 0, sizeof counts);
            for (uint32_t i = first; i < end; i++) {
                unsigned best = 0;
                double best_score = INFINITY;
                filter_all(f, raster, row_at(rows, i));
                for (unsigned filter = 0; filter < FILTERS; filter++) {
                    const double score = score_bits(bits, f->filtered[filter], f->row_len + 1);
                    if (score < best_score) {
                        best_score = score;
                        best = filter;
                    }
                }
                f->choices.data[i] = (uint8_t)best;
                count_bytes(f->filtered[best], f->row_len + 1, counts);
            }
        }
    }
}

/* --- brute force ----------------------------------------------------------------------------- */

/* Tries each filter after the rows already written. */
static pare_err choose_brute(pare_png_filterer *f, uint8_t *at, size_t before_len, unsigned *choice)
{
    const size_t row = f->row_len + 1;
    size_t keep = before_len < BRUTE_BEFORE_LEN ? before_len : BRUTE_BEFORE_LEN;
    if (keep < 2 * row) keep = before_len < 2 * row ? before_len : 2 * row;
    size_t best_len = SIZE_MAX;
    *choice = 0;
    for (unsigned filter = 0; filter < FILTERS; filter++) {
        memcpy(at, f->filtered[filter], row);
        pare_bytes made;
        const pare_bytes all = {at - keep, keep + row};
        PARE_TRY(pare_png_deflate(f->deflater, f->brute_level, all, &made));
        if (made.len < best_len) {
            best_len = made.len;
            *choice = filter;
        }
    }
    f->brute_level = best_len >= (keep + row) / FIRM_PART ? FIRM_LEVEL : BRUTE_LEVEL;
    return PARE_OK;
}

/* Each filter in its place after the rows already written, priced. */
static unsigned choose_match(pare_png_filterer *f, uint8_t *at)
{
    const size_t position = (size_t)(at - f->out.data);
    uint64_t best_cost = UINT64_MAX;
    unsigned best = f->previous;
    for (unsigned i = 0; i < FILTERS; i++) { /* the previous row's filter first, for the limit */
        const unsigned filter = i == 0 ? f->previous : i <= f->previous ? i - 1 : i;
        memcpy(at, f->filtered[filter], f->row_len + 1);
        uint64_t cost = pare_png_matcher_cost(f->matcher, position, best_cost);
        if (i == 0) cost -= cost / STAY_PART;
        if (cost < best_cost) {
            best_cost = cost;
            best = filter;
        }
    }
    f->previous = best;
    memcpy(at, f->filtered[best], f->row_len + 1);
    pare_png_matcher_learn(f->matcher, position);
    return best;
}

/* --- all together ---------------------------------------------------------------------------- */

/* Bytes of earlier rows that the choice for a row looks at. */
static size_t history_len(const pare_png_filterer *f)
{
    const size_t rows = 2 * (f->row_len + 1), window = PARE_PNG_MATCH_WINDOW;
    return rows > window ? rows : window;
}

/* Room for a part and what is looked at before it, or for all. */
static pare_err make_room(pare_png_filterer *f, size_t part_len)
{
    const size_t row = f->row_len + 1, all = row * f->total, wanted = part_len / row + 1;
    f->at_once = wanted < f->total ? (uint32_t)wanted : f->total;
    const size_t part = row * f->at_once + history_len(f);
    if (part >= all) f->at_once = f->total;
    PARE_TRY(pare_buf_reserve(&f->out, part < all ? part : all));
    PARE_TRY(pare_buf_reserve(&f->rows, row * (1 + FILTERS + MADE)));
    PARE_TRY(pare_buf_reserve(&f->choices, f->total));
    memset(f->rows.data, 0, row);
    for (unsigned i = 0; i < FILTERS; i++)
        f->filtered[i] = f->rows.data + row * (i + 1);
    for (unsigned i = 0; i < MADE; i++) {
        f->made[i] = f->rows.data + row * (i + 1 + FILTERS);
        f->made_y[i] = UINT32_MAX;
    }
    return PARE_OK;
}

pare_err pare_png_filter_start(pare_png_filterer *f, const pare_png_raster *raster,
                               pare_png_rows rows, pare_png_strategy strategy, size_t part_len)
{
    f->raster = raster;
    f->which = rows;
    f->strategy = strategy;
    f->done = 0;
    f->total = pare_png_rows_total(raster, rows);
    f->row_len = raster->row_len;
    f->pixel_len = raster->pixel_len;
    f->previous = PARE_PNG_NONE;
    f->brute_level = BRUTE_LEVEL;
    f->known = NULL;
    f->out.len = f->rows.len = f->choices.len = 0;
    PARE_TRY(make_room(f, part_len));
    if (strategy == PARE_PNG_MATCH) {
        PARE_TRY(pare_png_matcher_start(f->matcher, f->out.data, f->row_len + 1));
    }
    return PARE_OK;
}

void pare_png_filter_repeat(pare_png_filterer *f, const uint8_t *choices)
{
    f->known = choices;
}

pare_bytes pare_png_filter_choices(const pare_png_filterer *f)
{
    return (pare_bytes){f->choices.data, f->strategy > PARE_PNG_PAETH ? f->done : 0};
}

/* Write the next row at the end of out. */
static pare_err put_row(pare_png_filterer *f)
{
    const size_t len = f->row_len + 1;
    const uint32_t y = row_at(f->which, f->done);
    uint8_t *at = f->out.data + f->out.len;
    unsigned choice = f->strategy;
    if (choice > PARE_PNG_PAETH && f->known) choice = f->known[f->done];
    if (choice == PARE_PNG_SHARED) choice = f->choices.data[f->done];
    if (choice <= PARE_PNG_PAETH) {
        filter_row(f, f->raster, y, choice, at);
    } else {
        filter_all(f, f->raster, y);
        if (f->strategy == PARE_PNG_MATCH) {
            choice = choose_match(f, at);
        } else if (f->strategy == PARE_PNG_BRUTE) {
            PARE_TRY(choose_brute(f, at, f->out.len, &choice));
        } else {
            choice = choose_alone(f, f->strategy);
        }
        memcpy(at, f->filtered[choice], len);
    }
    f->choices.data[f->done++] = (uint8_t)choice;
    f->out.len += len;
    return PARE_OK;
}

/* Make room for the next part behind the history. */
static void slide(pare_png_filterer *f)
{
    const size_t keep = history_len(f);
    if (f->out.len <= keep) return;
    const size_t shift = f->out.len - keep;
    memmove(f->out.data, f->out.data + shift, keep);
    f->out.len = keep;
    if (f->strategy == PARE_PNG_MATCH) pare_png_matcher_slide(f->matcher, shift);
}

pare_err pare_png_filter_next(pare_png_filterer *f, pare_bytes *part)
{
    if (f->done < f->total) slide(f);
    if (f->strategy == PARE_PNG_SHARED && f->done == 0 && !f->known) {
        choose_shared(f, f->raster, f->which);
    }
    const size_t begin = f->out.len;
    const uint32_t left = f->total - f->done;
    for (uint32_t i = left < f->at_once ? left : f->at_once; i > 0; i--)
        PARE_TRY(put_row(f));
    *part = (pare_bytes){f->out.data + begin, f->out.len - begin};
    return PARE_OK;
}

pare_err pare_png_filter(pare_png_filterer *f, const pare_png_raster *raster, pare_png_rows rows,
                         pare_png_strategy strategy, pare_bytes *out)
{
    const size_t all = (raster->row_len + 1) * raster->height_px;
    PARE_TRY(pare_png_filter_start(f, raster, rows, strategy, all));
    return pare_png_filter_next(f, out);
}
