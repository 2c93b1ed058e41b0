// SPDX-License-Identifier: Apache-2.0
/* Whole runs with worker processes that do as the test files say. */
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pare/batch.h>

#include "base/clock.h"

enum { SEEN_CAP = 2048, FILE_LEN = 400 };

/* What a run reported. */
typedef struct seen {
    pare_batch *batch;
    uint64_t results, last_seq, finals, by_outcome[5], bytes_in, bytes_out;
    uint64_t cancel_after; /* results; 0: never */
    double fraction;
    bool out_of_order, fell;
    pare_progress last;
    char failed_text[256];
    uint64_t salvaged, salvaged_rows;
    pare_err errs[SEEN_CAP];
    char names[SEEN_CAP][32];
    pare_outcome outcomes[SEEN_CAP];
} seen;

static void on_result(void *user, const pare_file_result *result)
{
    seen *const s = user;
    const char *const slash = strrchr(result->input, '/');
    if (result->seq != s->last_seq + 1) s->out_of_order = true;
    s->last_seq = result->seq;
    if (s->results < SEEN_CAP) {
        s->errs[s->results] = result->err;
        s->outcomes[s->results] = result->outcome;
        snprintf(s->names[s->results], sizeof s->names[0], "%s", slash ? slash + 1 : "");
    }
    s->results++;
    s->by_outcome[result->outcome]++;
    s->bytes_in += result->bytes_in;
    s->bytes_out += result->bytes_out;
    if (result->outcome == PARE_OUTCOME_FAILED) {
        snprintf(s->failed_text, sizeof s->failed_text, "%s", result->text);
    }
    if (result->salvaged_path) {
        s->salvaged++;
        s->salvaged_rows += result->salvaged;
    }
    if (s->cancel_after > 0 && s->results == s->cancel_after) pare_batch_cancel(s->batch);
}

static void on_progress(void *user, const pare_progress *progress)
{
    seen *const s = user;
    if (progress->fraction < s->fraction) s->fell = true;
    s->fraction = progress->fraction;
    s->finals += progress->final;
    if (progress->files_done != s->results) s->out_of_order = true;
    s->last = *progress;
}

/* An "image": a PNG header with an order for the stand-in worker, unique by number. */
static void put(int dir, const char *name, const char *order, int number)
{
    uint8_t data[FILE_LEN];
    memset(data, 'x', sizeof data);
    memcpy(data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\2\0\0\0\0\0\0\0", 33);
    const int len = snprintf((char *)data + 33, 300, "do:%s\n%d.", order, number);
    data[33 + len] = 'y';
    test_put_bytes(dir, name, data, sizeof data);
}

static void put_many(int dir, const char *order, int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%04d.png", i);
        put(dir, name, order, i);
    }
}

static pare_batch_options options_for(const char *worker, seen *s)
{
    static char ledger[4200]; /* each test is a process of its own */
    pare_batch_options options;
    pare_batch_options_init(&options);
    if (!ledger[0]) {
        (void)test_dir();
        snprintf(ledger, sizeof ledger, "%s/ledger.db", test_dir_path());
    }
    options.output_mode = PARE_OUTPUT_IN_PLACE;
    options.jobs = 2;
    options.ledger_path = ledger;
    options.use_ledger = false;
    options.worker_path = getenv(worker);
    options.timeout_ms = 20000;
    options.on_result = on_result;
    options.on_progress = on_progress;
    options.user = s;
    return options;
}

static pare_err run(const pare_batch_options *options, const char *dir, seen *s)
{
    pare_diag diag = {0};
    pare_batch *batch = NULL;
    const uint64_t cancel_after = s->cancel_after;
    memset(s, 0, sizeof *s);
    s->cancel_after = cancel_after;
    MUST(pare_batch_create(options, &batch, NULL));
    MUST(pare_batch_add(batch, dir, NULL));
    s->batch = batch;
    const pare_err err = pare_batch_run(batch, &diag);
    if (err != PARE_OK) printf("# %s\n", diag.text);
    pare_progress summary;
    pare_batch_summary(batch, &summary);
    pare_batch_destroy(&batch);
    CHECK_INT(s->finals, ==, 1);
    CHECK_TRUE(s->last.final);
    CHECK_TRUE(!s->out_of_order);
    CHECK_TRUE(!s->fell);
    CHECK_INT(s->last.files_done, ==, s->results);
    CHECK_INT(summary.files_done, ==, s->results);
    CHECK_INT(s->last.optimized, ==, s->by_outcome[PARE_OUTCOME_OPTIMIZED]);
    CHECK_INT(s->last.kept, ==, s->by_outcome[PARE_OUTCOME_KEPT]);
    CHECK_INT(s->last.skipped, ==, s->by_outcome[PARE_OUTCOME_SKIPPED]);
    CHECK_INT(s->last.failed, ==, s->by_outcome[PARE_OUTCOME_FAILED]);
    CHECK_INT(s->last.bytes_in, ==, s->bytes_in);
    CHECK_INT(s->last.bytes_out, ==, s->bytes_out);
    return err;
}

static const pare_err *err_of(const seen *s, const char *name)
{
    for (uint64_t i = 0; i < s->results && i < SEEN_CAP; i++) {
        if (strcmp(s->names[i], name) == 0) return &s->errs[i];
    }
    return NULL;
}

#define CHECK_ERR(s, name, want)                                                                   \
    do {                                                                                           \
        const pare_err *const err_ = err_of(s, name);                                              \
        CHECK_INT(err_ ? (int)*err_ : -1, ==, want);                                               \
    } while (0)

static int count_fds(void)
{
    DIR *const dir = opendir("/proc/self/fd");
    int count = 0;
    while (dir && readdir(dir)) {
        count++;
    }
    if (dir) closedir(dir);
    return count;
}

TEST(every_file_is_counted_once_and_a_second_run_skips_all)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 500);
    options.use_ledger = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 500);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 500);
    CHECK_INT(s.bytes_out, ==, 500 * FILE_LEN / 2);
    CHECK_DOUBLE(s.fraction, ==, 1.0);
    CHECK_INT(test_count(dir), ==, 500); /* no temporary file is left */

    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 500);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_SKIPPED], ==, 500);
}

/* A worker reads small files and maps large ones: those kill it with SIGBUS. */
static void cut_files_while_a_worker_has_them(void)
{
    static seen s;
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    for (int is_large = 0; is_large < 2; is_large++) {
        char order[300];
        struct stat st;
        snprintf(order, sizeof order, "cut %.200s/cut.png", test_dir_path());
        put_many(dir, "shrink", 20);
        put(dir, "cut.png", order, 1000 + is_large);
        const int fd = openat(dir, "cut.png", O_WRONLY | O_CLOEXEC);
        if (is_large) CHECK_INT(ftruncate(fd, 1 << 20), ==, 0);
        close(fd);
        CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
        CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 20);
        CHECK_ERR(&s, "cut.png", PARE_ERR_CHANGED);
        CHECK_INT(s.last.worker_restarts, ==, is_large); /* once: it is nobody's fault */
        CHECK_INT(fstatat(dir, "cut.png", &st, 0), ==, 0);
        CHECK_INT(st.st_size, ==, 0); /* what the user did stays */
    }
}

TEST(one_bad_file_costs_one_file)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 40);
    put(dir, "crash.png", "crash", 1000);
    put(dir, "corrupt.png", "corrupt", 1001);
    put(dir, "keep.png", "keep", 1002);
    put(dir, "nomem.png", "nomem", 1003);
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 44);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 40);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_FAILED], ==, 3);
    CHECK_ERR(&s, "crash.png", PARE_ERR_CRASHED);
    CHECK_ERR(&s, "corrupt.png", PARE_ERR_CORRUPT);
    CHECK_ERR(&s, "nomem.png", PARE_ERR_NO_MEMORY);
    CHECK_ERR(&s, "keep.png", PARE_SKIP_NOT_SMALLER);
    CHECK_INT(s.last.worker_restarts, ==, 2); /* the crash, twice */
    cut_files_while_a_worker_has_them();
}

TEST(what_becomes_of_salvaging_never_changes_the_verdict)
{
    static seen s;
    char rescued[4200];
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    snprintf(rescued, sizeof rescued, "%s/rescued", test_dir_path());
    options.salvage_dir = rescued;
    options.timeout_ms = 2000;
    put_many(dir, "shrink", 10);
    put(dir, "a-rescue.png", "rescue", 1000);
    put(dir, "b-rescue.png", "rescue", 1000); /* the same bytes, and a place of its own */
    put(dir, "taken.png", "rescue", 1001);
    put(dir, "nothing.png", "corrupt", 1002);
    put(dir, "wreck.png", "wreck", 1003);
    put(dir, "trap.png", "trap", 1004);
    CHECK_INT(mkdir(rescued, 0700), ==, 0);
    const int rescued_fd = open(rescued, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    test_put(rescued_fd, "taken.png", "mine");
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 16);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 10);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_FAILED], ==, 6);
    static const char *const names[] = {"a-rescue.png", "b-rescue.png", "taken.png",
                                        "nothing.png",  "wreck.png",    "trap.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_ERR(&s, names[i], PARE_ERR_CORRUPT);
    CHECK_INT(s.salvaged, ==, 2);
    CHECK_INT(s.salvaged_rows, ==, 6);
    CHECK_INT(test_count(rescued_fd), ==, 3);
    CHECK_STR(test_get(rescued_fd, "taken.png"), "mine");
    struct stat st;
    for (int i = 0; i < 2; i++) {
        CHECK_INT(fstatat(rescued_fd, names[i], &st, 0), ==, 0);
        CHECK_INT(st.st_size, ==, FILE_LEN / 2);
        CHECK_INT(fstatat(dir, names[i], &st, 0), ==, 0);
        CHECK_INT(st.st_size, ==, FILE_LEN); /* the damaged file is as it was */
    }
    close(rescued_fd);
}

/* Small tasks go to a worker in twos: whoever waits behind a crash must not be lost. */
TEST(tasks_behind_a_crash_are_done_by_another_worker)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 200);
    for (int i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof name, "f0%03d-crash.png", 50 + 10 * i);
        put(dir, name, "crash", 1000 + i);
    }
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 210);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 200);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_FAILED], ==, 10);
}

TEST(a_worker_that_died_once_costs_nothing)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    char order[300];
    snprintf(order, sizeof order, "crash-once %.200s.marker", test_dir_path());
    put_many(dir, "shrink", 20);
    put(dir, "once.png", order, 1000);
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 21);
    CHECK_INT(s.last.worker_restarts, ==, 1);
    unlink(order + strlen("crash-once "));
}

TEST(a_late_worker_is_killed_and_the_batch_goes_on)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 20);
    put(dir, "hang.png", "hang", 1000);
    options.timeout_ms = 300;
    const uint64_t start_us = pare_clock_us();
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(pare_clock_us() - start_us, <, 5000000);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 20);
    CHECK_ERR(&s, "hang.png", PARE_ERR_TIMEOUT);
}

TEST(each_lie_of_a_worker_costs_one_image)
{
    static const struct {
        const char *lie;
        pare_err want;
    } LIES[] = {
        {"lie-size", PARE_ERR_PROTOCOL},       {"lie-format", PARE_ERR_PROTOCOL},
        {"lie-bigger", PARE_SKIP_NOT_SMALLER}, {"lie-silence", PARE_ERR_TIMEOUT},
        {"lie-id", PARE_ERR_PROTOCOL},         {"lie-garbage", PARE_ERR_PROTOCOL},
        {"lie-exit", PARE_ERR_CRASHED},        {"lie-step", PARE_ERR_PROTOCOL},
        {"lie-hold", PARE_ERR_PROTOCOL},       {"lie-twice", PARE_OK},
    };
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        static seen s;
        pare_batch_options options = options_for("PARE_TEST_LIAR", &s);
        const int dir = test_dir();
        printf("# %s\n", LIES[i].lie);
        put_many(dir, "shrink", 12);
        put(dir, "lie.png", LIES[i].lie, 1000);
        /* Only silence is waited for: a killed worker lets go of what it holds. */
        if (LIES[i].want == PARE_ERR_TIMEOUT) options.timeout_ms = 1000;
        CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
        CHECK_INT(s.results, ==, 13);
        CHECK_ERR(&s, "lie.png", LIES[i].want);
        CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, LIES[i].want == PARE_OK ? 13 : 12);
        if (LIES[i].want != PARE_OK) {
            size_t len = 0;
            (void)test_get_bytes(dir, "lie.png", &len);
            CHECK_INT(len, ==, FILE_LEN); /* the original is untouched */
        }
        CHECK_INT(test_count(dir), ==, 13);
    }
}

TEST(workers_that_begin_with_nonsense_end_the_run)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_LIAR", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 3);
    setenv("PARE_TEST_LIE_FIRST", "1", 1);
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_ERR_IO);
    unsetenv("PARE_TEST_LIE_FIRST");
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 0);
    CHECK_INT(test_count(dir), ==, 3);
}

TEST(a_cancelled_run_leaves_no_temps_and_the_next_one_resumes)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    s.cancel_after = 30;
    put_many(dir, "sleep 5", 200);
    options.use_ledger = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_ERR_CANCELLED);
    const uint64_t first = s.results;
    CHECK_INT(first, >=, 30);
    CHECK_INT(first, <, 100);
    CHECK_INT(test_count(dir), ==, 200);
    s.cancel_after = 0;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 200);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_SKIPPED], ==, first);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 200 - first);
}

TEST(a_cancel_does_not_wait_for_a_hanging_worker)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    s.cancel_after = 1;
    put(dir, "a.png", "hang", 1);
    put(dir, "b.png", "shrink", 2);
    const uint64_t start_us = pare_clock_us();
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_ERR_CANCELLED);
    CHECK_INT(pare_clock_us() - start_us, <, 4000000);
    CHECK_INT(s.results, ==, 1);
}

TEST(equal_files_are_worked_on_once)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "same%d.png", i);
        put(dir, name, "sleep 20", 7);
    }
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 30);
    CHECK_INT(s.last.duplicates, >=, 20);
    for (int i = 0; i < 30; i++) {
        char name[32];
        size_t len = 0;
        snprintf(name, sizeof name, "same%d.png", i);
        (void)test_get_bytes(dir, name, &len);
        CHECK_INT(len, ==, FILE_LEN / 2);
    }
}

TEST(no_descriptor_leaks)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 30);
    put(dir, "crash.png", "crash", 1000);
    put(dir, "corrupt.png", "corrupt", 1001);
    options.use_ledger = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK); /* libuv keeps its own */
    const int before = count_fds();
    put_many(dir, "shrink 2", 30);
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.results, ==, 32);
    CHECK_INT(count_fds(), ==, before);
}

TEST(few_descriptors_make_it_slower_not_wrong)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 200);
    const struct rlimit few = {64, 64};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 200);
}

TEST(a_dry_run_and_a_check_write_nothing)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 10);
    options.output_mode = PARE_OUTPUT_BESIDE;
    options.dry_run = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_NONE], ==, 10);
    CHECK_INT(test_count(dir), ==, 10);
    options.dry_run = false;
    options.check = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 10);
    CHECK_INT(s.bytes_out, ==, 10 * FILE_LEN / 2);
    CHECK_INT(test_count(dir), ==, 10);
}

TEST(a_worker_program_that_does_not_work_ends_the_run)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 3);
    options.worker_path = "/bin/true";
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_ERR_IO);
    CHECK_INT(s.results, ==, 0);
    options.worker_path = "/nonexistent/pare-worker";
    pare_batch *batch = NULL;
    CHECK_INT(pare_batch_create(&options, &batch, NULL), ==, PARE_ERR_NOT_FOUND);
    CHECK_TRUE(batch == NULL);
}

TEST(a_stream_goes_through_a_worker)
{
    const int dir = test_dir();
    pare_batch_options options;
    pare_batch_options_init(&options);
    options.worker_path = getenv("PARE_TEST_WORKER");
    static const struct {
        const char *order;
        pare_err want;
        size_t len;
    } ORDERS[] = {{"shrink", PARE_OK, FILE_LEN / 2},
                  {"keep", PARE_SKIP_NOT_SMALLER, FILE_LEN},
                  {"corrupt", PARE_ERR_CORRUPT, 0},
                  {"crash", PARE_ERR_CRASHED, 0}};
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++) {
        printf("# %s\n", ORDERS[i].order);
        put(dir, "in.png", ORDERS[i].order, 1);
        test_put(dir, "out.png", "");
        const int in = openat(dir, "in.png", O_RDONLY | O_CLOEXEC);
        const int out = openat(dir, "out.png", O_WRONLY | O_CLOEXEC);
        pare_file_result result;
        pare_diag diag = {0};
        CHECK_INT(pare_batch_one(&options, in, out, &result, &diag), ==, ORDERS[i].want);
        CHECK_INT(result.err, ==, ORDERS[i].want);
        CHECK_INT(result.bytes_in, ==, FILE_LEN);
        size_t len = 0;
        (void)test_get_bytes(dir, "out.png", &len);
        CHECK_INT(len, ==, ORDERS[i].len);
        close(in);
        close(out);
    }
}

TEST(a_question_about_a_file_is_answered_by_a_worker)
{
    const int dir = test_dir();
    const char *const worker = getenv("PARE_TEST_WORKER");
    char a[4200], b[4200];
    pare_info info;
    double score = 0;
    put(dir, "a.png", "shrink", 1);
    put(dir, "b.png", "crash", 1);
    snprintf(a, sizeof a, "%s/a.png", test_dir_path());
    snprintf(b, sizeof b, "%s/b.png", test_dir_path());
    CHECK_INT(pare_file_info(a, worker, &info, NULL), ==, PARE_OK);
    CHECK_INT(info.width_px, ==, 8);
    CHECK_INT(pare_file_info(b, worker, &info, NULL), ==, PARE_ERR_CRASHED);
    CHECK_INT(pare_file_info("/nonexistent", worker, &info, NULL), ==, PARE_ERR_NOT_FOUND);
    CHECK_INT(pare_file_score(a, a, worker, &score, NULL), ==, PARE_OK);
    CHECK_DOUBLE(score, ==, 100.0);
    CHECK_INT(pare_file_score(a, b, worker, &score, NULL), ==, PARE_OK);
    CHECK_DOUBLE(score, ==, 50.0);
}

TEST(a_worker_without_a_sandbox_gets_no_image)
{
    static seen s; /* large; each test is a process of its own */
    pare_batch_options options = options_for("PARE_TEST_WORKER", &s);
    const int dir = test_dir();
    put_many(dir, "shrink", 3);
    setenv("PARE_TEST_NO_SANDBOX", "1", 1);
    options.require_sandbox = true;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_ERR_INVALID);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 0);
    options.require_sandbox = false;
    CHECK_INT(run(&options, test_dir_path(), &s), ==, PARE_OK);
    CHECK_INT(s.by_outcome[PARE_OUTCOME_OPTIMIZED], ==, 3);
}

RUN(what_becomes_of_salvaging_never_changes_the_verdict,
    every_file_is_counted_once_and_a_second_run_skips_all, one_bad_file_costs_one_file,
    tasks_behind_a_crash_are_done_by_another_worker, a_worker_that_died_once_costs_nothing,
    a_late_worker_is_killed_and_the_batch_goes_on, each_lie_of_a_worker_costs_one_image,
    workers_that_begin_with_nonsense_end_the_run,
    a_cancelled_run_leaves_no_temps_and_the_next_one_resumes,
    a_cancel_does_not_wait_for_a_hanging_worker, equal_files_are_worked_on_once,
    no_descriptor_leaks, few_descriptors_make_it_slower_not_wrong,
    a_dry_run_and_a_check_write_nothing, a_worker_program_that_does_not_work_ends_the_run,
    a_worker_without_a_sandbox_gets_no_image, a_stream_goes_through_a_worker,
    a_question_about_a_file_is_answered_by_a_worker)
