// SPDX-License-Identifier: Apache-2.0
/* What of an SVG is not needed to show it, and shorter words for the rest. */
#ifndef PARE_CORE_SVG_RULES_H
#define PARE_CORE_SVG_RULES_H

#include <libxml/hash.h>

#include "core/codec/svg_document.h"

typedef struct pare_svg_rules {
    const pare_svg *svg;        /* borrowed */
    uint32_t keep;              /* PARE_KEEP_* */
    double tolerance;           /* how far a point may move, in units of the user; 0: not */
    xmlHashTablePtr references; /* owned; identifiers that are used in the file */
} pare_svg_rules;

/* Errors: PARE_ERR_NO_MEMORY. Deinit in every case. */
PARE_NODISCARD pare_err pare_svg_rules_init(pare_svg_rules *rules, const pare_svg *svg,
                                            uint32_t keep);
void pare_svg_rules_deinit(pare_svg_rules *rules);

/* Is the node, with all below it, without meaning? */
bool pare_svg_drops_node(const pare_svg_rules *rules, const xmlNode *node);
bool pare_svg_drops_attribute(const pare_svg_rules *rules, const xmlAttr *attribute);
/* Does the group say nothing, so that its children may stand in its place? */
bool pare_svg_dissolves(const pare_svg_rules *rules, const xmlNode *node);

#endif /* PARE_CORE_SVG_RULES_H */
