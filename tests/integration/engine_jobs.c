// SPDX-License-Identifier: Apache-2.0
#include "integration/engine_jobs.h"

#include <stdlib.h>

uint64_t all_results;
void (*at_result)(seen *s, const pare_file_result *result);
static int number;

static void on_result(void *user, const pare_file_result *result)
{
    seen *const s = user;
    if (result->seq != s->last_seq + 1) s->out_of_order = true;
    s->last_seq = result->seq;
    s->results++;
    if (result->outcome == PARE_OUTCOME_FAILED) s->last_failed = result->err;
    s->replaced += result->replaces > 0;
    s->by_outcome[result->outcome]++;
    s->bytes_in += result->bytes_in;
    s->bytes_out += result->bytes_out;
    all_results++;
    if (at_result) at_result(s, result);
}

static void on_progress(void *user, const pare_progress *progress)
{
    seen *const s = user;
    s->finals += progress->final;
    if (progress->fraction < s->last.fraction) s->out_of_order = true;
    s->last = *progress;
}

static void on_state(void *user, pare_job *job, pare_job_state state, pare_err err,
                     const char *text)
{
    seen *const s = user;
    CHECK_TRUE(job == s->job);
    CHECK_TRUE(!pare_job_state_is_final(s->state));
    if (text[0]) printf("# %s\n", text);
    snprintf(s->text, sizeof s->text, "%s", text);
    s->state = state;
    s->err = err;
    s->changes[state]++;
    if (pare_job_state_is_final(state)) s->ended_after = all_results;
}

void put(int dir, const char *name, const char *order, int unique)
{
    uint8_t data[FILE_LEN];
    memset(data, 'x', sizeof data);
    memcpy(data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\2\0\0\0\0\0\0\0", 33);
    const int len = snprintf((char *)data + 33, 300, "do:%s\n%d.", order, unique);
    data[33 + len] = 'y';
    test_put_bytes(dir, name, data, sizeof data);
}

int new_number(void)
{
    return ++number;
}

char *folder_of(const char *order, int count)
{
    static char paths[16][128]; /* no test has more folders */
    static int used;
    const int dir = test_dir();
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%04d.png", i);
        put(dir, name, order, new_number());
    }
    char *const path = paths[used++ % 16];
    snprintf(path, sizeof paths[0], "%s", test_dir_path());
    return path;
}

pare_engine *make_engine(uint32_t workers, bool with_ledger)
{
    static char ledger[4200];
    pare_engine_options options;
    pare_engine *engine = NULL;
    pare_engine_options_init(&options);
    if (!ledger[0]) {
        (void)test_dir();
        snprintf(ledger, sizeof ledger, "%s/ledger.db", test_dir_path());
    }
    options.workers = workers;
    options.use_ledger = with_ledger;
    options.ledger_path = ledger;
    options.worker_path = getenv("PARE_TEST_WORKER");
    MUST(pare_engine_create(&options, &engine, NULL));
    return engine;
}

void options_for(seen *s, pare_batch_options *options)
{
    pare_batch_options_init(options);
    options->output_mode = PARE_OUTPUT_IN_PLACE;
    options->timeout_ms = 20000;
    options->on_result = on_result;
    options->on_progress = on_progress;
    options->user = s;
}

pare_err try_add(pare_engine *engine, const char *path, seen *s, pare_job_request request,
                 pare_batch_options options)
{
    pare_diag diag = {0};
    request.options = &options;
    request.paths = &path;
    request.path_count = 1;
    request.on_state = on_state;
    const pare_err err = pare_engine_add(engine, &request, &s->job, &diag);
    if (err != PARE_OK) printf("# %s\n", diag.text);
    return err;
}

void add(pare_engine *engine, const char *path, seen *s, pare_priority priority)
{
    pare_batch_options options;
    options_for(s, &options);
    options.priority = priority;
    MUST(try_add(engine, path, s, (pare_job_request){0}, options));
}

void check_done(const seen *s, uint64_t files)
{
    CHECK_INT(s->state, ==, PARE_JOB_DONE);
    CHECK_INT(s->changes[PARE_JOB_DONE], ==, 1);
    CHECK_INT(s->finals, ==, 1);
    CHECK_TRUE(s->last.final);
    CHECK_TRUE(!s->out_of_order);
    CHECK_INT(s->results, ==, files);
    CHECK_INT(s->last.files_total, ==, files);
    CHECK_INT(s->last.files_done, ==, files);
    CHECK_INT(s->last.optimized, ==, s->by_outcome[PARE_OUTCOME_OPTIMIZED]);
    CHECK_INT(s->last.failed, ==, s->by_outcome[PARE_OUTCOME_FAILED]);
    CHECK_INT(s->last.bytes_in, ==, s->bytes_in);
    CHECK_INT(s->last.bytes_out, ==, s->bytes_out);
    CHECK_DOUBLE(s->last.fraction, ==, 1.0);
}
