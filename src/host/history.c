// SPDX-License-Identifier: Apache-2.0
/* Earlier runs, newest first. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/ledger_db.h"
#include "host/ledger_jobs.h"

static uint64_t count_at(sqlite3_stmt *find, int column)
{
    return (uint64_t)sqlite3_column_int64(find, column);
}

static pare_err give_run(sqlite3_stmt *find, pare_buf *folder, pare_run_fn on_run, void *user)
{
    const unsigned char *command_line = sqlite3_column_text(find, 10);
    PARE_TRY(pare_ledger_column_path(find, 11, folder));
    const pare_run_record run = {
        .id = sqlite3_column_int64(find, 0),
        .started_unix_s = sqlite3_column_int64(find, 1),
        .ms = count_at(find, 2),
        .files = count_at(find, 3),
        .optimized = count_at(find, 4),
        .kept = count_at(find, 5),
        .skipped = count_at(find, 6),
        .failed = count_at(find, 7),
        .bytes_in = count_at(find, 8),
        .bytes_out = count_at(find, 9),
        .command_line = command_line ? (const char *)command_line : "",
        .folder = (const char *)folder->data,
        .finished = sqlite3_column_int(find, 12) != 0,
        .can_undo = sqlite3_column_int(find, 13) != 0,
        .undone = sqlite3_column_int(find, 14) != 0,
    };
    on_run(user, &run);
    return PARE_OK;
}

pare_err pare_ledger_history(pare_ledger *ledger, uint32_t offset, uint32_t limit,
                             pare_run_fn on_run, void *user, pare_diag *diag)
{
    pare_err err;
    pare_buf folder = {0};
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_HISTORY, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, limit ? (sqlite3_int64)limit : -1);
    sqlite3_bind_int64(find, 2, offset);
    while (pare_ledger_row(ledger, find, &err, diag)) {
        err = give_run(find, &folder, on_run, user);
        if (err != PARE_OK) break;
    }
    sqlite3_reset(find);
    pare_buf_deinit(&folder);
    return err;
}

pare_err pare_history(const char *ledger_path, uint32_t limit, pare_run_fn on_run, void *user,
                      pare_diag *diag)
{
    pare_ledger *ledger = NULL;
    pare_buf path = {0};
    pare_err err = ledger_path ? pare_buf_append(&path, ledger_path, strlen(ledger_path) + 1)
                               : pare_ledger_default_path(&path, diag);
    /* Asking makes no ledger. */
    if (err != PARE_OK || access((const char *)path.data, F_OK) != 0) goto out;
    err = pare_ledger_open((const char *)path.data, NULL, NULL, &ledger, diag);
    if (err == PARE_OK) err = pare_ledger_history(ledger, 0, limit, on_run, user, diag);
out:
    pare_ledger_close(&ledger);
    pare_buf_deinit(&path);
    return err;
}
