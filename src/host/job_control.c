// SPDX-License-Identifier: Apache-2.0
/* A job from outside: made, held, paused, cancelled, given back. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"
#include "host/options.h"

const char *pare_job_state_name(pare_job_state state)
{
    static const char *const NAMES[] = {"collecting", "queued",    "running", "paused",
                                        "done",       "cancelled", "failed"};
    return (unsigned)state < sizeof NAMES / sizeof *NAMES ? NAMES[state] : "unknown";
}

bool pare_job_state_is_final(pare_job_state state)
{
    return state >= PARE_JOB_DONE;
}

static pare_err create_parts(pare_job *job, pare_diag *diag)
{
    const pare_batch_options *const o = &job->options;
    PARE_TRY(pare_folders_create(job->engine->folder_fds, &job->folders));
    PARE_TRY(pare_plan_create(o, job->folders, job->ledger, &job->plan, diag));
    return pare_scan_create(o, job->folders, job->ledger, &job->scan, diag);
}

pare_err pare_job_create(pare_engine *engine, const pare_job_request *request, pare_job **out,
                         pare_diag *diag)
{
    *out = NULL;
    PARE_TRY(pare_batch_options_check(request->options, diag));
    if (engine->closing) return pare_fail(diag, PARE_ERR_CANCELLED, "Pare is about to end");
    if (!engine->pool && !request->options->dry_run) {
        return pare_fail(diag, PARE_ERR_INVALID, "there are no workers");
    }
    pare_job *job = calloc(1, sizeof *job);
    if (!job) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the job");
    job->engine = engine;
    job->ledger = engine->ledger;
    job->trace = engine->trace;
    job->on_state = request->on_state;
    job->job_id = request->job_id;
    job->state = PARE_JOB_QUEUED;
    job->number = ++engine->next_job;
    pare_err err = pare_batch_options_copy(request->options, &job->options, &job->texts, diag);
    if (err == PARE_OK) {
        job->settings = pare_settings_hash(&job->options.image);
        err = create_parts(job, diag);
    }
    if (err == PARE_OK && request->run_id != 0) err = pare_job_go_on(job, request, diag);
    if (err != PARE_OK) {
        pare_job_destroy(job);
        return err;
    }
    *out = job;
    return PARE_OK;
}

void pare_job_submit(pare_job *job, bool paused)
{
    pare_job **at = &job->engine->jobs;
    while (*at) {
        at = &(*at)->next;
    }
    *at = job;
    job->submitted = true;
    job->paused = paused;
    if (paused) job->state = PARE_JOB_PAUSED;
    pare_engine_wake(job->engine);
}

pare_err pare_engine_add(pare_engine *engine, const pare_job_request *request, pare_job **out,
                         pare_diag *diag)
{
    PARE_TRY(pare_job_create(engine, request, out, diag));
    const pare_err err = pare_job_add_paths(*out, request->paths, request->path_count, diag);
    if (err != PARE_OK) {
        pare_job_destroy(*out);
        *out = NULL;
        return err;
    }
    pare_job_submit(*out, request->paused);
    return PARE_OK;
}

void pare_job_destroy(pare_job *job)
{
    for (unsigned i = 0; i < job->unsynced.count; i++) {
        close(job->unsynced.folder_fds[i]);
    }
    pare_queue_deinit(&job->queue);
    pare_scan_destroy(&job->scan);
    pare_plan_destroy(&job->plan);
    pare_backup_destroy(&job->backup);
    pare_folders_destroy(&job->folders);
    pare_earlier_deinit(&job->earlier);
    for (size_t i = 0; i < job->path_count; i++)
        free(job->paths[i]);
    free(job->paths);
    free(job->texts);
    free(job);
}

pare_job_state pare_job_state_of(const pare_job *job)
{
    return job->state;
}

int64_t pare_job_run_id(const pare_job *job)
{
    return job->run_id;
}

void pare_job_snapshot(const pare_job *job, pare_progress *out)
{
    pare_job_fill_progress(job, pare_clock_us(), out);
    out->final = job->phase == PARE_PHASE_ENDED;
}

static bool has_ended(const pare_job *job)
{
    return job->cancelled || job->phase >= PARE_PHASE_SYNC;
}

void pare_job_pause(pare_job *job)
{
    if (job->paused || has_ended(job)) return;
    job->paused = true;
    job->pause_began_us = pare_clock_us();
    pare_engine_wake(job->engine);
}

void pare_job_resume(pare_job *job)
{
    if (!job->paused || has_ended(job)) return;
    const uint64_t now_us = pare_clock_us();
    job->paused = false;
    job->paused_us += now_us - job->pause_began_us;
    pare_engine_wake(job->engine);
}

void pare_job_cancel(pare_job *job)
{
    if (has_ended(job)) return;
    job->asked_to_end = true;
    pare_job_cancel_now(job);
    pare_engine_wake(job->engine);
}

void pare_job_release(pare_job **job_io)
{
    pare_job *const job = *job_io;
    *job_io = NULL;
    if (!job) return;
    job->released = true;
    job->options.on_notice = NULL;
    job->options.on_result = NULL;
    job->options.on_progress = NULL;
    pare_job_cancel(job);
    pare_engine_wake(job->engine); /* which frees it */
}
