// SPDX-License-Identifier: Apache-2.0
/* The jobs of the server, from row to engine and back. */
#include "http/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/server_inside.h"
#include "http/settings.h"

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

unsigned pare_jobs_unfinished(const pare_server *server)
{
    unsigned count = 0;
    for (const pare_web_job *job = server->jobs.first; job; job = job->next) {
        count += !pare_job_state_is_final(job->state);
    }
    return count;
}

static void touch(pare_web_job *job)
{
    job->job_version = ++job->server->jobs.version;
}

static void touch_progress(pare_web_job *job)
{
    job->progress_version = ++job->server->jobs.version;
}

static void set_text(char **to, const char *text)
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
    set_text(&job->name, row->name);
    set_text(&job->settings, row->settings);
    set_text(&job->source, row->source);
    set_text(&job->error, row->error);
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
    if (pare_ledger_jobs(ledger, job->id, take_row, job, NULL) == PARE_OK) touch(job);
}

/* The totals, when no engine tells them. */
static void read_totals(pare_web_job *job)
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

static void free_redo(pare_web_job *job)
{
    pare_redo *const redo = job->redos;
    job->redos = redo->next;
    job->redo_count--;
    json_decref(redo->settings);
    free(redo);
}

static void free_job(pare_web_job *job)
{
    pare_job_release(&job->engine_job);
    while (job->redos)
        free_redo(job);
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

/* From source and settings to folders. */
static pare_err find_folders(pare_web_job *job, json_t *source, const pare_settings *settings,
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
    touch_progress(job);
}

static void on_notice(void *user, const char *text)
{
    pare_web_job *const job = user;
    if (job->error[0]) return; /* the first counts */
    set_text(&job->error, text);
    touch(job);
}

static pare_err submit(pare_web_job *job, pare_again again, const pare_redo *redo, pare_diag *diag);

/* What waits for the end of the job. */
static void after_end(pare_web_job *job)
{
    pare_diag diag = {0};
    while (job->redos && !job->delete_request && !job->engine_job) {
        const pare_err err = submit(job, PARE_AGAIN_ONE, job->redos, &diag);
        if (err != PARE_OK) {
            set_text(&job->error, diag.text);
            touch(job);
        }
        free_redo(job);
    }
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
    if (err != PARE_OK) set_text(&job->error, text);
    if (pare_job_state_is_final(state)) {
        const pare_progress last = job->progress;
        pare_job_release(&job->engine_job);
        read_totals(job);
        if (last.final) { /* what the ledger does not know */
            job->progress.elapsed_ms = last.elapsed_ms;
            job->progress.fraction = last.fraction;
            job->progress.files_total = last.files_total;
            job->progress.bytes_total = last.bytes_total;
        }
        touch_progress(job);
    }
    touch(job);
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

/* Absolute paths for the engine, each found beneath its root by the kernel. What is gone is left
 * out when the job was begun before. */
static pare_err find_paths(pare_web_job *job, json_t *source, bool again, path_list *out,
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
        int fd;
        const char *name = json_string_value(json_array_get(names, i));
        if (!name) return pare_fail(diag, PARE_ERR_INVALID, "source: paths must be texts");
        const pare_err err = pare_beneath_open(job->root->fd, name, O_PATH, 0, &fd, diag);
        if (err == PARE_ERR_NOT_FOUND && again) continue;
        if (err != PARE_OK) return err;
        const pare_err named = pare_fd_path(fd, path, sizeof path, diag);
        close(fd);
        if (named != PARE_OK) return named;
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

static pare_err submit(pare_web_job *job, pare_again again, const pare_redo *redo, pare_diag *diag)
{
    char output[PATH_MAX], backup[PATH_MAX];
    pare_settings settings;
    pare_batch_options batch;
    path_list found = {0};
    json_t *const source = json_loads(job->source, 0, NULL);
    json_t *const text = redo ? json_incref(redo->settings) : json_loads(job->settings, 0, NULL);
    pare_err err =
        pare_settings_read(text, job->server->options.batch.image.max_pixels, &settings, diag);
    if (err == PARE_OK && !job->base) err = find_folders(job, source, &settings, diag);
    if (err == PARE_OK) err = fill_batch(job, &settings, output, backup, &batch, diag);
    if (err == PARE_OK) err = find_paths(job, source, job->run_id != 0, &found, diag);
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
    set_text(&job->error, "");
    job->state = pare_job_state_of(job->engine_job);
    touch(job);
    return PARE_OK;
}

pare_err pare_web_job_start(pare_web_job *job, pare_again again, pare_diag *diag)
{
    return submit(job, again, NULL, diag);
}

pare_err pare_web_job_redo(pare_web_job *job, uint64_t seq, json_t *settings, pare_diag *diag)
{
    pare_redo **end = &job->redos;
    pare_redo *const redo = calloc(1, sizeof *redo);
    if (!redo || job->redo_count == PARE_REDO_CAP) {
        free(redo);
        json_decref(settings);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "too many images wait to be done again");
    }
    *redo = (pare_redo){.seq = seq, .settings = settings};
    while (*end)
        end = &(*end)->next;
    *end = redo;
    job->redo_count++;
    if (job->engine_job) return PARE_OK; /* when it has ended */
    const pare_err err = submit(job, PARE_AGAIN_ONE, job->redos, diag);
    free_redo(job);
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
    set_text(&job->name, "");
    set_text(&job->settings, "{}");
    set_text(&job->source, "{}");
    set_text(&job->error, "");
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

static pare_priority read_priority(json_t *value, bool *ok)
{
    static const char *const NAMES[] = {"normal", "low", "high"};
    *ok = !value;
    for (int i = 0; i < 3; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), NAMES[i]) == 0) {
            *ok = true;
            return (pare_priority)i;
        }
    }
    return PARE_PRIORITY_NORMAL;
}

static void default_name(const pare_server *server, json_t *source, char *name, size_t cap)
{
    const char *id = json_string_value(json_object_get(source, "root"));
    const pare_root *root = id ? pare_roots_find(&server->roots, id) : NULL;
    json_t *const paths = json_object_get(source, "paths");
    const char *path = json_string_value(json_array_get(paths, 0));
    const size_t more = json_array_size(paths) - 1;
    if (!root) {
        snprintf(name, cap, "Upload");
    } else if (json_array_size(paths) > 1) {
        snprintf(name, cap, "%.150s and %zu more", path && *path ? path : pare_root_name(root),
                 more);
    } else {
        snprintf(name, cap, "%.190s", path && *path ? path : pare_root_name(root));
    }
}

static pare_err check_source(json_t *source, pare_diag *diag)
{
    json_t *const paths = json_object_get(source, "paths");
    const bool uploads = json_is_true(json_object_get(source, "uploads"));
    const size_t members = json_object_size(source);
    if (uploads && members == 1) return PARE_OK;
    if (members == 2 && json_is_string(json_object_get(source, "root")) && json_is_array(paths) &&
        json_array_size(paths) >= 1 && json_array_size(paths) <= 1000) {
        return PARE_OK;
    }
    return pare_fail(diag, PARE_ERR_INVALID,
                     "source must be {\"uploads\": true}, or {\"root\": ID, \"paths\": [...]} with "
                     "1 to 1000 paths");
}

/* Everything that can be wrong in a request for a job, before anything is made. */
static pare_err check_wanted(const pare_server *server, json_t *wanted, pare_ledger_job *row,
                             char name[208], pare_diag *diag)
{
    static const char *const KNOWN[] = {"name", "source", "settings", "priority"};
    const char *key;
    json_t *value;
    bool ok;
    pare_settings settings;
    json_object_foreach(wanted, key, value)
    {
        ok = false;
        for (int i = 0; i < 4; i++)
            ok |= strcmp(key, KNOWN[i]) == 0;
        if (!ok) return pare_fail(diag, PARE_ERR_INVALID, "there is no \"%.40s\"", key);
    }
    json_t *const source = json_object_get(wanted, "source");
    PARE_TRY(check_source(source, diag));
    PARE_TRY(pare_settings_read(json_object_get(wanted, "settings"), 0, &settings, diag));
    row->priority = (int)read_priority(json_object_get(wanted, "priority"), &ok);
    if (!ok) return pare_fail(diag, PARE_ERR_INVALID, "priority must be low, normal or high");
    value = json_object_get(wanted, "name");
    if (value && (!json_is_string(value) || json_string_length(value) > 200)) {
        return pare_fail(diag, PARE_ERR_INVALID, "name must be a text of at most 200 bytes");
    }
    default_name(server, source, name, 208);
    if (value && json_string_length(value) > 0) {
        snprintf(name, 208, "%s", json_string_value(value));
    }
    row->state = json_object_get(source, "uploads") ? PARE_JOB_COLLECTING : PARE_JOB_QUEUED;
    return PARE_OK;
}

pare_err pare_jobs_create(pare_server *server, json_t *wanted, pare_web_job **out, pare_diag *diag)
{
    char name[208];
    pare_ledger_job row = {.name = name, .error = ""};
    pare_ledger *const ledger = pare_engine_ledger(server->engine);
    int64_t id;
    *out = NULL;
    PARE_TRY(check_wanted(server, wanted, &row, name, diag));
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
        if (err == PARE_OK) err = find_folders(job, source, &read, diag);
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
    if (err == PARE_OK) err = find_folders(job, source, &settings, &diag);
    json_decref(source);
    json_decref(text);
    read_totals(job);
    if (err == PARE_OK && !pare_job_state_is_final(job->state) &&
        job->state != PARE_JOB_COLLECTING) {
        err = pare_web_job_start(job, PARE_AGAIN_RESUME, &diag);
    }
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
        touch(l.jobs[i]);
        touch_progress(l.jobs[i]);
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
