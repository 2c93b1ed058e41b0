// SPDX-License-Identifier: Apache-2.0
/* An SVG file as a tree, and what has to be known about all of it. */
#ifndef PARE_CORE_SVG_DOCUMENT_H
#define PARE_CORE_SVG_DOCUMENT_H

#include <libxml/tree.h>

#include "core/image/image.h"

/* Larger files are left alone: the tree takes about ten times as much. */
enum { PARE_SVG_BYTES_MAX = 32 << 20 };

typedef struct pare_svg {
    xmlDocPtr doc; /* owned */
    xmlNodePtr root;
    double width_px, height_px; /* at 96 dots an inch; at least 1 */
    double view_px;             /* the shorter side in units of the user, or 0: not known */
    bool has_script;            /* elements, handlers or links that run something */
    size_t sanitized;           /* what was taken out because it is dangerous */
    bool has_style;             /* a style sheet, inside or outside: it may select by structure */
    bool has_selectors;         /* a style sheet outside, or one that selects by attributes */
    bool has_editor;            /* made with Inkscape, which numbers everything through */
    bool has_current_color;
    bool has_animation, has_text;
    bool has_labels;        /* elements are named by attributes that hold bare identifiers */
    bool has_unknown_scale; /* parts are drawn at sizes that the tree does not show */
    bool has_use;
    bool has_stroke;  /* lines may be drawn along paths */
    double max_scale; /* the most that nested transforms make lengths longer; -1: not known */
} pare_svg;

/* Reads without network, files, entities or external subsets, within the limits of libxml2 for
 * depth and length. Errors: PARE_ERR_CORRUPT, PARE_ERR_NO_MEMORY, PARE_SKIP_UNSUPPORTED_VARIANT
 * (entities are declared, or too large). sanitize: see svg_sanitize.h. On errors nothing is owned.
 */
PARE_NODISCARD pare_err pare_svg_read(pare_bytes file, bool sanitize, pare_svg *out,
                                      pare_diag *diag);
void pare_svg_deinit(pare_svg *svg);

bool pare_svg_is_element(const xmlNode *node, const char *name); /* of the SVG namespace, or none */
const char *pare_svg_text(const xmlAttr *attribute);             /* borrowed; "" when empty */

#endif /* PARE_CORE_SVG_DOCUMENT_H */
