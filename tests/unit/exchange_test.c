// SPDX-License-Identifier: Apache-2.0
/* What somebody does to a file between the last look at it and the rename stays, whenever Pare is
 * killed; and what a killed run leaves is tidied. */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/exchange.h"
#include "host/replace.h"
#include "support/fault.h"

#define OLD "old old old"
#define NEW "new"
#define MINE "mine mine .." /* another length */
#define SAME_LEN "OLD OLD OLD"

/* ---- what somebody does ---- */

static void write_into(void *user)
{
    const int fd = openat(*(int *)user, "a.png", O_WRONLY | O_TRUNC | O_CLOEXEC);
    CHECK_INT(write(fd, MINE, strlen(MINE)), ==, (ssize_t)strlen(MINE));
    close(fd);
}

static void write_as_much(void *user)
{
    const int fd = openat(*(int *)user, "a.png", O_WRONLY | O_CLOEXEC);
    CHECK_INT(pwrite(fd, SAME_LEN, strlen(SAME_LEN), 0), ==, (ssize_t)strlen(SAME_LEN));
    close(fd);
}

static void put_another(void *user)
{
    const int dir = *(int *)user;
    test_put(dir, "b", MINE);
    CHECK_INT(renameat(dir, "b", dir, "a.png"), ==, 0);
}

static void delete (void *user)
{
    CHECK_INT(unlinkat(*(int *)user, "a.png", 0), ==, 0);
}

static void put_link(void *user)
{
    delete (user);
    CHECK_INT(symlinkat("elsewhere", *(int *)user, "a.png"), ==, 0);
}

static void put_folder(void *user)
{
    delete (user);
    CHECK_INT(mkdirat(*(int *)user, "a.png", 0700), ==, 0);
}

static const struct {
    const char *label;
    void (*act)(void *user);
    mode_t kind; /* of what must be there afterwards; 0: nothing */
    const char *bytes;
} ACTS[] = {
    {"written into", write_into, S_IFREG, MINE},
    {"as much written into", write_as_much, S_IFREG, SAME_LEN},
    {"replaced", put_another, S_IFREG, MINE},
    {"deleted", delete, 0, NULL},
    {"a link", put_link, S_IFLNK, NULL},
    {"a folder", put_folder, S_IFDIR, NULL},
};
enum { ACT_COUNT = sizeof ACTS / sizeof *ACTS };

/* ---- one exchange ---- */

static void empty(int dir)
{
    DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
    for (const struct dirent *one; list && (one = readdir(list)) != NULL;) {
        if (unlinkat(dir, one->d_name, 0) != 0) (void)unlinkat(dir, one->d_name, AT_REMOVEDIR);
    }
    if (list) closedir(list);
}

/* OLD, from long ago: a write changes its date even on a coarse clock. */
static pare_ident put_old(int dir)
{
    static const struct timespec long_ago[2] = {{1000, 0}, {1000, 0}};
    struct stat st;
    empty(dir);
    test_put(dir, "a.png", OLD);
    CHECK_INT(utimensat(dir, "a.png", long_ago, 0), ==, 0);
    CHECK_INT(fstatat(dir, "a.png", &st, 0), ==, 0);
    return pare_ident_of(&st);
}

static pare_err exchange_once(int dir, const pare_ident *planned)
{
    pare_temp temp;
    MUST(pare_temp_create(dir, &temp, NULL));
    CHECK_INT(write(temp.write_fd, NEW, strlen(NEW)), ==, (ssize_t)strlen(NEW));
    MUST(pare_temp_settle(&temp, NULL));
    const pare_err err = pare_exchange(&temp, "a.png", planned, NULL);
    pare_temp_deinit(&temp);
    return err;
}

static void check_there(int dir, int act)
{
    struct stat st = {0};
    const bool there = fstatat(dir, "a.png", &st, AT_SYMLINK_NOFOLLOW) == 0;
    CHECK_INT(there ? st.st_mode & S_IFMT : 0, ==, ACTS[act].kind);
    if (ACTS[act].bytes) CHECK_STR(test_get(dir, "a.png"), ACTS[act].bytes);
    CHECK_INT(test_count(dir), ==, ACTS[act].kind ? 1 : 0);
}

TEST(the_planned_file_is_replaced)
{
    const int dir = test_dir();
    for (int i = 0; i < 2; i++) {
        const pare_ident planned = put_old(dir);
        fault_no_exchange(i == 1);
        CHECK_INT(exchange_once(dir, &planned), ==, PARE_OK);
        CHECK_STR(test_get(dir, "a.png"), NEW);
        CHECK_INT(test_count(dir), ==, 1);
    }
    fault_no_exchange(false);
}

TEST(what_comes_in_between_stays)
{
    int dir = test_dir();
    for (int i = 0; i < ACT_COUNT; i++) {
        printf("# %s\n", ACTS[i].label);
        const pare_ident planned = put_old(dir);
        fault_before_exchange(ACTS[i].act, &dir);
        CHECK_INT(exchange_once(dir, &planned), ==, PARE_ERR_CHANGED);
        check_there(dir, i);
    }
}

static void sweep(int dir)
{
    pare_temp_sweep_folder(dir, pare_replace_sweep);
}

TEST(what_comes_in_between_stays_when_killed_at_any_call)
{
    int dir = test_dir();
    for (int i = -1; i < ACT_COUNT; i++) {
        long at = 1;
        printf("# %s\n", i < 0 ? "nothing" : ACTS[i].label);
        for (int status = -1; status != 0 && at < 100; at++) {
            const pare_ident planned = put_old(dir);
            fflush(stdout);
            const pid_t child = fork();
            if (child == 0) {
                if (i >= 0) fault_before_exchange(ACTS[i].act, &dir);
                fault_arm(at, FAULT_KILL, false);
                _exit(exchange_once(dir, &planned) == (i < 0 ? PARE_OK : PARE_ERR_CHANGED) ? 0 : 1);
            }
            waitpid(child, &status, 0);
            if (status != 0) CHECK_INT(WEXITSTATUS(status), ==, FAULT_EXIT_CODE);
            sweep(dir);
            const char *text = test_get(dir, "a.png");
            const bool old = text && strcmp(text, OLD) == 0, new = text &&strcmp(text, NEW) == 0;
            if (i < 0) CHECK_TRUE(old || new);
            if (i < 0) CHECK_INT(test_count(dir), ==, 1);
            if (i >= 0 && !old) check_there(dir, i); /* old: killed before somebody came */
        }
        CHECK_INT(at, >, 4);
        CHECK_INT(at, <, 100);
    }
}

/* The first look finds a file of somebody; while it goes back, a second one comes. */
static void put_second(void *user)
{
    const int dir = *(int *)user;
    test_put(dir, "c", "second");
    CHECK_INT(renameat(dir, "c", dir, "a.png"), ==, 0);
}

static void write_second(void *user)
{
    test_put(*(int *)user, "a.png", "second");
}

static void put_then_put(void *user)
{
    put_another(user);
    fault_before_exchange(put_second, user);
}

static void put_then_write(void *user)
{
    put_another(user);
    fault_before_exchange(write_second, user);
}

TEST(of_two_files_in_between_the_later_one_stays)
{
    int dir = test_dir();
    for (int i = 0; i < 2; i++) {
        const pare_ident planned = put_old(dir);
        fault_before_exchange(i ? put_then_write : put_then_put, &dir);
        CHECK_INT(exchange_once(dir, &planned), ==, PARE_ERR_CHANGED);
        CHECK_STR(test_get(dir, "a.png"), "second");
        CHECK_INT(test_count(dir), ==, 2); /* and the first is kept */
        sweep(dir);
        CHECK_INT(test_count(dir), ==, 2);
        CHECK_STR(test_get(dir, "a.png"), "second");
    }
}

TEST(a_file_that_is_nowhere_else_is_never_swept)
{
    char name[PARE_TEMP_NAME_CAP];
    struct stat st;
    const int dir = test_dir();
    const pare_ident planned = put_old(dir);
    /* of a run whose new file was moved away since */
    snprintf(name, sizeof name, ".pare-abcdefghijkl-%x-%llx-%llx-%llx.old", 1,
             (unsigned long long)planned.ino, (unsigned long long)planned.size_bytes,
             (unsigned long long)planned.mtime_ns);
    CHECK_INT(renameat(dir, "a.png", dir, name), ==, 0);
    CHECK_TRUE(pare_replace_is_temp(name));
    sweep(dir);
    CHECK_INT(fstatat(dir, name, &st, 0), ==, 0);
    /* with a second name it goes */
    CHECK_INT(linkat(dir, name, dir, "kept", 0), ==, 0);
    sweep(dir);
    CHECK_INT(fstatat(dir, name, &st, 0), ==, -1);
    /* names that only look alike */
    CHECK_TRUE(!pare_replace_is_temp(".pare-abcdefghijkl-1-2-3.old"));
    CHECK_TRUE(!pare_replace_is_temp(".pare-abcdefghijkl-1-2-3-04.old"));
    CHECK_TRUE(!pare_replace_is_temp(".pare-abcdefghijkl-1-2-3-4.old.jpg"));
    CHECK_TRUE(!pare_replace_is_temp(".pare-abc-1-2-3-4.old"));
    CHECK_TRUE(pare_replace_is_temp(".pare-abcdefghijkl-1-2-3-4.old"));
}

RUN(the_planned_file_is_replaced, what_comes_in_between_stays,
    what_comes_in_between_stays_when_killed_at_any_call,
    of_two_files_in_between_the_later_one_stays, a_file_that_is_nowhere_else_is_never_swept)
