// SPDX-License-Identifier: Apache-2.0
/* Requests about jobs. */
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/server_inside.h"

static void reply_job(pare_request *request, unsigned status, const pare_web_job *job)
{
    pare_text json = {0};
    pare_web_job_json(job, &json, NULL);
    pare_reply_json(request, status, &json);
}

void pare_api_jobs(pare_request *request)
{
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_open(&json, "jobs", '[');
    for (const pare_web_job *job = request->server->jobs.first; job; job = job->next) {
        pare_web_job_json(job, &json, NULL);
    }
    pare_json_close(&json, ']');
    pare_json_close(&json, '}');
    pare_reply_json(request, 200, &json);
}

void pare_api_create_job(pare_request *request)
{
    pare_server *const server = request->server;
    pare_diag diag = {0};
    pare_web_job *job;
    if (pare_jobs_unfinished(server) >= server->options.max_jobs) {
        pare_reply_error(request, 429,
                         "there are %u jobs that have not ended, which is the limit of this server",
                         server->options.max_jobs);
        return;
    }
    json_t *const wanted = pare_request_json(request);
    if (!wanted) return;
    const pare_err err = pare_jobs_create(server, wanted, &job, &diag);
    json_decref(wanted);
    if (err == PARE_OK) {
        reply_job(request, 201, job);
    } else {
        pare_reply_fail(request, err, &diag);
    }
}

void pare_api_job(pare_request *request)
{
    const pare_web_job *job = pare_request_job(request);
    if (job) reply_job(request, 200, job);
}

/* The client went away before the job had ended: it is removed all the same, without words. */
static void forget_request(void *work)
{
    pare_web_job *const job = work;
    job->delete_request = NULL;
}

void pare_api_delete_job(pare_request *request)
{
    pare_diag diag = {0};
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (job->delete_request) {
        pare_reply_error(request, 409, "job %lld is being deleted", (long long)job->id);
    } else if (job->undoing) { /* an undo that ends halfway must be there to be tried again */
        (void)pare_request_undone(request, job);
    } else if (job->engine_job) {
        job->delete_request = request;
        request->work = job;
        request->free_work = forget_request;
        pare_job_cancel(job->engine_job);
    } else {
        const pare_err err = pare_web_job_remove(job, &diag);
        if (err == PARE_OK) {
            pare_reply_empty(request, 204);
        } else {
            pare_reply_fail(request, err, &diag);
        }
    }
}

static void refuse_state(pare_request *request, const pare_web_job *job, const char *wanted)
{
    pare_reply_error(request, 409, "job %lld is %s; %s", (long long)job->id,
                     pare_job_state_name(job->state), wanted);
}

void pare_api_start_job(pare_request *request)
{
    pare_diag diag = {0};
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (job->state != PARE_JOB_COLLECTING) {
        refuse_state(request, job, "only a job that is collecting can be started");
        return;
    }
    if (job->uploaded == 0) {
        pare_reply_error(request, 409, "job %lld has no files yet", (long long)job->id);
        return;
    }
    const pare_err err = pare_web_job_start(job, PARE_AGAIN_RESUME, &diag);
    if (err == PARE_OK) {
        reply_job(request, 200, job);
    } else {
        pare_reply_fail(request, err, &diag);
    }
}

void pare_api_pause_job(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (!job->engine_job) {
        refuse_state(request, job, "only a job that is queued or running can be paused");
        return;
    }
    pare_job_pause(job->engine_job);
    job->state = pare_job_state_of(job->engine_job);
    reply_job(request, 200, job);
}

void pare_api_resume_job(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (!job->engine_job) {
        refuse_state(request, job, "only a paused job can go on");
        return;
    }
    pare_job_resume(job->engine_job);
    job->state = pare_job_state_of(job->engine_job);
    reply_job(request, 200, job);
}

void pare_api_cancel_job(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (job->engine_job) {
        pare_job_cancel(job->engine_job);
    } else if (job->state == PARE_JOB_COLLECTING) {
        const pare_err err = pare_ledger_job_set_state(pare_engine_ledger(request->server->engine),
                                                       job->id, PARE_JOB_CANCELLED, "", NULL);
        if (err != PARE_OK) {
            pare_reply_fail(request, err, NULL);
            return;
        }
        pare_web_job_refresh(job);
    } else {
        refuse_state(request, job, "it has ended already");
        return;
    }
    reply_job(request, 200, job);
}

void pare_api_retry_job(pare_request *request)
{
    pare_diag diag = {0};
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (!pare_job_state_is_final(job->state) || job->engine_job) {
        refuse_state(request, job, "failed files can be done again when it has ended");
        return;
    }
    if (pare_request_undone(request, job)) return;
    /* a cancelled job goes on where it was left; else what failed is done again */
    const bool cut_off = job->state != PARE_JOB_DONE;
    if (!cut_off && job->progress.failed == 0) {
        pare_reply_error(request, 409, "no file of job %lld failed", (long long)job->id);
        return;
    }
    const pare_err err =
        pare_web_job_start(job, cut_off ? PARE_AGAIN_RESUME : PARE_AGAIN_FAILED, &diag);
    if (err == PARE_OK) {
        reply_job(request, 200, job);
    } else {
        pare_reply_fail(request, err, &diag);
    }
}
