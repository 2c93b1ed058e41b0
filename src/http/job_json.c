// SPDX-License-Identifier: Apache-2.0
/* Jobs, progress and results as docs/api/openapi.json describes them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "host/backup.h"
#include "http/jobs.h"
#include "http/server_inside.h"

static void add_time(pare_text *json, const char *key, int64_t unix_s)
{
    if (unix_s > 0) {
        pare_json_int(json, key, unix_s);
    } else {
        pare_json_null(json, key);
    }
}

void pare_progress_json(const pare_progress *p, pare_text *json, const char *key)
{
    pare_json_open(json, key, '{');
    pare_json_uint(json, "seq", p->seq);
    pare_json_bool(json, "scan_done", p->scan_done);
    pare_json_bool(json, "final", p->final);
    pare_json_uint(json, "files_total", p->files_total);
    pare_json_uint(json, "files_done", p->files_done);
    pare_json_uint(json, "optimized", p->optimized);
    pare_json_uint(json, "kept", p->kept);
    pare_json_uint(json, "skipped", p->skipped);
    pare_json_uint(json, "failed", p->failed);
    pare_json_uint(json, "bytes_in", p->bytes_in);
    pare_json_uint(json, "bytes_out", p->bytes_out);
    pare_json_uint(json, "bytes_total", p->bytes_total);
    pare_json_real(json, "fraction", p->fraction, 5);
    pare_json_uint(json, "elapsed_ms", p->elapsed_ms);
    if (p->eta_ms >= 0) {
        pare_json_int(json, "eta_ms", p->eta_ms);
    } else {
        pare_json_null(json, "eta_ms");
    }
    pare_json_real(json, "images_per_s", p->images_per_s, 2);
    pare_json_uint(json, "queue_count", p->queue_count);
    pare_json_uint(json, "queue_cap", p->queue_cap);
    pare_json_uint(json, "cache_hits", p->cache_hits);
    pare_json_uint(json, "retries", p->retries);
    pare_json_uint(json, "worker_restarts", p->worker_restarts);
    pare_json_uint(json, "duplicates", p->duplicates);
    pare_json_close(json, '}');
}

void pare_web_job_json(const pare_web_job *job, pare_text *json, const char *key)
{
    static const char *const PRIORITIES[] = {"normal", "low", "high"};
    pare_json_open(json, key, '{');
    pare_json_int(json, "id", job->id);
    pare_json_string(json, "name", job->name);
    pare_json_string(json, "state", pare_job_state_name(job->state));
    pare_json_int(json, "created_unix_s", job->created_unix_s);
    add_time(json, "started_unix_s", job->started_unix_s);
    add_time(json, "ended_unix_s", job->ended_unix_s);
    pare_json_string(json, "priority", PRIORITIES[job->priority]);
    pare_json_raw(json, "settings", job->settings);
    pare_json_raw(json, "source", job->source);
    pare_json_uint(json, "uploaded", job->uploaded);
    pare_progress_json(&job->progress, json, "progress");
    pare_json_string(json, "error", job->error[0] ? job->error : NULL);
    add_time(json, "run_id", job->run_id);
    pare_json_bool(json, "can_undo", job->can_undo && pare_job_state_is_final(job->state));
    pare_json_bool(json, "undone", job->undone);
    pare_json_close(json, '}');
}

static const char *format_or_null(pare_format format)
{
    return format == PARE_FORMAT_UNKNOWN ? NULL : pare_format_name(format);
}

static void add_measures(const pare_file_result *r, pare_text *json)
{
    const double ratio = r->bytes_in > 0 ? (double)r->bytes_out / (double)r->bytes_in : 1;
    pare_json_uint(json, "bytes_in", r->bytes_in);
    pare_json_uint(json, "bytes_out", r->bytes_out);
    pare_json_int(json, "saved_bytes", (int64_t)(r->bytes_in - r->bytes_out));
    pare_json_real(json, "ratio", ratio, 5);
    if (r->score > 0) {
        pare_json_real(json, "score", r->score, 2);
    } else {
        pare_json_null(json, "score");
    }
    if (r->quality > 0) {
        pare_json_int(json, "quality", r->quality);
    } else {
        pare_json_null(json, "quality");
    }
    pare_json_bool(json, "lossless", r->lossless);
    pare_json_uint(json, "ms", r->ms);
    pare_json_uint(json, "worker", r->worker);
}

void pare_result_json(const pare_web_job *job, const pare_result_row *row, pare_text *json)
{
    const pare_file_result *r = &row->result;
    const bool failed = r->outcome == PARE_OUTCOME_FAILED;
    pare_json_open(json, NULL, '{');
    pare_json_uint(json, "seq", r->seq);
    if (r->replaces > 0) {
        pare_json_uint(json, "replaces", r->replaces);
    } else {
        pare_json_null(json, "replaces");
    }
    pare_json_string(json, "input", pare_web_job_relative(job, r->input, false));
    pare_json_string(json, "output",
                     r->output ? pare_web_job_relative(job, r->output, true) : NULL);
    pare_json_string(json, "outcome", pare_outcome_name(r->outcome));
    pare_json_string(json, "format_in", format_or_null(r->format_in));
    pare_json_string(json, "format_out", format_or_null(r->format_out));
    pare_json_uint(json, "width", r->width_px);
    pare_json_uint(json, "height", r->height_px);
    add_measures(r, json);
    pare_json_string(json, "error", failed ? pare_err_class(r->err) : NULL);
    pare_json_string(json, "reason", r->err == PARE_OK ? NULL : pare_err_name(r->err));
    pare_json_string(json, "message", r->text && *r->text ? r->text : NULL);
    pare_json_close(json, '}');
}

pare_err pare_web_job_open_original(const pare_web_job *job, const pare_file_result *result,
                                    int *fd, pare_diag *diag)
{
    const bool replaced =
        result->outcome == PARE_OUTCOME_OPTIMIZED && !job->uploads && job->can_undo && !job->undone;
    int64_t run_id = job->run_id;
    pare_buf backup = {0};
    const char *name;
    int folder_fd;
    if (!replaced) {
        if (result->outcome == PARE_OUTCOME_OPTIMIZED && result->output && !job->undone &&
            strcmp(result->output, result->input) == 0) {
            *fd = -1;
            return pare_fail(diag, PARE_ERR_NOT_FOUND, "the original was replaced, without backup");
        }
        return pare_web_job_open(job, result->input, fd, diag);
    }
    *fd = -1;
    PARE_TRY(
        pare_ledger_find_undo(pare_engine_ledger(job->server->engine), &run_id, &backup, diag));
    const pare_err err =
        pare_backup_place((const char *)backup.data, result->input, &folder_fd, &name);
    pare_buf_deinit(&backup);
    if (err != PARE_OK) return err;
    *fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const int open_errno = errno;
    close(folder_fd);
    errno = open_errno;
    return *fd >= 0 ? PARE_OK : pare_fail_errno(diag, "open the backup of", name);
}
