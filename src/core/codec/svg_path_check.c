// SPDX-License-Identifier: Apache-2.0
/* Do two paths draw the same? Both are flattened to short lines, and their Fréchet distance (Alt,
 * Godau: Computing the Fréchet distance between two polygonal curves, 1995) is held against the
 * bound: two pens can walk along them side by side, never turning back, never further apart. */
#include "core/codec/svg_path.h"

#include <math.h>
#include <stdlib.h>

#include "core/codec/svg_arc.h"

/* A path that would take more points is not compared, and so not changed: 32 MB for each of two. */
enum { STEPS_MAX = 4096, POINTS_MAX = 1 << 21 };

/* A part of a path that is drawn without lifting the pen. */
typedef struct line {
    pare_svg_point *points; /* owned */
    size_t count, cap;
    bool is_closed;
} line;

static bool add(line *l, pare_svg_point p)
{
    if (l->count == POINTS_MAX) return false;
    if (l->count == l->cap) {
        const size_t cap = l->cap ? l->cap * 2 : 64;
        pare_svg_point *larger = realloc(l->points, cap * sizeof *larger);
        if (!larger) return false;
        l->points = larger;
        l->cap = cap;
    }
    l->points[l->count++] = p;
    return true;
}

/* ---- flattening ---- */

static pare_svg_point mix(pare_svg_point a, pare_svg_point b, double part)
{
    return (pare_svg_point){a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part};
}

static pare_svg_point curve_at(pare_svg_point from, const pare_svg_segment *s, double part)
{
    pare_svg_point a = mix(from, s->points[0], part), b = mix(s->points[0], s->points[1], part);
    if (s->kind == 'Q') return mix(a, b, part);
    const pare_svg_point c = mix(s->points[1], s->points[2], part);
    return mix(mix(a, b, part), mix(b, c, part), part);
}

static double bend(pare_svg_point a, pare_svg_point b, pare_svg_point c)
{
    return hypot(a.x - 2 * b.x + c.x, a.y - 2 * b.y + c.y);
}

/* Lines that stay within slack of the curve: the second derivative bounds how far a chord is off.
 */
static unsigned step_count(pare_svg_point from, const pare_svg_segment *s, double slack)
{
    double most = 2 * bend(from, s->points[0], s->points[1]);
    if (s->kind == 'C') most = 3 * fmax(most, 2 * bend(s->points[0], s->points[1], s->points[2]));
    return (unsigned)fmin(fmax(ceil(sqrt(most / (8 * slack))), 1), STEPS_MAX);
}

static bool add_segment(line *l, const pare_svg_segment *s, double slack)
{
    const pare_svg_point from = l->points[l->count - 1];
    if (s->kind == 'L' || s->kind == 'Z') return add(l, s->points[0]);
    pare_svg_arc arc;
    unsigned steps;
    if (s->kind == 'A') {
        if (!pare_svg_arc_init(&arc, from, s)) return add(l, s->points[0]);
        const double radius = fmax(arc.rx, arc.ry);
        const double steps_wanted = fabs(arc.sweep) * sqrt(radius / (8 * slack));
        steps = (unsigned)fmin(fmax(ceil(steps_wanted), 8), STEPS_MAX);
    } else {
        steps = step_count(from, s, slack);
    }
    for (unsigned i = 1; i < steps; i++) {
        const double part = (double)i / steps;
        if (!add(l, s->kind == 'A' ? pare_svg_arc_at(&arc, part) : curve_at(from, s, part)))
            return false;
    }
    return add(l, pare_svg_segment_end(s));
}

/* From *index on, the next part that draws something. l->count is 0 at the end. */
static bool next_line(const pare_svg_shape *shape, size_t *index, double slack, line *l)
{
    l->count = 0;
    l->is_closed = false;
    for (; *index < shape->count && !l->is_closed; ++*index) {
        const pare_svg_segment *s = &shape->segments[*index];
        if (s->kind == 'M' && l->count > 1) return true;
        if (s->kind == 'M') {
            l->count = 0;
            if (!add(l, s->points[0])) return false;
            continue;
        }
        if (l->count == 0 && !add(l, pare_svg_segment_end(s - 1))) return false;
        if (!add_segment(l, s, slack)) return false;
        l->is_closed = s->kind == 'Z';
    }
    if (l->count == 1) l->count = 0; /* a pen that was put down and lifted again */
    return true;
}

/* ---- Fréchet distance ---- */

/* Where on a line, 0..1; nowhere when from > to. */
typedef struct span {
    double from, to;
} span;

static const span NOWHERE = {2, -1};

static bool is_somewhere(span s)
{
    return s.from <= s.to;
}

/* Points of the line a b that are not further from p than reach. */
static span near_span(pare_svg_point p, pare_svg_point a, pare_svg_point b, double reach)
{
    const double dx = b.x - a.x, dy = b.y - a.y, px = a.x - p.x, py = a.y - p.y;
    const double square = dx * dx + dy * dy, rest = px * px + py * py - reach * reach;
    if (square <= 1e-12 * reach * reach) return rest <= 0 ? (span){0, 1} : NOWHERE;
    const double half = (dx * px + dy * py) / square;
    const double root = half * half - rest / square;
    if (root < 0) return NOWHERE;
    const span all = {fmax(-half - sqrt(root), 0), fmin(-half + sqrt(root), 1)};
    return is_somewhere(all) ? all : NOWHERE;
}

static span after(span s, double from)
{
    return (span){fmax(s.from, from), s.to};
}

/* bottoms: one span for each line of b, of which those from *first up to last may be somewhere. */
static bool are_lines_near(const line *a, const line *b, double reach, span *bottoms)
{
    const size_t rows = a->count - 1, columns = b->count - 1;
    size_t first = 0, last = 0; /* columns that the row below led to */
    size_t left_work = 64 * (a->count + b->count) + 1000000;
    bottoms[0] = (span){0, 0};
    if (hypot(a->points[0].x - b->points[0].x, a->points[0].y - b->points[0].y) > reach)
        return false;
    for (size_t i = 0; i < rows; i++) {
        const pare_svg_point *p = a->points + i;
        span left = i == 0 ? (span){0, 0} : near_span(b->points[0], p[0], p[1], reach);
        if (i > 0 &&
            (left.from > 0 || first > 0 || !is_somewhere(bottoms[0]) || bottoms[0].from > 0)) {
            left = NOWHERE;
        }
        size_t next_first = columns, next_last = 0;
        for (size_t j = first; j < columns; j++) {
            const pare_svg_point *q = b->points + j;
            const span bottom = j <= last ? bottoms[j] : NOWHERE;
            if (!is_somewhere(bottom) && !is_somewhere(left)) {
                bottoms[j] = NOWHERE;
                if (j >= last) break;
                continue;
            }
            if (left_work-- == 0) return false;
            const span top = near_span(p[1], q[0], q[1], reach);
            const span right = near_span(q[1], p[0], p[1], reach);
            bottoms[j] = is_somewhere(left) ? top : after(top, bottom.from);
            left = is_somewhere(bottom) ? right : after(right, left.from);
            if (is_somewhere(bottoms[j])) {
                next_last = j;
                if (next_first == columns) next_first = j;
            }
            if (i + 1 == rows && j + 1 == columns) {
                return (is_somewhere(bottoms[j]) && bottoms[j].to >= 1) ||
                       (is_somewhere(left) && left.to >= 1);
            }
        }
        if (next_first == columns) return false;
        first = next_first, last = next_last;
    }
    return false;
}

/* ---- point by point ---- */

static bool is_same_number(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance + 1e-9 * (1 + fabs(a));
}

static bool are_segments_near(const pare_svg_segment *a, const pare_svg_segment *b,
                              double tolerance)
{
    bool same = a->kind == b->kind;
    for (int i = 0; same && i < (a->kind == 'C' ? 3 : a->kind == 'Q' ? 2 : 1); i++) {
        /* small changes of an arc can flip it */
        const double most = a->kind == 'A' ? 0 : tolerance;
        same = is_same_number(a->points[i].x, b->points[i].x, most) &&
               is_same_number(a->points[i].y, b->points[i].y, most);
    }
    if (!same || a->kind != 'A') return same;
    return is_same_number(a->rx, b->rx, 0) && is_same_number(a->ry, b->ry, 0) &&
           is_same_number(a->rotation, b->rotation, 0) && a->is_large == b->is_large &&
           a->is_sweep == b->is_sweep;
}

/* Nothing but numbers changed, and these by little. */
static bool are_points_near(const pare_svg_shape *a, const pare_svg_shape *b, double tolerance)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const bool after_arc = i > 0 && a->segments[i].kind == 'A';
        same = are_segments_near(&a->segments[i], &b->segments[i], tolerance) &&
               (!after_arc || tolerance <= 0 ||
                are_segments_near(&a->segments[i - 1], &b->segments[i - 1], 0));
    }
    return same;
}

bool pare_svg_path_is_near(const char *a, const char *b, double tolerance)
{
    pare_svg_shape shape_a = {0}, shape_b = {0};
    line line_a = {0}, line_b = {0};
    span *bottoms = NULL;
    size_t index_a = 0, index_b = 0;
    const double slack = tolerance / 16;
    bool same = pare_svg_shape_read(a, &shape_a) && pare_svg_shape_read(b, &shape_b);
    const bool is_done = same && are_points_near(&shape_a, &shape_b, tolerance * 0.7);
    same &= is_done || tolerance > 0;
    while (same && !is_done) {
        same = next_line(&shape_a, &index_a, slack, &line_a) &&
               next_line(&shape_b, &index_b, slack, &line_b) &&
               (line_a.count == 0) == (line_b.count == 0) && line_a.is_closed == line_b.is_closed;
        if (!same || line_a.count == 0) break;
        span *larger = realloc(bottoms, line_b.count * sizeof *larger);
        if (larger) bottoms = larger;
        same = larger && are_lines_near(&line_a, &line_b, tolerance * 1.125, bottoms);
    }
    free(bottoms);
    free(line_a.points);
    free(line_b.points);
    pare_svg_shape_deinit(&shape_a);
    pare_svg_shape_deinit(&shape_b);
    return same;
}
