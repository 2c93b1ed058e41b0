// SPDX-License-Identifier: Apache-2.0
/* A job of the server as a job of the engine: what it is asked, and what it answers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/jobs_inside.h"
#include "http/server_inside.h"

/* ---- the engine's words ---- */

static void on_result(void *user, const pare_file_result *result)
{
    pare_web_job *const job = user;
    if (result->seq > job->last_seq) job->last_seq = result->seq;
    job->server->jobs.version++;
}

static void on_progress(void *user, const pare_progress *progress)
{
    pare_web_job *const job = user;
    job->progress = *progress;
    job->progress.workers = NULL;
    job->progress.worker_count = 0;
    pare_web_job_touch_progress(job);
}

static void on_notice(void *user, const char *text)
{
    pare_web_job *const job = user;
    if (job->error[0]) return; /* the first counts */
    pare_web_job_set_text(&job->error, text);
    pare_web_job_touch(job);
}

/* What waits for the end of the job. */
static void after_end(pare_web_job *job)
{
    pare_diag diag = {0};
    if (job->redoing) pare_web_job_drop_redo(job, job->redos, true);
    while (job->redos && job->state == PARE_JOB_CANCELLED)
        pare_web_job_drop_redo(job, job->redos, true);
    if (!job->delete_request) pare_web_job_next_redo(job);
    pare_request *const request = job->delete_request;
    if (!request) return;
    job->delete_request = NULL;
    request->work = NULL;
    request->free_work = NULL;
    const pare_err err = pare_web_job_remove(job, &diag);
    if (err == PARE_OK) {
        pare_reply_empty(request, 204);
    } else {
        pare_reply_fail(request, err, &diag);
    }
}

static void on_state(void *user, pare_job *engine_job, pare_job_state state, pare_err err,
                     const char *text)
{
    pare_web_job *const job = user;
    (void)engine_job;
    pare_web_job_refresh(job);
    job->state = state;
    if (err != PARE_OK) pare_web_job_set_text(&job->error, text);
    if (pare_job_state_is_final(state)) {
        const pare_progress last = job->progress;
        pare_job_release(&job->engine_job);
        pare_web_job_read_totals(job);
        if (last.final) { /* what the ledger does not know */
            job->progress.elapsed_ms = last.elapsed_ms;
            job->progress.fraction = last.fraction;
            job->progress.files_total = last.files_total;
            job->progress.bytes_total = last.bytes_total;
        }
        pare_web_job_touch_progress(job);
    }
    pare_web_job_touch(job);
    if (pare_job_state_is_final(state)) after_end(job);
}

/* ---- to the engine ---- */

typedef struct path_list {
    char **all; /* owned */
    size_t count;
} path_list;

static void free_paths(path_list *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->all[i]);
    }
    free(p->all);
}

/* The kernel finds it beneath the root, and tells its absolute path. */
static pare_err find_path(const pare_web_job *job, const char *name, char path[PATH_MAX],
                          pare_diag *diag)
{
    int fd;
    PARE_TRY(pare_beneath_open(job->root->fd, name, O_PATH, 0, &fd, diag));
    const pare_err err = pare_fd_path(fd, path, PATH_MAX, diag);
    close(fd);
    return err;
}

/* Of a file that got another name when it was replaced, and will come back for a redo. */
static pare_err find_path_of_gone(const pare_web_job *job, const char *name, char path[PATH_MAX],
                                  pare_diag *diag)
{
    char folder[PATH_MAX];
    const char *const slash = strrchr(name, '/');
    const size_t len = slash ? (size_t)(slash - name) : 0;
    if (len >= sizeof folder) return PARE_ERR_NOT_FOUND;
    memcpy(folder, name, len);
    folder[len] = '\0';
    PARE_TRY(find_path(job, folder, path, diag));
    const size_t at = strlen(path);
    const int put =
        snprintf(path + at, PATH_MAX - at, "%s%s", at > 1 ? "/" : "", slash ? slash + 1 : name);
    return put > 0 && (size_t)put < PATH_MAX - at ? PARE_OK : PARE_ERR_NOT_FOUND;
}

/* Absolute paths for the engine, each found beneath its root by the kernel. What is gone is left
 * out when the job was begun before. */
static pare_err find_paths(pare_web_job *job, json_t *source, pare_again again, path_list *out,
                           pare_diag *diag)
{
    json_t *const names = json_object_get(source, "paths");
    const size_t count = job->uploads ? 1 : json_array_size(names);
    out->all = calloc(count + 1, sizeof *out->all);
    if (!out->all) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for paths");
    if (job->uploads) {
        out->all[0] = strdup(job->base);
        out->count = out->all[0] != NULL;
        return PARE_OK;
    }
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        pare_diag gone = {0};
        const char *name = json_string_value(json_array_get(names, i));
        if (!name) return pare_fail(diag, PARE_ERR_INVALID, "source: paths must be texts");
        pare_err err = find_path(job, name, path, &gone);
        if (err == PARE_ERR_NOT_FOUND && again == PARE_AGAIN_ONE) {
            err = find_path_of_gone(job, name, path, &gone);
        }
        if (err == PARE_ERR_NOT_FOUND && job->run_id != 0) continue;
        if (err != PARE_OK) return pare_fail(diag, err, "%s", gone.text);
        out->all[out->count] = strdup(path);
        if (!out->all[out->count]) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory");
        out->count++;
    }
    if (out->count > 0) return PARE_OK;
    return pare_fail(diag, PARE_ERR_NOT_FOUND, "nothing is left of what the job was made of");
}

/* Folder of results; made when missing. */
static pare_err find_output(pare_web_job *job, const pare_settings *settings, char *path,
                            pare_diag *diag)
{
    int fd;
    const char *inside = job->uploads ? "out" : settings->output_path ? settings->output_path : "";
    PARE_TRY(
        pare_beneath_make(job->uploads ? job->area_fd : job->output_root->fd, inside, &fd, diag));
    const pare_err err = pare_fd_path(fd, path, PATH_MAX, diag);
    close(fd);
    return err;
}

static pare_err fill_batch(pare_web_job *job, const pare_settings *settings, char *output,
                           char *backup, pare_batch_options *batch, pare_diag *diag)
{
    const pare_server *server = job->server;
    pare_batch_options_init(batch);
    batch->image = settings->image;
    batch->output_mode = job->uploads ? PARE_OUTPUT_FOLDER : settings->mode;
    batch->suffix = settings->suffix;
    batch->excludes = settings->excludes;
    batch->exclude_count = settings->exclude_count;
    batch->keep_dates = settings->keep_dates;
    batch->force = settings->force;
    batch->timeout_ms = server->options.batch.timeout_ms;
    batch->priority = job->priority;
    batch->command_line = job->name;
    batch->progress_interval_ms = 100;
    batch->on_notice = on_notice;
    batch->on_result = on_result;
    batch->on_progress = on_progress;
    batch->user = job;
    if (batch->output_mode == PARE_OUTPUT_FOLDER) {
        PARE_TRY(find_output(job, settings, output, diag));
        batch->output_dir = output;
    }
    if (batch->output_mode == PARE_OUTPUT_IN_PLACE && settings->backup) {
        if (snprintf(backup, PATH_MAX, "%s/backups", server->state_dir) >= PATH_MAX) {
            return pare_fail(diag, PARE_ERR_INVALID, "the state folder has too long a path");
        }
        batch->backup_dir = backup;
    }
    return PARE_OK;
}

pare_err pare_web_job_submit(pare_web_job *job, pare_again again, const pare_redo *redo,
                             pare_diag *diag)
{
    char output[PATH_MAX], backup[PATH_MAX];
    pare_settings settings;
    pare_batch_options batch;
    path_list found = {0};
    json_t *const source = json_loads(job->source, 0, NULL);
    json_t *const text = redo ? json_incref(redo->settings) : json_loads(job->settings, 0, NULL);
    pare_err err =
        pare_settings_read(text, job->server->options.batch.image.max_pixels, &settings, diag);
    if (err == PARE_OK && !job->base) err = pare_web_job_find_folders(job, source, &settings, diag);
    if (err == PARE_OK) err = fill_batch(job, &settings, output, backup, &batch, diag);
    if (err == PARE_OK) err = find_paths(job, source, again, &found, diag);
    if (err == PARE_OK) {
        const pare_job_request request = {
            .options = &batch,
            .paths = (const char *const *)found.all,
            .path_count = found.count,
            .on_state = on_state,
            .job_id = job->id,
            .run_id = job->run_id,
            .again = again,
            .redo_seq = redo ? redo->seq : 0,
            .paused = job->state == PARE_JOB_PAUSED,
        };
        err = pare_engine_add(job->server->engine, &request, &job->engine_job, diag);
    }
    free_paths(&found);
    json_decref(text);
    json_decref(source);
    if (err != PARE_OK) return err;
    pare_web_job_set_text(&job->error, "");
    job->state = pare_job_state_of(job->engine_job);
    pare_web_job_touch(job);
    return PARE_OK;
}

pare_err pare_web_job_start(pare_web_job *job, pare_again again, pare_diag *diag)
{
    return pare_web_job_submit(job, again, NULL, diag);
}
