// SPDX-License-Identifier: Apache-2.0
/* Which form, palette order, filter and deflate level make the smallest PNG. */
#include "core/codec/png_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/png_write.h"

#define BIT(n) (1u << (n))
#define ALL_STRATEGIES (BIT(PARE_PNG_STRATEGIES) - 1)
#define ALL_ORDERS (BIT(PARE_PNG_ORDERS) - 1)

enum {
    SAMPLE_MIN_LEN = 192 << 10, /* candidates are compared on an eighth of the rows: */
    SAMPLE_MAX_LEN = 2 << 20,   /* at least and at most so many bytes */
    SAMPLE_PART = 8,
    SAMPLE_ROWS = 16,     /* neighbouring rows in a sample */
    SMALL_LEN = 64 << 10, /* so little data that every step of effort is really carried out */
    GUESS_LEN = 1 << 20,  /* of more data, guesses look at bands of rows first */
    HASTE_LEVEL = 1, /* tells how much there is in some rows beside others, and large palette images
                        apart as well as RANK_LEVEL does, in a third of the time */
    GUESS_LEVEL = 3, /* finds rows that come again */
    RANK_LEVEL = 6,  /* tells filters and orders apart as well as the best parse, in a tenth of the
                        time */
    TINY_LEN = 4 << 10, /* such a result is made of so few symbols that it counts as small, too */
    SMALL_MORE = 1,     /* finalists more with so little data, where ranks are less certain */
    /* data that shrink to so small a part repeat themselves: ranks say little, and when the result
     * is tiny, too, so many finalists more cost little. Not so palettes alone: they gain nothing */
    REPEATED_PART = 16,
    REPEATED_MORE = 5,
    PART_LEN = 256 << 10, /* so many filtered bytes are in memory while a file is made */
    LAG_LEN = 2 << 20,    /* our own deflate holds less before it writes */
    ROOM_LEN = 1 << 10,   /* for what is written around the data, and for errors of estimates */
    /* libdeflate needs all at once: more data it gets in pieces, smaller ones to be measured only
     */
    QUICK_LEN = 8 << 20,
    PIECE_LEN = 4 << 20,
    PIECE_GAIN = 4096,                       /* our own deflate may gain as much a piece... */
    GAIN_PART = 32,                          /* ...and such a part of all over it */
    CLOSE_LEVEL = PARE_PNG_OPTIMAL + 2,      /* for what is not clearly longer than the best */
    FEW_PASSES_LEVEL = PARE_PNG_OPTIMAL + 2, /* tells whether many passes are worth while... */
    MANY_LEVEL = PARE_PNG_OPTIMAL + 8,
    FIRM_PART = 3, /* ...of data that shrink to no less than such a part: many gain 0.5 to 1.2 % */
    FEW_PASSES_PART = 72,  /* of those, and never such a part */
    DOUBT_PART = 512,      /* estimates of those that differ by less tell nothing */
    CHOICES_MAX = 1 << 20, /* bytes of filters that are kept for when the whole file is made */
    MAX_TRIALS = 160,
    MAX_FINALISTS = 1 + SMALL_MORE + REPEATED_MORE,
};

/* What a step of effort adds to the ones below it. */
typedef struct tier {
    int from_effort;
    unsigned orders;           /* bits of pare_png_order */
    unsigned plain_strategies; /* bits of pare_png_strategy, for forms without a palette */
    unsigned index_strategies; /* and with one */
    int level;
    unsigned finalists;
    bool tries_all; /* filters in all orders of a palette, and 8 bits where it needs fewer */
} tier;

#define ORDERS_2 (BIT(PARE_PNG_ORDER_LUMA) | BIT(PARE_PNG_ORDER_NEIGHBOR))
#define ORDERS_4 (ORDERS_2 | BIT(PARE_PNG_ORDER_POPULAR) | BIT(PARE_PNG_ORDER_ORIGINAL))
#define PLAIN_FEW                                                                                  \
    (BIT(PARE_PNG_NONE) | BIT(PARE_PNG_SUB) | BIT(PARE_PNG_UP) | BIT(PARE_PNG_PAETH) |             \
     BIT(PARE_PNG_MINSUM) | BIT(PARE_PNG_ENTROPY) | BIT(PARE_PNG_BIGRAMS) | BIT(PARE_PNG_MATCH))
#define INDEX_FEW (BIT(PARE_PNG_NONE) | BIT(PARE_PNG_SUB) | BIT(PARE_PNG_UP) | BIT(PARE_PNG_MATCH))

#define ALL_BUT_BRUTE (ALL_STRATEGIES & ~BIT(PARE_PNG_BRUTE))

static const tier TIERS[] = {
    {0, BIT(PARE_PNG_ORDER_LUMA), BIT(PARE_PNG_MATCH), BIT(PARE_PNG_NONE), 6, 1, false},
    {2, ORDERS_4, PLAIN_FEW, INDEX_FEW, PARE_PNG_OPTIMAL + 3, 1, false},
    {5, ORDERS_4, PLAIN_FEW, INDEX_FEW, PARE_PNG_OPTIMAL + 8, 1, false},
    {6, ORDERS_4, PLAIN_FEW, INDEX_FEW, PARE_PNG_OPTIMAL + 15, 1, false},
    {7, ALL_ORDERS, ALL_BUT_BRUTE, ALL_BUT_BRUTE, PARE_PNG_OPTIMAL + 15, 1, true},
    {8, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES, PARE_PNG_OPTIMAL + 15, 1, true},
    {10, ALL_ORDERS, ALL_STRATEGIES, ALL_STRATEGIES, PARE_PNG_OPTIMAL + 20, 1, true},
};
enum { TIER_COUNT = sizeof TIERS / sizeof *TIERS };

/* A form of the pixels and a way to filter it. */
typedef struct trial {
    bool indexed;
    uint8_t depth_bits;
    pare_png_order order;
    pare_png_strategy strategy;
    size_t estimate;   /* bytes of the file */
    unsigned steps;    /* bits of the tiers that picked it */
    int picked_level;  /* highest level that a tier picked it for; 0: none */
    int done_level;    /* highest level at which the whole file was made; 0: none */
    bool has_choices;  /* all rows were filtered for the estimate: their filters... */
    size_t choices_at; /* ...are kept here */
} trial;

/* A trial of which the whole file is to be made. */
typedef struct pick {
    trial *trial;
    int level;
} pick;

typedef struct search {
    const pare_png_subject *subject;
    const pare_png_tools *tools;
    pare_png_best *best;
    size_t len; /* of the filtered rows */
    bool is_small;
    trial trials[MAX_TRIALS];
    unsigned count;
    pick picks[TIER_COUNT * MAX_FINALISTS];
    unsigned pick_count;
    pare_buf made;    /* the last file's data */
    size_t most;      /* bytes of it from which on it is given up; 0: none */
    pare_buf choices; /* filters of rows, trial by trial */
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

/* Bands of rows, spread over the image. */
static pare_png_rows sample_rows(const pare_png_raster *form)
{
    const size_t len = (form->row_len + 1) * form->height_px;
    size_t wanted = len / SAMPLE_PART;
    if (wanted < SAMPLE_MIN_LEN) wanted = SAMPLE_MIN_LEN;
    if (wanted > SAMPLE_MAX_LEN) wanted = SAMPLE_MAX_LEN;
    const uint32_t all = form->height_px;
    const size_t times = len / wanted;
    if (times <= 1 || all <= SAMPLE_ROWS * 2) return (pare_png_rows){all, all};
    const size_t step = times * SAMPLE_ROWS;
    return (pare_png_rows){SAMPLE_ROWS, step < all ? (uint32_t)step : all};
}

static bool is_known(const search *s, const trial *t)
{
    for (unsigned i = 0; i < s->count; i++) {
        const trial *u = &s->trials[i];
        if (u->indexed == t->indexed && u->depth_bits == t->depth_bits && u->order == t->order &&
            u->strategy == t->strategy) {
            return true;
        }
    }
    return false;
}

/* Keep the filters that an estimate chose for all rows. */
static pare_err keep_choices(search *s, const pare_png_raster *raster, trial *t)
{
    const pare_bytes choices = pare_png_filter_choices(s->tools->filterer);
    if (choices.len != raster->height_px || s->choices.len + choices.len > CHOICES_MAX) {
        return PARE_OK;
    }
    t->has_choices = true;
    t->choices_at = s->choices.len;
    return pare_buf_append(&s->choices, choices.data, choices.len);
}

/* Begin to filter for the whole file of a trial. */
static pare_err start_rows(const search *s, const pare_png_raster *raster, const trial *t,
                           size_t part_len)
{
    const pare_png_rows rows = {raster->height_px, raster->height_px};
    PARE_TRY(pare_png_filter_start(s->tools->filterer, raster, rows, t->strategy, part_len));
    if (t->has_choices) {
        pare_png_filter_repeat(s->tools->filterer, s->choices.data + t->choices_at);
    }
    return PARE_OK;
}

/* Estimate one way to filter a form. */
static pare_err estimate(search *s, const pare_png_raster *raster, trial *t)
{
    const pare_png_rows rows = sample_rows(raster);
    const double scale = (double)raster->height_px / pare_png_rows_total(raster, rows);
    const bool is_hasty = !s->subject->plain && s->len > SMALL_LEN;
    const int level = is_hasty ? HASTE_LEVEL : RANK_LEVEL;
    pare_bytes filtered, made;
    PARE_TRY(pare_png_filter(s->tools->filterer, raster, rows, t->strategy, &filtered));
    PARE_TRY(pare_png_deflate(s->tools->deflater, level, filtered, &made));
    t->estimate = (size_t)((double)made.len * scale) + pare_png_overhead(raster);
    return keep_choices(s, raster, t);
}

static pare_err try_form(search *s, unsigned strategies, const trial *form)
{
    pare_png_raster raster = {0};
    pare_err err = PARE_OK;
    for (unsigned i = 0; err == PARE_OK && i < PARE_PNG_STRATEGIES; i++) {
        trial t = *form;
        t.strategy = (pare_png_strategy)i;
        if (!(strategies & BIT(i)) || s->count == MAX_TRIALS || is_known(s, &t)) continue;
        if (!raster.width_px) err = make_form(s, form, &raster);
        if (err == PARE_OK) err = estimate(s, &raster, &t);
        if (err == PARE_OK) s->trials[s->count++] = t;
    }
    pare_png_raster_deinit(&raster);
    return err;
}

/* The palette in each of some orders, filtered in each of some ways. */
static pare_err try_orders(search *s, const tier *step, unsigned orders, unsigned strategies)
{
    const pare_png_subject *subject = s->subject;
    const uint8_t depth = pare_png_palette_depth(subject->index->palette.count);
    for (unsigned i = 0; i < PARE_PNG_ORDERS; i++) {
        if (!(orders & BIT(i))) continue;
        if (i == PARE_PNG_ORDER_ORIGINAL && !subject->original->count) continue;
        trial form = {.indexed = true, .depth_bits = depth, .order = (pare_png_order)i};
        PARE_TRY(try_form(s, strategies, &form));
        if (!step->tries_all || depth == 8) continue;
        form.depth_bits = 8;
        PARE_TRY(try_form(s, strategies, &form));
    }
    return PARE_OK;
}

/* The order that is best without a filter. */
static pare_png_order best_order(const search *s)
{
    const trial *best = NULL;
    for (unsigned i = 0; i < s->count; i++) {
        const trial *t = &s->trials[i];
        if (!t->indexed || t->strategy != PARE_PNG_NONE) continue;
        if (!best || t->estimate < best->estimate) best = t;
    }
    return best ? best->order : PARE_PNG_ORDER_LUMA;
}

static pare_err try_forms(search *s, const tier *step)
{
    const pare_png_subject *subject = s->subject;
    if (subject->plain) {
        const trial form = {.depth_bits = subject->plain->depth_bits};
        PARE_TRY(try_form(s, step->plain_strategies, &form));
    }
    if (!subject->index) return PARE_OK;
    if (s->is_small || step->tries_all) {
        return try_orders(s, step, step->orders, step->index_strategies);
    }
    PARE_TRY(try_orders(s, step, step->orders, BIT(PARE_PNG_NONE)));
    /* filters pay where neighbours in the image are neighbours in the palette */
    const unsigned promising = BIT(best_order(s)) | BIT(PARE_PNG_ORDER_NEIGHBOR);
    return try_orders(s, step, step->orders & promising, step->index_strategies);
}

/* What a step held is not to add to what the next one holds. */
static void shrink_tools(const search *s)
{
    pare_png_filterer_shrink(s->tools->filterer);
    pare_png_deflater_shrink(s->tools->deflater);
}

static size_t all_len(const pare_png_raster *raster)
{
    return (raster->row_len + 1) * raster->height_px;
}

/* How long the data become in pieces. */
static pare_err measure_quick(const search *s, const pare_png_raster *raster,
                              pare_png_strategy strategy, int level, size_t *len)
{
    const pare_png_rows rows = {raster->height_px, raster->height_px};
    pare_bytes part, made;
    *len = 0;
    PARE_TRY(pare_png_filter_start(s->tools->filterer, raster, rows, strategy, PIECE_LEN));
    for (;;) {
        PARE_TRY(pare_png_filter_next(s->tools->filterer, &part));
        if (part.len == 0) return PARE_OK;
        PARE_TRY(pare_png_deflate(s->tools->deflater, level, part, &made));
        *len += made.len;
    }
}

/* How much there is to do for the pick of a lower tier when there are many data: nothing (0) when
 * it is clearly longer than the best, else our own deflate, which makes it no longer. */
static pare_err choose_level(const search *s, const pare_png_raster *raster, const trial *t,
                             int *level)
{
    const size_t all = all_len(raster);
    size_t len;
    if (*level >= PARE_PNG_OPTIMAL || !s->best->total_len || all <= PIECE_LEN) return PARE_OK;
    shrink_tools(s);
    PARE_TRY(measure_quick(s, raster, t->strategy, *level, &len));
    shrink_tools(s);
    const size_t slack = len / GAIN_PART + (all / PIECE_LEN + 1) * PIECE_GAIN;
    *level = len > s->best->total_len + slack ? 0 : CLOSE_LEVEL;
    return PARE_OK;
}

/* Until they are too many. */
static pare_err next_rows(void *user, pare_bytes *part)
{
    const search *s = user;
    const size_t most = s->most;
    if (most && s->made.len >= most) return PARE_SKIP_NOT_SMALLER;
    return pare_png_filter_next(s->tools->filterer, part);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Into made, with the room that it is likely to need: growing would copy.
 * PARE_SKIP_NOT_SMALLER: there would be `most` bytes or more. */
static pare_err make_data(search *s, const pare_png_raster *raster, const trial *t, int level)
{
    const pare_deflate_source source = {.len = all_len(raster), .next = next_rows, .user = s};
    const bool is_quick = level < PARE_PNG_OPTIMAL;
    const size_t likely = s->best->total_len ? s->best->total_len : t->estimate;
    const size_t room = likely + smaller(source.len, is_quick ? QUICK_LEN : LAG_LEN);
    s->made.len = 0;
    PARE_TRY(pare_buf_reserve(&s->made, room + room / 32 + ROOM_LEN));
    PARE_TRY(start_rows(s, raster, t, is_quick ? QUICK_LEN : PART_LEN));
    return pare_png_deflate_parts(s->tools->deflater, level, &source, &s->made);
}

static void keep_smallest(search *s, const pare_png_raster *shape)
{
    const size_t total = s->made.len + pare_png_overhead(shape);
    if (s->best->total_len && total >= s->best->total_len) return;
    const pare_buf old = s->best->idat;
    s->best->total_len = total;
    s->best->idat = s->made;
    s->made = old;
    s->best->shape = *shape;
    s->best->shape.rows = s->best->shape.owned = NULL;
    s->best->shape.make_row = NULL;
    s->best->shape.maker = NULL;
}

/* Make the whole file of a trial and keep it if it is the smallest. */
static pare_err make_file(search *s, const pare_png_raster *raster, const trial *t, int level)
{
    const pare_err err = make_data(s, raster, t, level);
    if (err == PARE_OK) keep_smallest(s, raster);
    return err == PARE_SKIP_NOT_SMALLER ? PARE_OK : err;
}

/* Whether even many passes would not make the file of a trial smaller than the best, as its file of
 * few passes tells. */
static pare_err is_beaten(search *s, const pare_png_raster *raster, const trial *t, int level,
                          bool *out)
{
    const size_t best = s->best->total_len;
    *out = false;
    if (level < MANY_LEVEL || s->is_small || best < s->len / FIRM_PART) return PARE_OK;
    s->most = best + best / FEW_PASSES_PART;
    s->made.len = 0;
    const pare_err err = make_data(s, raster, t, FEW_PASSES_LEVEL);
    *out = err == PARE_SKIP_NOT_SMALLER || s->made.len >= s->most;
    if (err == PARE_OK) keep_smallest(s, raster);
    return err == PARE_SKIP_NOT_SMALLER ? PARE_OK : err;
}

static pare_err finish(search *s, trial *t, int level)
{
    bool beaten = false;
    if (t->done_level >= level) return PARE_OK;
    t->done_level = level;
    pare_png_raster raster;
    PARE_TRY(make_form(s, t, &raster));
    pare_err err = choose_level(s, &raster, t, &level);
    if (err == PARE_OK && level > 0) err = is_beaten(s, &raster, t, level, &beaten);
    s->most = s->best->total_len;
    if (err == PARE_OK && level > 0 && !beaten) err = make_file(s, &raster, t, level);
    pare_png_raster_deinit(&raster);
    return err;
}

/* What a lower step picked for our own deflate, of firm data, when estimates cannot tell whether
 * `best` is better: to make both would take twice as long for next to nothing. NULL: none. */
static trial *as_good(search *s, const trial *best, unsigned step)
{
    const unsigned lower = BIT(step) - BIT(1);
    trial *found = NULL;
    if (s->is_small || best->estimate < s->len / FIRM_PART) return NULL;
    for (unsigned i = 0; i < s->count; i++) {
        trial *t = &s->trials[i];
        if (!(t->steps & lower) || t->steps & BIT(step)) continue;
        if (t->estimate > best->estimate + best->estimate / DOUBT_PART) continue;
        if (!found || t->estimate < found->estimate) found = t;
    }
    return found;
}

/* Pick the best trial that this step has not picked yet, the earliest of equal ones; nothing is to
 * be done when an earlier step picked it for that level. */
static void pick_best(search *s, unsigned step)
{
    const int level = TIERS[step].level;
    trial *best = NULL, *known;
    for (unsigned i = 0; i < s->count; i++) {
        trial *t = &s->trials[i];
        if (t->estimate < TINY_LEN) s->is_small = true;
        if (t->steps & BIT(step)) continue;
        if (!best || t->estimate < best->estimate) best = t;
    }
    if (!best) return;
    if (step > 0 && (known = as_good(s, best, step))) best = known;
    best->steps |= BIT(step);
    if (best->picked_level >= level) return;
    best->picked_level = level;
    s->picks[s->pick_count++] = (pick){best, level};
}

/* How many trials a tier makes whole files of. */
static unsigned finalists(const search *s, unsigned step)
{
    size_t least = SIZE_MAX;
    for (unsigned i = 0; i < s->count; i++)
        if (s->trials[i].estimate < least) least = s->trials[i].estimate;
    unsigned count = TIERS[step].finalists;
    if (step == 0) return count;
    if (s->is_small) count += SMALL_MORE;
    const bool repeats = least < TINY_LEN && least < s->len / REPEATED_PART;
    if (repeats && s->subject->plain) count += REPEATED_MORE;
    return count;
}

/* Every tier's choice is carried out, also those of the lower ones, so that more effort never
 * gives a bigger file: estimates from samples can be wrong. Beginning with the highest tier, the
 * choices that it shares with lower ones are made only once: more passes begin with the fewer. */
static pare_err run_tiers(search *s, int effort)
{
    for (unsigned i = 0; i < TIER_COUNT && TIERS[i].from_effort <= effort; i++) {
        PARE_TRY(try_forms(s, &TIERS[i]));
        for (unsigned k = finalists(s, i); k > 0; k--)
            pick_best(s, i);
    }
    shrink_tools(s);
    for (unsigned i = 0; i < s->pick_count; i++) {
        const pick *p = &s->picks[s->pick_count - 1 - i];
        PARE_TRY(finish(s, p->trial, p->level));
    }
    return PARE_OK;
}

static search *search_open(const pare_png_subject *subject, const pare_png_tools *tools,
                           pare_png_best *best)
{
    search *s = malloc(sizeof *s);
    if (!s) return NULL;
    *s = (search){.subject = subject, .tools = tools, .best = best};
    s->len = all_len(subject->plain ? subject->plain : subject->index);
    s->is_small = s->len <= SMALL_LEN;
    return s;
}

static void search_close(search *s)
{
    pare_buf_deinit(&s->made);
    pare_buf_deinit(&s->choices);
    shrink_tools(s);
    free(s);
}

pare_err pare_png_search(const pare_png_subject *subject, int effort, const pare_png_tools *tools,
                         pare_png_best *best)
{
    search *s = search_open(subject, tools, best);
    if (!s) return PARE_ERR_NO_MEMORY;
    const pare_err err = run_tiers(s, effort);
    search_close(s);
    return err;
}

/* What effort 0 makes. */
static pare_err pick_quick(search *s, trial *out)
{
    const pare_png_subject *subject = s->subject;
    if (!subject->index) {
        *out = (trial){.depth_bits = subject->plain->depth_bits, .strategy = PARE_PNG_MATCH};
        return PARE_OK;
    }
    PARE_TRY(try_forms(s, &TIERS[0]));
    pick_best(s, 0);
    *out = *s->picks[0].trial;
    return PARE_OK;
}

pare_err pare_png_search_quick(const pare_png_subject *subject, const pare_png_tools *tools,
                               size_t *total_len)
{
    search *s = search_open(subject, tools, NULL);
    if (!s) return PARE_ERR_NO_MEMORY;
    trial t;
    pare_png_raster raster = {0};
    pare_err err = pick_quick(s, &t);
    if (err == PARE_OK) err = make_form(s, &t, &raster);
    if (err == PARE_OK) {
        err = measure_quick(s, &raster, t.strategy, TIERS[0].level, total_len);
        *total_len += pare_png_overhead(&raster);
    }
    pare_png_raster_deinit(&raster);
    search_close(s);
    return err;
}

/* How much less there is in all rows of a form than its bands of rows tell, 1 for nothing: by few
 * matches and one filter. Bands that come again and again meet what comes as often, and what is
 * repeated counts once in them. */
static pare_err weigh_bands(const search *s, const trial *t, double *share)
{
    const pare_png_strategy strategy = t->indexed ? PARE_PNG_NONE : PARE_PNG_PAETH;
    pare_png_raster raster;
    pare_bytes filtered, made;
    size_t all_made = 0, bands_made = 0;
    *share = 1;
    PARE_TRY(make_form(s, t, &raster));
    const pare_png_rows rows = sample_rows(&raster);
    const uint32_t count = pare_png_rows_total(&raster, rows), height = raster.height_px;
    pare_err err = PARE_OK;
    if (count == height) goto out;
    err = pare_png_filter(s->tools->filterer, &raster, rows, strategy, &filtered);
    if (err == PARE_OK) err = pare_png_deflate(s->tools->deflater, HASTE_LEVEL, filtered, &made);
    if (err != PARE_OK) goto out;
    bands_made = made.len;
    err = measure_quick(s, &raster, strategy, HASTE_LEVEL, &all_made);
    *share = fmin(1, (double)all_made / (double)bands_made * count / height);
out:
    pare_png_raster_deinit(&raster);
    return err;
}

/* All rows of a form in haste, by one filter. */
static pare_err hasten(const search *s, const trial *form, pare_png_strategy strategy,
                       size_t *total_len)
{
    pare_png_raster raster;
    size_t len;
    PARE_TRY(make_form(s, form, &raster));
    const pare_err err = measure_quick(s, &raster, strategy, GUESS_LEVEL, &len);
    len += pare_png_overhead(&raster);
    if (err == PARE_OK && len < *total_len) *total_len = len;
    pare_png_raster_deinit(&raster);
    return err;
}

/* Of few data: no bands are needed. What is made in haste is seldom longer by a third. */
static pare_err guess_all(const search *s, size_t *total_len)
{
    const pare_png_subject *subject = s->subject;
    const trial plain = {.depth_bits = subject->plain->depth_bits};
    PARE_TRY(hasten(s, &plain, PARE_PNG_MATCH, total_len));
    if (subject->index) {
        const trial index = {.indexed = true,
                             .depth_bits = pare_png_palette_depth(subject->index->palette.count),
                             .order = PARE_PNG_ORDER_LUMA};
        PARE_TRY(hasten(s, &index, PARE_PNG_NONE, total_len));
    }
    *total_len -= *total_len / 4;
    return PARE_OK;
}

static pare_err guess_by_bands(search *s, size_t *total_len)
{
    PARE_TRY(try_forms(s, &TIERS[0]));
    for (unsigned i = 0; i < s->count; i++) {
        double share;
        PARE_TRY(weigh_bands(s, &s->trials[i], &share));
        const size_t len = (size_t)((double)s->trials[i].estimate * share);
        if (len < *total_len) *total_len = len;
    }
    return PARE_OK;
}

pare_err pare_png_search_guess(const pare_png_subject *subject, const pare_png_tools *tools,
                               size_t *total_len)
{
    search *s = search_open(subject, tools, NULL);
    if (!s) return PARE_ERR_NO_MEMORY;
    *total_len = SIZE_MAX;
    const pare_err err =
        s->len <= GUESS_LEN ? guess_all(s, total_len) : guess_by_bands(s, total_len);
    search_close(s);
    return err;
}
