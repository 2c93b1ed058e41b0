// SPDX-License-Identifier: Apache-2.0
/* Inside of the engine, for engine*.c and job*.c only. */
#ifndef PARE_HOST_ENGINE_INSIDE_H
#define PARE_HOST_ENGINE_INSIDE_H

#include "host/job.h"

typedef struct pare_undoing pare_undoing;

struct pare_engine {
    pare_engine_options options; /* strings borrowed */
    uv_loop_t own_loop;
    uv_loop_t *loop; /* own_loop, or that of the owner */
    uv_timer_t tick; /* runs while there is something to do */
    uv_idle_t idle;  /* scans and known results, a slice of each job at a time */
    uint32_t open_handles;
    bool closing, closed, pumping, pump_again;
    void (*on_closed)(void *user);
    void *closed_user;

    pare_governor governor;
    pare_pool *pool;     /* NULL: plans only */
    pare_ledger *ledger; /* NULL: none */
    pare_trace *trace;
    char worker_path[4096];
    uint64_t linger_us; /* how long workers stay that are not needed */
    uint64_t needed_us; /* when the present number was last needed */
    uint32_t pool_size;

    pare_job *jobs;
    uint64_t next_job, next_task_id;
    double served;                /* what the job that was served last had got before */
    pare_one *ones_queued, *ones; /* in the order of asking; all that have not ended */
    uint32_t one_count;
    pare_undoing *undoings;
    double one_us_per_cost; /* measured; 0 unknown */

    uint32_t intake_count, commit_count;                     /* of all jobs */
    uint32_t intake_cap, commit_cap, queue_most, folder_fds; /* what the descriptors allow */
    uint64_t random;                                         /* jitter of retries */
    uint64_t flush_us, sample_us, check_us;
    uint64_t stall_us; /* when to say that a job stands still */

    pare_progress_meter meter; /* cost is bytes of input */
    pare_metrics metrics;
    pare_progress totals; /* counters of results */
    pare_worker_view views[PARE_MAX_WORKERS];
};

typedef enum pare_one_step {
    PARE_ONE_READ = 0, /* in the thread pool */
    PARE_ONE_QUEUED,
    PARE_ONE_RUNNING,
    PARE_ONE_WRITE /* in the thread pool, or at the end */
} pare_one_step;

struct pare_one {
    pare_engine *engine;
    pare_one *next, *queue_next; /* of all; of those that wait for a worker */
    pare_one_step step;
    pare_options image;
    pare_pool_task sent;
    char name[64];
    int in_fd, out_fd; /* borrowed */
    int fds[2];        /* input; result (owned) or second input (borrowed) */
    bool owns_input, admitted, alone, cancelled;
    uint64_t timeout_ms, memory_bytes, bytes_in, began_us, cancel_us;
    double cost;
    uint32_t attempts, failures, worker;
    pare_err err;
    pare_diag diag;
    pare_message answer;
    uv_work_t work;
    pare_one_fn on_end;
    void *user;
};

/* engine.c */
/* Something may be able to go on: now, or soon when called from a function of the interface. */
void pare_engine_pump(pare_engine *engine);
void pare_engine_wake(pare_engine *engine);
/* With plans_only there are no workers, and only dry runs. */
PARE_NODISCARD pare_err pare_engine_make(const pare_engine_options *options, bool plans_only,
                                         pare_engine **out, pare_diag *diag);
/* Ends a trace. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_engine_end_trace(pare_engine *engine, pare_diag *diag);

/* engine_next.c: who is served next */
void pare_engine_dispatch(pare_engine *engine);
/* The queue of a job is no longer empty: it gets no credit for the time it did not ask. */
void pare_engine_joins(pare_job *job);
uint32_t pare_engine_running(const pare_engine *engine); /* jobs that have begun and not ended */

/* engine_undo.c */
/* What is left to put back stays as it is. */
void pare_engine_stop_undoings(pare_engine *engine);

/* job_report.c */
/* Add a result to sums. */
void pare_engine_count(pare_progress *totals, const pare_file_result *result);

/* engine_metrics.c */
/* Counters of a job that goes, kept by the engine. */
void pare_engine_add_metrics(pare_metrics *sum, const pare_metrics *one);

/* engine_one.c */
/* As pare_engine_one(), also for the other questions. second_fd: of a SCORE, borrowed. The answer
 * is in (*out)->answer during the callback. */
PARE_NODISCARD pare_err pare_engine_ask(pare_engine *engine, const pare_one_request *request,
                                        pare_task_kind kind, int second_fd, pare_one **out,
                                        pare_diag *diag);
/* False: the first in the queue must wait, and everybody else with it. */
bool pare_engine_dispatch_ones(pare_engine *engine);
/* End those that wait for a worker. */
void pare_engine_fail_ones(pare_engine *engine, pare_err err, const char *text);
void pare_engine_cancel_ones(pare_engine *engine);
void pare_engine_tick_ones(pare_engine *engine, uint64_t now_us);

#endif /* PARE_HOST_ENGINE_INSIDE_H */
