// SPDX-License-Identifier: Apache-2.0
/* How many bits a row of bytes would take after the bytes before it: a quick LZ77 with one hash
 * table, greedy parsing and literals priced by what was seen lately. */
#ifndef PARE_CORE_CODEC_PNG_MATCH_H
#define PARE_CORE_CODEC_PNG_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { PARE_PNG_MATCH_WINDOW = 32768 }; /* bytes before a row that are looked at */

typedef struct pare_png_matcher pare_png_matcher;

/* Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_matcher_open(pare_png_matcher **out);
/* Accepts a pointer to NULL. */
void pare_png_matcher_close(pare_png_matcher **matcher);

/* Forget all and start at the beginning of data, in which the rows will stand one after another;
 * borrowed until the next start. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_matcher_start(pare_png_matcher *matcher, const uint8_t *data,
                                               size_t row_len);
/* The data moved so many bytes to their start; at least the window before the next row is kept. */
void pare_png_matcher_slide(pare_png_matcher *matcher, size_t shift);
/* Cost, in parts of a bit, of the row_len bytes at data + at; stops above limit. Nothing is
 * learned. */
uint64_t pare_png_matcher_cost(pare_png_matcher *matcher, size_t at, uint64_t limit);
/* The row at data + at is the chosen one: learn from it. */
void pare_png_matcher_learn(pare_png_matcher *matcher, size_t at);

#endif /* PARE_CORE_CODEC_PNG_MATCH_H */
