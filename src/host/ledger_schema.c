// SPDX-License-Identifier: Apache-2.0
/* The tables of the ledger. Paths are BLOBs: they may hold any byte. Times of files are
 * nanoseconds since 1970; 64-bit numbers without sign are stored as SQLite's with the same bits. */
#include "host/ledger_schema.h"

static const char VERSION_1[] =
    "CREATE TABLE runs("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " started_s INTEGER NOT NULL, ms INTEGER NOT NULL DEFAULT 0, mode INTEGER NOT NULL,"
    " files INTEGER NOT NULL DEFAULT 0, optimized INTEGER NOT NULL DEFAULT 0,"
    " kept INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,"
    " failed INTEGER NOT NULL DEFAULT 0, bytes_in INTEGER NOT NULL DEFAULT 0,"
    " bytes_out INTEGER NOT NULL DEFAULT 0, command_line TEXT NOT NULL, folder BLOB NOT NULL,"
    " backup BLOB, finished INTEGER NOT NULL DEFAULT 0, undone INTEGER NOT NULL DEFAULT 0);"
    /* History of single files; those that were skipped as done are only counted. */
    "CREATE TABLE results("
    " run_id INTEGER NOT NULL, seq INTEGER NOT NULL, path BLOB NOT NULL, out_path BLOB,"
    " outcome INTEGER NOT NULL, err INTEGER NOT NULL, format_in INTEGER NOT NULL,"
    " format_out INTEGER NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL,"
    " score REAL NOT NULL, quality INTEGER NOT NULL, ms INTEGER NOT NULL,"
    " PRIMARY KEY(run_id, seq)) WITHOUT ROWID;"
    /* What a content becomes with given settings, wherever it lies. */
    "CREATE TABLE contents("
    " content BLOB NOT NULL, settings BLOB NOT NULL,"
    " outcome INTEGER NOT NULL, err INTEGER NOT NULL, format_in INTEGER NOT NULL,"
    " format_out INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    " bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, score REAL NOT NULL,"
    " quality INTEGER NOT NULL, lossless INTEGER NOT NULL, out_hash BLOB, out_path BLOB,"
    " PRIMARY KEY(content, settings)) WITHOUT ROWID;"
    /* Files that are done, so that they need not be opened. */
    "CREATE TABLE files("
    " path BLOB PRIMARY KEY, ino INTEGER NOT NULL, size INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, settings INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, err INTEGER NOT NULL, format_in INTEGER NOT NULL,"
    " format_out INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    " out_key INTEGER NOT NULL, out_size INTEGER NOT NULL, out_mtime_ns INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    /* Files that Pare wrote, so that it may replace them and need not read them as inputs. */
    "CREATE TABLE outputs("
    " ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " source BLOB NOT NULL, PRIMARY KEY(ino, size, mtime_ns)) WITHOUT ROWID;";

/* Jobs that outlive the program, and all that is shown of a result. */
static const char VERSION_2[] =
    "ALTER TABLE results ADD COLUMN text TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE results ADD COLUMN width INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE results ADD COLUMN height INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE results ADD COLUMN lossless INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE results ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE results ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;"
    /* A file that was done again has several rows: only the last one counts. */
    "ALTER TABLE results ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE results ADD COLUMN replaced_by INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE jobs("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, state INTEGER NOT NULL,"
    " priority INTEGER NOT NULL, created_s INTEGER NOT NULL,"
    " started_s INTEGER NOT NULL DEFAULT 0, ended_s INTEGER NOT NULL DEFAULT 0,"
    " settings TEXT NOT NULL, source TEXT NOT NULL, error TEXT NOT NULL DEFAULT '',"
    " run_id INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE presets(name TEXT PRIMARY KEY, settings TEXT NOT NULL) WITHOUT ROWID;";

/* Images of a job that are to be done again with other settings, in the order of asking. */
static const char VERSION_3[] =
    "CREATE TABLE redos("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " settings TEXT NOT NULL);"
    "CREATE INDEX redos_of_job ON redos(job_id);";

/* Results that replace nothing reach the disk at the end of their run, their rows perhaps before:
 * until then a file with the right size and date may hold zeros. run_id 0: it was synced. */
static const char VERSION_4[] = "ALTER TABLE runs ADD COLUMN synced INTEGER NOT NULL DEFAULT 1;"
                                "ALTER TABLE files ADD COLUMN run_id INTEGER NOT NULL DEFAULT 0;";

const char *const pare_ledger_migrations[PARE_LEDGER_VERSION] = {VERSION_1, VERSION_2, VERSION_3,
                                                                 VERSION_4};
