// SPDX-License-Identifier: Apache-2.0
#include "http/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Is the weight behind a coding, like ";q=0.5", zero? */
static bool is_refused(const char *at)
{
    at += strspn(at, " \t");
    if (*at != ';') return false;
    at += 1 + strspn(at + 1, " \t");
    if (strncasecmp(at, "q=0", 3) != 0) return false;
    at += 3;
    if (*at == '.') at += 1 + strspn(at + 1, "0");
    return strchr(", \t", *at) != NULL; /* or the end */
}

bool pare_accepts_encoding(const char *header, const char *encoding)
{
    bool takes_others = false;
    const size_t len = strlen(encoding);
    for (const char *at = header; at && *at;) {
        at += strspn(at, ", \t");
        const size_t word = strcspn(at, ",; \t");
        if (word == len && strncasecmp(at, encoding, len) == 0) return !is_refused(at + word);
        if (word == 1 && *at == '*') takes_others = !is_refused(at + word);
        at += strcspn(at, ",");
    }
    return takes_others;
}
