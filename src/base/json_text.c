// SPDX-License-Identifier: Apache-2.0
/* JSON as text (RFC 8259). */
#include "base/json_text.h"

#include <math.h>
#include <string.h>

static void add_quoted(pare_text *text, const char *value)
{
    pare_text_add_bytes(text, "\"", 1);
    while (*value) {
        uint32_t code = 0;
        const size_t len = pare_utf8_decode(value, &code);
        if (len == 0) {
            pare_text_add(text, "\\udc%02x", (unsigned)(unsigned char)*value);
            value++;
            continue;
        }
        if (code == '"' || code == '\\') {
            pare_text_add(text, "\\%c", (char)code);
        } else if (code < 0x20 || code == 0x7f || code == 0x2028 || code == 0x2029) {
            /* the last two end a line in JavaScript, 0x7f does harm on terminals */
            pare_text_add(text, "\\u%04x", (unsigned)code);
        } else {
            pare_text_add_bytes(text, value, len);
        }
        value += len;
    }
    pare_text_add_bytes(text, "\"", 1);
}

/* A comma stands before everything but the first thing in its braces or brackets; key NULL: an
 * element of an array. */
static void add_key(pare_text *text, const char *key)
{
    const size_t len = text->buf.len;
    const char last = len > 0 ? (char)text->buf.data[len - 1] : '\n';
    if (last != '{' && last != '[' && last != '\n') pare_text_add_bytes(text, ",", 1);
    if (key) pare_text_add(text, "\"%s\":", key);
}

void pare_json_open(pare_text *text, const char *key, char bracket)
{
    add_key(text, key);
    pare_text_add_bytes(text, &bracket, 1);
}

void pare_json_close(pare_text *text, char bracket)
{
    pare_text_add_bytes(text, &bracket, 1);
}

void pare_json_begin(pare_text *text, const char *event)
{
    pare_text_add(text, "{\"event\":\"%s\"", event);
}

void pare_json_string(pare_text *text, const char *key, const char *value)
{
    add_key(text, key);
    if (value) {
        add_quoted(text, value);
    } else {
        pare_text_add(text, "null");
    }
}

void pare_json_uint(pare_text *text, const char *key, uint64_t value)
{
    add_key(text, key);
    pare_text_add(text, "%llu", (unsigned long long)value);
}

void pare_json_int(pare_text *text, const char *key, int64_t value)
{
    add_key(text, key);
    pare_text_add(text, "%lld", (long long)value);
}

void pare_json_real(pare_text *text, const char *key, double value, int decimals)
{
    if (!isfinite(value)) {
        pare_json_null(text, key);
        return;
    }
    add_key(text, key);
    pare_text_add(text, "%.*f", decimals, value);
}

void pare_json_bool(pare_text *text, const char *key, bool value)
{
    add_key(text, key);
    pare_text_add(text, value ? "true" : "false");
}

void pare_json_null(pare_text *text, const char *key)
{
    add_key(text, key);
    pare_text_add(text, "null");
}

void pare_json_raw(pare_text *text, const char *key, const char *json)
{
    add_key(text, key);
    pare_text_add_bytes(text, json, strlen(json));
}

void pare_json_end(pare_text *text)
{
    pare_text_add(text, "}\n");
}
