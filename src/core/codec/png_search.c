// SPDX-License-Identifier: Apache-2.0
/* Which form, palette order, filter and deflate level make the smallest PNG. */
#include "core/codec/png_search.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec/png_write.h"

#define BIT(n) (1u << (n))

enum {
    SAMPLE_LEN = 256 << 10, /* bytes on which candidates are compared */
    SAMPLE_ROWS = 16,       /* neighbouring rows in a sample */
    SMALL_LEN = 16 << 10,   /* so little data that everything may be tried */
    MAX_TRIALS = 256,
    MAX_FINALISTS = 8
};

/* What a step of effort adds to the ones below it. */
typedef struct tier {
    int from_effort;
    unsigned orders;           /* bits of pare_png_order */
    unsigned plain_strategies; /* bits of pare_png_strategy, for forms without a palette */
    unsigned index_strategies; /* and with one */
    int trial_level, final_level;
    unsigned finalists;
    bool try_wide; /* also 8 bits for palettes and grays that need fewer */
} tier;

#define ALL_STRATEGIES (BIT(PARE_PNG_STRATEGIES) - 1)
#define ALL_ORDERS (BIT(PARE_PNG_ORDERS) - 1)

static const tier TIERS[] = {
    {0, BIT(PARE_PNG_ORDER_LUMA), BIT(PARE_PNG_SHARED), BIT(PARE_PNG_NONE), 1, 6, 1, false},
    {2, BIT(PARE_PNG_ORDER_LUMA) | BIT(PARE_PNG_ORDER_NEIGHBOR),
     BIT(PARE_PNG_NONE) | BIT(PARE_PNG_SUB) | BIT(PARE_PNG_SHARED),
     BIT(PARE_PNG_NONE) | BIT(PARE_PNG_MINSUM), 4, 9, 1, false},
    {4,
     BIT(PARE_PNG_ORDER_LUMA) | BIT(PARE_PNG_ORDER_NEIGHBOR) | BIT(PARE_PNG_ORDER_POPULAR) |
         BIT(PARE_PNG_ORDER_ORIGINAL),
     BIT(PARE_PNG_NONE) | BIT(PARE_PNG_SUB) | BIT(PARE_PNG_SHARED) | BIT(PARE_PNG_BIGRAMS) |
         BIT(PARE_PNG_ENTROPY),
     BIT(PARE_PNG_NONE) | BIT(PARE_PNG_SUB) | BIT(PARE_PNG_SHARED) | BIT(PARE_PNG_BIGRAMS), 6, 12,
     1, false},
    {6, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES & ~BIT(PARE_PNG_BRUTE), 9, 12, 3, true},
    {8, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES, 12, 12, 3, true},
    {9, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES, 12, PARE_PNG_ZOPFLI + 5, 1, true},
    {10, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES, 12, PARE_PNG_ZOPFLI + 15, 2, true},
};

/* A form of the pixels and a way to filter it. */
typedef struct trial {
    bool indexed;
    uint8_t depth_bits;
    pare_png_order order;
    pare_png_strategy strategy;
    size_t estimate; /* bytes of the file */
} trial;

typedef struct search {
    const pare_png_subject *subject;
    const pare_png_tools *tools;
    pare_png_best *best;
    trial trials[MAX_TRIALS];
    unsigned count;
} search;

void pare_png_best_deinit(pare_png_best *best)
{
    pare_buf_deinit(&best->idat);
    *best = (pare_png_best){0};
}

/* The raster of a trial's form; its rows are borrowed from the subject where possible. */
static pare_err make_form(const search *s, const trial *t, pare_png_raster *out)
{
    if (t->indexed) {
        const pare_png_reindex reindex = {s->subject->index, s->subject->original, t->order,
                                          t->depth_bits};
        return pare_png_palette_apply(&reindex, out);
    }
    pare_png_raster_borrow(out, s->subject->plain, s->subject->plain->rows,
                           s->subject->plain->stride);
    return PARE_OK;
}

static pare_png_rows sample_rows(const pare_png_raster *form)
{
    const size_t len = (form->row_len + 1) * form->height_px;
    if (len <= SAMPLE_LEN) return (pare_png_rows){form->height_px, form->height_px};
    const size_t times = (len + SAMPLE_LEN - 1) / SAMPLE_LEN;
    const uint32_t step = times < form->height_px ? (uint32_t)times * SAMPLE_ROWS : form->height_px;
    return (pare_png_rows){SAMPLE_ROWS, step < SAMPLE_ROWS ? SAMPLE_ROWS : step};
}

/* Fewer steps than rows, else two forms would be compared on different parts. */
static pare_err try_form(search *s, const tier *step, const trial *form)
{
    pare_png_raster raster;
    PARE_TRY(make_form(s, form, &raster));
    const pare_png_rows rows = sample_rows(&raster);
    const unsigned strategies = form->indexed ? step->index_strategies : step->plain_strategies;
    const double scale = (double)raster.height_px / (double)pare_png_rows_total(&raster, rows);
    pare_err err = PARE_OK;
    for (unsigned i = 0; err == PARE_OK && i < PARE_PNG_STRATEGIES; i++) {
        if (!(strategies & BIT(i)) || s->count == MAX_TRIALS) continue;
        trial t = *form;
        t.strategy = (pare_png_strategy)i;
        pare_bytes filtered, made;
        err = pare_png_filter(s->tools->filterer, &raster, rows, t.strategy, &filtered);
        if (err != PARE_OK) break;
        err = pare_png_deflate(s->tools->deflater, step->trial_level, filtered, &made);
        if (err != PARE_OK) break;
        t.estimate = (size_t)((double)made.len * scale) + pare_png_overhead(&raster);
        s->trials[s->count++] = t;
    }
    pare_png_raster_deinit(&raster);
    return err;
}

static pare_err try_forms(search *s, const tier *step)
{
    const pare_png_subject *subject = s->subject;
    s->count = 0;
    if (subject->plain) {
        const trial form = {.depth_bits = subject->plain->depth_bits};
        PARE_TRY(try_form(s, step, &form));
    }
    if (!subject->index) return PARE_OK;
    const uint8_t depth = pare_png_palette_depth(subject->index->palette.count);
    for (unsigned i = 0; i < PARE_PNG_ORDERS; i++) {
        if (!(step->orders & BIT(i))) continue;
        if (i == PARE_PNG_ORDER_ORIGINAL && !subject->original->count) continue;
        trial form = {.indexed = true, .depth_bits = depth, .order = (pare_png_order)i};
        PARE_TRY(try_form(s, step, &form));
        if (!step->try_wide || depth == 8) continue;
        form.depth_bits = 8;
        PARE_TRY(try_form(s, step, &form));
    }
    return PARE_OK;
}

static pare_err finish(search *s, const trial *t, int level)
{
    pare_png_raster raster;
    PARE_TRY(make_form(s, t, &raster));
    pare_bytes filtered, made = {0};
    const pare_png_rows rows = {raster.height_px, raster.height_px};
    pare_err err = pare_png_filter(s->tools->filterer, &raster, rows, t->strategy, &filtered);
    if (err == PARE_OK) err = pare_png_deflate(s->tools->deflater, level, filtered, &made);
    const size_t total = made.len + pare_png_overhead(&raster);
    if (err == PARE_OK && (!s->best->total_len || total < s->best->total_len)) {
        s->best->total_len = total;
        s->best->idat.len = 0;
        err = pare_buf_append(&s->best->idat, made.data, made.len);
        s->best->shape = raster;
        s->best->shape.rows = s->best->shape.owned = NULL;
    }
    pare_png_raster_deinit(&raster);
    return err;
}

static int by_estimate(const void *a, const void *b)
{
    const trial *x = a, *y = b;
    if (x->estimate != y->estimate) return x->estimate < y->estimate ? -1 : 1;
    if (x->indexed != y->indexed) return x->indexed ? 1 : -1;
    if (x->order != y->order) return x->order < y->order ? -1 : 1;
    if (x->depth_bits != y->depth_bits) return x->depth_bits < y->depth_bits ? -1 : 1;
    return (int)x->strategy - (int)y->strategy;
}

pare_err pare_png_search(const pare_png_subject *subject, int effort, const pare_png_tools *tools,
                         pare_png_best *best)
{
    search *s = malloc(sizeof *s);
    if (!s) return PARE_ERR_NO_MEMORY;
    *s = (search){.subject = subject, .tools = tools, .best = best};
    pare_err err = PARE_OK;
    for (size_t i = 0; err == PARE_OK && i < sizeof TIERS / sizeof *TIERS; i++) {
        const tier *step = &TIERS[i];
        if (effort < step->from_effort) break;
        err = try_forms(s, step);
        qsort(s->trials, s->count, sizeof *s->trials, by_estimate);
        for (unsigned k = 0; err == PARE_OK && k < step->finalists && k < s->count; k++) {
            err = finish(s, &s->trials[k], step->final_level);
        }
    }
    free(s);
    return err;
}
