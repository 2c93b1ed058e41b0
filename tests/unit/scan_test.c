// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/scan.h"

static const uint8_t PNG[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\2\0\0\0";

typedef struct walk {
    pare_batch_options options;
    pare_folders *folders;
    pare_scan *scan;
    pare_plan *plan;
} walk;

static void walk_init(walk *w)
{
    *w = (walk){0};
    pare_options_init(&w->options.image);
}

static void walk_start(walk *w, const char *path)
{
    MUST(pare_folders_create(4, &w->folders));
    MUST(pare_scan_create(&w->options, w->folders, NULL, &w->scan, NULL));
    MUST(pare_plan_create(&w->options, w->folders, NULL, &w->plan, NULL));
    if (path) MUST(pare_scan_add(w->scan, path, NULL));
}

static void walk_run(walk *w)
{
    pare_scan_state state = PARE_SCAN_MORE;
    while (state == PARE_SCAN_MORE)
        MUST(pare_scan_step(w->scan, w->plan, 3, &state, NULL));
    MUST(pare_plan_resolve(w->plan, NULL));
}

static void walk_end(walk *w)
{
    pare_plan_destroy(&w->plan);
    pare_scan_destroy(&w->scan);
    pare_folders_destroy(&w->folders);
}

static void put_png(int dir, const char *name)
{
    test_put_bytes(dir, name, PNG, sizeof PNG);
}

static int make_dir(int dir, const char *name)
{
    mkdirat(dir, name, 0755);
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The entry of that name, or NULL. */
static const pare_plan_entry *find(const walk *w, const char *name)
{
    for (size_t i = 0; i < pare_plan_count(w->plan); i++) {
        if (strcmp(pare_plan_at(w->plan, i)->name, name) == 0) return pare_plan_at(w->plan, i);
    }
    return NULL;
}

TEST(images_are_found_by_their_bytes_and_measured)
{
    const int dir = test_dir();
    walk w;
    put_png(dir, "photo.txt");
    test_put(dir, "text.png", "not an image");
    test_put(dir, "empty.png", "");
    walk_init(&w);
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 1);
    const pare_plan_entry *entry = find(&w, "photo.txt");
    CHECK_TRUE(entry != NULL);
    if (entry) CHECK_INT(entry->format, ==, PARE_FORMAT_PNG);
    if (entry) CHECK_INT(entry->width_px * 1000 + entry->height_px, ==, 32016);
    walk_end(&w);
}

TEST(a_named_file_that_is_no_image_is_reported)
{
    const int dir = test_dir();
    walk w;
    char path[128];
    test_put(dir, "text.png", "not an image");
    snprintf(path, sizeof path, "%s/text.png", test_dir_path());
    walk_init(&w);
    walk_start(&w, path);
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 1);
    CHECK_INT(pare_plan_at(w.plan, 0)->err, ==, PARE_SKIP_UNSUPPORTED);
    walk_end(&w);
    walk_start(&w, NULL);
    CHECK_INT(pare_scan_add(w.scan, "/nonexistent/x", NULL), ==, PARE_ERR_NOT_FOUND);
    walk_end(&w);
}

TEST(symlinks_inside_are_not_followed_but_a_named_one_is)
{
    const int out = test_dir();
    put_png(out, "far.png");
    char far[128], file[160], link[160];
    snprintf(far, sizeof far, "%s", test_dir_path());
    snprintf(file, sizeof file, "%s/far.png", far);
    const int dir = test_dir();
    CHECK_INT(symlinkat(far, dir, "folder"), ==, 0);
    CHECK_INT(symlinkat(file, dir, "file.png"), ==, 0);
    CHECK_INT(symlinkat(".", dir, "loop"), ==, 0);
    walk w;
    walk_init(&w);
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 0);
    walk_end(&w);

    snprintf(link, sizeof link, "%s/file.png", test_dir_path());
    walk_start(&w, link);
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 1);
    CHECK_TRUE(find(&w, "far.png") != NULL);
    walk_end(&w);

    snprintf(link, sizeof link, "%s/folder", test_dir_path());
    walk_start(&w, link);
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 1);
    walk_end(&w);
}

TEST(names_may_hold_any_byte)
{
    static const char *const NAMES[] = {"new\nline.png", "\xff\xfe\x01.png", "-rf",
                                        "a b'\"$(x).png", "\xe2\x80\xae.png"};
    const int dir = test_dir();
    walk w;
    for (int i = 0; i < 5; i++)
        put_png(dir, NAMES[i]);
    walk_init(&w);
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 5);
    for (int i = 0; i < 5; i++) {
        pare_plan_output output;
        const pare_plan_entry *entry = find(&w, NAMES[i]);
        CHECK_TRUE(entry != NULL);
        if (!entry) continue;
        MUST(pare_plan_output_for(w.plan, entry, PARE_FORMAT_PNG, &output, NULL));
        CHECK_STR(output.name, NAMES[i]);
    }
    walk_end(&w);
}

TEST(trees_deeper_than_any_path_are_walked_with_few_descriptors)
{
    enum { LEVELS = 300 };
    const int dir = test_dir();
    char name[64];
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    int at = dup(dir);
    for (int i = 0; i < LEVELS; i++) { /* 300 * 64 bytes: five times PATH_MAX */
        const int next = make_dir(at, name);
        if (i % 100 == 0) put_png(at, "p.png");
        close(at);
        at = next;
    }
    put_png(at, "deepest.png");
    close(at);
    walk w;
    walk_init(&w);
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 4);
    CHECK_INT(pare_folders_fd_count(w.folders), <=, 4);
    const pare_plan_entry *entry = find(&w, "deepest.png");
    CHECK_TRUE(entry != NULL);
    int fd = -1;
    if (entry) MUST(pare_folders_open(w.folders, entry->out_folder, true, &fd, NULL));
    CHECK_INT(fd, >=, 0);
    put_png(fd, "x");
    close(fd);
    walk_end(&w);

    /* removed level by level: no tool of the harness walks that deep by path */
    at = dup(dir);
    for (int i = 0; i < LEVELS; i++) {
        const int next = openat(at, name, O_RDONLY | O_DIRECTORY);
        renameat(next, name, dir, "next");
        close(at);
        unlinkat(next, "p.png", 0);
        unlinkat(dir, name, AT_REMOVEDIR);
        unlinkat(dir, "p.png", 0);
        close(next);
        if (renameat(dir, "next", dir, name) != 0) break;
        at = dup(dir);
    }
}

TEST(own_and_excluded_files_are_left_out)
{
    static const char *const EXCLUDES[] = {"*.skip.png", "sub/no/*", "gone/"};
    const int dir = test_dir();
    char output[128];
    int fds[6] = {make_dir(dir, "optimized"), make_dir(dir, ".git"),   make_dir(dir, "sub"),
                  make_dir(dir, "gone"),      make_dir(dir, "sub/no"), make_dir(dir, "backups")};
    for (int i = 0; i < 6; i++) {
        put_png(fds[i], "x.png");
        close(fds[i]);
    }
    put_png(dir, "a.skip.png");
    put_png(dir, "a.png");
    snprintf(output, sizeof output, "%s/backups", test_dir_path());
    walk w;
    walk_init(&w);
    w.options.backup_dir = output;
    w.options.excludes = EXCLUDES;
    w.options.exclude_count = 3;
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 2); /* a.png and sub/x.png */
    CHECK_TRUE(find(&w, "a.png") != NULL);
    walk_end(&w);
}

TEST(a_file_reached_twice_is_taken_once)
{
    const int dir = test_dir();
    char path[160];
    const int sub = make_dir(dir, "sub");
    put_png(dir, "a.png");
    put_png(sub, "b.png");
    CHECK_INT(linkat(dir, "a.png", dir, "c.png", 0), ==, 0); /* another name is another file */
    close(sub);
    walk w;
    walk_init(&w);
    walk_start(&w, test_dir_path());
    snprintf(path, sizeof path, "%s/sub/../a.png", test_dir_path());
    MUST(pare_scan_add(w.scan, path, NULL));
    MUST(pare_scan_add(w.scan, path, NULL));
    snprintf(path, sizeof path, "%s/sub", test_dir_path());
    MUST(pare_scan_add(w.scan, path, NULL));
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 3);
    walk_end(&w);
}

TEST(what_cannot_be_read_fails_alone)
{
    const int dir = test_dir();
    walk w;
    if (geteuid() == 0) { /* nothing is unreadable for root */
        char nobody[] = "/tmp";
        CHECK_INT(fchmod(dir, 0755), ==, 0);
        if (chdir(nobody) != 0) test_skip("no /tmp");
    }
    put_png(dir, "good.png");
    put_png(dir, "secret.png");
    test_put(dir, "secret.txt", "text");
    close(make_dir(dir, "locked"));
    fchmodat(dir, "secret.png", 0, 0);
    fchmodat(dir, "secret.txt", 0, 0);
    fchmodat(dir, "locked", 0, 0);
    const uid_t was = geteuid();
    if (was == 0 && seteuid(65534) != 0) test_skip("cannot become another user");
    walk_init(&w);
    w.options.check = true;
    walk_start(&w, test_dir_path());
    walk_run(&w);
    CHECK_INT(pare_plan_count(w.plan), ==, 3);
    const pare_plan_entry *entry = find(&w, "secret.png");
    CHECK_INT(entry ? entry->err : 0, ==, PARE_ERR_DENIED);
    if (entry) CHECK_STR(entry->text, "Permission denied");
    entry = find(&w, "");
    CHECK_INT(entry ? entry->err : 0, ==, PARE_ERR_DENIED);
    CHECK_INT(pare_plan_left(w.plan), ==, 1);
    walk_end(&w);
    if (was == 0) CHECK_INT(seteuid(0), ==, 0);
}

RUN(images_are_found_by_their_bytes_and_measured, a_named_file_that_is_no_image_is_reported,
    symlinks_inside_are_not_followed_but_a_named_one_is, names_may_hold_any_byte,
    trees_deeper_than_any_path_are_walked_with_few_descriptors, own_and_excluded_files_are_left_out,
    a_file_reached_twice_is_taken_once, what_cannot_be_read_fails_alone)
