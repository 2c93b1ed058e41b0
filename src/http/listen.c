// SPDX-License-Identifier: Apache-2.0
/* The socket that is listened on, and by which names the server is called. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server_inside.h"

typedef union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} address;

static bool is_loopback(const address *a)
{
    if (a->any.sa_family == AF_INET) return ntohl(a->four.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&a->six.sin6_addr);
}

static bool is_wildcard(const address *a)
{
    if (a->any.sa_family == AF_INET) return a->four.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&a->six.sin6_addr);
}

static bool read_address(const char *text, uint16_t port, address *out)
{
    *out = (address){0};
    if (inet_pton(AF_INET, text, &out->four.sin_addr) == 1) {
        out->four.sin_family = AF_INET;
        out->four.sin_port = htons(port);
        return true;
    }
    out->six.sin6_family = AF_INET6;
    out->six.sin6_port = htons(port);
    return inet_pton(AF_INET6, text, &out->six.sin6_addr) == 1;
}

/* What a Host header may say, and the address of the page. */
static void name_server(pare_server *server, const address *a, const char *text)
{
    pare_access *const access = &server->access;
    const bool six = a->any.sa_family == AF_INET6;
    access->port = ntohs(six ? a->six.sin6_port : a->four.sin_port);
    access->any_literal = is_wildcard(a);
    access->names = server->options.hosts;
    access->name_count = server->options.host_count;
    if (!is_loopback(a) && gethostname(access->own_name, sizeof access->own_name - 1) != 0) {
        access->own_name[0] = '\0';
    }
    snprintf(access->address, sizeof access->address, six ? "[%s]" : "%s", text);
    snprintf(access->cookie, sizeof access->cookie, "pare_session_%u", (unsigned)access->port);
    snprintf(server->url, sizeof server->url, "http://%s:%u/?token=%s",
             access->any_literal ? "127.0.0.1" : access->address, (unsigned)access->port,
             access->token);
}

/* "::" takes IPv4, too. */
static void set_options(int fd, const address *a)
{
    const int yes = 1, six_only = !is_wildcard(a);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (a->any.sa_family != AF_INET6) return;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &six_only, sizeof six_only);
}

pare_err pare_server_listen(pare_server *server, int *fd, pare_diag *diag)
{
    const char *text = server->options.address ? server->options.address : "127.0.0.1";
    address a;
    *fd = -1;
    if (!read_address(text, server->options.port, &a)) {
        return pare_fail(diag, PARE_ERR_INVALID, "%s is no address such as 127.0.0.1 or ::1", text);
    }
    if (!is_loopback(&a) && !server->options.token_file) {
        return pare_fail(diag, PARE_ERR_INVALID,
                         "to listen on %s, where other machines are, a token file is needed", text);
    }
    const bool six = a.any.sa_family == AF_INET6;
    socklen_t len = six ? sizeof a.six : sizeof a.four;
    *fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0) return pare_fail_errno(diag, "make", "socket");
    set_options(*fd, &a);
    if (bind(*fd, &a.any, len) != 0 || listen(*fd, 512) != 0 ||
        getsockname(*fd, &a.any, &len) != 0) {
        pare_fail(diag, PARE_ERR_IO, "listen on %s port %u: %s", text,
                  (unsigned)server->options.port, strerror(errno));
        close(*fd);
        *fd = -1;
        return PARE_ERR_IO;
    }
    name_server(server, &a, text);
    return PARE_OK;
}
