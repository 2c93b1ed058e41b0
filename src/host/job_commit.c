// SPDX-License-Identifier: Apache-2.0
/* From a decided outcome to the file in its place, and to the tasks that waited for it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"

static void start_commit(pare_task *task);

/* ---- in the thread pool ---- */

/* After this the worker that still holds the memory file cannot change it. */
static pare_err seal(int fd, pare_diag *diag)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (fcntl(fd, F_ADD_SEALS, seals) == 0) return PARE_OK;
    const int have = fcntl(fd, F_GET_SEALS);
    if (have >= 0 && (have & seals) == seals) return PARE_OK; /* a second try */
    if (errno == EBUSY) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the worker still writes to its result");
    }
    return pare_fail_errno(diag, "seal", "result");
}

/* Open the bytes to write. Sets source_gone when a copy is not to be had. */
static pare_err open_source(pare_task *task, pare_intake *copy, int *fd)
{
    pare_commit *const commit = task->commit;
    if (commit->copies_original) {
        *fd = task->intake.fd;
        return PARE_OK;
    }
    if (commit->copy_path.len == 0) {
        *fd = task->out_fd;
        return seal(task->out_fd, &task->diag);
    }
    const char *const path = (const char *)commit->copy_path.data;
    const pare_err err = pare_intake_open(AT_FDCWD, path, NULL, copy, NULL);
    if (err == PARE_OK && pare_hash_same(&copy->hash, &commit->copy_hash)) {
        *fd = copy->fd;
        return PARE_OK;
    }
    commit->source_gone = true;
    return err == PARE_OK ? PARE_ERR_CHANGED : err;
}

static pare_err commit_file(pare_task *task)
{
    pare_commit *const commit = task->commit;
    const pare_batch_options *const options = &task->job->options;
    pare_intake copy = {.fd = -1};
    pare_replace *rep = NULL;
    int fd = -1;
    uint64_t bytes = 0;
    pare_err err = open_source(task, &copy, &fd);
    if (err == PARE_OK) err = pare_replace_begin(commit->out_dir_fd, &rep, &task->diag);
    if (err == PARE_OK) err = pare_replace_copy(rep, fd, &bytes, &task->diag);
    const bool kept = commit->copies_original, copied = commit->copy_path.len > 0;
    const bool may_grow = kept || task->salvages;
    const pare_replace_request request = {
        .name = commit->output.name,
        .format = kept ? PARE_FORMAT_UNKNOWN : task->result.format_out,
        .bytes = kept ? task->intake.ident.size_bytes : task->result.len,
        .max_bytes = may_grow ? 0 : task->intake.ident.size_bytes - 1,
        .hash = kept     ? &task->intake.hash
                : copied ? &commit->copy_hash
                         : NULL,
        .original_fd = task->intake.fd,
        .original_dir_fd = commit->in_dir_fd,
        .original_name = task->entry->name,
        .original = &task->intake.ident,
        .in_place = commit->output.in_place,
        .overwrite = commit->output.overwrite,
        .replaceable_before_ns = commit->output.replaceable_before_ns,
        .over_remains = !task->salvages,
        .keep_dates = options->keep_dates,
        .backup = commit->output.in_place ? task->job->backup : NULL,
        .original_path = (const char *)commit->in_path.data,
    };
    if (err == PARE_OK) {
        err = pare_replace_commit(&rep, &request, &commit->made, &task->diag);
        commit->source_gone |= !kept && commit->made.is_other;
    }
    pare_replace_abort(&rep);
    pare_intake_close(&copy);
    return err;
}

static void do_commit(uv_work_t *work)
{
    pare_task *const task = work->data;
    task->work_begin_us = pare_clock_us();
    task->work_err = commit_file(task);
    task->work_end_us = pare_clock_us();
}

/* ---- on the loop ---- */

static bool keeps_without_writing(const pare_task *task)
{
    if (task->salvages) return false;
    if (task->job->options.check) return true;
    if (task->outcome == PARE_OUTCOME_OPTIMIZED) return false;
    return task->outcome != PARE_OUTCOME_KEPT || !pare_plan_copies_kept(task->job->plan);
}

static void fail_commit(pare_task *task, pare_err err)
{
    if (task->salvages) {
        pare_job_salvage_end(task);
        return;
    }
    task->outcome = PARE_OUTCOME_FAILED;
    task->err = err;
    pare_job_finish_task(task);
}

/* What the worker promised is not what it wrote. */
static void distrust(pare_task *task)
{
    pare_job *const job = task->job;
    if (task->copied || task->salvages || job->cancelled) {
        fail_commit(task, PARE_ERR_PROTOCOL);
        return;
    }
    pare_pool_distrust(job->engine->pool, task->worker);
    job->metrics.crashes++;
    if (++task->failures < PARE_JOB_FAILURES_CAP) {
        job->metrics.retries++;
        memset(&task->diag, 0, sizeof task->diag);
        close(task->out_fd); /* sealed: it cannot be used again */
        task->out_fd = -1;
        pare_job_enqueue(task);
    } else {
        fail_commit(task, PARE_ERR_PROTOCOL);
    }
}

/* The bytes that were to be copied are gone: then do the work after all. */
static void work_after_all(pare_task *task)
{
    pare_buf_deinit(&task->commit->copy_path);
    task->commit->source_gone = false;
    task->copied = false;
    memset(&task->diag, 0, sizeof task->diag);
    pare_job_enqueue(task);
}

/* Results in place are synced one by one. A file system beyond the table is left to the kernel. */
static void note_unsynced(pare_job *job, const pare_commit *commit)
{
    pare_unsynced *const u = &job->unsynced;
    const uint64_t dev = commit->made.ident.dev;
    if (commit->output.in_place || !commit->made.written) return;
    for (unsigned i = 0; i < u->count; i++) {
        if (u->devs[i] == dev) return;
    }
    if (u->count == PARE_JOB_DEVICES) return;
    const int fd = fcntl(commit->out_dir_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return;
    u->devs[u->count] = dev;
    u->folder_fds[u->count++] = fd;
}

pare_err pare_job_sync(pare_job *job, pare_diag *diag)
{
    pare_err err = PARE_OK;
    for (unsigned i = 0; i < job->unsynced.count; i++) {
        const pare_err one = pare_replace_sync(job->unsynced.folder_fds[i], diag);
        if (err == PARE_OK) err = one;
        close(job->unsynced.folder_fds[i]);
    }
    job->unsynced.count = 0;
    return err;
}

static void after_commit(uv_work_t *work, int status)
{
    pare_task *const task = work->data;
    pare_job *const job = task->job;
    const pare_err err = task->work_err;
    (void)status;
    job->commit_count--;
    job->engine->commit_count--;
    pare_histogram_add(&job->metrics.commit, task->work_end_us - task->work_begin_us);
    pare_histogram_add(&job->engine->metrics.commit, task->work_end_us - task->work_begin_us);
    pare_trace_overlapping(job->trace, "replace", task->sent.id, task->work_begin_us,
                           task->work_end_us);
    note_unsynced(job, task->commit);
    if (err == PARE_OK && task->salvages) {
        pare_job_salvage_end(task);
    } else if (err == PARE_OK) {
        pare_job_finish_task(task);
    } else if (task->commit->source_gone) {
        if (job->cancelled) {
            pare_job_move(task, PARE_STATE_ABANDONED);
            pare_job_finish_task(task);
        } else {
            work_after_all(task);
        }
    } else if (pare_err_is_skip(err) && task->outcome == PARE_OUTCOME_OPTIMIZED) {
        task->outcome = PARE_OUTCOME_KEPT;
        task->err = err;
        start_commit(task);
    } else if (pare_job_may_retry(task, err)) {
        pare_job_wait(task, true);
    } else if (err == PARE_ERR_PROTOCOL) {
        distrust(task);
    } else {
        fail_commit(task, err);
    }
    pare_engine_pump(job->engine);
}

static pare_err prepare(pare_task *task)
{
    pare_job *const job = task->job;
    pare_commit *const commit = task->commit;
    commit->copies_original = task->outcome == PARE_OUTCOME_KEPT;
    const pare_format format =
        commit->copies_original ? (pare_format)task->entry->format : task->result.format_out;
    if (!task->salvages) {
        PARE_TRY(
            pare_plan_output_for(job->plan, task->entry, format, &commit->output, &task->diag));
    } else if (!commit->holds_folder) {
        PARE_TRY(
            pare_plan_salvage_for(job->plan, task->entry, format, &commit->output, &task->diag));
        commit->holds_folder = true;
    }
    if (commit->in_dir_fd < 0) {
        PARE_TRY(pare_folders_open(job->folders, task->entry->folder, false, &commit->in_dir_fd,
                                   &task->diag));
    }
    if (commit->out_dir_fd < 0) {
        PARE_TRY(pare_folders_open(job->folders, commit->output.folder, true, &commit->out_dir_fd,
                                   &task->diag));
    }
    if (!job->backup || commit->in_path.len > 0) return PARE_OK;
    return pare_folders_path(job->folders, task->entry->folder, task->entry->name, true,
                             &commit->in_path);
}

/* The state is COMMITTING. */
static void start_commit(pare_task *task)
{
    pare_job *const job = task->job;
    if (keeps_without_writing(task)) {
        pare_job_finish_task(task);
        return;
    }
    if (task->outcome == PARE_OUTCOME_OPTIMIZED &&
        (task->result.len == 0 || task->result.format_out == PARE_FORMAT_UNKNOWN)) {
        pare_fail(&task->diag, PARE_ERR_PROTOCOL, "the worker promised an empty result");
        distrust(task);
        return;
    }
    const pare_err err = prepare(task);
    if (err != PARE_OK && pare_job_may_retry(task, err)) {
        pare_job_wait(task, true);
        return;
    }
    if (err != PARE_OK) {
        fail_commit(task, err);
        return;
    }
    job->commit_count++;
    job->engine->commit_count++;
    if (uv_queue_work(job->engine->loop, &task->work, do_commit, after_commit) != 0) {
        job->commit_count--;
        job->engine->commit_count--;
        fail_commit(task, PARE_ERR_NO_MEMORY);
    }
}

void pare_job_commit(pare_task *task)
{
    pare_job_move(task, PARE_STATE_COMMITTING);
    start_commit(task);
}

/* ---- twins ---- */

/* Would the same bytes meet the same end elsewhere? Not when the disk was to blame. */
static bool is_about_content(const pare_task *task)
{
    switch (task->err) {
    case PARE_ERR_IO:
    case PARE_ERR_DENIED:
    case PARE_ERR_NO_SPACE:
    case PARE_ERR_CHANGED:
    case PARE_ERR_EXISTS:
    case PARE_ERR_NOT_FOUND:
    case PARE_ERR_INVALID:
    case PARE_ERR_NO_MEMORY: return false;
    default: return true;
    }
}

static void follow(pare_task *twin, const pare_task *first)
{
    pare_job *const job = twin->job;
    twin->outcome = first->outcome;
    twin->err = first->err;
    twin->result = first->result;
    twin->diag = first->diag;
    twin->copied = true;
    job->metrics.duplicates++;
    if (first->outcome == PARE_OUTCOME_OPTIMIZED && !job->options.check) {
        const pare_plan_output *const output = &first->commit->output;
        twin->commit->copy_hash = first->commit->made.hash;
        const pare_err err = pare_folders_path(job->folders, output->folder, output->name, true,
                                               &twin->commit->copy_path);
        if (err != PARE_OK) {
            twin->outcome = PARE_OUTCOME_FAILED;
            twin->err = err;
        }
    }
    if (twin->outcome == PARE_OUTCOME_FAILED) {
        pare_job_finish_task(twin);
    } else {
        pare_job_commit(twin);
    }
}

static void wake_twins(pare_task *first)
{
    pare_job *const job = first->job;
    /* what is left of a damaged twin goes to a place of its own */
    const bool decided =
        first->state == PARE_STATE_DONE && is_about_content(first) && !first->salvages;
    pare_task *list = first->twins;
    first->twins = NULL;
    while (list) {
        pare_task *const twin = list;
        list = twin->twin_next;
        twin->twin_next = NULL;
        if (job->cancelled) {
            pare_job_move(twin, PARE_STATE_ABANDONED);
            pare_job_finish_task(twin);
        } else if (decided) {
            follow(twin, first);
        } else { /* it takes the place of the first, and the rest wait for it */
            twin->twins = list;
            list = NULL;
            pare_job_enqueue(twin);
        }
    }
}

void pare_job_finish_task(pare_task *task)
{
    if (task->state != PARE_STATE_ABANDONED) {
        pare_job_move(task, PARE_STATE_DONE);
        pare_job_report_task(task);
        pare_progress_done(&task->job->meter, task->entry->cost);
    }
    wake_twins(task);
    pare_job_task_end(task);
}
