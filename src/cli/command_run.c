// SPDX-License-Identifier: Apache-2.0
/* `pare run` and `pare check`: paths in, a batch, a report. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#include "cli/report.h"
#include "cli/signals.h"

typedef struct run {
    const pare_arguments *arguments;
    pare_batch *batch;
    pare_report report;
    size_t added;
} run;

static void add_path(run *r, const char *path)
{
    pare_diag diag = {0};
    const pare_err err = pare_batch_add(r->batch, path, &diag);
    if (err == PARE_OK) {
        r->added++;
        return;
    }
    if (err == PARE_ERR_NOT_FOUND) {
        const char *near = pare_command_near(path);
        diag = (pare_diag){0};
        if (near && path == r->arguments->paths[0]) {
            snprintf(diag.text, sizeof diag.text, "no such file or folder; did you mean `pare %s`?",
                     near);
        } else {
            snprintf(diag.text, sizeof diag.text, "no such file or folder");
        }
    }
    pare_report_missing(&r->report, path, err, &diag);
}

static pare_err add_listed(run *r, pare_diag *diag)
{
    const char *name = r->arguments->files_from;
    const bool is_stdin = strcmp(name, "-") == 0;
    const int separator = r->arguments->null_separated ? '\0' : '\n';
    FILE *const file = is_stdin ? stdin : fopen(name, "re");
    pare_err err = PARE_OK;
    char *path = NULL;
    size_t cap = 0;
    if (!file) return pare_fail_errno(diag, "open", name);
    for (ssize_t len; (len = getdelim(&path, &cap, separator, file)) > 0;) {
        if (path[len - 1] == separator) path[--len] = '\0';
        if (len > 0) add_path(r, path);
    }
    if (ferror(file)) err = pare_fail_errno(diag, "read", name);
    free(path);
    if (!is_stdin) fclose(file);
    return err;
}

static pare_err start(run *r, pare_diag *diag)
{
    pare_batch_options options = r->arguments->batch;
    options.on_notice = pare_report_notice;
    options.on_result = pare_report_result;
    options.on_progress = pare_report_progress;
    options.user = &r->report;
    PARE_TRY(pare_batch_create(&options, &r->batch, diag));
    r->report.batch = r->batch;
    pare_signals_watch(r->batch);
    for (size_t i = 0; i < r->arguments->path_count; i++)
        add_path(r, r->arguments->paths[i]);
    if (r->arguments->files_from) PARE_TRY(add_listed(r, diag));
    return r->added > 0 ? pare_batch_run(r->batch, diag) : PARE_OK;
}

int pare_command_run(const pare_arguments *arguments)
{
    run r = {.arguments = arguments};
    pare_diag diag = {0};
    pare_progress totals = {0};
    if (arguments->to_stdout) return pare_command_stream(arguments);
    pare_report_init(&r.report, arguments);
    const pare_err err = start(&r, &diag);
    if (r.batch) {
        pare_batch_summary(r.batch, &totals);
    }
    int code;
    if (!r.batch) {
        pare_complain(diag.text[0] ? diag.text : pare_err_text(err));
        code = err == PARE_ERR_INVALID ? PARE_EXIT_USAGE : PARE_EXIT_FAILED;
    } else {
        code = pare_report_finish(&r.report, &totals, err, &diag);
    }
    pare_signals_release();
    pare_batch_destroy(&r.batch);
    pare_report_deinit(&r.report);
    return code;
}
