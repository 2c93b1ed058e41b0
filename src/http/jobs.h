// SPDX-License-Identifier: Apache-2.0
/* The jobs of the server: rows of the ledger, jobs of the engine, and what listeners have to hear.
 * Internal to src/http. All jobs are in memory; the ledger has the truth. */
#ifndef PARE_HTTP_JOBS_H
#define PARE_HTTP_JOBS_H

#include <jansson.h>

#include "base/text.h"
#include "host/engine.h"
#include "host/ledger_jobs.h"
#include "host/ledger_results.h"
#include "http/request.h"
#include "http/roots.h"

enum { PARE_REMOVED_CAP = 256, PARE_REDO_CAP = 1000 };

/* One image to be done again when the job has time for it; a row of the ledger. */
typedef struct pare_redo {
    int64_t id; /* of the row */
    uint64_t seq;
    json_t *settings; /* owned */
    struct pare_redo *next;
} pare_redo;

typedef struct pare_web_job {
    struct pare_server *server;
    int64_t id;
    char *name, *settings, *source, *error; /* owned; never NULL */
    pare_job_state state;
    pare_priority priority;
    int64_t created_unix_s, started_unix_s, ended_unix_s, run_id;
    bool can_undo, undone, undoing, uploads;
    uint64_t uploaded;                   /* files */
    const pare_root *root, *output_root; /* borrowed; NULL for uploads */
    int area_fd;                         /* owned; uploads: its folder; -1 */
    char *base, *output_base;            /* owned; paths are shown relative to them */
    pare_job *engine_job;                /* owned; NULL when nothing is to be done */
    pare_progress progress;              /* workers is NULL */
    uint64_t last_seq;                   /* of the results */
    uint64_t job_version, progress_version;
    unsigned slot;    /* place in the lists of listeners */
    pare_redo *redos; /* the first one is in work when redoing */
    unsigned redo_count;
    bool redoing;
    pare_request *delete_request; /* waits for the end */
    struct pare_web_job *next;    /* newest first */
} pare_web_job;

typedef struct pare_jobs {
    pare_web_job *first;
    unsigned count, slots;
    uint64_t version; /* grows with each change that a listener may want */
    int64_t removed[PARE_REMOVED_CAP];
    uint64_t removed_count;
    bool closing;
} pare_jobs;

/* Read the jobs of the ledger, and go on with those that were cut off. */
PARE_NODISCARD pare_err pare_jobs_load(struct pare_server *server, pare_diag *diag);
void pare_jobs_deinit(struct pare_server *server);
pare_web_job *pare_jobs_find(const struct pare_server *server, int64_t id);
/* The job of the address; replies 404 and returns NULL when there is none. */
pare_web_job *pare_request_job(pare_request *request);
/* Was the job undone, or is it being undone? Then there are no results, and nothing may be done
 * again: its originals are, or come back, in their places. Replies 409 and returns true. */
bool pare_request_undone(pare_request *request, const pare_web_job *job);
unsigned pare_jobs_unfinished(const struct pare_server *server);

/* Create from the checked members of a request; the JSON is borrowed. Jobs from roots are queued.
 * Errors: PARE_ERR_INVALID, PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_SPACE,
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jobs_create(struct pare_server *server, json_t *wanted,
                                         pare_web_job **out, pare_diag *diag);
/* Give it to the engine: as new or resumed, or only what failed. */
PARE_NODISCARD pare_err pare_web_job_start(pare_web_job *job, pare_again again, pare_diag *diag);
/* Do one image again, now or when the job has ended; settings are consumed. */
PARE_NODISCARD pare_err pare_web_job_redo(pare_web_job *job, uint64_t seq, json_t *settings,
                                          pare_diag *diag);
/* Remove what has ended: rows, uploads, memory. */
PARE_NODISCARD pare_err pare_web_job_remove(pare_web_job *job, pare_diag *diag);
/* Read its row again: after an undo. */
void pare_web_job_refresh(pare_web_job *job);

/* Job of openapi.json. */
void pare_web_job_json(const pare_web_job *job, pare_text *json, const char *key);
void pare_progress_json(const pare_progress *progress, pare_text *json, const char *key);
/* Result of openapi.json. */
void pare_result_json(const pare_web_job *job, const pare_result_row *row, pare_text *json);
/* A path as the interface shows it: inside the root or the area of uploads. */
const char *pare_web_job_relative(const pare_web_job *job, const char *path, bool output);
/* Open a file of a result, read-only, by its absolute path, beneath the job's folders only.
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_INVALID, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_web_job_open(const pare_web_job *job, const char *path, int *fd,
                                          pare_diag *diag);
/* The file as it was before the job: from the backup when it was replaced. */
PARE_NODISCARD pare_err pare_web_job_open_original(const pare_web_job *job,
                                                   const pare_file_result *result, int *fd,
                                                   pare_diag *diag);
/* The files that were uploaded, counted. */
uint64_t pare_area_count(int area_fd);
/* Remove a folder of the state folder and all in it, in the thread pool. */
void pare_area_remove(struct pare_server *server, const char *path);
/* Go on with the removals that a server before this one did not finish. */
void pare_areas_clear(struct pare_server *server);

#endif /* PARE_HTTP_JOBS_H */
