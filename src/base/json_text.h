// SPDX-License-Identifier: Apache-2.0
/* JSON as text, member after member. Always valid UTF-8: a byte of a file name that is no UTF-8
 * becomes the escape \udcXX (a lone low surrogate, as in Python's "surrogateescape"), so that the
 * name can be had back without loss. */
#ifndef PARE_BASE_JSON_TEXT_H
#define PARE_BASE_JSON_TEXT_H

#include "base/text.h"

/* Begin an object with its "event", add members, end it with a newline. */
void pare_json_begin(pare_text *text, const char *event);
/* An object '{' or array '[' as a member, or alone; close with its counterpart. For elements of
 * arrays the key is NULL, here and below. Keys are written as they are. */
void pare_json_open(pare_text *text, const char *key, char bracket);
void pare_json_close(pare_text *text, char bracket);
void pare_json_string(pare_text *text, const char *key, const char *value); /* NULL: null */
void pare_json_uint(pare_text *text, const char *key, uint64_t value);
void pare_json_int(pare_text *text, const char *key, int64_t value);
/* decimals: digits after the point, at most 6; not finite: null. */
void pare_json_real(pare_text *text, const char *key, double value, int decimals);
void pare_json_bool(pare_text *text, const char *key, bool value);
void pare_json_null(pare_text *text, const char *key);
/* Text that is JSON already. */
void pare_json_raw(pare_text *text, const char *key, const char *json);
void pare_json_end(pare_text *text);

#endif /* PARE_BASE_JSON_TEXT_H */
