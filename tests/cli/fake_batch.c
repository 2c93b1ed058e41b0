// SPDX-License-Identifier: Apache-2.0
/* A host that only pretends: it tells the command line what the names of the paths ask for.
 *
 * A path that contains "missing" is not found, "broken" fails, "kept" is kept, "done" is skipped,
 * "slow" takes until it is cancelled (at most 10 s), "stuck" takes 10 s; all others become half of
 * 1,000,000 bytes. */
#include <pare/batch.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum { PATHS_MAX = 256, TICK_US = 20000, TICKS_MAX = 500 };

struct pare_batch {
    pare_batch_options options;
    char *paths[PATHS_MAX];
    size_t count;
    volatile sig_atomic_t cancelled;
    pare_progress totals;
};

void pare_batch_options_init(pare_batch_options *options)
{
    *options = (pare_batch_options){.use_ledger = true, .timeout_ms = 60000};
    pare_options_init(&options->image);
}

pare_err pare_batch_create(const pare_batch_options *options, pare_batch **out, pare_diag *diag)
{
    (void)diag;
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    (*out)->options = *options;
    return PARE_OK;
}

pare_err pare_batch_add(pare_batch *batch, const char *path, pare_diag *diag)
{
    if (strstr(path, "missing")) return pare_fail(diag, PARE_ERR_NOT_FOUND, "no %s", path);
    if (batch->count == PATHS_MAX) return PARE_ERR_NO_MEMORY;
    batch->paths[batch->count++] = strdup(path);
    return PARE_OK;
}

static void send_progress(pare_batch *batch, const char *name, bool final)
{
    const pare_worker_view worker = {
        .number = 1, .step = PARE_STEP_ENCODE, .name = name, .step_ms = 1200};
    pare_progress progress = batch->totals;
    progress.final = final;
    progress.fraction = batch->count ? (double)progress.files_done / (double)batch->count : 1;
    progress.worker_count = 1;
    progress.worker_busy = 1;
    progress.workers = &worker;
    progress.eta_ms = 1000;
    if (batch->options.on_progress) batch->options.on_progress(batch->options.user, &progress);
}

static void finish(pare_batch *batch, const char *path)
{
    pare_progress *const totals = &batch->totals;
    pare_file_result result = {.seq = totals->files_done + 1,
                               .input = path,
                               .output = "out/result.jpg",
                               .outcome = PARE_OUTCOME_OPTIMIZED,
                               .text = "",
                               .format_in = PARE_FORMAT_JPEG,
                               .format_out = PARE_FORMAT_JPEG,
                               .width_px = 100,
                               .height_px = 50,
                               .bytes_in = 1000000,
                               .bytes_out = 500000,
                               .score = 81.25,
                               .quality = 70,
                               .ms = 12,
                               .worker = 1};
    totals->files_done++;
    if (strstr(path, "broken")) {
        result.outcome = PARE_OUTCOME_FAILED;
        result.err = PARE_ERR_CORRUPT;
        totals->failed++;
    } else if (strstr(path, "kept")) {
        result.outcome = PARE_OUTCOME_KEPT;
        result.err = PARE_SKIP_NOT_SMALLER;
        totals->kept++;
    } else if (strstr(path, "done")) {
        result.outcome = PARE_OUTCOME_SKIPPED;
        result.err = PARE_SKIP_ALREADY_DONE;
        totals->skipped++;
    } else if (batch->options.dry_run) {
        result.outcome = PARE_OUTCOME_NONE;
        result.text = "would write out/result.jpg";
    } else {
        totals->optimized++;
    }
    if (result.outcome != PARE_OUTCOME_OPTIMIZED) {
        result.output = NULL;
        result.bytes_out = result.bytes_in;
    }
    totals->bytes_in += result.bytes_in;
    totals->bytes_out += result.bytes_out;
    if (batch->options.on_result) batch->options.on_result(batch->options.user, &result);
}

pare_err pare_batch_run(pare_batch *batch, pare_diag *diag)
{
    (void)diag;
    batch->totals.files_total = batch->count;
    batch->totals.scan_done = true;
    for (size_t i = 0; i < batch->count && !batch->cancelled; i++) {
        const bool stuck = strstr(batch->paths[i], "stuck") != NULL;
        const int ticks = stuck || strstr(batch->paths[i], "slow") ? TICKS_MAX : 1;
        for (int tick = 0; tick < ticks && (stuck || !batch->cancelled); tick++) {
            if (ticks > 1) usleep(TICK_US);
            send_progress(batch, batch->paths[i], false);
        }
        if (!batch->cancelled) finish(batch, batch->paths[i]);
    }
    batch->totals.elapsed_ms = 1000;
    send_progress(batch, "", true);
    return batch->cancelled ? PARE_ERR_CANCELLED : PARE_OK;
}

void pare_batch_cancel(pare_batch *batch)
{
    batch->cancelled = 1;
}

void pare_batch_summary(const pare_batch *batch, pare_progress *out)
{
    *out = batch->totals;
}

void pare_batch_destroy(pare_batch **batch)
{
    if (!*batch) return;
    for (size_t i = 0; i < (*batch)->count; i++)
        free((*batch)->paths[i]);
    free(*batch);
    *batch = NULL;
}

pare_err pare_undo(const char *ledger_path, int64_t run_id, pare_result_fn on_result, void *user,
                   pare_diag *diag)
{
    (void)ledger_path, (void)diag;
    const pare_file_result result = {.seq = 1,
                                     .input = run_id == 7 ? "seven.jpg" : "last.jpg",
                                     .outcome = PARE_OUTCOME_OPTIMIZED,
                                     .text = ""};
    on_result(user, &result);
    return PARE_OK;
}

pare_err pare_history(const char *ledger_path, uint32_t limit, pare_run_fn on_run, void *user,
                      pare_diag *diag)
{
    (void)ledger_path, (void)diag;
    const pare_run_record run = {.id = 7,
                                 .started_unix_s = 1700000000,
                                 .ms = 61000,
                                 .files = 120,
                                 .optimized = 110,
                                 .bytes_in = 8000000,
                                 .bytes_out = 2000000,
                                 .command_line = "pare -i photos",
                                 .folder = "/tmp",
                                 .finished = true,
                                 .can_undo = true};
    if (limit > 0) on_run(user, &run);
    return PARE_OK;
}

pare_err pare_file_info(const char *path, const char *worker_path, pare_info *out, pare_diag *diag)
{
    (void)worker_path;
    if (strstr(path, "missing")) return pare_fail(diag, PARE_ERR_NOT_FOUND, "no such file");
    *out = (pare_info){.format = PARE_FORMAT_JPEG,
                       .width_px = 4000,
                       .height_px = 3000,
                       .frames = 1,
                       .orientation = 6,
                       .depth_bits = 8,
                       .channels = 3,
                       .has_exif = true,
                       .quality_estimate = 92,
                       .subsampling = "4:2:0"};
    return PARE_OK;
}

pare_err pare_file_score(const char *a, const char *b, const char *worker_path, double *score,
                         pare_diag *diag)
{
    (void)worker_path;
    if (strstr(a, "missing") || strstr(b, "missing")) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "no such file");
    }
    *score = strcmp(a, b) == 0 ? 100 : 81.5;
    return PARE_OK;
}
