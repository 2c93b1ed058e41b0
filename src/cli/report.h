// SPDX-License-Identifier: Apache-2.0
/* The listener of a run: turns its events into terminal, summary and JSON. */
#ifndef PARE_CLI_REPORT_H
#define PARE_CLI_REPORT_H

#include "cli/arguments.h"
#include "cli/summary.h"
#include "cli/terminal.h"

typedef struct pare_report {
    const pare_arguments *arguments; /* borrowed */
    pare_batch *batch;               /* borrowed; cancelled when standard output is gone */
    pare_terminal terminal;
    pare_summary summary;
    pare_text out;    /* the next line for standard output */
    uint64_t seq;     /* of the last result */
    uint64_t missing; /* paths that were not found: failed before the run began */
    int out_errno;    /* why standard output failed; 0: it did not */
    bool told_stopping;
} pare_report;

void pare_report_init(pare_report *report, const pare_arguments *arguments);
void pare_report_deinit(pare_report *report);

/* Callbacks for pare_batch_options; user is the report. */
void pare_report_notice(void *user, const char *text);
void pare_report_result(void *user, const pare_file_result *result);
void pare_report_progress(void *user, const pare_progress *progress);

/* A path that is not there: one line, a result, counted as failed. */
void pare_report_missing(pare_report *report, const char *path, pare_err err,
                         const pare_diag *diag);

/* After the last event: the block goes, totals and summary come. Returns the exit code. */
int pare_report_finish(pare_report *report, const pare_progress *totals, pare_err err,
                       const pare_diag *diag);

/* Write report->out to standard output; remembers a failure and cancels the run then. */
void pare_report_flush(pare_report *report);

/* One line on standard error: "pare: ...". */
void pare_complain(const char *text);

#endif /* PARE_CLI_REPORT_H */
