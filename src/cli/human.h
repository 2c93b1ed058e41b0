// SPDX-License-Identifier: Apache-2.0
/* Text for people: sizes and times, names of files made safe for a terminal. */
#ifndef PARE_CLI_HUMAN_H
#define PARE_CLI_HUMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Columns of a character on a terminal: 0, 1 or 2. */
int pare_utf8_columns(uint32_t code);

/* Add a name so that it cannot move the cursor or turn the direction of writing: control
 * characters and bytes that are no UTF-8 become '?'. Cut to at most `columns`, with an ellipsis
 * in the middle so that the ending stays; 0: never cut. Returns the columns used.
 * utf8 false: everything beyond ASCII becomes '?'. */
size_t pare_text_add_name(pare_text *text, const char *name, size_t columns, bool utf8);

/* "512 B", "4.1 MB": steps of 1000. */
void pare_format_bytes(uint64_t bytes, char out[16]);
/* "0.4 s", "1:05", "1:02:03". */
void pare_format_duration(uint64_t ms, char out[24]);
/* How much smaller, in percent of `in`; 0 when nothing went in. */
double pare_saved_pct(uint64_t in, uint64_t out);

/* True when the environment says that terminals speak UTF-8 (LC_ALL, LC_CTYPE, LANG). */
bool pare_locale_is_utf8(void);

#endif /* PARE_CLI_HUMAN_H */
