// SPDX-License-Identifier: Apache-2.0
/* A growing text, and UTF-8. */
#ifndef PARE_BASE_TEXT_H
#define PARE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

/* All zero is empty. When memory runs out the rest of the text is lost and `lost` is set: output
 * for people is never worth ending a run. */
typedef struct pare_text {
    pare_buf buf;
    bool lost;
} pare_text;

void pare_text_add(pare_text *text, const char *format, ...) PARE_PRINTF(2, 3);
void pare_text_add_bytes(pare_text *text, const void *data, size_t len);
void pare_text_clear(pare_text *text);
void pare_text_deinit(pare_text *text);
/* The text so far, terminated; valid until the next change. Never NULL. */
const char *pare_text_string(pare_text *text);
/* Write everything to a descriptor, clear the text. False when that failed, with errno. */
bool pare_text_write(pare_text *text, int fd);

/* One character of UTF-8. Returns its bytes (1..4), or 0 for a byte that is no UTF-8 here. */
size_t pare_utf8_decode(const char *text, uint32_t *code);

#endif /* PARE_BASE_TEXT_H */
