// SPDX-License-Identifier: Apache-2.0
/* What jobs share, and the loop's calls that move them on. */
#include "host/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "host/engine_inside.h"

enum {
    TICK_MS = 20,
    FLUSH_US = 100 * 1000,
    SAMPLE_US = 500 * 1000,
    CHECK_US = 1000 * 1000,
    LINGER_US = 10 * 1000 * 1000,
    QUEUE_CAP = 1024,
    OTHER_FDS = 24, /* the program's own, loop, ledger, trace */
    INTAKE_CAP = 8,
    COMMIT_CAP = 32, /* results that wait for the disk; more would be memory without bound */
    LOW_PRIORITY_NICE = 10,
    TASKS_PER_WORKER = 2000,
    SMALLEST_WATERMARK = 256 * 1024 * 1024,
    STALL_US = 60 * 1000 * 1000,
};

void pare_engine_options_init(pare_engine_options *options)
{
    pare_batch_options batch;
    pare_batch_options_init(&batch);
    *options = (pare_engine_options){.use_ledger = true, .require_sandbox = batch.require_sandbox};
}

/* ---- the loop's calls ---- */

static bool is_busy(const pare_engine *engine)
{
    if (engine->one_count > 0 || engine->undoings) return true;
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        if (job->phase != PARE_PHASE_ENDED || job->released) return true;
    }
    return false;
}

/* Jobs that were given back and have ended. Only from calls of the loop. */
static void free_released(pare_engine *engine)
{
    for (pare_job **at = &engine->jobs; *at;) {
        pare_job *const job = *at;
        if (!job->released || job->phase != PARE_PHASE_ENDED) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        pare_engine_add_metrics(&engine->metrics, &job->metrics);
        pare_job_destroy(job);
    }
}

/* Held jobs begin, the one of the highest priority first. */
static void begin_held(pare_engine *engine)
{
    for (;;) {
        pare_job *best = NULL;
        uint32_t begun = 0;
        for (pare_job *job = engine->jobs; job; job = job->next) {
            const bool held = job->phase == PARE_PHASE_HELD;
            if (!held) begun += job->phase < PARE_PHASE_ENDED && !job->paused;
            if (!held || job->paused || job->cancelled) continue;
            if (!best ||
                (job->options.priority == PARE_PRIORITY_HIGH &&
                 best->options.priority != PARE_PRIORITY_HIGH) ||
                (job->options.priority == PARE_PRIORITY_NORMAL &&
                 best->options.priority == PARE_PRIORITY_LOW)) {
                best = job;
            }
        }
        if (!best || begun >= engine->options.jobs_at_once || engine->closing) return;
        pare_job_begin(best);
    }
}

void pare_engine_pump(pare_engine *engine)
{
    if (engine->pumping) {
        engine->pump_again = true;
        return;
    }
    engine->pumping = true;
    do {
        engine->pump_again = false;
        begin_held(engine);
        for (pare_job *job = engine->jobs; job; job = job->next) {
            pare_job_turn(job);
        }
        pare_engine_dispatch(engine);
    } while (engine->pump_again);
    engine->pumping = false;
}

static void on_idle(uv_idle_t *idle)
{
    pare_engine *const engine = idle->data;
    bool more = false;
    for (pare_job *job = engine->jobs; job; job = job->next) {
        more |= pare_job_slice(job);
    }
    pare_engine_pump(engine);
    for (const pare_job *job = engine->jobs; job && !more; job = job->next) {
        more = !job->cancelled && !job->paused &&
               (job->phase == PARE_PHASE_SCAN || job->phase == PARE_PHASE_KNOWN);
    }
    if (!more) uv_idle_stop(idle);
}

static void resize_pool(pare_engine *engine, uint64_t now_us)
{
    if (!engine->pool || engine->closing) return;
    uint64_t demand = engine->one_count;
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        demand += pare_job_demand(job);
    }
    const uint32_t size = pare_governor_pool_size(&engine->governor, demand);
    /* More at once; fewer only when they were not needed for a while. */
    if (size >= engine->pool_size || engine->governor.memory_low) engine->needed_us = now_us;
    if (size < engine->pool_size && !engine->governor.memory_low &&
        now_us - engine->needed_us < engine->linger_us) {
        return;
    }
    engine->pool_size = size;
    pare_pool_resize(engine->pool, size);
}

static void trace_counters(const pare_engine *engine, uint64_t now_us)
{
    pare_pool_stats stats;
    pare_trace *const trace = engine->trace;
    uint64_t queued = 0, hits = engine->metrics.ledger_hits, retries = engine->metrics.retries;
    if (!trace || !engine->pool) return;
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        queued += job->queue.count;
        hits += job->metrics.ledger_hits;
        retries += job->metrics.retries;
    }
    pare_pool_stats_get(engine->pool, &stats);
    pare_trace_counter(trace, "queue", now_us, (double)queued);
    pare_trace_counter(trace, "in flight", now_us, stats.in_flight);
    pare_trace_counter(trace, "workers", now_us, stats.workers);
    pare_trace_counter(trace, "committing", now_us, engine->commit_count);
    pare_trace_counter(trace, "ledger hits", now_us, (double)hits);
    pare_trace_counter(trace, "retries", now_us, (double)retries);
    pare_trace_counter(trace, "cpu %", now_us, engine->governor.cpu.pct);
    pare_trace_counter(trace, "task mean ms", now_us,
                       (double)pare_histogram_mean_us(&engine->metrics.task) / 1e3);
    pare_trace_counter(trace, "task p95 ms", now_us,
                       (double)pare_histogram_percentile_us(&engine->metrics.task, 0.95) / 1e3);
    pare_trace_counter(trace, "queue wait mean ms", now_us,
                       (double)pare_histogram_mean_us(&engine->metrics.queue_wait) / 1e3);
}

static void fail_all(pare_engine *engine, pare_err err, const char *text, bool with_ledger)
{
    for (pare_job *job = engine->jobs; job; job = job->next) {
        const bool concerned = with_ledger ? job->run_id > 0 : !job->options.dry_run;
        if (job->phase > PARE_PHASE_HELD && job->phase < PARE_PHASE_SYNC && concerned) {
            pare_job_fail(job, err, text);
        }
    }
}

static bool is_time(uint64_t now_us, uint64_t *last_us, uint64_t every_us)
{
    if (now_us - *last_us < every_us) return false;
    *last_us = now_us;
    return true;
}

static void end_closing(pare_engine *engine);

static void on_tick(uv_timer_t *timer)
{
    pare_engine *const engine = timer->data;
    pare_diag diag = {0};
    const uint64_t now_us = pare_clock_us();
    if (is_time(now_us, &engine->sample_us, SAMPLE_US)) {
        pare_governor_sample(&engine->governor);
        pare_progress_update(&engine->meter, now_us, 0, false);
        trace_counters(engine, now_us);
    }
    resize_pool(engine, now_us);
    const bool check = is_time(now_us, &engine->check_us, CHECK_US);
    if (engine->ledger && is_time(now_us, &engine->flush_us, FLUSH_US)) {
        const pare_err err = pare_ledger_flush(engine->ledger, &diag);
        if (err != PARE_OK) fail_all(engine, err, diag.text, true);
    }
    for (pare_job *job = engine->jobs; job; job = job->next) {
        if (check) pare_job_check(job, now_us);
        pare_job_tick(job, now_us);
    }
    pare_engine_tick_ones(engine, now_us);
    pare_engine_pump(engine);
    free_released(engine);
    if (engine->closing && !is_busy(engine)) {
        uv_timer_stop(timer);
        end_closing(engine);
        return;
    }
    const bool lingers = engine->pool && engine->pool_size > 1 && !engine->closing;
    const bool pending = engine->ledger && pare_ledger_pending(engine->ledger) > 0;
    if (!is_busy(engine) && !lingers && !pending) uv_timer_stop(timer);
}

void pare_engine_wake(pare_engine *engine)
{
    if (engine->closed) return;
    if (!uv_is_active((uv_handle_t *)&engine->tick)) {
        uv_timer_start(&engine->tick, on_tick, 0, TICK_MS);
    }
    if (!uv_is_active((uv_handle_t *)&engine->idle)) uv_idle_start(&engine->idle, on_idle);
}

static void on_room(void *user)
{
    pare_engine_pump(user);
}

static void close_handles(void *user);

static void on_fatal(void *user, pare_err err, const char *text)
{
    pare_engine *const engine = user;
    fail_all(engine, err, text, false);
    pare_engine_fail_ones(engine, err, text);
}

/* ---- making ---- */

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

/* Descriptors: a queued task holds 1, one in intake 3, one being committed 8, a running one 2. */
static void share_descriptors(pare_engine *engine)
{
    struct rlimit files;
    uint64_t limit = QUEUE_CAP;
    const uint32_t jobs = engine->options.jobs_at_once;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) limit = files.rlim_cur;
    const uint64_t folders = (uint64_t)clamp(limit / 8, 2, PARE_FOLDERS_FD_CAP);
    engine->folder_fds = clamp(folders * (jobs > 1 ? 2 : 1) / jobs, 2, PARE_FOLDERS_FD_CAP);
    const uint64_t used =
        OTHER_FDS + (uint64_t)engine->folder_fds * jobs + 6ull * engine->governor.jobs;
    const uint64_t left = limit > used ? limit - used : 0;
    engine->intake_cap = clamp(left / 10, 1, INTAKE_CAP);
    engine->commit_cap = clamp(left / 20, 1, COMMIT_CAP);
    const uint64_t taken = 3ull * engine->intake_cap + 8ull * engine->commit_cap;
    engine->queue_most = clamp(left > taken ? left - taken : 0, 2, QUEUE_CAP);
}

static pare_err create_pool(pare_engine *engine, pare_diag *diag)
{
    static const pare_pool_events EVENTS = {on_room, on_fatal, close_handles};
    const pare_engine_options *const o = &engine->options;
    PARE_TRY(pare_pool_find_worker(o->worker_path, engine->worker_path, diag));
    uint64_t watermark = engine->governor.budget_bytes / engine->governor.jobs;
    if (watermark < SMALLEST_WATERMARK) watermark = SMALLEST_WATERMARK;
    const pare_pool_config config = {
        .loop = engine->loop,
        .command = {.path = engine->worker_path,
                    .nice = o->low_priority ? LOW_PRIORITY_NICE : 0,
                    .memory_bytes = pare_governor_ceiling(&engine->governor),
                    .require_sandbox = o->require_sandbox},
        .worker_cap = engine->governor.jobs,
        .rss_watermark_bytes = watermark,
        .tasks_per_worker = TASKS_PER_WORKER,
        .events = &EVENTS,
        .user = engine,
    };
    return pare_pool_create(&config, &engine->pool, diag);
}

static void name_lanes(const pare_engine *engine)
{
    pare_trace_lane(engine->trace, 0, "pare");
    for (uint32_t i = 1; i <= engine->governor.jobs; i++) {
        char name[24];
        snprintf(name, sizeof name, "worker %u", i);
        pare_trace_lane(engine->trace, i, name);
    }
}

static pare_err create_parts(pare_engine *engine, bool plans_only, pare_diag *diag)
{
    const pare_engine_options *const o = &engine->options;
    engine->loop = o->loop ? o->loop : &engine->own_loop;
    if (!o->loop && uv_loop_init(&engine->own_loop) != 0) {
        engine->loop = NULL;
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the event loop");
    }
    uv_timer_init(engine->loop, &engine->tick);
    uv_idle_init(engine->loop, &engine->idle);
    engine->tick.data = engine->idle.data = engine;
    engine->open_handles = 2;
    engine->linger_us = o->loop ? LINGER_US : 0;
    share_descriptors(engine);
    if (o->use_ledger) {
        PARE_TRY(pare_ledger_open(o->ledger_path, o->on_notice, o->user, &engine->ledger, diag));
    }
    if (o->trace_path) {
        PARE_TRY(pare_trace_open(o->trace_path, &engine->trace, diag));
        name_lanes(engine);
    }
    return plans_only ? PARE_OK : create_pool(engine, diag);
}

pare_err pare_engine_make(const pare_engine_options *options, bool plans_only, pare_engine **out,
                          pare_diag *diag)
{
    *out = NULL;
    if (options->workers > PARE_MAX_WORKERS) {
        return pare_fail(diag, PARE_ERR_INVALID, "more than %d workers", PARE_MAX_WORKERS);
    }
    pare_engine *engine = calloc(1, sizeof *engine);
    if (!engine) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the engine");
    engine->options = *options;
    if (options->jobs_at_once == 0) engine->options.jobs_at_once = PARE_ENGINE_JOBS;
    pare_governor_init(&engine->governor, options->memory_bytes, options->workers);
    engine->sample_us = engine->check_us = engine->flush_us = pare_clock_us();
    engine->random = engine->sample_us | 1;
    engine->stall_us = STALL_US;
    pare_progress_begin(&engine->meter, engine->sample_us);
    const pare_err err = create_parts(engine, plans_only, diag);
    if (err != PARE_OK) {
        pare_engine_destroy(&engine);
        return err;
    }
    *out = engine;
    return PARE_OK;
}

pare_err pare_engine_create(const pare_engine_options *options, pare_engine **out, pare_diag *diag)
{
    return pare_engine_make(options, false, out, diag);
}

uv_loop_t *pare_engine_loop(const pare_engine *engine)
{
    return engine->loop;
}

pare_ledger *pare_engine_ledger(const pare_engine *engine)
{
    return engine->ledger;
}

void pare_engine_run(pare_engine *engine)
{
    while (is_busy(engine)) {
        uv_run(engine->loop, UV_RUN_ONCE);
    }
}

/* ---- ending ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    pare_engine *const engine = handle->data;
    if (--engine->open_handles > 0) return;
    if (engine->on_closed) engine->on_closed(engine->closed_user);
}

static void close_handles(void *user)
{
    pare_engine *const engine = user;
    if (engine->closed) return;
    engine->closed = true;
    uv_close((uv_handle_t *)&engine->tick, on_handle_closed);
    uv_close((uv_handle_t *)&engine->idle, on_handle_closed);
}

/* The last steps, once no job and no single image is left. */
static void end_closing(pare_engine *engine)
{
    if (engine->pool) {
        pare_pool_close(engine->pool); /* then close_handles() */
    } else {
        close_handles(engine);
    }
}

void pare_engine_close(pare_engine *engine, void (*on_closed)(void *user), void *user)
{
    if (engine->closing) return;
    engine->closing = true;
    engine->on_closed = on_closed;
    engine->closed_user = user;
    for (pare_job *job = engine->jobs; job; job = job->next) {
        pare_job_cancel_now(job);
    }
    pare_engine_cancel_ones(engine);
    pare_engine_stop_undoings(engine);
    pare_engine_wake(engine);
}

pare_err pare_engine_end_trace(pare_engine *engine, pare_diag *diag)
{
    for (pare_job *job = engine->jobs; job; job = job->next) {
        job->trace = NULL;
    }
    return pare_trace_close(&engine->trace, diag);
}

void pare_engine_destroy(pare_engine **engine_io)
{
    pare_engine *const engine = *engine_io;
    if (!engine) return;
    if (engine->loop == &engine->own_loop) {
        pare_engine_close(engine, NULL, NULL);
        uv_run(engine->loop, UV_RUN_DEFAULT);
        uv_loop_close(engine->loop);
    }
    while (engine->jobs) {
        pare_job *const job = engine->jobs;
        engine->jobs = job->next;
        pare_job_destroy(job);
    }
    pare_pool_destroy(&engine->pool);
    pare_ledger_close(&engine->ledger);
    (void)!pare_trace_close(&engine->trace, NULL);
    free(engine);
    *engine_io = NULL;
}
