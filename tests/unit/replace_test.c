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
#include "host/replace.h"
#include "support/fault.h"

#define OLD "old old old old old"
#define NEW "GIF89a new"

/* Everything for one commit of NEW over OLD. */
typedef struct scene {
    int dir;
    pare_intake intake;
    pare_replace *rep;
    pare_replace_request request;
    pare_replaced done;
} scene;

static void empty(int dir)
{
    DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
    for (const struct dirent *one; list && (one = readdir(list)) != NULL;)
        unlinkat(dir, one->d_name, 0);
    if (list) closedir(list);
}

static void scene_init(scene *s, int dir)
{
    *s = (scene){.dir = dir, .intake = {.fd = -1}};
    empty(dir);
    test_put(s->dir, "a.png", OLD);
    s->request = (pare_replace_request){.name = "a.png",
                                        .format = PARE_FORMAT_GIF,
                                        .bytes = strlen(NEW),
                                        .max_bytes = strlen(OLD) - 1,
                                        .original_dir_fd = s->dir,
                                        .original_name = "a.png",
                                        .original = &s->intake.ident,
                                        .in_place = true};
}

static pare_err scene_begin(scene *s, const char *made)
{
    PARE_TRY(pare_intake_open(s->dir, "a.png", NULL, &s->intake, NULL));
    s->request.original_fd = s->intake.fd;
    PARE_TRY(pare_replace_begin(s->dir, &s->rep, NULL));
    const ssize_t len = (ssize_t)strlen(made);
    if (write(pare_replace_fd(s->rep), made, (size_t)len) == len) return PARE_OK;
    pare_replace_abort(&s->rep);
    return PARE_ERR_IO;
}

static pare_err scene_run(scene *s, const char *made)
{
    pare_err err = scene_begin(s, made);
    if (err == PARE_OK) err = pare_replace_commit(&s->rep, &s->request, &s->done, NULL);
    pare_intake_close(&s->intake);
    return err;
}

TEST(a_smaller_file_takes_the_place_with_mode_and_dates)
{
    scene s;
    struct stat st;
    scene_init(&s, test_dir());
    CHECK_INT(fchmodat(s.dir, "a.png", 0640, 0), ==, 0);
    const struct timespec dates[2] = {{1000, 5}, {2000, 7}};
    CHECK_INT(utimensat(s.dir, "a.png", dates, 0), ==, 0);
    s.request.keep_dates = true;
    CHECK_INT(scene_run(&s, NEW), ==, PARE_OK);
    CHECK_STR(test_get(s.dir, "a.png"), NEW);
    CHECK_INT(test_count(s.dir), ==, 1);
    CHECK_INT(fstatat(s.dir, "a.png", &st, 0), ==, 0);
    CHECK_INT(st.st_mode & 07777, ==, 0640);
    CHECK_INT(st.st_mtim.tv_sec, ==, 2000);
    CHECK_INT(s.done.ident.ino, ==, st.st_ino);
    CHECK_INT(s.done.ident.ctime_ns, ==, pare_ident_ns(st.st_ctim));
}

TEST(a_copy_of_something_else_changes_nothing)
{
    static const struct {
        const char *made;
        pare_err want;
    } CASES[] = {{"GIF89a nEw", PARE_ERR_CHANGED}, {"GIF89a", PARE_ERR_CHANGED}, {NEW, PARE_OK}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        scene s;
        pare_intake source;
        scene_init(&s, test_dir());
        test_put(s.dir, "source", NEW);
        MUST(pare_intake_open(s.dir, "source", NULL, &source, NULL));
        s.request.hash = &source.hash;
        CHECK_INT(scene_run(&s, CASES[i].made), ==, CASES[i].want);
        CHECK_INT(s.done.is_other, ==, CASES[i].want != PARE_OK);
        CHECK_STR(test_get(s.dir, "a.png"), CASES[i].want == PARE_OK ? NEW : OLD);
        CHECK_INT(test_count(s.dir), ==, 2); /* no temporary file is left */
        pare_intake_close(&source);
    }
}

TEST(a_broken_promise_changes_nothing)
{
    static const struct {
        const char *label, *made, *touch, *name;
        uint64_t bytes;
        pare_err want;
    } CASES[] = {
        {"other size than said", NEW, NULL, "a.png", 5, PARE_ERR_PROTOCOL},
        {"other format than said", "nothing of", NULL, "a.png", 10, PARE_ERR_PROTOCOL},
        {"not smaller", "GIF89a and much longer", NULL, "a.png", 22, PARE_SKIP_NOT_SMALLER},
        {"original changed", NEW, "changed", "a.png", 10, PARE_ERR_CHANGED},
        {"a path", NEW, NULL, "../a.png", 10, PARE_ERR_INVALID},
        {"name is taken", NEW, NULL, "taken.gif", 10, PARE_ERR_EXISTS},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        scene s;
        printf("# %s\n", CASES[i].label);
        scene_init(&s, test_dir());
        test_put(s.dir, "taken.gif", "theirs");
        s.request.bytes = CASES[i].bytes;
        s.request.name = CASES[i].name;
        MUST(scene_begin(&s, CASES[i].made));
        if (CASES[i].touch) test_put(s.dir, "a.png", CASES[i].touch);
        CHECK_INT(pare_replace_commit(&s.rep, &s.request, &s.done, NULL), ==, CASES[i].want);
        pare_intake_close(&s.intake);
        CHECK_STR(test_get(s.dir, "a.png"), CASES[i].touch ? CASES[i].touch : OLD);
        CHECK_STR(test_get(s.dir, "taken.gif"), "theirs");
        CHECK_INT(test_count(s.dir), ==, 2);
        CHECK_TRUE(s.rep == NULL);
    }
}

TEST(what_holds_nothing_but_the_result_or_zeros_is_replaced)
{
    static const struct {
        const char *label, *there;
        size_t len;
        pare_err want;
    } CASES[] = {
        {"nothing", "", 0, PARE_OK},
        {"the same", NEW, 10, PARE_OK},
        {"its beginning", NEW, 4, PARE_OK},
        {"zeros", "\0\0\0\0\0\0\0\0\0\0", 10, PARE_OK},
        {"its beginning and zeros", "GIF89a\0\0\0\0", 10, PARE_OK},
        {"another byte", "GIF89a neW", 10, PARE_ERR_EXISTS},
        {"more than the result", "GIF89a new\0", 11, PARE_ERR_EXISTS},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        scene s;
        printf("# %s\n", CASES[i].label);
        scene_init(&s, test_dir());
        s.request.name = "b.gif";
        s.request.in_place = false;
        s.request.over_remains = true;
        test_put_bytes(s.dir, "b.gif", CASES[i].there, CASES[i].len);
        CHECK_INT(scene_run(&s, NEW), ==, CASES[i].want);
        if (CASES[i].want == PARE_OK) CHECK_STR(test_get(s.dir, "b.gif"), NEW);
        CHECK_INT(test_count(s.dir), ==, 2);
    }
}

TEST(another_format_takes_a_new_name_and_removes_the_original)
{
    scene s;
    scene_init(&s, test_dir());
    s.request.name = "a.gif";
    CHECK_INT(scene_run(&s, NEW), ==, PARE_OK);
    CHECK_STR(test_get(s.dir, "a.gif"), NEW);
    CHECK_INT(test_count(s.dir), ==, 1);
}

TEST(an_own_output_is_replaced_unless_it_changed_since_the_plan)
{
    scene s;
    struct stat st;
    scene_init(&s, test_dir());
    test_put(s.dir, "a-min.png", "earlier");
    fstatat(s.dir, "a-min.png", &st, 0);
    s.request.in_place = false;
    s.request.name = "a-min.png";
    s.request.replaceable_before_ns = pare_ident_ns(st.st_ctim) - 1;
    CHECK_INT(scene_run(&s, NEW), ==, PARE_ERR_EXISTS);
    s.request.replaceable_before_ns = pare_ident_ns(st.st_ctim);
    CHECK_INT(scene_run(&s, NEW), ==, PARE_OK);
    CHECK_STR(test_get(s.dir, "a-min.png"), NEW);
    CHECK_STR(test_get(s.dir, "a.png"), OLD);
    CHECK_INT(linkat(s.dir, "a.png", s.dir, "same.png", 0), ==, 0);
    s.request.name = "same.png"; /* force never turns an output into the input */
    s.request.overwrite = true;
    CHECK_INT(scene_run(&s, NEW), ==, PARE_ERR_EXISTS);
    CHECK_STR(test_get(s.dir, "a.png"), OLD);
}

TEST(a_writer_that_stays_cannot_change_the_result)
{
    scene s;
    scene_init(&s, test_dir());
    MUST(scene_begin(&s, NEW));
    const int kept = dup(pare_replace_fd(s.rep)); /* as a worker could */
    CHECK_INT(pare_replace_commit(&s.rep, &s.request, &s.done, NULL), ==, PARE_OK);
    CHECK_INT(pwrite(kept, "evil", 4, 0), ==, 4);
    close(kept);
    pare_intake_close(&s.intake);
    CHECK_STR(test_get(s.dir, "a.png"), NEW);
    CHECK_INT(test_count(s.dir), ==, 1);
}

TEST(kept_bytes_are_copied_whole)
{
    scene s;
    uint64_t bytes = 0;
    scene_init(&s, test_dir());
    MUST(scene_begin(&s, ""));
    MUST(pare_replace_copy(s.rep, s.intake.fd, &bytes, NULL));
    CHECK_INT(bytes, ==, strlen(OLD));
    s.request.in_place = false;
    s.request.name = "copy.png";
    s.request.bytes = bytes;
    s.request.max_bytes = 0;
    s.request.format = PARE_FORMAT_UNKNOWN;
    CHECK_INT(pare_replace_commit(&s.rep, &s.request, &s.done, NULL), ==, PARE_OK);
    CHECK_STR(test_get(s.dir, "copy.png"), OLD);
    CHECK_TRUE(pare_hash_same(&s.done.hash, &s.intake.hash));
    pare_intake_close(&s.intake);
}

TEST(stale_temporaries_are_swept_and_used_ones_are_not)
{
    const int dir = test_dir();
    pare_replace *rep = NULL;
    MUST(pare_replace_begin(dir, &rep, NULL));
    test_put(dir, ".pare-abcdefghijkl.tmp", "left by a kill");
    test_put(dir, ".pare-notours.tmp", "theirs");
    CHECK_INT(pare_replace_sweep(dir, ".pare-abcdefghijkl.tmp"), ==, true);
    CHECK_INT(pare_replace_sweep(dir, ".pare-notours.tmp"), ==, false);
    CHECK_INT(test_count(dir), ==, 2);
    pare_replace_abort(&rep);
    CHECK_INT(test_count(dir), ==, 1);
}

/* What a fault may leave behind. */
static void check_after(scene *s, const char *new_name, pare_err err, bool removal_failed)
{
    char *old_name_has = test_get(s->dir, "a.png"), *new_name_has = test_get(s->dir, new_name);
    const bool old = old_name_has && strcmp(old_name_has, OLD) == 0;
    const bool new = new_name_has &&strcmp(new_name_has, NEW) == 0;
    const bool same = strcmp(new_name, "a.png") == 0;
    CHECK_TRUE(old || new);                            /* something whole */
    CHECK_TRUE(!old_name_has || old || (same && new)); /* and nothing cut */
    CHECK_TRUE(!new_name_has || new || (same && old));
    if (err == PARE_OK) CHECK_TRUE(new && (same || !old));
    const int want = same || !old || !new ? 1 : 2;
    if (!removal_failed) CHECK_INT(test_count(s->dir), ==, want);
}

static void fail_each_call(const char *new_name, bool with_backup)
{
    static const struct {
        int cause;
        bool sticky;
    } FAULTS[] = {{EIO, false}, {ENOSPC, true}, {EROFS, true}};
    const int dir = test_dir();
    char path[96];
    test_dir();
    snprintf(path, sizeof path, "%s/backups", test_dir_path());
    for (int f = 0; f < 3; f++) {
        long seen = 0, at = 0;
        do {
            at++;
            scene s;
            pare_backup *backup = NULL;
            scene_init(&s, dir);
            if (with_backup) MUST(pare_backup_create(path, 1, &backup, NULL));
            s.request.name = new_name;
            s.request.backup = backup;
            s.request.original_path = "/some/where/a.png";
            fault_arm(at, FAULTS[f].cause, FAULTS[f].sticky);
            const pare_err err = scene_run(&s, NEW);
            seen = fault_disarm();
            check_after(&s, new_name, err, fault_hit_removal());
            pare_backup_destroy(&backup);
        } while (seen >= at); /* until the fault was not reached */
        CHECK_INT(seen, >, 5);
        if (f == 0) printf("# %ld calls\n", seen);
    }
}

TEST(each_failing_call_leaves_old_or_new)
{
    fail_each_call("a.png", false);
}

TEST(each_failing_call_leaves_old_or_new_with_a_backup)
{
    fail_each_call("a.png", true);
}

TEST(each_failing_call_leaves_old_or_new_in_another_format)
{
    fail_each_call("a.gif", false);
}

TEST(a_kill_at_each_call_leaves_old_or_new_and_a_sweep_cleans_up)
{
    const int dir = test_dir();
    long at = 1;
    for (int status = -1; status != 0 && at < 100; at++) {
        scene s;
        scene_init(&s, dir);
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            fault_arm(at, FAULT_KILL, false);
            _exit(scene_run(&s, NEW) == PARE_OK ? 0 : 1);
        }
        waitpid(child, &status, 0);
        if (status != 0) CHECK_INT(WEXITSTATUS(status), ==, FAULT_EXIT_CODE);
        char *text = test_get(dir, "a.png");
        CHECK_TRUE(text && (strcmp(text, OLD) == 0 || strcmp(text, NEW) == 0));
        if (status == 0) CHECK_STR(text, NEW);
        DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
        for (const struct dirent *one; list && (one = readdir(list)) != NULL;)
            pare_replace_sweep(dir, one->d_name);
        closedir(list);
        CHECK_INT(test_count(dir), ==, 1);
    }
    CHECK_INT(at, >, 5);
    CHECK_INT(at, <, 100);
}

RUN(a_smaller_file_takes_the_place_with_mode_and_dates, a_copy_of_something_else_changes_nothing,
    a_broken_promise_changes_nothing, another_format_takes_a_new_name_and_removes_the_original,
    what_holds_nothing_but_the_result_or_zeros_is_replaced,
    an_own_output_is_replaced_unless_it_changed_since_the_plan,
    a_writer_that_stays_cannot_change_the_result, kept_bytes_are_copied_whole,
    stale_temporaries_are_swept_and_used_ones_are_not, each_failing_call_leaves_old_or_new,
    each_failing_call_leaves_old_or_new_with_a_backup,
    each_failing_call_leaves_old_or_new_in_another_format,
    a_kill_at_each_call_leaves_old_or_new_and_a_sweep_cleans_up)
