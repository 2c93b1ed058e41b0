// SPDX-License-Identifier: Apache-2.0
/* A job that goes on with an earlier run: what it loads first, and how its results take the place
 * of earlier ones. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/engine_inside.h"
#include "host/undo.h"

static bool wants(const void *user, const char *path, bool is_folder)
{
    return pare_earlier_wants(user, path, is_folder);
}

/* With ONE: the original must be where it was. In place it comes back from its backup. */
static pare_err bring_back(pare_job *job, const pare_ledger_run_info *run, pare_diag *diag)
{
    const pare_earlier *const e = &job->earlier;
    const char *const path = (const char *)e->path.data;
    const bool replaced = job->options.output_mode == PARE_OUTPUT_IN_PLACE &&
                          e->outcome == PARE_OUTCOME_OPTIMIZED && ((const char *)e->made.data)[0];
    if (replaced && run->backup.len == 0) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "no backup of %s was kept", path);
    }
    if (replaced) {
        PARE_TRY(pare_undo_one(job->ledger, (const char *)run->backup.data, path, diag));
        job->restored = true;
    }
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
    if (request->again == PARE_AGAIN_ONE) PARE_TRY(bring_back(job, run, diag));
    if (run->backup.len > 0) {
        PARE_TRY(pare_backup_open((const char *)run->backup.data, &job->backup, diag));
    }
    return PARE_OK;
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
