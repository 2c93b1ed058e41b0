// SPDX-License-Identifier: Apache-2.0
/* Defaults, ranges and copies of options. */
#include "host/options.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    DEFAULT_INTERVAL_MS = 100,
    SMALLEST_MEMORY = 64 * 1024 * 1024,
};

void pare_batch_options_init(pare_batch_options *options)
{
    *options = (pare_batch_options){
        .timeout_ms = DEFAULT_TIMEOUT_MS,
        .use_ledger = true,
#ifndef PARE_SANITIZED /* whose workers have none, see worker/sandbox.h */
        .require_sandbox = true,
#endif
        .progress_interval_ms = DEFAULT_INTERVAL_MS,
    };
    pare_options_init(&options->image);
}

pare_err pare_batch_options_check(const pare_batch_options *o, pare_diag *diag)
{
    PARE_TRY(pare_options_check(&o->image, diag));
    if ((unsigned)o->output_mode > PARE_OUTPUT_SUFFIX) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown output mode %d", (int)o->output_mode);
    }
    if (o->output_mode == PARE_OUTPUT_FOLDER && (!o->output_dir || !o->output_dir[0])) {
        return pare_fail(diag, PARE_ERR_INVALID, "no output folder was given");
    }
    if (o->output_mode == PARE_OUTPUT_SUFFIX &&
        (!o->suffix || !o->suffix[0] || strchr(o->suffix, '/'))) {
        return pare_fail(diag, PARE_ERR_INVALID, "the suffix is empty or has a '/'");
    }
    if (o->backup_dir && o->output_mode != PARE_OUTPUT_IN_PLACE) {
        return pare_fail(diag, PARE_ERR_INVALID, "a backup folder is for in-place runs only");
    }
    if (o->salvage_dir && !o->salvage_dir[0]) {
        return pare_fail(diag, PARE_ERR_INVALID, "the folder for salvaged files has no name");
    }
    if (o->jobs > PARE_MAX_WORKERS) {
        return pare_fail(diag, PARE_ERR_INVALID, "more than %d jobs", PARE_MAX_WORKERS);
    }
    if (o->memory_bytes > 0 && o->memory_bytes < SMALLEST_MEMORY) {
        return pare_fail(diag, PARE_ERR_INVALID, "a memory budget below 64 MiB");
    }
    if (o->timeout_ms == 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "the time limit is 0");
    }
    if ((unsigned)o->priority > PARE_PRIORITY_HIGH) {
        return pare_fail(diag, PARE_ERR_INVALID, "unknown priority %d", (int)o->priority);
    }
    return PARE_OK;
}

/* Moves *text to the copy at *at. */
static void copy_text(const char **text, char **at)
{
    if (!*text) return;
    const size_t size = strlen(*text) + 1;
    memcpy(*at, *text, size);
    *text = *at;
    *at += size;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

pare_err pare_batch_options_copy(const pare_batch_options *from, pare_batch_options *to,
                                 void **texts, pare_diag *diag)
{
    *to = *from;
    const char **const fields[] = {&to->output_dir,   &to->suffix,      &to->backup_dir,
                                   &to->ledger_path,  &to->worker_path, &to->trace_path,
                                   &to->command_line, &to->salvage_dir};
    const size_t field_count = sizeof fields / sizeof *fields;
    size_t size = from->exclude_count * sizeof *from->excludes + 1;
    for (size_t i = 0; i < field_count; i++) {
        size += text_size(*fields[i]);
    }
    for (size_t i = 0; i < from->exclude_count; i++) {
        size += text_size(from->excludes[i]);
    }
    const char **const excludes = malloc(size);
    *texts = excludes;
    if (!excludes) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the options");
    char *at = (char *)(excludes + from->exclude_count);
    for (size_t i = 0; i < from->exclude_count; i++) {
        excludes[i] = from->excludes[i];
        copy_text(&excludes[i], &at);
    }
    to->excludes = excludes;
    for (size_t i = 0; i < field_count; i++) {
        copy_text(fields[i], &at);
    }
    return PARE_OK;
}
