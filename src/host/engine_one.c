// SPDX-License-Identifier: Apache-2.0
/* Single images on the engine: read, queued before all jobs, given to a worker, checked, written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"
#include "wire/header.h"

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    HEAD_LEN = 64 * 1024,
    COPY_LEN = 256 * 1024,
    TRIES = 2, /* crashes and lies of workers over one image */
    UNKNOWN_US = 1000 * 1000 * 1000,
    CANCEL_GRACE_US = 1000 * 1000,
    SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK,
};

static void on_answer(void *user, const pare_pool_answer *answer);
static void on_returned(void *user);
static const pare_pool_client CLIENT = {on_answer, on_returned};

/* ---- in the thread pool ---- */

/* Can the bytes be given to a worker as they are? Then nobody can change them, or it is a file on
 * the disk as in a job. */
static bool is_whole(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0) return false;
    const int seals = fcntl(fd, F_GET_SEALS);
    if (seals >= 0) return (seals & F_SEAL_WRITE) != 0;
    return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

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

/* Everything from one descriptor to the other: from where it stands, or from the start when whole.
 * *bytes: in, how many at most; out, how many there were. */
static pare_err pump(int from, int to, bool whole, uint64_t *bytes, pare_diag *diag)
{
    uint8_t *const data = malloc(COPY_LEN);
    pare_err err = PARE_OK;
    const uint64_t most = *bytes;
    *bytes = 0;
    if (!data) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a buffer");
    while (err == PARE_OK) {
        const ssize_t got =
            whole ? pread(from, data, COPY_LEN, (off_t)*bytes) : read(from, data, COPY_LEN);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = pare_fail_errno(diag, "read", "input");
        if (got <= 0) break;
        if ((uint64_t)got > most - *bytes) {
            err = pare_fail(diag, PARE_ERR_TOO_LARGE, "the input is larger than the memory budget");
            break;
        }
        err = write_all(to, data, (size_t)got, diag);
        *bytes += (uint64_t)got;
    }
    free(data);
    return err;
}

/* What the header says about time and memory. */
static void estimate(pare_one *one)
{
    uint8_t *const head = malloc(HEAD_LEN);
    const ssize_t len = head ? pread(one->fds[0], head, HEAD_LEN, 0) : -1;
    pare_header header = {.frames = 1, .depth_bits = 8, .channels = 3};
    if (len > 0) pare_header_read(head, (size_t)len, &header);
    free(head);
    const double ms = (double)one->timeout_ms * pare_header_deadline_share(&header, one->bytes_in);
    one->sent.deadline_ms = ms < 1e15 ? (uint64_t)ms : (uint64_t)1e15;
    one->memory_bytes = pare_header_memory_bytes(&header, one->bytes_in, &one->image);
    one->cost = pare_header_cost(&header, one->bytes_in, &one->image);
    one->sent.needs_all =
        one->sent.kind == PARE_TASK_SCORE || !pare_header_is_common(header.format, &one->image);
}

static pare_err take_input(pare_one *one)
{
    struct stat st;
    if (is_whole(one->in_fd)) {
        one->fds[0] = one->in_fd;
        if (fstat(one->in_fd, &st) == 0) one->bytes_in = (uint64_t)st.st_size;
        return PARE_OK;
    }
    one->fds[0] = memfd_create("pare-input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (one->fds[0] < 0) return pare_fail_errno(&one->diag, "make", "memory file");
    one->owns_input = true;
    one->bytes_in = one->engine->governor.budget_bytes;
    PARE_TRY(pump(one->in_fd, one->fds[0], false, &one->bytes_in, &one->diag));
    if (fcntl(one->fds[0], F_ADD_SEALS, SEALS) != 0) {
        return pare_fail_errno(&one->diag, "seal", "input");
    }
    return PARE_OK;
}

static void do_read(uv_work_t *work)
{
    pare_one *const one = work->data;
    one->err = take_input(one);
    if (one->err == PARE_OK) estimate(one);
}

static int source_fd(const pare_one *one)
{
    return one->fds[one->err == PARE_OK ? 1 : 0];
}

static bool has_bytes(const pare_one *one)
{
    return one->sent.kind == PARE_TASK_OPTIMIZE &&
           (one->err == PARE_OK || pare_err_is_skip(one->err));
}

static void do_write(uv_work_t *work)
{
    pare_one *const one = work->data;
    uint64_t bytes = UINT64_MAX;
    const pare_err err = pump(source_fd(one), one->out_fd, true, &bytes, &one->diag);
    if (err != PARE_OK) one->err = err;
}

/* ---- the end ---- */

static void leave(pare_one **list, const pare_one *one)
{
    for (pare_one **at = list; *at; at = &(*at)->next) {
        if (*at != one) continue;
        *at = one->next;
        return;
    }
}

static void fill_result(const pare_one *one, pare_file_result *out)
{
    const pare_result *const made = &one->answer.result.result;
    const bool optimized = one->err == PARE_OK, asked = one->sent.kind == PARE_TASK_OPTIMIZE;
    *out = (pare_file_result){
        .seq = 1,
        .input = "-",
        .err = one->err,
        .outcome = optimized                           ? PARE_OUTCOME_OPTIMIZED
                   : one->err == PARE_SKIP_UNSUPPORTED ? PARE_OUTCOME_SKIPPED
                   : pare_err_is_skip(one->err)        ? PARE_OUTCOME_KEPT
                                                       : PARE_OUTCOME_FAILED,
        .format_in = made->format_in,
        .format_out = optimized ? made->format_out : made->format_in,
        .width_px = optimized ? made->width_out_px : made->width_in_px,
        .height_px = optimized ? made->height_out_px : made->height_in_px,
        .bytes_in = one->bytes_in,
        .bytes_out = optimized && asked ? made->len : one->bytes_in,
        .score = optimized ? made->score : -1,
        .quality = made->quality,
        .lossless = made->lossless,
        .attempts = one->attempts,
        .worker = one->worker,
        .ms = (uint32_t)((pare_clock_us() - one->began_us) / 1000),
    };
    out->text = one->err == PARE_OK ? "" : one->diag.text;
    if (one->err != PARE_OK && !out->text[0]) out->text = pare_err_text(one->err);
}

/* Its answer is given once; then it is gone. */
static void finish(pare_one *one)
{
    pare_file_result result;
    pare_engine *const engine = one->engine;
    leave(&engine->ones, one);
    engine->one_count--;
    fill_result(one, &result);
    if (one->sent.kind == PARE_TASK_OPTIMIZE && one->err != PARE_ERR_CANCELLED) {
        pare_engine_count(&engine->totals, &result);
        pare_progress_plan(&engine->meter, (double)result.bytes_in);
        pare_progress_done(&engine->meter, (double)result.bytes_in);
    }
    if (one->on_end) one->on_end(one->user, &result, has_bytes(one) ? source_fd(one) : -1);
    if (one->owns_input) close(one->fds[0]);
    if (one->sent.kind == PARE_TASK_OPTIMIZE && one->fds[1] >= 0) close(one->fds[1]);
    free(one);
    pare_engine_wake(engine);
}

static void after_write(uv_work_t *work, int status)
{
    (void)status;
    finish(work->data);
}

static void end_with(pare_one *one, pare_err err, const char *text)
{
    one->step = PARE_ONE_WRITE;
    one->err = err;
    if (one->cancelled) {
        one->err = PARE_ERR_CANCELLED;
        memset(&one->diag, 0, sizeof one->diag);
    } else if (text && text[0]) {
        pare_fail(&one->diag, err, "%s", text);
    }
    if (has_bytes(one) && one->out_fd >= 0) {
        one->work.data = one;
        if (uv_queue_work(one->engine->loop, &one->work, do_write, after_write) == 0) return;
        one->err = PARE_ERR_NO_MEMORY;
    }
    finish(one);
}

/* ---- workers ---- */

static void release_memory(pare_one *one)
{
    if (one->admitted) pare_governor_release(&one->engine->governor, one->memory_bytes);
    one->admitted = false;
}

/* Behind those that wait, or before them when it is not the first try. */
static void enqueue(pare_one *one)
{
    one->step = PARE_ONE_QUEUED;
    if (one->sent.needs_all && one->engine->pool) pare_pool_want_all(one->engine->pool);
    pare_one **at = &one->engine->ones_queued;
    while (*at && one->attempts == 0) {
        at = &(*at)->queue_next;
    }
    one->queue_next = *at;
    *at = one;
    if (one->cancelled) pare_engine_wake(one->engine);
}

/* The worker is not believed: the bytes are sealed, and must be what it promised. */
static pare_err check_result(const pare_one *one, pare_diag *diag)
{
    uint8_t head[4096];
    struct stat st;
    const int fd = one->fds[1];
    const pare_result *const made = &one->answer.result.result;
    if (fcntl(fd, F_ADD_SEALS, SEALS) != 0 || fstat(fd, &st) != 0) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the worker still writes to its result");
    }
    const ssize_t len = pread(fd, head, sizeof head, 0);
    if (len <= 0 || (uint64_t)st.st_size != made->len || (uint64_t)st.st_size >= one->bytes_in ||
        pare_format_sniff(head, (size_t)len) != made->format_out) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the result is not what the worker promised");
    }
    return PARE_OK;
}

static void close_output(pare_one *one)
{
    if (one->sent.kind != PARE_TASK_OPTIMIZE || one->fds[1] < 0) return;
    close(one->fds[1]);
    one->fds[1] = -1;
}

/* A crash or nonsense: once more with another worker, then it is this image's fault. */
static void try_again(pare_one *one, pare_err err, const char *text)
{
    pare_metrics *const metrics = &one->engine->metrics;
    if (err == PARE_ERR_TIMEOUT) {
        metrics->timeouts++;
    } else {
        metrics->crashes++;
    }
    if (err == PARE_ERR_TIMEOUT || one->cancelled || ++one->failures >= TRIES) {
        end_with(one, err, text);
        return;
    }
    metrics->retries++;
    close_output(one);
    enqueue(one);
}

static void on_message(pare_one *one, const pare_message *message)
{
    pare_diag diag = {0};
    pare_engine *const engine = one->engine;
    one->answer = *message;
    pare_err err = message->result.err;
    if (err == PARE_OK && one->sent.kind == PARE_TASK_OPTIMIZE) {
        const pare_err checked = check_result(one, &diag);
        if (checked != PARE_OK) {
            pare_pool_distrust(engine->pool, one->worker);
            try_again(one, checked, diag.text);
            return;
        }
    }
    if (err == PARE_ERR_NO_MEMORY && !one->alone && !one->cancelled) {
        one->alone = true; /* larger than any budget: admitted when nothing else runs */
        one->memory_bytes = engine->governor.budget_bytes + 1;
        engine->metrics.retries++;
        close_output(one);
        enqueue(one);
        return;
    }
    end_with(one, err, message->result.diag.text);
}

static void on_answer(void *user, const pare_pool_answer *answer)
{
    pare_one *const one = user;
    pare_engine *const engine = one->engine;
    release_memory(one);
    one->worker = answer->worker;
    if (answer->err != PARE_OK) {
        try_again(one, answer->err, answer->text);
    } else {
        const uint64_t us = answer->ended_us - one->sent.started_us;
        const double now = one->cost > 0 ? (double)us / one->cost : 0;
        double *const mean = &engine->one_us_per_cost;
        *mean = *mean > 0 ? 0.9 * *mean + 0.1 * now : now;
        pare_histogram_add(&engine->metrics.task, us);
        on_message(one, answer->message);
    }
    pare_engine_pump(engine);
}

static void on_returned(void *user)
{
    pare_one *const one = user;
    release_memory(one);
    one->attempts--;
    enqueue(one);
}

static bool open_output(pare_one *one)
{
    if (one->sent.kind != PARE_TASK_OPTIMIZE) return true;
    if (one->fds[1] >= 0 && ftruncate(one->fds[1], 0) == 0) return true;
    close_output(one);
    one->fds[1] = memfd_create("pare-result", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return one->fds[1] >= 0;
}

/* The first of the queue, to a worker. False: it waits. */
static bool send_first(pare_engine *engine)
{
    pare_one *const one = engine->ones_queued;
    const double us = engine->one_us_per_cost * one->cost;
    one->sent.expected_us = us > 0 && us < UNKNOWN_US ? (uint64_t)us : UNKNOWN_US;
    if (one->memory_bytes > pare_governor_room(&engine->governor) ||
        !pare_pool_has_room(engine->pool, one->sent.expected_us, one->sent.needs_all)) {
        return false;
    }
    engine->ones_queued = one->queue_next;
    if (!open_output(one)) {
        end_with(one, pare_fail_errno(&one->diag, "make", "memory file"), NULL);
        return true;
    }
    one->sent.bytes_in = one->bytes_in;
    one->sent.fds[0] = one->fds[0];
    one->sent.fds[1] = one->fds[1];
    one->step = PARE_ONE_RUNNING;
    if (!pare_pool_send(engine->pool, &one->sent)) {
        one->queue_next = engine->ones_queued;
        engine->ones_queued = one;
        one->step = PARE_ONE_QUEUED;
        return false;
    }
    pare_governor_admit(&engine->governor, one->memory_bytes);
    one->admitted = true;
    one->attempts++;
    return true;
}

static void end_queued(pare_engine *engine, bool all, pare_err err, const char *text)
{
    for (pare_one **at = &engine->ones_queued; *at;) {
        pare_one *const one = *at;
        if (!all && !one->cancelled) {
            at = &one->queue_next;
            continue;
        }
        *at = one->queue_next;
        end_with(one, err, text);
    }
}

bool pare_engine_dispatch_ones(pare_engine *engine)
{
    end_queued(engine, engine->closing, PARE_ERR_CANCELLED, "");
    while (engine->ones_queued) {
        if (!send_first(engine)) return false;
    }
    return true;
}

void pare_engine_fail_ones(pare_engine *engine, pare_err err, const char *text)
{
    end_queued(engine, true, err, text);
}

static bool is_late(const void *user, const pare_pool_task *task)
{
    const uint64_t now_us = *(const uint64_t *)user;
    if (task->client != &CLIENT) return false;
    const pare_one *const one = task->user;
    return one->cancelled && now_us - one->cancel_us > CANCEL_GRACE_US;
}

void pare_engine_tick_ones(pare_engine *engine, uint64_t now_us)
{
    if (engine->ones && engine->pool) pare_pool_kill(engine->pool, is_late, &now_us);
}

void pare_engine_cancel_ones(pare_engine *engine)
{
    for (pare_one *one = engine->ones; one; one = one->next) {
        pare_one_cancel(one);
    }
}

/* ---- the beginning ---- */

static void after_read(uv_work_t *work, int status)
{
    pare_one *const one = work->data;
    pare_engine *const engine = one->engine;
    (void)status;
    if (one->err == PARE_OK) {
        enqueue(one);
    } else {
        end_with(one, one->err, NULL);
    }
    pare_engine_pump(engine);
}

/* A memory file needs no wait for a disk. */
static bool is_in_memory(int fd)
{
    return fcntl(fd, F_GET_SEALS) >= 0 && is_whole(fd);
}

pare_err pare_engine_ask(pare_engine *engine, const pare_one_request *request, pare_task_kind kind,
                         int second_fd, pare_one **out, pare_diag *diag)
{
    if (out) *out = NULL;
    PARE_TRY(pare_options_check(request->image, diag));
    if (engine->closing) return pare_fail(diag, PARE_ERR_CANCELLED, "Pare is about to end");
    pare_one *const one = calloc(1, sizeof *one);
    if (!one) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for an image");
    one->engine = engine;
    one->image = *request->image;
    one->in_fd = request->in_fd;
    one->out_fd = request->out_fd;
    one->fds[0] = -1;
    one->fds[1] = kind == PARE_TASK_SCORE ? second_fd : -1;
    one->timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
    one->on_end = request->on_end;
    one->user = request->user;
    one->answer.result.result.score = -1;
    one->began_us = pare_clock_us();
    snprintf(one->name, sizeof one->name, "%s", request->name ? request->name : "-");
    one->sent = (pare_pool_task){.id = ++engine->next_task_id,
                                 .kind = kind,
                                 .options = &one->image,
                                 .fd_count = kind == PARE_TASK_INFO ? 1 : 2,
                                 .name = one->name,
                                 .client = &CLIENT,
                                 .user = one};
    one->work.data = one;
    if (is_in_memory(one->in_fd)) {
        do_read(&one->work);
        enqueue(one);
    } else if (uv_queue_work(engine->loop, &one->work, do_read, after_read) != 0) {
        free(one);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no thread for an image");
    }
    if (engine->one_count == 0 && pare_engine_running(engine) == 0) pare_pool_revive(engine->pool);
    one->next = engine->ones;
    engine->ones = one;
    engine->one_count++;
    pare_engine_wake(engine);
    if (out) *out = one;
    return PARE_OK;
}

pare_err pare_engine_one(pare_engine *engine, const pare_one_request *request, pare_one **out,
                         pare_diag *diag)
{
    return pare_engine_ask(engine, request, PARE_TASK_OPTIMIZE, -1, out, diag);
}

void pare_one_cancel(pare_one *one)
{
    if (one->cancelled) return;
    one->cancelled = true;
    one->cancel_us = pare_clock_us();
    pare_engine_wake(one->engine);
}
