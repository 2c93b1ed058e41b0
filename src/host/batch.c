// SPDX-License-Identifier: Apache-2.0
/* The public face of a run: <pare/batch.h>. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/job.h"

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    DEFAULT_INTERVAL_MS = 100,
    LOW_PRIORITY_NICE = 10,
    TASKS_PER_WORKER = 2000,
    SMALLEST_WATERMARK = 256 * 1024 * 1024,
    SMALLEST_MEMORY = 64 * 1024 * 1024,
};

struct pare_batch {
    pare_job job;
    bool ran;
};

void pare_batch_options_init(pare_batch_options *options)
{
    *options = (pare_batch_options){
        .timeout_ms = DEFAULT_TIMEOUT_MS,
        .use_ledger = true,
#ifndef PARE_SANITIZED /* whose workers have none, see worker/sandbox.h */
        .require_sandbox = true,
#endif
        .progress_interval_ms = DEFAULT_INTERVAL_MS,
    };
    pare_options_init(&options->image);
}

static pare_err check_options(const pare_batch_options *o, pare_diag *diag)
{
    PARE_TRY(pare_options_check(&o->image, diag));
    if ((unsigned)o->output_mode > PARE_OUTPUT_SUFFIX) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown output mode %d", (int)o->output_mode);
    }
    if (o->output_mode == PARE_OUTPUT_FOLDER && (!o->output_dir || !o->output_dir[0])) {
        return pare_fail(diag, PARE_ERR_INVALID, "no output folder was given");
    }
    if (o->output_mode == PARE_OUTPUT_SUFFIX &&
        (!o->suffix || !o->suffix[0] || strchr(o->suffix, '/'))) {
        return pare_fail(diag, PARE_ERR_INVALID, "the suffix is empty or has a '/'");
    }
    if (o->backup_dir && o->output_mode != PARE_OUTPUT_IN_PLACE) {
        return pare_fail(diag, PARE_ERR_INVALID, "a backup folder is for in-place runs only");
    }
    if (o->jobs > PARE_MAX_WORKERS) {
        return pare_fail(diag, PARE_ERR_INVALID, "more than %d jobs", PARE_MAX_WORKERS);
    }
    if (o->memory_bytes > 0 && o->memory_bytes < SMALLEST_MEMORY) {
        return pare_fail(diag, PARE_ERR_INVALID, "a memory budget below 64 MiB");
    }
    if (o->timeout_ms == 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "the time limit is 0");
    }
    if ((unsigned)o->priority > PARE_PRIORITY_HIGH) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown priority %d", (int)o->priority);
    }
    return PARE_OK;
}

/* Larger than what any admitted task needs, so that only what runs away is stopped. */
static uint64_t address_space(const pare_governor *governor)
{
    const uint64_t fixed = (uint64_t)4 << 30; /* libraries, stacks, reserves of allocators */
    return governor->budget_bytes < UINT64_MAX / 4 ? fixed + 2 * governor->budget_bytes : 0;
}

static pare_err create_pool(pare_job *job, pare_diag *diag)
{
    PARE_TRY(pare_pool_find_worker(job->options.worker_path, job->worker_path, diag));
    uint64_t watermark = job->governor.budget_bytes / job->governor.jobs;
    if (watermark < SMALLEST_WATERMARK) watermark = SMALLEST_WATERMARK;
    const pare_pool_config config = {
        .loop = &job->loop,
        .command = {.path = job->worker_path,
                    .nice = job->options.priority == PARE_PRIORITY_LOW ? LOW_PRIORITY_NICE : 0,
                    .memory_bytes = address_space(&job->governor),
                    .require_sandbox = job->options.require_sandbox},
        .worker_cap = job->governor.jobs,
        .rss_watermark_bytes = watermark,
        .tasks_per_worker = TASKS_PER_WORKER,
        .events = &pare_job_pool_events,
        .user = job,
    };
    return pare_pool_create(&config, &job->pool, diag);
}

static pare_err create_parts(pare_job *job, pare_diag *diag)
{
    const pare_batch_options *const o = &job->options;
    if (uv_loop_init(&job->loop) != 0) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the event loop");
    }
    job->loop_open = true;
    pare_job_open(job);
    job->settings = pare_settings_hash(&o->image);
    if (o->use_ledger) {
        PARE_TRY(pare_ledger_open(o->ledger_path, o->on_notice, o->user, &job->ledger, diag));
    }
    PARE_TRY(pare_folders_create(pare_job_share_descriptors(job), &job->folders));
    PARE_TRY(pare_plan_create(o, job->folders, job->ledger, &job->plan, diag));
    PARE_TRY(pare_scan_create(o, job->folders, job->ledger, &job->scan, diag));
    if (o->trace_path) PARE_TRY(pare_trace_open(o->trace_path, &job->trace, diag));
    return o->dry_run ? PARE_OK : create_pool(job, diag);
}

pare_err pare_batch_create(const pare_batch_options *options, pare_batch **out, pare_diag *diag)
{
    *out = NULL;
    PARE_TRY(check_options(options, diag));
    pare_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the batch");
    batch->job.options = *options;
    pare_governor_init(&batch->job.governor, options->memory_bytes, options->jobs);
    const pare_err err = create_parts(&batch->job, diag);
    if (err != PARE_OK) {
        pare_batch_destroy(&batch);
        return err;
    }
    *out = batch;
    return PARE_OK;
}

pare_err pare_batch_add(pare_batch *batch, const char *path, pare_diag *diag)
{
    if (batch->ran) return pare_fail(diag, PARE_ERR_INVALID, "the batch was run already");
    return pare_scan_add(batch->job.scan, path, diag);
}

static pare_err begin_run(pare_job *job, pare_diag *diag)
{
    const pare_batch_options *const o = &job->options;
    char folder[4096];
    if (o->dry_run || o->check) return PARE_OK;
    if (job->ledger) {
        const pare_ledger_run run = {
            .command_line = o->command_line,
            .folder = getcwd(folder, sizeof folder),
            .mode = o->output_mode,
        };
        PARE_TRY(pare_ledger_run_begin(job->ledger, &run, &job->run_id, diag));
    }
    if (!o->backup_dir) return PARE_OK;
    PARE_TRY(pare_backup_create(o->backup_dir, job->run_id, &job->backup, diag));
    if (!job->ledger) return PARE_OK;
    return pare_ledger_run_backup(job->ledger, job->run_id, pare_backup_path(job->backup), diag);
}

static pare_err finish_run(pare_job *job, pare_diag *diag)
{
    pare_err err = job->fatal;
    pare_fail(diag, err, "%s", job->fatal_diag.text);
    const pare_err synced = pare_job_sync(job, diag);
    if (err == PARE_OK) err = synced;
    if (job->ledger && job->run_id > 0) {
        pare_progress totals;
        pare_job_fill_progress(job, pare_clock_us(), &totals);
        const pare_err end =
            pare_ledger_run_end(job->ledger, job->run_id, &totals, !job->cancelled, diag);
        if (err == PARE_OK) err = end;
    }
    const pare_err traced = pare_trace_close(&job->trace, diag);
    if (err == PARE_OK) err = traced;
    if (err == PARE_OK && job->cancelled) {
        err = pare_fail(diag, PARE_ERR_CANCELLED, "stopped before all was done");
    }
    return err;
}

pare_err pare_batch_run(pare_batch *batch, pare_diag *diag)
{
    pare_job *const job = &batch->job;
    if (batch->ran) return pare_fail(diag, PARE_ERR_INVALID, "the batch was run already");
    batch->ran = true;
    PARE_TRY(begin_run(job, diag));
    pare_job_start(job);
    uv_run(&job->loop, UV_RUN_DEFAULT);
    const pare_err err = finish_run(job, diag);
    pare_job_progress(job, pare_clock_us(), true);
    return err;
}

void pare_batch_cancel(pare_batch *batch)
{
    atomic_store(&batch->job.cancel_asked, true);
    uv_async_send(&batch->job.wake);
}

void pare_batch_summary(const pare_batch *batch, pare_progress *out)
{
    pare_job_fill_progress(&batch->job, batch->job.meter.last_us, out);
    out->final = batch->ran;
}

void pare_batch_destroy(pare_batch **batch)
{
    if (!*batch) return;
    pare_job *const job = &(*batch)->job;
    if (job->loop_open) {
        pare_job_close(job);
        uv_run(&job->loop, UV_RUN_DEFAULT);
        uv_loop_close(&job->loop);
    }
    pare_pool_destroy(&job->pool);
    pare_queue_deinit(&job->queue);
    pare_scan_destroy(&job->scan);
    pare_plan_destroy(&job->plan);
    pare_backup_destroy(&job->backup);
    pare_ledger_close(&job->ledger);
    pare_folders_destroy(&job->folders);
    (void)!pare_trace_close(&job->trace, NULL);
    free(*batch);
    *batch = NULL;
}
