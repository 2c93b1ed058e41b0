// SPDX-License-Identifier: Apache-2.0
/* `pare history`: earlier runs, newest first. */
#include "cli/command.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/json_text.h"
#include "cli/report.h"

typedef struct history {
    const pare_arguments *arguments;
    pare_text out;
    uint64_t count;
} history;

static const char *state_of(const pare_run_record *run)
{
    if (run->undone) return "undone";
    if (!run->finished) return "stopped";
    return run->can_undo ? "can undo" : "";
}

static void add_json(history *h, const pare_run_record *run)
{
    pare_text *const out = &h->out;
    pare_json_begin(out, "run");
    pare_json_int(out, "id", run->id);
    pare_json_int(out, "started_unix_s", run->started_unix_s);
    pare_json_uint(out, "ms", run->ms);
    pare_json_uint(out, "files", run->files);
    pare_json_uint(out, "optimized", run->optimized);
    pare_json_uint(out, "kept", run->kept);
    pare_json_uint(out, "skipped", run->skipped);
    pare_json_uint(out, "failed", run->failed);
    pare_json_uint(out, "bytes_in", run->bytes_in);
    pare_json_uint(out, "bytes_out", run->bytes_out);
    pare_json_string(out, "command_line", run->command_line);
    pare_json_string(out, "folder", run->folder);
    pare_json_bool(out, "finished", run->finished);
    pare_json_bool(out, "can_undo", run->can_undo);
    pare_json_bool(out, "undone", run->undone);
    pare_json_end(out);
}

static void on_run(void *user, const pare_run_record *run)
{
    history *const h = user;
    char when[32] = "?", saved[16], took[24];
    struct tm local;
    const time_t started = (time_t)run->started_unix_s;
    if (h->arguments->json) {
        add_json(h, run);
        return;
    }
    if (h->count++ == 0) {
        pare_text_add(&h->out, "%5s  %-16s  %6s  %9s  %6s  %10s  %8s  %-8s  %s\n", "RUN", "STARTED",
                      "FILES", "OPTIMIZED", "FAILED", "SAVED", "TIME", "STATE", "COMMAND");
    }
    if (localtime_r(&started, &local)) strftime(when, sizeof when, "%Y-%m-%d %H:%M", &local);
    pare_format_bytes(run->bytes_in > run->bytes_out ? run->bytes_in - run->bytes_out : 0, saved);
    pare_format_duration(run->ms, took);
    pare_text_add(&h->out, "%5lld  %-16s  %6llu  %9llu  %6llu  %10s  %8s  %-8s  ",
                  (long long)run->id, when, (unsigned long long)run->files,
                  (unsigned long long)run->optimized, (unsigned long long)run->failed, saved, took,
                  state_of(run));
    pare_text_add_name(&h->out, run->command_line ? run->command_line : "", 0,
                       pare_locale_is_utf8());
    pare_text_add(&h->out, "\n");
}

int pare_command_history(const pare_arguments *arguments)
{
    history h = {.arguments = arguments};
    pare_diag diag = {0};
    int code = PARE_EXIT_OK;
    const pare_err err =
        pare_history(arguments->batch.ledger_path, arguments->limit, on_run, &h, &diag);
    if (err == PARE_OK && h.count == 0 && !arguments->json && !arguments->quiet) {
        pare_text_add(&h.out, "No runs yet.\n");
    }
    if (!pare_text_write(&h.out, STDOUT_FILENO)) code = PARE_EXIT_FAILED;
    if (err != PARE_OK) {
        pare_complain(diag.text[0] ? diag.text : pare_err_text(err));
        code = PARE_EXIT_FAILED;
    }
    pare_text_deinit(&h.out);
    return code;
}
