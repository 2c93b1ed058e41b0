// SPDX-License-Identifier: Apache-2.0
/* The target of a request: escapes and routes. */
#include "http/target.h"

#include <string.h>

#include "wire/parse.h"

size_t pare_target_unescape(char *text)
{
    char *out = text;
    for (const char *at = text; *at;) {
        unsigned value = 0;
        int digits = 0;
        if (*at == '%') {
            for (; digits < 2; digits++) {
                const char c = at[1 + digits];
                if (c >= '0' && c <= '9') {
                    value = value * 16 + (unsigned)(c - '0');
                } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
                    value = value * 16 + (unsigned)((c | 32) - 'a') + 10;
                } else {
                    break;
                }
            }
        }
        if (digits == 2 && value != 0) {
            *out++ = (char)value;
            at += 3;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

bool pare_target_matches(const char *pattern, const char *path,
                         int64_t numbers[PARE_TARGET_NUMBERS], const char **rest)
{
    const char *at = path;
    unsigned count = 0;
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            *rest = at;
            return true;
        }
        if (*pattern == '#') {
            char digits[20];
            uint64_t number;
            const size_t len = strspn(at, "0123456789");
            if (len == 0 || len >= sizeof digits || at[0] == '0') return false;
            memcpy(digits, at, len);
            digits[len] = '\0';
            if (!pare_parse_count(digits, 1, INT64_MAX, &number)) return false;
            numbers[count++] = (int64_t)number;
            at += len;
        } else if (*at++ != *pattern) {
            return false;
        }
    }
    return *at == '\0';
}
