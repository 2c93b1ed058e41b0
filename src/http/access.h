// SPDX-License-Identifier: Apache-2.0
/* Who may ask: the token, the Host and the Origin of a request.
 *
 * Every page in the user's browser can send requests to 127.0.0.1. Without the token it gets
 * nothing; the Host keeps out names that an attacker points here (DNS rebinding), the Origin keeps
 * out requests that carry our cookie from elsewhere. Pure: no clock, no sockets. */
#ifndef PARE_HTTP_ACCESS_H
#define PARE_HTTP_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { PARE_TOKEN_LEN = 43, PARE_TOKEN_MIN = 16, PARE_TOKEN_CAP = 256 };

typedef struct pare_access {
    char token[PARE_TOKEN_CAP + 1];
    char cookie[32];  /* its name; with the port, because cookies do not know ports */
    char address[64]; /* bound to, as an address literal; "[...]" for IPv6 */
    uint16_t port;
    bool any_literal;   /* bound to all addresses: each address literal is a good Host */
    char own_name[256]; /* of the machine, where others can ask; "": only loopback is listened on */
    const char *const *names; /* borrowed; also good, with any port: a proxy has its own */
    size_t name_count;
} pare_access;

/* 256 random bits in 43 letters of base64url. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_token_random(char token[PARE_TOKEN_LEN + 1], pare_diag *diag);
/* The first line of a file, 16..256 printable ASCII letters without blanks.
 * Errors: PARE_ERR_INVALID, PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_token_read(const char *path, char token[PARE_TOKEN_CAP + 1],
                                        pare_diag *diag);
/* Takes as long for a right as for a wrong token of the same length. text may be NULL. */
bool pare_token_equal(const char *token, const char *text);

/* What a request says of itself; any may be NULL. */
typedef struct pare_access_request {
    const char *host, *origin, *authorization, *cookie;
    const char *fetch_site; /* Sec-Fetch-Site */
    bool changes;           /* the method is not GET or HEAD */
} pare_access_request;

typedef enum pare_access_verdict {
    PARE_ACCESS_OK = 0,
    PARE_ACCESS_BAD_HOST,
    PARE_ACCESS_BAD_ORIGIN,
    PARE_ACCESS_NO_TOKEN
} pare_access_verdict;

/* The Host must be ours, with or without a token: the address that is listened on, a name of
 * loopback, the machine's name, its first part alone or with ".local", or one of `names`. Names
 * that somebody else could point here are not among these. */
bool pare_access_host_ok(const pare_access *access, const char *host);
pare_access_verdict pare_access_check(const pare_access *access,
                                      const pare_access_request *request);

#endif /* PARE_HTTP_ACCESS_H */
