// SPDX-License-Identifier: Apache-2.0
/* The target of a request, as a stranger writes it. Pure: text in, text out. */
#ifndef PARE_HTTP_TARGET_H
#define PARE_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARE_TARGET_NUMBERS = 2 };

/* In place, as libmicrohttpd does it, but a NUL stays "%00": a path must not end early. Returns the
 * new length. */
size_t pare_target_unescape(char *text);

/* Does the path fit a pattern, where # is a number from 1 to INT64_MAX without leading zeros, and *
 * at the end is any rest? Fills numbers, and rest with a place in path. */
bool pare_target_matches(const char *pattern, const char *path,
                         int64_t numbers[PARE_TARGET_NUMBERS], const char **rest);

#endif /* PARE_HTTP_TARGET_H */
