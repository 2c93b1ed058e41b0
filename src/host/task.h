// SPDX-License-Identifier: Apache-2.0
/* The states of a task, which steps between them are legal, and how many tasks are in each: the
 * sum is always the number of files planned. */
#ifndef PARE_HOST_TASK_H
#define PARE_HOST_TASK_H

#include <stdint.h>

#include "base/err.h"

typedef enum pare_task_state {
    PARE_STATE_PLANNED = 0, /* known from the plan */
    PARE_STATE_INTAKE,      /* being opened and hashed */
    PARE_STATE_WAITING,     /* for its twin's result, or for the next try */
    PARE_STATE_QUEUED,
    PARE_STATE_RUNNING,    /* given to a worker */
    PARE_STATE_COMMITTING, /* being written to its place */
    PARE_STATE_DONE,       /* its one result was given */
    PARE_STATE_ABANDONED,  /* the run was cancelled before; no result */
    PARE_STATE_COUNT
} pare_task_state;

/* "planned", "intake", ... Static. */
const char *pare_task_state_name(pare_task_state state);

typedef struct pare_task_counts {
    uint64_t total;
    uint64_t in[PARE_STATE_COUNT];
} pare_task_counts;

/* count files were planned. */
void pare_task_counts_add(pare_task_counts *counts, uint64_t count);

/* One task goes from *state to `to`. Errors: PARE_ERR_INTERNAL (no such step; nothing changed). */
PARE_NODISCARD pare_err pare_task_move(pare_task_counts *counts, pare_task_state *state,
                                       pare_task_state to, pare_diag *diag);

/* Errors: PARE_ERR_INTERNAL (the sum is not the total). */
PARE_NODISCARD pare_err pare_task_counts_check(const pare_task_counts *counts, pare_diag *diag);

/* Tasks between PLANNED and the end. */
uint64_t pare_task_counts_active(const pare_task_counts *counts);

#endif /* PARE_HOST_TASK_H */
