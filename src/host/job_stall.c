// SPDX-License-Identifier: Apache-2.0
/* The watchdog: when a job stands still, who waits for what. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "host/deadline.h"
#include "host/engine_inside.h"

enum {
    FAIL_US = 200 * 1000 * 1000, /* longer than three failed starts of a worker, a minute each */
    NAMES_CAP = 3,
};

/* Text that is cut off where its room ends. */
typedef struct line {
    char text[480];
    size_t len;
} line;

PARE_PRINTF(2, 3) static void say(line *l, const char *format, ...)
{
    va_list args;
    const size_t room = sizeof l->text - l->len;
    va_start(args, format);
    const int put = vsnprintf(l->text + l->len, room, format, args);
    va_end(args);
    if (put > 0) l->len += (size_t)put < room ? (size_t)put : room - 1;
}

static const char *separator(const line *l)
{
    return l->len > 0 ? "; " : "";
}

static void say_workers(line *l, pare_engine *engine)
{
    const uint32_t count = pare_pool_views(engine->pool, engine->views, PARE_MAX_WORKERS);
    int named = 0;
    for (uint32_t i = 0; i < count && named < NAMES_CAP; i++) {
        const pare_worker_view *const view = &engine->views[i];
        if (!view->name[0]) continue;
        named++;
        say(l, "%sworker %u: %s of %s for %u s", separator(l), view->number,
            pare_step_name(view->step), view->name, view->step_ms / 1000);
    }
    if (count == 0) say(l, "%sno worker runs", separator(l));
}

static void say_queue(line *l, const pare_job *job)
{
    const pare_queue_item *const first = pare_queue_first(&job->queue);
    if (!first) return;
    const pare_task *const task = first->user;
    const uint64_t room = pare_governor_room(&job->engine->governor);
    say(l, "%s%llu in the queue, first %s", separator(l),
        (unsigned long long)job->counts.in[PARE_STATE_QUEUED], task->entry->name);
    if (first->memory_bytes > room) {
        say(l, " waits for memory (%llu MB wanted, %llu MB free)",
            (unsigned long long)(first->memory_bytes >> 20), (unsigned long long)(room >> 20));
    } else {
        say(l, " waits for a worker");
    }
}

/* Of the tasks whose content is known: those at the disk, and those that others wait for. */
static void say_tasks(line *l, const pare_job *job)
{
    int named = 0;
    for (size_t i = 0; i < PARE_JOB_BUCKETS; i++) {
        for (const pare_task *task = job->buckets[i]; task && named < NAMES_CAP;
             task = task->bucket_next) {
            if (task->state == PARE_STATE_COMMITTING) {
                say(l, "%s%s waits for the disk", separator(l), task->entry->name);
                named++;
            }
            if (!task->twins) continue;
            say(l, "%s%s waits for the result of %s", separator(l), task->twins->entry->name,
                task->entry->name);
            named++;
        }
    }
    if (job->intake_count > 0) {
        say(l, "%s%u being read from the disk", separator(l), job->intake_count);
    }
    if (job->waiting) {
        say(l, "%s%s waits for another try", separator(l), job->waiting->entry->name);
    }
}

static void describe(line *l, pare_job *job)
{
    *l = (line){0};
    if (job->engine->pool) say_workers(l, job->engine);
    say_queue(l, job);
    say_tasks(l, job);
}

/* Nothing is with a worker, the disk or a pause, and still tasks wait: a fault of ours. */
static bool is_stuck(const pare_job *job)
{
    pare_pool_stats stats = {0};
    if (job->engine->pool) pare_pool_stats_get(job->engine->pool, &stats);
    return !job->waiting && stats.in_flight == 0 && job->intake_count == 0 &&
           job->commit_count == 0;
}

void pare_job_watch(pare_job *job, uint64_t now_us)
{
    line l;
    char text[sizeof l.text + 64];
    const bool moved = job->moves != job->moves_seen;
    job->moved_us += pare_deadline_away_us(job->watched_us, now_us);
    job->watched_us = now_us;
    if (moved || job->paused || pare_task_counts_active(&job->counts) == 0) {
        if (moved) job->stall_told_us = 0;
        job->moves_seen = job->moves;
        job->moved_us = now_us;
        return;
    }
    const uint64_t still_us = now_us - job->moved_us;
    const uint64_t limit_us =
        job->stall_told_us > 0 ? 2 * job->stall_told_us : job->engine->stall_us;
    const bool stuck = is_stuck(job) && still_us > FAIL_US;
    if (!stuck && still_us < limit_us) return;
    job->stall_told_us = still_us;
    describe(&l, job);
    snprintf(text, sizeof text, "nothing has moved for %llu s: %s",
             (unsigned long long)(still_us / 1000000), l.text);
    if (stuck) {
        pare_job_fail(job, PARE_ERR_INTERNAL, text);
    } else if (job->options.on_notice) {
        job->options.on_notice(job->options.user, text);
    }
}
