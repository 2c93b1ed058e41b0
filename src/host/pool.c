// SPDX-License-Identifier: Apache-2.0
/* Which worker gets which task, and what becomes of tasks whose worker failed. */
#include "host/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/deadline.h"
#include "host/governor.h"

enum {
    IN_FLIGHT_CAP = 2,
    SHORT_TASK_US = 100 * 1000, /* at most so long may a task wait behind another */
    TICK_MS = 50,
    START_LIMIT_MS = 60 * 1000, /* 10 ms of CPU are a long time on a machine in distress */
    FAILED_STARTS_CAP = 3,      /* in a row, with no worker that ever said HELLO between */
    CLOSE_GRACE_MS = 1000,
    SAMPLE_US = 500 * 1000,
};

/* Verdict on a worker whose tasks had no part in it: they go back without an attempt counted. */
#define BLAMELESS PARE_ERR_CANCELLED

typedef enum worker_state {
    WORKER_NONE = 0,     /* no process; may be started */
    WORKER_STARTING = 1, /* waits for HELLO */
    WORKER_READY = 2,
    WORKER_RETIRING = 3, /* no new task; ends after the last */
    WORKER_DYING = 4     /* waits for the end of the process */
} worker_state;

typedef struct worker {
    pare_worker_link link;
    pare_pool *pool;
    uint32_t number;
    worker_state state;
    pare_err verdict; /* why we killed it; PARE_OK: we did not */
    const char *verdict_text;
    pare_pool_task *tasks[IN_FLIGHT_CAP]; /* [0] is being worked on */
    uint32_t task_count;
    bool has_all; /* formats: it is the whole worker program, not pare-worker-common */
    bool has_said_hello;
    uint64_t started_us, asked_to_end_us;
    uint64_t tasks_done; /* by this number, over restarts */
    pare_pool_worker record;
    uint32_t tasks_here; /* by this process */
    pare_step step;
    uint64_t step_us;
    uint64_t rss_bytes, cpu_us, sampled_us;
    double cpu_pct;
    pare_deadline deadline; /* of deadline_task */
    uint64_t deadline_task; /* id */
} worker;

struct pare_pool {
    pare_pool_config config;
    char path[4096], common_path[4096]; /* common_path may be empty: there is none */
    uv_timer_t tick;
    uint32_t size; /* how many there should be */
    uint32_t failed_starts;
    uint64_t restarts, recycled, sampled_us;
    uint64_t looked_us; /* when deadlines were looked at last */
    bool closing, fatal;
    bool wants_all;  /* workers that are started from now on have all formats */
    worker *workers; /* worker_cap of them */
};

static void on_tick(uv_timer_t *timer);

/* Something has a time limit now. */
static void watch(pare_pool *pool)
{
    uv_handle_t *const tick = (uv_handle_t *)&pool->tick;
    if (uv_is_active(tick) || uv_is_closing(tick)) return;
    pool->looked_us = 0;
    uv_timer_start(&pool->tick, on_tick, TICK_MS, TICK_MS);
}

static bool is_alive(const worker *w)
{
    return w->state == WORKER_STARTING || w->state == WORKER_READY;
}

static void fail_for_good(pare_pool *pool, pare_err err, const char *text)
{
    if (pool->fatal) return;
    pool->fatal = true;
    pool->config.events->on_fatal(pool->config.user, err, text);
}

static void start(pare_pool *pool, worker *w)
{
    pare_diag diag = {0};
    pare_worker_command command = pool->config.command;
    w->has_all = pool->wants_all || pool->common_path[0] == '\0';
    if (!w->has_all) command.path = pool->common_path;
    w->verdict = PARE_OK;
    w->verdict_text = "";
    w->has_said_hello = false;
    w->tasks_here = 0;
    w->step = PARE_STEP_IDLE;
    w->started_us = w->step_us = pare_clock_us();
    w->rss_bytes = w->cpu_us = w->sampled_us = 0;
    w->deadline_task = 0;
    w->cpu_pct = 0;
    w->state = WORKER_STARTING;
    watch(pool);
    const pare_err err = pare_worker_link_spawn(&w->link, pool->config.loop, &command, &diag);
    if (err == PARE_OK) return;
    w->state = w->link.in_use ? WORKER_DYING : WORKER_NONE;
    /* Out of processes for a moment is no reason to stop while others work. */
    if (++pool->failed_starts >= FAILED_STARTS_CAP || err == PARE_ERR_NOT_FOUND) {
        fail_for_good(pool, err, diag.text);
    }
}

static void kill_worker(worker *w, pare_err verdict, const char *text)
{
    if (w->state == WORKER_DYING || w->state == WORKER_NONE) return;
    w->verdict = verdict;
    w->verdict_text = text;
    w->state = WORKER_DYING;
    pare_worker_link_kill(&w->link);
}

static void retire(worker *w)
{
    w->state = WORKER_RETIRING;
    if (w->task_count > 0) return;
    w->asked_to_end_us = pare_clock_us();
    watch(w->pool);
    pare_worker_link_finish(&w->link);
}

void pare_pool_resize(pare_pool *pool, uint32_t size)
{
    uint32_t alive = 0;
    if (pool->closing || pool->fatal) return;
    pool->size = size < pool->config.worker_cap ? size : pool->config.worker_cap;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        alive += is_alive(&pool->workers[i]);
    }
    for (uint32_t i = 0; i < pool->config.worker_cap && alive < pool->size && !pool->fatal; i++) {
        if (pool->workers[i].state != WORKER_NONE || pool->workers[i].link.in_use) continue;
        start(pool, &pool->workers[i]);
        alive++;
    }
    for (uint32_t i = pool->config.worker_cap; i-- > 0 && alive > pool->size;) {
        worker *const w = &pool->workers[i];
        if (w->state != WORKER_READY || w->task_count > 0) continue;
        retire(w);
        alive--;
    }
}

/* It waits for a task that no worker like it will get any more. */
static bool is_outdated(const pare_pool *pool, const worker *w)
{
    return pool->wants_all && !w->has_all && w->state == WORKER_READY;
}

void pare_pool_want_all(pare_pool *pool)
{
    if (pool->wants_all || pool->closing) return;
    pool->wants_all = true;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        if (is_outdated(pool, w) && w->task_count == 0) retire(w);
    }
}

/* ---- answers ---- */

static pare_pool_task *shift(worker *w)
{
    pare_pool_task *const task = w->tasks[0];
    w->tasks[0] = w->tasks[1];
    w->tasks[1] = NULL;
    w->task_count--;
    if (w->task_count > 0) w->tasks[0]->started_us = pare_clock_us();
    return task;
}

static void on_hello(pare_pool *pool, worker *w, const pare_message *message)
{
    if (w->state == WORKER_READY || message->hello.version != PARE_MESSAGE_VERSION) {
        const bool again = w->state == WORKER_READY;
        kill_worker(w, PARE_ERR_PROTOCOL, "the worker said hello twice");
        if (!again) {
            fail_for_good(pool, PARE_ERR_INVALID, "the worker program is of another version");
        }
        return;
    }
    if (w->state != WORKER_STARTING) return;
    w->has_said_hello = true;
    if (pool->config.command.require_sandbox && !(message->hello.sandbox & PARE_SANDBOX_SECCOMP)) {
        kill_worker(w, PARE_ERR_INVALID, "the worker has no sandbox");
        fail_for_good(pool, PARE_ERR_INVALID,
                      "the kernel refuses the sandbox of the workers (seccomp); --no-sandbox works "
                      "without it");
        return;
    }
    w->state = WORKER_READY;
    pool->failed_starts = 0;
    if (is_outdated(pool, w)) {
        retire(w);
        return;
    }
    pool->config.events->on_room(pool->config.user);
}

static void after_task(pare_pool *pool, worker *w)
{
    const bool worn =
        (pool->config.tasks_per_worker > 0 && w->tasks_here >= pool->config.tasks_per_worker) ||
        (pool->config.rss_watermark_bytes > 0 && w->rss_bytes > pool->config.rss_watermark_bytes);
    if (w->state == WORKER_READY && worn) {
        pool->recycled++;
        retire(w);
    } else if (is_outdated(pool, w) || (w->state == WORKER_RETIRING && w->task_count == 0)) {
        retire(w);
    }
}

static void on_result(pare_pool *pool, worker *w, const pare_message *message)
{
    pare_pool_task *const task = shift(w);
    const uint64_t begin_us = task->started_us;
    /* It answered while the signal was on its way: the task behind it is not to blame. */
    if (w->state == WORKER_DYING) w->verdict = BLAMELESS;
    w->tasks_done++;
    w->tasks_here++;
    w->step = PARE_STEP_IDLE;
    w->step_us = pare_clock_us();
    const pare_pool_answer answer = {
        .message = message, .text = "", .worker = w->number, .ended_us = w->step_us};
    pare_histogram_add(&w->record.tasks, w->step_us - begin_us);
    w->record.bytes_in += task->bytes_in;
    after_task(pool, w);
    task->client->on_answer(task->user, &answer);
    if (w->state == WORKER_READY) pool->config.events->on_room(pool->config.user);
}

static void on_message(pare_worker_link *link, const pare_message *message)
{
    worker *const w = link->user;
    const bool about_head = w->task_count > 0 && message->task_id == w->tasks[0]->id;
    /* What a liar sends after it was found out does not count. */
    if (w->state == WORKER_DYING && (w->verdict == PARE_ERR_PROTOCOL || w->verdict == BLAMELESS)) {
        return;
    }
    if (message->kind == PARE_MESSAGE_HELLO) {
        on_hello(w->pool, w, message);
    } else if (message->kind == PARE_MESSAGE_RESULT && about_head) {
        on_result(w->pool, w, message);
    } else if (message->kind == PARE_MESSAGE_STEP && about_head) {
        w->step = message->step.step;
        w->step_us = pare_clock_us();
    } else {
        kill_worker(w, PARE_ERR_PROTOCOL, "the worker answered nonsense");
    }
}

static void on_nonsense(pare_worker_link *link)
{
    kill_worker(link->user, PARE_ERR_PROTOCOL, "the worker answered nonsense");
}

/* ---- ends ---- */

static void describe_end(const worker *w, int64_t status, int signal, char *text, size_t cap)
{
    if (w->verdict != PARE_OK) {
        snprintf(text, cap, "%s", w->verdict_text);
    } else if (signal != 0) {
        snprintf(text, cap, "the worker died of signal %d (%s)", signal, strsignal(signal));
    } else {
        snprintf(text, cap, "the worker ended with status %lld", (long long)status);
    }
}

static void on_worker_exit(pare_worker_link *link, int64_t status, int signal)
{
    worker *const w = link->user;
    pare_pool *const pool = w->pool;
    const bool regular = w->state == WORKER_RETIRING && w->task_count == 0;
    const bool never_ready = !w->has_said_hello; /* also when it said something else */
    char text[160];
    describe_end(w, status, signal, text, sizeof text);
    w->state = WORKER_DYING;
    w->step = PARE_STEP_IDLE;
    if (!regular && !pool->closing) {
        pool->restarts++;
        w->record.restarts++;
    }
    if (w->task_count > 0) {
        pare_pool_task *const head = shift(w);
        const pare_pool_answer answer = {
            .err = w->verdict == PARE_OK ? PARE_ERR_CRASHED : w->verdict,
            .text = text,
            .worker = w->number,
            .ended_us = pare_clock_us(),
        };
        pare_pool_task *const next = w->task_count > 0 ? shift(w) : NULL;
        if (next) next->client->on_returned(next->user);
        if (w->verdict == BLAMELESS) {
            head->client->on_returned(head->user);
        } else {
            head->client->on_answer(head->user, &answer);
        }
    }
    if (never_ready && !pool->closing && ++pool->failed_starts >= FAILED_STARTS_CAP) {
        pare_diag diag = {0};
        pare_fail(&diag, PARE_ERR_IO, "%s does not start: %s", pool->path, text);
        fail_for_good(pool, PARE_ERR_IO, diag.text);
    }
}

static void on_tick_closed(uv_handle_t *tick)
{
    pare_pool *const pool = tick->data;
    if (pool->config.events->on_closed) pool->config.events->on_closed(pool->config.user);
}

/* The last handle of a pool that closes. */
static void close_tick_when_empty(pare_pool *pool)
{
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        if (pool->workers[i].link.in_use) return;
    }
    if (!uv_is_closing((uv_handle_t *)&pool->tick)) {
        uv_close((uv_handle_t *)&pool->tick, on_tick_closed);
    }
}

static void on_closed(pare_worker_link *link)
{
    worker *const w = link->user;
    w->state = WORKER_NONE;
    if (w->pool->closing) {
        close_tick_when_empty(w->pool);
    } else {
        pare_pool_resize(w->pool, w->pool->size);
    }
}

static const pare_worker_link_events LINK_EVENTS = {on_message, on_nonsense, on_worker_exit,
                                                    on_closed};

/* Time that nobody could use does not count. */
static void leave_out(pare_pool *pool, uint64_t away_us)
{
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        w->started_us += away_us;
        w->asked_to_end_us += away_us;
        w->step_us += away_us;
        for (uint32_t t = 0; t < w->task_count; t++)
            w->tasks[t]->started_us += away_us;
    }
}

static bool is_late(worker *w, uint64_t now_us)
{
    if (w->task_count == 0) return false;
    const pare_pool_task *const task = w->tasks[0];
    const uint64_t passed_us = now_us > task->started_us ? now_us - task->started_us : 0;
    const uint64_t limit_us = task->deadline_ms * 1000;
    uint64_t rss, cpu_us = 0;
    if (w->deadline_task != task->id) {
        w->deadline = (pare_deadline){0};
        w->deadline_task = task->id;
    }
    if (!pare_deadline_looks(&w->deadline, passed_us, limit_us)) return false;
    if (!pare_governor_process(w->link.pid, &rss, &cpu_us)) cpu_us = w->deadline.cpu_us;
    return pare_deadline_passed(&w->deadline, passed_us, limit_us, cpu_us);
}

/* Deadlines, workers that do not start, and workers that do not end. */
static void on_tick(uv_timer_t *timer)
{
    pare_pool *const pool = timer->data;
    const uint64_t now_us = pare_clock_us();
    bool idle = true;
    leave_out(pool, pare_deadline_away_us(pool->looked_us, now_us));
    pool->looked_us = now_us;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        idle &= w->state == WORKER_NONE || (w->state == WORKER_READY && w->task_count == 0);
        if (is_late(w, now_us)) {
            kill_worker(w, PARE_ERR_TIMEOUT, "it took longer than the time limit");
        }
        if (w->state == WORKER_STARTING && now_us - w->started_us > START_LIMIT_MS * 1000ull) {
            w->verdict_text = "it does not say hello";
            w->verdict = PARE_ERR_TIMEOUT;
            pare_worker_link_kill(&w->link); /* stays STARTING: counts as a failed start */
        }
        if (w->state == WORKER_RETIRING && w->task_count == 0 &&
            now_us - w->asked_to_end_us > CLOSE_GRACE_MS * 1000ull) {
            kill_worker(w, PARE_ERR_TIMEOUT, "it does not end");
        }
    }
    if (idle) uv_timer_stop(timer);
}

/* ---- the rest of the interface ---- */

pare_err pare_pool_create(const pare_pool_config *config, pare_pool **out, pare_diag *diag)
{
    *out = NULL;
    if (strlen(config->command.path) >= sizeof((pare_pool *)0)->path) {
        return pare_fail(diag, PARE_ERR_INVALID, "the path of the worker program is too long");
    }
    pare_pool *const pool = calloc(1, sizeof *pool);
    worker *const workers = calloc(config->worker_cap, sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the workers");
    }
    pool->config = *config;
    pool->workers = workers;
    strcpy(pool->path, config->command.path);
    pool->config.command.path = pool->path;
    pare_pool_find_common(pool->path, pool->common_path);
    for (uint32_t i = 0; i < config->worker_cap; i++) {
        workers[i].pool = pool;
        workers[i].number = i + 1;
        workers[i].link.user = &workers[i];
        workers[i].link.events = &LINK_EVENTS;
        workers[i].link.socket = -1;
    }
    uv_timer_init(config->loop, &pool->tick);
    pool->tick.data = pool;
    *out = pool;
    return PARE_OK;
}

/* An idle worker before a busy one; among busy ones the one whose task began first. */
static worker *choose(const pare_pool *pool, uint64_t expected_us, bool needs_all)
{
    worker *best = NULL;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        if (w->state != WORKER_READY || w->task_count >= IN_FLIGHT_CAP) continue;
        if (needs_all && !w->has_all) continue;
        if (w->task_count == 0) return w;
        if (w->tasks[0]->expected_us + expected_us > SHORT_TASK_US) continue;
        if (!best || w->tasks[0]->started_us < best->tasks[0]->started_us) best = w;
    }
    return best;
}

bool pare_pool_has_room(const pare_pool *pool, uint64_t expected_us, bool needs_all)
{
    return !pool->closing && !pool->fatal && choose(pool, expected_us, needs_all) != NULL;
}

bool pare_pool_send(pare_pool *pool, pare_pool_task *task)
{
    worker *const w =
        pool->closing || pool->fatal ? NULL : choose(pool, task->expected_us, task->needs_all);
    if (!w) return false;
    pare_message message;
    memset(&message, 0, sizeof message);
    message.kind = PARE_MESSAGE_TASK;
    message.task_id = task->id;
    message.task.kind = task->kind;
    message.task.options = *task->options;
    if (pare_worker_link_send(&w->link, &message, task->fds, task->fd_count) != PARE_OK) {
        return false; /* it is dying; its end will be noticed */
    }
    task->sent_us = task->started_us = pare_clock_us();
    if (w->task_count == 0) w->step_us = task->sent_us;
    w->tasks[w->task_count++] = task;
    watch(pool);
    return true;
}

void pare_pool_distrust(pare_pool *pool, uint32_t number)
{
    if (number < 1 || number > pool->config.worker_cap) return;
    kill_worker(&pool->workers[number - 1], BLAMELESS, "the worker lied");
}

void pare_pool_kill(pare_pool *pool, pare_pool_filter filter, const void *user)
{
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        if (w->task_count == 0 || (filter && !filter(user, w->tasks[0]))) continue;
        kill_worker(w, PARE_ERR_CRASHED, "stopped");
    }
}

void pare_pool_revive(pare_pool *pool)
{
    pool->fatal = false;
    pool->failed_starts = 0;
}

const pare_pool_worker *pare_pool_worker_of(const pare_pool *pool, uint32_t number)
{
    if (number < 1 || number > pool->config.worker_cap) return NULL;
    return &pool->workers[number - 1].record;
}

void pare_pool_stats_get(const pare_pool *pool, pare_pool_stats *out)
{
    *out = (pare_pool_stats){.restarts = pool->restarts, .recycled = pool->recycled};
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        const worker *const w = &pool->workers[i];
        out->workers += is_alive(w) || w->state == WORKER_RETIRING;
        out->busy += w->task_count > 0;
        out->in_flight += w->task_count;
    }
}

static void sample(worker *w, uint64_t now_us)
{
    uint64_t rss, cpu_us;
    if (!pare_governor_process(w->link.pid, &rss, &cpu_us)) return;
    if (w->sampled_us > 0 && now_us > w->sampled_us && cpu_us >= w->cpu_us) {
        w->cpu_pct = 100.0 * (double)(cpu_us - w->cpu_us) / (double)(now_us - w->sampled_us);
    }
    w->rss_bytes = rss;
    w->cpu_us = cpu_us;
    w->sampled_us = now_us;
}

uint32_t pare_pool_views(pare_pool *pool, pare_worker_view *views, uint32_t cap)
{
    const uint64_t now_us = pare_clock_us();
    const bool fresh = now_us - pool->sampled_us >= SAMPLE_US;
    uint32_t count = 0;
    if (fresh) pool->sampled_us = now_us;
    for (uint32_t i = 0; i < pool->config.worker_cap && count < cap; i++) {
        worker *const w = &pool->workers[i];
        if (!is_alive(w) && w->state != WORKER_RETIRING) continue;
        if (fresh) sample(w, now_us);
        views[count++] = (pare_worker_view){
            .number = w->number,
            .step = w->step,
            .name = w->task_count > 0 ? w->tasks[0]->name : "",
            .tasks_done = w->tasks_done,
            .step_ms = (uint32_t)((now_us - w->step_us) / 1000),
            .cpu_pct = w->cpu_pct,
            .rss_bytes = w->rss_bytes,
        };
    }
    return count;
}

double pare_pool_partial_cost(const pare_pool *pool, double us_per_cost, pare_pool_filter filter,
                              const void *user)
{
    const uint64_t now_us = pare_clock_us();
    double sum = 0;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        const worker *const w = &pool->workers[i];
        if (w->task_count == 0 || !filter(user, w->tasks[0])) continue;
        const double done = (double)(now_us - w->tasks[0]->started_us) / us_per_cost;
        sum += fmin(done, 0.9 * w->tasks[0]->cost);
    }
    return sum;
}

void pare_pool_close(pare_pool *pool)
{
    if (pool->closing) return;
    pool->closing = true;
    for (uint32_t i = 0; i < pool->config.worker_cap; i++) {
        worker *const w = &pool->workers[i];
        if (w->state == WORKER_READY) {
            retire(w);
        } else if (w->state == WORKER_STARTING) {
            kill_worker(w, PARE_ERR_CANCELLED, "stopped");
        }
    }
    close_tick_when_empty(pool);
}

void pare_pool_destroy(pare_pool **pool)
{
    if (!*pool) return;
    free((*pool)->workers);
    free(*pool);
    *pool = NULL;
}
