// SPDX-License-Identifier: Apache-2.0
/* Pages of results and their sums. */
#include "host/ledger_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ledger_db.h"

/* How each order is said in SQL: what comes before, whatever the direction; and the value. */
static const struct {
    const char *name, *before, *value;
} SORTS[PARE_SORT_COUNT] = {
    [PARE_SORT_SEQ] = {"seq", "", "seq"},
    [PARE_SORT_INPUT] = {"input", "", "path"},
    [PARE_SORT_BYTES_IN] = {"bytes_in", "", "bytes_in"},
    [PARE_SORT_BYTES_OUT] = {"bytes_out", "", "bytes_out"},
    [PARE_SORT_SAVED] = {"saved_bytes", "", "bytes_in - bytes_out"},
    [PARE_SORT_RATIO] = {"ratio", "", "CAST(bytes_out AS REAL) / max(bytes_in, 1)"},
    [PARE_SORT_SCORE] = {"score", "score < 0, ", "score"},
    [PARE_SORT_MS] = {"ms", "", "ms"},
    [PARE_SORT_OUTCOME] = {"outcome", "", "outcome"},
};

bool pare_result_sort_from_name(const char *name, pare_result_sort *out)
{
    for (int i = 0; i < PARE_SORT_COUNT; i++) {
        if (strcmp(SORTS[i].name, name) != 0) continue;
        *out = (pare_result_sort)i;
        return true;
    }
    return false;
}

#define COLUMNS                                                                                    \
    "seq, path, out_path, outcome, err, format_in, format_out, bytes_in, bytes_out, score,"        \
    " quality, ms, text, width, height, lossless, worker, attempts, replaces, replaced_by"

#define WHERE                                                                                      \
    " FROM results WHERE run_id = ?1 AND %s AND (?3 = 0 OR outcome = ?3)"                          \
    " AND (?4 = 0 OR format_in = ?4 OR format_out = ?4)"                                           \
    " AND (?5 = '' OR instr(lower(CAST(path AS TEXT)), ?5) > 0)"                                   \
    " AND (?6 OR replaced_by = 0)"

/* ASCII letters made small, as lower() of SQLite does. Owned, or NULL. */
static char *lower_copy(const char *text)
{
    char *const copy = strdup(text ? text : "");
    for (char *at = copy; at && *at; at++) {
        if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
    }
    return copy;
}

/* Binds what both statements have in common. */
static pare_err prepare(pare_ledger *ledger, const char *sql, const pare_result_query *query,
                        sqlite3_stmt **out, pare_diag *diag)
{
    if (sqlite3_prepare_v2(ledger->db, sql, -1, out, NULL) != SQLITE_OK) {
        return pare_ledger_fail(ledger, diag);
    }
    char *const text = lower_copy(query->text);
    if (!text) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a query");
    sqlite3_bind_int64(*out, 1, query->run_id);
    sqlite3_bind_int64(*out, 2, (sqlite3_int64)(query->seq ? query->seq : query->after_seq));
    sqlite3_bind_int(*out, 3, (int)query->outcome);
    sqlite3_bind_int(*out, 4, (int)query->format);
    sqlite3_bind_text(*out, 5, text, -1, free);
    sqlite3_bind_int(*out, 6, query->with_replaced || query->seq);
    return PARE_OK;
}

static uint64_t number(sqlite3_stmt *find, int column)
{
    return (uint64_t)sqlite3_column_int64(find, column);
}

static int small(sqlite3_stmt *find, int column, int limit)
{
    const int value = sqlite3_column_int(find, column);
    return value >= 0 && value < limit ? value : 0;
}

typedef struct row_buffers {
    pare_buf path, out_path;
} row_buffers;

static pare_err read_row(sqlite3_stmt *find, row_buffers *buffers, pare_result_row *row)
{
    const unsigned char *const text = sqlite3_column_text(find, 12);
    const bool written = sqlite3_column_type(find, 2) != SQLITE_NULL;
    PARE_TRY(pare_ledger_column_path(find, 1, &buffers->path));
    PARE_TRY(pare_ledger_column_path(find, 2, &buffers->out_path));
    *row = (pare_result_row){
        .result = {.seq = number(find, 0),
                   .input = (const char *)buffers->path.data,
                   .output = written ? (const char *)buffers->out_path.data : NULL,
                   .outcome = (pare_outcome)small(find, 3, PARE_OUTCOME_FAILED + 1),
                   .err = (pare_err)sqlite3_column_int(find, 4),
                   .format_in = (pare_format)small(find, 5, PARE_FORMAT_COUNT),
                   .format_out = (pare_format)small(find, 6, PARE_FORMAT_COUNT),
                   .bytes_in = number(find, 7),
                   .bytes_out = number(find, 8),
                   .score = sqlite3_column_double(find, 9),
                   .quality = small(find, 10, 101),
                   .ms = (uint32_t)number(find, 11),
                   .text = text ? (const char *)text : "",
                   .width_px = (uint32_t)number(find, 13),
                   .height_px = (uint32_t)number(find, 14),
                   .lossless = sqlite3_column_int(find, 15) != 0,
                   .worker = (uint32_t)number(find, 16),
                   .attempts = (uint32_t)number(find, 17),
                   .replaces = number(find, 18)},
        .replaced_by = number(find, 19),
    };
    return PARE_OK;
}

static pare_err count_rows(pare_ledger *ledger, const pare_result_query *query, const char *range,
                           uint64_t *total, pare_diag *diag)
{
    char sql[512];
    sqlite3_stmt *find = NULL;
    *total = 0;
    snprintf(sql, sizeof sql, "SELECT count(*)" WHERE, range);
    pare_err err = prepare(ledger, sql, query, &find, diag);
    if (err == PARE_OK && pare_ledger_row(ledger, find, &err, diag)) *total = number(find, 0);
    sqlite3_finalize(find);
    return err;
}

pare_err pare_ledger_results(pare_ledger *ledger, const pare_result_query *query,
                             pare_result_row_fn on_row, void *user, uint64_t *total,
                             pare_diag *diag)
{
    char sql[1024];
    sqlite3_stmt *find = NULL;
    row_buffers buffers = {0};
    const char *const range = query->seq ? "seq = ?2" : "seq > ?2";
    if ((unsigned)query->sort >= PARE_SORT_COUNT) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown order %d", (int)query->sort);
    }
    if (total) PARE_TRY(count_rows(ledger, query, range, total, diag));
    if (!on_row) return PARE_OK;
    snprintf(sql, sizeof sql, "SELECT " COLUMNS WHERE " ORDER BY %s%s %s, seq LIMIT ?7 OFFSET ?8",
             range, SORTS[query->sort].before, SORTS[query->sort].value,
             query->descending ? "DESC" : "ASC");
    pare_err err = prepare(ledger, sql, query, &find, diag);
    if (err == PARE_OK) {
        sqlite3_bind_int64(find, 7, query->limit ? (sqlite3_int64)query->limit : -1);
        sqlite3_bind_int64(find, 8, (sqlite3_int64)query->offset);
        while (pare_ledger_row(ledger, find, &err, diag)) {
            pare_result_row row;
            err = read_row(find, &buffers, &row);
            if (err != PARE_OK) break;
            on_row(user, &row);
        }
    }
    sqlite3_finalize(find);
    pare_buf_deinit(&buffers.path);
    pare_buf_deinit(&buffers.out_path);
    return err;
}

static void add_sum(sqlite3_stmt *find, pare_progress *out)
{
    const uint64_t files = number(find, 1);
    switch ((pare_outcome)small(find, 0, PARE_OUTCOME_FAILED + 1)) {
    case PARE_OUTCOME_NONE: break;
    case PARE_OUTCOME_OPTIMIZED: out->optimized += files; break;
    case PARE_OUTCOME_KEPT: out->kept += files; break;
    case PARE_OUTCOME_SKIPPED: out->skipped += files; break;
    case PARE_OUTCOME_FAILED: out->failed += files; break;
    }
    out->files_done += files;
    out->bytes_in += number(find, 2);
    out->bytes_out += number(find, 3);
}

pare_err pare_ledger_totals(pare_ledger *ledger, int64_t run_id, pare_progress *out,
                            pare_diag *diag)
{
    pare_err err;
    *out = (pare_progress){0};
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_SUMS, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, run_id);
    while (pare_ledger_row(ledger, find, &err, diag)) {
        add_sum(find, out);
    }
    if (err != PARE_OK) return err;
    find = pare_ledger_prepare(ledger, PARE_SQL_LAST_SEQ, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_int64(find, 1, run_id);
    if (pare_ledger_row(ledger, find, &err, diag)) out->seq = number(find, 0);
    sqlite3_reset(find);
    return err;
}
