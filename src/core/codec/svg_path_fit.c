// SPDX-License-Identifier: Apache-2.0
/* Simpler segments that draw the same. */
#include "core/codec/svg_path_fit.h"

#include <math.h>
#include <string.h>

#include "core/codec/svg_arc.h"

enum { SAMPLES = 8, RUN_MAX = 8 };

static double distance(pare_svg_point a, pare_svg_point b)
{
    return hypot(a.x - b.x, a.y - b.y);
}

/* ---- lines ---- */

/* Where on the line from a to b, 0..1, is p? Elsewhere when it is off by more than the tolerance.
 */
static double place_on(pare_svg_point p, pare_svg_point a, pare_svg_point b, double tolerance)
{
    static const double ELSEWHERE = -1;
    const double dx = b.x - a.x, dy = b.y - a.y, len = hypot(dx, dy);
    if (len <= tolerance || len == 0) return distance(p, a) <= tolerance ? 0 : ELSEWHERE;
    const double along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / len;
    const double off = fabs((p.x - a.x) * dy - (p.y - a.y) * dx) / len;
    if (off > tolerance || along < -tolerance * 1e-3 || along > len + tolerance * 1e-3) {
        return ELSEWHERE;
    }
    return fmin(fmax(along / len, 0), 1);
}

/* With both handles between the ends a curve never turns back. */
static bool is_straight(pare_svg_point from, const pare_svg_segment *s, double tolerance)
{
    const pare_svg_point end = pare_svg_segment_end(s);
    if (place_on(s->points[0], from, end, tolerance) < 0) return false;
    return s->kind == 'Q' || place_on(s->points[1], from, end, tolerance) >= 0;
}

/* Is the curve, written with three handles, one with two? Degrees are raised by thirds. */
static bool is_quadratic(pare_svg_point from, const pare_svg_segment *s, double tolerance,
                         pare_svg_point *handle)
{
    const pare_svg_point *p = s->points;
    const pare_svg_point a = {(3 * p[0].x - from.x) / 2, (3 * p[0].y - from.y) / 2};
    const pare_svg_point b = {(3 * p[1].x - p[2].x) / 2, (3 * p[1].y - p[2].y) / 2};
    *handle = (pare_svg_point){(a.x + b.x) / 2, (a.y + b.y) / 2};
    return distance(a, b) <= tolerance; /* the curve is off by less than a third of that */
}

/* The curve where its parts simplify. */
static void simplify_curve(pare_svg_point from, pare_svg_segment *s, double tolerance)
{
    pare_svg_point handle;
    const bool is_point = s->kind == 'A' && distance(from, s->points[0]) <= 0;
    if (is_point) s->kind = 'L'; /* SVG 1.1 appendix F.6.2 */
    if ((s->kind == 'C' || s->kind == 'Q') && is_straight(from, s, tolerance)) {
        *s = (pare_svg_segment){.kind = 'L', .points = {pare_svg_segment_end(s)}};
    } else if (s->kind == 'C' && is_quadratic(from, s, tolerance, &handle)) {
        *s = (pare_svg_segment){.kind = 'Q', .points = {handle, s->points[2]}};
    }
}

/* Do the lines from segments[0] on, count of them, lead straight to the end of the last? */
static bool is_one_line(pare_svg_point from, const pare_svg_segment *segments, size_t count,
                        double tolerance)
{
    const pare_svg_point end = segments[count - 1].points[0];
    double before = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const double place = place_on(segments[i].points[0], from, end, tolerance);
        if (place < before) return false;
        before = place;
    }
    return true;
}

/* Number of lines that are one; at least 1. */
static size_t line_run(pare_svg_point from, const pare_svg_segment *segments, size_t count,
                       double tolerance)
{
    size_t run = 1;
    while (run < count && run < RUN_MAX * 2 && segments[run].kind == 'L' &&
           is_one_line(from, segments, run + 1, tolerance)) {
        run++;
    }
    return run;
}

/* Says the z that follows that the segment, a line, is not needed? */
static bool is_drawn_anyway(const pare_svg_shape *shape, size_t index, pare_svg_point start,
                            double tolerance)
{
    if (index + 1 >= shape->count || shape->segments[index + 1].kind != 'Z') return false;
    return distance(shape->segments[index].points[0], start) <= tolerance;
}

static bool is_idle_move(const pare_svg_shape *shape, size_t index, pare_svg_point at)
{
    if (index + 1 < shape->count) return shape->segments[index + 1].kind == 'M';
    return index > 0 && distance(shape->segments[index].points[0], at) <= 1e-9;
}

void pare_svg_shape_simplify(pare_svg_shape *shape, double tolerance, bool has_stroke)
{
    const double exactly = has_stroke ? tolerance * 1e-4 : tolerance;
    pare_svg_point at = {0, 0}, start = {0, 0};
    size_t kept = 0;
    for (size_t i = 0; i < shape->count;) {
        pare_svg_segment s = shape->segments[i];
        size_t used = 1;
        bool drops = s.kind == 'M' && is_idle_move(shape, i, at);
        simplify_curve(at, &s, exactly);
        if (s.kind == 'L') {
            used = shape->segments[i].kind == 'L'
                       ? line_run(at, shape->segments + i, shape->count - i, exactly)
                       : 1;
            s.points[0] = pare_svg_segment_end(&shape->segments[i + used - 1]);
            const bool begins = kept == 0 || strchr("MZ", shape->segments[kept - 1].kind);
            drops = !begins && (is_drawn_anyway(shape, i + used - 1, start, exactly) ||
                                (!has_stroke && distance(at, s.points[0]) <= tolerance / 2));
        }
        if (s.kind == 'M') start = s.points[0];
        i += used;
        if (drops) continue;
        at = pare_svg_segment_end(&s);
        shape->segments[kept++] = s;
    }
    shape->count = kept;
}

/* ---- arcs ---- */

static pare_svg_point curve_at(pare_svg_point from, const pare_svg_segment *s, double t)
{
    const double u = 1 - t, a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
    const pare_svg_point *p = s->points;
    return (pare_svg_point){a * from.x + b * p[0].x + c * p[1].x + d * p[2].x,
                            a * from.y + b * p[0].y + c * p[1].y + d * p[2].y};
}

static double turn(pare_svg_point a, pare_svg_point b, pare_svg_point c)
{
    return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

/* The circle through three points. */
static bool find_circle(pare_svg_point a, pare_svg_point b, pare_svg_point c,
                        pare_svg_point *center, double *radius)
{
    const double bx = b.x - a.x, by = b.y - a.y, cx = c.x - a.x, cy = c.y - a.y;
    const double twice = 2 * (bx * cy - by * cx), b2 = bx * bx + by * by, c2 = cx * cx + cy * cy;
    if (!(fabs(twice) > 1e-12 * (b2 + c2))) return false;
    const double x = (cy * b2 - by * c2) / twice, y = (bx * c2 - cx * b2) / twice;
    *center = (pare_svg_point){a.x + x, a.y + y};
    *radius = hypot(x, y);
    return isfinite(*radius);
}

/* Angle from p to q around the centre, in the direction of sign, 0..2 pi. */
static double angle_between(pare_svg_point center, pare_svg_point p, pare_svg_point q, double sign)
{
    const double px = p.x - center.x, py = p.y - center.y, qx = q.x - center.x, qy = q.y - center.y;
    const double angle = sign * atan2(px * qy - py * qx, px * qx + py * qy);
    return angle < -1e-9 ? angle + 2 * 3.14159265358979323846 : angle;
}

/* Do all samples lie on the circle, each further on than the one before? *sweep: how far in all. */
static bool are_on_circle(pare_svg_point center, double radius, double sign, pare_svg_point from,
                          const pare_svg_segment *first, size_t count, double tolerance,
                          double *sweep)
{
    pare_svg_point before = from;
    *sweep = 0;
    for (size_t i = 0; i < count; i++) {
        for (int k = 1; k <= SAMPLES; k++) {
            const pare_svg_point p = curve_at(from, first + i, (double)k / SAMPLES);
            const double step = angle_between(center, before, p, sign);
            if (fabs(distance(center, p) - radius) > tolerance || step > 1) return false;
            *sweep += step;
            before = p;
        }
        from = first[i].points[2];
    }
    return true;
}

static bool fit_run(pare_svg_point from, const pare_svg_segment *first, size_t count,
                    double tolerance, pare_svg_segment *out)
{
    static const double PI = 3.14159265358979323846;
    const pare_svg_point end = first[count - 1].points[2];
    const pare_svg_point middle =
        count % 2
            ? curve_at(count > 1 ? first[count / 2 - 1].points[2] : from, first + count / 2, 0.5)
            : first[count / 2 - 1].points[2];
    pare_svg_point center;
    double radius, sweep;
    if (!find_circle(from, middle, end, &center, &radius) || radius < 4 * tolerance) return false;
    const double sign = turn(from, middle, end) > 0 ? 1 : -1;
    if (!are_on_circle(center, radius, sign, from, first, count, tolerance, &sweep)) return false;
    if (fabs(sweep - PI) < 0.15 || sweep > 1.9 * PI || sweep * radius < 8 * tolerance) return false;
    *out = (pare_svg_segment){.kind = 'A', .points = {end}, .rx = radius, .ry = radius};
    out->closes = first[count - 1].closes;
    out->is_large = sweep > PI;
    out->is_sweep = sign > 0;
    return true;
}

size_t pare_svg_arc_fit(pare_svg_point from, const pare_svg_segment *first, size_t count,
                        double tolerance, pare_svg_segment *out)
{
    size_t run = 0;
    while (run < count && run < RUN_MAX && first[run].kind == 'C')
        run++;
    for (; run > 0; run--) {
        if (fit_run(from, first, run, tolerance, out)) return run;
    }
    return 0;
}

bool pare_svg_arc_is_near(pare_svg_point pen, const pare_svg_segment *arc, pare_svg_point from,
                          const pare_svg_segment *first, size_t count, double tolerance)
{
    pare_svg_arc made;
    double sweep;
    if (!pare_svg_arc_init(&made, pen, arc)) return false;
    const double sign = arc->is_sweep ? 1 : -1;
    return are_on_circle(made.center, made.rx, sign, from, first, count, tolerance, &sweep) &&
           fabs(fabs(made.sweep) - sweep) * made.rx <= 2 * tolerance;
}
