// SPDX-License-Identifier: Apache-2.0
/* How much may run at once: memory that tasks were admitted with, number of workers, and the CPU
 * and memory readings that decide it. One thread. */
#ifndef PARE_HOST_GOVERNOR_H
#define PARE_HOST_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

#include <pare/error.h>

#define PARE_GOVERNOR_CORES_CAP 256

/* One core, or all together; ticks as in /proc/stat. */
typedef struct pare_governor_cpu {
    uint64_t busy, total; /* at the last sample */
    double pct;           /* busy between the last two samples, 0..100 */
} pare_governor_cpu;

typedef struct pare_governor {
    uint64_t budget_bytes; /* of all tasks that run */
    uint64_t used_bytes;
    uint32_t running; /* tasks admitted and not released */
    uint32_t jobs;    /* most workers */
    /* readings */
    pare_governor_cpu cpu; /* the whole machine */
    pare_governor_cpu cores[PARE_GOVERNOR_CORES_CAP];
    uint32_t core_count;
    bool memory_low; /* the machine is running out, whoever uses it */
} pare_governor;

/* budget_bytes 0: half of the memory of the machine (or of the control group, when that is less).
 * jobs 0: one per core that this process may use; at most PARE_MAX_WORKERS. */
void pare_governor_init(pare_governor *governor, uint64_t budget_bytes, uint32_t jobs);

/* How large a task may be now. When nothing runs: any size, for one that is larger than the
 * budget runs alone rather than never. */
uint64_t pare_governor_room(const pare_governor *governor);
/* Most memory that a worker may write to: the budget, which one large image alone may use up, and
 * what a worker at rest needs. */
uint64_t pare_governor_ceiling(const pare_governor *governor);
void pare_governor_admit(pare_governor *governor, uint64_t bytes);
void pare_governor_release(pare_governor *governor, uint64_t bytes);

/* Read /proc/stat and /proc/meminfo; without them the readings stay 0. */
void pare_governor_sample(pare_governor *governor);

/* How many workers there should be, 1 to jobs; one stays warm for what comes next.
 *   demand  tasks that could run now: running and waiting ones. */
uint32_t pare_governor_pool_size(const pare_governor *governor, uint64_t demand);

/* Of another process: resident memory, and CPU time since its start. False: it is gone. */
bool pare_governor_process(int pid, uint64_t *rss_bytes, uint64_t *cpu_us);

#endif /* PARE_HOST_GOVERNOR_H */
