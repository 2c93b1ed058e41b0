// SPDX-License-Identifier: Apache-2.0
/* libpare-batch: files and folders in, optimized files out, decoded in worker processes, with
 * callbacks.
 *
 * One pare_batch belongs to one thread, but pare_batch_cancel() may be called from any thread and
 * from a signal handler. Callbacks run on the thread that called pare_batch_run(). */
#ifndef PARE_BATCH_H
#define PARE_BATCH_H

#include <pare/pare.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where results go. */
typedef enum pare_output_mode {
    PARE_OUTPUT_BESIDE = 0,   /* optimized/ beside each source; the default */
    PARE_OUTPUT_FOLDER = 1,   /* trees mirrored under output_dir */
    PARE_OUTPUT_IN_PLACE = 2, /* over the original, see backup_dir */
    PARE_OUTPUT_SUFFIX = 3    /* name + suffix beside the source */
} pare_output_mode;

typedef enum pare_priority {
    PARE_PRIORITY_NORMAL = 0,
    PARE_PRIORITY_LOW = 1, /* workers run at a nice level of 10 */
    PARE_PRIORITY_HIGH = 2
} pare_priority;

typedef enum pare_outcome {
    PARE_OUTCOME_NONE = 0,
    PARE_OUTCOME_OPTIMIZED = 1,
    PARE_OUTCOME_KEPT = 2,    /* nothing to gain, or left alone for the stated reason */
    PARE_OUTCOME_SKIPPED = 3, /* already_done or unsupported */
    PARE_OUTCOME_FAILED = 4
} pare_outcome;

/* "optimized", "kept", "skipped", "failed"; "none". Static. */
PARE_API const char *pare_outcome_name(pare_outcome outcome);

/* One file is done. Strings are borrowed for the callback. */
typedef struct pare_file_result {
    uint64_t seq;       /* 1, 2, 3, ... in the order of events */
    const char *input;  /* path as found; any bytes but NUL */
    const char *output; /* path written, or NULL when nothing was */
    pare_outcome outcome;
    pare_err err;     /* PARE_OK, the PARE_SKIP_* reason, or the error */
    const char *text; /* file, step and cause for people; "" when there is nothing to say */
    pare_format format_in, format_out;
    uint32_t width_px, height_px; /* of the result, or of the input when nothing was written */
    uint64_t bytes_in, bytes_out; /* bytes_out == bytes_in unless optimized */
    double score;                 /* -1 when not measured */
    int quality;
    bool lossless;
    uint32_t ms;     /* from start in the worker to the end of replacing */
    uint32_t worker; /* 1, 2, ...; 0 when no worker was needed */
    uint32_t attempts;
    uint64_t
        replaces; /* seq of an earlier result of the same file that no longer counts; 0: none */
    const char *salvaged_path; /* of a damaged file: what was left of it; NULL: nothing */
    uint32_t salvaged,
        salvageable;      /* rows, or frames of an animation, that are whole, of so many */
    bool salvages_frames; /* they count frames; of GIF and WebP there may be more */
    uint32_t reserved[1];
} pare_file_result;

#define PARE_MAX_WORKERS 256

typedef struct pare_worker_view {
    uint32_t number; /* 1, 2, ... */
    pare_step step;
    const char *name; /* file being worked on, without its folder; "" when idle. Borrowed */
    uint64_t tasks_done;
    uint32_t step_ms; /* how long it has been in this step */
    double cpu_pct;   /* of one core */
    uint64_t rss_bytes;
} pare_worker_view;

/* The state of a run at one moment. Totals equal the sums of the results given so far. */
typedef struct pare_progress {
    uint64_t seq;
    bool scan_done; /* false: files_total and cost_total still grow */
    bool final;     /* true exactly once, in the last snapshot */
    uint64_t files_total, files_done;
    uint64_t optimized, kept, skipped, failed;
    uint64_t bytes_in, bytes_out; /* of the files done */
    uint64_t bytes_total;         /* of all files planned */
    double fraction;              /* 0..1 by estimated cost; never falls */
    uint64_t elapsed_ms;
    int64_t eta_ms;      /* -1 unknown */
    double images_per_s; /* over the last seconds */
    double cpu_pct;      /* of the whole machine, 0..100 */
    uint32_t queue_count, queue_cap;
    uint64_t memory_used_bytes, memory_budget_bytes; /* admitted estimates */
    uint64_t cache_hits, retries, worker_restarts, duplicates;
    uint32_t worker_count, worker_busy;
    const pare_worker_view *workers; /* worker_count of them; borrowed for the callback */
    uint32_t reserved[8];
} pare_progress;

/* A message for people that belongs to no single result, e.g. a name collision in the plan. */
typedef void (*pare_notice_fn)(void *user, const char *text);
typedef void (*pare_result_fn)(void *user, const pare_file_result *result);
typedef void (*pare_progress_fn)(void *user, const pare_progress *progress);

/* Fill with pare_batch_options_init() first. Strings are borrowed until pare_batch_destroy(). */
typedef struct pare_batch_options {
    pare_options image;
    pare_output_mode output_mode;
    const char *output_dir;      /* PARE_OUTPUT_FOLDER */
    const char *suffix;          /* PARE_OUTPUT_SUFFIX; non-empty, no '/' */
    const char *backup_dir;      /* PARE_OUTPUT_IN_PLACE; NULL: no backup kept */
    const char *salvage_dir;     /* what is left of damaged files goes here, never over a file;
                                    NULL: nowhere */
    const char *const *excludes; /* glob patterns, see docs/cli.md */
    size_t exclude_count;
    uint32_t jobs;         /* 0: one per core */
    uint64_t memory_bytes; /* budget of all workers; 0: half of the machine's memory */
    uint64_t timeout_ms;   /* for a task of 1 Mpx and less, more in proportion; default 60 s */
    pare_priority priority;
    bool keep_dates;
    bool dry_run;            /* plan and estimate; write nothing */
    bool check;              /* do the work, write nothing, report what would be saved */
    bool force;              /* redo what the ledger knows; overwrite outputs that are not Pare's */
    bool use_ledger;         /* default true */
    bool require_sandbox;    /* default true: no work when seccomp cannot hold the workers */
    const char *ledger_path; /* NULL: $XDG_STATE_HOME/pare/ledger.db */
    const char *worker_path; /* NULL: beside the program, else the installed one */
    const char *trace_path;  /* NULL: no trace */
    const char *command_line;      /* shown by history; NULL: "" */
    uint32_t progress_interval_ms; /* at least 100; default 100 */
    pare_notice_fn on_notice;
    pare_result_fn on_result;
    pare_progress_fn on_progress;
    void *user;
    uint32_t reserved[14];
} pare_batch_options;

PARE_API void pare_batch_options_init(pare_batch_options *options);

typedef struct pare_batch pare_batch;

/* Errors: PARE_ERR_INVALID (an option is out of range), PARE_ERR_IO (ledger, worker program),
 * PARE_ERR_NO_MEMORY. *out is owned; NULL on error. */
PARE_API PARE_NODISCARD pare_err pare_batch_create(const pare_batch_options *options,
                                                   pare_batch **out, pare_diag *diag);

/* Add a file or folder; the path is copied. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_API PARE_NODISCARD pare_err pare_batch_add(pare_batch *batch, const char *path,
                                                pare_diag *diag);

/* Do everything; returns when the last result and the final progress were delivered.
 * PARE_OK also when files failed (see the summary); PARE_ERR_CANCELLED after pare_batch_cancel();
 * other errors when the run as a whole could not go on. */
PARE_API PARE_NODISCARD pare_err pare_batch_run(pare_batch *batch, pare_diag *diag);

/* Ask for an early end: nothing new starts, files in flight are finished or abandoned cleanly. */
PARE_API void pare_batch_cancel(pare_batch *batch);

/* The totals after pare_batch_run(); workers is NULL. */
PARE_API void pare_batch_summary(const pare_batch *batch, pare_progress *out);

/* Accepts a pointer to NULL; sets *batch to NULL. */
PARE_API void pare_batch_destroy(pare_batch **batch);

/* Put back the originals of an in-place run that kept backups. run_id 0: the last such run
 * that has something to put back. Calls on_result for each file: OPTIMIZED means restored, KEPT
 * that it came back before. A file that changed after the run is left alone: PARE_ERR_CHANGED. */
PARE_API PARE_NODISCARD pare_err pare_undo(const char *ledger_path, int64_t run_id,
                                           pare_result_fn on_result, void *user, pare_diag *diag);

/* One earlier run, newest first. Strings are borrowed for the callback. */
typedef struct pare_run_record {
    int64_t id;
    int64_t started_unix_s;
    uint64_t ms, files, optimized, kept, skipped, failed, bytes_in, bytes_out;
    const char *command_line;
    const char *folder; /* working directory of the run */
    bool finished, can_undo, undone;
} pare_run_record;
typedef void (*pare_run_fn)(void *user, const pare_run_record *run);

/* Errors: PARE_ERR_IO. No ledger yet is no error: nothing is called. */
PARE_API PARE_NODISCARD pare_err pare_history(const char *ledger_path, uint32_t limit,
                                              pare_run_fn on_run, void *user, pare_diag *diag);

/* Ask a sandboxed worker what a file is, or for the score of two files. worker_path may be NULL.
 * Errors: those of pare_read_info() and pare_score(), PARE_ERR_IO, PARE_ERR_CRASHED,
 * PARE_ERR_TIMEOUT. */
PARE_API PARE_NODISCARD pare_err pare_file_info(const char *path, const char *worker_path,
                                                pare_info *out, pare_diag *diag);
PARE_API PARE_NODISCARD pare_err pare_file_score(const char *a, const char *b,
                                                 const char *worker_path, double *score,
                                                 pare_diag *diag);

/* Optimize what in_fd holds and write the result to out_fd: the bytes of a smaller file, or the
 * original bytes when they are kept; nothing on an error. For pipes: both are read and written to
 * their end from where they stand, and stay open.
 *
 *   options  borrowed; image, memory_bytes, timeout_ms, priority and worker_path count.
 *   out      filled in every case; input "-", output NULL; text is borrowed from diag.
 *
 * PARE_OK or PARE_SKIP_* (the original was written), or an error as in pare_optimize(),
 * PARE_ERR_IO, PARE_ERR_CRASHED, PARE_ERR_TIMEOUT. Blocks until it is done. */
PARE_API PARE_NODISCARD pare_err pare_batch_one(const pare_batch_options *options, int in_fd,
                                                int out_fd, pare_file_result *out, pare_diag *diag);

#ifdef __cplusplus
}
#endif

#endif /* PARE_BATCH_H */
