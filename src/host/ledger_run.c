// SPDX-License-Identifier: Apache-2.0
/* Runs in the ledger: beginning, end, backups, history. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/ledger_db.h"

enum { RUNS_WITH_RESULTS = 100 };

static pare_err begin_run(pare_ledger *ledger, const pare_ledger_run *run, int64_t *id,
                          pare_diag *diag)
{
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    sqlite3_stmt *add = pare_ledger_prepare(ledger, PARE_SQL_ADD_RUN, diag);
    if (!add) return PARE_ERR_IO;
    const char *command_line = run->command_line ? run->command_line : "";
    sqlite3_bind_int64(add, 1, (sqlite3_int64)time(NULL));
    sqlite3_bind_int(add, 2, (int)run->mode);
    sqlite3_bind_text(add, 3, command_line, -1, SQLITE_TRANSIENT);
    pare_ledger_bind_path(add, 4, run->folder ? run->folder : "");
    sqlite3_bind_int(add, 5, run->mode == PARE_OUTPUT_IN_PLACE);
    PARE_TRY(pare_ledger_run_statement(ledger, add, diag));
    *id = sqlite3_last_insert_rowid(ledger->db);
    sqlite3_stmt *prune = pare_ledger_prepare(ledger, PARE_SQL_PRUNE_RESULTS, diag);
    if (!prune) return PARE_ERR_IO;
    sqlite3_bind_int64(prune, 1, *id - RUNS_WITH_RESULTS);
    PARE_TRY(pare_ledger_run_statement(ledger, prune, diag));
    return pare_ledger_flush(ledger, diag);
}

pare_err pare_ledger_run_begin(pare_ledger *ledger, const pare_ledger_run *run, int64_t *id,
                               pare_diag *diag)
{
    *id = 0;
    PARE_TRY(pare_ledger_flush(ledger, diag));
    pare_ledger_wait_for_disk(ledger, true);
    const pare_err err = begin_run(ledger, run, id, diag);
    pare_ledger_wait_for_disk(ledger, false);
    return err;
}

pare_err pare_ledger_run_again(pare_ledger *ledger, int64_t run_id, pare_output_mode mode,
                               pare_diag *diag)
{
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    sqlite3_stmt *update = pare_ledger_prepare(ledger, PARE_SQL_RUN_AGAIN, diag);
    if (!update) return PARE_ERR_IO;
    sqlite3_bind_int64(update, 1, run_id);
    sqlite3_bind_int(update, 2, mode == PARE_OUTPUT_IN_PLACE);
    return pare_ledger_run_statement(ledger, update, diag);
}

pare_err pare_ledger_unfinished_since(pare_ledger *ledger, int64_t *started_unix_s, pare_diag *diag)
{
    pare_err err;
    *started_unix_s = 0;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_UNFINISHED_SINCE, diag);
    if (!find) return PARE_ERR_IO;
    if (!pare_ledger_row(ledger, find, &err, diag)) return err;
    *started_unix_s = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return PARE_OK;
}

/* Waits for the disk: files are replaced next, and without this row undo would not find them. */
pare_err pare_ledger_run_backup(pare_ledger *ledger, int64_t run_id, const char *backup_path,
                                pare_diag *diag)
{
    PARE_TRY(pare_ledger_flush(ledger, diag));
    pare_ledger_wait_for_disk(ledger, true);
    pare_err err = pare_ledger_transaction(ledger, diag);
    sqlite3_stmt *update =
        err == PARE_OK ? pare_ledger_prepare(ledger, PARE_SQL_RUN_BACKUP, diag) : NULL;
    if (update) {
        sqlite3_bind_int64(update, 1, run_id);
        pare_ledger_bind_path(update, 2, backup_path);
    }
    if (err == PARE_OK) err = pare_ledger_run_statement(ledger, update, diag);
    if (err == PARE_OK) err = pare_ledger_flush(ledger, diag);
    pare_ledger_wait_for_disk(ledger, false);
    return err;
}

pare_err pare_ledger_run_end(pare_ledger *ledger, int64_t run_id, const pare_progress *totals,
                             bool finished, bool synced, pare_diag *diag)
{
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    sqlite3_stmt *update = pare_ledger_prepare(ledger, PARE_SQL_RUN_END, diag);
    if (!update) return PARE_ERR_IO;
    const uint64_t values[] = {totals->elapsed_ms, totals->files_done, totals->optimized,
                               totals->kept,       totals->skipped,    totals->failed,
                               totals->bytes_in,   totals->bytes_out};
    sqlite3_bind_int64(update, 1, run_id);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        sqlite3_bind_int64(update, (int)i + 2, (sqlite3_int64)values[i]);
    sqlite3_bind_int(update, 10, finished);
    sqlite3_bind_int(update, 11, synced);
    PARE_TRY(pare_ledger_run_statement(ledger, update, diag));
    return pare_ledger_flush(ledger, diag);
}

pare_err pare_ledger_unfinished_backups(pare_ledger *ledger, pare_buf *paths, pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_UNFINISHED, diag);
    paths->len = 0;
    if (!find) return PARE_ERR_IO;
    while (pare_ledger_row(ledger, find, &err, diag)) {
        const void *path = sqlite3_column_blob(find, 0);
        const int len = sqlite3_column_bytes(find, 0);
        if (!path || len <= 0) continue;
        err = pare_buf_append(paths, path, (size_t)len);
        if (err == PARE_OK) err = pare_buf_append_byte(paths, 0);
        if (err != PARE_OK) {
            sqlite3_reset(find);
            return err;
        }
    }
    return err;
}

/* The run a statement finds by a number, and whether it is undone. */
static pare_err find_backup(pare_ledger *ledger, pare_ledger_statement which, int64_t number,
                            int64_t *run_id, pare_buf *backup_path, bool *undone, pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, which, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, number);
    if (!pare_ledger_row(ledger, find, &err, diag)) {
        return err != PARE_OK ? err : PARE_ERR_NOT_FOUND;
    }
    *run_id = sqlite3_column_int64(find, 0);
    *undone = sqlite3_column_int(find, 2) != 0;
    err = pare_ledger_column_path(find, 1, backup_path);
    sqlite3_reset(find);
    return err;
}

pare_err pare_ledger_find_undo_before(pare_ledger *ledger, int64_t before, int64_t *run_id,
                                      pare_buf *backup_path, pare_diag *diag)
{
    bool undone;
    const pare_err err =
        find_backup(ledger, PARE_SQL_LAST_UNDO, before, run_id, backup_path, &undone, diag);
    return err == PARE_ERR_NOT_FOUND ? pare_fail(diag, err, "no run can be undone") : err;
}

pare_err pare_ledger_find_undo(pare_ledger *ledger, int64_t *run_id, pare_buf *backup_path,
                               pare_diag *diag)
{
    const long long wanted = *run_id;
    bool undone;
    if (wanted == 0) {
        return pare_ledger_find_undo_before(ledger, INT64_MAX, run_id, backup_path, diag);
    }
    const pare_err err =
        find_backup(ledger, PARE_SQL_FIND_UNDO, wanted, run_id, backup_path, &undone, diag);
    if (err == PARE_ERR_NOT_FOUND) return pare_fail(diag, err, "there is no run %lld", wanted);
    if (err != PARE_OK) return err;
    if (undone) return pare_fail(diag, PARE_ERR_NOT_FOUND, "run %lld is undone already", wanted);
    if (backup_path->len == 0) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "run %lld kept no backups", wanted);
    }
    return PARE_OK;
}

pare_err pare_ledger_mark_undone(pare_ledger *ledger, int64_t run_id, pare_diag *diag)
{
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    sqlite3_stmt *update = pare_ledger_prepare(ledger, PARE_SQL_MARK_UNDONE, diag);
    if (!update) return PARE_ERR_IO;
    sqlite3_bind_int64(update, 1, run_id);
    PARE_TRY(pare_ledger_run_statement(ledger, update, diag));
    return pare_ledger_flush(ledger, diag);
}

pare_err pare_ledger_run_find(pare_ledger *ledger, int64_t run_id, pare_ledger_run_info *out,
                              pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_FIND_RUN, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, run_id);
    if (!pare_ledger_row(ledger, find, &err, diag)) {
        if (err != PARE_OK) return err;
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "there is no run %lld", (long long)run_id);
    }
    out->started_unix_s = sqlite3_column_int64(find, 0);
    out->ms = (uint64_t)sqlite3_column_int64(find, 1);
    err = pare_ledger_column_path(find, 2, &out->backup);
    out->finished = sqlite3_column_int(find, 3) != 0;
    out->undone = sqlite3_column_int(find, 4) != 0;
    sqlite3_reset(find);
    return err;
}
