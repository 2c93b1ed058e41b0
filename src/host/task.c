// SPDX-License-Identifier: Apache-2.0
/* The table of legal steps. */
#include "host/task.h"

#include <stdbool.h>

#define TO(state) (1u << PARE_STATE_##state)

static const struct {
    const char *name;
    unsigned next; /* bits of the states that may follow */
} STATES[PARE_STATE_COUNT] = {
    [PARE_STATE_PLANNED] = {"planned", TO(INTAKE) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_INTAKE] = {"intake",
                           TO(WAITING) | TO(QUEUED) | TO(COMMITTING) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_WAITING] = {"waiting",
                            TO(INTAKE) | TO(QUEUED) | TO(COMMITTING) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_QUEUED] = {"queued", TO(RUNNING) | TO(WAITING) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_RUNNING] = {"running",
                            TO(QUEUED) | TO(WAITING) | TO(COMMITTING) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_COMMITTING] = {"committing", TO(QUEUED) | TO(WAITING) | TO(DONE) | TO(ABANDONED)},
    [PARE_STATE_DONE] = {"done", 0},
    [PARE_STATE_ABANDONED] = {"abandoned", 0},
};

static bool known(pare_task_state state)
{
    return (unsigned)state < PARE_STATE_COUNT;
}

const char *pare_task_state_name(pare_task_state state)
{
    return known(state) ? STATES[state].name : "unknown";
}

void pare_task_counts_add(pare_task_counts *counts, uint64_t count)
{
    counts->total += count;
    counts->in[PARE_STATE_PLANNED] += count;
}

pare_err pare_task_move(pare_task_counts *counts, pare_task_state *state, pare_task_state to,
                        pare_diag *diag)
{
    const pare_task_state from = *state;
    if (!known(from) || !known(to) || !(STATES[from].next & (1u << to)) || counts->in[from] == 0) {
        return pare_fail(diag, PARE_ERR_INTERNAL, "a task cannot go from %s to %s",
                         pare_task_state_name(from), pare_task_state_name(to));
    }
    counts->in[from]--;
    counts->in[to]++;
    *state = to;
    return PARE_OK;
}

pare_err pare_task_counts_check(const pare_task_counts *counts, pare_diag *diag)
{
    uint64_t sum = 0;
    for (int i = 0; i < PARE_STATE_COUNT; i++) {
        sum += counts->in[i];
    }
    if (sum == counts->total) return PARE_OK;
    return pare_fail(diag, PARE_ERR_INTERNAL, "%llu tasks were planned, %llu are accounted for",
                     (unsigned long long)counts->total, (unsigned long long)sum);
}

uint64_t pare_task_counts_active(const pare_task_counts *counts)
{
    uint64_t sum = 0;
    for (int i = PARE_STATE_INTAKE; i <= PARE_STATE_COMMITTING; i++) {
        sum += counts->in[i];
    }
    return sum;
}
