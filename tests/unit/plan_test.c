// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/plan.h"

static const char *const NAMES_MIXED[] = {"b.png", "a.png", "a.jpg", "A.JPG", "a.webp", "plain"};

typedef struct desk {
    pare_batch_options options;
    pare_folders *folders;
    pare_ledger *ledger;
    pare_plan *plan;
    uint32_t root;
    int notices;
    char notice[512];
} desk;

static void on_notice(void *user, const char *text)
{
    desk *d = user;
    d->notices++;
    snprintf(d->notice, sizeof d->notice, "%s", text);
}

static void desk_init(desk *d)
{
    *d = (desk){0};
    pare_options_init(&d->options.image);
    d->options.on_notice = on_notice;
    d->options.user = d;
}

static void desk_open(desk *d, const char *path)
{
    MUST(pare_folders_create(4, &d->folders));
    MUST(pare_folders_add_root(d->folders, path, false, &d->root, NULL));
    MUST(pare_plan_create(&d->options, d->folders, d->ledger, &d->plan, NULL));
}

static void desk_close(desk *d)
{
    pare_plan_destroy(&d->plan);
    pare_folders_destroy(&d->folders);
}

static pare_format format_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? pare_format_from_name(dot + 1) : PARE_FORMAT_PNG;
}

static void add(desk *d, int dir, const char *name, const pare_ledger_file *done)
{
    struct stat st;
    CHECK_INT(fstatat(dir, name, &st, 0), ==, 0);
    const pare_plan_entry entry = {.ident = pare_ident_of(&st),
                                   .name = name,
                                   .done = done,
                                   .cost = (float)st.st_size,
                                   .folder = d->root,
                                   .root = d->root,
                                   .nlink = (uint32_t)st.st_nlink,
                                   .format = (uint8_t)format_of(name)};
    MUST(pare_plan_add(d->plan, &entry));
}

static const char *output_name(const desk *d, const char *name, pare_format format,
                               pare_plan_output *output)
{
    for (size_t i = 0; i < pare_plan_count(d->plan); i++) {
        const pare_plan_entry *entry = pare_plan_at(d->plan, i);
        if (strcmp(entry->name, name) != 0) continue;
        const pare_err err = pare_plan_output_for(d->plan, entry, format, output, NULL);
        return err == PARE_OK ? output->name : pare_err_name(err);
    }
    return "no entry";
}

/* Two orders of adding must give the same names. */
TEST(collisions_are_resolved_by_name_whatever_the_order)
{
    static const struct {
        const char *name, *want;
    } WANT[] = {{"a.webp", "a.webp"},    {"A.JPG", "A.JPG.webp"}, {"a.jpg", "a-2.webp"},
                {"a.png", "a.png.webp"}, {"b.png", "b.webp"},     {"plain", "plain.webp"}};
    for (int order = 0; order < 2; order++) {
        const int dir = test_dir();
        desk d;
        desk_init(&d);
        d.options.image.target = PARE_TARGET_FORMAT;
        d.options.image.format = PARE_FORMAT_WEBP;
        desk_open(&d, test_dir_path());
        for (int i = 0; i < 6; i++) {
            const char *name = NAMES_MIXED[order ? 5 - i : i];
            test_put(dir, name, "x");
            add(&d, dir, name, NULL);
        }
        MUST(pare_plan_resolve(d.plan, NULL));
        for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++) {
            pare_plan_output out;
            CHECK_STR(output_name(&d, WANT[i].name, PARE_FORMAT_WEBP, &out), WANT[i].want);
        }
        CHECK_INT(d.notices, ==, 4); /* A.JPG, a.jpg, a.png; and a.jpg as a kept copy */
        desk_close(&d);
    }
}

TEST(a_stem_is_free_for_every_format_it_may_become)
{
    const int dir = test_dir();
    desk d;
    pare_plan_output out;
    desk_init(&d);
    d.options.image.target = PARE_TARGET_SMALLEST;
    desk_open(&d, test_dir_path());
    test_put(dir, "a.avif", "x");
    test_put(dir, "a.tif", "x");
    add(&d, dir, "a.tif", NULL);
    add(&d, dir, "a.avif", NULL);
    MUST(pare_plan_resolve(d.plan, NULL));
    CHECK_STR(output_name(&d, "a.avif", PARE_FORMAT_AVIF, &out), "a.avif");
    CHECK_STR(output_name(&d, "a.tif", PARE_FORMAT_AVIF, &out), "a.tif.avif");
    CHECK_STR(output_name(&d, "a.tif", PARE_FORMAT_PNG, &out), "a.tif.png");
    CHECK_STR(output_name(&d, "a.tif", PARE_FORMAT_TIFF, &out), "a.tif");
    desk_close(&d);
}

TEST(a_suffix_comes_before_the_extension)
{
    const int dir = test_dir();
    desk d;
    pare_plan_output out;
    desk_init(&d);
    d.options.output_mode = PARE_OUTPUT_SUFFIX;
    d.options.suffix = "-min";
    d.options.image.target = PARE_TARGET_SMALLEST;
    desk_open(&d, test_dir_path());
    test_put(dir, "a.tar.png", "x");
    add(&d, dir, "a.tar.png", NULL);
    MUST(pare_plan_resolve(d.plan, NULL));
    CHECK_STR(output_name(&d, "a.tar.png", PARE_FORMAT_PNG, &out), "a.tar-min.png");
    CHECK_STR(output_name(&d, "a.tar.png", PARE_FORMAT_WEBP, &out), "a.tar-min.webp");
    desk_close(&d);
}

TEST(files_of_others_are_refused_without_force)
{
    const int dir = test_dir();
    pare_plan_output out;
    test_put(dir, "a.png", "x");
    mkdirat(dir, "optimized", 0755);
    test_put(dir, "optimized/a.png", "theirs");
    for (int force = 0; force < 2; force++) {
        desk d;
        desk_init(&d);
        d.options.force = force;
        desk_open(&d, test_dir_path());
        add(&d, dir, "a.png", NULL);
        MUST(pare_plan_resolve(d.plan, NULL));
        CHECK_INT(pare_plan_at(d.plan, 0)->err, ==, force ? PARE_OK : PARE_ERR_EXISTS);
        CHECK_INT(pare_plan_left(d.plan), ==, force);
        CHECK_STR(output_name(&d, "a.png", PARE_FORMAT_PNG, &out), force ? "a.png" : "exists");
        if (force) CHECK_TRUE(out.overwrite);
        desk_close(&d);
    }
}

TEST(hard_links_are_left_alone_in_place)
{
    const int dir = test_dir();
    test_put(dir, "a.png", "x");
    CHECK_INT(linkat(dir, "a.png", dir, "b.png", 0), ==, 0);
    for (int force = 0; force < 2; force++) {
        desk d;
        desk_init(&d);
        d.options.output_mode = PARE_OUTPUT_IN_PLACE;
        d.options.force = force;
        desk_open(&d, test_dir_path());
        add(&d, dir, "a.png", NULL);
        MUST(pare_plan_resolve(d.plan, NULL));
        CHECK_INT(pare_plan_at(d.plan, 0)->err, ==,
                  force ? PARE_OK : PARE_SKIP_UNSUPPORTED_VARIANT);
        desk_close(&d);
    }
}

TEST(a_folder_that_may_not_be_written_is_told_first)
{
    const int dir = test_dir();
    test_put(dir, "a.png", "x");
    CHECK_INT(fchmod(dir, 0555), ==, 0);
    if (geteuid() == 0 && seteuid(65534) != 0) test_skip("cannot become another user");
    desk d;
    desk_init(&d);
    desk_open(&d, test_dir_path());
    add(&d, dir, "a.png", NULL);
    MUST(pare_plan_resolve(d.plan, NULL));
    CHECK_INT(pare_plan_at(d.plan, 0)->err, ==, PARE_ERR_IO);
    desk_close(&d);
    if (getuid() == 0) CHECK_INT(seteuid(0), ==, 0);
}

TEST(the_most_expensive_file_comes_first)
{
    const int dir = test_dir();
    desk d;
    desk_init(&d);
    desk_open(&d, test_dir_path());
    test_put(dir, "small.png", "x");
    test_put(dir, "large.png", "xxxxxxxx");
    test_put(dir, "middle.png", "xxx");
    add(&d, dir, "small.png", NULL);
    add(&d, dir, "large.png", NULL);
    add(&d, dir, "middle.png", NULL);
    MUST(pare_plan_resolve(d.plan, NULL));
    CHECK_STR(pare_plan_next(d.plan)->name, "large.png");
    CHECK_STR(pare_plan_next(d.plan)->name, "middle.png");
    CHECK_STR(pare_plan_next(d.plan)->name, "small.png");
    CHECK_TRUE(pare_plan_next(d.plan) == NULL);
    desk_close(&d);
}

TEST(clear_forgets_entries_and_folders)
{
    const int dir = test_dir();
    desk d;
    desk_init(&d);
    desk_open(&d, test_dir_path());
    const uint32_t before = pare_folders_count(d.folders);
    for (int i = 0; i < 3; i++) {
        test_put(dir, "a.png", "x");
        add(&d, dir, "a.png", NULL);
        MUST(pare_plan_resolve(d.plan, NULL));
        CHECK_INT(pare_folders_count(d.folders), ==, before + 1); /* optimized/ */
        pare_plan_clear(d.plan);
        CHECK_INT(pare_folders_count(d.folders), ==, before);
    }
    CHECK_INT(sizeof(pare_plan_entry), <=, 150);
    desk_close(&d);
}

TEST(trees_are_mirrored_under_the_output_folder)
{
    const int dir = test_dir();
    char out_dir[128];
    desk d;
    uint32_t a, b;
    int fd;
    pare_buf path = {0};
    pare_plan_output out;
    snprintf(out_dir, sizeof out_dir, "%s/not/yet/there/", test_dir_path());
    desk_init(&d);
    d.options.output_mode = PARE_OUTPUT_FOLDER;
    d.options.output_dir = out_dir;
    desk_open(&d, test_dir_path());
    MUST(pare_folders_add(d.folders, d.root, "a", false, &a));
    MUST(pare_folders_add(d.folders, a, "b", false, &b));
    test_put(dir, "x.png", "x");
    struct stat st;
    fstatat(dir, "x.png", &st, 0);
    const pare_plan_entry entry = {
        .ident = pare_ident_of(&st), .name = "x.png", .folder = b, .root = d.root, .format = 2};
    MUST(pare_plan_add(d.plan, &entry));
    MUST(pare_plan_resolve(d.plan, NULL));
    CHECK_STR(output_name(&d, "x.png", PARE_FORMAT_PNG, &out), "x.png");
    MUST(pare_folders_path(d.folders, out.folder, out.name, false, &path));
    snprintf(out_dir + strlen(out_dir), 16, "a/b/x.png");
    CHECK_STR((char *)path.data, out_dir);
    MUST(pare_folders_open(d.folders, out.folder, true, &fd, NULL));
    close(fd);
    CHECK_INT(faccessat(dir, "not/yet/there/a/b", F_OK, 0), ==, 0);
    pare_buf_deinit(&path);
    desk_close(&d);
}

RUN(collisions_are_resolved_by_name_whatever_the_order,
    a_stem_is_free_for_every_format_it_may_become, a_suffix_comes_before_the_extension,
    files_of_others_are_refused_without_force, hard_links_are_left_alone_in_place,
    a_folder_that_may_not_be_written_is_told_first, the_most_expensive_file_comes_first,
    clear_forgets_entries_and_folders, trees_are_mirrored_under_the_output_folder)
