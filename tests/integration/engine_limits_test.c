// SPDX-License-Identifier: Apache-2.0
/* Limits and places that need a whole engine: worn workers, priorities, other file systems, rights,
 * and a watchdog that says what waits. */
#include "integration/engine_jobs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/engine_inside.h"

TEST(a_worker_is_replaced_after_2000_images)
{
    static seen s;
    static pare_engine_metrics m;
    pare_batch_options options;
    pare_engine *engine = make_engine(1, false);
    options_for(&s, &options);
    options.output_mode = PARE_OUTPUT_SUFFIX; /* the quickest: nothing waits for the disk */
    options.suffix = "-min";
    MUST(try_add(engine, folder_of("shrink", 2100), &s, (pare_job_request){0}, options));
    pare_engine_run(engine);
    check_done(&s, 2100);
    CHECK_INT(s.last.optimized, ==, 2100);
    pare_engine_metrics_get(engine, &m);
    CHECK_INT(m.recycled, ==, 1);
    CHECK_INT(m.restarts, ==, 0); /* an orderly end is no fault */
    pare_engine_destroy(&engine);
}

TEST(a_worker_that_keeps_much_memory_is_replaced)
{
    static seen s;
    static pare_engine_metrics m;
    pare_batch_options options;
    pare_engine *engine = NULL;
    pare_engine_options engine_options;
    pare_engine_options_init(&engine_options);
    engine_options.workers = 1;
    engine_options.use_ledger = false;
    engine_options.memory_bytes = 256 * 1024 * 1024; /* the mark is its share of a worker */
    engine_options.worker_path = getenv("PARE_TEST_WORKER");
    MUST(pare_engine_create(&engine_options, &engine, NULL));
    char *const path = folder_of("sleep 5", 300);
    const int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    put(dir, "a.png", "leak 265", new_number());
    close(dir);
    options_for(&s, &options);
    MUST(try_add(engine, path, &s, (pare_job_request){0}, options));
    pare_engine_run(engine);
    check_done(&s, 301);
    pare_engine_metrics_get(engine, &m);
    CHECK_INT(m.recycled, ==, 1);
    for (uint32_t i = 0; i < m.worker_count; i++)
        CHECK_INT(m.workers[i].view.rss_bytes, <, 256 * 1024 * 1024);
    pare_engine_destroy(&engine);
}

/* ---- priority ---- */

static int worker_nice = -100;

static void read_nice(seen *s, const pare_file_result *result)
{
    char path[64];
    int pid = 0;
    (void)s;
    (void)result;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *const children = fopen(path, "re");
    if (!children) return;
    if (fscanf(children, "%d", &pid) == 1) worker_nice = getpriority(PRIO_PROCESS, (id_t)pid);
    fclose(children);
}

static void run_batch(const pare_batch_options *options, const char *path)
{
    pare_batch *batch = NULL;
    MUST(pare_batch_create(options, &batch, NULL));
    MUST(pare_batch_add(batch, path, NULL));
    MUST(pare_batch_run(batch, NULL));
    pare_batch_destroy(&batch);
}

TEST(workers_of_a_low_priority_are_nice)
{
    static const pare_priority PRIORITIES[] = {PARE_PRIORITY_NORMAL, PARE_PRIORITY_LOW};
    const int own = getpriority(PRIO_PROCESS, 0);
    if (access("/proc/self/task/self/children", F_OK) != 0 && own > 5) {
        test_skip("no list of children");
    }
    for (int i = 0; i < 2; i++) {
        static seen s;
        s = (seen){0};
        pare_batch_options options;
        options_for(&s, &options);
        options.use_ledger = false;
        options.jobs = 1;
        options.worker_path = getenv("PARE_TEST_WORKER");
        options.priority = PRIORITIES[i];
        at_result = read_nice;
        run_batch(&options, folder_of("shrink", 5));
        CHECK_INT(s.results, ==, 5);
        if (worker_nice == -100) test_skip("no list of children");
        const int want = PRIORITIES[i] == PARE_PRIORITY_LOW ? own + 10 : own;
        CHECK_INT(worker_nice, ==, want > 19 ? 19 : want);
    }
}

/* ---- places ---- */

static uint64_t device_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_dev : 0;
}

static void count_result(void *user, const pare_file_result *result)
{
    if (result->err == PARE_OK) ++*(int *)user;
}

TEST(backups_on_another_file_system_are_copies_and_come_back)
{
    static seen s;
    char ledger[128], kept[] = "/dev/shm/pare-test-XXXXXX";
    int restored = 0;
    pare_batch_options options;
    (void)test_dir();
    snprintf(ledger, sizeof ledger, "%s/ledger.db", test_dir_path());
    char *const path = folder_of("shrink", 10);
    if (!mkdtemp(kept)) test_skip("no /dev/shm");
    if (device_of(kept) == device_of(path)) {
        rmdir(kept);
        test_skip("one file system");
    }
    options_for(&s, &options);
    options.backup_dir = kept;
    options.ledger_path = ledger;
    options.worker_path = getenv("PARE_TEST_WORKER");
    run_batch(&options, path);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 10);
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 10; i++) {
            char name[32];
            size_t len = 0;
            snprintf(name, sizeof name, "f%04d.png", i);
            (void)test_get_bytes(dir, name, &len);
            CHECK_INT(len, ==, round == 0 ? FILE_LEN / 2 : FILE_LEN);
        }
        if (round == 0) MUST(pare_undo(ledger, 0, count_result, &restored, NULL));
    }
    CHECK_INT(restored, ==, 10);
    CHECK_INT(test_count(dir), ==, 10);
    close(dir);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", kept);
    CHECK_INT(system(command), ==, 0);
}

static char *locked_later;

/* As its owner; the process itself may have become somebody else. */
static void lock_at_first(seen *s, const pare_file_result *result)
{
    const uid_t now = geteuid();
    (void)result;
    if (s->results != 1) return;
    CHECK_INT(seteuid(getuid()), ==, 0);
    CHECK_INT(chmod(locked_later, 0), ==, 0);
    CHECK_INT(seteuid(now), ==, 0);
}

TEST(a_file_that_may_not_be_read_is_not_tried_again)
{
    static seen s;
    pare_batch_options options;
    char name[4300];
    /* Files are opened ahead of the worker; the last of many not yet at the first result. */
    char *const path = folder_of("sleep 20", 60);
    snprintf(name, sizeof name, "%s/f0059.png", path);
    locked_later = name;
    at_result = lock_at_first;
    options_for(&s, &options);
    options.output_mode = PARE_OUTPUT_SUFFIX;
    options.suffix = "-min";
    options.use_ledger = false;
    options.jobs = 1;
    options.worker_path = getenv("PARE_TEST_WORKER");
    if (geteuid() == 0) { /* who may do anything */
        CHECK_INT(chown(path, 65534, 65534), ==, 0);
        CHECK_INT(seteuid(65534), ==, 0);
    }
    pare_batch *batch = NULL;
    pare_err err = pare_batch_create(&options, &batch, NULL);
    if (err == PARE_OK) err = pare_batch_add(batch, path, NULL);
    if (err == PARE_OK) err = pare_batch_run(batch, NULL);
    pare_batch_destroy(&batch);
    CHECK_INT(seteuid(getuid()), ==, 0);
    if (err != PARE_OK) test_skip("workers do not start for others");
    CHECK_INT(s.results, ==, 60);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 59);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_FAILED], ==, 1);
    CHECK_INT(s.last_failed, ==, PARE_ERR_DENIED);
    CHECK_INT(s.last.retries, ==, 0);
}

/* ---- the watchdog ---- */

static char told[600];

static void keep_notice(void *user, const char *text)
{
    (void)user;
    if (strncmp(text, "nothing has moved", 17) == 0) snprintf(told, sizeof told, "%s", text);
}

TEST(a_job_that_stands_still_says_what_waits_for_what)
{
    static seen s;
    pare_batch_options options;
    pare_engine *engine = make_engine(1, false);
    const int dir = test_dir();
    put(dir, "a.png", "hang", 1);
    put(dir, "b.png", "hang", 1); /* the same bytes */
    put(dir, "c.png", "shrink", 2);
    put(dir, "d.png", "shrink", 3);
    put(dir, "e.png", "shrink", 4);
    options_for(&s, &options);
    options.timeout_ms = 2500;
    options.on_notice = keep_notice;
    engine->stall_us = 1000 * 1000;
    MUST(try_add(engine, test_dir_path(), &s, (pare_job_request){0}, options));
    pare_engine_run(engine);
    printf("# %s\n", told);
    CHECK_TRUE(strstr(told, "worker 1: decode of ") != NULL);
    CHECK_TRUE(strstr(told, "b.png waits for the result of a.png") != NULL ||
               strstr(told, "a.png waits for the result of b.png") != NULL);
    CHECK_INT(s.last.files_done, ==, 5);
    CHECK_INT(s.last.failed, ==, 2);
    pare_engine_destroy(&engine);
}

/* ---- undo beside jobs ---- */

static uint64_t undone, undo_calls;

static void on_undone(void *user, pare_err err, uint64_t failed, const char *text)
{
    (void)user;
    if (text[0]) printf("# %s\n", text);
    undo_calls++;
    CHECK_INT(err, ==, PARE_OK);
    CHECK_INT(failed, ==, 0);
}

static void count_undone(void *user, const pare_file_result *result)
{
    (void)user;
    undone += result->err == PARE_OK;
}

TEST(an_undo_goes_on_beside_a_job)
{
    static seen first, other;
    char kept[128];
    pare_batch_options options;
    pare_engine *engine = make_engine(2, true);
    char *const path = folder_of("shrink", 150);
    (void)test_dir();
    snprintf(kept, sizeof kept, "%s/kept", test_dir_path());
    options_for(&first, &options);
    options.backup_dir = kept;
    MUST(try_add(engine, path, &first, (pare_job_request){0}, options));
    const pare_undo_request request = {.on_result = count_undone, .on_end = on_undone};
    while (first.results < 10)
        uv_run(pare_engine_loop(engine), UV_RUN_ONCE);
    CHECK_INT(pare_engine_undo(engine, &request, NULL), ==, PARE_ERR_INVALID); /* it goes on */
    pare_engine_run(engine);
    check_done(&first, 150);

    add(engine, folder_of("sleep 2", 60), &other, PARE_PRIORITY_NORMAL);
    MUST(pare_engine_undo(engine, &request, NULL));
    CHECK_INT(undo_calls, ==, 0);
    pare_engine_run(engine);
    CHECK_INT(undo_calls, ==, 1);
    CHECK_INT(undone, ==, 150);
    check_done(&other, 60);
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t len = 0;
    (void)test_get_bytes(dir, "f0042.png", &len);
    CHECK_INT(len, ==, FILE_LEN);
    CHECK_INT(test_count(dir), ==, 150);
    close(dir);
    const pare_undo_request again = {.run_id = pare_job_run_id(first.job)};
    CHECK_INT(pare_engine_undo(engine, &again, NULL), ==, PARE_ERR_NOT_FOUND); /* undone already */
    pare_engine_destroy(&engine);
}

RUN(a_worker_is_replaced_after_2000_images, a_worker_that_keeps_much_memory_is_replaced,
    workers_of_a_low_priority_are_nice, backups_on_another_file_system_are_copies_and_come_back,
    a_file_that_may_not_be_read_is_not_tried_again,
    a_job_that_stands_still_says_what_waits_for_what, an_undo_goes_on_beside_a_job)
