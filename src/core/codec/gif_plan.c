// SPDX-License-Identifier: Apache-2.0
/* The plan of an animation, made in one pass with one frame of foresight: what a frame leaves
 * behind is chosen by what the next one then has to draw. */
#include "core/codec/gif_plan.h"

#include <stdlib.h>
#include <string.h>

/* What has to be drawn to come from one canvas to the next. */
typedef struct change {
    bool is_possible; /* one frame can do it */
    uint64_t cost;
    pare_gif_rect rect; /* of all pixels that differ; may be empty */
    uint64_t count;     /* of them */
    pare_gif_colors colors;
} change;

typedef struct planner {
    pare_gif_player player; /* shows the next frame */
    pare_gif_canvas shown;  /* with the current frame */
    pare_gif_canvas base;   /* before the current frame */
    pare_gif_rect drift;    /* shown and base are equal outside */
    bool follows;           /* disposes as the source does, which is always possible */
    pare_gif_plan *plan;
    change stay, clear, restore, current;
    pare_gif_step timing;         /* of the current frame, the rest zero */
    pare_gif_rect cleared;        /* by the way `clear` */
    pare_gif_rect source_rect;    /* of the current frame */
    pare_gif_disposal source_way; /* of the current frame */
} planner;

static const pare_gif_rect DUMMY = {0, 0, 1, 1};

static bool is_inside(const pare_gif_rect *r, uint32_t x, uint32_t y)
{
    return x >= r->left && x < r->right && y >= r->top && y < r->bottom;
}

static void include(pare_gif_rect *r, uint32_t x, uint32_t y)
{
    const pare_gif_rect pixel = {x, y, x + 1, y + 1};
    *r = pare_gif_rect_join(r, &pixel);
}

/* Are all pixels of the rectangle of these colours? Then no transparent index is needed. */
static bool covers(const pare_gif_colors *colors, const pare_gif_canvas *canvas,
                   const pare_gif_rect *rect)
{
    for (uint32_t y = rect->top; y < rect->bottom; y++) {
        const uint32_t *row = canvas->pixels + (size_t)y * canvas->width_px;
        for (uint32_t x = rect->left; x < rect->right; x++) {
            if (row[x] == 0 || pare_gif_colors_find(colors, row[x]) < 0) return false;
        }
    }
    return true;
}

static bool has_room(const pare_gif_colors *colors, bool has_free, const pare_gif_canvas *canvas,
                     const pare_gif_rect *rect)
{
    return !has_free || colors->count < PARE_GIF_COLORS_MAX || covers(colors, canvas, rect);
}

/* Pixels that differ within region; those of from inside of cleared (may be NULL) are transparent.
 */
static void compare(const pare_gif_canvas *from, const pare_gif_canvas *to,
                    const pare_gif_rect *region, const pare_gif_rect *cleared, change *out)
{
    uint32_t last = 0;
    memset(out, 0, sizeof *out);
    for (uint32_t y = region->top; y < region->bottom; y++) {
        const uint32_t *a = from->pixels + (size_t)y * from->width_px;
        const uint32_t *b = to->pixels + (size_t)y * to->width_px;
        uint32_t first_x = UINT32_MAX, last_x = 0;
        for (uint32_t x = region->left; x < region->right; x++) {
            const uint32_t before = cleared && is_inside(cleared, x, y) ? 0 : a[x];
            if (before == b[x]) continue;
            if (b[x] == 0) return; /* nothing that is drawn makes transparent */
            if (b[x] != last && !pare_gif_colors_add(&out->colors, b[x])) return;
            last = b[x];
            if (first_x == UINT32_MAX) first_x = x;
            last_x = x;
            out->count++;
        }
        if (first_x == UINT32_MAX) continue;
        include(&out->rect, first_x, y);
        include(&out->rect, last_x, y);
    }
    const uint64_t area = pare_gif_rect_area(&out->rect);
    out->is_possible = has_room(&out->colors, out->count < area, to, &out->rect);
    out->cost = out->count * 16 + area; /* runs of transparent pixels are cheap, not free */
}

/* Where the next frame is transparent and the current one is not. */
static pare_gif_rect find_cleared(const planner *p)
{
    const pare_gif_rect *region = &p->player.changed;
    pare_gif_rect out = {0};
    for (uint32_t y = region->top; y < region->bottom; y++) {
        const size_t row = (size_t)y * p->shown.width_px;
        for (uint32_t x = region->left; x < region->right; x++) {
            const bool goes = p->shown.pixels[row + x] != 0 && p->player.shown.pixels[row + x] == 0;
            if (goes) include(&out, x, y);
        }
    }
    return out;
}

static void judge_clear(planner *p, bool asked)
{
    const pare_gif_canvas *next = &p->player.shown;
    p->cleared = p->follows ? p->source_rect : find_cleared(p);
    p->clear.is_possible = false;
    if (pare_gif_rect_is_empty(&p->cleared) || !asked) return;
    p->cleared = pare_gif_rect_join(&p->cleared, &p->current.rect);
    const bool has_free = p->current.count < pare_gif_rect_area(&p->cleared);
    if (!has_room(&p->current.colors, has_free, &p->shown, &p->cleared)) return;
    const pare_gif_rect region = pare_gif_rect_join(&p->player.changed, &p->cleared);
    compare(&p->shown, next, &region, &p->cleared, &p->clear);
    p->clear.cost += pare_gif_rect_area(&p->cleared) - pare_gif_rect_area(&p->current.rect);
}

/* The ways to leave the current frame, and what the next frame costs after each. False when there
 * is none. */
static bool choose(planner *p, pare_gif_disposal *out)
{
    const pare_gif_canvas *next = &p->player.shown;
    const pare_gif_rect region = pare_gif_rect_join(&p->drift, &p->player.changed);
    const bool all = !p->follows;
    /* clearing nothing is staying */
    if (p->follows && pare_gif_rect_is_empty(&p->source_rect)) p->source_way = PARE_GIF_STAY;
    p->stay.is_possible = p->clear.is_possible = p->restore.is_possible = false;
    if (all || p->source_way == PARE_GIF_STAY) {
        compare(&p->shown, next, &p->player.changed, NULL, &p->stay);
    }
    judge_clear(p, all || p->source_way == PARE_GIF_CLEAR);
    if (all || p->source_way == PARE_GIF_RESTORE) {
        compare(&p->base, next, &region, NULL, &p->restore);
    }
    const change *best = NULL;
    if (p->stay.is_possible) *out = PARE_GIF_STAY, best = &p->stay;
    /* the estimate is rough: the usual way is left for a clear gain only */
    if (p->restore.is_possible && (!best || p->restore.cost + best->cost / 8 < best->cost)) {
        *out = PARE_GIF_RESTORE, best = &p->restore;
    }
    if (p->clear.is_possible && (!best || p->clear.cost + best->cost / 8 < best->cost)) {
        *out = PARE_GIF_CLEAR, best = &p->clear;
    }
    return best != NULL;
}

/* The current frame becomes a step. */
static pare_err add_step(planner *p, pare_gif_disposal disposal)
{
    pare_gif_plan *plan = p->plan;
    const change *c = &p->current;
    if (plan->count == plan->cap) {
        const size_t cap = plan->cap ? plan->cap * 2 : 64;
        pare_gif_step *steps = realloc(plan->steps, cap * sizeof *steps);
        if (!steps) return PARE_ERR_NO_MEMORY;
        plan->steps = steps;
        plan->cap = cap;
    }
    pare_gif_step *step = &plan->steps[plan->count];
    *step = p->timing;
    step->rect = disposal == PARE_GIF_CLEAR ? p->cleared : c->rect;
    if (pare_gif_rect_is_empty(&step->rect)) step->rect = DUMMY;
    step->disposal = disposal;
    step->has_free = pare_gif_rect_area(&step->rect) > c->count;
    const size_t len = c->colors.count * sizeof *step->colors;
    step->colors = malloc(len ? len : 1);
    if (!step->colors) return PARE_ERR_NO_MEMORY;
    memcpy(step->colors, c->colors.color, len);
    step->color_count = (uint16_t)c->colors.count;
    plan->count++;
    return PARE_OK;
}

void pare_gif_plan_dispose(const pare_gif_step *step, const pare_gif_rect *dirty,
                           const pare_gif_canvas *shown, pare_gif_canvas *base)
{
    if (step->disposal == PARE_GIF_RESTORE) return;
    pare_gif_canvas_copy(base, shown, dirty);
    if (step->disposal == PARE_GIF_CLEAR) pare_gif_canvas_clear(base, &step->rect);
}

/* What the source says about the frame that the player shows. */
static void remember_source(planner *p)
{
    p->timing = (pare_gif_step){.delay_cs = p->player.delay_cs,
                                .waits = p->player.waits,
                                .had_global = p->player.has_global};
    p->source_rect = p->player.rect;
    p->source_way = p->player.disposal;
}

/* From the current frame to the one that the player shows. */
static pare_err advance(planner *p)
{
    pare_gif_disposal disposal = PARE_GIF_STAY;
    if (!choose(p, &disposal)) return PARE_SKIP_UNSUPPORTED_VARIANT;
    PARE_TRY(add_step(p, disposal));
    const pare_gif_step *step = &p->plan->steps[p->plan->count - 1];
    const pare_gif_rect *changed = &p->player.changed;
    pare_gif_plan_dispose(step, &p->drift, &p->shown, &p->base);
    pare_gif_canvas_copy(&p->shown, &p->player.shown, changed);
    if (disposal == PARE_GIF_STAY) p->drift = *changed;
    if (disposal == PARE_GIF_CLEAR) p->drift = pare_gif_rect_join(changed, &step->rect);
    if (disposal == PARE_GIF_RESTORE) p->drift = pare_gif_rect_join(&p->drift, changed);
    p->current = disposal == PARE_GIF_STAY    ? p->stay
                 : disposal == PARE_GIF_CLEAR ? p->clear
                                              : p->restore;
    remember_source(p);
    return PARE_OK;
}

static pare_err begin(planner *p, pare_diag *diag)
{
    bool more = false;
    const uint32_t width = p->player.shown.width_px, height = p->player.shown.height_px;
    PARE_TRY(pare_gif_canvas_init(&p->shown, width, height));
    PARE_TRY(pare_gif_canvas_init(&p->base, width, height));
    PARE_TRY(pare_gif_player_next(&p->player, &more, diag));
    if (!more) return pare_fail(diag, PARE_ERR_CORRUPT, "there is no image in the GIF");
    p->drift = p->player.changed;
    compare(&p->base, &p->player.shown, &p->drift, NULL, &p->current);
    if (!p->current.is_possible) return PARE_SKIP_UNSUPPORTED_VARIANT;
    pare_gif_canvas_copy(&p->shown, &p->player.shown, &p->drift);
    remember_source(p);
    return PARE_OK;
}

static pare_err run(planner *p, pare_bytes file, const pare_limits *limits, pare_diag *diag)
{
    PARE_TRY(pare_gif_player_init(&p->player, file, limits, diag));
    PARE_TRY(begin(p, diag));
    for (;;) {
        bool more = false;
        PARE_TRY(pare_gif_player_next(&p->player, &more, diag));
        if (!more) return add_step(p, PARE_GIF_STAY);
        PARE_TRY(advance(p));
    }
}

static pare_err make(pare_bytes file, const pare_limits *limits, bool follows, pare_gif_plan *out,
                     pare_diag *diag)
{
    planner *p = calloc(1, sizeof *p);
    *out = (pare_gif_plan){0};
    if (!p) return PARE_ERR_NO_MEMORY;
    p->plan = out;
    p->follows = follows;
    const pare_err err = run(p, file, limits, diag);
    pare_gif_player_deinit(&p->player);
    pare_gif_canvas_deinit(&p->shown);
    pare_gif_canvas_deinit(&p->base);
    free(p);
    if (err != PARE_OK) pare_gif_plan_deinit(out);
    return err;
}

pare_err pare_gif_plan_make(pare_bytes file, const pare_limits *limits, pare_gif_plan *out,
                            pare_diag *diag)
{
    pare_err err = make(file, limits, false, out, diag);
    if (err == PARE_SKIP_UNSUPPORTED_VARIANT) err = make(file, limits, true, out, diag);
    if (err != PARE_SKIP_UNSUPPORTED_VARIANT) return err;
    return pare_fail(diag, err, "a frame needs more than 256 colours");
}

void pare_gif_plan_deinit(pare_gif_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        free(plan->steps[i].colors);
    free(plan->steps);
    *plan = (pare_gif_plan){0};
}
