// SPDX-License-Identifier: Apache-2.0
/* Runs that go on: after a kill, after failures, and for one file with other settings. */
#include "integration/engine_jobs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/ledger_jobs.h"
#include "host/ledger_results.h"

enum { MANY = 200 };

static void kill_myself(seen *s, const pare_file_result *result)
{
    (void)result;
    if (s->results == 80) kill(getpid(), SIGKILL);
}

static void keep_job(void *user, const pare_ledger_job *job)
{
    *(pare_ledger_job *)user = *job;
}

static pare_ledger_job job_of(pare_engine *engine, int64_t id)
{
    pare_ledger_job job = {0};
    MUST(pare_ledger_jobs(pare_engine_ledger(engine), id, keep_job, &job, NULL));
    return job;
}

static int64_t add_row(pare_engine *engine)
{
    int64_t id;
    const pare_ledger_job row = {.name = "job", .state = PARE_JOB_QUEUED};
    MUST(pare_ledger_job_add(pare_engine_ledger(engine), &row, &id, NULL));
    return id;
}

static void check_sums(pare_engine *engine, int64_t run_id, const pare_progress *want)
{
    pare_progress sums;
    MUST(pare_ledger_totals(pare_engine_ledger(engine), run_id, &sums, NULL));
    CHECK_INT(want->files_done, ==, sums.files_done);
    CHECK_INT(want->optimized, ==, sums.optimized);
    CHECK_INT(want->kept, ==, sums.kept);
    CHECK_INT(want->skipped, ==, sums.skipped);
    CHECK_INT(want->failed, ==, sums.failed);
    CHECK_INT(want->bytes_in, ==, sums.bytes_in);
    CHECK_INT(want->bytes_out, ==, sums.bytes_out);
}

static void run_until_killed(const char *path, pare_output_mode mode)
{
    const pid_t child = fork();
    if (child == 0) {
        static seen s;
        pare_batch_options options;
        pare_engine *engine = make_engine(2, true);
        at_result = kill_myself;
        options_for(&s, &options);
        options.output_mode = mode;
        MUST(try_add(engine, path, &s, (pare_job_request){.job_id = add_row(engine)}, options));
        pare_engine_run(engine);
        _exit(1); /* it should have died */
    }
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), ==, child);
    CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool tells_births(const char *path)
{
    struct statx st;
    return statx(AT_FDCWD, path, 0, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME);
}

TEST(a_killed_run_goes_on_where_it_was)
{
    static const pare_output_mode MODES[] = {PARE_OUTPUT_BESIDE, PARE_OUTPUT_IN_PLACE};
    pare_engine *engine = make_engine(1, true); /* makes the ledger */
    pare_engine_destroy(&engine);
    for (int m = 0; m < 2; m++) {
        seen s = {0};
        pare_batch_options options;
        pare_progress before;
        printf("# mode %d\n", (int)MODES[m]);
        char *const path = folder_of("sleep 2", MANY);
        if (!tells_births(path)) test_skip("the file system does not tell births");
        run_until_killed(path, MODES[m]);
        engine = make_engine(2, true);
        const pare_ledger_job row = job_of(engine, m + 1);
        CHECK_INT(row.state, ==, PARE_JOB_RUNNING);
        CHECK_INT(row.run_id, >, 0);
        MUST(pare_ledger_totals(pare_engine_ledger(engine), row.run_id, &before, NULL));
        CHECK_INT(before.files_done, <=, 80);
        options_for(&s, &options);
        options.output_mode = MODES[m];
        const pare_job_request request = {.job_id = m + 1, .run_id = row.run_id};
        s.last_seq = before.seq;
        MUST(try_add(engine, path, &s, request, options));
        pare_engine_run(engine);
        CHECK_INT(s.state, ==, PARE_JOB_DONE);
        CHECK_TRUE(!s.out_of_order);
        CHECK_INT(s.results, ==, MANY - before.files_done); /* nothing twice */
        CHECK_INT(s.last.files_total, ==, MANY);
        CHECK_INT(s.last.files_done, ==, MANY);
        CHECK_INT(s.last.optimized, ==, MANY);
        CHECK_DOUBLE(s.last.fraction, ==, 1.0);
        CHECK_INT(pare_job_run_id(s.job), ==, row.run_id);
        check_sums(engine, row.run_id, &s.last);
        if (MODES[m] == PARE_OUTPUT_BESIDE) CHECK_INT(s.last.bytes_out, ==, MANY * FILE_LEN / 2);
        CHECK_INT(job_of(engine, m + 1).state, ==, PARE_JOB_DONE);
        pare_engine_destroy(&engine);
    }
}

TEST(files_that_failed_are_tried_again_and_sums_stay_right)
{
    static seen first, again;
    pare_batch_options options;
    pare_engine *engine = make_engine(2, true);
    char *const path = folder_of("shrink", 20);
    const int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    put(dir, "bad.png", "corrupt", new_number());
    put(dir, "worse.png", "crash", new_number());
    const int64_t id = add_row(engine);
    options_for(&first, &options);
    MUST(try_add(engine, path, &first, (pare_job_request){.job_id = id}, options));
    pare_engine_run(engine);
    check_done(&first, 22);
    CHECK_INT(first.last.failed, ==, 2);
    const int64_t run_id = pare_job_run_id(first.job);
    pare_job_release(&first.job);

    put(dir, "bad.png", "shrink", new_number()); /* somebody mended it */
    put(dir, "new.png", "shrink", new_number()); /* is no part of the run */
    options_for(&again, &options);
    again.last_seq = 22;
    const pare_job_request request = {.job_id = id, .run_id = run_id, .again = PARE_AGAIN_FAILED};
    MUST(try_add(engine, path, &again, request, options));
    pare_engine_run(engine);
    CHECK_INT(again.state, ==, PARE_JOB_DONE);
    CHECK_TRUE(!again.out_of_order);
    CHECK_INT(again.results, ==, 2);
    CHECK_INT(again.replaced, ==, 2);
    CHECK_INT(again.last.files_total, ==, 22);
    CHECK_INT(again.last.files_done, ==, 22);
    CHECK_INT(again.last.optimized, ==, 21);
    CHECK_INT(again.last.failed, ==, 1);
    CHECK_INT(again.last.bytes_in, ==, 22 * FILE_LEN);
    CHECK_INT(again.last.bytes_out, ==, 21 * FILE_LEN / 2 + FILE_LEN);
    check_sums(engine, run_id, &again.last);
    close(dir);
    pare_engine_destroy(&engine);
}

static uint64_t size_of(const char *folder, const char *name)
{
    char path[4300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t seq_of_f0003;
static void note_f0003(seen *s, const pare_file_result *result)
{
    (void)s;
    if (strstr(result->input, "f0003")) seq_of_f0003 = result->seq;
}

static void redo(pare_output_mode mode, const char *backup_dir)
{
    static seen first, again;
    pare_batch_options options;
    seen *const all[] = {&first, &again};
    for (int i = 0; i < 2; i++)
        *all[i] = (seen){0};
    pare_engine *engine = make_engine(2, true);
    char *const path = folder_of("shrink", 10);
    options_for(&first, &options);
    options.output_mode = mode;
    options.backup_dir = backup_dir;
    at_result = note_f0003;
    MUST(try_add(engine, path, &first, (pare_job_request){0}, options));
    pare_engine_run(engine);
    check_done(&first, 10);
    const int64_t run_id = pare_job_run_id(first.job);
    const uint64_t seq = seq_of_f0003;
    const pare_job_request request = {.run_id = run_id, .again = PARE_AGAIN_ONE, .redo_seq = seq};
    options.user = &again;
    options.image.effort++; /* other settings */
    again.last_seq = 10;
    MUST(try_add(engine, path, &again, request, options));
    if (mode == PARE_OUTPUT_IN_PLACE) { /* the disk is not touched by the call */
        CHECK_INT(size_of(path, "f0003.png"), ==, FILE_LEN / 2);
    }
    pare_engine_run(engine);
    CHECK_INT(again.state, ==, PARE_JOB_DONE);
    CHECK_INT(again.results, ==, 1);
    CHECK_INT(again.replaced, ==, 1);
    CHECK_INT(seq_of_f0003, ==, 11);
    CHECK_INT(again.last.files_done, ==, 10);
    CHECK_INT(again.last.optimized, ==, 10);
    CHECK_INT(again.last.bytes_in, ==, 10 * FILE_LEN);
    CHECK_INT(again.last.bytes_out, ==, 10 * FILE_LEN / 2);
    check_sums(engine, run_id, &again.last);
    const char *const name = mode == PARE_OUTPUT_BESIDE ? "optimized/f0003.png" : "f0003.png";
    CHECK_INT(size_of(path, name), ==, FILE_LEN / 2); /* made from the original, not from that */
    /* the row that was replaced cannot be redone; the new one can */
    seen none = {0};
    options.user = &none;
    CHECK_INT(try_add(engine, path, &none, request, options), ==, PARE_ERR_NOT_FOUND);
    pare_engine_destroy(&engine);
}

TEST(one_file_is_done_again_with_other_settings)
{
    char backup[128];
    redo(PARE_OUTPUT_BESIDE, NULL);
    (void)test_dir();
    snprintf(backup, sizeof backup, "%s/kept", test_dir_path());
    redo(PARE_OUTPUT_IN_PLACE, backup);
}

/* The sums and the row must not go on to claim a saving that is no more there. */
TEST(a_redo_that_is_cancelled_says_that_the_original_is_back)
{
    static seen first, again;
    char backup[128];
    pare_batch_options options;
    pare_engine *engine = make_engine(1, true);
    char *const path = folder_of("shrink", 1);
    snprintf(backup, sizeof backup, "%s/kept", test_dir_path());
    options_for(&first, &options);
    options.backup_dir = backup;
    MUST(try_add(engine, path, &first, (pare_job_request){.job_id = add_row(engine)}, options));
    pare_engine_run(engine);
    const int64_t run_id = pare_job_run_id(first.job);
    const pare_job_request request = {
        .job_id = 1, .run_id = run_id, .again = PARE_AGAIN_ONE, .redo_seq = 1};
    options.user = &again;
    again.last_seq = 1;
    MUST(try_add(engine, path, &again, request, options));
    while (size_of(path, "f0000.png") != FILE_LEN)
        uv_run(pare_engine_loop(engine), UV_RUN_NOWAIT);
    pare_job_cancel(again.job);
    pare_engine_run(engine);
    if (again.state == PARE_JOB_DONE) test_skip("the image was done before the cancel");
    CHECK_INT(again.state, ==, PARE_JOB_CANCELLED);
    CHECK_INT(size_of(path, "f0000.png"), ==, again.last.bytes_out);
    CHECK_INT(again.last.files_done, ==, 1);
    CHECK_INT(again.replaced, ==, 1);
    check_sums(engine, run_id, &again.last);
    pare_engine_destroy(&engine);
}

TEST(what_was_replaced_without_a_backup_is_not_done_again)
{
    static seen first, again;
    pare_batch_options options;
    pare_engine *engine = make_engine(1, true);
    char *const path = folder_of("shrink", 1);
    options_for(&first, &options);
    MUST(try_add(engine, path, &first, (pare_job_request){0}, options));
    pare_engine_run(engine);
    const pare_job_request request = {
        .run_id = pare_job_run_id(first.job), .again = PARE_AGAIN_ONE, .redo_seq = 1};
    CHECK_INT(try_add(engine, path, &again, request, options), ==, PARE_ERR_NOT_FOUND);
    CHECK_INT(size_of(path, "f0000.png"), ==, FILE_LEN / 2);
    const pare_job_request nowhere = {.run_id = 999};
    CHECK_INT(try_add(engine, path, &again, nowhere, options), ==, PARE_ERR_NOT_FOUND);
    pare_engine_destroy(&engine);
}

TEST(a_redo_that_fails_leaves_the_earlier_result)
{
    static seen first, again;
    pare_batch_options options;
    pare_engine *engine = make_engine(1, true);
    char *const path = folder_of("shrink", 3);
    options_for(&first, &options);
    options.output_mode = PARE_OUTPUT_BESIDE;
    at_result = note_f0003;
    MUST(try_add(engine, path, &first, (pare_job_request){0}, options));
    pare_engine_run(engine);
    const int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    put(dir, "f0000.png", "corrupt", new_number());
    put(dir, "f0001.png", "corrupt", new_number());
    put(dir, "f0002.png", "corrupt", new_number());
    const pare_job_request request = {
        .run_id = pare_job_run_id(first.job), .again = PARE_AGAIN_ONE, .redo_seq = 2};
    options.user = &again;
    MUST(try_add(engine, path, &again, request, options));
    pare_engine_run(engine);
    CHECK_INT(again.state, ==, PARE_JOB_FAILED);
    CHECK_INT(again.err, ==, PARE_ERR_CORRUPT);
    CHECK_TRUE(strstr(again.text, "damaged") != NULL);
    CHECK_INT(again.results, ==, 0);
    CHECK_INT(again.last.optimized, ==, 3);
    check_sums(engine, pare_job_run_id(first.job), &again.last);
    close(dir);
    pare_engine_destroy(&engine);
}

static void pause_at_ten(seen *s, const pare_file_result *result)
{
    (void)result;
    if (s->results == 10) pare_job_pause(s->job);
}

TEST(an_engine_that_closes_leaves_jobs_to_the_next_one)
{
    static seen first, again;
    pare_batch_options options;
    pare_engine *engine = make_engine(2, true);
    char *const path = folder_of("sleep 2", 100);
    const int64_t id = add_row(engine);
    at_result = pause_at_ten;
    options_for(&first, &options);
    MUST(try_add(engine, path, &first, (pare_job_request){.job_id = id}, options));
    while (first.state != PARE_JOB_PAUSED)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    pare_engine_destroy(&engine);
    CHECK_TRUE(!pare_job_state_is_final(first.state));

    engine = make_engine(2, true);
    const pare_ledger_job row = job_of(engine, id);
    CHECK_INT(row.state, ==, PARE_JOB_PAUSED);
    options.user = &again;
    at_result = NULL;
    again.last_seq = first.last_seq;
    const pare_job_request request = {.job_id = id, .run_id = row.run_id, .paused = true};
    MUST(try_add(engine, path, &again, request, options));
    pare_job_resume(again.job);
    pare_engine_run(engine);
    CHECK_INT(again.state, ==, PARE_JOB_DONE);
    CHECK_INT(first.results + again.results, ==, 100);
    CHECK_INT(again.last.files_done, ==, 100);
    CHECK_INT(again.last.optimized, ==, 100);
    CHECK_INT(again.last.bytes_in, ==, 100 * FILE_LEN);
    check_sums(engine, row.run_id, &again.last);
    pare_engine_destroy(&engine);
}

TEST(a_cancelled_job_is_not_taken_up_by_the_next_engine)
{
    static seen s;
    pare_batch_options options;
    pare_engine *engine = make_engine(2, true);
    char *const path = folder_of("sleep 5", 100);
    const int64_t id = add_row(engine);
    options_for(&s, &options);
    MUST(try_add(engine, path, &s, (pare_job_request){.job_id = id}, options));
    while (s.results < 5)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    pare_job_cancel(s.job);
    pare_engine_destroy(&engine); /* before the cancel had come to its end */
    engine = make_engine(2, true);
    CHECK_INT(job_of(engine, id).state, ==, PARE_JOB_CANCELLED);
    pare_engine_destroy(&engine);
}

RUN(a_killed_run_goes_on_where_it_was, files_that_failed_are_tried_again_and_sums_stay_right,
    one_file_is_done_again_with_other_settings,
    a_redo_that_is_cancelled_says_that_the_original_is_back,
    what_was_replaced_without_a_backup_is_not_done_again,
    a_redo_that_fails_leaves_the_earlier_result, an_engine_that_closes_leaves_jobs_to_the_next_one,
    a_cancelled_job_is_not_taken_up_by_the_next_engine)
