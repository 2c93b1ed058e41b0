// SPDX-License-Identifier: Apache-2.0
/* Results, each given once and numbered; their rows in the ledger; and snapshots of progress. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "host/engine_inside.h"

/* ---- results ---- */

void pare_engine_count(pare_progress *totals, const pare_file_result *result)
{
    totals->files_done++;
    switch (result->outcome) {
    case PARE_OUTCOME_NONE: break;
    case PARE_OUTCOME_OPTIMIZED: totals->optimized++; break;
    case PARE_OUTCOME_KEPT: totals->kept++; break;
    case PARE_OUTCOME_SKIPPED: totals->skipped++; break;
    case PARE_OUTCOME_FAILED: totals->failed++; break;
    }
    totals->bytes_in += result->bytes_in;
    totals->bytes_out += result->bytes_out;
}

static void give(pare_job *job, pare_file_result *result)
{
    result->seq = ++job->totals.seq;
    pare_engine_count(&job->totals, result);
    pare_engine_count(&job->engine->totals, result);
    pare_progress_plan(&job->engine->meter, (double)result->bytes_in);
    pare_progress_done(&job->engine->meter, (double)result->bytes_in);
    if (job->options.on_result) job->options.on_result(job->options.user, result);
}

/* A path as text, or "" when there is no memory for it. Owned by buf. */
static const char *path_of(const pare_job *job, uint32_t folder, const char *name, bool absolute,
                           pare_buf *buf)
{
    const pare_err err = pare_folders_path(job->folders, folder, name, absolute, buf);
    return err == PARE_OK && buf->data ? (const char *)buf->data : "";
}

static const char *text_of(pare_err err, const char *text)
{
    if (text && text[0]) return text;
    return err == PARE_OK ? "" : pare_err_text(err);
}

typedef struct outcome_row {
    const pare_plan_entry *entry;
    const pare_task *task; /* NULL: it never became one */
    const pare_file_result *result;
    const pare_plan_output *output; /* NULL: nothing was written */
} outcome_row;

static void remember(pare_job *job, const outcome_row *row)
{
    pare_buf in = {0}, out = {0};
    const pare_file_result *const result = row->result;
    pare_diag diag = {0};
    if (!job->ledger || job->run_id == 0) return;
    pare_ledger_result line = {
        .run_id = job->run_id,
        .seq = result->seq,
        .path = path_of(job, row->entry->folder, row->entry->name, true, &in),
        .ident = row->entry->ident,
        .settings = job->settings,
        .err = result->err,
        .text = result->text,
        .ms = result->ms,
        .worker = result->worker,
        .attempts = result->attempts,
        .replaces = result->replaces,
        .keeps_all = job->job_id > 0,
        .outcome = {.outcome = result->outcome,
                    .err = result->err,
                    .format_in = result->format_in,
                    .format_out = result->format_out,
                    .width_px = result->width_px,
                    .height_px = result->height_px,
                    .bytes_in = result->bytes_in,
                    .bytes_out = result->bytes_out,
                    .score = result->score,
                    .quality = result->quality,
                    .lossless = result->lossless},
    };
    if (row->task && row->task->intake.fd >= 0) {
        line.ident = row->task->intake.ident;
        line.content = row->task->intake.hash;
    }
    if (row->output) {
        line.out_path = path_of(job, row->output->folder, row->output->name, true, &out);
        line.out_ident = row->task->commit->made.ident;
        line.out_hash = row->task->commit->made.hash;
        line.in_place = row->output->in_place;
    }
    const pare_err err = pare_ledger_add(job->ledger, &line, &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text);
    pare_job_drop_made(job, line.out_path);
    pare_buf_deinit(&in);
    pare_buf_deinit(&out);
}

/* Numbers a result, adds it up and tells of it; in a run that goes on it may replace one. */
static void give_for(pare_job *job, const pare_plan_entry *entry, pare_file_result *result)
{
    if (job->earlier.active) {
        pare_buf path = {0};
        pare_job_replace(job, path_of(job, entry->folder, entry->name, true, &path), result);
        pare_buf_deinit(&path);
    }
    give(job, result);
}

void pare_job_report_task(pare_task *task)
{
    pare_job *const job = task->job;
    const pare_plan_entry *const entry = task->entry;
    const pare_result *const made = &task->result;
    pare_buf in = {0}, out = {0};
    const bool optimized = task->outcome == PARE_OUTCOME_OPTIMIZED;
    const bool placed = task->commit && task->commit->made.written;
    const bool written = placed && !task->salvages;
    const uint64_t began_us = task->sent.started_us;
    pare_file_result result = {
        .input = path_of(job, entry->folder, entry->name, false, &in),
        .outcome = task->outcome,
        .err = task->err,
        .text = text_of(task->err, task->diag.text),
        .format_in = (pare_format)entry->format,
        .format_out = optimized ? made->format_out : (pare_format)entry->format,
        .width_px = optimized ? made->width_out_px : entry->width_px,
        .height_px = optimized ? made->height_out_px : entry->height_px,
        .bytes_in = entry->ident.size_bytes,
        .bytes_out = optimized ? made->len : entry->ident.size_bytes,
        .score = optimized ? made->score : -1,
        .quality = optimized ? made->quality : 0,
        .lossless = optimized && made->lossless,
        .ms = began_us > 0 ? (uint32_t)((pare_clock_us() - began_us) / 1000) : 0,
        .worker = task->copied ? 0 : task->worker,
        .attempts = task->attempts,
    };
    if (made->format_in != PARE_FORMAT_UNKNOWN) result.format_in = made->format_in;
    if (!optimized) result.format_out = result.format_in;
    if (written) {
        const pare_plan_output *const output = &task->commit->output;
        result.output = path_of(job, output->folder, output->name, false, &out);
    }
    if (placed && task->salvages) {
        const pare_plan_output *const output = &task->commit->output;
        result.salvaged_path = path_of(job, output->folder, output->name, false, &out);
        result.salvaged = made->salvaged;
        result.salvageable = made->salvageable;
        result.salvages_frames = made->salvages_frames;
    }
    if (pare_job_lets_stand(job, &result)) goto out;
    give_for(job, entry, &result);
    if (!job->options.check) {
        remember(job, &(outcome_row){entry, task, &result, written ? &task->commit->output : NULL});
    }
out:
    pare_buf_deinit(&in);
    pare_buf_deinit(&out);
}

void pare_job_report_restored(pare_job *job)
{
    pare_diag diag = {0};
    const pare_earlier *const e = &job->earlier;
    if (!job->restored || job->totals.seq > e->totals.seq) return;
    const char *const path = (const char *)e->path.data;
    const pare_earlier_row *const row = pare_earlier_of(e, path);
    pare_file_result result = {
        .input = path,
        .outcome = PARE_OUTCOME_FAILED,
        .err = PARE_ERR_CANCELLED,
        .text = "cancelled; the original is back",
        .format_in = e->format_in,
        .format_out = e->format_in,
        .bytes_in = row ? row->bytes_in : 0,
        .bytes_out = row ? row->bytes_in : 0,
        .score = -1,
    };
    pare_job_replace(job, path, &result);
    give(job, &result);
    const pare_ledger_result line = {
        .run_id = job->run_id,
        .seq = result.seq,
        .path = path,
        .settings = job->settings,
        .err = result.err,
        .text = result.text,
        .replaces = result.replaces,
        .keeps_all = job->job_id > 0,
        .outcome = {.outcome = result.outcome,
                    .err = result.err,
                    .format_in = result.format_in,
                    .format_out = result.format_out,
                    .bytes_in = result.bytes_in,
                    .bytes_out = result.bytes_out,
                    .score = result.score},
    };
    const pare_err err = pare_ledger_add(job->ledger, &line, &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text);
}

/* Where a dry run says the result would go. */
static const char *would_write(pare_job *job, const pare_plan_entry *entry,
                               pare_file_result *result, pare_buf *buf, pare_diag *diag)
{
    const pare_options *const image = &job->options.image;
    pare_plan_output output;
    pare_format format = (pare_format)entry->format;
    if (image->target == PARE_TARGET_FORMAT) format = image->format;
    const pare_err err = pare_plan_output_for(job->plan, entry, format, &output, diag);
    result->format_out = format;
    if (err == PARE_OK) return path_of(job, output.folder, output.name, false, buf);
    result->outcome = PARE_OUTCOME_FAILED;
    result->err = err;
    return NULL;
}

static pare_outcome outcome_of(pare_err err)
{
    if (err == PARE_OK) return PARE_OUTCOME_NONE;
    if (err == PARE_SKIP_ALREADY_DONE || err == PARE_SKIP_UNSUPPORTED) {
        return PARE_OUTCOME_SKIPPED;
    }
    return pare_err_is_skip(err) ? PARE_OUTCOME_KEPT : PARE_OUTCOME_FAILED;
}

void pare_job_report_known(pare_job *job, const pare_plan_entry *entry)
{
    pare_buf in = {0}, out = {0}, text = {0};
    pare_diag diag = {0};
    const pare_err err = (pare_err)entry->err;
    pare_task_state state = PARE_STATE_PLANNED;
    pare_file_result result = {
        .input = path_of(job, entry->folder, entry->name, false, &in),
        .outcome = outcome_of(err),
        .err = err,
        .format_in = (pare_format)entry->format,
        .format_out = (pare_format)entry->format,
        .width_px = entry->width_px,
        .height_px = entry->height_px,
        .bytes_in = entry->ident.size_bytes,
        .bytes_out = entry->ident.size_bytes,
        .score = -1,
    };
    if (err == PARE_OK) result.output = would_write(job, entry, &result, &out, &diag);
    result.text = text_of(result.err, entry->text && entry->text[0] ? entry->text : diag.text);
    if (result.output && pare_buf_append(&text, "would write ", 12) == PARE_OK &&
        pare_buf_append(&text, result.output, strlen(result.output) + 1) == PARE_OK) {
        result.text = (const char *)text.data;
        result.output = NULL; /* nothing was written */
    }
    if (err == PARE_SKIP_ALREADY_DONE) job->totals.cache_hits++;
    if (err == PARE_OK) pare_progress_done(&job->meter, entry->cost);
    if (pare_task_move(&job->counts, &state, PARE_STATE_DONE, &diag) != PARE_OK) {
        pare_job_fail(job, PARE_ERR_INTERNAL, diag.text);
    }
    if (!pare_job_lets_stand(job, &result)) {
        const bool recorded = err != PARE_SKIP_ALREADY_DONE || job->job_id > 0;
        give_for(job, entry, &result);
        if (!job->options.check && !job->options.dry_run && recorded) {
            remember(job, &(outcome_row){entry, NULL, &result, NULL});
        }
    }
    pare_buf_deinit(&in);
    pare_buf_deinit(&out);
    pare_buf_deinit(&text);
}

/* ---- progress ---- */

static bool is_scanned(const pare_job *job)
{
    return job->scan_done && job->phase != PARE_PHASE_SCAN;
}

void pare_job_fill_progress(const pare_job *job, uint64_t now_us, pare_progress *out)
{
    pare_pool_stats stats = {0};
    *out = job->totals;
    const pare_engine *const engine = job->engine;
    const uint64_t time_us = pare_job_time_us(job, now_us), start_us = job->meter.start_us;
    if (engine->pool) pare_pool_stats_get(engine->pool, &stats);
    out->scan_done = is_scanned(job);
    out->fraction = job->fraction;
    out->elapsed_ms = start_us > 0 && time_us > start_us ? (time_us - start_us) / 1000 : 0;
    out->elapsed_ms += job->earlier_ms;
    out->eta_ms = pare_progress_eta_ms(&job->meter);
    out->images_per_s = pare_progress_images_per_s(&job->meter);
    out->cpu_pct = engine->governor.cpu.pct;
    out->queue_count = (uint32_t)job->queue.count;
    out->queue_cap = job->queue_cap;
    out->memory_used_bytes = engine->governor.used_bytes;
    out->memory_budget_bytes = engine->governor.budget_bytes;
    out->cache_hits = job->totals.cache_hits + job->metrics.ledger_hits;
    out->retries = job->metrics.retries;
    out->duplicates = job->metrics.duplicates;
    out->worker_restarts = stats.restarts - job->restarts_before;
    out->worker_count = stats.workers;
    out->worker_busy = stats.busy;
}

/* With what an earlier part of the run did: by files, for its costs are not known. */
static double whole_fraction(const pare_job *job)
{
    const pare_earlier *const e = &job->earlier;
    const double fraction = job->meter.fraction;
    if (!e->active || e->again != PARE_AGAIN_RESUME || job->totals.files_total == 0)
        return fraction;
    if (!is_scanned(job)) return 0;
    const double before = (double)e->totals.files_done / (double)job->totals.files_total;
    return before + (1 - before) * fraction;
}

static bool is_mine(const void *user, const pare_pool_task *task)
{
    return task->options == &((const pare_job *)user)->options.image;
}

void pare_job_progress(pare_job *job, uint64_t now_us, bool final)
{
    pare_progress progress;
    pare_engine *const engine = job->engine;
    uint32_t views = 0;
    double partial = 0;
    if (engine->pool) {
        views = pare_pool_views(engine->pool, engine->views, PARE_MAX_WORKERS);
        if (job->us_per_cost > 0)
            partial = pare_pool_partial_cost(engine->pool, job->us_per_cost, is_mine, job);
    }
    pare_progress_update(&job->meter, pare_job_time_us(job, now_us), partial, is_scanned(job));
    if (final && !job->cancelled) job->meter.fraction = 1;
    if (final && job->meter.eta_us > 0 && !job->cancelled) job->meter.eta_us = 0;
    job->fraction = fmax(job->fraction, whole_fraction(job));
    pare_job_fill_progress(job, now_us, &progress);
    progress.final = final;
    progress.worker_count = views;
    progress.workers = engine->views;
    if (job->options.on_progress) job->options.on_progress(job->options.user, &progress);
}
