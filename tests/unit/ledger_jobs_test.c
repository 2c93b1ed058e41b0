// SPDX-License-Identifier: Apache-2.0
/* Jobs, presets, pages of results, and a ledger of an older version. */
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "host/again.h"
#include "host/ledger_jobs.h"
#include "host/ledger_results.h"
#include "host/ledger_schema.h"

static void ledger_path(char path[128])
{
    (void)test_dir();
    snprintf(path, 128, "%s/ledger.db", test_dir_path());
}

static pare_ledger *open_ledger(void)
{
    char path[128];
    pare_ledger *ledger = NULL;
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    return ledger;
}

typedef struct example {
    const char *path;
    pare_outcome outcome;
    uint64_t bytes_in, bytes_out, replaces;
    double score;
    pare_format format_out;
} example;

static void add_row(pare_ledger *ledger, int64_t run_id, uint64_t seq, const example *e)
{
    const pare_ledger_result result = {
        .run_id = run_id,
        .seq = seq,
        .path = e->path,
        .content = {seq, 1},
        .settings = {3, 4},
        .out_hash = {seq, 9},
        .text = e->outcome == PARE_OUTCOME_FAILED ? "decode: damaged" : NULL,
        .err = e->outcome == PARE_OUTCOME_FAILED ? PARE_ERR_CORRUPT : PARE_OK,
        .out_path = e->outcome == PARE_OUTCOME_OPTIMIZED ? e->path : NULL,
        .in_place = true,
        .ms = (uint32_t)(100 - seq),
        .worker = 2,
        .attempts = 1,
        .replaces = e->replaces,
        .keeps_all = true,
        .outcome = {.outcome = e->outcome,
                    .format_in = PARE_FORMAT_PNG,
                    .format_out = e->format_out ? e->format_out : PARE_FORMAT_PNG,
                    .width_px = 640,
                    .height_px = 480,
                    .bytes_in = e->bytes_in,
                    .bytes_out = e->bytes_out,
                    .score = e->score,
                    .quality = 77,
                    .lossless = seq == 1},
    };
    MUST(pare_ledger_add(ledger, &result, NULL));
}

static const example ROWS[] = {
    {"/w/Alpha.png", PARE_OUTCOME_OPTIMIZED, 100, 60, 0, 90, PARE_FORMAT_WEBP},
    {"/w/beta.png", PARE_OUTCOME_OPTIMIZED, 300, 100, 0, 80, 0},
    {"/w/c/gamma.png", PARE_OUTCOME_KEPT, 50, 50, 0, -1, 0},
    {"/w/c/delta.png", PARE_OUTCOME_FAILED, 70, 70, 0, -1, 0},
    {"/w/c/eps.png", PARE_OUTCOME_SKIPPED, 10, 10, 0, -1, 0},
};

static int64_t fill(pare_ledger *ledger)
{
    int64_t run_id;
    MUST(pare_ledger_run_begin(ledger, &(pare_ledger_run){0}, &run_id, NULL));
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        add_row(ledger, run_id, i + 1, &ROWS[i]);
    return run_id;
}

static void list_seqs(void *user, const pare_result_row *row)
{
    char *const text = user;
    snprintf(text + strlen(text), 64, "%llu ", (unsigned long long)row->result.seq);
}

TEST(results_come_in_pages_sorted_and_filtered)
{
    static const struct {
        pare_result_query query;
        const char *want;
        uint64_t total;
    } CASES[] = {
        {{0}, "1 2 3 4 5 ", 5},
        {{.descending = true, .limit = 2}, "5 4 ", 5},
        {{.limit = 2, .offset = 3}, "4 5 ", 5},
        {{.sort = PARE_SORT_SAVED, .descending = true, .limit = 2}, "2 1 ", 5},
        {{.sort = PARE_SORT_RATIO, .limit = 2}, "2 1 ", 5},
        {{.sort = PARE_SORT_SCORE, .limit = 3}, "2 1 3 ", 5}, /* no score comes last */
        {{.sort = PARE_SORT_SCORE, .descending = true, .limit = 3}, "1 2 3 ", 5},
        {{.sort = PARE_SORT_MS}, "5 4 3 2 1 ", 5},
        {{.sort = PARE_SORT_INPUT, .limit = 1}, "1 ", 5},
        {{.sort = PARE_SORT_BYTES_IN, .limit = 1}, "5 ", 5},
        {{.sort = PARE_SORT_BYTES_OUT, .descending = true, .limit = 1}, "2 ", 5},
        {{.sort = PARE_SORT_OUTCOME, .descending = true, .limit = 1}, "4 ", 5},
        {{.outcome = PARE_OUTCOME_OPTIMIZED}, "1 2 ", 2},
        {{.format = PARE_FORMAT_WEBP}, "1 ", 1},
        {{.format = PARE_FORMAT_PNG}, "1 2 3 4 5 ", 5},
        {{.text = "ALPHA"}, "1 ", 1}, /* either case */
        {{.text = "/c/"}, "3 4 5 ", 3},
        {{.text = "%"}, "", 0}, /* no pattern */
        {{.after_seq = 3}, "4 5 ", 2},
        {{.seq = 2}, "2 ", 1},
        {{.seq = 99}, "", 0},
    };
    pare_ledger *ledger = open_ledger();
    const int64_t run_id = fill(ledger);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[256] = "";
        uint64_t total = 0;
        pare_result_query query = CASES[i].query;
        query.run_id = run_id;
        printf("# case %d\n", (int)i);
        MUST(pare_ledger_results(ledger, &query, list_seqs, text, &total, NULL));
        CHECK_STR(text, CASES[i].want);
        CHECK_INT(total, ==, CASES[i].total);
    }
    pare_result_sort sort;
    CHECK_TRUE(pare_result_sort_from_name("saved_bytes", &sort) && sort == PARE_SORT_SAVED);
    CHECK_TRUE(!pare_result_sort_from_name("seq; DROP TABLE results", &sort));
    const pare_result_query bad = {.sort = (pare_result_sort)99};
    CHECK_INT(pare_ledger_results(ledger, &bad, NULL, NULL, NULL, NULL), ==, PARE_ERR_INVALID);
    pare_ledger_close(&ledger);
}

static void check_first(void *user, const pare_result_row *row)
{
    const pare_file_result *const r = &row->result;
    ++*(int *)user;
    CHECK_STR(r->input, "/w/c/delta.png");
    CHECK_TRUE(r->output == NULL);
    CHECK_STR(r->text, "decode: damaged");
    CHECK_INT(r->err, ==, PARE_ERR_CORRUPT);
    CHECK_INT(r->outcome, ==, PARE_OUTCOME_FAILED);
    CHECK_INT(r->width_px, ==, 640);
    CHECK_INT(r->height_px, ==, 480);
    CHECK_INT(r->worker, ==, 2);
    CHECK_INT(r->attempts, ==, 1);
    CHECK_INT(r->ms, ==, 96);
    CHECK_TRUE(!r->lossless);
    CHECK_INT(row->replaced_by, ==, 0);
}

TEST(a_row_tells_all_that_was_reported)
{
    int calls = 0;
    pare_ledger *ledger = open_ledger();
    const pare_result_query query = {.run_id = fill(ledger), .seq = 4};
    MUST(pare_ledger_results(ledger, &query, check_first, &calls, NULL, NULL));
    CHECK_INT(calls, ==, 1);
    pare_ledger_close(&ledger);
}

TEST(totals_are_sums_of_rows_that_count)
{
    pare_progress sums;
    char text[64] = "";
    pare_ledger *ledger = open_ledger();
    const int64_t run_id = fill(ledger);
    MUST(pare_ledger_totals(ledger, run_id, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 5);
    CHECK_INT(sums.optimized, ==, 2);
    CHECK_INT(sums.failed, ==, 1);
    CHECK_INT(sums.bytes_in, ==, 530);
    CHECK_INT(sums.bytes_out, ==, 290);
    CHECK_INT(sums.seq, ==, 5);
    const example again = {"/w/c/delta.png", PARE_OUTCOME_OPTIMIZED, 70, 20, 4, 85, 0};
    add_row(ledger, run_id, 6, &again);
    MUST(pare_ledger_totals(ledger, run_id, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 5);
    CHECK_INT(sums.optimized, ==, 3);
    CHECK_INT(sums.failed, ==, 0);
    CHECK_INT(sums.bytes_out, ==, 240);
    CHECK_INT(sums.seq, ==, 6);
    const pare_result_query counting = {.run_id = run_id};
    MUST(pare_ledger_results(ledger, &counting, list_seqs, text, NULL, NULL));
    CHECK_STR(text, "1 2 3 5 6 ");
    text[0] = '\0';
    const pare_result_query all = {.run_id = run_id, .after_seq = 3, .with_replaced = true};
    MUST(pare_ledger_results(ledger, &all, list_seqs, text, NULL, NULL));
    CHECK_STR(text, "4 5 6 ");
    pare_ledger_close(&ledger);
}

static void list_jobs(void *user, const pare_ledger_job *job)
{
    char *const text = user;
    snprintf(text + strlen(text), 128, "%lld %s %s %s %d %d run %lld %s%s%s; ", (long long)job->id,
             job->name, job->settings, job->source, job->state, job->priority,
             (long long)job->run_id, job->started_unix_s ? "started " : "",
             job->ended_unix_s ? "ended " : "", job->error);
}

TEST(jobs_are_kept_changed_and_deleted_with_their_rows)
{
    char text[512] = "";
    int64_t first, second;
    pare_progress sums;
    pare_ledger *ledger = open_ledger();
    const int64_t run_id = fill(ledger);
    const pare_ledger_job one = {
        .name = "one", .settings = "{\"q\":1}", .source = "[]", .state = 1, .priority = 2};
    const pare_ledger_job two = {.name = "two", .state = 0};
    MUST(pare_ledger_job_add(ledger, &one, &first, NULL));
    MUST(pare_ledger_job_add(ledger, &two, &second, NULL));
    MUST(pare_ledger_job_set_run(ledger, first, run_id, NULL));
    MUST(pare_ledger_job_set_state(ledger, first, 2, "", NULL));
    MUST(pare_ledger_job_set_state(ledger, first, 6, "the disk is full", NULL));
    MUST(pare_ledger_job_edit(
        ledger, &(pare_ledger_job){.id = second, .name = "zwei", .settings = "{}"}, NULL));
    MUST(pare_ledger_jobs(ledger, 0, list_jobs, text, NULL));
    CHECK_STR(text, "2 zwei {}  0 0 run 0 ; 1 one {\"q\":1} [] 6 2 run 1 started ended the disk is "
                    "full; ");
    CHECK_INT(pare_ledger_jobs(ledger, 77, list_jobs, text, NULL), ==, PARE_ERR_NOT_FOUND);
    MUST(pare_ledger_job_delete(ledger, first, NULL));
    CHECK_INT(pare_ledger_job_delete(ledger, first, NULL), ==, PARE_ERR_NOT_FOUND);
    MUST(pare_ledger_totals(ledger, run_id, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 0);
    text[0] = '\0';
    MUST(pare_ledger_jobs(ledger, 0, list_jobs, text, NULL));
    CHECK_STR(text, "2 zwei {}  0 0 run 0 ; ");
    const pare_ledger_job three = {.name = "three"};
    int64_t third;
    MUST(pare_ledger_job_add(ledger, &three, &third, NULL));
    CHECK_INT(third, ==, 3); /* a number is not used twice */
    pare_ledger_close(&ledger);
}

static void list_redos(void *user, int64_t id, uint64_t seq, const char *settings)
{
    char *const text = user;
    snprintf(text + strlen(text), 64, "%lld:%llu=%s ", (long long)id, (unsigned long long)seq,
             settings);
}

TEST(images_to_be_done_again_wait_in_the_order_of_asking)
{
    char path[128], text[512] = "";
    int64_t job, other, id;
    const pare_ledger_job row = {.name = "job"};
    pare_ledger *ledger = NULL;
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    MUST(pare_ledger_job_add(ledger, &row, &job, NULL));
    MUST(pare_ledger_job_add(ledger, &row, &other, NULL));
    MUST(pare_ledger_redo_add(ledger, job, 9, "{a}", &id, NULL));
    MUST(pare_ledger_redo_add(ledger, other, 1, "{b}", &id, NULL));
    MUST(pare_ledger_redo_add(ledger, job, 4, "{c}", &id, NULL));
    CHECK_INT(id, ==, 3);
    pare_ledger_close(&ledger);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL)); /* they outlive the program */
    MUST(pare_ledger_redos(ledger, job, list_redos, text, NULL));
    CHECK_STR(text, "1:9={a} 3:4={c} ");
    MUST(pare_ledger_redo_delete(ledger, 1, NULL));
    CHECK_INT(pare_ledger_redo_delete(ledger, 1, NULL), ==, PARE_ERR_NOT_FOUND);
    MUST(pare_ledger_job_delete(ledger, job, NULL));
    text[0] = '\0';
    MUST(pare_ledger_redos(ledger, job, list_redos, text, NULL));
    CHECK_STR(text, "");
    MUST(pare_ledger_redos(ledger, other, list_redos, text, NULL));
    CHECK_STR(text, "2:1={b} ");
    pare_ledger_close(&ledger);
}

static void list_presets(void *user, const char *name, const char *settings)
{
    char *const text = user;
    snprintf(text + strlen(text), 128, "%s=%s ", name, settings);
}

TEST(presets_are_kept_by_name)
{
    char text[512] = "", long_name[200];
    pare_ledger *ledger = open_ledger();
    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    MUST(pare_ledger_preset_put(ledger, "web", "{1}", NULL));
    MUST(pare_ledger_preset_put(ledger, "mail", "{2}", NULL));
    MUST(pare_ledger_preset_put(ledger, "web", "{3}", NULL));
    CHECK_INT(pare_ledger_preset_put(ledger, "", "{}", NULL), ==, PARE_ERR_INVALID);
    CHECK_INT(pare_ledger_preset_put(ledger, long_name, "{}", NULL), ==, PARE_ERR_INVALID);
    MUST(pare_ledger_presets(ledger, list_presets, text, NULL));
    CHECK_STR(text, "mail={2} web={3} ");
    MUST(pare_ledger_preset_delete(ledger, "web", NULL));
    CHECK_INT(pare_ledger_preset_delete(ledger, "web", NULL), ==, PARE_ERR_NOT_FOUND);
    pare_ledger_close(&ledger);
}

TEST(a_ledger_of_version_1_keeps_its_rows)
{
    char path[128], text[64] = "";
    sqlite3 *db = NULL;
    pare_ledger *ledger = NULL;
    pare_progress sums;
    static const char ROWS_1[] =
        "INSERT INTO runs(id, started_s, mode, command_line, folder) VALUES(7, 1, 2, 'pare', '/w');"
        "INSERT INTO results VALUES(7,1,'/w/a.png','/w/a.png',1,0,2,2,100,40,88.5,70,12);"
        "INSERT INTO results VALUES(7,2,'/w/b.png',NULL,4,130,2,2,10,10,-1,0,3);"
        "PRAGMA user_version = 1;";
    ledger_path(path);
    CHECK_INT(sqlite3_open(path, &db), ==, SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, pare_ledger_migrations[0], NULL, NULL, NULL), ==, SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, ROWS_1, NULL, NULL, NULL), ==, SQLITE_OK);
    CHECK_INT(sqlite3_close(db), ==, SQLITE_OK);
    for (int i = 0; i < 2; i++) { /* and it is brought forward once */
        MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
        MUST(pare_ledger_totals(ledger, 7, &sums, NULL));
        CHECK_INT(sums.files_done, ==, 2);
        CHECK_INT(sums.bytes_out, ==, 50);
        pare_ledger_close(&ledger);
    }
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    const pare_result_query query = {.run_id = 7};
    MUST(pare_ledger_results(ledger, &query, list_seqs, text, NULL, NULL));
    CHECK_STR(text, "1 2 ");
    add_row(ledger, 7, 3, &ROWS[0]);
    MUST(pare_ledger_totals(ledger, 7, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 3);
    pare_ledger_close(&ledger);
}

TEST(rows_of_jobs_are_not_pruned)
{
    int64_t id, job;
    pare_progress sums;
    pare_ledger *ledger = open_ledger();
    const int64_t with_job = fill(ledger), without = fill(ledger);
    const pare_ledger_job one = {.name = "one"};
    MUST(pare_ledger_job_add(ledger, &one, &job, NULL));
    MUST(pare_ledger_job_set_run(ledger, job, with_job, NULL));
    for (int i = 0; i < 110; i++)
        MUST(pare_ledger_run_begin(ledger, &(pare_ledger_run){0}, &id, NULL));
    MUST(pare_ledger_totals(ledger, with_job, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 5);
    MUST(pare_ledger_totals(ledger, without, &sums, NULL));
    CHECK_INT(sums.files_done, ==, 0);
    pare_ledger_close(&ledger);
}

TEST(what_was_done_earlier_decides_what_is_wanted)
{
    pare_ledger *ledger = open_ledger();
    const int64_t run_id = fill(ledger);
    pare_earlier e = {0};
    CHECK_TRUE(pare_earlier_wants(&e, "/w/beta.png", false)); /* nothing before */
    MUST(pare_earlier_load(&e, ledger, run_id, PARE_AGAIN_RESUME, 0, NULL));
    CHECK_INT(e.totals.files_done, ==, 5);
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/beta.png", false));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/c/delta.png", false)); /* failed is done, too */
    CHECK_TRUE(pare_earlier_wants(&e, "/w/new.png", false));
    CHECK_TRUE(pare_earlier_wants(&e, "/w/c", true));
    CHECK_TRUE(pare_earlier_of(&e, "/w/beta.png") == NULL);
    pare_earlier_deinit(&e);
    MUST(pare_earlier_load(&e, ledger, run_id, PARE_AGAIN_FAILED, 0, NULL));
    CHECK_TRUE(pare_earlier_wants(&e, "/w/c/delta.png", false));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/beta.png", false));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/new.png", false));
    CHECK_INT(pare_earlier_of(&e, "/w/c/delta.png")->seq, ==, 4);
    pare_earlier_deinit(&e);
    MUST(pare_earlier_load(&e, ledger, run_id, PARE_AGAIN_ONE, 3, NULL));
    CHECK_TRUE(pare_earlier_wants(&e, "/w/c/gamma.png", false));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/c/delta.png", false));
    CHECK_TRUE(pare_earlier_wants(&e, "/w/c", true));
    CHECK_TRUE(pare_earlier_wants(&e, "/", true));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/c2", true));
    CHECK_TRUE(!pare_earlier_wants(&e, "/w/c/gam", true));
    pare_earlier_deinit(&e);
    CHECK_INT(pare_earlier_load(&e, ledger, run_id, PARE_AGAIN_ONE, 9, NULL), ==,
              PARE_ERR_NOT_FOUND);
    pare_earlier_deinit(&e);
    pare_ledger_close(&ledger);
}

RUN(results_come_in_pages_sorted_and_filtered, a_row_tells_all_that_was_reported,
    totals_are_sums_of_rows_that_count, jobs_are_kept_changed_and_deleted_with_their_rows,
    images_to_be_done_again_wait_in_the_order_of_asking, presets_are_kept_by_name,
    a_ledger_of_version_1_keeps_its_rows, rows_of_jobs_are_not_pruned,
    what_was_done_earlier_decides_what_is_wanted)
