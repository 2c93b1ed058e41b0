// SPDX-License-Identifier: Apache-2.0
/* Elliptical arcs of SVG (SVG 1.1 appendix F.6). */
#ifndef PARE_CORE_SVG_ARC_H
#define PARE_CORE_SVG_ARC_H

#include "core/codec/svg_path_reader.h"

/* An arc around its centre. Angles in radians, in the coordinates of the unrotated ellipse. */
typedef struct pare_svg_arc {
    pare_svg_point center;
    double rx, ry, cosine, sine; /* of the rotation */
    double angle, sweep;         /* where it begins, and how far it goes; negative: backwards */
} pare_svg_arc;

/* from: where the pen is. Radii that are too small are made larger, as a viewer does. False when
 * it has no length. */
bool pare_svg_arc_init(pare_svg_arc *arc, pare_svg_point from, const pare_svg_segment *segment);

/* The point at this part of the way, 0..1. */
pare_svg_point pare_svg_arc_at(const pare_svg_arc *arc, double part);

#endif /* PARE_CORE_SVG_ARC_H */
