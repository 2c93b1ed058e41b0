// SPDX-License-Identifier: Apache-2.0
/* What jobs.c (rows, folders, coming and going) and job_run.c (the engine) share. */
#ifndef PARE_HTTP_JOBS_INSIDE_H
#define PARE_HTTP_JOBS_INSIDE_H

#include "http/jobs.h"
#include "http/settings.h"

/* Listeners have to hear of it. */
void pare_web_job_touch(pare_web_job *job);
void pare_web_job_touch_progress(pare_web_job *job);
/* A copy of text; the old one stays when there is no memory. */
void pare_web_job_set_text(char **to, const char *text);
/* Give it to the engine; redo: with ONE. Errors: as pare_engine_add(). */
PARE_NODISCARD pare_err pare_web_job_submit(pare_web_job *job, pare_again again,
                                            const pare_redo *redo, pare_diag *diag);
/* The totals, when no engine tells them. */
void pare_web_job_read_totals(pare_web_job *job);
/* Out of memory and, unless the server only ends, out of the ledger. */
void pare_web_job_drop_redo(pare_web_job *job, pare_redo *redo, bool forget);
/* After a restart: the images that waited. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_web_job_load_redos(pare_web_job *job, pare_diag *diag);
/* The first of the images that wait, unless something is in work; no effect without any. */
void pare_web_job_next_redo(pare_web_job *job);
/* From source and settings to folders.
 * Errors: PARE_ERR_INVALID, PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_web_job_find_folders(pare_web_job *job, json_t *source,
                                                  const pare_settings *settings, pare_diag *diag);

#endif /* PARE_HTTP_JOBS_INSIDE_H */
