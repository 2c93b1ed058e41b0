// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/intake.h"
#include "host/ledger.h"
#include "host/replace.h"
#include "support/fault.h"

#define OLD "old old old old old"
#define NEW "GIF89a new"

/* An in-place run over two files: a.png stays a.png, b.png becomes b.gif. */
typedef struct scene {
    int dir;
    char path[64], ledger[96], backups[96];
    pare_file_result last;
    int restored, failed;
    pare_err err;
} scene;

static void replace_one(scene *s, const pare_backup *backup, const char *name, const char *made)
{
    pare_replace *rep = NULL;
    pare_intake intake;
    pare_replaced done;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", s->path, name);
    test_put(s->dir, name, OLD);
    MUST(pare_intake_open(s->dir, name, NULL, &intake, NULL));
    MUST(pare_replace_begin(s->dir, &rep, NULL));
    CHECK_INT(write(pare_replace_fd(rep), NEW, strlen(NEW)), ==, strlen(NEW));
    const pare_replace_request request = {.name = made,
                                          .format = PARE_FORMAT_GIF,
                                          .bytes = strlen(NEW),
                                          .original_fd = intake.fd,
                                          .original_dir_fd = s->dir,
                                          .original_name = name,
                                          .original = &intake.ident,
                                          .in_place = true,
                                          .backup = backup,
                                          .original_path = path};
    MUST(pare_replace_commit(&rep, &request, &done, NULL));
    pare_intake_close(&intake);
}

static void scene_init(scene *s)
{
    pare_ledger *ledger = NULL;
    pare_backup *backup = NULL;
    int64_t id;
    *s = (scene){.dir = test_dir()};
    snprintf(s->path, sizeof s->path, "%s", test_dir_path());
    test_dir();
    snprintf(s->ledger, sizeof s->ledger, "%s/ledger.db", test_dir_path());
    snprintf(s->backups, sizeof s->backups, "%s/b", test_dir_path());
    MUST(pare_ledger_open(s->ledger, NULL, NULL, &ledger, NULL));
    const pare_ledger_run run = {.mode = PARE_OUTPUT_IN_PLACE};
    MUST(pare_ledger_run_begin(ledger, &run, &id, NULL));
    MUST(pare_backup_create(s->backups, id, &backup, NULL));
    MUST(pare_ledger_run_backup(ledger, id, pare_backup_path(backup), NULL));
    replace_one(s, backup, "a.png", "a.png");
    replace_one(s, backup, "b.png", "b.gif");
    pare_backup_destroy(&backup);
    pare_ledger_close(&ledger);
}

static void on_result(void *user, const pare_file_result *result)
{
    scene *s = user;
    s->restored += result->outcome == PARE_OUTCOME_OPTIMIZED;
    s->failed += result->outcome == PARE_OUTCOME_FAILED;
    if (result->err != PARE_OK) s->err = result->err;
}

TEST(originals_come_back_and_converted_files_go)
{
    scene s;
    scene_init(&s);
    CHECK_INT(test_count(s.dir), ==, 2);
    CHECK_STR(test_get(s.dir, "b.gif"), NEW);
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.restored, ==, 2);
    CHECK_STR(test_get(s.dir, "a.png"), OLD);
    CHECK_STR(test_get(s.dir, "b.png"), OLD);
    CHECK_INT(test_count(s.dir), ==, 2);
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_ERR_NOT_FOUND);
    CHECK_INT(pare_undo(s.ledger, 1, on_result, &s, NULL), ==, PARE_ERR_NOT_FOUND);
    CHECK_INT(pare_undo(s.ledger, 7, on_result, &s, NULL), ==, PARE_ERR_NOT_FOUND);
}

TEST(a_file_that_changed_after_the_run_is_left_alone)
{
    scene s;
    scene_init(&s);
    test_put(s.dir, "a.png", "edited by hand");
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.restored, ==, 1);
    CHECK_INT(s.err, ==, PARE_ERR_CHANGED);
    CHECK_STR(test_get(s.dir, "a.png"), "edited by hand");
    CHECK_STR(test_get(s.dir, "b.png"), OLD);
    /* once it is out of the way, the same run can be undone for it */
    unlinkat(s.dir, "a.png", 0);
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_STR(test_get(s.dir, "a.png"), OLD);
}

TEST(a_run_whose_files_are_left_alone_does_not_hide_the_run_before)
{
    scene s;
    pare_ledger *ledger = NULL;
    pare_backup *backup = NULL;
    int64_t id;
    scene_init(&s);
    MUST(pare_ledger_open(s.ledger, NULL, NULL, &ledger, NULL));
    const pare_ledger_run run = {.mode = PARE_OUTPUT_IN_PLACE};
    MUST(pare_ledger_run_begin(ledger, &run, &id, NULL));
    MUST(pare_backup_create(s.backups, id, &backup, NULL));
    MUST(pare_ledger_run_backup(ledger, id, pare_backup_path(backup), NULL));
    replace_one(&s, backup, "c.png", "c.png");
    replace_one(&s, backup, "d.png", "d.png");
    pare_backup_destroy(&backup);
    pare_ledger_close(&ledger);
    test_put(s.dir, "c.png", "edited by hand");
    /* first what can be put back of the last run, and not more */
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.restored, ==, 1);
    CHECK_STR(test_get(s.dir, "d.png"), OLD);
    CHECK_STR(test_get(s.dir, "a.png"), NEW);
    s.restored = s.failed = 0;
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.restored, ==, 2);
    CHECK_INT(s.failed, ==, 1);
    CHECK_STR(test_get(s.dir, "d.png"), OLD);
    CHECK_STR(test_get(s.dir, "a.png"), OLD);
    CHECK_STR(test_get(s.dir, "b.png"), OLD);
    CHECK_STR(test_get(s.dir, "c.png"), "edited by hand");
    /* the end of all runs: the files that are left are told of again */
    s.restored = s.failed = 0;
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.restored, ==, 0);
    CHECK_INT(s.failed, ==, 1);
}

TEST(a_name_that_is_taken_again_is_not_overwritten)
{
    scene s;
    scene_init(&s);
    test_put(s.dir, "b.png", "another picture");
    CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), ==, PARE_OK);
    CHECK_INT(s.err, ==, PARE_ERR_CHANGED);
    CHECK_STR(test_get(s.dir, "b.png"), "another picture");
    CHECK_STR(test_get(s.dir, "b.gif"), NEW);
}

/* An undo in a process of its own, killed at its at-th call, with somebody who acts just before an
 * exchange of names, or NULL. 0: it ran to its end. */
static int undo_killed_at(scene *s, long at, void (*between)(void *user))
{
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (between) fault_before_exchange(between, &s->dir);
        fault_arm(at, FAULT_KILL, false);
        _exit(pare_undo(s->ledger, 0, NULL, NULL, NULL) == PARE_OK ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status;
}

TEST(an_undo_that_is_killed_anywhere_is_finished_by_the_next)
{
    long at = 1;
    for (int status = -1; status != 0 && at < 60; at++) {
        scene s;
        scene_init(&s);
        status = undo_killed_at(&s, at, NULL);
        if (status != 0) {
            const pare_err err = pare_undo(s.ledger, 0, on_result, &s, NULL);
            CHECK_TRUE(err == PARE_OK || err == PARE_ERR_NOT_FOUND); /* all was done */
            CHECK_INT(s.failed, ==, 0);
        }
        CHECK_STR(test_get(s.dir, "a.png"), OLD);
        CHECK_STR(test_get(s.dir, "b.png"), OLD);
        CHECK_INT(test_count(s.dir), ==, 2);
        close(s.dir);
    }
    CHECK_INT(at, <, 60); /* the last one ran to its end */
}

#define MINE "somebody's picture"

static void put_mine(void *user)
{
    const int dir = *(int *)user;
    test_put(dir, "mine", MINE);
    CHECK_INT(renameat(dir, "mine", dir, "a.png"), ==, 0);
}

/* The file of these bytes in a folder or below it. */
static bool has_bytes(const char *folder, const char *bytes)
{
    char command[256];
    snprintf(command, sizeof command, "grep -rqF \"%s\" %s", bytes, folder);
    return system(command) == 0;
}

TEST(what_comes_in_between_is_never_lost_when_killed_at_any_call)
{
    long at = 1;
    for (int status = -1; status != 0 && at < 60; at++) {
        scene s;
        scene_init(&s);
        status = undo_killed_at(&s, at, put_mine);
        const bool came = has_bytes(s.path, MINE) || has_bytes(s.backups, MINE);
        CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), !=, PARE_ERR_INTERNAL);
        if (came) CHECK_TRUE(has_bytes(s.path, MINE) || has_bytes(s.backups, MINE));
        CHECK_TRUE(has_bytes(s.path, OLD)); /* b.png */
        /* the original of a.png is back, or still in the backup */
        const char *text = test_get(s.dir, "a.png");
        const bool back = text && strcmp(text, OLD) == 0;
        CHECK_TRUE(back || has_bytes(s.backups, OLD));
        if (status == 0) CHECK_TRUE(came && s.err == PARE_ERR_CHANGED);
        close(s.dir);
    }
    CHECK_INT(at, >, 6);
    CHECK_INT(at, <, 60);
}

/* A kill may leave the result in the backup's place; then somebody removes the original. */
TEST(what_the_run_wrote_is_never_put_back_as_the_original)
{
    long at = 1;
    for (int status = -1; status != 0 && at < 60; at++) {
        scene s;
        scene_init(&s);
        status = undo_killed_at(&s, at, NULL);
        const char *text = test_get(s.dir, "a.png");
        if (text && strcmp(text, OLD) == 0) {
            unlinkat(s.dir, "a.png", 0);
            CHECK_INT(pare_undo(s.ledger, 0, on_result, &s, NULL), !=, PARE_ERR_INTERNAL);
            text = test_get(s.dir, "a.png");
            CHECK_TRUE(!text || strcmp(text, NEW) != 0);
        }
        close(s.dir);
    }
    CHECK_INT(at, <, 60); /* the last one ran to its end */
}

TEST(a_backup_of_a_file_that_was_never_replaced_is_dropped)
{
    scene s;
    struct stat st;
    pare_backup *backup = NULL;
    char path[128];
    scene_init(&s);
    MUST(pare_backup_create(s.backups, 2, &backup, NULL));
    test_put(s.dir, "c.png", OLD);
    snprintf(path, sizeof path, "%s/c.png", s.path);
    fstatat(s.dir, "c.png", &st, 0);
    const pare_ident ident = pare_ident_of(&st);
    const pare_backup_record record = {
        .path = path, .new_name = "c.png", .original = ident, .made = {.ino = 1}};
    const int fd = openat(s.dir, "c.png", O_RDONLY);
    MUST(pare_backup_keep(backup, s.dir, "c.png", fd, &record, NULL));
    close(fd);
    fstatat(s.dir, "c.png", &st, 0);
    CHECK_INT(st.st_nlink, ==, 2);
    /* While the run goes on its backup is about to be needed. */
    char run_path[128];
    snprintf(run_path, sizeof run_path, "%s", pare_backup_path(backup));
    CHECK_TRUE(!pare_backup_forget_unused(run_path, path, &ident));
    pare_backup_destroy(&backup);
    CHECK_TRUE(pare_backup_forget_unused(run_path, path, &ident));
    fstatat(s.dir, "c.png", &st, 0);
    CHECK_INT(st.st_nlink, ==, 1);
}

TEST(a_torn_journal_record_costs_only_itself)
{
    scene s;
    pare_buf storage = {0};
    pare_backup_record *records = NULL;
    pare_buf run = {0};
    pare_ledger *ledger = NULL;
    size_t count = 0;
    int64_t id = 1;
    char journal[256];
    scene_init(&s);
    MUST(pare_ledger_open(s.ledger, NULL, NULL, &ledger, NULL));
    MUST(pare_ledger_find_undo(ledger, &id, &run, NULL));
    pare_ledger_close(&ledger);
    snprintf(journal, sizeof journal, "%s/journal", (char *)run.data);
    const int fd = open(journal, O_WRONLY | O_APPEND);
    CHECK_INT(write(fd,
                    "\0R\0"
                    "1 2 3 4 5 6 7 8 9 10\0/x/y",
                    27),
              ==, 27);
    CHECK_INT(write(fd,
                    "\0R\0"
                    "1 2 3 4 5 6 7 8 9 10\0/x/z\0n\0E",
                    33),
              ==, 33);
    close(fd);
    MUST(pare_backup_read((char *)run.data, &storage, &records, &count, NULL));
    CHECK_INT(count, ==, 3);
    if (count == 3) CHECK_STR(records[2].path, "/x/z");
    free(records);
    pare_buf_deinit(&storage);
    pare_buf_deinit(&run);
}

RUN(originals_come_back_and_converted_files_go, a_file_that_changed_after_the_run_is_left_alone,
    a_run_whose_files_are_left_alone_does_not_hide_the_run_before,
    a_name_that_is_taken_again_is_not_overwritten,
    an_undo_that_is_killed_anywhere_is_finished_by_the_next,
    what_comes_in_between_is_never_lost_when_killed_at_any_call,
    what_the_run_wrote_is_never_put_back_as_the_original,
    a_backup_of_a_file_that_was_never_replaced_is_dropped, a_torn_journal_record_costs_only_itself)
