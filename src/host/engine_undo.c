// SPDX-License-Identifier: Apache-2.0
/* An undo beside the jobs: the files in the thread pool, the ledger on the loop, a slice at a time.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "host/engine_inside.h"
#include "host/undo.h"

enum { SLICE = 64 };

struct pare_undoing {
    pare_engine *engine;
    pare_undoing *next;
    int64_t run_id;
    pare_buf run_path, storage;
    pare_backup_record *records; /* owned; in storage */
    size_t count, at;
    pare_err *errs; /* of each record; owned */
    bool *moved;    /* of each record; owned */
    char **texts;   /* of those that failed; owned */
    uint64_t failed;
    pare_err err;
    pare_diag diag;
    atomic_bool stop; /* the engine closes: what is left can be undone later */
    uv_work_t work;
    uv_idle_t idle;
    pare_result_fn on_result;
    pare_undo_fn on_end;
    void *user;
};

static pare_err prepare(pare_undoing *u)
{
    pare_backup_sweep((const char *)u->run_path.data);
    PARE_TRY(pare_backup_read((const char *)u->run_path.data, &u->storage, &u->records, &u->count,
                              &u->diag));
    u->errs = calloc(u->count + 1, sizeof *u->errs);
    u->moved = calloc(u->count + 1, sizeof *u->moved);
    u->texts = calloc(u->count + 1, sizeof *u->texts);
    if (u->errs && u->moved && u->texts) return PARE_OK;
    u->count = 0;
    return pare_fail(&u->diag, PARE_ERR_NO_MEMORY, "no memory for an undo");
}

static void do_undo(uv_work_t *work)
{
    pare_undoing *const u = work->data;
    u->err = prepare(u);
    for (size_t i = 0; i < u->count && u->err == PARE_OK; i++) {
        pare_diag why = {0};
        u->errs[i] = atomic_load(&u->stop)
                         ? pare_fail(&why, PARE_ERR_CANCELLED, "stopped before it was put back")
                         : pare_undo_record((const char *)u->run_path.data, &u->records[i],
                                            &u->moved[i], &why);
        if (u->errs[i] != PARE_OK) u->texts[i] = strdup(why.text);
    }
}

static void on_closed(uv_handle_t *handle)
{
    pare_undoing *const u = handle->data;
    pare_undoing **at = &u->engine->undoings;
    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
    if (u->on_end) u->on_end(u->user, u->err, u->failed, u->diag.text);
    pare_engine_wake(u->engine);
    for (size_t i = 0; i < u->count && u->texts; i++)
        free(u->texts[i]);
    free(u->texts);
    free(u->errs);
    free(u->moved);
    free(u->records);
    pare_buf_deinit(&u->storage);
    pare_buf_deinit(&u->run_path);
    free(u);
}

static void end(pare_undoing *u)
{
    pare_ledger *const ledger = u->engine->ledger;
    /* With failures it can be undone again, for the files that are left. */
    if (u->err == PARE_OK && u->failed == 0) {
        u->err = pare_ledger_mark_undone(ledger, u->run_id, &u->diag);
    }
    const pare_err flushed = pare_ledger_flush(ledger, &u->diag);
    if (u->err == PARE_OK) u->err = flushed;
    uv_close((uv_handle_t *)&u->idle, on_closed);
}

static void report(pare_undoing *u, size_t i)
{
    pare_file_result result;
    const pare_backup_record *const record = &u->records[i];
    pare_undo_result(record, i + 1, u->errs[i], u->moved[i], u->texts[i] ? u->texts[i] : "",
                     &result);
    if (u->errs[i] != PARE_OK) {
        u->failed++;
    } else {
        u->err = pare_undo_forget(u->engine->ledger, record, &u->diag);
    }
    if (u->on_result) u->on_result(u->user, &result);
}

static void on_idle(uv_idle_t *idle)
{
    pare_undoing *const u = idle->data;
    for (int i = 0; i < SLICE && u->at < u->count && u->err == PARE_OK; i++)
        report(u, u->at++);
    if (u->at < u->count && u->err == PARE_OK) return;
    uv_idle_stop(idle);
    end(u);
}

static void after_undo(uv_work_t *work, int status)
{
    pare_undoing *const u = work->data;
    (void)status;
    uv_idle_start(&u->idle, on_idle);
}

static bool is_going_on(const pare_engine *engine, int64_t run_id)
{
    for (const pare_job *job = engine->jobs; job; job = job->next) {
        if (job->run_id == run_id && job->phase != PARE_PHASE_ENDED) return true;
    }
    for (const pare_undoing *u = engine->undoings; u; u = u->next) {
        if (u->run_id == run_id) return true;
    }
    return false;
}

pare_err pare_engine_undo(pare_engine *engine, const pare_undo_request *request, pare_diag *diag)
{
    if (engine->closing) return pare_fail(diag, PARE_ERR_CANCELLED, "Pare is about to end");
    if (!engine->ledger) return pare_fail(diag, PARE_ERR_INVALID, "an undo needs the ledger");
    pare_undoing *const u = calloc(1, sizeof *u);
    if (!u) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for an undo");
    u->engine = engine;
    u->run_id = request->run_id;
    u->on_result = request->on_result;
    u->on_end = request->on_end;
    u->user = request->user;
    u->work.data = u->idle.data = u;
    pare_err err = pare_ledger_find_undo(engine->ledger, &u->run_id, &u->run_path, diag);
    if (err == PARE_OK && is_going_on(engine, u->run_id)) {
        err = pare_fail(diag, PARE_ERR_INVALID, "run %lld goes on", (long long)u->run_id);
    }
    if (err == PARE_OK && uv_queue_work(engine->loop, &u->work, do_undo, after_undo) != 0) {
        err = pare_fail(diag, PARE_ERR_NO_MEMORY, "no thread for an undo");
    }
    if (err != PARE_OK) {
        pare_buf_deinit(&u->run_path);
        free(u);
        return err;
    }
    uv_idle_init(engine->loop, &u->idle);
    u->next = engine->undoings;
    engine->undoings = u;
    pare_engine_wake(engine);
    return PARE_OK;
}

void pare_engine_stop_undoings(pare_engine *engine)
{
    for (pare_undoing *u = engine->undoings; u; u = u->next)
        atomic_store(&u->stop, true);
}
