// SPDX-License-Identifier: Apache-2.0
/* The engine in numbers, for people who watch it. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"

enum { SAMPLE_US = 500 * 1000 };

void pare_engine_add_metrics(pare_metrics *sum, const pare_metrics *one)
{
    sum->ledger_hits += one->ledger_hits;
    sum->duplicates += one->duplicates;
    sum->retries += one->retries;
    sum->timeouts += one->timeouts;
    sum->crashes += one->crashes;
}

static void fill_workers(pare_engine *engine, pare_engine_metrics *out)
{
    uint64_t rss = 0, cpu_us;
    if (pare_governor_process((int)getpid(), &rss, &cpu_us)) out->rss_bytes = rss;
    if (!engine->pool) return;
    out->worker_count = pare_pool_views(engine->pool, engine->views, PARE_MAX_WORKERS);
    for (uint32_t i = 0; i < out->worker_count; i++) {
        const pare_worker_view *const view = &engine->views[i];
        const pare_pool_worker *const record = pare_pool_worker_of(engine->pool, view->number);
        out->workers[i] = (pare_engine_worker){.view = *view};
        out->rss_bytes += view->rss_bytes;
        if (!record) continue;
        out->workers[i].mean_ms = pare_histogram_mean_us(&record->tasks) / 1000;
        out->workers[i].p95_ms = pare_histogram_percentile_us(&record->tasks, 0.95) / 1000;
        out->workers[i].bytes_in = record->bytes_in;
        out->workers[i].restarts = record->restarts;
    }
}

static void fill_jobs(const pare_engine *engine, pare_engine_metrics *out)
{
    pare_metrics sum = engine->metrics;
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        pare_engine_add_metrics(&sum, &job->metrics);
        out->queue_count += (uint32_t)job->queue.count;
        out->jobs_waiting += job->phase == PARE_PHASE_HELD;
        if (job->phase == PARE_PHASE_HELD || job->phase == PARE_PHASE_ENDED) continue;
        out->jobs_running++;
        out->queue_cap += job->queue_cap;
    }
    for (const pare_one *one = engine->ones_queued; one; one = one->queue_next) {
        out->queue_count++;
    }
    out->retries = sum.retries;
    out->timeouts = sum.timeouts;
    out->crashes = sum.crashes;
    out->duplicates = sum.duplicates;
    out->ledger_hits = sum.ledger_hits;
}

void pare_engine_metrics_get(pare_engine *engine, pare_engine_metrics *out)
{
    const pare_governor *const governor = &engine->governor;
    const pare_progress *const totals = &engine->totals;
    pare_pool_stats stats = {0};
    const uint64_t now_us = pare_clock_us();
    memset(out, 0, sizeof *out);
    if (now_us - engine->sample_us >= SAMPLE_US) { /* the tick does it while there is work */
        engine->sample_us = now_us;
        pare_governor_sample(&engine->governor);
        pare_progress_update(&engine->meter, now_us, 0, false);
    }
    out->cpu_pct = governor->cpu.pct;
    out->core_count = governor->core_count;
    for (uint32_t i = 0; i < governor->core_count; i++) {
        out->cores_pct[i] = governor->cores[i].pct;
    }
    out->memory_used_bytes = governor->used_bytes;
    out->memory_budget_bytes = governor->budget_bytes;
    out->ones = engine->one_count;
    out->images_per_s = pare_progress_images_per_s(&engine->meter);
    out->bytes_in_per_s = pare_progress_cost_per_s(&engine->meter);
    out->files_done = totals->files_done;
    out->optimized = totals->optimized;
    out->kept = totals->kept;
    out->skipped = totals->skipped;
    out->failed = totals->failed;
    out->bytes_in = totals->bytes_in;
    out->bytes_out = totals->bytes_out;
    if (engine->pool) pare_pool_stats_get(engine->pool, &stats);
    out->restarts = stats.restarts;
    out->recycled = stats.recycled;
    out->task_mean_ms = pare_histogram_mean_us(&engine->metrics.task) / 1000;
    out->task_p95_ms = pare_histogram_percentile_us(&engine->metrics.task, 0.95) / 1000;
    out->queue_wait_mean_ms = pare_histogram_mean_us(&engine->metrics.queue_wait) / 1000;
    out->commit_mean_ms = pare_histogram_mean_us(&engine->metrics.commit) / 1000;
    fill_jobs(engine, out);
    fill_workers(engine, out);
}
