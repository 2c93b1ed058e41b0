// SPDX-License-Identifier: Apache-2.0
/* The public face of one job: <pare/batch.h>, a client of the engine. */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/engine_inside.h"
#include "host/options.h"

struct pare_batch {
    pare_engine *engine;
    pare_job *job;
    uv_async_t wake; /* cancel, from any thread */
    bool wake_open, ran;
    atomic_bool cancel_asked;
};

static void on_wake(uv_async_t *wake)
{
    pare_batch *const batch = wake->data;
    if (atomic_load(&batch->cancel_asked)) pare_job_cancel(batch->job);
}

/* A run that writes nothing makes no ledger either. */
static bool wants_ledger(const pare_batch_options *o)
{
    pare_buf path = {0};
    if (!o->use_ledger) return false;
    if (!o->dry_run && !o->check) return true;
    const char *name = o->ledger_path;
    if (!name && pare_ledger_default_path(&path, NULL) == PARE_OK) name = (const char *)path.data;
    const bool there = name && access(name, F_OK) == 0;
    pare_buf_deinit(&path);
    return there;
}

static pare_err create_parts(pare_batch *batch, const pare_batch_options *o, pare_diag *diag)
{
    const pare_engine_options options = {
        .workers = o->jobs,
        .jobs_at_once = 1,
        .memory_bytes = o->memory_bytes,
        .low_priority = o->priority == PARE_PRIORITY_LOW,
        .use_ledger = wants_ledger(o),
        .require_sandbox = o->require_sandbox,
        .ledger_path = o->ledger_path,
        .worker_path = o->worker_path,
        .trace_path = o->trace_path,
        .on_notice = o->on_notice,
        .user = o->user,
    };
    const pare_job_request request = {.options = o};
    PARE_TRY(pare_batch_options_check(o, diag));
    PARE_TRY(pare_engine_make(&options, o->dry_run, &batch->engine, diag));
    PARE_TRY(pare_job_create(batch->engine, &request, &batch->job, diag));
    if (uv_async_init(batch->engine->loop, &batch->wake, on_wake) != 0) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the event loop");
    }
    batch->wake.data = batch;
    batch->wake_open = true;
    uv_unref((uv_handle_t *)&batch->wake);
    return PARE_OK;
}

pare_err pare_batch_create(const pare_batch_options *options, pare_batch **out, pare_diag *diag)
{
    *out = NULL;
    pare_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the batch");
    const pare_err err = create_parts(batch, options, diag);
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
    return pare_scan_add(batch->job->scan, path, diag);
}

pare_err pare_batch_run(pare_batch *batch, pare_diag *diag)
{
    pare_job *const job = batch->job;
    if (batch->ran) return pare_fail(diag, PARE_ERR_INVALID, "the batch was run already");
    batch->ran = true;
    pare_job_submit(job, false);
    if (atomic_load(&batch->cancel_asked)) pare_job_cancel(job);
    pare_engine_run(batch->engine);
    pare_err err = job->err;
    if (err != PARE_OK) pare_fail(diag, err, "%s", job->diag.text);
    const pare_err traced = pare_engine_end_trace(batch->engine, diag);
    if (err == PARE_OK) err = traced;
    if (err == PARE_OK && job->cancelled) {
        err = pare_fail(diag, PARE_ERR_CANCELLED, "stopped before all was done");
    }
    return err;
}

void pare_batch_cancel(pare_batch *batch)
{
    atomic_store(&batch->cancel_asked, true);
    uv_async_send(&batch->wake);
}

void pare_batch_summary(const pare_batch *batch, pare_progress *out)
{
    pare_job_fill_progress(batch->job, batch->job->meter.last_us, out);
    out->final = batch->ran;
}

void pare_batch_destroy(pare_batch **batch)
{
    if (!*batch) return;
    if ((*batch)->wake_open) uv_close((uv_handle_t *)&(*batch)->wake, NULL);
    if ((*batch)->job && !(*batch)->ran) pare_job_destroy((*batch)->job);
    pare_engine_destroy(&(*batch)->engine);
    free(*batch);
    *batch = NULL;
}
