// SPDX-License-Identifier: Apache-2.0
/* The course of a job: scan, plan, work, the next window, the end; and what happens on a timer. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"
#include "host/ledger_jobs.h"

enum {
    SCAN_SLICE = 64,
    KNOWN_SLICE = 128,
    CANCEL_GRACE_US = 2000 * 1000,
    QUEUE_AIM_US = 250 * 1000,
    SMALLEST_INTERVAL_MS = 100,
};

static void begin_end(pare_job *job);

void pare_job_fail(pare_job *job, pare_err err, const char *text)
{
    if (job->err == PARE_OK) {
        job->err = err;
        pare_fail(&job->diag, err, "%s", text[0] ? text : pare_err_text(err));
    }
    pare_job_cancel_now(job);
}

void pare_job_cancel_now(pare_job *job)
{
    if (job->cancelled) return;
    job->cancelled = true;
    job->cancel_us = pare_clock_us();
}

void pare_job_move(pare_task *task, pare_task_state to)
{
    pare_diag diag = {0};
    const pare_err err = pare_task_move(&task->job->counts, &task->state, to, &diag);
    if (err != PARE_OK) pare_job_fail(task->job, err, diag.text);
    task->job->moves++;
}

void pare_job_set_state(pare_job *job, pare_job_state state)
{
    const bool failed = state == PARE_JOB_FAILED;
    if (job->state == state) return;
    job->state = state;
    if (job->ledger && job->job_id > 0) { /* a row that is gone needs no state */
        (void)!pare_ledger_job_set_state(job->ledger, job->job_id, (int)state,
                                         failed ? job->diag.text : "", NULL);
    }
    if (!job->on_state || job->released) return;
    job->on_state(job->options.user, job, state, failed ? job->err : PARE_OK,
                  failed ? job->diag.text : "");
}

uint64_t pare_job_time_us(const pare_job *job, uint64_t now_us)
{
    uint64_t pause_us = job->paused_us;
    if (job->paused && now_us > job->pause_began_us) pause_us += now_us - job->pause_began_us;
    return now_us > pause_us ? now_us - pause_us : 0;
}

/* ---- scan and plan ---- */

void pare_job_scan_begin(pare_job *job)
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
    const bool counts_bytes = !job->earlier.active || job->earlier.again == PARE_AGAIN_RESUME;
    pare_task_counts_add(&job->counts, count);
    for (size_t i = 0; i < count; i++) {
        const pare_plan_entry *const entry = pare_plan_at(job->plan, i);
        if (counts_bytes) job->totals.bytes_total += entry->ident.size_bytes;
        if (entry->err == PARE_OK) pare_progress_plan(&job->meter, entry->cost);
    }
    job->totals.files_total = pare_job_files_total(job, job->counts.total);
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
        const uint64_t planned = job->counts.total + pare_plan_count(job->plan);
        job->totals.files_total = pare_job_files_total(job, planned);
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

bool pare_job_slice(pare_job *job)
{
    if (job->cancelled || job->paused) return false;
    if (job->phase == PARE_PHASE_SCAN) {
        scan_slice(job);
    } else if (job->phase == PARE_PHASE_KNOWN) {
        known_slice(job);
    }
    return !job->cancelled && !job->paused &&
           (job->phase == PARE_PHASE_SCAN || job->phase == PARE_PHASE_KNOWN);
}

/* ---- work ---- */

/* As many tasks as keep the workers busy for a while; with other jobs, a share of what the
 * descriptors allow. */
static void set_queue_cap(pare_job *job)
{
    const pare_engine *const engine = job->engine;
    const uint64_t mean_us = pare_histogram_mean_us(&job->metrics.task);
    const uint32_t workers = engine->governor.jobs, jobs = pare_engine_running(engine);
    uint64_t cap = 2ull * workers;
    if (mean_us > 0 && workers * (uint64_t)QUEUE_AIM_US / mean_us > cap) {
        cap = workers * (uint64_t)QUEUE_AIM_US / mean_us;
    }
    const uint64_t most = engine->queue_most / (jobs ? jobs : 1);
    if (cap > most) cap = most;
    job->queue_cap = cap > 0 ? (uint32_t)cap : 1;
}

static bool is_window_done(const pare_job *job)
{
    return job->phase == PARE_PHASE_WORK && pare_task_counts_active(&job->counts) == 0 &&
           (job->options.dry_run || pare_plan_left(job->plan) == 0);
}

void pare_job_turn(pare_job *job)
{
    if (job->phase >= PARE_PHASE_SYNC) return;
    if (job->cancelled && job->phase != PARE_PHASE_RESTORE) {
        pare_job_abandon_idle(job);
        if (pare_task_counts_active(&job->counts) == 0) begin_end(job);
        return;
    }
    const bool held = job->phase == PARE_PHASE_HELD;
    pare_job_set_state(job, job->paused ? PARE_JOB_PAUSED
                            : held      ? PARE_JOB_QUEUED
                                        : PARE_JOB_RUNNING);
    if (job->paused || held || job->phase == PARE_PHASE_RESTORE) return;
    if (job->phase == PARE_PHASE_WORK && !job->options.dry_run) pare_job_feed(job);
    if (job->cancelled || !is_window_done(job)) return;
    if (job->scan_done) {
        begin_end(job);
        return;
    }
    pare_plan_clear(job->plan);
    pare_job_scan_begin(job);
}

uint64_t pare_job_demand(const pare_job *job)
{
    if (job->options.dry_run || job->phase >= PARE_PHASE_SYNC) return 0;
    uint64_t demand = job->counts.in[PARE_STATE_RUNNING];
    if (job->paused || job->phase == PARE_PHASE_HELD) return demand;
    demand += job->queue.count + job->counts.in[PARE_STATE_INTAKE];
    if (job->phase == PARE_PHASE_WORK) demand += pare_plan_left(job->plan);
    return demand;
}

void pare_job_check(pare_job *job, uint64_t now_us)
{
    pare_diag diag = {0};
    const pare_err err = pare_task_counts_check(&job->counts, &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text);
    if (job->phase < PARE_PHASE_SYNC) pare_job_watch(job, now_us);
}

static bool is_mine(const void *user, const pare_pool_task *task)
{
    return task->options == &((const pare_job *)user)->options.image;
}

void pare_job_tick(pare_job *job, uint64_t now_us)
{
    if (job->phase == PARE_PHASE_HELD || job->phase == PARE_PHASE_ENDED) return;
    uint32_t interval_ms = job->options.progress_interval_ms;
    if (interval_ms < SMALLEST_INTERVAL_MS) interval_ms = SMALLEST_INTERVAL_MS;
    if (!job->paused || job->cancelled) pare_job_wake_due(job, now_us);
    set_queue_cap(job);
    if (job->cancelled && now_us - job->cancel_us > CANCEL_GRACE_US && job->engine->pool) {
        pare_pool_kill(job->engine->pool, is_mine, job);
    }
    if (job->phase < PARE_PHASE_SYNC && now_us - job->report_us >= (uint64_t)interval_ms * 1000) {
        job->report_us = now_us;
        pare_job_progress(job, now_us, false);
    }
}

/* ---- begin and end ---- */

/* What killed runs left of copies for their backups. */
static pare_err sweep_backups(pare_job *job, pare_diag *diag)
{
    pare_buf paths = {0};
    const pare_err err = pare_ledger_unfinished_backups(job->ledger, &paths, diag);
    const char *const end = (const char *)paths.data + paths.len;
    for (const char *path = (const char *)paths.data; path && path < end; path += strlen(path) + 1)
        pare_backup_sweep(path);
    pare_buf_deinit(&paths);
    return err;
}

static pare_err open_run(pare_job *job, pare_diag *diag)
{
    const pare_batch_options *const o = &job->options;
    char folder[4096];
    if (o->dry_run || o->check) return PARE_OK;
    if (job->ledger && job->run_id == 0) {
        const pare_ledger_run run = {
            .command_line = o->command_line,
            .folder = getcwd(folder, sizeof folder),
            .mode = o->output_mode,
        };
        PARE_TRY(pare_ledger_run_begin(job->ledger, &run, &job->run_id, diag));
    } else if (job->ledger) {
        PARE_TRY(pare_ledger_run_again(job->ledger, job->run_id, o->output_mode, diag));
    }
    if (job->ledger && job->job_id > 0) {
        PARE_TRY(pare_ledger_job_set_run(job->ledger, job->job_id, job->run_id, diag));
    }
    if (o->backup_dir && job->ledger) PARE_TRY(sweep_backups(job, diag));
    if (!o->backup_dir || job->backup) return PARE_OK;
    PARE_TRY(pare_backup_create(o->backup_dir, job->run_id, &job->backup, diag));
    if (!job->ledger) return PARE_OK;
    return pare_ledger_run_backup(job->ledger, job->run_id, pare_backup_path(job->backup), diag);
}

void pare_job_begin(pare_job *job)
{
    pare_diag diag = {0};
    const uint64_t now_us = pare_clock_us();
    pare_pool_stats stats = {0};
    if (job->engine->pool) pare_pool_stats_get(job->engine->pool, &stats);
    job->restarts_before = stats.restarts;
    if (job->engine->pool) pare_pool_revive(job->engine->pool);
    job->paused_us = 0;
    job->pause_began_us = now_us;
    pare_progress_begin(&job->meter, now_us);
    job->moved_us = now_us;
    set_queue_cap(job);
    const pare_err err = open_run(job, &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text);
    if (err == PARE_OK && job->restores) {
        pare_job_restore(job);
    } else {
        pare_job_scan_begin(job);
    }
}

static void close_run(pare_job *job, pare_err synced)
{
    if (job->err == PARE_OK) job->err = synced;
    if (job->ledger && job->run_id > 0) {
        pare_progress totals;
        pare_diag diag = {0};
        const pare_earlier *const e = &job->earlier;
        const bool finished = !job->cancelled || (e->active && e->again != PARE_AGAIN_RESUME);
        pare_job_fill_progress(job, pare_clock_us(), &totals);
        const pare_err end = pare_ledger_run_end(job->ledger, job->run_id, &totals, finished,
                                                 synced == PARE_OK, &diag);
        if (job->err == PARE_OK && end != PARE_OK) {
            job->err = end;
            job->diag = diag;
        }
    }
}

static void end(pare_job *job)
{
    if (!job->engine->closing) pare_job_report_restored(job);
    close_run(job, job->work_err);
    job->phase = PARE_PHASE_ENDED;
    pare_job_progress(job, pare_clock_us(), true);
    const bool ends = job->err != PARE_OK || job->asked_to_end || !job->cancelled;
    if (job->engine->closing && !ends) return; /* another engine goes on with it */
    pare_job_set_state(job, job->err != PARE_OK ? PARE_JOB_FAILED
                            : job->cancelled    ? PARE_JOB_CANCELLED
                                                : PARE_JOB_DONE);
}

static void do_sync(uv_work_t *work)
{
    pare_job *const job = work->data;
    job->work_err = pare_job_sync(job, &job->diag);
}

static void after_sync(uv_work_t *work, int status)
{
    pare_job *const job = work->data;
    (void)status;
    end(job);
    pare_engine_pump(job->engine);
}

static void begin_end(pare_job *job)
{
    job->phase = PARE_PHASE_SYNC;
    job->work.data = job;
    if (job->unsynced.count > 0 &&
        uv_queue_work(job->engine->loop, &job->work, do_sync, after_sync) == 0) {
        return;
    }
    job->work_err = pare_job_sync(job, &job->diag);
    end(job);
}
