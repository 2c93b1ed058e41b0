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

#include "host/again.h"
#include "host/governor.h"
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
 * get no final state unless they were cancelled before. on_closed (may be NULL) comes when the loop
 * holds nothing of the engine. */
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
    int64_t job_id;    /* row of ledger_jobs.h that follows state, times and run; 0: none */
    int64_t run_id;    /* 0: a new run; else the run to go on with. paths and options as before, but
                          with FAILED and ONE options->image may differ */
    pare_again again;  /* with run_id */
    uint64_t redo_seq; /* with ONE. In place its original comes back from the backup first, in the
                          thread pool. When that or the image fails, the earlier result stands and
                          the job ends as FAILED */
    bool paused;       /* begin as PAUSED */
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

/* ---- single images ---- */

/* The end of a single image. result is borrowed; its err is PARE_OK or PARE_SKIP_* (there are
 * bytes), or the error; input is "-", output NULL, seq 1.
 *   data_fd  the bytes, from offset 0, when the request had no out_fd: a sealed memory file of
 *            result->bytes_out bytes, or in_fd when the original is kept; -1 on an error. Borrowed
 *            for the callback: dup() it to keep it. */
typedef void (*pare_one_fn)(void *user, const pare_file_result *result, int data_fd);

typedef struct pare_one_request {
    const pare_options *image; /* copied */
    int in_fd;  /* borrowed until the callback. A sealed memory file and a regular file opened
                   read-only are used as they are, whole; anything else is read to its end first,
                   in the thread pool: give no slow socket */
    int out_fd; /* borrowed until the callback, written from where it stands; -1: see data_fd */
    uint64_t timeout_ms; /* as in a batch; 0: 60 s */
    const char *name;    /* for the views of workers; copied, cut; NULL: "-" */
    pare_one_fn on_end;
    void *user;
} pare_one_request;

/* Optimize one image before all jobs. *out (may be NULL) is for pare_one_cancel() and lives until
 * the callback returned, which comes exactly once. The result is what the command line makes of
 * the same bytes and settings. A crashed worker is tried once more.
 * Errors (no callback then): PARE_ERR_INVALID, PARE_ERR_NO_MEMORY, PARE_ERR_CANCELLED (closing).
 * Errors in the result: those of pare_optimize(), PARE_ERR_IO, PARE_ERR_TOO_LARGE,
 * PARE_ERR_CRASHED, PARE_ERR_TIMEOUT, PARE_ERR_CANCELLED. */
PARE_NODISCARD pare_err pare_engine_one(pare_engine *engine, const pare_one_request *request,
                                        pare_one **out, pare_diag *diag);
/* Nobody waits for it any more: the callback comes with PARE_ERR_CANCELLED. */
void pare_one_cancel(pare_one *one);

/* ---- undo ---- */

/* The end of an undo: PARE_OK also when `failed` files were left alone (each was reported; the
 * undo can be asked for again), else why it as a whole could not go on. */
typedef void (*pare_undo_fn)(void *user, pare_err err, uint64_t failed, const char *text);

typedef struct pare_undo_request {
    int64_t run_id;           /* 0: the last run that can be undone */
    pare_result_fn on_result; /* for each file, as in pare_undo(); may be NULL */
    pare_undo_fn on_end;      /* exactly once, at the end; may be NULL */
    void *user;
} pare_undo_request;

/* Put back the originals of an in-place run that kept backups, as pare_undo(), beside the jobs.
 * Errors (no callback then): PARE_ERR_NOT_FOUND (no such run, no backup, undone already),
 * PARE_ERR_INVALID (a job still goes on with this run; no ledger), PARE_ERR_IO,
 * PARE_ERR_NO_MEMORY, PARE_ERR_CANCELLED (closing). */
PARE_NODISCARD pare_err pare_engine_undo(pare_engine *engine, const pare_undo_request *request,
                                         pare_diag *diag);

/* ---- metrics ---- */

#define PARE_ENGINE_CORES_CAP PARE_GOVERNOR_CORES_CAP

typedef struct pare_engine_worker {
    pare_worker_view view;
    uint64_t mean_ms, p95_ms; /* of its tasks */
    uint64_t bytes_in;        /* of its tasks */
    uint64_t restarts;
} pare_engine_worker;

/* One moment of the machine and the engine. Large (about 40 KB): keep it off small stacks. */
typedef struct pare_engine_metrics {
    double cpu_pct; /* of the whole machine, between the last two samples, 0..100 */
    uint32_t core_count;
    double cores_pct[PARE_ENGINE_CORES_CAP];
    uint64_t memory_used_bytes, memory_budget_bytes; /* admitted estimates */
    uint64_t rss_bytes;                              /* of this process and its workers */
    uint32_t queue_count, queue_cap;                 /* images that wait for a worker */
    uint32_t jobs_running, jobs_waiting, ones;       /* ones: single images not answered yet */
    double images_per_s, bytes_in_per_s;             /* over the last seconds */
    /* since the engine was made */
    uint64_t files_done, optimized, kept, skipped, failed, bytes_in, bytes_out;
    uint64_t retries, timeouts, crashes, duplicates, ledger_hits, restarts, recycled;
    uint64_t task_mean_ms, task_p95_ms, queue_wait_mean_ms, commit_mean_ms;
    uint32_t worker_count;
    pare_engine_worker workers[PARE_MAX_WORKERS]; /* lowest number first; names are borrowed until
                                                     control returns to the loop */
} pare_engine_metrics;

/* Reads /proc at most twice a second. */
void pare_engine_metrics_get(pare_engine *engine, pare_engine_metrics *out);

#endif /* PARE_HOST_ENGINE_H */
