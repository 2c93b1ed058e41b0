// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ledger.h"
#include "host/plan.h"
#include "host/scan.h"

static const uint8_t PNG[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\2\0\0\0";

static void ledger_path(char path[128])
{
    test_dir();
    snprintf(path, 128, "%s/ledger.db", test_dir_path());
}

static void count_notice(void *user, const char *text)
{
    (void)text;
    ++*(int *)user;
}

static pare_ledger_result example(const char *path, const char *out_path)
{
    return (pare_ledger_result){
        .run_id = 1,
        .seq = 1,
        .path = path,
        .out_path = out_path,
        .ident = {.dev = 1, .ino = 2, .size_bytes = 100, .mtime_ns = 3, .ctime_ns = 4},
        .out_ident = {.dev = 1, .ino = 5, .size_bytes = 60, .mtime_ns = 6, .ctime_ns = 7},
        .content = {1, 2},
        .settings = {3, UINT64_MAX - 3},
        .out_hash = {UINT64_MAX, 9},
        .ms = 10,
        .outcome = {.outcome = PARE_OUTCOME_OPTIMIZED,
                    .format_in = PARE_FORMAT_PNG,
                    .format_out = PARE_FORMAT_WEBP,
                    .width_px = 32,
                    .height_px = 16,
                    .bytes_in = 100,
                    .bytes_out = 60,
                    .score = 81.5,
                    .quality = 77},
    };
}

TEST(what_was_done_is_known_after_opening_again)
{
    char path[128];
    pare_ledger *ledger = NULL;
    pare_ledger_file file;
    pare_ledger_content content = {0};
    pare_buf source = {0};
    bool found;
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    const pare_ledger_result one = example("/p/\xff\n.png", "/p/o.webp");
    MUST(pare_ledger_add(ledger, &one, NULL));
    pare_ledger_close(&ledger);

    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    MUST(pare_ledger_find_file(ledger, one.path, &one.ident, &found, &file, NULL));
    CHECK_TRUE(found);
    CHECK_TRUE(file.settings_key == one.settings.high);
    CHECK_TRUE(file.out_path_key == pare_ledger_path_key("/p/o.webp", 9));
    CHECK_INT(file.out_size_bytes, ==, 60);
    pare_ident touched = one.ident;
    touched.ctime_ns++;
    MUST(pare_ledger_find_file(ledger, one.path, &touched, &found, &file, NULL));
    CHECK_TRUE(!found);
    MUST(pare_ledger_find_output(ledger, &one.out_ident, &found, &source, NULL));
    CHECK_TRUE(found);
    CHECK_STR((char *)source.data, one.path);

    const pare_ledger_content_key key = {one.content, one.settings};
    MUST(pare_ledger_find_content(ledger, &key, &content, NULL));
    CHECK_TRUE(content.found);
    CHECK_DOUBLE(content.outcome.score, ==, 81.5);
    CHECK_TRUE(pare_hash_same(&content.out_hash, &one.out_hash));
    CHECK_STR((char *)content.out_path.data, "/p/o.webp");
    /* the result is not compressed again, but only with these settings */
    const pare_ledger_content_key made = {one.out_hash, one.settings};
    MUST(pare_ledger_find_content(ledger, &made, &content, NULL));
    CHECK_TRUE(content.found);
    CHECK_INT(content.outcome.outcome, ==, PARE_OUTCOME_KEPT);
    CHECK_INT(content.outcome.err, ==, PARE_SKIP_ALREADY_DONE);
    const pare_ledger_content_key other = {one.out_hash, {7, 7}};
    MUST(pare_ledger_find_content(ledger, &other, &content, NULL));
    CHECK_TRUE(!content.found);
    pare_buf_deinit(&content.out_path);
    pare_buf_deinit(&source);
    pare_ledger_close(&ledger);
}

TEST(a_damaged_ledger_is_moved_aside_and_a_new_one_begins)
{
    static const char *const DAMAGE[] = {"this is no database, but it is long enough to be read "
                                         "as the header of one, which is 100 bytes long",
                                         "SQLite format 3"};
    for (int i = 0; i < 2; i++) {
        char path[128];
        int notices = 0;
        pare_ledger *ledger = NULL;
        const int dir = test_dir();
        snprintf(path, sizeof path, "%s/ledger.db", test_dir_path());
        char bytes[4096];
        memset(bytes, 'x', sizeof bytes);
        memcpy(bytes, DAMAGE[i], strlen(DAMAGE[i]) + 1);
        test_put_bytes(dir, "ledger.db", bytes, sizeof bytes);
        MUST(pare_ledger_open(path, count_notice, &notices, &ledger, NULL));
        CHECK_INT(notices, ==, 1);
        CHECK_INT(faccessat(dir, "ledger.db.corrupt", F_OK, 0), ==, 0);
        const pare_ledger_result one = example("/a", NULL);
        CHECK_INT(pare_ledger_add(ledger, &one, NULL), ==, PARE_OK);
        pare_ledger_close(&ledger);
    }
}

TEST(a_newer_ledger_is_refused_and_stays)
{
    /* user_version is at byte 60 of the header, big-endian (SQLite file format, 1.3). */
    char path[128];
    pare_ledger *ledger = NULL;
    pare_diag diag = {0};
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    pare_ledger_close(&ledger);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK_INT(pwrite(fd, "\0\0\0\x63", 4, 60), ==, 4);
    close(fd);
    CHECK_INT(pare_ledger_open(path, NULL, NULL, &ledger, &diag), ==, PARE_ERR_INVALID);
    CHECK_TRUE(strstr(diag.text, "newer Pare (version 99, this one knows 4)") != NULL);
    CHECK_TRUE(ledger == NULL);
    CHECK_INT(access(path, F_OK), ==, 0);
}

static void keep_run(void *user, const pare_run_record *run)
{
    char *text = user;
    snprintf(text + strlen(text), 256, "%lld %s %s %d%d%d %llu; ", (long long)run->id,
             run->command_line, run->folder, run->finished, run->can_undo, run->undone,
             (unsigned long long)run->files);
}

static bool is_unsynced(pare_ledger *ledger, const pare_ledger_result *one)
{
    bool found = false;
    pare_ledger_file file = {0};
    MUST(pare_ledger_find_file(ledger, one->path, one->in_place ? &one->out_ident : &one->ident,
                               &found, &file, NULL));
    CHECK_TRUE(found);
    return file.unsynced;
}

TEST(a_result_counts_only_after_its_run_waited_for_the_disk)
{
    char path[128];
    pare_ledger *ledger = NULL;
    int64_t since = 0;
    const pare_progress totals = {0};
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    MUST(pare_ledger_unfinished_since(ledger, &since, NULL));
    CHECK_INT(since, ==, 0);
    pare_ledger_result one = example("/p/a.png", "/o/a.png");
    const pare_ledger_run apart = {.mode = PARE_OUTPUT_FOLDER};
    MUST(pare_ledger_run_begin(ledger, &apart, &one.run_id, NULL));
    MUST(pare_ledger_add(ledger, &one, NULL));
    CHECK_TRUE(is_unsynced(ledger, &one));
    MUST(pare_ledger_unfinished_since(ledger, &since, NULL));
    CHECK_INT(since, >, 0);
    MUST(pare_ledger_run_end(ledger, one.run_id, &totals, true, false, NULL));
    CHECK_TRUE(is_unsynced(ledger, &one));
    MUST(pare_ledger_run_end(ledger, one.run_id, &totals, true, true, NULL));
    CHECK_TRUE(!is_unsynced(ledger, &one));
    MUST(pare_ledger_unfinished_since(ledger, &since, NULL));
    CHECK_INT(since, ==, 0);
    MUST(pare_ledger_run_again(ledger, one.run_id, PARE_OUTPUT_FOLDER, NULL));
    CHECK_TRUE(is_unsynced(ledger, &one));
    /* in place each file is synced before it counts */
    const pare_ledger_run in_place = {.mode = PARE_OUTPUT_IN_PLACE};
    one = example("/p/b.png", "/p/b.png");
    one.in_place = true;
    MUST(pare_ledger_run_begin(ledger, &in_place, &one.run_id, NULL));
    MUST(pare_ledger_add(ledger, &one, NULL));
    CHECK_TRUE(!is_unsynced(ledger, &one));
    pare_ledger_close(&ledger);
}

TEST(history_is_newest_first)
{
    char path[128], text[1024] = "";
    pare_ledger *ledger = NULL;
    int64_t id;
    const pare_progress totals = {.files_done = 12};
    ledger_path(path);
    CHECK_INT(pare_history(path, 10, keep_run, text, NULL), ==, PARE_OK);
    CHECK_INT(access(path, F_OK), !=, 0); /* asking makes no ledger */
    MUST(pare_ledger_open(path, NULL, NULL, &ledger, NULL));
    const pare_ledger_run first = {.command_line = "pare -i a", .folder = "/w"};
    MUST(pare_ledger_run_begin(ledger, &first, &id, NULL));
    MUST(pare_ledger_run_backup(ledger, id, "/b/1", NULL));
    const pare_ledger_run second = {.command_line = "pare b"};
    MUST(pare_ledger_run_begin(ledger, &second, &id, NULL));
    MUST(pare_ledger_run_end(ledger, id, &totals, true, true, NULL));
    pare_ledger_close(&ledger);
    CHECK_INT(pare_history(path, 10, keep_run, text, NULL), ==, PARE_OK);
    CHECK_STR(text, "2 pare b  100 12; 1 pare -i a /w 010 0; ");
    text[0] = '\0';
    CHECK_INT(pare_history(path, 1, keep_run, text, NULL), ==, PARE_OK);
    CHECK_STR(text, "2 pare b  100 12; ");
}

TEST(settings_that_change_bytes_change_the_hash_and_others_do_not)
{
    pare_options a, b;
    pare_options_init(&a);
    const pare_hash base = pare_settings_hash(&a);
    b = a;
    b.max_memory_bytes = 5;
    b.resize.width_px = 100; /* not read: no resize */
    b.quality = (pare_quality){.mode = PARE_QUALITY_SCORE, .score = PARE_SCORE_DEFAULT, .value = 3};
    pare_hash hash = pare_settings_hash(&b);
    CHECK_TRUE(pare_hash_same(&base, &hash));
    b = a;
    b.effort++;
    hash = pare_settings_hash(&b);
    CHECK_TRUE(!pare_hash_same(&base, &hash));
    b = a;
    b.quality_for[PARE_FORMAT_WEBP] = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 3};
    hash = pare_settings_hash(&b);
    CHECK_TRUE(!pare_hash_same(&base, &hash));
    b = a;
    b.background[2] = 0;
    hash = pare_settings_hash(&b);
    CHECK_TRUE(!pare_hash_same(&base, &hash));
}

/* ---- a second run ---- */

typedef struct second {
    pare_batch_options options;
    pare_ledger *ledger;
    size_t done, left, found;
    pare_err first_err;
} second;

/* Scan, plan; and pretend to do what is left: each file gets half of its bytes as output. */
static void run_once(second *s, const char *path, bool work)
{
    pare_folders *folders = NULL;
    pare_scan *scan = NULL;
    pare_plan *plan = NULL;
    pare_scan_state state = PARE_SCAN_MORE;
    pare_buf in = {0}, out = {0};
    MUST(pare_folders_create(8, &folders));
    MUST(pare_scan_create(&s->options, folders, s->ledger, &scan, NULL));
    MUST(pare_plan_create(&s->options, folders, s->ledger, &plan, NULL));
    MUST(pare_scan_add(scan, path, NULL));
    while (state == PARE_SCAN_MORE)
        MUST(pare_scan_step(scan, plan, 64, &state, NULL));
    MUST(pare_plan_resolve(plan, NULL));
    s->found = pare_plan_count(plan);
    s->left = pare_plan_left(plan);
    s->done = 0;
    s->first_err = s->found ? (pare_err)pare_plan_at(plan, 0)->err : PARE_OK;
    for (size_t i = 0; i < s->found; i++)
        s->done += pare_plan_at(plan, i)->err == PARE_SKIP_ALREADY_DONE;
    uint64_t seq = 0;
    for (const pare_plan_entry *entry; work && (entry = pare_plan_next(plan)) != NULL;) {
        pare_plan_output output;
        struct stat st;
        int fd;
        seq++;
        MUST(pare_plan_output_for(plan, entry, (pare_format)entry->format, &output, NULL));
        MUST(pare_folders_open(folders, output.folder, true, &fd, NULL));
        test_put_bytes(fd, output.name, PNG, output.in_place ? sizeof PNG - 1 : sizeof PNG);
        CHECK_INT(fstatat(fd, output.name, &st, 0), ==, 0);
        close(fd);
        MUST(pare_folders_path(folders, entry->folder, entry->name, true, &in));
        MUST(pare_folders_path(folders, output.folder, output.name, true, &out));
        const pare_ledger_result result = {.run_id = 1,
                                           .seq = seq,
                                           .path = (char *)in.data,
                                           .out_path = (char *)out.data,
                                           .ident = entry->ident,
                                           .out_ident = pare_ident_of(&st),
                                           .content = {seq, 1},
                                           .settings = pare_settings_hash(&s->options.image),
                                           .out_hash = {seq, 2},
                                           .in_place = output.in_place,
                                           .outcome = {.outcome = PARE_OUTCOME_OPTIMIZED,
                                                       .format_in = PARE_FORMAT_PNG,
                                                       .format_out = PARE_FORMAT_PNG,
                                                       .width_px = 32,
                                                       .height_px = 16}};
        MUST(pare_ledger_add(s->ledger, &result, NULL));
    }
    MUST(pare_ledger_flush(s->ledger, NULL));
    pare_buf_deinit(&in);
    pare_buf_deinit(&out);
    pare_plan_destroy(&plan);
    pare_scan_destroy(&scan);
    pare_folders_destroy(&folders);
}

static void second_init(second *s, pare_output_mode mode)
{
    char path[128];
    *s = (second){.options = {.output_mode = mode, .suffix = "-min"}};
    pare_options_init(&s->options.image);
    ledger_path(path);
    MUST(pare_ledger_open(path, NULL, NULL, &s->ledger, NULL));
}

TEST(a_second_run_skips_what_is_done_in_every_mode)
{
    static const pare_output_mode MODES[] = {PARE_OUTPUT_BESIDE, PARE_OUTPUT_FOLDER,
                                             PARE_OUTPUT_IN_PLACE, PARE_OUTPUT_SUFFIX};
    for (int m = 0; m < 4; m++) {
        second s;
        char out_dir[128], path[64];
        printf("# mode %d\n", (int)MODES[m]);
        second_init(&s, MODES[m]);
        const int dir = test_dir();
        snprintf(path, sizeof path, "%s", test_dir_path());
        snprintf(out_dir, sizeof out_dir, "%s/out", path);
        s.options.output_dir = out_dir;
        test_put_bytes(dir, "a.png", PNG, sizeof PNG);
        test_put_bytes(dir, "b.png", PNG, sizeof PNG);
        run_once(&s, path, true);
        CHECK_INT(s.left, ==, 2);
        run_once(&s, path, true);
        CHECK_INT(s.found, ==, 2);
        CHECK_INT(s.done, ==, 2);
        /* other settings, a changed input, a missing output: done again */
        s.options.image.effort++;
        run_once(&s, path, false);
        CHECK_INT(s.left, ==, 2);
        s.options.image.effort--;
        s.options.force = true;
        run_once(&s, path, false);
        CHECK_INT(s.left, ==, 2);
        s.options.force = false;
        test_put_bytes(dir, "a.png", PNG, sizeof PNG);
        run_once(&s, path, false);
        CHECK_INT(s.left, ==, 1);
        CHECK_INT(s.done, ==, 1);
        pare_ledger_close(&s.ledger);
    }
}

TEST(an_output_that_somebody_changed_is_theirs)
{
    second s;
    char path[64];
    second_init(&s, PARE_OUTPUT_BESIDE);
    const int dir = test_dir();
    snprintf(path, sizeof path, "%s", test_dir_path());
    test_put_bytes(dir, "a.png", PNG, sizeof PNG);
    run_once(&s, path, true);
    test_put(dir, "optimized/a.png", "edited by hand");
    run_once(&s, path, false);
    CHECK_INT(s.first_err, ==, PARE_ERR_EXISTS);
    /* and one that moved with its folder is still ours */
    unlinkat(dir, "optimized/a.png", 0);
    run_once(&s, path, true);
    CHECK_INT(s.left, ==, 1);
    mkdirat(dir, "new", 0755);
    renameat(dir, "a.png", dir, "new/a.png");
    renameat(dir, "optimized", dir, "new/optimized");
    run_once(&s, path, false);
    CHECK_INT(s.first_err, ==, PARE_OK);
    CHECK_INT(s.left, ==, 1);
    pare_ledger_close(&s.ledger);
}

RUN(what_was_done_is_known_after_opening_again,
    a_damaged_ledger_is_moved_aside_and_a_new_one_begins, a_newer_ledger_is_refused_and_stays,
    a_result_counts_only_after_its_run_waited_for_the_disk, history_is_newest_first,
    settings_that_change_bytes_change_the_hash_and_others_do_not,
    a_second_run_skips_what_is_done_in_every_mode, an_output_that_somebody_changed_is_theirs)
