// SPDX-License-Identifier: Apache-2.0
/* Elliptical arcs: from their two ends to their centre. */
#include "core/codec/svg_arc.h"

#include <math.h>

bool pare_svg_arc_init(pare_svg_arc *arc, pare_svg_point from, const pare_svg_segment *segment)
{
    static const double PI = 3.14159265358979323846;
    const pare_svg_point to = segment->points[0];
    const double turn = fmod(segment->rotation, 360) * PI / 180;
    *arc = (pare_svg_arc){.rx = segment->rx, .ry = segment->ry};
    arc->cosine = cos(turn), arc->sine = sin(turn);
    const double dx = (from.x - to.x) / 2, dy = (from.y - to.y) / 2;
    /* on the unit circle: half of the chord */
    double u = (arc->cosine * dx + arc->sine * dy) / arc->rx;
    double v = (-arc->sine * dx + arc->cosine * dy) / arc->ry;
    const double size = u * u + v * v;
    if (!(size > 0) || !isfinite(size)) return false;
    if (size > 1) {
        arc->rx *= sqrt(size), arc->ry *= sqrt(size);
        u /= sqrt(size), v /= sqrt(size);
    }
    double away = size >= 1 ? 0 : sqrt((1 - size) / size);
    if (segment->is_large == segment->is_sweep) away = -away;
    const double cu = away * v, cv = -away * u;
    arc->center.x = (from.x + to.x) / 2 + arc->cosine * cu * arc->rx - arc->sine * cv * arc->ry;
    arc->center.y = (from.y + to.y) / 2 + arc->sine * cu * arc->rx + arc->cosine * cv * arc->ry;
    arc->angle = atan2(v - cv, u - cu);
    arc->sweep = atan2(-v - cv, -u - cu) - arc->angle;
    if (segment->is_sweep && arc->sweep < 0) arc->sweep += 2 * PI;
    if (!segment->is_sweep && arc->sweep > 0) arc->sweep -= 2 * PI;
    return true;
}

pare_svg_point pare_svg_arc_at(const pare_svg_arc *arc, double part)
{
    const double angle = arc->angle + arc->sweep * part;
    const double u = cos(angle) * arc->rx, v = sin(angle) * arc->ry;
    return (pare_svg_point){arc->center.x + arc->cosine * u - arc->sine * v,
                            arc->center.y + arc->sine * u + arc->cosine * v};
}
