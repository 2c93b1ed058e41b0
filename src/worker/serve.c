// SPDX-License-Identifier: Apache-2.0
/* Tasks in, results out: the only place in the worker that touches descriptors. */
#include "worker/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/optimize/optimize.h"
#include "wire/header.h"
#include "wire/message.h"
#include "worker/memory.h"

enum {
    FD_CAP = 2,
    MAP_FROM_BYTES = 256 * 1024,     /* below, reading is cheaper than page faults */
    KEEP_BELOW_PX = 4 * 1000 * 1000, /* freed memory is kept for the next of these */
    HUGE_FROM_PX = 200 * 1000,       /* below, large pages are not worth their size */
    /* above, what is freed goes at once where that is large and seldom, which costs least: of what
     * is scored, which holds most, and in the steps of the search for a PNG */
    LARGE_PX = 8 * 1000 * 1000,
    KEEP_MOST_BYTES = 64 << 20,
    PURGE_FROM_PX = 32 * 1000 * 1000,
};

/* An input file in memory. */
typedef struct input {
    uint8_t *data;
    size_t len;
    bool mapped;
} input;

typedef struct server {
    int socket;
    const input *in;         /* of the image being worked on */
    pare_worker_freed freed; /* as pare_worker_memory_freed() was told */
    bool steps_give_back;    /* of the present image */
    uint64_t task_id;        /* being worked on */
} server;

static pare_err read_whole(int fd, uint8_t *data, size_t len, pare_diag *diag)
{
    for (size_t at = 0; at < len;) {
        const ssize_t got = pread(fd, data + at, len - at, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return pare_fail_errno(diag, "read", "input");
        if (got == 0) return pare_fail(diag, PARE_ERR_CHANGED, "the input became shorter");
        at += (size_t)got;
    }
    return PARE_OK;
}

/* A file that is cut while it is mapped ends this process with SIGBUS: the host sees a crash. */
static pare_err input_open(int fd, input *in, pare_diag *diag)
{
    struct stat st;
    *in = (input){0};
    if (fstat(fd, &st) != 0) return pare_fail_errno(diag, "stat", "input");
    if (!S_ISREG(st.st_mode) || st.st_size < 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "the input is no file");
    }
    const size_t len = (size_t)st.st_size;
    if (len >= MAP_FROM_BYTES) {
        void *const map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) return pare_fail_errno(diag, "map", "input");
        *in = (input){map, len, true};
        return PARE_OK;
    }
    uint8_t *const data = malloc(len ? len : 1);
    if (!data) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the input");
    const pare_err err = read_whole(fd, data, len, diag);
    if (err != PARE_OK) {
        free(data);
        return err;
    }
    *in = (input){data, len, false};
    return PARE_OK;
}

static void input_close(input *in)
{
    if (in->mapped) {
        munmap(in->data, in->len);
    } else {
        free(in->data);
    }
    *in = (input){0};
}

static pare_err write_whole(int fd, const uint8_t *data, size_t len, pare_diag *diag)
{
    for (size_t at = 0; at < len;) {
        const ssize_t put = pwrite(fd, data + at, len - at, (off_t)at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return pare_fail_errno(diag, "write", "result");
        at += (size_t)put;
    }
    return PARE_OK;
}

/* flags: MSG_DONTWAIT for what may be dropped. False when the host is gone. */
static bool send_message(int socket, const pare_message *message, int flags)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len;
    if (pare_message_encode(message, data, sizeof data, &len) != PARE_OK) return false;
    struct iovec iov = {data, len};
    const struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
    for (;;) {
        if (sendmsg(socket, &header, flags | MSG_NOSIGNAL) >= 0) return true;
        if (errno == EINTR) continue;
        return (flags & MSG_DONTWAIT) && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
}

/* A large file is read from front to back, and then seldom again. */
static void on_read(void *user, size_t upto_bytes)
{
    const server *const s = user;
    const size_t pages = upto_bytes & ~((size_t)sysconf(_SC_PAGESIZE) - 1);
    if (s->in->mapped && pages > 0) (void)madvise(s->in->data, pages, MADV_DONTNEED);
}

/* What a step of a large image leaves behind is not to add to the peak of the next. */
static void on_step(void *user, pare_step step)
{
    server *const s = user;
    pare_message message = {.kind = PARE_MESSAGE_STEP, .task_id = s->task_id};
    message.step.step = step;
    (void)send_message(s->socket, &message, MSG_DONTWAIT);
    if (!s->steps_give_back) return;
    on_read(s, s->in->len);
    pare_worker_memory_purge();
}

static bool makes_png(pare_format format_in, const pare_options *options)
{
    const bool is_asked = options->target == PARE_TARGET_FORMAT;
    return (is_asked ? options->format : format_in) == PARE_FORMAT_PNG;
}

/* Small images leave their memory to each other; before a larger one it is given back. */
static void choose_memory(server *s, const input *in, const pare_options *options)
{
    pare_header header;
    pare_header_read(in->data, in->len, &header);
    const uint64_t px = (uint64_t)header.width_px * header.height_px;
    const pare_quality_mode mode = options->quality.mode;
    const bool is_scored = mode == PARE_QUALITY_AUTO || mode == PARE_QUALITY_SCORE;
    const bool holds_most = is_scored && px > LARGE_PX;
    const bool goes = px > LARGE_PX && (is_scored || makes_png(header.format, options));
    const pare_worker_freed freed = px > 0 && px < KEEP_BELOW_PX ? PARE_FREED_STAYS
                                    : goes                       ? PARE_FREED_GOES
                                                                 : PARE_FREED_GOES_SOON;
    pare_worker_memory_huge(px >= HUGE_FROM_PX && !holds_most);
    /* what is resized was decoded small: pages that are touched anew cost more than they are */
    s->steps_give_back = freed != PARE_FREED_STAYS && options->resize.mode == PARE_RESIZE_NONE;
    if (freed == s->freed) return;
    s->freed = freed;
    pare_worker_memory_freed(freed);
    if (freed != PARE_FREED_STAYS) pare_worker_memory_purge();
}

/* OPTIMIZE or SALVAGE: the result goes into the second file. */
static pare_err run_optimize(server *s, const int *fds, const pare_message *task,
                             pare_message *reply)
{
    const pare_options *const options = &task->task.options;
    input in;
    pare_diag *const diag = &reply->result.diag;
    pare_result *const result = &reply->result.result;
    const pare_step_listener listener = {on_step, on_read, s};
    pare_err err = input_open(fds[0], &in, diag);
    if (err != PARE_OK) return err;
    s->in = &in;
    choose_memory(s, &in, options);
    err = task->task.kind == PARE_TASK_SALVAGE
              ? pare_salvage(in.data, in.len, options, result, diag)
              : pare_optimize_listen(in.data, in.len, options, &listener, result, diag);
    if (err == PARE_OK) err = write_whole(fds[1], result->data, result->len, diag);
    const uint64_t px = (uint64_t)result->width_in_px * result->height_in_px;
    const size_t len = result->len;
    pare_result_deinit(result);
    result->len = err == PARE_OK ? len : 0;
    s->in = NULL;
    input_close(&in);
    if (px >= PURGE_FROM_PX || err == PARE_ERR_NO_MEMORY)
        pare_worker_memory_purge();
    else if (s->freed == PARE_FREED_STAYS)
        pare_worker_memory_trim(KEEP_MOST_BYTES);
    return err;
}

static pare_err run_info(const int *fds, pare_message *reply)
{
    input in;
    pare_err err = input_open(fds[0], &in, &reply->result.diag);
    if (err != PARE_OK) return err;
    err = pare_inspect(in.data, in.len, &reply->result.info, &reply->result.diag);
    input_close(&in);
    return err;
}

static pare_err run_score(const int *fds, pare_message *reply)
{
    input a = {0}, b = {0};
    pare_diag *const diag = &reply->result.diag;
    pare_err err = input_open(fds[0], &a, diag);
    if (err == PARE_OK) err = input_open(fds[1], &b, diag);
    if (err == PARE_OK) {
        err = pare_score(a.data, a.len, b.data, b.len, &reply->result.result.score, diag);
    }
    input_close(&a);
    input_close(&b);
    return err;
}

static pare_err run_task(server *s, const pare_message *task, const int *fds, int fd_count,
                         pare_message *reply)
{
    const int want = task->task.kind == PARE_TASK_INFO ? 1 : 2;
    if (fd_count != want) {
        return pare_fail(&reply->result.diag, PARE_ERR_INVALID, "a task without its files");
    }
    switch (task->task.kind) {
    case PARE_TASK_NONE: break;
    case PARE_TASK_OPTIMIZE:
    case PARE_TASK_SALVAGE: return run_optimize(s, fds, task, reply);
    case PARE_TASK_INFO: return run_info(fds, reply);
    case PARE_TASK_SCORE: return run_score(fds, reply);
    }
    return pare_fail(&reply->result.diag, PARE_ERR_INVALID, "an unknown kind of task");
}

/* A message and the descriptors that came with it. 1: got one; 0: the host closed; -1: broken. */
static int receive(int socket, pare_message *message, int *fds, int *fd_count)
{
    uint8_t data[PARE_MESSAGE_CAP];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FD_CAP * sizeof(int))];
    } control;
    struct iovec iov = {data, sizeof data};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t got;
    do {
        got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    *fd_count = 0;
    if (got <= 0) return got == 0 ? 0 : -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const int count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < count && *fd_count < FD_CAP; i++) {
            memcpy(&fds[(*fd_count)++], CMSG_DATA(c) + (size_t)i * sizeof(int), sizeof(int));
        }
    }
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return -1;
    return pare_message_decode(data, (size_t)got, message) == PARE_OK ? 1 : -1;
}

static uint64_t peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

/* A result with a field out of its range is a fault of the core; it must not cost the process. */
static void make_sendable(pare_message *reply)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len;
    if (pare_message_encode(reply, data, sizeof data, &len) == PARE_OK) return;
    memset(&reply->result, 0, sizeof reply->result);
    reply->result.result.score = -1;
    reply->result.err =
        pare_fail(&reply->result.diag, PARE_ERR_INTERNAL, "the result of the core is out of range");
}

int pare_worker_serve(int socket, uint32_t sandbox)
{
    server s = {.socket = socket};
    pare_message hello = {.kind = PARE_MESSAGE_HELLO};
    hello.hello.version = PARE_MESSAGE_VERSION;
    hello.hello.sandbox = sandbox;
    if (!send_message(socket, &hello, 0)) return 1;
    pare_worker_memory_huge(false); /* until a large image comes */
    for (;;) {
        pare_message task, reply;
        int fds[FD_CAP], fd_count;
        const int got = receive(socket, &task, fds, &fd_count);
        if (got <= 0) return got == 0 ? 0 : 1;
        if (task.kind != PARE_MESSAGE_TASK) return 1;
        const uint64_t cpu_us = pare_clock_cpu_us();
        s.task_id = task.task_id;
        memset(&reply, 0, sizeof reply);
        reply.kind = PARE_MESSAGE_RESULT;
        reply.task_id = task.task_id;
        reply.result.result.score = -1;
        reply.result.err = run_task(&s, &task, fds, fd_count, &reply);
        for (int i = 0; i < fd_count; i++) {
            close(fds[i]);
        }
        reply.result.peak_rss_bytes = peak_rss_bytes();
        reply.result.cpu_us = pare_clock_cpu_us() - cpu_us;
        make_sendable(&reply);
        if (!send_message(socket, &reply, 0)) return 1;
    }
}
