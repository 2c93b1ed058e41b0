// SPDX-License-Identifier: Apache-2.0
/* An SVG written as short as its rules allow, and the check that it says the same. */
#ifndef PARE_CORE_SVG_WRITER_H
#define PARE_CORE_SVG_WRITER_H

#include "core/codec/svg_rules.h"

/* Appends the document in UTF-8. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_svg_write(const pare_svg_rules *rules, pare_buf *out);

/* Has the result, read again, the same elements with the same attributes and text as what the
 * rules leave of the source? Points of paths may differ by the tolerance. */
bool pare_svg_is_same(const pare_svg_rules *rules, const pare_svg *result);

#endif /* PARE_CORE_SVG_WRITER_H */
