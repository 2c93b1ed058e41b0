// SPDX-License-Identifier: Apache-2.0
/* Values of attributes and styles in their shortest words, and those that say nothing. */
#ifndef PARE_CORE_SVG_VALUES_H
#define PARE_CORE_SVG_VALUES_H

#include "core/codec/svg_rules.h"

/* The value as it is written, appended to *out. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_svg_value(const pare_svg_rules *rules, const xmlAttr *attribute,
                                       pare_buf *out);

/* The same for text, which is a style sheet or is written as it is. */
PARE_NODISCARD pare_err pare_svg_text_value(const pare_svg_rules *rules, const xmlNode *node,
                                            const char *text, pare_buf *out);

/* Does it change nothing that this property has this value on this element? in_style: it stands in
 * a style attribute, otherwise it is an attribute. */
bool pare_svg_is_idle(const pare_svg_rules *rules, const xmlNode *node, const char *name,
                      size_t name_len, const char *value, size_t value_len, bool in_style);

#endif /* PARE_CORE_SVG_VALUES_H */
