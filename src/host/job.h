// SPDX-License-Identifier: Apache-2.0
/* One job: from paths to results, with what the engine shares among jobs. What blocks on the disk
 * is done in libuv's thread pool, what touches images in worker processes.
 *
 * Internal to engine*.c and job*.c. The way of a task:
 *
 *   plan -> intake (open, hash) -> ledger, twins -> queue -> worker -> commit -> result
 *                                        |                               ^
 *                                        +------- copy what is known ----+
 */
#ifndef PARE_HOST_JOB_H
#define PARE_HOST_JOB_H

#include "base/trace.h"
#include "host/again.h"
#include "host/backup.h"
#include "host/engine.h"
#include "host/governor.h"
#include "host/intake.h"
#include "host/metrics.h"
#include "host/plan.h"
#include "host/pool.h"
#include "host/progress.h"
#include "host/queue.h"
#include "host/replace.h"
#include "host/scan.h"
#include "host/task.h"

typedef struct pare_task pare_task;

/* What a commit needs and gives; only while a task is between worker and result. */
typedef struct pare_commit {
    pare_plan_output output;
    int out_dir_fd, in_dir_fd; /* owned */
    pare_buf copy_path;        /* absolute: bytes come from this file; empty: from task->out_fd */
    pare_hash copy_hash;       /* and must be these */
    pare_buf in_path;          /* absolute path of the original, for the backup */
    bool copies_original;      /* kept: the bytes come from the input */
    bool source_gone;          /* the file to copy from is not what it was */
    bool holds_folder;         /* a reference to output.folder */
    pare_replaced made;
} pare_commit;

struct pare_task {
    pare_pool_task sent; /* for the pool; id and deadline */
    pare_job *job;
    const pare_plan_entry *entry; /* borrowed from the plan's window */
    pare_task_state state;
    pare_intake intake;
    int out_fd; /* owned memory file that the worker fills; -1 */
    uint64_t memory_bytes;
    bool admitted, alone;
    uint32_t attempts; /* given to workers */
    uint32_t failures; /* crashes and nonsense */
    uint32_t io_retries;
    uint32_t worker;
    pare_task *bucket_next;       /* tasks in work, by content hash */
    pare_task *twins, *twin_next; /* tasks of equal content that wait for this one */
    pare_task *wait_next;         /* tasks that wait for a moment */
    uint64_t due_us;
    bool commit_next; /* after waiting: commit again, else intake again */
    /* The outcome so far. */
    pare_outcome outcome;
    pare_err err;
    pare_diag diag;
    pare_result result; /* data is never set */
    bool copied;        /* taken from the ledger or a twin: no worker */
    bool salvages;      /* decided as damaged: what follows is about what is left of it */
    pare_diag damage;   /* the text of that */
    pare_commit *commit;
    pare_err work_err; /* of the last thing done in the thread pool */
    uv_work_t work;
    uint64_t began_us, queued_us, work_begin_us, work_end_us;
};

#define PARE_JOB_BUCKETS 1024
#define PARE_JOB_DEVICES 8
#define PARE_JOB_FAILURES_CAP 2 /* crashes and lies of workers over one image */

typedef enum pare_job_phase {
    PARE_PHASE_HELD = 0, /* waits for its turn */
    PARE_PHASE_RESTORE,  /* a redo in place: its original comes back, in the thread pool */
    PARE_PHASE_SCAN,     /* fill the plan */
    PARE_PHASE_KNOWN,    /* report what needs no work */
    PARE_PHASE_WORK,
    PARE_PHASE_SYNC, /* wait for the disk */
    PARE_PHASE_ENDED
} pare_job_phase;

/* File systems that got results which nobody waited for; synced once, at the end of the run. */
typedef struct pare_unsynced {
    uint64_t devs[PARE_JOB_DEVICES];
    int folder_fds[PARE_JOB_DEVICES];
    unsigned count;
} pare_unsynced;

struct pare_job {
    pare_engine *engine;
    pare_job *next; /* in the order of adding */
    uint64_t number;
    pare_batch_options options; /* copied, with strings in texts */
    void *texts;
    pare_job_state_fn on_state;
    int64_t job_id, run_id; /* rows of the ledger; 0: none */
    pare_job_phase phase;
    pare_job_state state;
    bool submitted, asked_to_end, paused, scan_done, cancelled, released, stands_back;
    pare_err err; /* why the job could not go on; at the end: how it ended */
    pare_diag diag;

    pare_folders *folders;
    pare_ledger *ledger; /* the engine's; NULL: none */
    pare_trace *trace;   /* the engine's; NULL: none */
    pare_scan *scan;
    pare_plan *plan;
    pare_backup *backup;
    pare_earlier earlier; /* results of the same run before this job */
    uint64_t earlier_ms;
    bool restores; /* a redo in place: the original has to come back from its backup */
    bool restored; /* and did */
    char **paths;  /* owned, with RESTORE: to be scanned when it did */
    size_t path_count;
    pare_queue queue;
    double served; /* cost given to workers, to be fair between jobs */
    pare_hash settings;
    pare_unsynced unsynced;
    uv_work_t work; /* of RESTORE and SYNC */
    pare_err work_err;
    pare_diag work_diag;

    pare_task_counts counts;
    size_t known_at; /* next entry to report in KNOWN */
    pare_task *buckets[PARE_JOB_BUCKETS];
    pare_task *waiting; /* by due_us */
    uint32_t intake_count, commit_count, queue_cap;
    double us_per_cost;                   /* measured; 0 unknown */
    uint64_t moves, moves_seen, moved_us; /* to notice that nothing moves any more */
    uint64_t stall_told_us, watched_us;
    uint64_t cancel_us, report_us, window_us;
    uint64_t paused_us, pause_began_us; /* time that does not count */

    pare_progress_meter meter;
    double fraction; /* as shown last */
    pare_metrics metrics;
    pare_progress totals; /* counters only */
    uint64_t restarts_before;
};

/* job.c */
/* Everything but the paths: add those to job->scan, then submit. */
PARE_NODISCARD pare_err pare_job_create(pare_engine *engine, const pare_job_request *request,
                                        pare_job **out, pare_diag *diag);
void pare_job_submit(pare_job *job, bool paused);
/* Only after its end, or before it was submitted. */
void pare_job_destroy(pare_job *job);
void pare_job_fail(pare_job *job, pare_err err, const char *text);
void pare_job_cancel_now(pare_job *job);
/* Leave HELD. */
void pare_job_begin(pare_job *job);
void pare_job_scan_begin(pare_job *job);
/* Go on wherever something can go on, workers aside. */
void pare_job_turn(pare_job *job);
/* A slice of scan or known results. True: there is more. */
bool pare_job_slice(pare_job *job);
void pare_job_tick(pare_job *job, uint64_t now_us);
/* Internal consistency, and whether anything moves. */
void pare_job_check(pare_job *job, uint64_t now_us);
void pare_job_set_state(pare_job *job, pare_job_state state);
/* Time of this job: pauses left out. */
uint64_t pare_job_time_us(const pare_job *job, uint64_t now_us);
/* Tasks that could go to workers now or soon. */
uint64_t pare_job_demand(const pare_job *job);
/* Move a task; an illegal step ends the run. */
void pare_job_move(pare_task *task, pare_task_state to);

/* job_stall.c */
/* Says once what waits for what when nothing moves; fails a job that nobody works on. */
void pare_job_watch(pare_job *job, uint64_t now_us);

/* job_again.c */
/* Before the paths are added. Errors: as pare_engine_add(). */
PARE_NODISCARD pare_err pare_job_go_on(pare_job *job, const pare_job_request *request,
                                       pare_diag *diag);
/* What is scanned: at once, or after RESTORE. Copies the paths. Errors: as pare_engine_add(). */
PARE_NODISCARD pare_err pare_job_add_paths(pare_job *job, const char *const *paths, size_t count,
                                           pare_diag *diag);
/* Enter RESTORE; pare_job_scan_begin() follows when the original is back. */
void pare_job_restore(pare_job *job);
/* With `planned` files planned by this job. */
uint64_t pare_job_files_total(const pare_job *job, uint64_t planned);
/* Takes an earlier result of this path out of the sums, and says so in the new one. */
void pare_job_replace(pare_job *job, const char *path, pare_file_result *result);
/* A redo that failed: the earlier result stands, the job fails, and there is no new result. */
bool pare_job_lets_stand(pare_job *job, const pare_file_result *result);
/* After a redo: its earlier output, when it has another name and is still Pare's. */
void pare_job_drop_made(pare_job *job, const char *out_path);

/* job_commit.c */
/* Wait for the disk where results were only handed over; blocks. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_job_sync(pare_job *job, pare_diag *diag);

/* job_task.c: tasks, intake, what is known already, workers' answers */
void pare_job_feed(pare_job *job);
void pare_job_enqueue(pare_task *task);
/* The best task of at most room_bytes goes to a worker. False: none fits, or no worker took it. */
bool pare_job_dispatch(pare_job *job, uint64_t room_bytes);
uint64_t pare_job_expected_us(const pare_job *job, double cost);
bool pare_job_needs_all(const pare_queue_item *item); /* see pare_pool_want_all() */
/* Was it the disk, and is another try left? Not once the result has its name. */
bool pare_job_may_retry(const pare_task *task, pare_err err);
void pare_job_wait(pare_task *task, bool commit_next);
void pare_job_wake_due(pare_job *job, uint64_t now_us);
void pare_job_abandon_idle(pare_job *job);
/* Release everything of a task; its state is DONE or ABANDONED. */
void pare_job_task_end(pare_task *task);

/* job_commit.c */
void pare_job_commit(pare_task *task);
/* The task is decided without or after a commit: give its result, wake its twins, free it. */
void pare_job_finish_task(pare_task *task);

/* job_salvage.c */
/* Is something to be saved of a file that a worker just called damaged? Then the task is on its way
 * to a worker again. */
bool pare_job_salvage(pare_task *task, pare_err damage);
/* The worker's answer to that, or its end; `err` is why nothing can be saved. */
void pare_job_salvage_answered(pare_task *task, pare_err err);
/* Nothing more can be done: the task ends as damaged. */
void pare_job_salvage_end(pare_task *task);

/* job_report.c */
void pare_job_report_task(pare_task *task);
/* The original of a redo came back, but then the job was cancelled: the row says so. */
void pare_job_report_restored(pare_job *job);
void pare_job_report_known(pare_job *job, const pare_plan_entry *entry);
void pare_job_progress(pare_job *job, uint64_t now_us, bool final);
void pare_job_fill_progress(const pare_job *job, uint64_t now_us, pare_progress *out);

#endif /* PARE_HOST_JOB_H */
