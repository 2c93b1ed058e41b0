// SPDX-License-Identifier: Apache-2.0
/* Transforms of SVG (SVG 1.1 section 7.6). */
#ifndef PARE_CORE_SVG_TRANSFORM_H
#define PARE_CORE_SVG_TRANSFORM_H

/* At most by this factor does a list of transforms make lengths longer; -1 when it cannot be
 * read. */
double pare_svg_transform_scale(const char *text);

#endif /* PARE_CORE_SVG_TRANSFORM_H */
