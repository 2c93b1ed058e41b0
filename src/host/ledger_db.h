// SPDX-License-Identifier: Apache-2.0
/* Inside of the ledger, for ledger*.c only: the connection and its statements. */
#ifndef PARE_HOST_LEDGER_DB_H
#define PARE_HOST_LEDGER_DB_H

#include <sqlite3.h>

#include "host/ledger.h"

/* X(name, SQL) */
#define PARE_LEDGER_STATEMENTS(X)                                                                  \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(FIND_FILE,                                                                                   \
      "SELECT ino, size, mtime_ns, ctime_ns, settings, outcome, err, format_in, format_out,"       \
      " width, height, out_key, out_size, out_mtime_ns, EXISTS(SELECT 1 FROM runs"                 \
      " WHERE id = files.run_id AND synced = 0) FROM files WHERE path = ?1")                       \
    X(FIND_OUTPUT, "SELECT source FROM outputs WHERE ino = ?1 AND size = ?2 AND mtime_ns = ?3")    \
    X(FIND_CONTENT,                                                                                \
      "SELECT outcome, err, format_in, format_out, width, height, bytes_in, bytes_out, score,"     \
      " quality, lossless, out_hash, out_path FROM contents WHERE content = ?1 AND settings = ?2") \
    X(ADD_RESULT,                                                                                  \
      "INSERT OR REPLACE INTO results(run_id, seq, path, out_path, outcome, err, format_in,"       \
      " format_out, bytes_in, bytes_out, score, quality, ms, text, width, height, lossless,"       \
      " worker, attempts, replaces)"                                                               \
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)")           \
    X(REPLACED, "UPDATE results SET replaced_by = ?3 WHERE run_id = ?1 AND seq = ?2")              \
    X(SUMS, "SELECT outcome, count(*), sum(bytes_in), sum(bytes_out) FROM results"                 \
            " WHERE run_id = ?1 AND replaced_by = 0 GROUP BY outcome")                             \
    X(LAST_SEQ, "SELECT max(seq) FROM results WHERE run_id = ?1")                                  \
    X(ADD_JOB, "INSERT INTO jobs(name, state, priority, created_s, settings, source)"              \
               " VALUES(?1,?2,?3,?4,?5,?6)")                                                       \
    X(EDIT_JOB, "UPDATE jobs SET name = ?2, priority = ?3, settings = ?4, source = ?5"             \
                " WHERE id = ?1")                                                                  \
    X(JOB_STATE, "UPDATE jobs SET state = ?2, error = ?3, ended_s = ?5,"                           \
                 " started_s = CASE WHEN started_s = 0 THEN ?4 ELSE started_s END WHERE id = ?1")  \
    X(JOB_RUN, "UPDATE jobs SET run_id = ?2 WHERE id = ?1")                                        \
    X(DELETE_JOB_RESULTS, "DELETE FROM results WHERE run_id > 0 AND run_id ="                      \
                          " (SELECT run_id FROM jobs WHERE id = ?1)")                              \
    X(DELETE_JOB_RUN, "DELETE FROM runs WHERE id = (SELECT run_id FROM jobs WHERE id = ?1)")       \
    X(DELETE_JOB, "DELETE FROM jobs WHERE id = ?1")                                                \
    X(DELETE_JOB_REDOS, "DELETE FROM redos WHERE job_id = ?1")                                     \
    X(ADD_REDO, "INSERT INTO redos(job_id, seq, settings) VALUES(?1,?2,?3)")                       \
    X(DELETE_REDO, "DELETE FROM redos WHERE id = ?1")                                              \
    X(REDOS, "SELECT id, seq, settings FROM redos WHERE job_id = ?1 ORDER BY id")                  \
    X(PRESETS, "SELECT name, settings FROM presets ORDER BY name")                                 \
    X(PUT_PRESET, "INSERT OR REPLACE INTO presets VALUES(?1,?2)")                                  \
    X(DELETE_PRESET, "DELETE FROM presets WHERE name = ?1")                                        \
    X(FIND_RUN, "SELECT started_s, ms, backup, finished, undone FROM runs WHERE id = ?1")          \
    X(ADD_CONTENT, "INSERT OR REPLACE INTO contents VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"    \
                   "?12,?13,?14,?15)")                                                             \
    X(ADD_FILE, "INSERT OR REPLACE INTO files VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"  \
                "?14,?15,?16)")                                                                    \
    X(ADD_OUTPUT, "INSERT OR REPLACE INTO outputs VALUES(?1,?2,?3,?4)")                            \
    X(FORGET_FILE, "DELETE FROM files WHERE path = ?1")                                            \
    X(ADD_RUN,                                                                                     \
      "INSERT INTO runs(started_s, mode, command_line, folder, synced) VALUES(?1,?2,?3,?4,?5)")    \
    X(RUN_AGAIN, "UPDATE runs SET synced = ?2 WHERE id = ?1")                                      \
    X(PRUNE_RESULTS, "DELETE FROM results WHERE run_id <= ?1"                                      \
                     " AND run_id NOT IN (SELECT run_id FROM jobs)")                               \
    X(RUN_BACKUP, "UPDATE runs SET backup = ?2 WHERE id = ?1")                                     \
    X(RUN_END, "UPDATE runs SET ms=?2, files=?3, optimized=?4, kept=?5, skipped=?6, failed=?7,"    \
               " bytes_in=?8, bytes_out=?9, finished=?10, synced=?11 WHERE id = ?1")               \
    X(UNFINISHED, "SELECT backup FROM runs WHERE backup IS NOT NULL AND finished = 0"              \
                  " AND undone = 0 ORDER BY id DESC LIMIT 16")                                     \
    X(UNFINISHED_SINCE, "SELECT min(started_s) FROM runs WHERE finished = 0"                       \
                        " AND id > (SELECT max(id) FROM runs) - 16")                               \
    X(FIND_UNDO, "SELECT id, backup, undone FROM runs WHERE id = ?1")                              \
    X(LAST_UNDO, "SELECT id, backup, undone FROM runs WHERE backup IS NOT NULL AND undone = 0"     \
                 " AND id < ?1 ORDER BY id DESC LIMIT 1")                                          \
    X(MARK_UNDONE, "UPDATE runs SET undone = 1 WHERE id = ?1")                                     \
    X(HISTORY, "SELECT id, started_s, ms, files, optimized, kept, skipped, failed, bytes_in,"      \
               " bytes_out, command_line, folder, finished, backup IS NOT NULL AND undone = 0,"    \
               " undone FROM runs ORDER BY id DESC LIMIT ?1 OFFSET ?2")

typedef enum pare_ledger_statement {
#define PARE_LEDGER_ENUM(name, sql) PARE_SQL_##name,
    PARE_LEDGER_STATEMENTS(PARE_LEDGER_ENUM)
#undef PARE_LEDGER_ENUM
        PARE_SQL_COUNT
} pare_ledger_statement;

struct pare_ledger {
    sqlite3 *db;
    sqlite3_stmt *statements[PARE_SQL_COUNT];
    char *path;
    uint32_t pending; /* rows in the open transaction */
    bool in_transaction;
    bool damaged; /* SQLite said so: moved aside when closed */
};

/* A prepared statement, reset and without parameters. NULL on error, told to diag. */
sqlite3_stmt *pare_ledger_prepare(pare_ledger *ledger, pare_ledger_statement which,
                                  pare_diag *diag);
/* Run a statement that gives no rows. */
PARE_NODISCARD pare_err pare_ledger_run_statement(pare_ledger *ledger, sqlite3_stmt *statement,
                                                  pare_diag *diag);
/* One row: true; the end or an error: false and *err. */
bool pare_ledger_row(pare_ledger *ledger, sqlite3_stmt *statement, pare_err *err, pare_diag *diag);
/* Start the transaction that the next flush ends. */
PARE_NODISCARD pare_err pare_ledger_transaction(pare_ledger *ledger, pare_diag *diag);
/* Until the next call a flush returns when its rows are on the disk, which costs an fsync; else a
 * power cut may take the last rows. Between transactions only. */
void pare_ledger_wait_for_disk(pare_ledger *ledger, bool wait);
/* The error of the connection, as a code and words. */
pare_err pare_ledger_fail(pare_ledger *ledger, pare_diag *diag);

void pare_ledger_bind_path(sqlite3_stmt *statement, int index, const char *path); /* or NULL */
void pare_ledger_bind_hash(sqlite3_stmt *statement, int index, const pare_hash *hash);
/* Sets out to the bytes of a column, terminated; empty when it is NULL. */
PARE_NODISCARD pare_err pare_ledger_column_path(sqlite3_stmt *statement, int column, pare_buf *out);

#endif /* PARE_HOST_LEDGER_DB_H */
