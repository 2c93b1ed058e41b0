// SPDX-License-Identifier: Apache-2.0
/* What was done: one SQLite database (WAL) for all runs of a user. It lets a run skip what is
 * done, take results of equal content from each other, and tell its history.
 *
 * It is a memory, not a truth: without it everything is done again, nothing is lost. One thread
 * per object. Rows are written in transactions that pare_ledger_flush() ends; call it about every
 * 100 ms while there are rows, and at the end. A second Pare waits for the lock, at most 10 s. */
#ifndef PARE_HOST_LEDGER_H
#define PARE_HOST_LEDGER_H

#include <pare/batch.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/ident.h"

typedef struct pare_ledger pare_ledger;

/* $XDG_STATE_HOME/pare/ledger.db, or ~/.local/state/pare/ledger.db, terminated.
 * Errors: PARE_ERR_NOT_FOUND (neither variable is set), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_default_path(pare_buf *path, pare_diag *diag);

/* Open or make the database. A damaged one is moved aside (ledger.db.corrupt) with a notice.
 *   path       borrowed; NULL: the default, whose folders are made.
 *   on_notice  may be NULL.
 * Errors: PARE_ERR_IO, PARE_ERR_INVALID (written by a newer Pare), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_open(const char *path, pare_notice_fn on_notice, void *user,
                                         pare_ledger **out, pare_diag *diag);
/* Flushes and closes. Accepts a pointer to NULL; sets *ledger to NULL. */
void pare_ledger_close(pare_ledger **ledger);
/* End the open transaction, if there is one. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_ledger_flush(pare_ledger *ledger, pare_diag *diag);
/* Rows written since the last flush. */
uint32_t pare_ledger_pending(const pare_ledger *ledger);

/* The part of an outcome that is worth remembering. */
typedef struct pare_ledger_outcome {
    pare_outcome outcome; /* OPTIMIZED or KEPT */
    pare_err err;         /* the reason with KEPT */
    pare_format format_in, format_out;
    uint32_t width_px, height_px; /* of the result */
    uint64_t bytes_in, bytes_out;
    double score; /* -1 not measured */
    int quality;
    bool lossless;
} pare_ledger_outcome;

/* A file that an earlier run finished, as found by its path. Small: the plan holds many. */
typedef struct pare_ledger_file {
    uint64_t settings_key; /* .high of the settings hash */
    uint64_t out_size_bytes;
    int64_t out_mtime_ns;
    uint64_t out_path_key;        /* hash of the output's absolute path; 0: nothing was written */
    uint32_t width_px, height_px; /* of the input */
    uint8_t outcome, format_in, format_out, err; /* err: a PARE_SKIP_* */
    bool unsynced; /* a power cut may have taken bytes of the output: its run never synced it */
} pare_ledger_file;

/* Hash of an absolute path as in out_path_key; never 0. */
uint64_t pare_ledger_path_key(const char *path, size_t len);

/* Look for a file that is still as an earlier run left it (device number aside). *found says
 * whether *out is filled. Takes about 5 us. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_find_file(pare_ledger *ledger, const char *path,
                                              const pare_ident *ident, bool *found,
                                              pare_ledger_file *out, pare_diag *diag);

/* Did Pare write this file (inode, size and mtime as recorded)? With source not NULL it gets the
 * absolute path of the file it was made from, terminated. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_find_output(pare_ledger *ledger, const pare_ident *ident,
                                                bool *found, pare_buf *source, pare_diag *diag);

typedef struct pare_ledger_content_key {
    pare_hash content, settings;
} pare_ledger_content_key;

/* What became of a content in any place. Start zeroed; release out_path with pare_buf_deinit(). */
typedef struct pare_ledger_content {
    bool found;
    pare_ledger_outcome outcome;
    pare_hash out_hash; /* OPTIMIZED: of the result */
    pare_buf out_path;  /* OPTIMIZED: absolute path of a copy of it, terminated */
} pare_ledger_content;

/* What became of this content with these settings. For OPTIMIZED, open out_path with
 * pare_intake_open(), compare its hash with out_hash, and copy it; when that fails do the work
 * again. KEPT needs no bytes. Errors: PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_find_content(pare_ledger *ledger,
                                                 const pare_ledger_content_key *key,
                                                 pare_ledger_content *out, pare_diag *diag);

typedef struct pare_ledger_run {
    const char *command_line, *folder; /* may be NULL */
    pare_output_mode mode;
} pare_ledger_run;

/* Start a run; *id is 1 or more. The row is on the disk when this returns. Keeps the results of the
 * last 100 runs, and of those that belong to jobs. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_ledger_run_begin(pare_ledger *ledger, const pare_ledger_run *run,
                                              int64_t *id, pare_diag *diag);
/* When the first of the last 16 runs began that did not end by itself; 0: there is none. */
PARE_NODISCARD pare_err pare_ledger_unfinished_since(pare_ledger *ledger, int64_t *started_unix_s,
                                                     pare_diag *diag);
/* What is known of a run. Start zeroed; release backup with pare_buf_deinit(). */
typedef struct pare_ledger_run_info {
    int64_t started_unix_s;
    uint64_t ms;
    bool finished, undone;
    pare_buf backup; /* folder of its backups, terminated; empty: none */
} pare_ledger_run_info;
/* Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_run_find(pare_ledger *ledger, int64_t run_id,
                                             pare_ledger_run_info *out, pare_diag *diag);
/* The folder of pare_backup_path(), so that undo finds it; on the disk when this returns. */
PARE_NODISCARD pare_err pare_ledger_run_backup(pare_ledger *ledger, int64_t run_id,
                                               const char *backup_path, pare_diag *diag);
/* The run goes on: its next results are not on the disk yet. */
PARE_NODISCARD pare_err pare_ledger_run_again(pare_ledger *ledger, int64_t run_id,
                                              pare_output_mode mode, pare_diag *diag);
/* The last totals; written at once. finished false: it was cancelled. synced: its results are on
 * the disk. */
PARE_NODISCARD pare_err pare_ledger_run_end(pare_ledger *ledger, int64_t run_id,
                                            const pare_progress *totals, bool finished, bool synced,
                                            pare_diag *diag);

/* One finished file. Strings are borrowed. */
typedef struct pare_ledger_result {
    int64_t run_id;
    uint64_t seq;
    const char *path;     /* absolute path of the input */
    const char *out_path; /* absolute path written, or NULL */
    pare_ident ident;     /* of the input as it was read */
    pare_ident out_ident; /* of the output, when there is one */
    pare_hash content, settings;
    pare_hash out_hash; /* of the output, when OPTIMIZED */
    bool in_place;      /* OPTIMIZED: the output took the place of the input */
    pare_err err;       /* of this result: any */
    const char *text;   /* for people; NULL: "" */
    uint32_t ms, worker, attempts;
    uint64_t replaces; /* seq of a result of the same run that no longer counts; 0: none */
    bool keeps_all;    /* also files that were skipped get a row in the history */
    pare_ledger_outcome outcome; /* also FAILED: stored in the history only */
} pare_ledger_result;

/* Remember a result: history for all; the file, its output and its content when OPTIMIZED or KEPT.
 * The bytes of an OPTIMIZED result are remembered as done too, so that they are not compressed a
 * second time. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_ledger_add(pare_ledger *ledger, const pare_ledger_result *result,
                                        pare_diag *diag);

/* Paths of the backup folders of runs that did not finish, each terminated, one after the other.
 * Errors: PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_unfinished_backups(pare_ledger *ledger, pare_buf *paths,
                                                       pare_diag *diag);

/* For undo: the backup folder of run_id, or of the last run that can be undone when it is 0.
 * Errors: PARE_ERR_NOT_FOUND (no such run, no backup, already undone), PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_find_undo(pare_ledger *ledger, int64_t *run_id,
                                              pare_buf *backup_path, pare_diag *diag);
/* The same for the last run that can be undone among those with a smaller number. */
PARE_NODISCARD pare_err pare_ledger_find_undo_before(pare_ledger *ledger, int64_t before,
                                                     int64_t *run_id, pare_buf *backup_path,
                                                     pare_diag *diag);
PARE_NODISCARD pare_err pare_ledger_mark_undone(pare_ledger *ledger, int64_t run_id,
                                                pare_diag *diag);
/* Forget what is known of a path, because its original came back. */
PARE_NODISCARD pare_err pare_ledger_forget(pare_ledger *ledger, const char *path, pare_diag *diag);

#endif /* PARE_HOST_LEDGER_H */
