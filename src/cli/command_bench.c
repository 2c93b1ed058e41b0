// SPDX-License-Identifier: Apache-2.0
/* `pare bench`: what some settings make of a sample of one's own images, and what they cost.
 * Nothing is written. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json_text.h"

#include "cli/human.h"
#include "cli/report.h"
#include "cli/signals.h"

typedef struct setting {
    const char *name; /* as the command line has it */
    pare_format format;
    pare_quality quality;
    int effort;
} setting;

#define ORIGINAL PARE_FORMAT_UNKNOWN
#define AUTO                                                                                       \
    {                                                                                              \
        .mode = PARE_QUALITY_AUTO                                                                  \
    }
#define SCORE(s)                                                                                   \
    {                                                                                              \
        .mode = PARE_QUALITY_SCORE, .score = (s)                                                   \
    }
#define FIXED(q)                                                                                   \
    {                                                                                              \
        .mode = PARE_QUALITY_FIXED, .value = (q)                                                   \
    }

static const setting SETTINGS[] = {
    {"-q auto", ORIGINAL, AUTO, PARE_EFFORT_DEFAULT},
    {"--effort 0", ORIGINAL, AUTO, 0},
    {"--effort 8", ORIGINAL, AUTO, 8},
    {"-q score:90", ORIGINAL, SCORE(90), PARE_EFFORT_DEFAULT},
    {"-q score:70", ORIGINAL, SCORE(70), PARE_EFFORT_DEFAULT},
    {"-q 90", ORIGINAL, FIXED(90), PARE_EFFORT_DEFAULT},
    {"-q 75", ORIGINAL, FIXED(75), PARE_EFFORT_DEFAULT},
    {"--lossless", ORIGINAL, {.mode = PARE_QUALITY_LOSSLESS}, PARE_EFFORT_DEFAULT},
    {"-f webp", PARE_FORMAT_WEBP, AUTO, PARE_EFFORT_DEFAULT},
    {"-f avif", PARE_FORMAT_AVIF, AUTO, PARE_EFFORT_DEFAULT},
};

typedef struct sample {
    char **paths; /* owned */
    size_t count, cap;
    bool lost; /* memory ran out */
} sample;

/* Sums over the results of one setting. */
typedef struct tally {
    uint64_t files, failed, scored, pixels;
    double score_sum, score_least;
} tally;

static void take_path(void *user, const pare_file_result *result)
{
    sample *const s = user;
    if (result->outcome == PARE_OUTCOME_FAILED || result->outcome == PARE_OUTCOME_SKIPPED) return;
    if (s->count == s->cap) {
        const size_t cap = s->cap ? 2 * s->cap : 64;
        char **const more = reallocarray(s->paths, cap, sizeof *more);
        if (!more) {
            s->lost = true;
            return;
        }
        s->paths = more;
        s->cap = cap;
    }
    s->paths[s->count] = strdup(result->input);
    if (s->paths[s->count]) {
        s->count++;
    } else {
        s->lost = true;
    }
}

static void free_sample(sample *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->paths[i]);
    free(s->paths);
    *s = (sample){0};
}

/* At most `most` of the paths, evenly over the list; the others are freed. */
static void thin(sample *s, size_t most)
{
    const size_t count = s->count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (count <= most || kept * count / most == i) {
            s->paths[kept++] = s->paths[i];
        } else {
            free(s->paths[i]);
        }
    }
    s->count = kept;
}

static void ignore_notice(void *user, const char *text)
{
    (void)user, (void)text;
}

static pare_batch_options quiet_options(const pare_arguments *arguments)
{
    pare_batch_options options = arguments->batch;
    options.use_ledger = false;
    options.force = true;
    options.on_notice = ignore_notice;
    return options;
}

/* The images below the paths, as a dry run finds them. */
static pare_err find_images(const pare_arguments *arguments, sample *s, pare_diag *diag)
{
    pare_batch *batch = NULL;
    pare_batch_options options = quiet_options(arguments);
    options.dry_run = true;
    options.on_result = take_path;
    options.user = s;
    pare_err err = pare_batch_create(&options, &batch, diag);
    if (err == PARE_OK && arguments->path_count == 0) err = pare_batch_add(batch, ".", diag);
    for (size_t i = 0; i < arguments->path_count && err == PARE_OK; i++)
        err = pare_batch_add(batch, arguments->paths[i], diag);
    if (err == PARE_OK) err = pare_batch_run(batch, diag);
    pare_batch_destroy(&batch);
    return err == PARE_OK && s->lost ? PARE_ERR_NO_MEMORY : err;
}

static void count_result(void *user, const pare_file_result *result)
{
    tally *const t = user;
    t->files++;
    if (result->outcome == PARE_OUTCOME_FAILED) {
        t->failed++;
        return;
    }
    t->pixels += (uint64_t)result->width_px * result->height_px;
    if (result->outcome != PARE_OUTCOME_OPTIMIZED || result->score < 0) return;
    t->score_least =
        t->scored == 0 || result->score < t->score_least ? result->score : t->score_least;
    t->score_sum += result->score;
    t->scored++;
}

static double cpu_s(void)
{
    double sum = 0;
    static const int WHO[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (size_t i = 0; i < sizeof WHO / sizeof *WHO; i++) {
        struct rusage usage;
        if (getrusage(WHO[i], &usage) != 0) continue;
        sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
        sum += (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

static void add_json(pare_text *out, const setting *way, const tally *t, const pare_progress *sums,
                     double cpu)
{
    pare_json_begin(out, "bench");
    pare_json_string(out, "setting", way->name);
    pare_json_uint(out, "files", t->files);
    pare_json_uint(out, "failed", t->failed);
    pare_json_uint(out, "bytes_in", sums->bytes_in);
    pare_json_uint(out, "bytes_out", sums->bytes_out);
    if (t->scored) {
        pare_json_real(out, "score_mean", t->score_sum / (double)t->scored, 2);
        pare_json_real(out, "score_least", t->score_least, 2);
    } else {
        pare_json_null(out, "score_mean");
        pare_json_null(out, "score_least");
    }
    pare_json_uint(out, "pixels", t->pixels);
    pare_json_real(out, "cpu_s", cpu, 3);
    pare_json_uint(out, "ms", sums->elapsed_ms);
    pare_json_end(out);
}

static void add_line(pare_text *out, const setting *way, const tally *t, const pare_progress *sums,
                     double cpu)
{
    char bytes[16];
    const double megapixels = (double)t->pixels / 1e6;
    pare_format_bytes(sums->bytes_out, bytes);
    pare_text_add(out, "%-12s %10s %6.1f %%", way->name, bytes,
                  sums->bytes_in ? 100.0 * (double)sums->bytes_out / (double)sums->bytes_in : 0.0);
    if (t->scored) {
        pare_text_add(out, " %7.1f %7.1f", t->score_sum / (double)t->scored, t->score_least);
    } else {
        pare_text_add(out, " %7s %7s", "-", "-");
    }
    pare_text_add(out, " %9.2f %9.1f", cpu,
                  sums->elapsed_ms ? megapixels * 1000 / (double)sums->elapsed_ms : 0.0);
    if (t->failed) pare_text_add(out, "  %llu failed", (unsigned long long)t->failed);
    pare_text_add(out, "\n");
}

/* All of the sample with one setting; `check` does the work and writes nothing. */
static pare_err measure(const pare_arguments *arguments, const sample *s, const setting *way,
                        pare_text *out, pare_diag *diag)
{
    tally t = {0};
    pare_progress sums = {0};
    pare_batch *batch = NULL;
    pare_batch_options options = quiet_options(arguments);
    options.check = true;
    options.on_result = count_result;
    options.user = &t;
    options.image.quality = way->quality;
    options.image.effort = way->effort;
    /* a fixed quality is only scored when there is a floor to keep */
    if (way->quality.mode == PARE_QUALITY_FIXED) options.image.min_score = 1;
    if (way->format != ORIGINAL) {
        options.image.target = PARE_TARGET_FORMAT;
        options.image.format = way->format;
    }
    const double start_s = cpu_s();
    pare_err err = pare_batch_create(&options, &batch, diag);
    if (err == PARE_OK) pare_signals_watch(batch);
    for (size_t i = 0; i < s->count && err == PARE_OK; i++)
        err = pare_batch_add(batch, s->paths[i], diag);
    if (err == PARE_OK) err = pare_batch_run(batch, diag);
    if (batch) pare_batch_summary(batch, &sums);
    pare_signals_release();
    pare_batch_destroy(&batch);
    if (err != PARE_OK) return err;
    const double cpu = cpu_s() - start_s; /* the workers have been waited for */
    if (arguments->json) {
        add_json(out, way, &t, &sums, cpu);
    } else {
        add_line(out, way, &t, &sums, cpu);
    }
    return PARE_OK;
}

static int finish(pare_err err, const pare_diag *diag)
{
    if (err == PARE_OK) return PARE_EXIT_OK;
    if (err == PARE_ERR_CANCELLED) return PARE_EXIT_SIGNAL;
    pare_complain(diag->text[0] ? diag->text : pare_err_text(err));
    return err == PARE_ERR_INVALID ? PARE_EXIT_USAGE : PARE_EXIT_FAILED;
}

int pare_command_bench(const pare_arguments *arguments)
{
    sample s = {0};
    pare_diag diag = {0};
    pare_text out = {0};
    pare_err err = find_images(arguments, &s, &diag);
    const size_t found = s.count;
    if (err == PARE_OK && found == 0) {
        err = pare_fail(&diag, PARE_ERR_NOT_FOUND, "no images there to measure with");
    }
    thin(&s, arguments->limit);
    if (err == PARE_OK && !arguments->json) {
        pare_text_add(&out, "%zu of %zu images\n\n", s.count, found);
        pare_text_add(&out, "%-12s %10s %8s %7s %7s %9s %9s\n", "setting", "bytes", "of input",
                      "score", "least", "CPU s", "Mpx/s");
    }
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS && err == PARE_OK; i++) {
        err = measure(arguments, &s, &SETTINGS[i], &out, &diag);
        if (!pare_text_write(&out, STDOUT_FILENO) && err == PARE_OK) {
            err = pare_fail_errno(&diag, "write", "standard output");
        }
    }
    pare_text_deinit(&out);
    free_sample(&s);
    return finish(err, &diag);
}
