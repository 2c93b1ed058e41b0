// SPDX-License-Identifier: Apache-2.0
/* Several jobs side by side, and single images between them: one owner of what they share, which
 * is the event loop, the workers, the memory budget, the ledger's connection and the metrics.
 *
 * Who comes next: single images (pare_engine_one) before jobs; among jobs the higher priority;
 * among equals the one that got the least work so far (by estimated cost, so that a small job ends
 * while a large one runs); within a job the most expensive image first.
 *
 * One thread: that of the loop. Every function is called on it, every callback comes on it, out of
 * the loop and never out of the call that asked for the work. A callback may call any function of
 * this file but pare_engine_run() and pare_engine_destroy(). What blocks on a disk is done in
 * libuv's thread pool. */
#ifndef PARE_HOST_ENGINE_H
#define PARE_HOST_ENGINE_H

#include <uv.h>

#include <pare/batch.h>

#include "host/ledger.h"

typedef struct pare_engine pare_engine;
typedef struct pare_job pare_job;
typedef struct pare_one pare_one;

/* ---- the engine ---- */

#define PARE_ENGINE_JOBS 8 /* default of jobs_at_once */

/* Fill with pare_engine_options_init() first. Strings are borrowed until destroy. */
typedef struct pare_engine_options {
    uv_loop_t *loop;       /* borrowed, run by its owner; NULL: its own, see pare_engine_run() */
    uint32_t workers;      /* 0: one per core; at most PARE_MAX_WORKERS */
    uint32_t jobs_at_once; /* further jobs wait as QUEUED; 0: PARE_ENGINE_JOBS */
    uint64_t memory_bytes; /* budget of all workers; 0: half of the machine's memory */
    bool low_priority;     /* workers run at a nice level of 10 */
    bool use_ledger;       /* default true; without it jobs leave no rows and cannot go on later */
    bool require_sandbox;  /* default true: no work when seccomp cannot hold the workers */
    const char *ledger_path;  /* NULL: $XDG_STATE_HOME/pare/ledger.db */
    const char *worker_path;  /* NULL: beside the program, else the installed one */
    const char *trace_path;   /* NULL: no trace */
    pare_notice_fn on_notice; /* about the engine itself, e.g. a damaged ledger; may be NULL */
    void *user;
} pare_engine_options;

void pare_engine_options_init(pare_engine_options *options);

/* Starts no process yet. *out is owned: pare_engine_close(), then pare_engine_destroy().
 * Errors: PARE_ERR_INVALID, PARE_ERR_NOT_FOUND (worker program), PARE_ERR_IO (ledger, trace),
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_engine_create(const pare_engine_options *options, pare_engine **out,
                                           pare_diag *diag);

uv_loop_t *pare_engine_loop(const pare_engine *engine);
/* The connection that all jobs write to; NULL without a ledger. For ledger_jobs.h and
 * ledger_results.h on the loop's thread; it sees rows that are not flushed yet. */
pare_ledger *pare_engine_ledger(const pare_engine *engine);

/* With its own loop: run it until no job and no single image is left. */
void pare_engine_run(pare_engine *engine);

/* Stop: nothing new starts, images in flight are finished or given up within seconds, workers end.
 * Jobs that are not done keep their state in the ledger and can be resumed by another engine; they
 * get no final state. on_closed (may be NULL) comes when the loop holds nothing of the engine. */
void pare_engine_close(pare_engine *engine, void (*on_closed)(void *user), void *user);
/* After on_closed; with its own loop at any time outside of it (closes first). Releases jobs that
 * were not. Accepts a pointer to NULL; sets *engine to NULL. */
void pare_engine_destroy(pare_engine **engine);

/* ---- jobs ---- */

typedef enum pare_job_state {
    PARE_JOB_COLLECTING = 0, /* only in the ledger: its files are still arriving */
    PARE_JOB_QUEUED = 1,     /* waits for its turn */
    PARE_JOB_RUNNING = 2,
    PARE_JOB_PAUSED = 3, /* nothing new starts; what was in flight is finished */
    PARE_JOB_DONE = 4,   /* the first of the final states; also when files failed */
    PARE_JOB_CANCELLED = 5,
    PARE_JOB_FAILED = 6 /* the job as a whole could not go on */
} pare_job_state;

/* "collecting", "queued", "running", "paused", "done", "cancelled", "failed". Static. */
const char *pare_job_state_name(pare_job_state state);
bool pare_job_state_is_final(pare_job_state state);

/* The job has a new state. err and text say why it FAILED (else PARE_OK, ""). A final state comes
 * exactly once, after the last result and the progress with final set; then the job does nothing
 * any more and waits for pare_job_release(). */
typedef void (*pare_job_state_fn)(void *user, pare_job *job, pare_job_state state, pare_err err,
                                  const char *text);

typedef struct pare_job_request {
    /* Copied with its strings. Not read, because the engine has its own: jobs, memory_bytes,
     * use_ledger, ledger_path, worker_path, trace_path, require_sandbox. on_notice, on_result,
     * on_progress and user are called as in a batch; on_progress at most every
     * progress_interval_ms while the job runs. */
    const pare_batch_options *options;
    const char *const *paths; /* files and folders; copied */
    size_t path_count;
    pare_job_state_fn on_state; /* with options->user; may be NULL */
    bool paused;                /* begin as PAUSED */
} pare_job_request;

/* Add a job. *out is owned: pare_job_release(). Looks at each path once; the rest happens on the
 * loop.
 * Errors: PARE_ERR_INVALID (an option is out of range; run_id without a ledger),
 * PARE_ERR_NOT_FOUND (a path, unless run_id is given: then a notice; redo_seq, or its original is
 * gone and there is no backup), PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_engine_add(pare_engine *engine, const pare_job_request *request,
                                        pare_job **out, pare_diag *diag);

pare_job_state pare_job_state_of(const pare_job *job);
int64_t pare_job_run_id(const pare_job *job); /* 0 before it runs, or without a ledger */
/* The state at this moment; workers is NULL. Paused time is not counted as elapsed. */
void pare_job_snapshot(const pare_job *job, pare_progress *out);

/* No effect in a final state, nor when it is so already. */
void pare_job_pause(pare_job *job);
void pare_job_resume(pare_job *job);
/* Ends as CANCELLED: images in flight are finished or, after two seconds, given up. */
void pare_job_cancel(pare_job *job);

/* Give it back. One that has not ended is cancelled and makes no callback any more. Accepts a
 * pointer to NULL; sets *job to NULL. */
void pare_job_release(pare_job **job);

#endif /* PARE_HOST_ENGINE_H */
