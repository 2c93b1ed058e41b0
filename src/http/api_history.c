// SPDX-License-Identifier: Apache-2.0
/* Earlier runs, their undo, and presets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/server_inside.h"
#include "http/settings.h"

/* ---- history ---- */

typedef struct history {
    const pare_server *server;
    pare_text *json;
    uint64_t runs, files, bytes_in, bytes_out;
} history;

static int64_t job_of(const pare_server *server, int64_t run_id)
{
    for (const pare_web_job *job = server->jobs.first; job; job = job->next) {
        if (job->run_id == run_id) return job->id;
    }
    return 0;
}

static void add_run(void *user, const pare_run_record *run)
{
    history *const h = user;
    pare_text *const json = h->json;
    const int64_t job_id = job_of(h->server, run->id);
    h->runs++;
    h->files += run->files;
    h->bytes_in += run->bytes_in;
    h->bytes_out += run->bytes_out;
    pare_json_open(json, NULL, '{');
    pare_json_int(json, "id", run->id);
    if (job_id > 0) {
        pare_json_int(json, "job", job_id);
    } else {
        pare_json_null(json, "job");
    }
    pare_json_int(json, "started_unix_s", run->started_unix_s);
    pare_json_uint(json, "ms", run->ms);
    pare_json_uint(json, "files", run->files);
    pare_json_uint(json, "optimized", run->optimized);
    pare_json_uint(json, "kept", run->kept);
    pare_json_uint(json, "skipped", run->skipped);
    pare_json_uint(json, "failed", run->failed);
    pare_json_uint(json, "bytes_in", run->bytes_in);
    pare_json_uint(json, "bytes_out", run->bytes_out);
    pare_json_string(json, "command_line", run->command_line);
    pare_json_string(json, "folder", run->folder);
    pare_json_bool(json, "finished", run->finished);
    pare_json_bool(json, "can_undo", run->can_undo);
    pare_json_bool(json, "undone", run->undone);
    pare_json_close(json, '}');
}

void pare_api_history(pare_request *request)
{
    pare_text runs = {0}, json = {0};
    history h = {.server = request->server, .json = &runs};
    uint64_t offset, limit;
    pare_diag diag = {0};
    if (!pare_request_number(request, "offset", 0, INT32_MAX, 0, &offset)) return;
    if (!pare_request_number(request, "limit", 1, PARE_PAGE_CAP, 100, &limit)) return;
    pare_json_open(&runs, NULL, '[');
    const pare_err err = pare_ledger_history(pare_engine_ledger(request->server->engine),
                                             (uint32_t)offset, (uint32_t)limit, add_run, &h, &diag);
    pare_json_close(&runs, ']');
    if (err != PARE_OK) {
        pare_text_deinit(&runs);
        pare_reply_fail(request, err, &diag);
        return;
    }
    pare_json_open(&json, NULL, '{');
    pare_json_raw(&json, "runs", pare_text_string(&runs));
    pare_json_open(&json, "totals", '{');
    pare_json_uint(&json, "runs", h.runs);
    pare_json_uint(&json, "files", h.files);
    pare_json_uint(&json, "bytes_in", h.bytes_in);
    pare_json_uint(&json, "bytes_out", h.bytes_out);
    pare_json_close(&json, '}');
    pare_json_close(&json, '}');
    pare_text_deinit(&runs);
    pare_reply_json(request, 200, &json);
}

/* ---- undo: in the thread pool, with a connection of its own ---- */

enum { PROBLEMS_CAP = 100 };

typedef struct undo {
    uv_work_t work;
    pare_server *server;
    pare_request *request; /* NULL: the client went away */
    int64_t run_id, job_id;
    char ledger_path[4096];
    uint64_t restored, failed;
    pare_text problems; /* JSON */
    pare_err err;
    pare_diag diag;
} undo;

static void on_restored(void *user, const pare_file_result *result)
{
    undo *const u = user;
    if (result->outcome == PARE_OUTCOME_OPTIMIZED) {
        u->restored++;
        return;
    }
    if (u->failed++ >= PROBLEMS_CAP) return;
    pare_json_open(&u->problems, NULL, '{');
    pare_json_string(&u->problems, "input", result->input);
    pare_json_string(&u->problems, "message",
                     result->text && *result->text ? result->text : pare_err_text(result->err));
    pare_json_close(&u->problems, '}');
}

static void undo_now(uv_work_t *work)
{
    undo *const u = work->data;
    u->err = pare_undo(u->ledger_path, u->run_id, on_restored, u, &u->diag);
}

static void reply_undo(undo *u)
{
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_int(&json, "run_id", u->run_id);
    pare_json_uint(&json, "restored", u->restored);
    pare_json_uint(&json, "failed", u->failed);
    pare_json_raw(&json, "problems", pare_text_string(&u->problems));
    pare_json_close(&json, '}');
    pare_reply_json(u->request, 200, &json);
}

static void after_undo(uv_work_t *work, int status)
{
    undo *const u = work->data;
    pare_web_job *const job = pare_jobs_find(u->server, u->job_id);
    (void)status;
    pare_json_close(&u->problems, ']');
    if (job) {
        job->undoing = false;
        pare_web_job_refresh(job);
    }
    if (u->request) {
        u->request->work = NULL;
        u->request->free_work = NULL;
        if (u->err == PARE_OK || u->restored + u->failed > 0) {
            reply_undo(u);
        } else {
            pare_reply_fail(u->request, u->err, &u->diag);
        }
    }
    pare_text_deinit(&u->problems);
    free(u);
}

static void forget_request(void *work)
{
    undo *const u = work;
    u->request = NULL;
}

static void start_undo(pare_request *request, int64_t run_id, pare_web_job *job)
{
    undo *const u = calloc(1, sizeof *u);
    if (!u) {
        pare_reply_response(request, 500, NULL, NULL);
        return;
    }
    u->work.data = u;
    u->server = request->server;
    u->request = request;
    u->run_id = run_id;
    u->job_id = job ? job->id : 0;
    snprintf(u->ledger_path, sizeof u->ledger_path, "%s", request->server->ledger_path);
    pare_json_open(&u->problems, NULL, '[');
    if (uv_queue_work(request->server->loop, &u->work, undo_now, after_undo) != 0) {
        pare_text_deinit(&u->problems);
        free(u);
        pare_reply_error(request, 500, "cannot start the undo");
        return;
    }
    if (job) job->undoing = true;
    request->work = u;
    request->free_work = forget_request;
}

void pare_api_undo_job(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (job->engine_job || !pare_job_state_is_final(job->state)) {
        pare_reply_error(request, 409, "job %lld is %s; it can be undone when it has ended",
                         (long long)job->id, pare_job_state_name(job->state));
    } else if (job->undoing || job->undone || !job->can_undo) {
        pare_reply_error(request, 409, "job %lld %s", (long long)job->id,
                         job->undoing  ? "is being undone"
                         : job->undone ? "was undone already"
                                       : "kept no originals that could be put back");
    } else {
        start_undo(request, job->run_id, job);
    }
}

void pare_api_undo_run(pare_request *request)
{
    const int64_t run_id = request->numbers[0];
    pare_web_job *const job = pare_jobs_find(request->server, job_of(request->server, run_id));
    if (job) {
        request->numbers[0] = job->id;
        pare_api_undo_job(request);
    } else {
        start_undo(request, run_id, NULL);
    }
}

/* ---- presets ---- */

static void add_preset(void *user, const char *name, const char *settings)
{
    pare_text *const json = user;
    pare_json_open(json, NULL, '{');
    pare_json_string(json, "name", name);
    pare_json_raw(json, "settings", settings);
    pare_json_close(json, '}');
}

void pare_api_presets(pare_request *request)
{
    pare_text json = {0};
    pare_diag diag = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_open(&json, "presets", '[');
    const pare_err err =
        pare_ledger_presets(pare_engine_ledger(request->server->engine), add_preset, &json, &diag);
    pare_json_close(&json, ']');
    pare_json_close(&json, '}');
    if (err == PARE_OK) {
        pare_reply_json(request, 200, &json);
    } else {
        pare_text_deinit(&json);
        pare_reply_fail(request, err, &diag);
    }
}

void pare_api_put_preset(pare_request *request)
{
    pare_diag diag = {0};
    pare_settings checked;
    pare_text json = {0};
    json_t *const settings = pare_request_json(request);
    if (!settings) return;
    pare_err err = pare_settings_read(settings, 0, &checked, &diag);
    char *const text = json_dumps(settings, JSON_COMPACT);
    json_decref(settings);
    if (err == PARE_OK && !text) err = PARE_ERR_NO_MEMORY;
    if (err == PARE_OK) {
        err = pare_ledger_preset_put(pare_engine_ledger(request->server->engine), request->rest,
                                     text, &diag);
    }
    if (err == PARE_OK) {
        add_preset(&json, request->rest, text);
        pare_reply_json(request, 200, &json);
    } else {
        pare_reply_fail(request, err, &diag);
    }
    free(text);
}

void pare_api_delete_preset(pare_request *request)
{
    pare_diag diag = {0};
    const pare_err err = pare_ledger_preset_delete(pare_engine_ledger(request->server->engine),
                                                   request->rest, &diag);
    if (err == PARE_OK) {
        pare_reply_empty(request, 204);
    } else {
        pare_reply_fail(request, err, &diag);
    }
}
