// SPDX-License-Identifier: Apache-2.0
/* Style sheets without the blanks and comments that say nothing. */
#ifndef PARE_CORE_SVG_SHEET_H
#define PARE_CORE_SVG_SHEET_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends the style sheet (CSS Syntax Level 3). Rules, their order and all names stay, also those
 * that nothing in the drawing uses: in a page they hold for the page. Comments that begin with an
 * exclamation mark, as licences do, stay. keeps_comments: all stay. The same text when there is
 * something that is not understood: escapes, unbalanced braces or quotes.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_svg_sheet_write(const char *text, bool keeps_comments, pare_buf *out);

#endif /* PARE_CORE_SVG_SHEET_H */
