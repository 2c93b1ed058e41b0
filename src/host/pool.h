// SPDX-License-Identifier: Apache-2.0
/* The worker processes: started, given tasks, watched, replaced and ended.
 *
 * A worker holds at most two tasks: the one it works on, and one that waits in its socket so that
 * small images never wait for the loop. Every task that was sent comes back exactly once, by
 * on_answer or on_returned of its client. One thread: that of the loop; callbacks come from the
 * loop only. */
#ifndef PARE_HOST_POOL_H
#define PARE_HOST_POOL_H

#include <uv.h>

#include "host/metrics.h"
#include "host/worker_link.h"

typedef struct pare_pool pare_pool;
typedef struct pare_pool_answer pare_pool_answer;

/* Who sends a task, and hears of it exactly once; user is that of the task. */
typedef struct pare_pool_client {
    void (*on_answer)(void *user, const pare_pool_answer *answer);
    /* Its worker died of another task; send it again. */
    void (*on_returned)(void *user);
} pare_pool_client;

/* Held by the sender from send to answer or return; descriptors and strings are borrowed. */
typedef struct pare_pool_task {
    uint64_t id; /* 1 or more, unique in the pool */
    pare_task_kind kind;
    const pare_options *options;
    int fds[2];
    int fd_count;
    uint64_t deadline_ms; /* from the moment that the worker can begin */
    uint64_t expected_us; /* a second task joins only when both are short */
    double cost;          /* as planned; for pare_pool_partial_cost() */
    bool needs_all;       /* formats; see pare_pool_want_all() */
    const char *name;     /* for the view */
    uint64_t bytes_in;    /* for the view */
    const pare_pool_client *client;
    void *user;
    /* filled by the pool */
    uint64_t sent_us, started_us;
} pare_pool_task;

struct pare_pool_answer {
    pare_err err; /* PARE_OK: message is a RESULT; else CRASHED, TIMEOUT or PROTOCOL, see text */
    const pare_message *message;
    const char *text;
    uint32_t worker; /* 1, 2, ... */
    uint64_t ended_us;
};

typedef struct pare_pool_events {
    /* A worker can take a task now. */
    void (*on_room)(void *user);
    /* Workers cannot be started; tasks that were sent have come back. */
    void (*on_fatal)(void *user, pare_err err, const char *text);
    /* After pare_pool_close(): nothing of the pool is on the loop any more. May be NULL. */
    void (*on_closed)(void *user);
} pare_pool_events;

typedef struct pare_pool_config {
    uv_loop_t *loop;
    pare_worker_command command;  /* path is copied */
    uint32_t worker_cap;          /* most workers at once */
    uint64_t rss_watermark_bytes; /* an idle worker above it is replaced; 0: never */
    uint32_t tasks_per_worker;    /* replaced after so many; 0: never */
    const pare_pool_events *events;
    void *user;
} pare_pool_config;

/* Starts nothing yet. Errors: PARE_ERR_NO_MEMORY, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_pool_create(const pare_pool_config *config, pare_pool **out,
                                         pare_diag *diag);

/* How many workers there should be, at most worker_cap: missing ones are started now, idle ones
 * beyond it end. */
void pare_pool_resize(pare_pool *pool, uint32_t size);

/* Give a task to an idle worker, or to one that works on a short one. False: no room now. */
bool pare_pool_send(pare_pool *pool, pare_pool_task *task);
/* Would a task of this expected time be taken? */
bool pare_pool_has_room(const pare_pool *pool, uint64_t expected_us, bool needs_all);

/* A task with needs_all is about to come. Workers are started as pare-worker-common, which lacks
 * the formats whose libraries take longest to load; from now on each is replaced, as soon as it is
 * idle, by one that has them. Before, no task with needs_all finds room. */
void pare_pool_want_all(pare_pool *pool);

/* The worker that gave this answer lied: replace it. Its other task comes back. */
void pare_pool_distrust(pare_pool *pool, uint32_t worker);
/* End work now: that of the workers whose task in hand is wanted by the filter, or of all when it
 * is NULL. Tasks come back with CRASHED or by on_returned. */
typedef bool (*pare_pool_filter)(const void *user, const pare_pool_task *task);
void pare_pool_kill(pare_pool *pool, pare_pool_filter filter, const void *user);
/* After on_fatal: try again to start workers when they are wanted. */
void pare_pool_revive(pare_pool *pool);

typedef struct pare_pool_stats {
    uint32_t workers, busy, in_flight;
    uint64_t restarts; /* after a crash, a timeout or nonsense */
    uint64_t recycled;
} pare_pool_stats;
void pare_pool_stats_get(const pare_pool *pool, pare_pool_stats *out);

/* What one worker has done, by its number over restarts. */
typedef struct pare_pool_worker {
    pare_histogram tasks;
    uint64_t bytes_in, restarts;
} pare_pool_worker;
/* NULL: no such number. Borrowed until destroy. */
const pare_pool_worker *pare_pool_worker_of(const pare_pool *pool, uint32_t number);

/* Fill at most cap views of the running workers, lowest number first; returns how many. Reads
 * /proc at most twice a second. */
uint32_t pare_pool_views(pare_pool *pool, pare_worker_view *views, uint32_t cap);

/* How much of their cost running tasks that the filter wants have probably done: the time that each
 * has taken so far at us_per_cost (above 0), at most nine tenths of its cost. */
double pare_pool_partial_cost(const pare_pool *pool, double us_per_cost, pare_pool_filter filter,
                              const void *user);

/* Ends all workers: politely, after a second with SIGKILL. No task may be in flight. on_closed
 * follows; then the pool can be destroyed. */
void pare_pool_close(pare_pool *pool);
/* After on_closed. Accepts a pointer to NULL. */
void pare_pool_destroy(pare_pool **pool);

/* Where the worker program is: wanted when not NULL, else $PARE_WORKER, else beside this program,
 * in the build tree, or where it was installed. Terminated.
 * Errors: PARE_ERR_NOT_FOUND (the text names the places), PARE_ERR_INVALID. */
PARE_NODISCARD pare_err pare_pool_find_worker(const char *wanted, char path[4096], pare_diag *diag);
/* The program beside it with the common formats only; "" when there is none. */
void pare_pool_find_common(const char *worker, char path[4096]);

#endif /* PARE_HOST_POOL_H */
