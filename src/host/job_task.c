// SPDX-License-Identifier: Apache-2.0
/* A task from the plan to the worker and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/engine_inside.h"
#include "host/retry.h"
#include "wire/header.h"

enum {
    WAITING_CAP = 128,
    UNKNOWN_US = 1000 * 1000 * 1000,
};

static void on_answer(void *user, const pare_pool_answer *answer);
static void on_returned(void *user);
static const pare_pool_client CLIENT = {on_answer, on_returned};

/* ---- tasks ---- */

static pare_task *task_new(pare_job *job, const pare_plan_entry *entry)
{
    pare_task *const task = calloc(1, sizeof *task);
    if (!task) return NULL;
    task->job = job;
    task->entry = entry;
    task->state = PARE_STATE_PLANNED;
    task->intake.fd = -1;
    task->out_fd = -1;
    task->memory_bytes = entry->memory_bytes;
    task->result.score = -1;
    task->began_us = pare_clock_us();
    task->work.data = task;
    task->sent.id = ++job->engine->next_task_id;
    task->sent.kind = PARE_TASK_OPTIMIZE;
    task->sent.options = &job->options.image;
    task->sent.needs_all = !pare_header_is_common((pare_format)entry->format, &job->options.image);
    task->sent.name = entry->name;
    task->sent.bytes_in = entry->ident.size_bytes;
    task->sent.client = &CLIENT;
    task->sent.user = task;
    const pare_header header = {.format = (pare_format)entry->format,
                                .width_px = entry->width_px,
                                .height_px = entry->height_px,
                                .frames = entry->is_animated ? 2 : 1};
    const double share = pare_header_deadline_share(&header, entry->ident.size_bytes);
    const double deadline_ms = (double)job->options.timeout_ms * share;
    task->sent.deadline_ms = deadline_ms < 1e15 ? (uint64_t)deadline_ms : (uint64_t)1e15;
    return task;
}

static pare_task **bucket(pare_job *job, const pare_hash *hash)
{
    return &job->buckets[hash->low % PARE_JOB_BUCKETS];
}

static pare_task *find_twin(pare_job *job, const pare_hash *hash)
{
    for (pare_task *other = *bucket(job, hash); other; other = other->bucket_next) {
        if (pare_hash_same(&other->intake.hash, hash)) return other;
    }
    return NULL;
}

static void leave_bucket(pare_task *task)
{
    for (pare_task **at = bucket(task->job, &task->intake.hash); *at; at = &(*at)->bucket_next) {
        if (*at != task) continue;
        *at = task->bucket_next;
        return;
    }
}

static void release_memory(pare_task *task)
{
    if (task->admitted) pare_governor_release(&task->job->engine->governor, task->memory_bytes);
    task->admitted = false;
}

static void close_output(pare_task *task)
{
    if (task->out_fd >= 0) close(task->out_fd);
    task->out_fd = -1;
}

static void commit_free(pare_commit *commit)
{
    if (!commit) return;
    if (commit->out_dir_fd >= 0) close(commit->out_dir_fd);
    if (commit->in_dir_fd >= 0) close(commit->in_dir_fd);
    pare_buf_deinit(&commit->copy_path);
    pare_buf_deinit(&commit->in_path);
    free(commit);
}

void pare_job_task_end(pare_task *task)
{
    leave_bucket(task);
    release_memory(task);
    close_output(task);
    pare_intake_close(&task->intake);
    if (task->commit && task->commit->holds_folder) {
        pare_folders_unref(task->job->folders, task->commit->output.folder);
    }
    commit_free(task->commit);
    free(task);
}

static void fail_task(pare_task *task, pare_err err, const char *text)
{
    task->outcome = pare_err_is_skip(err) ? PARE_OUTCOME_KEPT : PARE_OUTCOME_FAILED;
    task->err = err;
    if (text) pare_fail(&task->diag, err, "%s", text);
    pare_job_finish_task(task);
}

/* ---- waiting for another try ---- */

static uint64_t next_random(pare_engine *engine)
{
    engine->random ^= engine->random << 13; /* xorshift64, Marsaglia 2003 */
    engine->random ^= engine->random >> 7;
    engine->random ^= engine->random << 17;
    return engine->random;
}

void pare_job_wait(pare_task *task, bool commit_next)
{
    pare_job *const job = task->job;
    const uint64_t pause_us = pare_retry_pause_us(task->io_retries++, next_random(job->engine));
    job->metrics.retries++;
    task->commit_next = commit_next;
    task->due_us = pare_clock_us() + pause_us;
    memset(&task->diag, 0, sizeof task->diag);
    pare_job_move(task, PARE_STATE_WAITING);
    pare_task **at = &job->waiting;
    while (*at && (*at)->due_us <= task->due_us) {
        at = &(*at)->wait_next;
    }
    task->wait_next = *at;
    *at = task;
}

bool pare_job_may_retry(const pare_task *task, pare_err err)
{
    return pare_retry_is_transient(err) && task->io_retries < PARE_RETRIES_CAP &&
           !task->job->cancelled && !(task->commit && task->commit->made.written);
}

/* ---- intake ---- */

static void do_intake(uv_work_t *work)
{
    pare_task *const task = work->data;
    task->work_begin_us = pare_clock_us();
    task->work_err = pare_intake_open(task->commit->in_dir_fd, task->entry->name,
                                      &task->entry->ident, &task->intake, &task->diag);
    task->work_end_us = pare_clock_us();
}

static void take_outcome(pare_task *task, const pare_ledger_outcome *known)
{
    task->outcome = known->outcome;
    task->err = known->err;
    task->copied = true;
    task->result.format_in = known->format_in;
    task->result.format_out = known->format_out;
    task->result.width_out_px = known->width_px;
    task->result.height_out_px = known->height_px;
    task->result.len = (size_t)known->bytes_out;
    task->result.score = known->score;
    task->result.quality = known->quality;
    task->result.lossless = known->lossless;
}

/* Has this content been done with these settings, here or elsewhere, in this or another run? */
static bool take_known(pare_task *task)
{
    pare_job *const job = task->job;
    const pare_ledger_content_key key = {task->intake.hash, job->settings};
    pare_ledger_content known = {0};
    if (!job->ledger || job->options.force) return false;
    /* A ledger that cannot answer costs only time. */
    const pare_err err = pare_ledger_find_content(job->ledger, &key, &known, NULL);
    const bool usable = err == PARE_OK && known.found;
    if (usable) {
        take_outcome(task, &known.outcome);
        task->commit->copy_hash = known.out_hash;
        pare_buf_move(&task->commit->copy_path, &known.out_path);
        job->metrics.ledger_hits++;
    }
    pare_buf_deinit(&known.out_path);
    return usable;
}

static void after_intake(uv_work_t *work, int status)
{
    pare_task *const task = work->data;
    pare_job *const job = task->job;
    (void)status;
    job->intake_count--;
    job->engine->intake_count--;
    close(task->commit->in_dir_fd); /* many tasks wait in the queue; descriptors are few */
    task->commit->in_dir_fd = -1;
    pare_histogram_add(&job->metrics.intake, task->work_end_us - task->work_begin_us);
    pare_trace_overlapping(job->trace, "intake", task->sent.id, task->work_begin_us,
                           task->work_end_us);
    if (job->cancelled) {
        pare_job_move(task, PARE_STATE_ABANDONED);
        pare_job_task_end(task);
    } else if (task->work_err != PARE_OK) {
        if (pare_job_may_retry(task, task->work_err)) {
            pare_job_wait(task, false);
        } else {
            fail_task(task, task->work_err, NULL);
        }
    } else {
        pare_task *const twin = find_twin(job, &task->intake.hash);
        if (twin) {
            pare_job_move(task, PARE_STATE_WAITING);
            task->twin_next = twin->twins;
            twin->twins = task;
        } else {
            task->bucket_next = *bucket(job, &task->intake.hash);
            *bucket(job, &task->intake.hash) = task;
            if (take_known(task)) {
                pare_job_commit(task);
            } else {
                pare_job_enqueue(task);
            }
        }
    }
    pare_engine_pump(job->engine);
}

static void begin_intake(pare_task *task)
{
    pare_job *const job = task->job;
    pare_job_move(task, PARE_STATE_INTAKE);
    pare_err err = PARE_OK;
    if (!task->commit) {
        task->commit = calloc(1, sizeof *task->commit);
        if (!task->commit) {
            fail_task(task, PARE_ERR_NO_MEMORY, "no memory for a task");
            return;
        }
        task->commit->out_dir_fd = task->commit->in_dir_fd = -1;
    }
    if (task->commit->in_dir_fd < 0) {
        err = pare_folders_open(job->folders, task->entry->folder, false, &task->commit->in_dir_fd,
                                &task->diag);
    }
    if (err != PARE_OK && pare_job_may_retry(task, err)) {
        pare_job_wait(task, false);
        return;
    }
    if (err != PARE_OK) {
        fail_task(task, err, NULL);
        return;
    }
    job->intake_count++;
    job->engine->intake_count++;
    if (uv_queue_work(job->engine->loop, &task->work, do_intake, after_intake) != 0) {
        job->intake_count--;
        job->engine->intake_count--;
        fail_task(task, PARE_ERR_NO_MEMORY, "no thread for a task");
    }
}

/* Tasks that wait for their twin or another try are no work that a worker could take. */
static bool is_fed(const pare_job *job)
{
    return job->counts.in[PARE_STATE_INTAKE] + job->counts.in[PARE_STATE_QUEUED] >=
               job->queue_cap ||
           job->counts.in[PARE_STATE_WAITING] >= WAITING_CAP;
}

void pare_job_feed(pare_job *job)
{
    const pare_engine *const engine = job->engine;
    const uint32_t jobs = pare_engine_running(engine); /* each may have its share of the threads */
    const uint32_t most = (engine->intake_cap + jobs - 1) / (jobs ? jobs : 1);
    while (!job->cancelled && job->intake_count < most && !is_fed(job)) {
        const pare_plan_entry *const entry = pare_plan_next(job->plan);
        if (!entry) return;
        pare_task *const task = task_new(job, entry);
        if (!task) {
            pare_job_fail(job, PARE_ERR_NO_MEMORY, "no memory for a task");
            return;
        }
        begin_intake(task);
    }
}

void pare_job_wake_due(pare_job *job, uint64_t now_us)
{
    while (job->waiting && job->waiting->due_us <= now_us) {
        pare_task *const task = job->waiting;
        job->waiting = task->wait_next;
        task->wait_next = NULL;
        if (task->commit_next) {
            pare_job_commit(task);
        } else {
            leave_bucket(task);
            pare_intake_close(&task->intake);
            begin_intake(task);
        }
    }
}

/* ---- queue and workers ---- */

void pare_job_enqueue(pare_task *task)
{
    const pare_queue_item item = {
        .cost = task->entry->cost,
        .id = task->sent.id,
        .memory_bytes = task->memory_bytes,
        .user = task,
    };
    task->queued_us = pare_clock_us();
    if (task->sent.needs_all) pare_pool_want_all(task->job->engine->pool);
    if (task->job->queue.count == 0) pare_engine_joins(task->job);
    if (pare_queue_push(&task->job->queue, &item) != PARE_OK) {
        fail_task(task, PARE_ERR_NO_MEMORY, "no memory for the queue");
        return;
    }
    pare_job_move(task, PARE_STATE_QUEUED);
}

static bool open_output(pare_task *task)
{
    if (task->out_fd >= 0 && ftruncate(task->out_fd, 0) == 0) return true;
    close_output(task);
    task->out_fd = memfd_create("pare-result", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return task->out_fd >= 0;
}

/* False: no worker took it; it is back in the queue. */
static bool send_task(pare_task *task)
{
    pare_job *const job = task->job;
    pare_engine *const engine = job->engine;
    if (!open_output(task)) {
        const pare_err err =
            pare_fail_errno(&task->diag, "make memory file for", task->entry->name);
        if (pare_job_may_retry(task, err)) {
            pare_job_wait(task, false);
        } else {
            fail_task(task, err, NULL);
        }
        return true;
    }
    task->sent.fds[0] = task->intake.fd;
    task->sent.fds[1] = task->out_fd;
    task->sent.fd_count = 2;
    pare_job_move(task, PARE_STATE_RUNNING);
    if (!pare_pool_send(engine->pool, &task->sent)) {
        on_returned(task);
        return false;
    }
    pare_governor_admit(&engine->governor, task->memory_bytes);
    task->admitted = true;
    task->attempts++;
    const uint64_t waited_us = task->sent.sent_us - task->queued_us;
    pare_histogram_add(&job->metrics.queue_wait, waited_us);
    pare_histogram_add(&engine->metrics.queue_wait, waited_us);
    pare_trace_overlapping(job->trace, "queue", task->sent.id, task->queued_us, task->sent.sent_us);
    return true;
}

uint64_t pare_job_expected_us(const pare_job *job, double cost)
{
    if (job->us_per_cost <= 0) return UNKNOWN_US;
    const double us = job->us_per_cost * cost;
    return us < UNKNOWN_US ? (uint64_t)us : UNKNOWN_US;
}

bool pare_job_needs_all(const pare_queue_item *item)
{
    const pare_task *const task = item->user;
    return task->sent.needs_all;
}

bool pare_job_dispatch(pare_job *job, uint64_t room_bytes)
{
    pare_queue_item item;
    if (!pare_queue_pop(&job->queue, room_bytes, &item)) return false;
    pare_task *const task = item.user;
    task->sent.expected_us = pare_job_expected_us(job, item.cost);
    task->sent.cost = item.cost;
    job->served += item.cost;
    return send_task(task);
}

static void on_returned(void *user)
{
    pare_task *const task = user;
    release_memory(task);
    if (task->job->cancelled) {
        pare_job_move(task, PARE_STATE_ABANDONED);
        pare_job_finish_task(task);
        return;
    }
    pare_job_enqueue(task);
}

static void learn(pare_job *job, const pare_task *task, uint64_t us)
{
    const double now = task->entry->cost > 0 ? (double)us / task->entry->cost : 0;
    job->us_per_cost = job->us_per_cost > 0 ? 0.9 * job->us_per_cost + 0.1 * now : now;
    pare_histogram_add(&job->metrics.task, us);
    pare_histogram_add(&job->engine->metrics.task, us);
}

/* The steps of a task on its worker's lane, laid end to end: they alternate in truth. */
static void trace_steps(const pare_task *task, uint64_t end_us)
{
    const pare_result *const r = &task->result;
    const struct {
        const char *name;
        uint32_t us;
    } steps[] = {{"decode", r->decode_us},
                 {"transform", r->transform_us},
                 {"encode", r->encode_us},
                 {"verify", r->verify_us}};
    pare_trace *const trace = task->job->trace;
    if (!trace) return;
    uint64_t at_us = task->sent.started_us;
    pare_trace_span(trace, task->worker, "image", at_us, end_us, task->entry->name);
    for (size_t i = 0; i < 4; i++) {
        if (steps[i].us == 0) continue;
        const uint64_t until_us = at_us + steps[i].us < end_us ? at_us + steps[i].us : end_us;
        pare_trace_span(trace, task->worker, steps[i].name, at_us, until_us, NULL);
        at_us = until_us;
    }
}

/* Somebody writes to the file: whatever the worker says of it is not about the image that the task
 * is for, and the ledger must not keep it. A file that is cut while a worker has it mapped kills
 * the worker (SIGBUS). */
static bool fails_as_changed(pare_task *task)
{
    struct stat st;
    char text[300];
    if (task->salvages || fstat(task->intake.fd, &st) != 0) return false;
    const pare_ident now = pare_ident_of(&st);
    if (pare_ident_same_content(&now, &task->intake.ident)) return false;
    snprintf(text, sizeof text, "%s changed while it was worked on", task->entry->name);
    memset(&task->diag, 0, sizeof task->diag); /* what the worker said of it */
    fail_task(task, PARE_ERR_CHANGED, text);
    return true;
}

/* A crash or nonsense: once more with another worker, then it is this image's fault. */
static void worker_failed(pare_task *task, const pare_pool_answer *answer)
{
    pare_job *const job = task->job;
    if (task->salvages) {
        job->metrics.crashes++;
        pare_job_salvage_answered(task, answer->err);
        return;
    }
    if (answer->err == PARE_ERR_TIMEOUT) {
        job->metrics.timeouts++;
        fail_task(task, answer->err, answer->text);
        return;
    }
    job->metrics.crashes++;
    if (fails_as_changed(task)) return;
    if (++task->failures < PARE_JOB_FAILURES_CAP) {
        job->metrics.retries++;
        pare_job_enqueue(task);
    } else {
        fail_task(task, answer->err, answer->text);
    }
}

static void image_failed(pare_task *task, pare_err err)
{
    pare_job *const job = task->job;
    if (err == PARE_ERR_NO_MEMORY && !task->alone) {
        task->alone = true; /* larger than any budget: admitted when nothing else runs */
        task->memory_bytes = job->engine->governor.budget_bytes + 1;
        job->metrics.retries++;
        memset(&task->diag, 0, sizeof task->diag);
        pare_job_enqueue(task);
    } else if (pare_job_may_retry(task, err)) {
        pare_job_wait(task, false);
    } else if (!pare_job_salvage(task, err)) {
        fail_task(task, err, NULL);
    }
}

static void on_answer(void *user, const pare_pool_answer *answer)
{
    pare_task *const task = user;
    pare_job *const job = task->job;
    task->worker = answer->worker;
    release_memory(task);
    if (answer->err != PARE_OK) {
        trace_steps(task, answer->ended_us);
        if (job->cancelled) {
            pare_job_move(task, PARE_STATE_ABANDONED);
            pare_job_finish_task(task);
        } else {
            worker_failed(task, answer);
        }
        return;
    }
    const pare_message *const message = answer->message;
    task->result = message->result.result;
    task->diag = message->result.diag;
    trace_steps(task, answer->ended_us);
    learn(job, task, answer->ended_us - task->sent.started_us);
    const pare_err err = message->result.err;
    if (fails_as_changed(task)) return;
    if (task->salvages) {
        pare_job_salvage_answered(task, err);
    } else if (err == PARE_OK) {
        task->outcome = PARE_OUTCOME_OPTIMIZED;
        task->err = PARE_OK;
        pare_job_commit(task);
    } else if (pare_err_is_skip(err)) {
        task->outcome = err == PARE_SKIP_UNSUPPORTED ? PARE_OUTCOME_SKIPPED : PARE_OUTCOME_KEPT;
        task->err = err;
        pare_job_commit(task);
    } else {
        image_failed(task, err);
    }
}

/* After a cancel: what nobody works on. */
void pare_job_abandon_idle(pare_job *job)
{
    pare_queue_item item;
    while (pare_queue_pop(&job->queue, UINT64_MAX, &item)) {
        pare_job_move(item.user, PARE_STATE_ABANDONED);
        pare_job_finish_task(item.user);
    }
    while (job->waiting) {
        pare_task *const task = job->waiting;
        job->waiting = task->wait_next;
        pare_job_move(task, PARE_STATE_ABANDONED);
        pare_job_finish_task(task);
    }
}
