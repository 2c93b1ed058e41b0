// SPDX-License-Identifier: Apache-2.0
/* Jobs and presets in the ledger. Settings and sources are texts of the caller (JSON); the ledger
 * does not look inside. One thread, as ledger.h. All writes are on the disk when they return. */
#ifndef PARE_HOST_LEDGER_JOBS_H
#define PARE_HOST_LEDGER_JOBS_H

#include "host/ledger.h"

typedef struct pare_ledger_job {
    int64_t id; /* set by the ledger, 1 or more; never used twice */
    const char *name, *settings, *source, *error; /* "" when there is nothing; never NULL out */
    int state;                                    /* pare_job_state of engine.h */
    int priority;                                 /* pare_priority */
    int64_t created_unix_s, started_unix_s, ended_unix_s; /* 0: not yet */
    int64_t run_id;                                       /* 0: none yet */
    bool can_undo, undone;                                /* of that run; only out */
} pare_ledger_job;

/* Add a job with the state, texts and priority given; created is now. *id is its number.
 * Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_ledger_job_add(pare_ledger *ledger, const pare_ledger_job *job,
                                            int64_t *id, pare_diag *diag);
/* Replace name, settings, source and priority. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_job_edit(pare_ledger *ledger, const pare_ledger_job *job,
                                             pare_diag *diag);
/* The engine does this for its jobs; for states that only the caller knows. started and ended
 * follow from the state. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_job_set_state(pare_ledger *ledger, int64_t id, int state,
                                                  const char *error, pare_diag *diag);
PARE_NODISCARD pare_err pare_ledger_job_set_run(pare_ledger *ledger, int64_t id, int64_t run_id,
                                                pare_diag *diag);

typedef void (*pare_ledger_job_fn)(void *user, const pare_ledger_job *job);
/* One job (id) or all (0), newest first; strings are borrowed for the callback.
 * Errors: PARE_ERR_NOT_FOUND (that id), PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_jobs(pare_ledger *ledger, int64_t id, pare_ledger_job_fn on_job,
                                         void *user, pare_diag *diag);

/* ---- images of a job that are to be done again ---- */

typedef void (*pare_ledger_redo_fn)(void *user, int64_t id, uint64_t seq, const char *settings);
/* In the order of adding. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_redos(pare_ledger *ledger, int64_t job_id,
                                          pare_ledger_redo_fn on_redo, void *user, pare_diag *diag);
/* *id is its number, never used twice. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_ledger_redo_add(pare_ledger *ledger, int64_t job_id, uint64_t seq,
                                             const char *settings, int64_t *id, pare_diag *diag);
/* Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_redo_delete(pare_ledger *ledger, int64_t id, pare_diag *diag);

/* Remove a job, its run, its results and what waits to be done again. What its files became stays
 * known, so that they are not done again. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_job_delete(pare_ledger *ledger, int64_t id, pare_diag *diag);

/* Earlier runs of all doors, newest first, through this connection; limit 0: all. */
PARE_NODISCARD pare_err pare_ledger_history(pare_ledger *ledger, uint32_t offset, uint32_t limit,
                                            pare_run_fn on_run, void *user, pare_diag *diag);

/* ---- presets: settings by name ---- */

typedef void (*pare_ledger_preset_fn)(void *user, const char *name, const char *settings);
PARE_NODISCARD pare_err pare_ledger_presets(pare_ledger *ledger, pare_ledger_preset_fn on_preset,
                                            void *user, pare_diag *diag);
/* Add or replace. Errors: PARE_ERR_INVALID (no name, or over 100 bytes), PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_preset_put(pare_ledger *ledger, const char *name,
                                               const char *settings, pare_diag *diag);
/* Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_preset_delete(pare_ledger *ledger, const char *name,
                                                  pare_diag *diag);

#endif /* PARE_HOST_LEDGER_JOBS_H */
