// SPDX-License-Identifier: Apache-2.0
/* Token, Host, Origin. */
#include "http/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

pare_err pare_token_random(char token[PARE_TOKEN_LEN + 1], pare_diag *diag)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t random[PARE_TOKEN_LEN];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return pare_fail_errno(diag, "read", "random numbers");
    }
    for (int i = 0; i < PARE_TOKEN_LEN; i++) {
        token[i] = LETTERS[random[i] & 63];
    }
    token[PARE_TOKEN_LEN] = '\0';
    return PARE_OK;
}

pare_err pare_token_read(const char *path, char token[PARE_TOKEN_CAP + 1], pare_diag *diag)
{
    char line[PARE_TOKEN_CAP + 2];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return pare_fail_errno(diag, "open", path);
    const ssize_t got = read(fd, line, sizeof line - 1);
    const int read_errno = errno;
    close(fd);
    errno = read_errno;
    if (got < 0) return pare_fail_errno(diag, "read", path);
    line[got] = '\0';
    const size_t len = strcspn(line, "\r\n");
    line[len] = '\0';
    bool ok = len >= PARE_TOKEN_MIN && len <= PARE_TOKEN_CAP;
    for (size_t i = 0; i < len; i++) {
        if (line[i] <= ' ' || line[i] > '~' || strchr("\"\\;,", line[i])) ok = false;
    }
    if (!ok) {
        return pare_fail(diag, PARE_ERR_INVALID,
                         "%s: the first line must be a token of %d to %d letters and digits", path,
                         PARE_TOKEN_MIN, PARE_TOKEN_CAP);
    }
    memcpy(token, line, len + 1);
    return PARE_OK;
}

static bool equal_bytes(const char *token, const char *text, size_t len)
{
    const size_t want = strlen(token);
    unsigned difference = len != want;
    for (size_t i = 0; i < want; i++) {
        const char other = i < len ? text[i] : 0;
        difference |= (unsigned char)(token[i] ^ other);
    }
    return difference == 0;
}

bool pare_token_equal(const char *token, const char *text)
{
    return text && equal_bytes(token, text, strlen(text));
}

/* Is text an address of IPv4, or of IPv6 in brackets? */
static bool is_literal(const char *text, size_t len)
{
    char address[64];
    uint8_t binary[16];
    const bool six = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (six) text++, len -= 2;
    if (len == 0 || len >= sizeof address) return false;
    memcpy(address, text, len);
    address[len] = '\0';
    return inet_pton(six ? AF_INET6 : AF_INET, address, binary) == 1;
}

/* Splits "name:port"; a missing port is the one of plain HTTP. */
static bool split_host(const char *host, size_t *name_len, uint32_t *port)
{
    const char *colon = strrchr(host, ':');
    const char *bracket = strrchr(host, ']');
    if (colon && bracket && colon < bracket) colon = NULL;
    *port = 80;
    *name_len = strlen(host);
    if (!colon) return true;
    *name_len = (size_t)(colon - host);
    *port = 0;
    for (const char *c = colon + 1; *c; c++) {
        if (*c < '0' || *c > '9' || *port > 65535) return false;
        *port = *port * 10 + (uint32_t)(*c - '0');
    }
    return colon[1] != '\0';
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

/* "nas", "nas.local" and "nas.example.org" for a machine that is called nas.example.org. */
static bool is_own_name(const pare_access *access, const char *name, size_t len)
{
    const char *const own = access->own_name;
    const size_t first = strcspn(own, ".");
    if (first == 0) return false;
    if (name_is(name, len, own)) return true;
    if (len < first || strncasecmp(name, own, first) != 0) return false;
    return len == first || name_is(name + first, len - first, ".local");
}

bool pare_access_host_ok(const pare_access *access, const char *host)
{
    size_t len;
    uint32_t port;
    if (!host || !split_host(host, &len, &port)) return false;
    for (size_t i = 0; i < access->name_count; i++) {
        if (name_is(host, len, access->names[i])) return true;
    }
    if (port != access->port) return false;
    if (access->any_literal && is_literal(host, len)) return true;
    if (is_own_name(access, host, len)) return true;
    return name_is(host, len, access->address) || name_is(host, len, "localhost") ||
           name_is(host, len, "127.0.0.1") || name_is(host, len, "[::1]");
}

static bool origin_is_host(const char *origin, const char *host)
{
    static const char *const SCHEMES[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        const size_t len = strlen(SCHEMES[i]);
        if (strncmp(origin, SCHEMES[i], len) == 0 && strcasecmp(origin + len, host) == 0) {
            return true;
        }
    }
    return false;
}

static bool cookie_has_token(const pare_access *access, const char *cookies)
{
    const size_t name_len = strlen(access->cookie);
    bool found = false;
    while (cookies && *cookies) {
        cookies += strspn(cookies, " ;");
        const size_t len = strcspn(cookies, ";");
        if (len > name_len && cookies[name_len] == '=' &&
            strncmp(cookies, access->cookie, name_len) == 0) {
            found |= equal_bytes(access->token, cookies + name_len + 1, len - name_len - 1);
        }
        cookies += len;
    }
    return found;
}

pare_access_verdict pare_access_check(const pare_access *access, const pare_access_request *request)
{
    if (!pare_access_host_ok(access, request->host)) return PARE_ACCESS_BAD_HOST;
    if (request->origin && !origin_is_host(request->origin, request->host)) {
        return PARE_ACCESS_BAD_ORIGIN;
    }
    const bool bearer = request->authorization &&
                        strncasecmp(request->authorization, "Bearer ", 7) == 0 &&
                        pare_token_equal(access->token, request->authorization + 7);
    if (bearer) return PARE_ACCESS_OK;
    if (!cookie_has_token(access, request->cookie)) return PARE_ACCESS_NO_TOKEN;
    /* The cookie comes by itself: the request must be known to come from our own page. */
    if (request->changes && !request->origin) return PARE_ACCESS_BAD_ORIGIN;
    if (request->fetch_site && strcmp(request->fetch_site, "same-origin") != 0 &&
        strcmp(request->fetch_site, "none") != 0) {
        return PARE_ACCESS_BAD_ORIGIN;
    }
    return PARE_ACCESS_OK;
}
