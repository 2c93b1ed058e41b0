// SPDX-License-Identifier: Apache-2.0
/* What a run came to: collected result by result in bounded memory, printed once at the end. */
#ifndef PARE_CLI_SUMMARY_H
#define PARE_CLI_SUMMARY_H

#include <pare/batch.h>

#include "cli/human.h"

enum { PARE_SUMMARY_BIGGEST = 5, PARE_SUMMARY_FAILURES = 50, PARE_SUMMARY_REASONS = 64 };

typedef struct pare_summary {
    struct {
        char *name; /* owned */
        uint64_t saved_bytes;
        double saved_pct;
    } biggest[PARE_SUMMARY_BIGGEST];       /* largest first; name NULL: none */
    char *failures[PARE_SUMMARY_FAILURES]; /* owned: name and reason, safe for a terminal */
    uint64_t failure_count;                /* all of them, also those not held */
    struct {
        pare_err err;
        pare_outcome outcome;
        uint64_t count;
    } reasons[PARE_SUMMARY_REASONS]; /* of kept and skipped files */
    size_t reason_count;
    char *folder;       /* owned: where results are; NULL: nothing was written */
    bool other_folders; /* results are in more than that one */
} pare_summary;

void pare_summary_add(pare_summary *summary, const pare_file_result *result, bool utf8);
void pare_summary_deinit(pare_summary *summary);

typedef struct pare_summary_context {
    const pare_batch_options *batch;
    bool utf8;
    bool cancelled;
} pare_summary_context;

/* The closing text; several lines, no control codes. totals: those of the whole run. */
void pare_summary_print(const pare_summary *summary, const pare_progress *totals,
                        const pare_summary_context *context, pare_text *text);

/* "name: reason" of a failed, kept or skipped file, safe for a terminal; the reason in words. */
void pare_result_reason(const pare_file_result *result, bool utf8, pare_text *text);

#endif /* PARE_CLI_SUMMARY_H */
