// SPDX-License-Identifier: Apache-2.0
/* A request for a job, as a stranger writes it. Reads JSON only; opens nothing. */
#ifndef PARE_HTTP_WANTED_H
#define PARE_HTTP_WANTED_H

#include <jansson.h>

#include "host/ledger_jobs.h"
#include "http/roots.h"

enum { PARE_JOB_NAME_CAP = 208 };

/* Everything that can be wrong in it, before anything is made. wanted: the members name, source,
 * settings and priority of an object. Fills name, and of row: priority and state. Whether root and
 * paths are there is not looked at. Errors: PARE_ERR_INVALID; diag names the member. */
PARE_NODISCARD pare_err pare_wanted_read(const pare_roots *roots, json_t *wanted,
                                         pare_ledger_job *row, char name[PARE_JOB_NAME_CAP],
                                         pare_diag *diag);

#endif /* PARE_HTTP_WANTED_H */
