// SPDX-License-Identifier: Apache-2.0
/* pare-worker: one image at a time, for a host at the other end of descriptor 3.
 *
 *   pare-worker [--memory-bytes N] [--nice N]
 *
 * Not meant to be started by people. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <pare/version.h>

#include "worker/limits.h"
#include "worker/sandbox.h"
#include "worker/serve.h"

enum { SOCKET_FD = 3, EXIT_USAGE = 2 };

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max) return false;
    *out = value;
    return true;
}

static bool parse_arguments(int argc, char **argv, pare_worker_limits *limits)
{
    for (int i = 1; i < argc; i += 2) {
        uint64_t value = 0;
        if (i + 1 >= argc) return false;
        if (strcmp(argv[i], "--memory-bytes") == 0) {
            if (!parse_number(argv[i + 1], UINT64_MAX, &limits->memory_bytes)) return false;
        } else if (strcmp(argv[i], "--nice") == 0) {
            if (!parse_number(argv[i + 1], 19, &value)) return false;
            limits->nice = (int)value;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_seqpacket(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
    pare_worker_limits limits = {0};
    pare_diag diag = {0};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("pare-worker %s\n", PARE_VERSION);
        return 0;
    }
    if (!parse_arguments(argc, argv, &limits) || !is_seqpacket(SOCKET_FD)) {
        fputs("pare-worker is started by pare; it does nothing by itself\n", stderr);
        return EXIT_USAGE;
    }
    if (pare_worker_limits_apply(&limits, &diag) != PARE_OK) {
        fprintf(stderr, "pare-worker: %s\n", diag.text);
        return 1;
    }
    tzset(); /* Little CMS dates the profiles it makes; the time zone is a file */
    /* Everything is initialised from here on, and no byte of an image was read yet. */
    const uint32_t sandbox = pare_sandbox_enter();
    return pare_worker_serve(SOCKET_FD, sandbox);
}
