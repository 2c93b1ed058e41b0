// SPDX-License-Identifier: Apache-2.0
/* A job that goes on with an earlier run: what it loads first, and how its results take the place
 * of earlier ones. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/engine_inside.h"
#include "host/undo.h"

static bool wants(const void *user, const char *path, bool is_folder)
{
    return pare_earlier_wants(user, path, is_folder);
}

/* With ONE: the original must be where it was, or have a backup to come back from. */
static pare_err find_original(pare_job *job, const pare_ledger_run_info *run, pare_diag *diag)
{
    const pare_earlier *const e = &job->earlier;
    const char *const path = (const char *)e->path.data;
    job->restores = job->options.output_mode == PARE_OUTPUT_IN_PLACE &&
                    e->outcome == PARE_OUTCOME_OPTIMIZED && ((const char *)e->made.data)[0];
    if (job->restores && run->backup.len == 0) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "no backup of %s was kept", path);
    }
    if (job->restores) return PARE_OK;
    if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return PARE_OK;
    return pare_fail_errno(diag, "open", path);
}

static pare_err load(pare_job *job, const pare_job_request *request, pare_ledger_run_info *run,
                     pare_diag *diag)
{
    PARE_TRY(pare_ledger_run_find(job->ledger, request->run_id, run, diag));
    if (run->undone) {
        return pare_fail(diag, PARE_ERR_INVALID, "run %lld was undone", (long long)request->run_id);
    }
    PARE_TRY(pare_earlier_load(&job->earlier, job->ledger, request->run_id, request->again,
                               request->redo_seq, diag));
    if (request->again == PARE_AGAIN_ONE) PARE_TRY(find_original(job, run, diag));
    if (run->backup.len > 0) {
        PARE_TRY(pare_backup_open((const char *)run->backup.data, &job->backup, diag));
    }
    return PARE_OK;
}

/* ---- paths, and the original that comes back before they are scanned ---- */

static pare_err scan_path(pare_job *job, const char *path, pare_diag *diag)
{
    pare_diag why = {0};
    const pare_batch_options *const o = &job->options;
    const pare_earlier *const e = &job->earlier;
    const bool one = e->active && e->again == PARE_AGAIN_ONE;
    if (one && !pare_earlier_wants(e, path, false) && !pare_earlier_wants(e, path, true)) {
        return PARE_OK;
    }
    const pare_err err = pare_scan_add(job->scan, path, &why);
    if (err == PARE_OK) return PARE_OK;
    if (err != PARE_ERR_NOT_FOUND || !job->earlier.active)
        return pare_fail(diag, err, "%s", why.text);
    if (o->on_notice) o->on_notice(o->user, why.text); /* it may have been replaced */
    return PARE_OK;
}

pare_err pare_job_add_paths(pare_job *job, const char *const *paths, size_t count, pare_diag *diag)
{
    for (size_t i = 0; i < count && !job->restores; i++) {
        PARE_TRY(scan_path(job, paths[i], diag));
    }
    if (!job->restores) return PARE_OK;
    job->paths = calloc(count + 1, sizeof(*job->paths));
    for (size_t i = 0; job->paths && i < count; i++) {
        job->paths[i] = strdup(paths[i]);
        job->path_count += job->paths[i] != NULL;
        if (!job->paths[i]) break;
    }
    if (job->paths && job->path_count == count) return PARE_OK;
    return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for paths");
}

static void do_restore(uv_work_t *work)
{
    pare_job *const job = work->data;
    job->work_err = pare_undo_one(pare_backup_path(job->backup),
                                  (const char *)job->earlier.path.data, &job->work_diag);
}

static void after_restore(uv_work_t *work, int status)
{
    pare_diag diag = {0};
    pare_job *const job = work->data;
    const pare_earlier *const e = &job->earlier;
    (void)status;
    pare_err err = job->work_err;
    job->restored = err == PARE_OK;
    if (!job->restored) pare_job_fail(job, err, job->work_diag.text);
    if (err == PARE_OK) err = pare_ledger_forget(job->ledger, (const char *)e->made.data, &diag);
    if (err == PARE_OK) err = pare_ledger_forget(job->ledger, (const char *)e->path.data, &diag);
    for (size_t i = 0; i < job->path_count && err == PARE_OK; i++)
        err = scan_path(job, job->paths[i], &diag);
    if (err != PARE_OK) pare_job_fail(job, err, diag.text); /* the first one counts */
    pare_job_scan_begin(job);
    pare_engine_wake(job->engine);
    pare_engine_pump(job->engine);
}

void pare_job_restore(pare_job *job)
{
    job->phase = PARE_PHASE_RESTORE;
    job->work.data = job;
    if (uv_queue_work(job->engine->loop, &job->work, do_restore, after_restore) == 0) return;
    do_restore(&job->work);
    after_restore(&job->work, 0);
}

pare_err pare_job_go_on(pare_job *job, const pare_job_request *request, pare_diag *diag)
{
    pare_ledger_run_info run = {0};
    const pare_batch_options *const o = &job->options;
    if (!job->ledger || o->dry_run || o->check || (unsigned)request->again > PARE_AGAIN_ONE) {
        return pare_fail(diag, PARE_ERR_INVALID, "a run can only go on with a ledger");
    }
    const pare_err err = load(job, request, &run, diag);
    pare_buf_deinit(&run.backup);
    if (err != PARE_OK) return err;
    const pare_progress *const sums = &job->earlier.totals;
    job->run_id = request->run_id;
    job->earlier_ms = run.ms;
    job->totals = *sums;
    job->totals.files_total = sums->files_done;
    job->totals.bytes_total = sums->bytes_in;
    pare_scan_set_filter(job->scan, wants, &job->earlier);
    if (request->again == PARE_AGAIN_RESUME) {
        pare_plan_resumes(job->plan, run.started_unix_s);
    } else {
        pare_plan_redoes(job->plan);
    }
    return PARE_OK;
}

uint64_t pare_job_files_total(const pare_job *job, uint64_t planned)
{
    const pare_earlier *const e = &job->earlier;
    if (!e->active) return planned;
    return e->totals.files_done + (e->again == PARE_AGAIN_RESUME ? planned : 0);
}

void pare_job_replace(pare_job *job, const char *path, pare_file_result *result)
{
    pare_progress *const sums = &job->totals;
    const pare_earlier_row *const row = pare_earlier_of(&job->earlier, path);
    if (!row) return;
    result->replaces = row->seq;
    sums->files_done--;
    sums->bytes_in -= row->bytes_in;
    sums->bytes_out -= row->bytes_out;
    switch (row->outcome) {
    case PARE_OUTCOME_NONE: break;
    case PARE_OUTCOME_OPTIMIZED: sums->optimized--; break;
    case PARE_OUTCOME_KEPT: sums->kept--; break;
    case PARE_OUTCOME_SKIPPED: sums->skipped--; break;
    case PARE_OUTCOME_FAILED: sums->failed--; break;
    }
}

bool pare_job_lets_stand(pare_job *job, const pare_file_result *result)
{
    const pare_earlier *const e = &job->earlier;
    const bool stands = e->active && e->again == PARE_AGAIN_ONE && !job->restored &&
                        result->outcome == PARE_OUTCOME_FAILED;
    if (stands) pare_job_fail(job, result->err, result->text);
    return stands;
}

void pare_job_drop_made(pare_job *job, const char *out_path)
{
    struct stat st;
    bool ours = false;
    pare_buf source = {0};
    const pare_earlier *const e = &job->earlier;
    if (!e->active || e->again != PARE_AGAIN_ONE || job->restored || e->made.len <= 1) return;
    const char *const made = (const char *)e->made.data;
    if (out_path && strcmp(out_path, made) == 0) return;
    if (fstatat(AT_FDCWD, made, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return;
    const pare_ident there = pare_ident_of(&st);
    const pare_err err = pare_ledger_find_output(job->ledger, &there, &ours, &source, NULL);
    if (err == PARE_OK && ours &&
        strcmp((const char *)source.data, (const char *)e->path.data) == 0) {
        (void)unlinkat(AT_FDCWD, made, 0);
    }
    pare_buf_deinit(&source);
}
