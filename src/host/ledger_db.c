// SPDX-License-Identifier: Apache-2.0
/* The ledger's connection: opening, migration, damage, transactions. */
#include "host/ledger_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ledger_schema.h"

enum { BUSY_MS = 10000 };

static const char *const SQL[PARE_SQL_COUNT] = {
#define PARE_LEDGER_SQL(name, sql) sql,
    PARE_LEDGER_STATEMENTS(PARE_LEDGER_SQL)
#undef PARE_LEDGER_SQL
};

pare_err pare_ledger_default_path(pare_buf *path, pare_diag *diag)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *tail = "/pare/ledger.db";
    path->len = 0;
    /* The XDG base directory specification: a path that is not absolute is ignored. */
    if (!state || state[0] != '/') {
        if (!home || home[0] != '/') {
            return pare_fail(diag, PARE_ERR_NOT_FOUND,
                             "no place for the ledger: neither XDG_STATE_HOME nor HOME is set");
        }
        state = home;
        tail = "/.local/state/pare/ledger.db";
    }
    PARE_TRY(pare_buf_append(path, state, strlen(state)));
    return pare_buf_append(path, tail, strlen(tail) + 1);
}

pare_err pare_ledger_fail(pare_ledger *ledger, pare_diag *diag)
{
    const int code = sqlite3_errcode(ledger->db) & 0xff;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) ledger->damaged = true;
    pare_err err = PARE_ERR_IO;
    if (code == SQLITE_FULL) err = PARE_ERR_NO_SPACE;
    if (code == SQLITE_NOMEM) err = PARE_ERR_NO_MEMORY;
    return pare_fail(diag, err, "ledger %s: %s", ledger->path, sqlite3_errmsg(ledger->db));
}

sqlite3_stmt *pare_ledger_prepare(pare_ledger *ledger, pare_ledger_statement which, pare_diag *diag)
{
    sqlite3_stmt **statement = &ledger->statements[which];
    if (!*statement && sqlite3_prepare_v3(ledger->db, SQL[which], -1, SQLITE_PREPARE_PERSISTENT,
                                          statement, NULL) != SQLITE_OK) {
        (void)pare_ledger_fail(ledger, diag);
        return NULL;
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    return *statement;
}

bool pare_ledger_row(pare_ledger *ledger, sqlite3_stmt *statement, pare_err *err, pare_diag *diag)
{
    const int code = sqlite3_step(statement);
    *err = PARE_OK;
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) *err = pare_ledger_fail(ledger, diag);
    sqlite3_reset(statement);
    return false;
}

pare_err pare_ledger_run_statement(pare_ledger *ledger, sqlite3_stmt *statement, pare_diag *diag)
{
    pare_err err;
    if (!statement) return PARE_ERR_IO;
    while (pare_ledger_row(ledger, statement, &err, diag)) {
    }
    return err;
}

pare_err pare_ledger_transaction(pare_ledger *ledger, pare_diag *diag)
{
    if (ledger->in_transaction) return PARE_OK;
    PARE_TRY(
        pare_ledger_run_statement(ledger, pare_ledger_prepare(ledger, PARE_SQL_BEGIN, diag), diag));
    ledger->in_transaction = true;
    return PARE_OK;
}

pare_err pare_ledger_flush(pare_ledger *ledger, pare_diag *diag)
{
    if (!ledger->in_transaction) return PARE_OK;
    pare_err err =
        pare_ledger_run_statement(ledger, pare_ledger_prepare(ledger, PARE_SQL_COMMIT, diag), diag);
    if (err != PARE_OK) sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
    ledger->in_transaction = false;
    ledger->pending = 0;
    return err;
}

void pare_ledger_wait_for_disk(pare_ledger *ledger, bool wait)
{
    const char *const sql = wait ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);
}

uint32_t pare_ledger_pending(const pare_ledger *ledger)
{
    return ledger->pending;
}

void pare_ledger_bind_path(sqlite3_stmt *statement, int index, const char *path)
{
    if (path)
        sqlite3_bind_blob64(statement, index, path, strlen(path), SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(statement, index);
}

void pare_ledger_bind_hash(sqlite3_stmt *statement, int index, const pare_hash *hash)
{
    uint8_t bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(hash->high >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(hash->low >> (56 - 8 * i));
    }
    sqlite3_bind_blob(statement, index, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

pare_err pare_ledger_column_path(sqlite3_stmt *statement, int column, pare_buf *out)
{
    const void *data = sqlite3_column_blob(statement, column);
    const int len = sqlite3_column_bytes(statement, column);
    out->len = 0;
    if (data && len > 0) PARE_TRY(pare_buf_append(out, data, (size_t)len));
    PARE_TRY(pare_buf_append_byte(out, 0));
    out->len--;
    return PARE_OK;
}

/* Makes the folders of a path, on the disk before anything is put into them; a failure shows when
 * the database is opened. */
static void make_parents(char *path)
{
    int above = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(path, 0700) == 0 && above >= 0) (void)fsync(above);
        if (above >= 0) close(above);
        above = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *at = '/';
    }
    if (above >= 0) close(above);
}

static void close_db(pare_ledger *ledger)
{
    for (int i = 0; i < PARE_SQL_COUNT; i++) {
        sqlite3_finalize(ledger->statements[i]);
        ledger->statements[i] = NULL;
    }
    sqlite3_close(ledger->db);
    ledger->db = NULL;
    ledger->in_transaction = false;
    ledger->pending = 0;
}

/* The database with its log, so that nothing of it is taken for part of the next one. */
static void move_aside(const char *path)
{
    static const char *const PARTS[] = {"", "-wal", "-shm"};
    const size_t cap = strlen(path) + 16;
    char *from = malloc(cap), *to = malloc(cap);
    for (size_t i = 0; from && to && i < sizeof PARTS / sizeof *PARTS; i++) {
        snprintf(from, cap, "%s%s", path, PARTS[i]);
        snprintf(to, cap, "%s.corrupt%s", path, PARTS[i]);
        if (rename(from, to) != 0 && errno == ENOENT) (void)unlink(to);
    }
    free(from);
    free(to);
}

static int read_version(void *user, int count, char **values, char **names)
{
    (void)names;
    if (count > 0 && values[0]) *(int *)user = atoi(values[0]);
    return 0;
}

static pare_err migrate(pare_ledger *ledger, pare_diag *diag)
{
    int version = 0;
    char set_version[64];
    sqlite3 *db = ledger->db;
    /* Read it under the write lock: two new runs may start at the same time. */
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA user_version", read_version, &version, NULL) != SQLITE_OK) {
        return pare_ledger_fail(ledger, diag);
    }
    if (version > PARE_LEDGER_VERSION || version < 0) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return pare_fail(diag, PARE_ERR_INVALID,
                         "ledger %s was written by a newer Pare (version %d, this one knows %d): "
                         "update Pare, or use --no-ledger",
                         ledger->path, version, PARE_LEDGER_VERSION);
    }
    for (; version < PARE_LEDGER_VERSION; version++) {
        if (sqlite3_exec(db, pare_ledger_migrations[version], NULL, NULL, NULL) != SQLITE_OK) {
            return pare_ledger_fail(ledger, diag);
        }
    }
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", version);
    if (sqlite3_exec(db, set_version, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        return pare_ledger_fail(ledger, diag);
    }
    return PARE_OK;
}

static pare_err open_db(pare_ledger *ledger, pare_diag *diag)
{
    /* temp_store and a small cache keep memory flat however large the ledger grows. */
    static const char SET_UP[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                 "PRAGMA cache_size = -4096; PRAGMA trusted_schema = 0;";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(ledger->path, &ledger->db, flags, NULL) != SQLITE_OK) {
        if (!ledger->db) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the ledger");
        return pare_ledger_fail(ledger, diag);
    }
    sqlite3_busy_timeout(ledger->db, BUSY_MS);
    if (sqlite3_exec(ledger->db, SET_UP, NULL, NULL, NULL) != SQLITE_OK) {
        return pare_ledger_fail(ledger, diag);
    }
    PARE_TRY(migrate(ledger, diag));
    /* All statements now: a file that is a database but lacks our tables is damaged too. */
    for (int i = 0; i < PARE_SQL_COUNT; i++) {
        if (pare_ledger_prepare(ledger, (pare_ledger_statement)i, diag)) continue;
        if (sqlite3_errcode(ledger->db) == SQLITE_ERROR) ledger->damaged = true;
        return PARE_ERR_IO;
    }
    return PARE_OK;
}

pare_err pare_ledger_open(const char *path, pare_notice_fn on_notice, void *user, pare_ledger **out,
                          pare_diag *diag)
{
    pare_buf name = {0};
    pare_diag first = {0};
    *out = NULL;
    pare_err err = path ? pare_buf_append(&name, path, strlen(path) + 1)
                        : pare_ledger_default_path(&name, diag);
    if (err != PARE_OK) {
        pare_buf_deinit(&name);
        return err;
    }
    pare_ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        pare_buf_deinit(&name);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the ledger");
    }
    ledger->path = (char *)name.data;
    if (!path) make_parents(ledger->path);
    err = open_db(ledger, &first);
    if (err != PARE_OK && ledger->damaged) {
        close_db(ledger);
        move_aside(ledger->path);
        ledger->damaged = false;
        if (on_notice)
            on_notice(user, "the ledger was damaged: moved aside as .corrupt, a new "
                            "one begins");
        first = (pare_diag){0};
        err = open_db(ledger, &first);
    }
    if (err != PARE_OK) {
        ledger->damaged = false;
        pare_ledger_close(&ledger);
        return pare_fail(diag, err, "%s", first.text);
    }
    *out = ledger;
    return PARE_OK;
}

void pare_ledger_close(pare_ledger **ledger_io)
{
    pare_ledger *ledger = *ledger_io;
    if (!ledger) return;
    if (ledger->in_transaction && pare_ledger_flush(ledger, NULL) != PARE_OK) {
        ledger->in_transaction = false; /* what was not written is done again next time */
    }
    close_db(ledger);
    if (ledger->damaged) move_aside(ledger->path);
    free(ledger->path);
    free(ledger);
    *ledger_io = NULL;
}
