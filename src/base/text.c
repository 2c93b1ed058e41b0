// SPDX-License-Identifier: Apache-2.0
/* A growing text. */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void pare_text_add_bytes(pare_text *text, const void *data, size_t len)
{
    if (pare_buf_append(&text->buf, data, len) != PARE_OK) text->lost = true;
}

void pare_text_add(pare_text *text, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0) return;
    if ((size_t)len < sizeof small) {
        pare_text_add_bytes(text, small, (size_t)len);
        return;
    }
    if (pare_buf_reserve(&text->buf, (size_t)len + 1) != PARE_OK) {
        text->lost = true;
        return;
    }
    va_start(args, format);
    vsnprintf((char *)text->buf.data + text->buf.len, (size_t)len + 1, format, args);
    va_end(args);
    text->buf.len += (size_t)len;
}

void pare_text_clear(pare_text *text)
{
    text->buf.len = 0;
}

void pare_text_deinit(pare_text *text)
{
    pare_buf_deinit(&text->buf);
}

const char *pare_text_string(pare_text *text)
{
    if (pare_buf_reserve(&text->buf, 1) != PARE_OK) return "";
    text->buf.data[text->buf.len] = '\0';
    return (const char *)text->buf.data;
}

bool pare_text_write(pare_text *text, int fd)
{
    size_t done = 0;
    while (done < text->buf.len) {
        const ssize_t wrote = write(fd, text->buf.data + done, text->buf.len - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) break;
        done += (size_t)wrote;
    }
    const bool complete = done == text->buf.len;
    pare_text_clear(text);
    return complete;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Stops at the NUL. */
size_t pare_utf8_decode(const char *text, uint32_t *code)
{
    const uint8_t *s = (const uint8_t *)text;
    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    size_t len;
    uint32_t value, least;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        len = 2, value = s[0] & 0x1fu, least = 0x80;
    } else if ((s[0] & 0xf0) == 0xe0) {
        len = 3, value = s[0] & 0x0fu, least = 0x800;
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        len = 4, value = s[0] & 0x07u, least = 0x10000;
    } else {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (s[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    *code = value;
    return len;
}
