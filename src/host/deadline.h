// SPDX-License-Identifier: Apache-2.0
/* When a worker is late: a question of time, but not of the time that the machine withheld. Pure:
 * whoever asks looks at the clocks. */
#ifndef PARE_HOST_DEADLINE_H
#define PARE_HOST_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* A worker that computes is late at this many times its limit, however little CPU it got. */
#define PARE_DEADLINE_STRETCH 10

/* Of one task in work; all zero when it begins. */
typedef struct pare_deadline {
    bool has_base;
    uint64_t base_cpu_us; /* of the process, about halfway */
    uint64_t cpu_us;      /* as seen last... */
    uint64_t moved_us;    /* ...and the passed time when it was last seen to grow */
} pare_deadline;

/* Is it worth looking at the CPU time? Not while a task is young. */
bool pare_deadline_looks(const pare_deadline *deadline, uint64_t passed_us, uint64_t limit_us);

/* passed_us of the clock went by since the task began; its process has used cpu_us of CPU time in
 * all its life. Late is
 *   what computed through the second half of its limit, and that limit is over;
 *   what used no CPU for half its limit, at most 5 s, when that limit is over: it hangs;
 *   anything after PARE_DEADLINE_STRETCH times the limit.
 * So a worker that gets a tenth of a CPU has ten times as long. limit_us 0: never. */
bool pare_deadline_passed(pare_deadline *deadline, uint64_t passed_us, uint64_t limit_us,
                          uint64_t cpu_us);

/* A loop that looks every few milliseconds did not for this long: it was stopped, or the machine
 * slept, and nobody is late for that. Returns what is to be left out, or 0. */
uint64_t pare_deadline_away_us(uint64_t last_look_us, uint64_t now_us);

#endif /* PARE_HOST_DEADLINE_H */
