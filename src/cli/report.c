// SPDX-License-Identifier: Apache-2.0
/* The listener of a run. */
#include "cli/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#include "base/json_text.h"
#include "cli/signals.h"

void pare_complain(const char *text)
{
    pare_text line = {0};
    pare_text_add(&line, "pare: ");
    pare_text_add_name(&line, text, 0, pare_locale_is_utf8());
    pare_text_add(&line, "\n");
    pare_text_write(&line, STDERR_FILENO);
    pare_text_deinit(&line);
}

void pare_report_init(pare_report *report, const pare_arguments *arguments)
{
    /* JSON and the block on one terminal would tear each other apart. */
    const bool live =
        !arguments->quiet && !arguments->no_progress && !(arguments->json && isatty(STDOUT_FILENO));
    *report = (pare_report){.arguments = arguments};
    pare_terminal_init(&report->terminal, STDERR_FILENO, live);
}

void pare_report_deinit(pare_report *report)
{
    pare_terminal_deinit(&report->terminal);
    pare_summary_deinit(&report->summary);
    pare_text_deinit(&report->out);
}

void pare_report_flush(pare_report *report)
{
    if (report->out_errno) {
        pare_text_clear(&report->out);
        return;
    }
    if (pare_text_write(&report->out, STDOUT_FILENO)) return;
    report->out_errno = errno;
    if (report->batch) pare_batch_cancel(report->batch);
}

void pare_report_notice(void *user, const char *text)
{
    pare_report *const report = user;
    pare_text line = {0};
    if (report->arguments->quiet) return;
    pare_text_add(&line, "pare: ");
    pare_text_add_name(&line, text, 0, report->terminal.utf8);
    pare_terminal_line(&report->terminal, pare_text_string(&line));
    pare_text_deinit(&line);
}

static const char *format_or_null(pare_format format)
{
    return format == PARE_FORMAT_UNKNOWN ? NULL : pare_format_name(format);
}

static void add_json_result(pare_report *report, const pare_file_result *r)
{
    pare_text *const out = &report->out;
    const bool failed = r->outcome == PARE_OUTCOME_FAILED;
    pare_json_begin(out, "result");
    pare_json_uint(out, "seq", report->seq);
    pare_json_string(out, "input", r->input);
    pare_json_string(out, "output", r->output);
    pare_json_string(out, "outcome", pare_outcome_name(r->outcome));
    pare_json_string(out, "format_in", format_or_null(r->format_in));
    pare_json_string(out, "format_out", format_or_null(r->format_out));
    pare_json_uint(out, "width", r->width_px);
    pare_json_uint(out, "height", r->height_px);
    pare_json_uint(out, "bytes_in", r->bytes_in);
    pare_json_uint(out, "bytes_out", r->bytes_out);
    if (r->score > 0) {
        pare_json_real(out, "score", r->score, 2);
    } else {
        pare_json_null(out, "score");
    }
    if (r->quality > 0) {
        pare_json_int(out, "quality", r->quality);
    } else {
        pare_json_null(out, "quality");
    }
    pare_json_bool(out, "lossless", r->lossless);
    pare_json_uint(out, "ms", r->ms);
    pare_json_uint(out, "worker", r->worker);
    pare_json_string(out, "error", failed ? pare_err_class(r->err) : NULL);
    pare_json_string(out, "reason", r->err == PARE_OK ? NULL : pare_err_name(r->err));
    pare_json_string(out, "message", r->text && *r->text ? r->text : NULL);
    if (r->salvaged_path) {
        pare_json_string(out, "salvaged", r->salvaged_path);
        pare_json_uint(out, "salvaged_rows", r->salvaged);
        pare_json_uint(out, "salvageable_rows", r->salvageable);
        pare_json_string(out, "salvaged_unit", r->salvages_frames ? "frames" : "rows");
    }
    pare_json_end(out);
    pare_report_flush(report);
}

static void add_sizes(const pare_file_result *r, pare_text *line)
{
    char in[16], out[16];
    pare_format_bytes(r->bytes_in, in);
    pare_format_bytes(r->bytes_out, out);
    pare_text_add(line, "  %s -> %s (%.1f%%)", in, out, pare_saved_pct(r->bytes_in, r->bytes_out));
    if (r->score > 0) pare_text_add(line, ", score %.1f", r->score);
}

/* "optimized  a.jpg -> optimized/a.jpg  4.1 MB -> 1.5 MB (63.4%), score 80.2" */
static void print_result(pare_report *report, const pare_file_result *r)
{
    const bool utf8 = report->terminal.utf8;
    pare_text line = {0};
    if (r->outcome == PARE_OUTCOME_FAILED) {
        pare_text_add(&line, "%sfailed%s     ", report->terminal.color ? "\033[31m" : "",
                      report->terminal.color ? "\033[0m" : "");
        pare_result_reason(r, utf8, &line);
    } else if (r->outcome == PARE_OUTCOME_OPTIMIZED) {
        pare_text_add(&line, "%-9s  ", pare_outcome_name(r->outcome));
        pare_text_add_name(&line, r->input, 0, utf8);
        if (r->output && strcmp(r->output, r->input) != 0) {
            pare_text_add(&line, " -> ");
            pare_text_add_name(&line, r->output, 0, utf8);
        }
        add_sizes(r, &line);
    } else {
        pare_text_add(&line, "%-9s  ", pare_outcome_name(r->outcome));
        pare_result_reason(r, utf8, &line);
    }
    pare_terminal_line(&report->terminal, pare_text_string(&line));
    pare_text_deinit(&line);
}

/* "salvaged   rescued/a.jpg: 412 of 1000 rows" */
static void print_salvaged(pare_report *report, const pare_file_result *r)
{
    pare_text line = {0};
    pare_text_add(&line, "salvaged   ");
    pare_text_add_name(&line, r->salvaged_path, 0, report->terminal.utf8);
    pare_text_add(&line, ": %u of %u %s", r->salvaged, r->salvageable,
                  !r->salvages_frames               ? "rows"
                  : r->format_in == PARE_FORMAT_PNG ? "frames"
                                                    : "frames or more");
    pare_terminal_line(&report->terminal, pare_text_string(&line));
    pare_text_deinit(&line);
}

/* What a dry run would do, and what a check found, is what was asked for: standard output. */
static void print_finding(pare_report *report, const pare_file_result *r)
{
    const bool utf8 = report->terminal.utf8;
    const bool planned = report->arguments->batch.dry_run && r->outcome == PARE_OUTCOME_NONE;
    if (r->outcome != PARE_OUTCOME_OPTIMIZED && !planned) return;
    /* both may be the same terminal */
    pare_terminal_finish(&report->terminal);
    pare_text_add_name(&report->out, r->input, 0, utf8);
    if (planned) {
        pare_text_add(&report->out, ": ");
        pare_text_add_name(&report->out, r->text, 0, utf8);
    }
    if (r->bytes_out < r->bytes_in) add_sizes(r, &report->out);
    pare_text_add(&report->out, "\n");
    pare_report_flush(report);
}

void pare_report_result(void *user, const pare_file_result *result)
{
    pare_report *const report = user;
    const pare_arguments *arguments = report->arguments;
    const bool failed = result->outcome == PARE_OUTCOME_FAILED;
    report->seq++;
    pare_summary_add(&report->summary, result, report->terminal.utf8);
    if (arguments->json) {
        add_json_result(report, result);
        return;
    }
    if ((arguments->batch.dry_run || arguments->batch.check) && !arguments->quiet) {
        print_finding(report, result);
    }
    if (result->salvaged_path && !arguments->quiet) print_salvaged(report, result);
    /* Without a live block failures stand in the summary, so that they are said once. */
    if (result->outcome == PARE_OUTCOME_NONE) return;
    if (arguments->verbose || (failed && (arguments->quiet || report->terminal.live))) {
        print_result(report, result);
    }
}

static void add_json_progress(pare_report *report, const pare_progress *p)
{
    pare_text *const out = &report->out;
    pare_json_begin(out, "progress");
    pare_json_real(out, "fraction", p->fraction, 4);
    pare_json_uint(out, "files_done", p->files_done + report->missing);
    pare_json_uint(out, "files_total", p->files_total + report->missing);
    pare_json_bool(out, "scan_done", p->scan_done);
    pare_json_uint(out, "bytes_in", p->bytes_in);
    pare_json_uint(out, "bytes_out", p->bytes_out);
    pare_json_real(out, "images_per_s", p->images_per_s, 2);
    if (p->eta_ms >= 0) {
        pare_json_int(out, "eta_ms", p->eta_ms);
    } else {
        pare_json_null(out, "eta_ms");
    }
    pare_json_real(out, "cpu_pct", p->cpu_pct, 1);
    pare_json_uint(out, "workers", p->worker_count);
    pare_json_uint(out, "workers_busy", p->worker_busy);
    pare_json_uint(out, "ms", p->elapsed_ms);
    pare_json_end(out);
    pare_report_flush(report);
}

void pare_report_progress(void *user, const pare_progress *progress)
{
    pare_report *const report = user;
    const bool stopping = pare_signals_count() > 0;
    if (stopping && !report->told_stopping) {
        report->told_stopping = true;
        pare_terminal_line(&report->terminal, "pare: stopping... (once more to stop at once)");
    }
    if (report->arguments->json && report->arguments->verbose && !progress->final) {
        add_json_progress(report, progress);
    }
    pare_terminal_progress(&report->terminal, progress, stopping);
}

void pare_report_missing(pare_report *report, const char *path, pare_err err, const pare_diag *diag)
{
    const pare_file_result result = {
        .input = path, .outcome = PARE_OUTCOME_FAILED, .err = err, .text = diag->text, .score = -1};
    report->missing++;
    pare_report_result(report, &result);
}

static void add_json_summary(pare_report *report, const pare_progress *t, pare_err err)
{
    pare_text *const out = &report->out;
    pare_json_begin(out, "summary");
    pare_json_uint(out, "files", t->files_done);
    pare_json_uint(out, "optimized", t->optimized);
    pare_json_uint(out, "kept", t->kept);
    pare_json_uint(out, "skipped", t->skipped);
    pare_json_uint(out, "failed", t->failed);
    pare_json_uint(out, "bytes_in", t->bytes_in);
    pare_json_uint(out, "bytes_out", t->bytes_out);
    pare_json_uint(out, "duplicates", t->duplicates);
    pare_json_uint(out, "retries", t->retries);
    pare_json_uint(out, "worker_restarts", t->worker_restarts);
    pare_json_uint(out, "ms", t->elapsed_ms);
    pare_json_string(out, "error", err == PARE_OK ? NULL : pare_err_name(err));
    pare_json_end(out);
    pare_report_flush(report);
}

static int exit_code(const pare_report *report, const pare_progress *totals, pare_err err)
{
    if (report->out_errno) return PARE_EXIT_FAILED;
    if (err == PARE_ERR_CANCELLED) return PARE_EXIT_SIGNAL;
    if (err != PARE_OK) return PARE_EXIT_FAILED;
    if (report->arguments->batch.check && totals->optimized > 0) return PARE_EXIT_SAVINGS;
    return totals->failed > 0 ? PARE_EXIT_FAILED : PARE_EXIT_OK;
}

int pare_report_finish(pare_report *report, const pare_progress *totals, pare_err err,
                       const pare_diag *diag)
{
    const pare_arguments *arguments = report->arguments;
    pare_progress all = *totals;
    all.files_done += report->missing;
    all.failed += report->missing;
    pare_terminal_finish(&report->terminal);
    if (arguments->json) {
        add_json_summary(report, &all, err);
    } else if (!arguments->quiet &&
               (all.files_done > 0 || err == PARE_OK || err == PARE_ERR_CANCELLED)) {
        const pare_summary_context context = {
            .batch = &arguments->batch,
            .utf8 = report->terminal.utf8,
            .cancelled = err == PARE_ERR_CANCELLED,
        };
        pare_text text = {0};
        pare_summary_print(&report->summary, &all, &context, &text);
        pare_text_write(&text, STDERR_FILENO);
        pare_text_deinit(&text);
    }
    if (err != PARE_OK && err != PARE_ERR_CANCELLED) {
        pare_complain(diag->text[0] ? diag->text : pare_err_text(err));
    }
    /* Whoever closed the pipe (as `head` does) wants no more words. */
    if (report->out_errno && report->out_errno != EPIPE) {
        pare_diag why = {0};
        errno = report->out_errno;
        const pare_err write_err = pare_fail_errno(&why, "write", "standard output");
        (void)write_err;
        pare_complain(why.text);
    }
    return exit_code(report, &all, err);
}
