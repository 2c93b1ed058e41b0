// SPDX-License-Identifier: Apache-2.0
/* The search for the smallest file that is good enough.
 *
 * A curve score(quality) of average photographs is the first guess, shifted through the first exact
 * score; further tries are judged by the estimate from tiles, corrected by what exact scores told,
 * and meet by the secant of the two nearest tries. What is given out has been scored exactly. */
#include "core/optimize/search.h"

#include <math.h>

enum {
    TRIES_MAX = 10,        /* encodes while searching a score */
    FULL_SCORES_MAX = 6,   /* the last ones are spent on coming near the score at all */
    FULL_SCORES_FINE = 3,  /* these on coming nearer */
    FULL_SCORES_SMALL = 5, /* the same of small JPEGs, which have no cheaper ones */
    SIZE_TRIES_MAX = 9,
};

/* Points above the asked score that end the search. */
#define SCORE_SLACK 0.45
/* In haste they are more. What a patient search might still have above the asked score is asked on
 * top of it then: luck alone never ends a hasty search nearer than a patient one. */
#define HASTY_SLACK 0.85
#define HASTY_RAISE 0.5
/* An exact score this far above is worth another exact one, see FULL_SCORES_FINE... */
#define SCORE_WASTE 0.8
#define SCORE_WASTE_JPEG 0.6
/* ...and this far above is not near yet, see patience. */
#define SCORE_EXCESS 1.0
/* Aimed at this part of the slack above, so that the exact score is not just below. */
#define SCORE_MARGIN (1.0 / 3)
/* How much flatter or steeper than the curve of average photographs an image may be. */
#define STEEPNESS_MIN 0.4
#define STEEPNESS_MAX 2.5
/* An estimate this far below the asked score is below it for certain. */
#define HOPELESS_MARGIN 1.5
/* A point less takes hardly ever more than this share of the bytes away, usually so much, and
 * hardly ever less than that... */
#define SIZE_A_POINT 0.1
#define USUAL_SIZE_A_POINT 0.05
#define LEAST_SIZE_A_POINT 0.03
/* ...but from this score on up to so much: bytes rise and the score hardly does. */
#define STEEP_FROM 85
#define STEEP_SIZE_A_POINT 0.4
/* A draft is hardly ever larger than its file by more than this factor. */
#define DRAFT_EXCESS 1.15

/* Less effort takes about so much less quality to look the same: it drops no numbers. */
#define RIVAL_LEAD 1

enum { CURVE_LEN = 7 };
typedef struct curve {
    double quality[CURVE_LEN], score[CURVE_LEN];
} curve;

/* About what photographs score at these qualities: a first guess, corrected by the first exact
 * score. */
static const curve CURVE_JPEG = {{1, 30, 50, 65, 80, 92, 100}, {-10, 48, 63, 71, 79, 87, 94}};
static const curve CURVE_WEBP = {{1, 30, 50, 70, 82, 92, 100}, {0, 50, 61, 68, 75, 83, 90}};
static const curve CURVE_AVIF = {{1, 25, 45, 60, 75, 88, 100}, {-10, 45, 64, 74, 82, 88, 94}};
static const curve CURVE_JXL = {{1, 30, 50, 65, 80, 92, 100}, {-10, 51, 60, 68, 77, 87, 94}};
static const curve CURVE_PNG = {{1, 30, 50, 70, 85, 95, 100}, {20, 50, 60, 70, 78, 84, 90}};

static const curve *find_curve(pare_format format)
{
    switch (format) {
    case PARE_FORMAT_WEBP: return &CURVE_WEBP;
    case PARE_FORMAT_AVIF: return &CURVE_AVIF;
    case PARE_FORMAT_JXL: return &CURVE_JXL;
    case PARE_FORMAT_PNG: return &CURVE_PNG;
    default: return &CURVE_JPEG;
    }
}

/* Piecewise linear, straight on beyond the ends. */
static double interpolate(const double *from, const double *to, double value)
{
    int i = 0;
    while (i < CURVE_LEN - 2 && value > from[i + 1])
        i++;
    const double slope = (to[i + 1] - to[i]) / (from[i + 1] - from[i]);
    return to[i] + (value - from[i]) * slope;
}

double pare_search_prior(pare_format format, double score)
{
    const curve *c = find_curve(format);
    return fmin(100, fmax(1, interpolate(c->score, c->quality, score)));
}

/* A try and what is known of it. */
typedef struct point {
    int step; /* quality in steps; 0 below, `top + 1` above all: not tried */
    double score;
    bool is_exact;
} point;

typedef struct state {
    const pare_search *search;
    pare_diag *diag;
    int steps_per_quality; /* how finely the encoder's scale is searched */
    int top;               /* the step of quality 100 */
    int stride;            /* least way of the next try while all were on one side */
    double slack;          /* points above the asked score that end the search */
    point low, high;       /* nearest tries below and at or above the wanted score */
    point further;         /* what was one of them before */
    point last;            /* the try at which the search gave up */
    int judged;            /* the step whose bytes the judge holds; 0: none */
    double bias;           /* exact score - estimate */
    bool has_bias;
    pare_buf trial, best; /* best: the bytes of `high`; drafts while a score is searched */
    point safe;           /* a higher try that was good for certain */
    pare_buf safe_bytes;
} state;

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static bool is_jpeg(const state *s)
{
    return s->search->codec->format == PARE_FORMAT_JPEG;
}

static double to_quality(const state *s, int step)
{
    return (double)step / s->steps_per_quality;
}

/* Score of the candidate that the judge holds, exact or by the corrected estimate. */
static pare_err judge_point(state *s, point *out)
{
    pare_judge *judge = s->search->judge;
    double estimate;
    if (pare_judge_is_small(judge)) return pare_judge_score(judge, &out->score, s->diag);
    if (!out->is_exact) {
        PARE_TRY(pare_judge_probe(judge, &estimate, s->diag));
        out->score = estimate + s->bias;
        return PARE_OK;
    }
    PARE_TRY(pare_judge_score(judge, &out->score, s->diag));
    s->bias = out->score - pare_judge_estimate(judge);
    s->has_bias = true;
    return PARE_OK;
}

/* A file into trial that shows what one at this quality shows. */
static pare_err draft(state *s, double quality)
{
    const pare_codec *codec = s->search->codec;
    if (codec->encoder_draft) {
        return codec->encoder_draft(s->search->encoder, quality, &s->trial, s->diag);
    }
    return codec->encoder_try(s->search->encoder, quality, &s->trial, s->diag);
}

/* The file for the draft in best, proved to say the same: its score is that of the draft. */
static pare_err finish(state *s, double quality)
{
    const pare_search *search = s->search;
    const pare_codec *codec = search->codec;
    if (!codec->encoder_draft) return PARE_OK;
    pare_buf_deinit(&s->trial);
    pare_buf_deinit(&s->safe_bytes);
    PARE_TRY(codec->encoder_try(search->encoder, quality, &s->best, s->diag));
    return codec->encoder_check(search->encoder, quality, pare_buf_view(&s->best), s->diag);
}

/* Encode at this quality into trial and judge it. */
static pare_err try_step(state *s, int step, bool exact, point *out)
{
    const pare_search *search = s->search;
    exact = exact || pare_judge_is_small(search->judge);
    *out = (point){.step = step, .is_exact = exact};
    PARE_TRY(draft(s, to_quality(s, step)));
    s->judged = 0;
    PARE_TRY(pare_judge_take(search->judge, search->codec, pare_buf_view(&s->trial), s->diag));
    s->judged = step;
    return judge_point(s, out);
}

/* Is there no step left between low and high? */
static bool is_closed(const state *s)
{
    return s->high.step - s->low.step <= 1 || s->high.step <= s->steps_per_quality;
}

static bool is_known(const state *s, const point *p)
{
    return p->step > 0 && p->step <= s->top;
}

/* Where the score is wanted, straight between two tries... */
static double follow_line(const state *s, const point *a, const point *b, double wanted)
{
    const double from = to_quality(s, a->step), to = to_quality(s, b->step);
    return from + (wanted - a->score) / (b->score - a->score) * (to - from);
}

/* ...or beyond them by the curve, shifted to go through `near`, and as steep as the image is
 * between `next`, when it is known, and there. */
static double follow_curve(const state *s, const point *near, const point *next, double wanted)
{
    const curve *c = find_curve(s->search->codec->format);
    const double there = interpolate(c->quality, c->score, to_quality(s, near->step));
    double steepness = 1;
    if (next) {
        const double other = interpolate(c->quality, c->score, to_quality(s, next->step));
        steepness = (near->score - next->score) / (there - other);
        steepness = fmin(STEEPNESS_MAX, fmax(STEEPNESS_MIN, steepness));
    }
    return interpolate(c->score, c->quality, there + (wanted - near->score) / steepness);
}

/* By the two tries whose scores are the nearest. */
static double follow_nearest(const state *s, double wanted)
{
    const point *known[] = {&s->low, &s->high, &s->further}, *near = NULL, *next = NULL;
    for (int i = 0; i < 3; i++) {
        const point *p = known[i];
        const bool is_twin = i == 2 && (p->step == s->low.step || p->step == s->high.step);
        if (!is_known(s, p) || is_twin) continue;
        if (!near || fabs(p->score - wanted) < fabs(near->score - wanted)) {
            next = near;
            near = p;
        } else if (!next || fabs(p->score - wanted) < fabs(next->score - wanted)) {
            next = p;
        }
    }
    const bool is_between = next && (near->score < wanted) != (next->score < wanted);
    return is_between ? follow_line(s, near, next, wanted) : follow_curve(s, near, next, wanted);
}

/* Was the rival found by drafts as well? */
static bool has_drafted_rival(const pare_search *search)
{
    return search->rival && search->rival->draft_len > 0;
}

static double first_guess(const pare_search *search, double wanted)
{
    if (has_drafted_rival(search)) return fmax(1, search->rival->quality - RIVAL_LEAD);
    return pare_search_prior(search->codec->format, wanted);
}

/* Where the score is wanted, by all that is known; 0 to 100. */
static double predict(const state *s, double wanted)
{
    const bool has_low = is_known(s, &s->low), has_high = is_known(s, &s->high);
    if (!has_low && !has_high) return first_guess(s->search, wanted);
    double quality = follow_nearest(s, wanted);
    if (has_low && has_high &&
        (quality <= to_quality(s, s->low.step) || quality >= to_quality(s, s->high.step))) {
        quality = follow_line(s, &s->low, &s->high, wanted);
    }
    return fmin(100, fmax(0, quality));
}

static int step_at(const state *s, double wanted)
{
    return (int)ceil(predict(s, wanted) * s->steps_per_quality);
}

/* The next step strictly between low and high. While all tries were on one side, strides double: an
 * image far from the average is left behind by few tries. But no stride goes to where even the next
 * try would not be near enough. */
static int propose(state *s, double wanted)
{
    const bool has_low = is_known(s, &s->low), has_high = is_known(s, &s->high);
    int step = step_at(s, wanted);
    if (has_low != has_high) {
        if (has_high) {
            const int most = step_at(s, wanted - s->slack);
            if (step > s->high.step - s->stride) {
                step = min_int(step, max_int(s->high.step - s->stride, most));
            }
        } else if (step < s->low.step + s->stride) {
            const int most = step_at(s, wanted + s->slack);
            step = max_int(step, min_int(s->low.step + s->stride, most));
        }
        s->stride *= 2;
    }
    const int least = has_low ? s->low.step + 1 : s->steps_per_quality;
    if (step >= s->high.step) step = s->high.step - 1;
    return step < least ? least : step;
}

static void take_point(state *s, const point *tried, double asked)
{
    const point *replaced = tried->score >= asked ? &s->high : &s->low;
    if (is_known(s, replaced)) s->further = *replaced;
    if (tried->score >= asked) {
        if (s->high.step <= s->top && s->high.is_exact) {
            s->safe = s->high;
            pare_buf_move(&s->safe_bytes, &s->best);
        }
        s->high = *tried;
        pare_buf_move(&s->best, &s->trial);
    } else {
        s->low = *tried;
    }
}

/* An estimate that was made with the bias of before. */
static void correct(const state *s, point *p, double bias_before)
{
    if (is_known(s, p) && !p->is_exact) p->score += s->bias - bias_before;
}

/* Score `high` exactly; when it fails it becomes `low`, and the search goes on above. */
static pare_err confirm(state *s, double asked)
{
    const pare_search *search = s->search;
    const double bias_before = s->bias;
    if (s->judged != s->high.step) {
        s->judged = 0;
        PARE_TRY(pare_judge_take(search->judge, search->codec, pare_buf_view(&s->best), s->diag));
        s->judged = s->high.step;
    }
    s->high.is_exact = true;
    PARE_TRY(judge_point(s, &s->high));
    correct(s, &s->low, bias_before);
    correct(s, &s->further, bias_before);
    if (s->low.score >= asked) s->low = (point){0}; /* it was better than it seemed */
    if (s->high.score >= asked) return PARE_OK;
    s->low = s->high;
    s->high = s->safe;
    s->safe = (point){.step = s->top + 1};
    pare_buf_move(&s->best, &s->safe_bytes);
    return PARE_OK;
}

/* Exact scores after which a result that is far above is taken all the same. Fewer colours of a
 * palette often take as many bytes, and others than JPEG take long to encode. */
static uint32_t patience(const state *s)
{
    switch (s->search->codec->format) {
    case PARE_FORMAT_JPEG: return FULL_SCORES_MAX;
    case PARE_FORMAT_PNG: return FULL_SCORES_FINE;
    default: return FULL_SCORES_FINE + 1;
    }
}

/* Exact scores after which a result that is a little above is taken. */
static uint32_t fine_patience(const state *s)
{
    return is_jpeg(s) && pare_judge_is_small(s->search->judge) ? FULL_SCORES_SMALL
                                                               : FULL_SCORES_FINE;
}

/* Is the exactly scored `high` near enough? */
static bool is_fine(const state *s, double asked, uint32_t scores)
{
    if (s->high.step > s->top || !s->high.is_exact) return false;
    const double above = s->high.score - asked;
    const double waste = is_jpeg(s) ? SCORE_WASTE_JPEG : SCORE_WASTE;
    return is_closed(s) || above <= fmax(waste, s->slack) ||
           scores >= (above > SCORE_EXCESS ? patience(s) : fine_patience(s));
}

/* What is left of 1 byte at this score when the score falls to the asked one. */
static double shrink_to(double asked, double score, double a_point)
{
    const double steep = fmax(0, score - fmax(asked, STEEP_FROM));
    return exp(-steep * STEEP_SIZE_A_POINT - (score - asked - steep) * a_point);
}

/* Will what is good enough be too large, as far as the last try tells? Estimates may be wrong by a
 * point, so they have to be clearly below. Only of JPEG it is known how fast size falls. */
static bool is_hopeless(const state *s, const point *tried, double asked)
{
    const pare_search *search = s->search;
    const double clearly = tried->is_exact ? 0 : HOPELESS_MARGIN;
    const double score = tried->score + clearly;
    const double len = (double)s->trial.len;
    /* a better palette may give a smaller file: less dithering */
    if (search->max_len == 0 || search->codec->format == PARE_FORMAT_PNG) return false;
    if (has_drafted_rival(search)) {
        const bool has_won =
            s->high.step <= s->top && s->high.is_exact && s->best.len < search->rival->draft_len;
        if (has_won) return false;
        const double a_point = score > asked ? USUAL_SIZE_A_POINT : LEAST_SIZE_A_POINT;
        return len * shrink_to(asked, score, a_point) > (double)search->rival->draft_len;
    }
    if (score > asked && !is_jpeg(s)) return false;
    const double excess = search->codec->encoder_draft ? DRAFT_EXCESS : 1;
    const double shrunk = score > asked ? shrink_to(asked, score, SIZE_A_POINT) : 1;
    return len * shrunk > (double)search->max_len * excess;
}

/* On PARE_OK `best` holds the bytes of `high`, which is exact. */
static pare_err search_above(state *s, double asked)
{
    const uint32_t scores_before = pare_judge_full_scores(s->search->judge);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        const bool is_met =
            is_closed(s) || (s->high.step <= s->top && s->high.score <= asked + s->slack);
        if (is_met && s->high.step <= s->top && !s->high.is_exact) PARE_TRY(confirm(s, asked));
        const uint32_t scores = pare_judge_full_scores(s->search->judge) - scores_before;
        if (is_fine(s, asked, scores)) return PARE_OK;
        if (s->low.step >= s->top) break;
        const bool ends = tries == TRIES_MAX - 1 || scores >= FULL_SCORES_MAX - 1;
        point tried;
        PARE_TRY(
            try_step(s, propose(s, asked + s->slack * SCORE_MARGIN), !s->has_bias || ends, &tried));
        if (is_hopeless(s, &tried, asked)) {
            s->last = tried;
            return PARE_SKIP_NOT_SMALLER;
        }
        take_point(s, &tried, asked);
    }
    if (s->high.step <= s->top && !s->high.is_exact) PARE_TRY(confirm(s, asked));
    if (s->high.step <= s->top) return PARE_OK;
    return pare_fail(s->diag, PARE_SKIP_BELOW_MIN_SCORE, "%s does not reach a score of %g",
                     pare_format_name(s->search->codec->format), asked);
}

static void start(state *s, double slack)
{
    s->slack = slack;
    s->stride = s->steps_per_quality;
    s->low = s->further = (point){0};
    s->high = s->safe = (point){.step = s->top + 1};
}

static pare_err search_score(state *s, double asked)
{
    if (s->search->is_hasty) {
        start(s, HASTY_SLACK);
        const pare_err err = search_above(s, asked + HASTY_RAISE);
        if (err != PARE_SKIP_BELOW_MIN_SCORE) return err;
        if (s->diag) *s->diag = (pare_diag){0};
    }
    start(s, SCORE_SLACK);
    return search_above(s, asked);
}

/* The largest quality below `above` whose bytes fit; into best. Sizes grow about exponentially with
 * quality, so the secant runs on their logarithm. */
static pare_err search_size(state *s, double above, size_t above_len, double *quality)
{
    const double wanted = log((double)s->search->target_size_bytes);
    int low = 0, high = (int)ceil(above);
    double low_log = 0, high_log = log((double)above_len);
    for (int tries = 0; tries < SIZE_TRIES_MAX && high - low > 1; tries++) {
        int next = (low + high) / 2;
        if (low > 0 && tries % 3 != 2) {
            next = low + (int)((wanted - low_log) / (high_log - low_log) * (high - low));
        }
        if (next <= low) next = low + 1;
        if (next >= high) next = high - 1;
        PARE_TRY(s->search->codec->encoder_try(s->search->encoder, next, &s->trial, s->diag));
        const double have = log((double)s->trial.len);
        if (s->trial.len <= s->search->target_size_bytes) {
            low = next;
            low_log = have;
            pare_buf_move(&s->best, &s->trial);
        } else {
            high = next;
            high_log = have;
        }
    }
    *quality = low;
    if (low > 0) return PARE_OK;
    return pare_fail(s->diag, PARE_SKIP_BELOW_MIN_SCORE, "no quality gives at most %llu bytes",
                     (unsigned long long)s->search->target_size_bytes);
}

/* Exact score of best, against the floor. */
static pare_err check_floor(state *s, pare_found *out)
{
    const pare_search *search = s->search;
    PARE_TRY(pare_judge_take(search->judge, search->codec, pare_buf_view(&s->best), s->diag));
    PARE_TRY(pare_judge_score(search->judge, &out->score, s->diag));
    out->is_scored = true;
    if (out->score >= search->min_score) return PARE_OK;
    return pare_fail(s->diag, PARE_SKIP_BELOW_MIN_SCORE, "the score is %.1f, below %g", out->score,
                     search->min_score);
}

static pare_err run(state *s, pare_found *out)
{
    const pare_search *search = s->search;
    double quality = search->quality.value;
    out->score = -1;
    out->is_scored = false;
    if (search->quality.mode == PARE_QUALITY_SCORE) {
        const pare_err err = search_score(s, fmax(search->quality.score, search->min_score));
        if (err != PARE_OK) {
            out->quality = to_quality(s, s->last.step);
            out->score = s->last.score;
            return err;
        }
        quality = to_quality(s, s->high.step);
        if (search->codec->encoder_draft) out->draft_len = s->best.len;
        PARE_TRY(finish(s, quality));
        out->score = s->high.score;
        out->is_scored = true;
    } else {
        PARE_TRY(search->codec->encoder_try(search->encoder, quality, &s->best, s->diag));
    }
    if (search->target_size_bytes && s->best.len > search->target_size_bytes) {
        out->is_scored = false;
        out->score = -1;
        PARE_TRY(search_size(s, quality, s->best.len, &quality));
    }
    if (search->judge && !out->is_scored) PARE_TRY(check_floor(s, out));
    out->quality = quality;
    pare_buf_move(&out->bytes, &s->best);
    return PARE_OK;
}

pare_err pare_search_run(const pare_search *search, pare_found *out, pare_diag *diag)
{
    /* libaom has 64 quantizers, palettes an integer scale; the others feel a quarter */
    const pare_format format = search->codec->format;
    const bool is_fine_scale =
        format == PARE_FORMAT_JPEG || format == PARE_FORMAT_WEBP || format == PARE_FORMAT_JXL;
    state s = {.search = search, .diag = diag, .steps_per_quality = is_fine_scale ? 4 : 1};
    s.top = 100 * s.steps_per_quality;
    const pare_err err = run(&s, out);
    pare_buf_deinit(&s.trial);
    pare_buf_deinit(&s.best);
    pare_buf_deinit(&s.safe_bytes);
    return err;
}
