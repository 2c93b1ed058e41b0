// SPDX-License-Identifier: Apache-2.0
/* Several jobs side by side, with worker processes that do as the test files say. */
#include "integration/engine_jobs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

TEST(two_jobs_at_once_have_exact_totals)
{
    static seen a, b;
    pare_engine *engine = make_engine(2, true);
    add(engine, folder_of("shrink", 300), &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("shrink", 200), &b, PARE_PRIORITY_NORMAL);
    pare_engine_run(engine);
    check_done(&a, 300);
    check_done(&b, 200);
    CHECK_INT(a.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 300);
    CHECK_INT(b.bytes_out, ==, 200 * FILE_LEN / 2);
    CHECK_TRUE(pare_job_run_id(a.job) != pare_job_run_id(b.job));
    pare_job_release(&a.job);
    pare_engine_destroy(&engine); /* the other one is released by this */
    CHECK_TRUE(engine == NULL);
}

TEST(a_small_job_ends_while_a_large_one_runs)
{
    static seen large, small;
    pare_engine *engine = make_engine(2, false);
    add(engine, folder_of("sleep 2", 300), &large, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("sleep 2", 10), &small, PARE_PRIORITY_NORMAL);
    pare_engine_run(engine);
    check_done(&large, 300);
    check_done(&small, 10);
    /* Turn and turn about, and what the queue of the first had before. */
    CHECK_INT(small.ended_after, <, 100);
    CHECK_INT(large.ended_after, ==, 310);
    pare_engine_destroy(&engine);
}

TEST(a_higher_priority_goes_first_and_a_lower_one_waits)
{
    static seen low, high;
    pare_engine *engine = make_engine(2, false);
    add(engine, folder_of("sleep 2", 200), &low, PARE_PRIORITY_LOW);
    add(engine, folder_of("sleep 2", 60), &high, PARE_PRIORITY_HIGH);
    pare_engine_run(engine);
    check_done(&low, 200);
    check_done(&high, 60);
    CHECK_INT(high.ended_after, <, 110); /* with equal shares it would be 120 at the least */
    pare_engine_destroy(&engine);
}

static seen *paused_one;
static uint64_t results_at_pause, others_since;

static void pause_after_five(seen *s, const pare_file_result *result)
{
    (void)result;
    if (s != paused_one) {
        others_since++;
        if (others_since == 60 && s->state == PARE_JOB_RUNNING) {
            results_at_pause = paused_one->results;
            CHECK_INT(pare_job_state_of(paused_one->job), ==, PARE_JOB_PAUSED);
        }
        if (others_since == 120) {
            CHECK_INT(paused_one->results, ==, results_at_pause); /* nothing new was started */
            pare_job_resume(paused_one->job);
        }
    } else if (s->results == 5) {
        pare_job_pause(s->job);
        others_since = 0;
    }
}

TEST(a_paused_job_stands_still_and_goes_on)
{
    static seen a, b;
    pare_engine *engine = make_engine(2, false);
    paused_one = &a;
    at_result = pause_after_five;
    add(engine, folder_of("sleep 2", 100), &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("sleep 2", 200), &b, PARE_PRIORITY_NORMAL);
    pare_engine_run(engine);
    check_done(&a, 100);
    check_done(&b, 200);
    CHECK_INT(a.changes[PARE_JOB_PAUSED], ==, 1);
    CHECK_INT(a.changes[PARE_JOB_RUNNING], ==, 2);
    CHECK_INT(results_at_pause, >=, 5);
    CHECK_INT(results_at_pause, <, 60);
    pare_engine_destroy(&engine);
}

static void cancel_after_twenty(seen *s, const pare_file_result *result)
{
    (void)result;
    if (s == paused_one && s->results == 20) pare_job_cancel(s->job);
}

TEST(a_cancelled_job_ends_alone)
{
    static seen a, b, c;
    pare_engine *engine = make_engine(2, false);
    paused_one = &a;
    at_result = cancel_after_twenty;
    add(engine, folder_of("sleep 5", 200), &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("sleep 5", 60), &b, PARE_PRIORITY_NORMAL);
    pare_batch_options options;
    options_for(&c, &options);
    MUST(try_add(engine, folder_of("shrink", 5), &c, (pare_job_request){.paused = true}, options));
    pare_job_cancel(c.job); /* before it began */
    pare_engine_run(engine);
    CHECK_INT(a.state, ==, PARE_JOB_CANCELLED);
    CHECK_INT(a.finals, ==, 1);
    CHECK_INT(a.results, >=, 20);
    CHECK_INT(a.results, <, 100);
    CHECK_INT(a.last.files_done, ==, a.results);
    CHECK_INT(c.state, ==, PARE_JOB_CANCELLED);
    CHECK_INT(c.results, ==, 0);
    check_done(&b, 60);
    pare_engine_destroy(&engine);
}

TEST(a_hanging_image_does_not_hold_a_cancelled_job_nor_the_others)
{
    static seen a, b;
    pare_engine *engine = make_engine(2, false);
    paused_one = &a;
    char *const path = folder_of("shrink", 40);
    char *const stuck = folder_of("hang", 1);
    add(engine, stuck, &a, PARE_PRIORITY_NORMAL);
    add(engine, path, &b, PARE_PRIORITY_NORMAL);
    const uint64_t start_us = pare_clock_us();
    pare_job_cancel(a.job);
    pare_engine_run(engine);
    CHECK_INT(pare_clock_us() - start_us, <, 15 * 1000 * 1000);
    CHECK_INT(a.state, ==, PARE_JOB_CANCELLED);
    check_done(&b, 40);
    pare_engine_destroy(&engine);
}

TEST(a_dying_worker_costs_only_its_image)
{
    static seen a, b;
    pare_engine *engine = make_engine(2, false);
    char *const bad = folder_of("crash", 3);
    add(engine, bad, &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("shrink", 100), &b, PARE_PRIORITY_NORMAL);
    pare_engine_run(engine);
    check_done(&a, 3);
    CHECK_INT(a.by_outcome[PARE_OUTCOME_FAILED], ==, 3);
    check_done(&b, 100);
    CHECK_INT(b.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 100);
    pare_engine_destroy(&engine);
}

/* SIGKILL from outside, as the kernel does when memory runs out. */
static void kill_workers(seen *s, const pare_file_result *result)
{
    (void)result;
    if (all_results % 40 != 0 || s->last.worker_count == 0) return;
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *const children = fopen(path, "re");
    if (!children) return;
    if (fscanf(children, "%d", &pid) == 1) CHECK_INT(kill(pid, SIGKILL), ==, 0);
    fclose(children);
}

TEST(a_killed_worker_costs_nothing)
{
    static seen a, b;
    pare_engine *engine = make_engine(2, false);
    at_result = kill_workers;
    add(engine, folder_of("sleep 2", 100), &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("sleep 2", 100), &b, PARE_PRIORITY_NORMAL);
    pare_engine_run(engine);
    check_done(&a, 100);
    check_done(&b, 100);
    CHECK_INT(a.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 100);
    CHECK_INT(b.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 100);
    pare_engine_destroy(&engine);
}

TEST(a_path_that_is_not_there_is_refused_at_once)
{
    pare_engine *engine = make_engine(1, false);
    pare_batch_options options;
    pare_batch_options_init(&options);
    const char *const paths[] = {"/nonexistent"};
    const pare_job_request request = {.options = &options, .paths = paths, .path_count = 1};
    pare_job *job = NULL;
    CHECK_INT(pare_engine_add(engine, &request, &job, NULL), ==, PARE_ERR_NOT_FOUND);
    CHECK_TRUE(job == NULL);
    pare_engine_destroy(&engine);
}

static void note_closed(void *user)
{
    *(bool *)user = true;
}

TEST(an_engine_on_a_loop_of_others_closes_and_leaves_nothing)
{
    static seen a;
    static bool closed;
    uv_loop_t loop;
    pare_engine_options options;
    pare_engine *engine = NULL;
    pare_engine_options_init(&options);
    CHECK_INT(uv_loop_init(&loop), ==, 0);
    options.loop = &loop;
    options.workers = 2;
    options.use_ledger = false;
    options.worker_path = getenv("PARE_TEST_WORKER");
    MUST(pare_engine_create(&options, &engine, NULL));
    add(engine, folder_of("sleep 5", 400), &a, PARE_PRIORITY_NORMAL);
    while (a.results < 10)
        uv_run(&loop, UV_RUN_ONCE);
    pare_engine_close(engine, note_closed, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_TRUE(closed);
    CHECK_TRUE(!pare_job_state_is_final(a.state)); /* it can go on another day */
    CHECK_INT(uv_loop_close(&loop), ==, 0);
    pare_engine_destroy(&engine);
}

/* ---- single images ---- */

typedef struct answer {
    int calls;
    pare_err err;
    pare_outcome outcome;
    uint64_t bytes_out, len, after; /* results of jobs before it */
    pare_one *one;
} answer;

static void on_one(void *user, const pare_file_result *result, int data_fd)
{
    answer *const a = user;
    struct stat st = {0};
    a->calls++;
    a->err = result->err;
    a->outcome = result->outcome;
    a->bytes_out = result->bytes_out;
    a->after = all_results;
    if (data_fd >= 0 && fstat(data_fd, &st) == 0) a->len = (uint64_t)st.st_size;
}

static int open_image(const char *order)
{
    const int dir = test_dir();
    put(dir, "one.png", order, new_number());
    return openat(dir, "one.png", O_RDONLY | O_CLOEXEC);
}

static int ask(pare_engine *engine, const char *order, answer *a)
{
    pare_options image;
    pare_options_init(&image);
    const int fd = open_image(order);
    const pare_one_request request = {
        .image = &image, .in_fd = fd, .out_fd = -1, .on_end = on_one, .user = a};
    MUST(pare_engine_one(engine, &request, &a->one, NULL));
    return fd;
}

TEST(single_images_come_before_jobs_and_give_their_bytes)
{
    static seen job;
    static const struct {
        const char *order;
        pare_err want;
        uint64_t len;
    } ORDERS[] = {{"shrink", PARE_OK, FILE_LEN / 2},
                  {"keep", PARE_SKIP_NOT_SMALLER, FILE_LEN},
                  {"corrupt", PARE_ERR_CORRUPT, 0},
                  {"crash", PARE_ERR_CRASHED, 0},
                  {"nomem", PARE_ERR_NO_MEMORY, 0}};
    static answer answers[5];
    pare_engine *engine = make_engine(2, false);
    add(engine, folder_of("sleep 2", 300), &job, PARE_PRIORITY_HIGH);
    while (job.results < 10)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    for (int i = 0; i < 5; i++)
        ask(engine, ORDERS[i].order, &answers[i]);
    pare_engine_run(engine);
    check_done(&job, 300);
    for (int i = 0; i < 5; i++) {
        printf("# %s\n", ORDERS[i].order);
        CHECK_INT(answers[i].calls, ==, 1);
        CHECK_INT(answers[i].err, ==, ORDERS[i].want);
        CHECK_INT(answers[i].len, ==, ORDERS[i].len);
        CHECK_INT(answers[i].after, <, 250);
    }
    pare_engine_destroy(&engine);
}

TEST(a_single_image_that_nobody_waits_for_is_given_up)
{
    static answer hanging, queued, fine;
    pare_engine *engine = make_engine(1, false);
    const uint64_t start_us = pare_clock_us();
    static pare_engine_metrics m;
    ask(engine, "hang", &hanging);
    while (m.worker_count == 0 || m.workers[0].view.step == PARE_STEP_IDLE) {
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
        pare_engine_metrics_get(engine, &m);
    }
    ask(engine, "shrink", &queued);
    ask(engine, "shrink", &fine);
    for (int i = 0; i < 10; i++)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    pare_one_cancel(hanging.one);
    pare_one_cancel(queued.one);
    pare_engine_run(engine);
    CHECK_INT(pare_clock_us() - start_us, <, 20 * 1000 * 1000);
    CHECK_INT(hanging.err, ==, PARE_ERR_CANCELLED);
    CHECK_INT(queued.err, ==, PARE_ERR_CANCELLED);
    CHECK_INT(fine.err, ==, PARE_OK);
    CHECK_INT(hanging.calls + queued.calls + fine.calls, ==, 3);
    pare_engine_destroy(&engine);
}

TEST(metrics_add_up)
{
    static seen a, b;
    static answer one;
    static pare_engine_metrics m;
    uint64_t tasks = 0, bytes = 0;
    pare_engine *engine = make_engine(2, false);
    add(engine, folder_of("sleep 2", 100), &a, PARE_PRIORITY_NORMAL);
    add(engine, folder_of("crash", 1), &b, PARE_PRIORITY_NORMAL);
    ask(engine, "shrink", &one);
    while (a.results < 50)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    pare_engine_metrics_get(engine, &m);
    CHECK_INT(m.jobs_running, >=, 1);
    CHECK_INT(m.worker_count, ==, 2);
    CHECK_INT(m.core_count, >=, 1);
    pare_job_release(&b.job); /* what it did still counts */
    pare_engine_run(engine);
    pare_engine_metrics_get(engine, &m);
    CHECK_INT(m.jobs_running, ==, 0);
    CHECK_INT(m.ones, ==, 0);
    CHECK_INT(m.queue_count, ==, 0);
    CHECK_INT(m.memory_used_bytes, ==, 0);
    CHECK_INT(m.memory_budget_bytes, >, 0);
    CHECK_INT(m.files_done, ==, 102);
    CHECK_INT(m.optimized, ==, 101);
    CHECK_INT(m.failed, ==, 1);
    CHECK_INT(m.bytes_in, ==, 102 * FILE_LEN);
    CHECK_INT(m.crashes, ==, 2);
    CHECK_INT(m.restarts, ==, 2);
    CHECK_INT(m.task_mean_ms, >=, 1);
    CHECK_INT(m.rss_bytes, >, 1000 * 1000);
    for (uint32_t i = 0; i < m.worker_count; i++) {
        tasks += m.workers[i].view.tasks_done;
        bytes += m.workers[i].bytes_in;
    }
    if (m.worker_count == 2) CHECK_INT(tasks, ==, 101);
    if (m.worker_count == 2) CHECK_INT(bytes, ==, 101 * FILE_LEN);
    pare_engine_destroy(&engine);
}

RUN(two_jobs_at_once_have_exact_totals, a_small_job_ends_while_a_large_one_runs,
    a_higher_priority_goes_first_and_a_lower_one_waits, a_paused_job_stands_still_and_goes_on,
    a_cancelled_job_ends_alone, a_hanging_image_does_not_hold_a_cancelled_job_nor_the_others,
    a_dying_worker_costs_only_its_image, a_killed_worker_costs_nothing,
    a_path_that_is_not_there_is_refused_at_once,
    an_engine_on_a_loop_of_others_closes_and_leaves_nothing,
    single_images_come_before_jobs_and_give_their_bytes,
    a_single_image_that_nobody_waits_for_is_given_up, metrics_add_up)
