// SPDX-License-Identifier: Apache-2.0
/* Who is served next: single images, then jobs by priority, then by what each has got so far. The
 * counting is that of start-time fair queuing (Goyal, Vin, Cheng 1996) with equal weights: a job
 * that did not ask for a while begins at what the others have got, so that it neither loses nor
 * saves up. */
#include "base/clock.h"
#include "host/engine_inside.h"

uint32_t pare_engine_running(const pare_engine *engine)
{
    uint32_t count = 0;
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        count += job->phase > PARE_PHASE_HELD && job->phase < PARE_PHASE_SYNC;
    }
    return count;
}

void pare_engine_joins(pare_job *job)
{
    if (job->served < job->engine->served) job->served = job->engine->served;
}

static int class_of(const pare_job *job)
{
    switch (job->options.priority) {
    case PARE_PRIORITY_LOW: return 0;
    case PARE_PRIORITY_NORMAL: return 1;
    case PARE_PRIORITY_HIGH: return 2;
    }
    return 1;
}

static bool before(const pare_job *a, const pare_job *b)
{
    if (class_of(a) != class_of(b)) return class_of(a) > class_of(b);
    if (a->served < b->served || a->served > b->served) return a->served < b->served;
    return a->number < b->number;
}

static bool asks(const pare_job *job)
{
    return job->queue.count > 0 && !job->paused && !job->cancelled;
}

/* The first job that asks, after `last` in the order (NULL: of all). */
static pare_job *next_of(const pare_engine *engine, const pare_job *last)
{
    pare_job *best = NULL;
    for (pare_job *job = engine->jobs; job; job = job->next) {
        if (!asks(job) || job == last || (last && before(job, last))) continue;
        if (!best || before(job, best)) best = job;
    }
    return best;
}

/* Those that stood back let one pass, or nobody could be served. */
static void count_passed(pare_engine *engine, bool served)
{
    for (pare_job *job = engine->jobs; job; job = job->next) {
        if (job->stands_back && served) job->queue.passed++;
        job->stands_back = false;
    }
}

/* A job whose best image does not fit now lets others pass, but not for ever. */
static bool serve_one(pare_engine *engine)
{
    const uint64_t room = pare_governor_room(&engine->governor);
    for (pare_job *job = next_of(engine, NULL); job; job = next_of(engine, job)) {
        const pare_queue_item *const first = pare_queue_first(&job->queue);
        /* The last, smallest images gain nothing by waiting behind each other. */
        const uint64_t us = pare_job_expected_us(job, first->cost);
        if (!pare_pool_has_room(engine->pool, us, pare_job_needs_all(first))) return false;
        const double served = job->served;
        const size_t count = job->queue.count;
        const bool sent = pare_job_dispatch(job, room);
        if (sent && served > engine->served) engine->served = served;
        if (sent || job->queue.count != count) {
            count_passed(engine, sent);
            return sent;
        }
        if (job->queue.passed >= PARE_QUEUE_PASS_CAP) break;
        job->stands_back = true;
    }
    count_passed(engine, false);
    return false;
}

void pare_engine_dispatch(pare_engine *engine)
{
    if (!engine->pool || !pare_engine_dispatch_ones(engine) || engine->closing) return;
    while (engine->commit_count < engine->commit_cap) {
        if (!serve_one(engine)) return;
    }
}
