// SPDX-License-Identifier: Apache-2.0
/* A single question to a sandboxed worker: optimize a stream, tell what a file is, compare two. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/governor.h"
#include "host/pool.h"
#include "wire/header.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, HEAD_LEN = 64 * 1024, DEADLINE_PX = 1000 * 1000 };

/* One task, one worker, at most two tries. */
typedef struct question {
    pare_pool *pool;
    pare_pool_task task;
    uint32_t attempts;
    bool asked, done;
    pare_err err; /* of the worker; PARE_OK: see answer */
    pare_message answer;
    pare_diag diag;
} question;

static void finish(question *q, pare_err err, const char *text)
{
    q->done = true;
    q->err = err;
    if (err != PARE_OK) pare_fail(&q->diag, err, "%s", text);
    pare_pool_close(q->pool);
}

static void ask(void *user)
{
    question *const q = user;
    if (q->done || q->asked) return;
    const bool clean = q->task.kind != PARE_TASK_OPTIMIZE || ftruncate(q->task.fds[1], 0) == 0;
    if (!clean) {
        finish(q, PARE_ERR_IO, "empty the memory file");
        return;
    }
    q->asked = pare_pool_send(q->pool, &q->task);
    q->attempts += q->asked;
}

static void on_returned(void *user)
{
    question *const q = user;
    q->asked = false;
}

static void on_answer(void *user, const pare_pool_answer *answer)
{
    question *const q = user;
    q->asked = false;
    if (answer->err == PARE_OK) {
        q->answer = *answer->message;
        finish(q, PARE_OK, "");
    } else if (answer->err == PARE_ERR_TIMEOUT || q->attempts >= 2) {
        finish(q, answer->err, answer->text);
    } /* else the pool starts another worker, and that one is asked */
}

static void on_fatal(void *user, pare_err err, const char *text)
{
    question *const q = user;
    if (!q->done) finish(q, err, text);
}

static const pare_pool_events EVENTS = {ask, on_fatal, NULL};
static const pare_pool_client CLIENT = {on_answer, on_returned};

/* The answer's own error becomes the result; its text goes to diag. */
static pare_err put_question(question *q, const pare_batch_options *options, pare_diag *diag)
{
    uv_loop_t loop;
    char path[4096];
    pare_governor governor;
    PARE_TRY(pare_pool_find_worker(options->worker_path, path, diag));
    if (uv_loop_init(&loop) != 0) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the event loop");
    }
    pare_governor_init(&governor, options->memory_bytes, 1);
    const pare_pool_config config = {
        .loop = &loop,
        .command = {.path = path,
                    .nice = options->priority == PARE_PRIORITY_LOW ? 10 : 0,
                    .memory_bytes = pare_governor_ceiling(&governor),
                    .require_sandbox = options->require_sandbox},
        .worker_cap = 1,
        .events = &EVENTS,
        .user = q,
    };
    pare_err err = pare_pool_create(&config, &q->pool, diag);
    if (err == PARE_OK) {
        pare_pool_resize(q->pool, 1);
        uv_run(&loop, UV_RUN_DEFAULT);
        err = q->err;
        if (err != PARE_OK) pare_fail(diag, err, "%s", q->diag.text);
    }
    uv_loop_close(&loop);
    pare_pool_destroy(&q->pool);
    if (err != PARE_OK) return err;
    err = q->answer.result.err;
    if (err != PARE_OK && q->answer.result.diag.text[0]) {
        pare_fail(diag, err, "%s", q->answer.result.diag.text);
    }
    return err;
}

static uint64_t deadline_ms(const pare_batch_options *options, int fd)
{
    uint8_t *const head = malloc(HEAD_LEN);
    const ssize_t len = head ? pread(fd, head, HEAD_LEN, 0) : -1;
    pare_header header = {0};
    if (len > 0) pare_header_read(head, (size_t)len, &header);
    free(head);
    const double share = (double)header.width_px * header.height_px / DEADLINE_PX;
    const double ms = (double)options->timeout_ms * (share > 1 ? share : 1);
    return ms < 1e15 ? (uint64_t)ms : (uint64_t)1e15;
}

static pare_err open_file(const char *path, int *fd, pare_diag *diag)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe must not block us */
    if (*fd < 0) return pare_fail_errno(diag, "open", path);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) return PARE_OK;
    close(*fd);
    *fd = -1;
    return pare_fail(diag, PARE_ERR_INVALID, "%s is not a file", path);
}

static void init_question(question *q, pare_task_kind kind, const pare_options *options)
{
    memset(q, 0, sizeof *q);
    q->task.id = 1;
    q->task.kind = kind;
    q->task.options = options;
    q->task.name = "";
    q->task.client = &CLIENT;
    q->task.user = q;
}

pare_err pare_file_info(const char *path, const char *worker_path, pare_info *out, pare_diag *diag)
{
    question q;
    pare_batch_options options;
    memset(out, 0, sizeof *out);
    pare_batch_options_init(&options);
    options.worker_path = worker_path;
    init_question(&q, PARE_TASK_INFO, &options.image);
    PARE_TRY(open_file(path, &q.task.fds[0], diag));
    q.task.fd_count = 1;
    q.task.deadline_ms = DEFAULT_TIMEOUT_MS;
    const pare_err err = put_question(&q, &options, diag);
    close(q.task.fds[0]);
    if (err == PARE_OK) *out = q.answer.result.info;
    return err;
}

pare_err pare_file_score(const char *a, const char *b, const char *worker_path, double *score,
                         pare_diag *diag)
{
    question q;
    pare_batch_options options;
    *score = -1;
    pare_batch_options_init(&options);
    options.worker_path = worker_path;
    init_question(&q, PARE_TASK_SCORE, &options.image);
    PARE_TRY(open_file(a, &q.task.fds[0], diag));
    pare_err err = open_file(b, &q.task.fds[1], diag);
    if (err == PARE_OK) {
        q.task.fd_count = 2;
        q.task.deadline_ms = deadline_ms(&options, q.task.fds[0]);
        err = put_question(&q, &options, diag);
        close(q.task.fds[1]);
    }
    close(q.task.fds[0]);
    if (err == PARE_OK) *score = q.answer.result.result.score;
    return err;
}

/* ---- pipes ---- */

static pare_err write_all(int fd, const uint8_t *data, size_t len, pare_diag *diag)
{
    for (size_t at = 0; at < len;) {
        const ssize_t put = write(fd, data + at, len - at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return pare_fail_errno(diag, "write", "output");
        at += (size_t)put;
    }
    return PARE_OK;
}

/* Everything from one descriptor to the other, from where they stand; *bytes: in, how many at
 * most; out, how many there were. */
static pare_err pump(int from, int to, uint64_t *bytes, pare_diag *diag)
{
    uint8_t *const data = malloc(HEAD_LEN);
    pare_err err = PARE_OK;
    const uint64_t most = *bytes;
    *bytes = 0;
    if (!data) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a buffer");
    for (;;) {
        const ssize_t got = read(from, data, HEAD_LEN);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = pare_fail_errno(diag, "read", "input");
        if (got <= 0) break;
        if ((uint64_t)got > most - *bytes) {
            err = pare_fail(diag, PARE_ERR_TOO_LARGE, "the input is larger than the memory budget");
            break;
        }
        err = write_all(to, data, (size_t)got, diag);
        if (err != PARE_OK) break;
        *bytes += (uint64_t)got;
    }
    free(data);
    return err;
}

/* The worker is not believed: the bytes are sealed, and must be what it promised. */
static pare_err check_result(const question *q, uint64_t bytes_in, pare_diag *diag)
{
    uint8_t head[4096];
    struct stat st;
    const int fd = q->task.fds[1];
    const pare_result *const made = &q->answer.result.result;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0 ||
        fstat(fd, &st) != 0) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the worker still writes to its result");
    }
    const ssize_t len = pread(fd, head, sizeof head, 0);
    if (len <= 0 || (uint64_t)st.st_size != made->len || (uint64_t)st.st_size >= bytes_in ||
        pare_format_sniff(head, (size_t)len) != made->format_out) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the result is not what the worker promised");
    }
    return PARE_OK;
}

static void fill_result(pare_file_result *out, const question *q, pare_err err, uint64_t bytes_in)
{
    const pare_result *const made = &q->answer.result.result;
    const bool optimized = err == PARE_OK;
    out->err = err;
    out->outcome = optimized                      ? PARE_OUTCOME_OPTIMIZED
                   : err == PARE_SKIP_UNSUPPORTED ? PARE_OUTCOME_SKIPPED
                   : pare_err_is_skip(err)        ? PARE_OUTCOME_KEPT
                                                  : PARE_OUTCOME_FAILED;
    out->format_in = made->format_in;
    out->format_out = optimized ? made->format_out : made->format_in;
    out->width_px = optimized ? made->width_out_px : made->width_in_px;
    out->height_px = optimized ? made->height_out_px : made->height_in_px;
    out->bytes_in = bytes_in;
    out->bytes_out = optimized ? made->len : bytes_in;
    out->score = optimized ? made->score : -1;
    out->quality = made->quality;
    out->lossless = made->lossless;
    out->attempts = q->attempts;
    out->worker = q->attempts > 0;
}

/* in_fd: all of the input, in memory and sealed: a worker cannot change what is kept. */
static pare_err run_stream(question *q, const pare_batch_options *options, int in_fd,
                           uint64_t *bytes_in, pare_diag *diag)
{
    q->task.fds[0] = memfd_create("pare-input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    q->task.fds[1] = memfd_create("pare-result", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    q->task.fd_count = 2;
    if (q->task.fds[0] < 0 || q->task.fds[1] < 0) {
        return pare_fail_errno(diag, "make", "memory file");
    }
    pare_governor governor;
    pare_governor_init(&governor, options->memory_bytes, 1);
    *bytes_in = governor.budget_bytes;
    PARE_TRY(pump(in_fd, q->task.fds[0], bytes_in, diag));
    if (fcntl(q->task.fds[0], F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
        return pare_fail_errno(diag, "seal", "input");
    }
    q->task.deadline_ms = deadline_ms(options, q->task.fds[0]);
    const pare_err err = put_question(q, options, diag);
    return err == PARE_OK ? check_result(q, *bytes_in, diag) : err;
}

pare_err pare_batch_one(const pare_batch_options *options, int in_fd, int out_fd,
                        pare_file_result *out, pare_diag *diag)
{
    question q;
    pare_diag own = {0};
    uint64_t bytes_in = 0, written = UINT64_MAX;
    const uint64_t begin_us = pare_clock_us();
    if (!diag) diag = &own;
    memset(out, 0, sizeof *out);
    init_question(&q, PARE_TASK_OPTIMIZE, &options->image);
    q.task.fds[0] = q.task.fds[1] = -1;
    pare_err err = pare_options_check(&options->image, diag);
    if (err == PARE_OK) err = run_stream(&q, options, in_fd, &bytes_in, diag);
    if (err == PARE_OK || pare_err_is_skip(err)) {
        const int from = q.task.fds[err == PARE_OK ? 1 : 0];
        pare_err end = PARE_OK;
        if (lseek(from, 0, SEEK_SET) != 0) end = pare_fail_errno(diag, "rewind", "result");
        if (end == PARE_OK) end = pump(from, out_fd, &written, diag);
        if (end != PARE_OK) err = end;
    }
    for (int i = 0; i < 2; i++) {
        if (q.task.fds[i] >= 0) close(q.task.fds[i]);
    }
    fill_result(out, &q, err, bytes_in);
    out->seq = 1;
    out->input = "-";
    out->ms = (uint32_t)((pare_clock_us() - begin_us) / 1000);
    out->text = err == PARE_OK                  ? ""
                : diag->text[0] && diag != &own ? diag->text
                                                : pare_err_text(err);
    return err;
}
