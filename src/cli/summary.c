// SPDX-License-Identifier: Apache-2.0
/* What a run came to. */
#include "cli/summary.h"

#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void pare_result_reason(const pare_file_result *result, bool utf8, pare_text *text)
{
    const char *reason = result->text && *result->text ? result->text : pare_err_text(result->err);
    /* The text of a failed system call names the file already. */
    const char *end = strrchr(reason, ':');
    const size_t len = strlen(result->input);
    if (strncmp(reason, result->input, len) != 0 || reason[len] != ':') {
        pare_text_add_name(text, result->input, 0, utf8);
        pare_text_add(text, ": ");
        if (end && strstr(reason, base_name(result->input)) && end[1] == ' ') {
            const char *step_end = strchr(reason, ' ');
            if (step_end && step_end < end) {
                pare_text_add(text, "%.*s: ", (int)(step_end - reason), reason);
                reason = end + 2;
            }
        }
    }
    pare_text_add_name(text, reason, 0, utf8);
}

static void add_biggest(pare_summary *summary, const pare_file_result *result)
{
    const uint64_t saved = result->bytes_in - result->bytes_out;
    size_t at = PARE_SUMMARY_BIGGEST;
    while (at > 0 &&
           (!summary->biggest[at - 1].name || summary->biggest[at - 1].saved_bytes < saved))
        at--;
    if (at == PARE_SUMMARY_BIGGEST) return;
    char *const name = strdup(result->input);
    if (!name) return;
    free(summary->biggest[PARE_SUMMARY_BIGGEST - 1].name);
    memmove(&summary->biggest[at + 1], &summary->biggest[at],
            (PARE_SUMMARY_BIGGEST - 1 - at) * sizeof summary->biggest[0]);
    summary->biggest[at].name = name;
    summary->biggest[at].saved_bytes = saved;
    summary->biggest[at].saved_pct = pare_saved_pct(result->bytes_in, result->bytes_out);
}

static void add_failure(pare_summary *summary, const pare_file_result *result, bool utf8)
{
    const uint64_t at = summary->failure_count++;
    if (at >= PARE_SUMMARY_FAILURES) return;
    pare_text line = {0};
    pare_result_reason(result, utf8, &line);
    summary->failures[at] = strdup(pare_text_string(&line));
    pare_text_deinit(&line);
}

static void add_reason(pare_summary *summary, const pare_file_result *result)
{
    for (size_t i = 0; i < summary->reason_count; i++) {
        if (summary->reasons[i].err == result->err &&
            summary->reasons[i].outcome == result->outcome) {
            summary->reasons[i].count++;
            return;
        }
    }
    if (summary->reason_count == PARE_SUMMARY_REASONS) return;
    summary->reasons[summary->reason_count].err = result->err;
    summary->reasons[summary->reason_count].outcome = result->outcome;
    summary->reasons[summary->reason_count++].count = 1;
}

static void add_folder(pare_summary *summary, const char *output)
{
    const char *slash = strrchr(output, '/');
    const size_t len = slash ? (size_t)(slash - output) + 1 : 0;
    if (!summary->folder) {
        summary->folder = len ? strndup(output, len) : strdup("./");
    } else if (strncmp(summary->folder, output, len) != 0 || summary->folder[len] != '\0') {
        if (len > 0 || strcmp(summary->folder, "./") != 0) summary->other_folders = true;
    }
}

void pare_summary_add(pare_summary *summary, const pare_file_result *result, bool utf8)
{
    switch (result->outcome) {
    case PARE_OUTCOME_NONE: break;
    case PARE_OUTCOME_OPTIMIZED:
        if (result->bytes_out < result->bytes_in) add_biggest(summary, result);
        break;
    case PARE_OUTCOME_KEPT:
    case PARE_OUTCOME_SKIPPED: add_reason(summary, result); break;
    case PARE_OUTCOME_FAILED: add_failure(summary, result, utf8); break;
    }
    if (result->output) add_folder(summary, result->output);
}

void pare_summary_deinit(pare_summary *summary)
{
    for (size_t i = 0; i < PARE_SUMMARY_BIGGEST; i++)
        free(summary->biggest[i].name);
    for (size_t i = 0; i < PARE_SUMMARY_FAILURES; i++)
        free(summary->failures[i]);
    free(summary->folder);
    *summary = (pare_summary){0};
}

static void print_totals(const pare_progress *t, const pare_summary_context *context,
                         pare_text *text)
{
    char in[16], out[16], saved[16], time[24];
    const char *verb = "optimized";
    if (context->batch->dry_run) verb = "planned";
    if (context->batch->check) verb = "could be smaller";
    pare_format_bytes(t->bytes_in, in);
    pare_format_bytes(t->bytes_out, out);
    pare_format_bytes(t->bytes_in > t->bytes_out ? t->bytes_in - t->bytes_out : 0, saved);
    pare_format_duration(t->elapsed_ms, time);
    if (context->cancelled) pare_text_add(text, "Interrupted. ");
    /* what a dry run would do has no outcome yet */
    const uint64_t first =
        context->batch->dry_run ? t->files_done - t->kept - t->skipped - t->failed : t->optimized;
    pare_text_add(text, "%llu %s, %llu kept, %llu skipped, %llu failed in %s",
                  (unsigned long long)first, verb, (unsigned long long)t->kept,
                  (unsigned long long)t->skipped, (unsigned long long)t->failed, time);
    if (t->elapsed_ms > 0 && t->files_done > 0 && !context->batch->dry_run) {
        pare_text_add(text, " (%.1f images/s)",
                      (double)t->files_done * 1000 / (double)t->elapsed_ms);
    }
    pare_text_add(text, "\n");
    if (t->bytes_in > 0 && !context->batch->dry_run) {
        pare_text_add(text, "%s -> %s, saved %s (%.1f%%)\n", in, out, saved,
                      pare_saved_pct(t->bytes_in, t->bytes_out));
    }
}

static void print_folder(const pare_summary *summary, const pare_summary_context *context,
                         pare_text *text)
{
    const pare_batch_options *batch = context->batch;
    if (!summary->folder || batch->dry_run || batch->check) return;
    pare_text_add(text, "Results are ");
    if (batch->output_mode == PARE_OUTPUT_IN_PLACE) {
        pare_text_add(text, "in place");
        if (batch->backup_dir) {
            pare_text_add(text, ", originals in ");
            pare_text_add_name(text, batch->backup_dir, 0, context->utf8);
            pare_text_add(text, " (`pare undo` puts them back)");
        }
    } else if (batch->output_mode == PARE_OUTPUT_FOLDER) {
        pare_text_add(text, "in ");
        pare_text_add_name(text, batch->output_dir, 0, context->utf8);
    } else if (!summary->other_folders) {
        pare_text_add(text, "in ");
        pare_text_add_name(text, summary->folder, 0, context->utf8);
    } else if (batch->output_mode == PARE_OUTPUT_SUFFIX) {
        pare_text_add(text, "beside their sources");
    } else {
        pare_text_add(text, "in optimized/ beside each source");
    }
    pare_text_add(text, "\n");
}

static void print_biggest(const pare_summary *summary, const pare_summary_context *context,
                          pare_text *text)
{
    /* One file says nothing that the totals do not. */
    if (!summary->biggest[1].name) return;
    pare_text_add(text, "\nBiggest savings\n");
    for (size_t i = 0; i < PARE_SUMMARY_BIGGEST && summary->biggest[i].name; i++) {
        char saved[16];
        pare_format_bytes(summary->biggest[i].saved_bytes, saved);
        pare_text_add(text, "  %10s  %5.1f%%  ", saved, summary->biggest[i].saved_pct);
        pare_text_add_name(text, summary->biggest[i].name, 0, context->utf8);
        pare_text_add(text, "\n");
    }
}

static void print_reasons(const pare_summary *summary, pare_text *text)
{
    static const struct {
        pare_outcome outcome;
        const char *head;
    } PARTS[] = {{PARE_OUTCOME_KEPT, "Kept"}, {PARE_OUTCOME_SKIPPED, "Skipped"}};
    for (size_t part = 0; part < 2; part++) {
        bool first = true;
        for (size_t i = 0; i < summary->reason_count; i++) {
            if (summary->reasons[i].outcome != PARTS[part].outcome) continue;
            if (first) pare_text_add(text, "\n%s\n", PARTS[part].head);
            first = false;
            pare_text_add(text, "  %6llu  %s\n", (unsigned long long)summary->reasons[i].count,
                          pare_err_text(summary->reasons[i].err));
        }
    }
}

void pare_summary_print(const pare_summary *summary, const pare_progress *totals,
                        const pare_summary_context *context, pare_text *text)
{
    print_totals(totals, context, text);
    print_folder(summary, context, text);
    print_biggest(summary, context, text);
    print_reasons(summary, text);
    if (summary->failure_count == 0) return;
    pare_text_add(text, "\nFailed\n");
    for (size_t i = 0; i < PARE_SUMMARY_FAILURES && i < summary->failure_count; i++) {
        pare_text_add(text, "  %s\n", summary->failures[i] ? summary->failures[i] : "?");
    }
    if (summary->failure_count > PARE_SUMMARY_FAILURES) {
        pare_text_add(text, "  and %llu more, see --json\n",
                      (unsigned long long)(summary->failure_count - PARE_SUMMARY_FAILURES));
    }
}
