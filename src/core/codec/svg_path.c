// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG: each segment in the shortest of its spellings. */
#include "core/codec/svg_path.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/codec/svg_arc.h"
#include "core/codec/svg_path_fit.h"
#include "core/codec/svg_spell.h"

/* ---- without a change of values ---- */

static bool write_exact(const char *text, pare_buf *out)
{
    pare_svg_reader r = {.at = text};
    pare_svg_speller s = {0};
    pare_svg_command one;
    bool ok = true;
    while (ok && pare_svg_read_command(&r, &one)) {
        ok = pare_svg_put_command(&s, one.letter, out);
        for (unsigned i = 0; ok && i < one.count; i++) {
            char spelled[PARE_SVG_NUMBER_CAP];
            pare_svg_spell_again(one.begins[i], one.lens[i], spelled);
            ok = pare_svg_put_number(&s, spelled, out);
        }
    }
    return ok && !r.failed;
}

/* ---- within a tolerance ---- */

/* How numbers are written: on a grid of 10^-decimals, off by at most reach. */
typedef struct grid {
    int decimals;
    double scale, reach;
    bool has_stroke; /* directions count, too */
} grid;

/* What is written so far leads to here. Positions in steps of the grid. */
typedef struct state {
    pare_svg_speller speller;
    int64_t x, y, start_x, start_y, handle_x, handle_y;
    char before;  /* kind of the segment before: what handle belongs to */
    double reach; /* of this segment: that of the grid at most */
} state;

static const double POWERS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Steps from base to a place near to want, with as few decimals as can be. */
static int64_t choose_steps(const grid *g, double reach, double want, int64_t base)
{
    const double away = want * g->scale - (double)base;
    for (int decimals = 0; decimals < g->decimals; decimals++) {
        const double step = POWERS[g->decimals - decimals];
        const double rounded = round(away / step) * step;
        if (fabs(rounded - away) <= reach * g->scale) return (int64_t)rounded;
    }
    return llround(away);
}

static bool put_steps(const grid *g, state *s, int64_t steps, pare_buf *out)
{
    char spelled[PARE_SVG_NUMBER_CAP];
    pare_svg_spell_units(steps, g->decimals, spelled);
    return pare_svg_put_number(&s->speller, spelled, out);
}

/* The end of a segment, from base on. Where it closes its part of the path it has to be exactly
 * where that began: a gap would be a line of its own, with corners. */
static int64_t choose_end(const grid *g, const state *s, bool closes, double want, int64_t base,
                          int64_t start)
{
    return closes ? start - base : choose_steps(g, s->reach, want, base);
}

/* One coordinate, from base on; *place: where that is. */
static bool put_place(const grid *g, state *s, double want, int64_t base, int64_t *place,
                      pare_buf *out)
{
    const int64_t steps = choose_steps(g, s->reach, want, base);
    *place = base + steps;
    return put_steps(g, s, steps, out);
}

static bool is_near(const grid *g, const state *s, double want, int64_t place)
{
    return fabs(want * g->scale - (double)place) <= s->reach * g->scale;
}

static bool is_mirrored(const grid *g, const state *s, const pare_svg_segment *one)
{
    int64_t x = s->x, y = s->y;
    if (s->before == one->kind) x = 2 * s->x - s->handle_x, y = 2 * s->y - s->handle_y;
    return is_near(g, s, one->points[0].x, x) && is_near(g, s, one->points[0].y, y);
}

/* Does a line end as high, or as far on, as the pen is? */
static bool ends_level(const grid *g, const state *s, bool closes, double want, int64_t place,
                       int64_t start)
{
    return closes ? place == start : is_near(g, s, want, place);
}

/* Can the segment be written with this command? */
static bool fits(const grid *g, const state *s, const pare_svg_segment *one, char upper)
{
    switch (upper) {
    case 'H':
        return one->kind == 'L' &&
               ends_level(g, s, one->closes, one->points[0].y, s->y, s->start_y);
    case 'V':
        return one->kind == 'L' &&
               ends_level(g, s, one->closes, one->points[0].x, s->x, s->start_x);
    case 'S': return one->kind == 'C' && is_mirrored(g, s, one);
    case 'T': return one->kind == 'Q' && is_mirrored(g, s, one);
    default: return one->kind == upper;
    }
}

static bool put_end(const grid *g, state *s, char upper, const pare_svg_segment *one, bool relative,
                    pare_buf *out)
{
    const pare_svg_point end = pare_svg_segment_end(one);
    const int64_t x0 = relative ? s->x : 0, y0 = relative ? s->y : 0;
    const int64_t dx = choose_end(g, s, one->closes, end.x, x0, s->start_x);
    const int64_t dy = choose_end(g, s, one->closes, end.y, y0, s->start_y);
    if (upper != 'V' && !put_steps(g, s, dx, out)) return false;
    if (upper != 'H' && !put_steps(g, s, dy, out)) return false;
    if (upper != 'V') s->x = x0 + dx;
    if (upper != 'H') s->y = y0 + dy;
    return true;
}

static bool put_points(const grid *g, state *s, char command, const pare_svg_segment *one,
                       pare_buf *out)
{
    const bool relative = islower((unsigned char)command) != 0;
    const char upper = (char)toupper((unsigned char)command);
    const int64_t x0 = relative ? s->x : 0, y0 = relative ? s->y : 0;
    int64_t x = s->x, y = s->y;
    const int last = one->kind == 'C' ? 2 : one->kind == 'Q' ? 1 : 0;
    if (upper == 'S' || upper == 'T') {
        const bool mirrors = s->before == one->kind;
        s->handle_x = mirrors ? 2 * s->x - s->handle_x : s->x;
        s->handle_y = mirrors ? 2 * s->y - s->handle_y : s->y;
    }
    for (int i = upper == 'S' || upper == 'T' ? 1 : 0; i < last; i++) {
        if (!put_place(g, s, one->points[i].x, x0, &x, out)) return false;
        if (!put_place(g, s, one->points[i].y, y0, &y, out)) return false;
        if (i == last - 1) s->handle_x = x, s->handle_y = y;
    }
    if (!put_end(g, s, upper, one, relative, out)) return false;
    if (upper == 'M') s->start_x = s->x, s->start_y = s->y;
    return true;
}

static bool put_command(const grid *g, state *s, char command, const pare_svg_segment *one,
                        pare_buf *out)
{
    if (!pare_svg_put_command(&s->speller, command, out)) return false;
    if (one->kind == 'Z') {
        s->x = s->start_x, s->y = s->start_y;
    } else if (!put_points(g, s, command, one, out)) {
        return false;
    }
    s->before = one->kind;
    return true;
}

/* Keeps what was appended last, from middle on, when that is not longer than what is before it,
 * from begin on. True: it was kept. */
static bool keep_shorter(pare_buf *out, size_t begin, size_t middle)
{
    const size_t first = middle - begin, second = out->len - middle;
    const bool keeps = second <= first;
    if (keeps) memmove(out->data + begin, out->data + middle, second);
    out->len = begin + (keeps ? second : first);
    return keeps;
}

/* In the shortest of all ways. */
static bool put_segment(const grid *g, state *s, const pare_svg_segment *one, pare_buf *out)
{
    static const char COMMANDS[] = "MmLlHhVvCcSsQqTtz";
    const size_t begin = out->len;
    const state before = *s;
    bool is_first = true;
    for (const char *c = COMMANDS; *c; c++) {
        if (!fits(g, &before, one, (char)toupper((unsigned char)*c))) continue;
        state tried = before;
        const size_t middle = out->len;
        if (!put_command(g, &tried, *c, one, out)) return false;
        if (is_first || keep_shorter(out, begin, middle)) *s = tried;
        is_first = false;
    }
    return !is_first;
}

/* ---- arcs ---- */

static pare_svg_point place_of(const grid *g, int64_t x, int64_t y)
{
    return (pare_svg_point){(double)x / g->scale, (double)y / g->scale};
}

static bool put_radius(state *s, double radius, int decimals, double *written, pare_buf *out)
{
    char spelled[PARE_SVG_NUMBER_CAP];
    const int64_t units = llround(radius * POWERS[decimals]);
    *written = (double)units / POWERS[decimals];
    pare_svg_spell_units(units, decimals, spelled);
    return pare_svg_put_number(&s->speller, spelled, out);
}

/* *written: the arc that a viewer will see. */
static bool put_arc_with(const grid *g, state *s, char command, int decimals,
                         const pare_svg_segment *arc, pare_svg_segment *written, pare_buf *out)
{
    const bool relative = command == 'a';
    const bool turns = fabs(arc->rx - arc->ry) > 0;
    *written = *arc;
    bool ok = pare_svg_put_command(&s->speller, command, out) &&
              put_radius(s, arc->rx, decimals, &written->rx, out) &&
              put_radius(s, arc->ry, decimals, &written->ry, out) &&
              put_radius(s, turns ? arc->rotation : 0, 6, &written->rotation, out) &&
              pare_svg_put_number(&s->speller, arc->is_large ? "1" : "0", out) &&
              pare_svg_put_number(&s->speller, arc->is_sweep ? "1" : "0", out) &&
              put_end(g, s, 'A', arc, relative, out);
    written->points[0] = place_of(g, s->x, s->y);
    s->before = 'A';
    return ok && written->rx > 0 && written->ry > 0;
}

/* An arc, and what it is to be close to: itself in the source, or curves. */
typedef struct aim {
    pare_svg_segment arc;
    pare_svg_point from;
    const pare_svg_segment *curves; /* NULL: the arc is one of the source */
    size_t count;
    double tolerance;
} aim;

static bool meets(const aim *a, pare_svg_point pen, const pare_svg_segment *written)
{
    enum { PARTS = 16 };
    if (a->curves) {
        return pare_svg_arc_is_near(pen, written, a->from, a->curves, a->count, a->tolerance);
    }
    pare_svg_arc want, have;
    if (!pare_svg_arc_init(&want, a->from, &a->arc) || !pare_svg_arc_init(&have, pen, written)) {
        return false;
    }
    for (int i = 0; i <= PARTS; i++) {
        const pare_svg_point p = pare_svg_arc_at(&want, (double)i / PARTS);
        const pare_svg_point q = pare_svg_arc_at(&have, (double)i / PARTS);
        if (!(hypot(p.x - q.x, p.y - q.y) <= a->tolerance)) return false;
    }
    return true;
}

/* With as few decimals of the radii as are near enough. False: with none, and nothing is
 * written. */
static bool put_arc_as(const grid *g, state *s, char command, const aim *a, pare_buf *out)
{
    const size_t begin = out->len;
    const state before = *s;
    const pare_svg_point pen = place_of(g, s->x, s->y);
    for (int decimals = 0; decimals <= PARE_SVG_DECIMALS_MAX; decimals++) {
        pare_svg_segment written;
        *s = before;
        out->len = begin;
        if (put_arc_with(g, s, command, decimals, &a->arc, &written, out) &&
            meets(a, pen, &written)) {
            return true;
        }
    }
    *s = before;
    out->len = begin;
    return false;
}

static bool put_arc(const grid *g, state *s, const aim *a, pare_buf *out)
{
    const size_t begin = out->len;
    const state before = *s;
    if (!(fmax(a->arc.rx, a->arc.ry) < 1e6) || !put_arc_as(g, s, 'A', a, out)) return false;
    const size_t middle = out->len;
    state tried = before;
    if (put_arc_as(g, &tried, 'a', a, out) && keep_shorter(out, begin, middle)) *s = tried;
    return true;
}

/* Curves as the arc that they are, if that is shorter. *count: of curves that are written. */
static bool put_curves(const grid *g, state *s, pare_svg_point from, const pare_svg_segment *first,
                       size_t left, double tolerance, size_t *count, pare_buf *out)
{
    const size_t begin = out->len;
    aim a = {.from = from, .curves = first, .tolerance = tolerance};
    a.count = pare_svg_arc_fit(from, first, left, tolerance / 2, &a.arc);
    *count = a.count > 0 ? a.count : 1;
    state tried = *s;
    for (size_t i = 0; i < *count; i++) {
        if (!put_segment(g, s, first + i, out)) return false;
    }
    const size_t middle = out->len;
    if (a.count > 0 && put_arc(g, &tried, &a, out) && keep_shorter(out, begin, middle)) *s = tried;
    return true;
}

static double shorter(double most, pare_svg_point a, pare_svg_point b)
{
    const double len = hypot(b.x - a.x, b.y - a.y);
    return len > 0 ? fmin(most, len) : most;
}

/* Corners of lines that are drawn point where their segments point: the shorter a line or a handle
 * is, the less its ends may move. */
static double choose_reach(const grid *g, const pare_svg_shape *shape, size_t index,
                           pare_svg_point from)
{
    enum { STEADINESS = 64 };
    if (!g->has_stroke) return g->reach;
    double least = g->reach * STEADINESS;
    for (size_t i = index; i < shape->count && i <= index + 1; i++) {
        const pare_svg_segment *one = &shape->segments[i];
        const int count = one->kind == 'C' ? 3 : one->kind == 'Q' ? 2 : 1;
        for (int k = 0; k < count; k++) {
            if (one->kind != 'M') least = shorter(least, from, one->points[k]);
            from = one->points[k];
        }
    }
    return least / STEADINESS;
}

static bool write_shape(const pare_svg_shape *shape, const grid *g, double tolerance, pare_buf *out)
{
    /* corners again */
    const double share = g->has_stroke ? 1.0 / 8 : 1;
    state s = {0};
    pare_svg_point at = {0, 0};
    size_t count;
    for (size_t i = 0; i < shape->count; i += count) {
        const pare_svg_segment *one = &shape->segments[i];
        const aim itself = {.arc = *one, .from = at, .tolerance = tolerance * share};
        count = 1;
        s.reach = choose_reach(g, shape, i, at);
        if (one->kind == 'A') {
            if (!put_arc(g, &s, &itself, out)) return false;
        } else if (one->kind == 'C') {
            if (!put_curves(g, &s, at, one, shape->count - i, tolerance * share, &count, out))
                return false;
        } else if (!put_segment(g, &s, one, out)) {
            return false;
        }
        at = pare_svg_segment_end(&shape->segments[i + count - 1]);
    }
    return true;
}

static void note_closing(pare_svg_shape *shape)
{
    for (size_t i = 0; i + 1 < shape->count; i++) {
        const pare_svg_segment *next = &shape->segments[i + 1];
        const pare_svg_point end = pare_svg_segment_end(next - 1);
        const double gap = hypot(end.x - next->points[0].x, end.y - next->points[0].y);
        shape->segments[i].closes = next->kind == 'Z' && gap <= 1e-9 * (1 + hypot(end.x, end.y));
    }
}

static bool fits_grid(const pare_svg_shape *shape, double scale)
{
    for (size_t i = 0; i < shape->count; i++) {
        for (int k = 0; k < 3; k++) {
            const pare_svg_point p = shape->segments[i].points[k];
            if (!(fabs(p.x * scale) < 1e15 && fabs(p.y * scale) < 1e15)) return false;
        }
    }
    return true;
}

/* Half of the tolerance is for other segments, half for their numbers. */
static bool write_within(const char *text, double tolerance, double fineness, bool has_stroke,
                         pare_buf *out)
{
    grid g = {.reach = tolerance * fineness / 2, .has_stroke = has_stroke};
    while (g.decimals < PARE_SVG_DECIMALS_MAX && 0.5 / POWERS[g.decimals] > g.reach)
        g.decimals++;
    if (has_stroke)
        g.decimals =
            g.decimals + 2 < PARE_SVG_DECIMALS_MAX ? g.decimals + 2 : PARE_SVG_DECIMALS_MAX;
    g.scale = POWERS[g.decimals];
    pare_svg_shape shape;
    if (0.5 / g.scale > g.reach || !pare_svg_shape_read(text, &shape)) return false;
    bool ok = fits_grid(&shape, g.scale);
    if (ok) pare_svg_shape_simplify(&shape, tolerance / 2, has_stroke);
    if (has_stroke) note_closing(&shape);
    const size_t begin = out->len;
    ok = ok && write_shape(&shape, &g, tolerance, out) && pare_buf_append_byte(out, 0) == PARE_OK;
    ok = ok && pare_svg_path_is_near(text, (const char *)out->data + begin, tolerance);
    pare_svg_shape_deinit(&shape);
    out->len = ok ? out->len - 1 : begin;
    return ok;
}

bool pare_svg_path_write(const char *text, double tolerance, bool has_stroke, pare_buf *out)
{
    static const double FINENESS[] = {1, 1.0 / 8, 1.0 / 64};
    for (size_t i = 0; i < sizeof FINENESS / sizeof *FINENESS && tolerance > 0; i++) {
        if (write_within(text, tolerance, FINENESS[i], has_stroke, out)) return true;
    }
    const size_t begin = out->len;
    if (write_exact(text, out)) return true;
    out->len = begin;
    return false;
}
