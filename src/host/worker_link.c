// SPDX-License-Identifier: Apache-2.0
/* Start, talk to and end one worker process. */
#include "host/worker_link.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WORKER_SOCKET_FD = 3,
    ENVIRONMENT_CAP = 32,
    MESSAGES_PER_TURN = 16, /* so that one chatty worker cannot hold the loop */
};

extern char **environ;

static void on_handle_closed(uv_handle_t *handle)
{
    pare_worker_link *const link = handle->data;
    if (--link->open_handles > 0) return;
    if (link->socket >= 0) close(link->socket);
    link->socket = -1;
    link->in_use = false;
    link->events->on_closed(link);
}

static void close_link(pare_worker_link *link)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&link->process, (uv_handle_t *)&link->poll};
    for (size_t i = 0; i < 2; i++) {
        if (handles[i]->data == link && !uv_is_closing(handles[i])) {
            uv_close(handles[i], on_handle_closed);
        }
    }
}

/* One datagram: 1 delivered, 0 nothing there now, -1 the other end is closed. */
static int receive_one(pare_worker_link *link)
{
    uint8_t data[PARE_MESSAGE_CAP];
    pare_message message;
    struct iovec iov = {data, sizeof data};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1}; /* no room: descriptors are dropped */
    ssize_t got;
    do {
        got = recvmsg(link->socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    if (got <= 0) return -1; /* an empty datagram looks the same, and is nonsense as well */
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
        pare_message_decode(data, (size_t)got, &message) != PARE_OK) {
        link->events->on_nonsense(link);
        return 1;
    }
    link->events->on_message(link, &message);
    return 1;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    pare_worker_link *const link = poll->data;
    (void)events;
    int got = status < 0 ? -1 : 1;
    for (int i = 0; i < MESSAGES_PER_TURN && got > 0; i++) {
        got = receive_one(link);
    }
    if (got < 0) { /* whatever it is doing, nobody will hear of it */
        uv_poll_stop(poll);
        pare_worker_link_kill(link);
    }
}

static void on_process_exit(uv_process_t *process, int64_t status, int signal)
{
    pare_worker_link *const link = process->data;
    link->exited = true;
    link->pid = 0;
    /* A worker that died right after its answer has still answered. */
    for (int i = 0; i < 4 * MESSAGES_PER_TURN && receive_one(link) > 0; i++) {
    }
    link->events->on_exit(link, status, signal);
    close_link(link);
}

/* The worker's bytes must not depend on the user's environment. */
static bool passes(const char *variable)
{
    static const char *const PREFIXES[] = {
        "PATH=",          "LD_LIBRARY_PATH=", "PARE_",        "ASAN_OPTIONS=",
        "UBSAN_OPTIONS=", "LSAN_OPTIONS=",    "LLVM_PROFILE", "MALLOC_CONF=",
    };
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
        if (strncmp(variable, PREFIXES[i], strlen(PREFIXES[i])) == 0) return true;
    }
    return false;
}

static void fill_environment(char *to[ENVIRONMENT_CAP])
{
    size_t count = 0;
    for (char **variable = environ; *variable && count + 1 < ENVIRONMENT_CAP; variable++) {
        if (passes(*variable)) to[count++] = *variable;
    }
    to[count] = NULL;
}

static int spawn(pare_worker_link *link, uv_loop_t *loop, const pare_worker_command *command,
                 int worker_socket)
{
    char memory[24], nice[8], path[4096];
    char *environment[ENVIRONMENT_CAP];
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)command->memory_bytes);
    snprintf(nice, sizeof nice, "%d", command->nice);
    snprintf(path, sizeof path, "%s", command->path);
    char memory_flag[] = "--memory-bytes", nice_flag[] = "--nice";
    char *arguments[] = {path, memory_flag, memory, nice_flag, nice, NULL};
    fill_environment(environment);
    /* Libraries print warnings about damaged files; only a developer wants to see them. */
    const bool show = getenv("PARE_WORKER_STDERR") != NULL;
    uv_stdio_container_t stdio[WORKER_SOCKET_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = show ? UV_INHERIT_FD : UV_IGNORE, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = worker_socket},
    };
    const uv_process_options_t options = {
        .exit_cb = on_process_exit,
        .file = path,
        .args = arguments,
        .env = environment,
        .stdio = stdio,
        .stdio_count = WORKER_SOCKET_FD + 1,
    };
    return uv_spawn(loop, &link->process, &options);
}

pare_err pare_worker_link_spawn(pare_worker_link *link, uv_loop_t *loop,
                                const pare_worker_command *command, pare_diag *diag)
{
    int pair[2];
    if (strlen(command->path) >= 4096) {
        return pare_fail(diag, PARE_ERR_INVALID, "the path of the worker program is too long");
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return pare_fail_errno(diag, "make socket for", command->path);
    }
    memset(&link->process, 0, sizeof link->process);
    memset(&link->poll, 0, sizeof link->poll);
    link->exited = false;
    link->socket = pair[0];
    int code = uv_poll_init(loop, &link->poll, pair[0]); /* makes our end non-blocking */
    if (code != 0) {
        close(pair[0]);
        close(pair[1]);
        link->socket = -1;
        return pare_fail(diag, PARE_ERR_IO, "watch worker: %s", uv_strerror(code));
    }
    link->poll.data = link;
    link->process.data = link;
    link->in_use = true;
    link->open_handles = 2; /* also after a failed uv_spawn the handle must be closed */
    code = spawn(link, loop, command, pair[1]);
    close(pair[1]);
    if (code == 0) {
        link->pid = link->process.pid;
        code = uv_poll_start(&link->poll, UV_READABLE | UV_DISCONNECT, on_readable);
        if (code == 0) return PARE_OK;
        pare_worker_link_kill(link);
        return pare_fail(diag, PARE_ERR_IO, "watch worker: %s", uv_strerror(code));
    }
    close_link(link);
    const pare_err err = code == UV_ENOENT   ? PARE_ERR_NOT_FOUND
                         : code == UV_ENOMEM ? PARE_ERR_NO_MEMORY
                                             : PARE_ERR_IO;
    return pare_fail(diag, err, "start %s: %s", command->path, uv_strerror(code));
}

pare_err pare_worker_link_send(pare_worker_link *link, const pare_message *message, const int *fds,
                               int fd_count)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    PARE_TRY(pare_message_encode(message, data, sizeof data, &len));
    if (fd_count < 0 || fd_count > 2) return PARE_ERR_INTERNAL;
    struct iovec iov = {data, len};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd_count > 0) {
        const size_t fd_bytes = (size_t)fd_count * sizeof(int);
        memset(&control, 0, sizeof control);
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(fd_bytes);
        struct cmsghdr *const c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_bytes);
        memcpy(CMSG_DATA(c), fds, fd_bytes);
    }
    ssize_t put;
    do {
        put = sendmsg(link->socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)len ? PARE_OK : PARE_ERR_IO;
}

void pare_worker_link_finish(pare_worker_link *link)
{
    if (link->in_use && !link->exited) shutdown(link->socket, SHUT_WR);
}

void pare_worker_link_kill(pare_worker_link *link)
{
    if (link->in_use && link->pid > 0) uv_process_kill(&link->process, SIGKILL);
}
