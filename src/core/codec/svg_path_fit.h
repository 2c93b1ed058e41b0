// SPDX-License-Identifier: Apache-2.0
/* Simpler segments that draw the same. */
#ifndef PARE_CORE_SVG_PATH_FIT_H
#define PARE_CORE_SVG_PATH_FIT_H

#include "core/codec/svg_path_reader.h"

/* Straight curves become lines, lines in one direction one line, curves of the third degree that
 * are of the second such; lines that z draws anyway and pens that are put down for nothing go.
 * With has_stroke, only what is exactly so. */
void pare_svg_shape_simplify(pare_svg_shape *shape, double tolerance, bool has_stroke);

/* How many of the curves from the first on, count at most, are one arc of a circle within the
 * tolerance. from: where the pen is; *out: the arc. 0: none. Arcs near to half or all of a circle,
 * whose centre depends on small differences, are not made. */
size_t pare_svg_arc_fit(pare_svg_point from, const pare_svg_segment *first, size_t count,
                        double tolerance, pare_svg_segment *out);

/* Does an arc from the pen, as it will be written, pass along the curves that begin at from? */
bool pare_svg_arc_is_near(pare_svg_point pen, const pare_svg_segment *arc, pare_svg_point from,
                          const pare_svg_segment *first, size_t count, double tolerance);

#endif /* PARE_CORE_SVG_PATH_FIT_H */
