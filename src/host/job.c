// SPDX-License-Identifier: Apache-2.0
/* The course of a run: scan, plan, work, the next window, the end; and what happens on a timer. */
#include "host/job.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"

enum {
    SCAN_SLICE = 64,
    KNOWN_SLICE = 128,
    TICK_MS = 20,
    FLUSH_US = 100 * 1000,
    SAMPLE_US = 500 * 1000,
    CHECK_US = 1000 * 1000,
    STALL_US = 90 * 1000 * 1000, /* longer than three failed starts of a worker */
    CANCEL_GRACE_US = 2000 * 1000,
    QUEUE_AIM_US = 250 * 1000,
    QUEUE_CAP = 1024,
    OTHER_FDS = 24, /* the program's own, loop, ledger, trace */
    INTAKE_CAP = 8,
    COMMIT_CAP = 32, /* results that wait for the disk; more would be memory without bound */
    SMALLEST_INTERVAL_MS = 100,
};

static void end_run(pare_job *job);

void pare_job_fail(pare_job *job, pare_err err, const char *text)
{
    if (job->fatal == PARE_OK) {
        job->fatal = err;
        pare_fail(&job->fatal_diag, err, "%s", text[0] ? text : pare_err_text(err));
    }
    pare_job_cancel_now(job);
}

void pare_job_move(pare_task *task, pare_task_state to)
{
    pare_diag diag = {0};
    const pare_err err = pare_task_move(&task->job->counts, &task->state, to, &diag);
    if (err != PARE_OK) pare_job_fail(task->job, err, diag.text);
    task->job->moves++;
}

/* ---- scan and plan ---- */

static void begin_window(pare_job *job)
{
    job->phase = PARE_PHASE_SCAN;
    job->window_us = pare_clock_us();
}

static void resolve(pare_job *job)
{
    pare_diag diag = {0};
    const uint64_t begin_us = pare_clock_us();
    pare_trace_span(job->trace, 0, "scan", job->window_us, begin_us, NULL);
    const pare_err err = pare_plan_resolve(job->plan, &diag);
    pare_trace_span(job->trace, 0, "plan", begin_us, pare_clock_us(), NULL);
    if (err != PARE_OK) {
        pare_job_fail(job, err, diag.text);
        return;
    }
    const size_t count = pare_plan_count(job->plan);
    pare_task_counts_add(&job->counts, count);
    for (size_t i = 0; i < count; i++) {
        const pare_plan_entry *const entry = pare_plan_at(job->plan, i);
        job->totals.bytes_total += entry->ident.size_bytes;
        if (entry->err == PARE_OK) pare_progress_plan(&job->meter, entry->cost);
    }
    job->totals.files_total = job->counts.total;
    job->known_at = 0;
    job->phase = PARE_PHASE_KNOWN;
}

static void scan_slice(pare_job *job)
{
    pare_diag diag = {0};
    pare_scan_state state = PARE_SCAN_MORE;
    const pare_err err = pare_scan_step(job->scan, job->plan, SCAN_SLICE, &state, &diag);
    if (err != PARE_OK) {
        pare_job_fail(job, err, diag.text);
        return;
    }
    if (state == PARE_SCAN_MORE) {
        job->totals.files_total = job->counts.total + pare_plan_count(job->plan);
        return;
    }
    job->scan_done = state == PARE_SCAN_DONE;
    resolve(job);
}

static void known_slice(pare_job *job)
{
    const size_t count = pare_plan_count(job->plan);
    for (int i = 0; i < KNOWN_SLICE && job->known_at < count; i++) {
        const pare_plan_entry *const entry = pare_plan_at(job->plan, job->known_at++);
        if (entry->err == PARE_OK && !job->options.dry_run) continue;
        pare_job_report_known(job, entry);
    }
    if (job->known_at >= count) job->phase = PARE_PHASE_WORK;
}

static void on_idle(uv_idle_t *idle)
{
    pare_job *const job = idle->data;
    if (!job->cancelled && job->phase == PARE_PHASE_SCAN)
        scan_slice(job);
    else if (!job->cancelled && job->phase == PARE_PHASE_KNOWN)
        known_slice(job);
    pare_job_pump(job);
}

/* ---- work ---- */

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

/* Descriptors: a queued task holds 1, one in intake 3, one being committed 8, a running one 2. */
uint32_t pare_job_share_descriptors(pare_job *job)
{
    struct rlimit files;
    uint64_t limit = QUEUE_CAP;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) limit = files.rlim_cur;
    const uint32_t folders = clamp(limit / 8, 2, PARE_FOLDERS_FD_CAP);
    const uint64_t used = OTHER_FDS + folders + 6ull * job->governor.jobs;
    const uint64_t left = limit > used ? limit - used : 0;
    job->intake_cap = clamp(left / 10, 1, INTAKE_CAP);
    job->commit_cap = clamp(left / 20, 1, COMMIT_CAP);
    const uint64_t taken = 3ull * job->intake_cap + 8ull * job->commit_cap;
    job->queue_most = clamp(left > taken ? left - taken : 0, 2, QUEUE_CAP);
    return folders;
}

/* As many tasks as keep the workers busy for a while. */
static void set_queue_cap(pare_job *job)
{
    const uint64_t mean_us = pare_histogram_mean_us(&job->metrics.task);
    uint64_t cap = 2ull * job->governor.jobs;
    if (mean_us > 0 && job->governor.jobs * (uint64_t)QUEUE_AIM_US / mean_us > cap) {
        cap = job->governor.jobs * (uint64_t)QUEUE_AIM_US / mean_us;
    }
    job->queue_cap = clamp(cap, 1, job->queue_most);
}

static bool is_window_done(const pare_job *job)
{
    return job->phase == PARE_PHASE_WORK && pare_task_counts_active(&job->counts) == 0 &&
           (job->options.dry_run || pare_plan_left(job->plan) == 0);
}

void pare_job_pump(pare_job *job)
{
    if (job->phase == PARE_PHASE_END) return;
    if (job->cancelled) {
        pare_job_abandon_idle(job);
        if (pare_task_counts_active(&job->counts) == 0) end_run(job);
        return;
    }
    if (job->phase == PARE_PHASE_WORK && !job->options.dry_run) {
        pare_job_feed(job);
        pare_job_dispatch(job);
    }
    if (job->cancelled) return; /* something failed for good just now; the tick goes on */
    if (is_window_done(job)) {
        if (job->scan_done) {
            end_run(job);
            return;
        }
        pare_plan_clear(job->plan);
        begin_window(job);
    }
    const bool slices = job->phase == PARE_PHASE_SCAN || job->phase == PARE_PHASE_KNOWN;
    if (slices && !uv_is_active((uv_handle_t *)&job->idle)) uv_idle_start(&job->idle, on_idle);
    if (!slices) uv_idle_stop(&job->idle);
}

static void resize_pool(pare_job *job)
{
    if (job->options.dry_run) return;
    const uint64_t running = job->counts.in[PARE_STATE_RUNNING];
    uint64_t demand = job->queue.count + running + job->counts.in[PARE_STATE_INTAKE];
    if (job->phase == PARE_PHASE_WORK) demand += pare_plan_left(job->plan);
    pare_pool_resize(job->pool, pare_governor_pool_size(&job->governor, demand));
}

/* Nothing is with a worker, the disk or a pause, and still tasks wait: a fault of ours. Say what
 * waits instead of waiting for ever. */
static void check_stall(pare_job *job, uint64_t now_us)
{
    const uint64_t *const in = job->counts.in;
    const bool moved = job->moves != job->moves_seen;
    if (moved || job->waiting || in[PARE_STATE_RUNNING] > 0 || job->intake_count > 0 ||
        job->commit_count > 0 || pare_task_counts_active(&job->counts) == 0) {
        job->moves_seen = job->moves;
        job->moved_us = now_us;
        return;
    }
    if (now_us - job->moved_us < STALL_US) return;
    pare_pool_stats stats;
    pare_diag diag = {0};
    pare_pool_stats_get(job->pool, &stats);
    const pare_err err =
        pare_fail(&diag, PARE_ERR_INTERNAL,
                  "nothing moves: %llu queued, %llu wait for others, %u workers, %u busy",
                  (unsigned long long)in[PARE_STATE_QUEUED],
                  (unsigned long long)in[PARE_STATE_WAITING], stats.workers, stats.busy);
    pare_job_fail(job, err, diag.text);
}

static void check(pare_job *job, uint64_t now_us)
{
    pare_diag diag = {0};
    const pare_err err = pare_task_counts_check(&job->counts, &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text);
    if (job->pool) check_stall(job, now_us);
}

static void trace_counters(pare_job *job, uint64_t now_us)
{
    pare_pool_stats stats;
    if (!job->trace || !job->pool) return;
    pare_pool_stats_get(job->pool, &stats);
    pare_trace_counter(job->trace, "queue", now_us, (double)job->queue.count);
    pare_trace_counter(job->trace, "in flight", now_us, stats.in_flight);
    pare_trace_counter(job->trace, "workers", now_us, stats.workers);
    pare_trace_counter(job->trace, "committing", now_us, job->commit_count);
    pare_trace_counter(job->trace, "ledger hits", now_us, (double)job->metrics.ledger_hits);
    pare_trace_counter(job->trace, "retries", now_us, (double)job->metrics.retries);
    pare_trace_counter(job->trace, "cpu %", now_us, job->governor.cpu_pct);
    pare_trace_counter(job->trace, "task mean ms", now_us,
                       (double)pare_histogram_mean_us(&job->metrics.task) / 1e3);
    pare_trace_counter(job->trace, "task p95 ms", now_us,
                       (double)pare_histogram_percentile_us(&job->metrics.task, 0.95) / 1e3);
    pare_trace_counter(job->trace, "queue wait mean ms", now_us,
                       (double)pare_histogram_mean_us(&job->metrics.queue_wait) / 1e3);
}

static bool is_time(uint64_t now_us, uint64_t *last_us, uint64_t every_us)
{
    if (now_us - *last_us < every_us) return false;
    *last_us = now_us;
    return true;
}

static void on_tick(uv_timer_t *timer)
{
    pare_job *const job = timer->data;
    pare_diag diag = {0};
    const uint64_t now_us = pare_clock_us();
    uint32_t interval_ms = job->options.progress_interval_ms;
    if (interval_ms < SMALLEST_INTERVAL_MS) interval_ms = SMALLEST_INTERVAL_MS;
    pare_job_wake_due(job, now_us);
    if (is_time(now_us, &job->sample_us, SAMPLE_US)) {
        pare_governor_sample(&job->governor);
        set_queue_cap(job);
        trace_counters(job, now_us);
    }
    resize_pool(job);
    if (is_time(now_us, &job->check_us, CHECK_US)) check(job, now_us);
    if (job->ledger && is_time(now_us, &job->flush_us, FLUSH_US)) {
        const pare_err err = pare_ledger_flush(job->ledger, &diag);
        if (err != PARE_OK) pare_job_fail(job, err, diag.text);
    }
    if (job->cancelled && now_us - job->cancel_us > CANCEL_GRACE_US && job->pool) {
        pare_pool_kill(job->pool);
    }
    pare_job_pump(job);
    if (job->phase != PARE_PHASE_END &&
        is_time(now_us, &job->report_us, (uint64_t)interval_ms * 1000)) {
        pare_job_progress(job, now_us, false);
    }
}

/* ---- begin and end ---- */

void pare_job_cancel_now(pare_job *job)
{
    if (job->cancelled) return;
    job->cancelled = true;
    job->cancel_us = pare_clock_us();
}

static void on_wake(uv_async_t *wake)
{
    pare_job *const job = wake->data;
    if (!atomic_load(&job->cancel_asked)) return;
    pare_job_cancel_now(job);
    pare_job_pump(job);
}

static void end_run(pare_job *job)
{
    job->phase = PARE_PHASE_END;
    uv_idle_stop(&job->idle);
    uv_timer_stop(&job->tick);
    if (job->pool) pare_pool_close(job->pool);
}

static void on_answer(void *user, pare_pool_task *sent, const pare_pool_answer *answer)
{
    (void)user;
    pare_job_answer(sent->user, answer);
}

static void on_returned(void *user, pare_pool_task *sent)
{
    (void)user;
    pare_job_returned(sent->user);
}

static void on_room(void *user)
{
    pare_job_pump(user);
}

static void on_fatal(void *user, pare_err err, const char *text)
{
    pare_job_fail(user, err, text);
}

const pare_pool_events pare_job_pool_events = {on_answer, on_returned, on_room, on_fatal};

void pare_job_open(pare_job *job)
{
    uv_idle_init(&job->loop, &job->idle);
    uv_timer_init(&job->loop, &job->tick);
    uv_async_init(&job->loop, &job->wake, on_wake);
    job->idle.data = job->tick.data = job->wake.data = job;
    uv_unref((uv_handle_t *)&job->wake);
}

void pare_job_close(pare_job *job)
{
    uv_close((uv_handle_t *)&job->idle, NULL);
    uv_close((uv_handle_t *)&job->tick, NULL);
    uv_close((uv_handle_t *)&job->wake, NULL);
    if (job->pool) pare_pool_close(job->pool);
}

void pare_job_start(pare_job *job)
{
    const uint64_t now_us = pare_clock_us();
    pare_trace_lane(job->trace, 0, "pare");
    for (uint32_t i = 1; job->trace && i <= job->governor.jobs; i++) {
        char name[24];
        snprintf(name, sizeof name, "worker %u", i);
        pare_trace_lane(job->trace, i, name);
    }
    pare_progress_begin(&job->meter, now_us);
    job->random = now_us | 1;
    job->flush_us = job->sample_us = job->check_us = now_us;
    set_queue_cap(job);
    if (!job->options.dry_run) pare_pool_resize(job->pool, 1); /* one warms up during the scan */
    begin_window(job);
    uv_timer_start(&job->tick, on_tick, 0, TICK_MS);
    uv_idle_start(&job->idle, on_idle);
    if (atomic_load(&job->cancel_asked)) pare_job_cancel_now(job);
}
