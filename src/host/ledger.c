// SPDX-License-Identifier: Apache-2.0
/* What the ledger remembers of files, outputs and contents. */
#include "host/ledger.h"

#include <string.h>

#include <xxhash.h>

#include "host/ledger_db.h"

uint64_t pare_ledger_path_key(const char *path, size_t len)
{
    const uint64_t key = XXH3_64bits(path, len);
    return key ? key : 1;
}

static uint64_t column_u64(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

static void bind_u64(sqlite3_stmt *statement, int index, uint64_t value)
{
    sqlite3_bind_int64(statement, index, (sqlite3_int64)value);
}

/* A number that another program may have put there. */
static uint8_t column_small(sqlite3_stmt *statement, int column, int limit)
{
    const int value = sqlite3_column_int(statement, column);
    return value >= 0 && value < limit ? (uint8_t)value : 0;
}

pare_err pare_ledger_find_file(pare_ledger *ledger, const char *path, const pare_ident *ident,
                               bool *found, pare_ledger_file *out, pare_diag *diag)
{
    pare_err err;
    *found = false;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_FIND_FILE, diag);
    if (!find) return PARE_ERR_IO;
    sqlite3_bind_blob64(find, 1, path, strlen(path), SQLITE_STATIC);
    if (!pare_ledger_row(ledger, find, &err, diag)) return err;
    const pare_ident known = {
        .ino = column_u64(find, 0),
        .size_bytes = column_u64(find, 1),
        .mtime_ns = sqlite3_column_int64(find, 2),
        .ctime_ns = sqlite3_column_int64(find, 3),
    };
    *found = pare_ident_same_content(&known, ident) && known.ctime_ns == ident->ctime_ns;
    *out = (pare_ledger_file){
        .settings_key = column_u64(find, 4),
        .outcome = column_small(find, 5, PARE_OUTCOME_FAILED + 1),
        .err = column_small(find, 6, 100),
        .format_in = column_small(find, 7, PARE_FORMAT_COUNT),
        .format_out = column_small(find, 8, PARE_FORMAT_COUNT),
        .width_px = (uint32_t)sqlite3_column_int64(find, 9),
        .height_px = (uint32_t)sqlite3_column_int64(find, 10),
        .out_path_key = column_u64(find, 11),
        .out_size_bytes = column_u64(find, 12),
        .out_mtime_ns = sqlite3_column_int64(find, 13),
        .unsynced = sqlite3_column_int(find, 14) != 0,
    };
    sqlite3_reset(find);
    return PARE_OK;
}

pare_err pare_ledger_find_output(pare_ledger *ledger, const pare_ident *ident, bool *found,
                                 pare_buf *source, pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_FIND_OUTPUT, diag);
    *found = false;
    if (!find) return PARE_ERR_IO;
    bind_u64(find, 1, ident->ino);
    bind_u64(find, 2, ident->size_bytes);
    sqlite3_bind_int64(find, 3, ident->mtime_ns);
    if (!pare_ledger_row(ledger, find, &err, diag)) return err;
    *found = true;
    if (source) err = pare_ledger_column_path(find, 0, source);
    sqlite3_reset(find);
    return err;
}

static bool column_hash(sqlite3_stmt *statement, int column, pare_hash *out)
{
    const uint8_t *bytes = sqlite3_column_blob(statement, column);
    *out = (pare_hash){0};
    if (!bytes || sqlite3_column_bytes(statement, column) != 16) return false;
    for (int i = 0; i < 8; i++) {
        out->high = out->high << 8 | bytes[i];
        out->low = out->low << 8 | bytes[8 + i];
    }
    return true;
}

pare_err pare_ledger_find_content(pare_ledger *ledger, const pare_ledger_content_key *key,
                                  pare_ledger_content *out, pare_diag *diag)
{
    pare_err err;
    sqlite3_stmt *find = pare_ledger_prepare(ledger, PARE_SQL_FIND_CONTENT, diag);
    out->found = false;
    out->out_path.len = 0;
    if (!find) return PARE_ERR_IO;
    pare_ledger_bind_hash(find, 1, &key->content);
    pare_ledger_bind_hash(find, 2, &key->settings);
    if (!pare_ledger_row(ledger, find, &err, diag)) return err;
    out->found = true;
    out->outcome = (pare_ledger_outcome){
        .outcome = (pare_outcome)column_small(find, 0, PARE_OUTCOME_FAILED + 1),
        .err = (pare_err)column_small(find, 1, 100),
        .format_in = (pare_format)column_small(find, 2, PARE_FORMAT_COUNT),
        .format_out = (pare_format)column_small(find, 3, PARE_FORMAT_COUNT),
        .width_px = (uint32_t)sqlite3_column_int64(find, 4),
        .height_px = (uint32_t)sqlite3_column_int64(find, 5),
        .bytes_in = column_u64(find, 6),
        .bytes_out = column_u64(find, 7),
        .score = sqlite3_column_double(find, 8),
        .quality = column_small(find, 9, 101),
        .lossless = sqlite3_column_int(find, 10) != 0,
    };
    const bool hashed = column_hash(find, 11, &out->out_hash);
    err = pare_ledger_column_path(find, 12, &out->out_path);
    sqlite3_reset(find);
    /* A result whose bytes cannot be found again is no help. */
    if (out->outcome.outcome == PARE_OUTCOME_OPTIMIZED && (!hashed || out->out_path.len == 0)) {
        out->found = false;
    }
    return err;
}

/* The first parameters that several tables share, from index on. Returns the next index. */
static int bind_outcome(sqlite3_stmt *add, int index, const pare_ledger_outcome *outcome)
{
    sqlite3_bind_int(add, index++, (int)outcome->outcome);
    sqlite3_bind_int(add, index++, (int)outcome->err);
    sqlite3_bind_int(add, index++, (int)outcome->format_in);
    sqlite3_bind_int(add, index++, (int)outcome->format_out);
    return index;
}

static pare_err add_history(pare_ledger *ledger, const pare_ledger_result *result, pare_diag *diag)
{
    const pare_ledger_outcome *outcome = &result->outcome;
    sqlite3_stmt *add = pare_ledger_prepare(ledger, PARE_SQL_ADD_RESULT, diag);
    if (!add) return PARE_ERR_IO;
    sqlite3_bind_int64(add, 1, result->run_id);
    bind_u64(add, 2, result->seq);
    pare_ledger_bind_path(add, 3, result->path);
    pare_ledger_bind_path(add, 4, result->out_path);
    sqlite3_bind_int(add, 5, (int)outcome->outcome);
    sqlite3_bind_int(add, 6, (int)result->err);
    sqlite3_bind_int(add, 7, (int)outcome->format_in);
    sqlite3_bind_int(add, 8, (int)outcome->format_out);
    bind_u64(add, 9, outcome->bytes_in);
    bind_u64(add, 10, outcome->bytes_out);
    sqlite3_bind_double(add, 11, outcome->score);
    sqlite3_bind_int(add, 12, outcome->quality);
    sqlite3_bind_int64(add, 13, result->ms);
    sqlite3_bind_text(add, 14, result->text ? result->text : "", -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(add, 15, outcome->width_px);
    sqlite3_bind_int64(add, 16, outcome->height_px);
    sqlite3_bind_int(add, 17, outcome->lossless);
    sqlite3_bind_int64(add, 18, result->worker);
    sqlite3_bind_int64(add, 19, result->attempts);
    bind_u64(add, 20, result->replaces);
    PARE_TRY(pare_ledger_run_statement(ledger, add, diag));
    if (result->replaces == 0) return PARE_OK;
    sqlite3_stmt *replaced = pare_ledger_prepare(ledger, PARE_SQL_REPLACED, diag);
    if (!replaced) return PARE_ERR_IO;
    sqlite3_bind_int64(replaced, 1, result->run_id);
    bind_u64(replaced, 2, result->replaces);
    bind_u64(replaced, 3, result->seq);
    return pare_ledger_run_statement(ledger, replaced, diag);
}

typedef struct content_row {
    const pare_hash *content, *settings, *out_hash; /* out_hash may be NULL */
    const char *out_path;
} content_row;

static pare_err add_content(pare_ledger *ledger, const content_row *row,
                            const pare_ledger_outcome *outcome, pare_diag *diag)
{
    sqlite3_stmt *add = pare_ledger_prepare(ledger, PARE_SQL_ADD_CONTENT, diag);
    if (!add) return PARE_ERR_IO;
    pare_ledger_bind_hash(add, 1, row->content);
    pare_ledger_bind_hash(add, 2, row->settings);
    (void)bind_outcome(add, 3, outcome);
    sqlite3_bind_int64(add, 7, outcome->width_px);
    sqlite3_bind_int64(add, 8, outcome->height_px);
    bind_u64(add, 9, outcome->bytes_in);
    bind_u64(add, 10, outcome->bytes_out);
    sqlite3_bind_double(add, 11, outcome->score);
    sqlite3_bind_int(add, 12, outcome->quality);
    sqlite3_bind_int(add, 13, outcome->lossless);
    if (row->out_hash) pare_ledger_bind_hash(add, 14, row->out_hash);
    pare_ledger_bind_path(add, 15, row->out_path);
    return pare_ledger_run_statement(ledger, add, diag);
}

static pare_err add_contents(pare_ledger *ledger, const pare_ledger_result *result, pare_diag *diag)
{
    const pare_ledger_outcome *outcome = &result->outcome;
    const bool optimized = outcome->outcome == PARE_OUTCOME_OPTIMIZED;
    const content_row row = {
        .content = &result->content,
        .settings = &result->settings,
        .out_hash = optimized ? &result->out_hash : NULL,
        .out_path = optimized ? result->out_path : NULL,
    };
    PARE_TRY(add_content(ledger, &row, outcome, diag));
    if (!optimized) return PARE_OK;
    /* The result itself is done too: compressing it again would lose again. */
    const content_row made = {.content = &result->out_hash, .settings = &result->settings};
    pare_ledger_outcome done = *outcome;
    done.outcome = PARE_OUTCOME_KEPT;
    done.err = PARE_SKIP_ALREADY_DONE;
    done.format_in = outcome->format_out;
    done.bytes_in = outcome->bytes_out;
    return add_content(ledger, &made, &done, diag);
}

typedef struct file_row {
    const char *path;
    const pare_ident *ident, *out_ident; /* out_ident may be NULL */
    const char *out_path;
    uint64_t settings_key;
    int64_t run_id; /* that is to sync the output; 0: it is on the disk */
} file_row;

static pare_err add_file(pare_ledger *ledger, const file_row *row,
                         const pare_ledger_outcome *outcome, pare_diag *diag)
{
    sqlite3_stmt *add = pare_ledger_prepare(ledger, PARE_SQL_ADD_FILE, diag);
    if (!add) return PARE_ERR_IO;
    pare_ledger_bind_path(add, 1, row->path);
    bind_u64(add, 2, row->ident->ino);
    bind_u64(add, 3, row->ident->size_bytes);
    sqlite3_bind_int64(add, 4, row->ident->mtime_ns);
    sqlite3_bind_int64(add, 5, row->ident->ctime_ns);
    bind_u64(add, 6, row->settings_key);
    (void)bind_outcome(add, 7, outcome);
    sqlite3_bind_int64(add, 11, outcome->width_px);
    sqlite3_bind_int64(add, 12, outcome->height_px);
    const bool has_output = row->out_path && row->out_ident;
    bind_u64(add, 13, has_output ? pare_ledger_path_key(row->out_path, strlen(row->out_path)) : 0);
    bind_u64(add, 14, has_output ? row->out_ident->size_bytes : 0);
    sqlite3_bind_int64(add, 15, has_output ? row->out_ident->mtime_ns : 0);
    sqlite3_bind_int64(add, 16, row->run_id);
    return pare_ledger_run_statement(ledger, add, diag);
}

static pare_err add_output(pare_ledger *ledger, const pare_ledger_result *result, pare_diag *diag)
{
    sqlite3_stmt *add = pare_ledger_prepare(ledger, PARE_SQL_ADD_OUTPUT, diag);
    if (!add) return PARE_ERR_IO;
    bind_u64(add, 1, result->out_ident.ino);
    bind_u64(add, 2, result->out_ident.size_bytes);
    sqlite3_bind_int64(add, 3, result->out_ident.mtime_ns);
    pare_ledger_bind_path(add, 4, result->path);
    return pare_ledger_run_statement(ledger, add, diag);
}

pare_err pare_ledger_forget(pare_ledger *ledger, const char *path, pare_diag *diag)
{
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    sqlite3_stmt *forget = pare_ledger_prepare(ledger, PARE_SQL_FORGET_FILE, diag);
    if (!forget) return PARE_ERR_IO;
    pare_ledger_bind_path(forget, 1, path);
    ledger->pending++;
    return pare_ledger_run_statement(ledger, forget, diag);
}

pare_err pare_ledger_add(pare_ledger *ledger, const pare_ledger_result *result, pare_diag *diag)
{
    const pare_ledger_outcome *outcome = &result->outcome;
    PARE_TRY(pare_ledger_transaction(ledger, diag));
    ledger->pending++;
    if (outcome->outcome != PARE_OUTCOME_SKIPPED || result->keeps_all) {
        PARE_TRY(add_history(ledger, result, diag));
    }
    if (outcome->outcome != PARE_OUTCOME_OPTIMIZED && outcome->outcome != PARE_OUTCOME_KEPT) {
        return PARE_OK;
    }
    PARE_TRY(add_contents(ledger, result, diag));
    file_row row = {
        .path = result->path,
        .ident = &result->ident,
        .out_ident = &result->out_ident,
        .out_path = result->out_path,
        .settings_key = result->settings.high,
        .run_id = result->in_place || !result->out_path ? 0 : result->run_id,
    };
    pare_ledger_outcome made = *outcome;
    if (result->in_place && result->out_path) { /* the original is gone: what is there is done */
        if (strcmp(result->path, result->out_path) != 0) {
            PARE_TRY(pare_ledger_forget(ledger, result->path, diag));
        }
        row.path = result->out_path;
        row.ident = &result->out_ident;
        made.format_in = outcome->format_out;
    }
    PARE_TRY(add_file(ledger, &row, &made, diag));
    if (result->in_place || !result->out_path) return PARE_OK;
    return add_output(ledger, result, diag);
}
