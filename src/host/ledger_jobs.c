// SPDX-License-Identifier: Apache-2.0
/* Jobs, presets and the history, for doors that keep them over restarts. */
#include "host/ledger_jobs.h"

#include <string.h>
#include <time.h>

#include "host/ledger_db.h"

enum { STATE_RUNNING = 2, STATE_FIRST_FINAL = 4, PRESET_NAME_CAP = 100 };

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_TRANSIENT);
}

static const char *column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

/* Starts a transaction and prepares; NULL on error. */
static sqlite3_stmt *begin(pare_ledger *ledger, pare_ledger_statement which, pare_diag *diag)
{
    if (pare_ledger_transaction(ledger, diag) != PARE_OK) return NULL;
    return pare_ledger_prepare(ledger, which, diag);
}

/* Runs and flushes a statement that must change a row. */
static pare_err change(pare_ledger *ledger, sqlite3_stmt *statement, const char *what,
                       pare_diag *diag)
{
    PARE_TRY(pare_ledger_run_statement(ledger, statement, diag));
    const int changed = sqlite3_changes(ledger->db);
    PARE_TRY(pare_ledger_flush(ledger, diag));
    if (changed > 0) return PARE_OK;
    return pare_fail(diag, PARE_ERR_NOT_FOUND, "there is no such %s", what);
}

pare_err pare_ledger_job_add(pare_ledger *ledger, const pare_ledger_job *job, int64_t *id,
                             pare_diag *diag)
{
    *id = 0;
    sqlite3_stmt *add = begin(ledger, PARE_SQL_ADD_JOB, diag);
    if (!add) return PARE_ERR_IO;
    bind_text(add, 1, job->name);
    sqlite3_bind_int(add, 2, job->state);
    sqlite3_bind_int(add, 3, job->priority);
    sqlite3_bind_int64(add, 4, (sqlite3_int64)time(NULL));
    bind_text(add, 5, job->settings);
    bind_text(add, 6, job->source);
    PARE_TRY(pare_ledger_run_statement(ledger, add, diag));
    *id = sqlite3_last_insert_rowid(ledger->db);
    return pare_ledger_flush(ledger, diag);
}

pare_err pare_ledger_job_edit(pare_ledger *ledger, const pare_ledger_job *job, pare_diag *diag)
{
    sqlite3_stmt *edit = begin(ledger, PARE_SQL_EDIT_JOB, diag);
    if (!edit) return PARE_ERR_IO;
    sqlite3_bind_int64(edit, 1, job->id);
    bind_text(edit, 2, job->name);
    sqlite3_bind_int(edit, 3, job->priority);
    bind_text(edit, 4, job->settings);
    bind_text(edit, 5, job->source);
    return change(ledger, edit, "job", diag);
}

pare_err pare_ledger_job_set_state(pare_ledger *ledger, int64_t id, int state, const char *error,
                                   pare_diag *diag)
{
    sqlite3_stmt *set = begin(ledger, PARE_SQL_JOB_STATE, diag);
    if (!set) return PARE_ERR_IO;
    const sqlite3_int64 now = (sqlite3_int64)time(NULL);
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int(set, 2, state);
    bind_text(set, 3, error);
    sqlite3_bind_int64(set, 4, state == STATE_RUNNING ? now : 0);
    sqlite3_bind_int64(set, 5, state >= STATE_FIRST_FINAL ? now : 0);
    return change(ledger, set, "job", diag);
}

pare_err pare_ledger_job_set_run(pare_ledger *ledger, int64_t id, int64_t run_id, pare_diag *diag)
{
    sqlite3_stmt *set = begin(ledger, PARE_SQL_JOB_RUN, diag);
    if (!set) return PARE_ERR_IO;
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int64(set, 2, run_id);
    return change(ledger, set, "job", diag);
}

pare_err pare_ledger_jobs(pare_ledger *ledger, int64_t id, pare_ledger_job_fn on_job, void *user,
                          pare_diag *diag)
{
    /* Its own statement: the callback may ask for jobs again. */
    static const char SQL[] =
        "SELECT j.id, name, settings, source, error, state, priority, created_s, j.started_s,"
        " ended_s, j.run_id, r.backup IS NOT NULL AND r.undone = 0, coalesce(r.undone, 0)"
        " FROM jobs j LEFT JOIN runs r ON r.id = j.run_id WHERE ?1 = 0 OR j.id = ?1"
        " ORDER BY j.id DESC";
    sqlite3_stmt *find = NULL;
    pare_err err;
    bool any = false;
    if (sqlite3_prepare_v2(ledger->db, SQL, -1, &find, NULL) != SQLITE_OK) {
        return pare_ledger_fail(ledger, diag);
    }
    sqlite3_bind_int64(find, 1, id);
    while (pare_ledger_row(ledger, find, &err, diag)) {
        const pare_ledger_job job = {
            .id = sqlite3_column_int64(find, 0),
            .name = column_text(find, 1),
            .settings = column_text(find, 2),
            .source = column_text(find, 3),
            .error = column_text(find, 4),
            .state = sqlite3_column_int(find, 5),
            .priority = sqlite3_column_int(find, 6),
            .created_unix_s = sqlite3_column_int64(find, 7),
            .started_unix_s = sqlite3_column_int64(find, 8),
            .ended_unix_s = sqlite3_column_int64(find, 9),
            .run_id = sqlite3_column_int64(find, 10),
            .can_undo = sqlite3_column_int(find, 11) != 0,
            .undone = sqlite3_column_int(find, 12) != 0,
        };
        any = true;
        on_job(user, &job);
    }
    sqlite3_finalize(find);
    if (err == PARE_OK && id != 0 && !any) {
        err = pare_fail(diag, PARE_ERR_NOT_FOUND, "there is no job %lld", (long long)id);
    }
    return err;
}

pare_err pare_ledger_job_delete(pare_ledger *ledger, int64_t id, pare_diag *diag)
{
    static const pare_ledger_statement PARTS[] = {
        PARE_SQL_DELETE_JOB_RESULTS, PARE_SQL_DELETE_JOB_RUN, PARE_SQL_DELETE_JOB_REDOS};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        sqlite3_stmt *part = begin(ledger, PARTS[i], diag);
        if (!part) return PARE_ERR_IO;
        sqlite3_bind_int64(part, 1, id);
        PARE_TRY(pare_ledger_run_statement(ledger, part, diag));
    }
    sqlite3_stmt *delete = begin(ledger, PARE_SQL_DELETE_JOB, diag);
    if (!delete) return PARE_ERR_IO;
    sqlite3_bind_int64(delete, 1, id);
    return change(ledger, delete, "job", diag);
}

/* ---- images to be done again ---- */

pare_err pare_ledger_redos(pare_ledger *ledger, int64_t job_id, pare_ledger_redo_fn on_redo,
                           void *user, pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_REDOS, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, job_id);
    while (pare_ledger_row(ledger, find, &err, diag)) {
        on_redo(user, sqlite3_column_int64(find, 0), (uint64_t)sqlite3_column_int64(find, 1),
                column_text(find, 2));
    }
    return err;
}

pare_err pare_ledger_redo_add(pare_ledger *ledger, int64_t job_id, uint64_t seq,
                              const char *settings, int64_t *id, pare_diag *diag)
{
    *id = 0;
    sqlite3_stmt *add = begin(ledger, PARE_SQL_ADD_REDO, diag);
    if (!add) return PARE_ERR_IO;
    sqlite3_bind_int64(add, 1, job_id);
    sqlite3_bind_int64(add, 2, (sqlite3_int64)seq);
    bind_text(add, 3, settings);
    PARE_TRY(pare_ledger_run_statement(ledger, add, diag));
    *id = sqlite3_last_insert_rowid(ledger->db);
    return pare_ledger_flush(ledger, diag);
}

pare_err pare_ledger_redo_delete(pare_ledger *ledger, int64_t id, pare_diag *diag)
{
    sqlite3_stmt *delete = begin(ledger, PARE_SQL_DELETE_REDO, diag);
    if (!delete) return PARE_ERR_IO;
    sqlite3_bind_int64(delete, 1, id);
    return change(ledger, delete, "redo", diag);
}

/* ---- presets ---- */

pare_err pare_ledger_presets(pare_ledger *ledger, pare_ledger_preset_fn on_preset, void *user,
                             pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_PRESETS, diag);
    if (!find) return PARE_ERR_IO;
    while (pare_ledger_row(ledger, find, &err, diag)) {
        on_preset(user, column_text(find, 0), column_text(find, 1));
    }
    return err;
}

pare_err pare_ledger_preset_put(pare_ledger *ledger, const char *name, const char *settings,
                                pare_diag *diag)
{
    const size_t len = strlen(name);
    if (len == 0 || len > PRESET_NAME_CAP) {
        return pare_fail(diag, PARE_ERR_INVALID, "the name of a preset has 1 to %d bytes",
                         PRESET_NAME_CAP);
    }
    sqlite3_stmt *put = begin(ledger, PARE_SQL_PUT_PRESET, diag);
    if (!put) return PARE_ERR_IO;
    bind_text(put, 1, name);
    bind_text(put, 2, settings);
    return change(ledger, put, "preset", diag);
}

pare_err pare_ledger_preset_delete(pare_ledger *ledger, const char *name, pare_diag *diag)
{
    sqlite3_stmt *delete = begin(ledger, PARE_SQL_DELETE_PRESET, diag);
    if (!delete) return PARE_ERR_IO;
    bind_text(delete, 1, name);
    return change(ledger, delete, "preset", diag);
}
