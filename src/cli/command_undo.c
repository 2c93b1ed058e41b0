// SPDX-License-Identifier: Apache-2.0
/* `pare undo`: the originals of an in-place run come back. */
#include "cli/command.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/json_text.h"
#include "cli/report.h"
#include "wire/parse.h"

typedef struct undo {
    pare_report report;
    pare_progress totals;
} undo;

static void on_result(void *user, const pare_file_result *result)
{
    undo *const u = user;
    u->totals.files_done++;
    if (result->outcome == PARE_OUTCOME_OPTIMIZED) {
        u->totals.optimized++;
    } else if (result->outcome == PARE_OUTCOME_FAILED) {
        u->totals.failed++;
    } else {
        u->totals.skipped++;
    }
    const bool restored = result->outcome == PARE_OUTCOME_OPTIMIZED;
    if (restored && u->report.arguments->verbose && !u->report.arguments->json) {
        pare_text line = {0};
        pare_text_add(&line, "restored   ");
        pare_text_add_name(&line, result->input, 0, u->report.terminal.utf8);
        pare_terminal_line(&u->report.terminal, pare_text_string(&line));
        pare_text_deinit(&line);
    } else {
        pare_report_result(&u->report, result);
    }
}

static void print_totals(const undo *u, pare_text *text)
{
    const pare_summary *summary = &u->report.summary;
    pare_text_add(text, "%llu restored, %llu skipped, %llu failed\n",
                  (unsigned long long)u->totals.optimized, (unsigned long long)u->totals.skipped,
                  (unsigned long long)u->totals.failed);
    for (size_t i = 0; i < PARE_SUMMARY_FAILURES && i < summary->failure_count; i++)
        pare_text_add(text, "  %s\n", summary->failures[i] ? summary->failures[i] : "?");
    if (summary->failure_count > PARE_SUMMARY_FAILURES) {
        pare_text_add(text, "  and %llu more, see --json\n",
                      (unsigned long long)(summary->failure_count - PARE_SUMMARY_FAILURES));
    }
}

int pare_command_undo(const pare_arguments *arguments)
{
    undo u = {0};
    pare_diag diag = {0};
    uint64_t run_id = 0;
    if (arguments->path_count == 1 &&
        !pare_parse_count(arguments->paths[0], 1, INT64_MAX, &run_id)) {
        pare_complain("undo takes the number of a run, see `pare history`");
        return PARE_EXIT_USAGE;
    }
    pare_report_init(&u.report, arguments);
    u.report.terminal.live = false;
    const uint64_t start_us = pare_clock_us();
    const pare_err err =
        pare_undo(arguments->batch.ledger_path, (int64_t)run_id, on_result, &u, &diag);
    u.totals.elapsed_ms = (pare_clock_us() - start_us) / 1000;
    int code = u.totals.failed > 0 ? PARE_EXIT_FAILED : PARE_EXIT_OK;
    if (err != PARE_OK) {
        pare_complain(diag.text[0] ? diag.text : pare_err_text(err));
        code = PARE_EXIT_FAILED;
    } else if (arguments->json) {
        code = pare_report_finish(&u.report, &u.totals, err, &diag);
    } else if (!arguments->quiet) {
        pare_text text = {0};
        print_totals(&u, &text);
        pare_text_write(&text, u.report.terminal.fd);
        pare_text_deinit(&text);
    }
    pare_report_deinit(&u.report);
    return code;
}
