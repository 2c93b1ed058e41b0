// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG (SVG 1.1 section 8.3) in fewer bytes. */
#ifndef PARE_CORE_SVG_PATH_H
#define PARE_CORE_SVG_PATH_H

#include <stdbool.h>

#include "base/buf.h"

enum { PARE_SVG_EXACT = -1 };

/* Appends the same path.
 *
 *   decimals  every point is moved to the nearest multiple of 10^-decimals, 0..6, so that none is
 *             off by more than half of that, however many came before it. PARE_SVG_EXACT: numbers
 *             keep their values, only their spelling changes. Paths with arcs, whose shape depends
 *             on small differences of their numbers, are always treated so.
 *
 * False when it is not path data, or no memory; then *out is as before. */
bool pare_svg_path_write(const char *text, int decimals, pare_buf *out);

/* Is no point of a further than tolerance from the same point of b, in each direction? */
bool pare_svg_path_is_near(const char *a, const char *b, double tolerance);

/* At most by this factor does a list of transforms (SVG 1.1 section 7.6) make lengths longer;
 * -1 when it cannot be read. */
double pare_svg_transform_scale(const char *text);

#endif /* PARE_CORE_SVG_PATH_H */
