// SPDX-License-Identifier: Apache-2.0
/* A timeline in the Chrome trace format (JSON array form), for Perfetto and chrome://tracing.
 * The file is valid JSON after every flush. All functions accept a NULL trace and do nothing then;
 * the first failed write ends tracing and is reported by close. One thread. */
#ifndef PARE_BASE_TRACE_H
#define PARE_BASE_TRACE_H

#include <stdint.h>

#include "base/err.h"

typedef struct pare_trace pare_trace;

/* Makes or empties the file. Times are clock times of pare_clock_us(). Errors: PARE_ERR_IO and
 * what goes with it, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_trace_open(const char *path, pare_trace **out, pare_diag *diag);

/* Name of a lane; lanes are small numbers. */
void pare_trace_lane(pare_trace *trace, uint32_t lane, const char *name);
/* Something that took from start to end. detail (a file name; any bytes) may be NULL. */
void pare_trace_span(pare_trace *trace, uint32_t lane, const char *name, uint64_t start_us,
                     uint64_t end_us, const char *detail);
/* As a span, for things that overlap each other; id tells them apart. */
void pare_trace_overlapping(pare_trace *trace, const char *name, uint64_t id, uint64_t start_us,
                            uint64_t end_us);
void pare_trace_counter(pare_trace *trace, const char *name, uint64_t at_us, double value);

/* Accepts a pointer to NULL; sets *trace to NULL. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_trace_close(pare_trace **trace, pare_diag *diag);

#endif /* PARE_BASE_TRACE_H */
