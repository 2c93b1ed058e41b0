// SPDX-License-Identifier: Apache-2.0
/* The jobs of the server: their rows, their folders, coming and going. */
#include "http/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/jobs_inside.h"
#include "http/server_inside.h"
#include "http/settings.h"
#include "http/wanted.h"

pare_web_job *pare_jobs_find(const pare_server *server, int64_t id)
{
    pare_web_job *job = server->jobs.first;
    while (job && job->id != id)
        job = job->next;
    return job;
}

pare_web_job *pare_request_job(pare_request *request)
{
    pare_web_job *const job = pare_jobs_find(request->server, request->numbers[0]);
    if (!job) {
        pare_reply_error(request, 404, "there is no job %lld", (long long)request->numbers[0]);
    }
    return job;
}

bool pare_request_undone(pare_request *request, const pare_web_job *job)
{
    if (!job->undoing && !job->undone) return false;
    pare_reply_error(request, 409, "job %lld %s", (long long)job->id,
                     job->undoing ? "is being undone" : "was undone");
    return true;
}

unsigned pare_jobs_unfinished(const pare_server *server)
{
    unsigned count = 0;
    for (const pare_web_job *job = server->jobs.first; job; job = job->next) {
        count += !pare_job_state_is_final(job->state);
    }
    return count;
}

void pare_web_job_touch(pare_web_job *job)
{
    job->job_version = ++job->server->jobs.version;
}

void pare_web_job_touch_progress(pare_web_job *job)
{
    job->progress_version = ++job->server->jobs.version;
}

void pare_web_job_set_text(char **to, const char *text)
{
    char *const copy = strdup(text);
    if (!copy) return; /* the old text stays */
    free(*to);
    *to = copy;
}

/* ---- rows ---- */

static void take_row(void *user, const pare_ledger_job *row)
{
    pare_web_job *const job = user;
    pare_web_job_set_text(&job->name, row->name);
    pare_web_job_set_text(&job->settings, row->settings);
    pare_web_job_set_text(&job->source, row->source);
    pare_web_job_set_text(&job->error, row->error);
    job->state = (pare_job_state)row->state;
    job->priority = (pare_priority)row->priority;
    job->created_unix_s = row->created_unix_s;
    job->started_unix_s = row->started_unix_s;
    job->ended_unix_s = row->ended_unix_s;
    job->run_id = row->run_id;
    job->can_undo = row->can_undo;
    job->undone = row->undone;
}

void pare_web_job_refresh(pare_web_job *job)
{
    pare_ledger *const ledger = pare_engine_ledger(job->server->engine);
    if (pare_ledger_jobs(ledger, job->id, take_row, job, NULL) == PARE_OK) pare_web_job_touch(job);
}

void pare_web_job_read_totals(pare_web_job *job)
{
    pare_progress totals = {0};
    if (job->run_id == 0) return;
    if (pare_ledger_totals(pare_engine_ledger(job->server->engine), job->run_id, &totals, NULL) !=
        PARE_OK) {
        return;
    }
    totals.final = pare_job_state_is_final(job->state);
    totals.scan_done = totals.final;
    totals.files_total = totals.files_done;
    totals.bytes_total = totals.bytes_in;
    totals.fraction = job->state == PARE_JOB_DONE ? 1 : 0;
    totals.eta_ms = -1;
    job->progress = totals;
    job->last_seq = totals.seq;
}

static void free_job(pare_web_job *job)
{
    pare_job_release(&job->engine_job);
    while (job->redos)
        pare_web_job_drop_redo(job, job->redos, false);
    if (job->area_fd >= 0) close(job->area_fd);
    free(job->name);
    free(job->settings);
    free(job->source);
    free(job->error);
    free(job->base);
    free(job->output_base);
    free(job);
}

/* ---- where its files are ---- */

static pare_err join(char **out, const char *folder, const char *rest, pare_diag *diag)
{
    free(*out);
    const bool slash = folder[0] && folder[strlen(folder) - 1] == '/';
    if (asprintf(out, "%s%s%s", folder, slash || !*rest ? "" : "/", rest) >= 0) return PARE_OK;
    *out = NULL;
    return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a path");
}

static pare_err open_area(pare_web_job *job, pare_diag *diag)
{
    char path[64];
    int fd;
    snprintf(path, sizeof path, "uploads/%lld/in", (long long)job->id);
    PARE_TRY(pare_beneath_make(job->server->state_fd, path, &fd, diag));
    close(fd);
    *strrchr(path, '/') = '\0';
    PARE_TRY(pare_beneath_open(job->server->state_fd, path, O_RDONLY | O_DIRECTORY, 0,
                               &job->area_fd, diag));
    job->uploaded = pare_area_count(job->area_fd);
    char folder[PATH_MAX];
    PARE_TRY(pare_fd_path(job->area_fd, folder, sizeof folder, diag));
    PARE_TRY(join(&job->base, folder, "in", diag));
    return join(&job->output_base, folder, "out", diag);
}

pare_err pare_web_job_find_folders(pare_web_job *job, json_t *source, const pare_settings *settings,
                                   pare_diag *diag)
{
    pare_server *const server = job->server;
    job->uploads = json_is_true(json_object_get(source, "uploads"));
    if (job->uploads) {
        if (settings->has_output) {
            return pare_fail(diag, PARE_ERR_INVALID,
                             "settings: output has no meaning for uploads; leave it out");
        }
        return open_area(job, diag);
    }
    const char *id = json_string_value(json_object_get(source, "root"));
    job->root = id ? pare_roots_find(&server->roots, id) : NULL;
    if (!job->root) {
        return pare_fail(diag, PARE_ERR_INVALID, "source: there is no root %.20s", id ? id : "");
    }
    job->output_root = job->root;
    if (settings->output_root && settings->mode == PARE_OUTPUT_FOLDER) {
        job->output_root = pare_roots_find(&server->roots, settings->output_root);
        if (!job->output_root) {
            return pare_fail(diag, PARE_ERR_INVALID, "settings: there is no root %.20s",
                             settings->output_root);
        }
    }
    PARE_TRY(join(&job->base, job->root->path, "", diag));
    return join(&job->output_base, job->output_root->path, "", diag);
}

const char *pare_web_job_relative(const pare_web_job *job, const char *path, bool output)
{
    const char *base = output ? job->output_base : job->base;
    const size_t len = base ? strlen(base) : 0;
    if (len == 0 || strncmp(path, base, len) != 0) return path;
    if (path[len] == '/') return path + len + 1;
    return base[len - 1] == '/' || path[len] == '\0' ? path + len : path;
}

pare_err pare_web_job_open(const pare_web_job *job, const char *path, int *fd, pare_diag *diag)
{
    const char *inside = pare_web_job_relative(job, path, false);
    int folder_fd = job->root ? job->root->fd : -1;
    const char *prefix = "in/";
    *fd = -1;
    if (inside == path) {
        inside = pare_web_job_relative(job, path, true);
        folder_fd = job->output_root ? job->output_root->fd : -1;
        prefix = "out/";
    }
    if (inside == path) {
        return pare_fail(diag, PARE_ERR_INVALID, "the file is in none of the folders of the job");
    }
    if (!job->uploads) {
        return pare_beneath_open(folder_fd, inside, O_RDONLY | O_NONBLOCK, 0, fd, diag);
    }
    char *in_area = NULL;
    if (asprintf(&in_area, "%s%s", prefix, inside) < 0) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a path");
    }
    const pare_err err =
        pare_beneath_open(job->area_fd, in_area, O_RDONLY | O_NONBLOCK, 0, fd, diag);
    free(in_area);
    return err;
}

/* ---- coming and going ---- */

static pare_web_job *add_job(pare_server *server, int64_t id)
{
    pare_web_job *const job = calloc(1, sizeof *job);
    if (!job) return NULL;
    job->server = server;
    job->id = id;
    job->area_fd = -1;
    job->progress.eta_ms = -1;
    job->slot = server->jobs.slots++;
    pare_web_job_set_text(&job->name, "");
    pare_web_job_set_text(&job->settings, "{}");
    pare_web_job_set_text(&job->source, "{}");
    pare_web_job_set_text(&job->error, "");
    if (!job->name || !job->settings || !job->source || !job->error) {
        free_job(job);
        return NULL;
    }
    job->next = server->jobs.first;
    server->jobs.first = job;
    server->jobs.count++;
    return job;
}

static void unlink_job(pare_web_job *job)
{
    pare_jobs *const jobs = &job->server->jobs;
    pare_web_job **at = &jobs->first;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    jobs->count--;
    jobs->removed[jobs->removed_count++ % PARE_REMOVED_CAP] = job->id;
    jobs->version++;
}

pare_err pare_web_job_remove(pare_web_job *job, pare_diag *diag)
{
    char path[64];
    PARE_TRY(pare_ledger_job_delete(pare_engine_ledger(job->server->engine), job->id, diag));
    if (job->uploads) {
        snprintf(path, sizeof path, "uploads/%lld", (long long)job->id);
        pare_area_remove(job->server, path);
    }
    unlink_job(job);
    free_job(job);
    return PARE_OK;
}

pare_err pare_jobs_create(pare_server *server, json_t *wanted, pare_web_job **out, pare_diag *diag)
{
    char name[PARE_JOB_NAME_CAP];
    pare_ledger_job row = {.name = name, .error = ""};
    pare_ledger *const ledger = pare_engine_ledger(server->engine);
    int64_t id;
    *out = NULL;
    PARE_TRY(pare_wanted_read(&server->roots, wanted, &row, name, diag));
    json_t *const settings = json_object_get(wanted, "settings");
    char *const settings_text = settings ? json_dumps(settings, JSON_COMPACT) : strdup("{}");
    char *const source_text = json_dumps(json_object_get(wanted, "source"), JSON_COMPACT);
    row.settings = settings_text;
    row.source = source_text;
    pare_err err = PARE_ERR_NO_MEMORY;
    if (row.settings && row.source) err = pare_ledger_job_add(ledger, &row, &id, diag);
    free(settings_text);
    free(source_text);
    if (err != PARE_OK) return err;
    pare_web_job *const job = add_job(server, id);
    if (!job) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a job");
    pare_web_job_refresh(job);
    if (row.state == PARE_JOB_COLLECTING) {
        pare_settings read;
        json_t *const source = json_object_get(wanted, "source");
        err = pare_settings_read(settings, 0, &read, diag);
        if (err == PARE_OK) err = pare_web_job_find_folders(job, source, &read, diag);
    } else {
        err = pare_web_job_start(job, PARE_AGAIN_RESUME, diag);
    }
    if (err != PARE_OK) {
        const pare_err removed = pare_web_job_remove(job, NULL);
        (void)removed;
        return err;
    }
    *out = job;
    return PARE_OK;
}

/* ---- after a restart ---- */

typedef struct loading {
    pare_server *server;
    pare_web_job **jobs; /* owned; newest first */
    size_t count, cap;
} loading;

static void load_row(void *user, const pare_ledger_job *row)
{
    loading *const l = user;
    if (l->count == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 64;
        pare_web_job **const more = realloc(l->jobs, cap * sizeof(*more));
        if (!more) return;
        l->jobs = more;
        l->cap = cap;
    }
    pare_web_job *const job = add_job(l->server, row->id);
    if (!job) return;
    take_row(job, row);
    l->jobs[l->count++] = job;
}

static void revive(pare_web_job *job)
{
    pare_diag diag = {0};
    pare_settings settings;
    json_t *const source = json_loads(job->source, 0, NULL);
    json_t *const text = json_loads(job->settings, 0, NULL);
    pare_err err = pare_settings_read(text, 0, &settings, &diag);
    if (err == PARE_OK) err = pare_web_job_find_folders(job, source, &settings, &diag);
    json_decref(source);
    json_decref(text);
    pare_web_job_read_totals(job);
    if (err == PARE_OK) err = pare_web_job_load_redos(job, &diag);
    if (err == PARE_OK && !pare_job_state_is_final(job->state) &&
        job->state != PARE_JOB_COLLECTING) {
        err = pare_web_job_start(job, PARE_AGAIN_RESUME, &diag);
    }
    if (err == PARE_OK) pare_web_job_next_redo(job);
    if (err == PARE_OK || pare_job_state_is_final(job->state)) return;
    err = pare_ledger_job_set_state(pare_engine_ledger(job->server->engine), job->id,
                                    PARE_JOB_FAILED, diag.text, NULL);
    pare_web_job_refresh(job);
}

pare_err pare_jobs_load(pare_server *server, pare_diag *diag)
{
    loading l = {.server = server};
    const pare_err err =
        pare_ledger_jobs(pare_engine_ledger(server->engine), 0, load_row, &l, diag);
    /* the ledger gives the newest first, and adding turned that round */
    server->jobs.first = NULL;
    for (size_t i = l.count; i-- > 0;) {
        l.jobs[i]->next = server->jobs.first;
        server->jobs.first = l.jobs[i];
    }
    for (size_t i = l.count; i-- > 0;) { /* oldest first into the engine */
        revive(l.jobs[i]);
        pare_web_job_touch(l.jobs[i]);
        pare_web_job_touch_progress(l.jobs[i]);
    }
    free(l.jobs);
    return err == PARE_ERR_NOT_FOUND ? PARE_OK : err;
}

void pare_jobs_deinit(pare_server *server)
{
    while (server->jobs.first) {
        pare_web_job *const job = server->jobs.first;
        server->jobs.first = job->next;
        free_job(job);
    }
}
