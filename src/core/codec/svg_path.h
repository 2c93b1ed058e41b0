// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG (SVG 1.1 section 8.3) in fewer bytes. */
#ifndef PARE_CORE_SVG_PATH_H
#define PARE_CORE_SVG_PATH_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends a path that draws the same.
 *
 *   tolerance   in units of the path: no point of what is drawn is further than that from where it
 *               was, however many came before it. 0: numbers keep their values, only their spelling
 *               changes.
 *   has_stroke  corners and ends of lines may show: no segment is left out or straightened.
 *
 * False when it is not path data, or no memory; then *out is as before. */
bool pare_svg_path_write(const char *text, double tolerance, bool has_stroke, pare_buf *out);

/* Do two pens that draw a and b, in step, never part by more than the tolerance (Fréchet
 * distance), a quarter more for the arithmetic? */
bool pare_svg_path_is_near(const char *a, const char *b, double tolerance);

#endif /* PARE_CORE_SVG_PATH_H */
