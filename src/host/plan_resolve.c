// SPDX-License-Identifier: Apache-2.0
/* Deciding: output folders, names, what is done, what cannot be written, and the order. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "host/backup.h"
#include "host/plan_inside.h"
#include "host/replace.h"
#include "host/temp.h"

enum { SPACES_CAP = 16 };

/* Bytes wanted on one file system. */
typedef struct space {
    uint64_t dev, wanted_bytes, free_bytes;
} space;

/* One output folder while its entries are looked at. */
typedef struct out_group {
    pare_plan *plan;
    pare_plan_entry *entries;
    size_t count;
    int out_fd;        /* owned; -1 when the folder is not there yet */
    pare_buf out_path; /* absolute, with a closing slash */
    pare_buf source, scratch;
    size_t prefix_len;
} out_group;

static int compare_entries(const void *a_io, const void *b_io)
{
    const pare_plan_entry *a = a_io, *b = b_io;
    if (a->out_folder != b->out_folder) return a->out_folder < b->out_folder ? -1 : 1;
    const int names = strcmp(a->name, b->name);
    if (names != 0) return names;
    if (a->root != b->root) return a->root < b->root ? -1 : 1;
    return a->folder < b->folder ? -1 : a->folder > b->folder;
}

static bool writes(const pare_plan *plan)
{
    return !plan->options->check;
}

static void set_err(pare_plan *plan, pare_plan_entry *entry, pare_err err, const char *text)
{
    entry->err = (uint16_t)err;
    entry->text = pare_plan_text(plan, text);
}

/* ---- output folders ---- */

/* Path of folder below root, components joined by '/'. */
static pare_err relative_path(const pare_folders *folders, uint32_t folder, uint32_t root,
                              pare_buf *path)
{
    size_t len = 0;
    for (uint32_t id = folder; id != root; id = pare_folders_parent(folders, id))
        len += strlen(pare_folders_name(folders, id)) + 1;
    path->len = 0;
    PARE_TRY(pare_buf_reserve(path, len + 1));
    path->data[len] = '\0';
    path->len = len;
    for (uint32_t id = folder; id != root; id = pare_folders_parent(folders, id)) {
        const char *name = pare_folders_name(folders, id);
        const size_t name_len = strlen(name);
        path->data[--len] = '/';
        len -= name_len;
        memcpy(path->data + len, name, name_len);
    }
    if (path->len) path->data[path->len - 1] = '\0';
    return PARE_OK;
}

/* A reference to the folder where results from folder go. */
static pare_err output_folder(pare_plan *plan, const pare_plan_entry *entry, pare_buf *scratch,
                              uint32_t *id)
{
    *id = entry->folder;
    switch (plan->options->output_mode) {
    case PARE_OUTPUT_BESIDE:
        return pare_folders_add(plan->folders, entry->folder, "optimized", true, id);
    case PARE_OUTPUT_FOLDER:
        *id = plan->out_root;
        if (entry->folder == entry->root) break;
        PARE_TRY(relative_path(plan->folders, entry->folder, entry->root, scratch));
        return pare_folders_add(plan->folders, plan->out_root, (char *)scratch->data, true, id);
    case PARE_OUTPUT_IN_PLACE:
    case PARE_OUTPUT_SUFFIX: break;
    }
    pare_folders_ref(plan->folders, *id);
    return PARE_OK;
}

pare_err pare_plan_salvage_for(const pare_plan *plan, const pare_plan_entry *entry,
                               pare_format format_out, pare_plan_output *out, pare_diag *diag)
{
    const bool keeps = format_out == (pare_format)entry->format;
    *out = (pare_plan_output){.folder = PARE_FOLDER_NONE};
    const int len = snprintf(out->name, sizeof out->name, "%s%s%s", entry->name, keeps ? "" : ".",
                             keeps ? "" : pare_format_extension(format_out));
    if (len < 0 || len > NAME_MAX) {
        return pare_fail(diag, PARE_ERR_INVALID, "the name of the output would be too long");
    }
    if (entry->folder == entry->root) {
        pare_folders_ref(plan->folders, plan->salvage_root);
        out->folder = plan->salvage_root;
        return PARE_OK;
    }
    pare_buf path = {0};
    pare_err err = relative_path(plan->folders, entry->folder, entry->root, &path);
    if (err == PARE_OK) {
        err = pare_folders_add(plan->folders, plan->salvage_root, (char *)path.data, true,
                               &out->folder);
    }
    pare_buf_deinit(&path);
    return err;
}

/* Output folders by their absolute path, so that one folder that is reached in two ways is one. */
typedef struct folder_map {
    struct {
        uint64_t key;
        uint32_t id;
    } * places;
    size_t mask, count;
} folder_map;

static pare_err map_grow(folder_map *map)
{
    folder_map bigger = {.mask = map->mask ? map->mask * 2 + 1 : 63};
    bigger.places = calloc(bigger.mask + 1, sizeof *bigger.places);
    if (!bigger.places) return PARE_ERR_NO_MEMORY;
    for (size_t i = 0; map->places && i <= map->mask; i++) {
        if (!map->places[i].key) continue;
        size_t at = map->places[i].key & bigger.mask;
        while (bigger.places[at].key)
            at = (at + 1) & bigger.mask;
        bigger.places[at] = map->places[i];
    }
    bigger.count = map->count;
    free(map->places);
    *map = bigger;
    return PARE_OK;
}

/* Replaces *id (and its reference) by the first folder of the same path. */
static pare_err map_unify(pare_plan *plan, folder_map *map, pare_buf *scratch, uint32_t *id)
{
    if (!map->places || map->count * 2 > map->mask) PARE_TRY(map_grow(map));
    PARE_TRY(pare_folders_path(plan->folders, *id, NULL, true, scratch));
    const uint64_t key = pare_ledger_path_key((char *)scratch->data, scratch->len);
    size_t at = key & map->mask;
    while (map->places[at].key && map->places[at].key != key)
        at = (at + 1) & map->mask;
    if (!map->places[at].key) {
        map->places[at].key = key;
        map->places[at].id = *id;
        map->count++;
    } else if (map->places[at].id != *id) {
        pare_folders_ref(plan->folders, map->places[at].id);
        pare_folders_unref(plan->folders, *id);
        *id = map->places[at].id;
    }
    return PARE_OK;
}

static pare_err assign_folders(pare_plan *plan)
{
    folder_map map = {0};
    pare_buf scratch = {0};
    pare_err err = PARE_OK;
    for (size_t i = 0; i < plan->count && err == PARE_OK; i++) {
        pare_plan_entry *entry = &plan->entries[i];
        const pare_plan_entry *before = i ? entry - 1 : NULL;
        if (before && before->folder == entry->folder && before->root == entry->root) {
            entry->out_folder = before->out_folder;
            pare_folders_ref(plan->folders, entry->out_folder);
            continue;
        }
        uint32_t id;
        err = output_folder(plan, entry, &scratch, &id);
        if (err != PARE_OK) break;
        err = map_unify(plan, &map, &scratch, &id);
        entry->out_folder = id;
    }
    free(map.places);
    pare_buf_deinit(&scratch);
    return err;
}

/* ---- what is there already ---- */

/* Absolute path of an output, in group->out_path. */
static uint64_t output_key(out_group *group, const char *name)
{
    const size_t len = strlen(name);
    group->out_path.len = group->prefix_len;
    if (pare_buf_append(&group->out_path, name, len + 1) != PARE_OK) return 0;
    return pare_ledger_path_key((char *)group->out_path.data, group->prefix_len + len);
}

/* The ledger knows this file, the settings are the same, and the result is where it would go. */
static bool is_done(out_group *group, const pare_plan_entry *entry)
{
    const pare_plan *plan = group->plan;
    const pare_ledger_file *done = entry->done;
    char name[PARE_NAME_CAP];
    struct stat st;
    if (!done || plan->options->force || plan->redoes || done->settings_key != plan->settings_key)
        return false;
    const bool optimized = done->outcome == PARE_OUTCOME_OPTIMIZED;
    if (!pare_plan_name(plan, entry, (pare_format)done->format_out, name)) return false;
    if (plan->options->output_mode == PARE_OUTPUT_IN_PLACE || plan->options->check) {
        return !optimized || done->out_path_key == output_key(group, entry->name);
    }
    if (!optimized && !pare_plan_copies_kept(plan)) return true;
    if (group->out_fd < 0 || done->out_path_key != output_key(group, name)) return false;
    if (done->unsynced) return false; /* read and compared, see open_source() in job_commit.c */
    return fstatat(group->out_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (uint64_t)st.st_size == done->out_size_bytes &&
           pare_ident_ns(st.st_mtim) == done->out_mtime_ns;
}

/* Did an earlier run make this file, from this entry or from one that is gone (moved)? */
static pare_err is_ours(out_group *group, const pare_plan_entry *entry, const pare_ident *there,
                        bool *ours, pare_diag *diag)
{
    const pare_plan *plan = group->plan;
    *ours = false;
    if (!plan->ledger) return PARE_OK;
    PARE_TRY(pare_ledger_find_output(plan->ledger, there, ours, &group->source, diag));
    if (!*ours) return PARE_OK;
    const char *source = (const char *)group->source.data;
    PARE_TRY(pare_folders_path(plan->folders, entry->folder, entry->name, true, &group->scratch));
    if (strcmp(source, (char *)group->scratch.data) == 0) return PARE_OK;
    *ours = faccessat(AT_FDCWD, source, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    return PARE_OK;
}

static bool is_born_since(const out_group *group, const char *name, int64_t began_s)
{
    struct statx st;
    return began_s > 0 && statx(group->out_fd, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &st) == 0 &&
           (st.stx_mask & STATX_BTIME) && st.stx_btime.tv_sec >= began_s;
}

static pare_err look_at_output(out_group *group, pare_plan_entry *entry, pare_format format,
                               pare_diag *diag)
{
    char name[PARE_NAME_CAP];
    struct stat st;
    bool ours = false;
    const uint8_t bit = pare_plan_bit(entry, format);
    if (!pare_plan_name(group->plan, entry, format, name)) {
        if (bit == PARE_PLAN_KEEP || group->plan->options->image.target == PARE_TARGET_FORMAT) {
            set_err(group->plan, entry, PARE_ERR_INVALID, "the output name would be too long");
        }
        return PARE_OK;
    }
    if (group->out_fd < 0) return PARE_OK;
    if (fstatat(group->out_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return PARE_OK;
    const pare_ident there = pare_ident_of(&st);
    const bool input = there.dev == entry->ident.dev && there.ino == entry->ident.ino;
    if (!input && S_ISREG(st.st_mode) && st.st_size == 0) {
        ours = true; /* nobody's work; a power cut leaves such results */
    } else if (!input && S_ISREG(st.st_mode)) {
        PARE_TRY(is_ours(group, entry, &there, &ours, diag));
        /* Made by this run before it was cut off? Nobody else writes to that name meanwhile. */
        ours = ours || is_born_since(group, name, group->plan->began_unix_s);
    }
    /* A run that was cut off may have made it and not told the ledger: replace.c will compare. */
    const bool unsure = !ours && is_born_since(group, name, group->plan->cut_unix_s);
    if (ours)
        entry->ours |= bit;
    else if (!unsure)
        entry->foreign |= bit;
    return PARE_OK;
}

static pare_err look_at_outputs(out_group *group, pare_plan_entry *entry, pare_diag *diag)
{
    pare_format formats[4];
    char text[PARE_NAME_CAP + 64], name[PARE_NAME_CAP];
    const pare_plan *plan = group->plan;
    const bool in_place = plan->options->output_mode == PARE_OUTPUT_IN_PLACE;
    const int count = pare_plan_formats(plan, entry, formats);
    entry->ours = entry->foreign = 0;
    if (!in_place) PARE_TRY(look_at_output(group, entry, (pare_format)entry->format, diag));
    for (int i = 0; i < count; i++)
        PARE_TRY(look_at_output(group, entry, formats[i], diag));
    /* The format is certain only with one target; else the worker's choice decides. */
    const bool certain = count == 0 || plan->options->image.target == PARE_TARGET_FORMAT;
    if (entry->err != PARE_OK || !certain || (in_place && count == 0)) return PARE_OK;
    const pare_format format = count ? formats[0] : (pare_format)entry->format;
    if (!(entry->foreign & pare_plan_bit(entry, format)) || plan->options->force) return PARE_OK;
    if (!pare_plan_name(plan, entry, format, name)) return PARE_OK;
    snprintf(text, sizeof text, "%s exists and is not Pare's; --force replaces it", name);
    set_err(group->plan, entry, PARE_ERR_EXISTS, text);
    return PARE_OK;
}

/* ---- folders on the disk ---- */

/* Descriptor of the folder, or of the nearest one above that exists. Owned, or -1. */
static int nearest_folder(out_group *group)
{
    const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    if (group->out_fd >= 0) return openat(group->out_fd, ".", flags);
    group->scratch.len = 0;
    if (pare_buf_append(&group->scratch, group->out_path.data, group->prefix_len + 1) != PARE_OK) {
        return -1;
    }
    char *path = (char *)group->scratch.data;
    int fd = open(path, flags);
    for (size_t end = group->prefix_len; fd < 0 && end > 1;) {
        while (end > 1 && path[end - 1] == '/')
            end--;
        while (end > 1 && path[end - 1] != '/')
            end--;
        path[end] = '\0';
        fd = open(path, flags);
    }
    return fd;
}

static void add_space(space *spaces, size_t *count, int fd, uint64_t wanted_bytes)
{
    struct stat st;
    struct statvfs fs;
    if (fstat(fd, &st) != 0) return;
    size_t at = 0;
    while (at < *count && spaces[at].dev != (uint64_t)st.st_dev)
        at++;
    if (at == SPACES_CAP) return;
    if (at == *count) {
        if (fstatvfs(fd, &fs) != 0) return;
        spaces[(*count)++] =
            (space){.dev = (uint64_t)st.st_dev, .free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize};
    }
    spaces[at].wanted_bytes += wanted_bytes;
}

/* A second name that a killed run left beside it is swept by now. */
static void look_again(const out_group *group, pare_plan_entry *entry)
{
    struct stat st;
    if (fstatat(group->out_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) != 0) return;
    const pare_ident now = pare_ident_of(&st);
    if (!pare_ident_same_content(&now, &entry->ident)) return;
    entry->ident = now;
    entry->nlink = (uint32_t)st.st_nlink;
}

/* A hard link keeps the old bytes when the other name is replaced, and two files that were one
 * would be two. That is for the user to say. */
static pare_err check_links(out_group *group, pare_plan_entry *entry, pare_diag *diag)
{
    pare_plan *plan = group->plan;
    char text[96];
    struct stat st;
    if (entry->nlink < 2 || plan->options->output_mode != PARE_OUTPUT_IN_PLACE) return PARE_OK;
    look_again(group, entry);
    if (entry->nlink < 2) return PARE_OK;
    if (plan->ledger && !plan->unused_backups_read && !plan->options->dry_run) {
        PARE_TRY(pare_ledger_unfinished_backups(plan->ledger, &plan->unused_backups, diag));
        plan->unused_backups_read = true;
    }
    (void)output_key(group, entry->name);
    const char *run = (const char *)plan->unused_backups.data;
    for (const char *end = run + plan->unused_backups.len; run < end; run += strlen(run) + 1) {
        if (!pare_backup_forget_unused(run, (char *)group->out_path.data, &entry->ident)) continue;
        if (fstatat(group->out_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) != 0) break;
        entry->ident = pare_ident_of(&st);
        entry->nlink = (uint32_t)st.st_nlink;
    }
    if (entry->nlink < 2 || plan->options->force) return PARE_OK;
    snprintf(text, sizeof text, "has %u names (hard links); --force replaces this one",
             entry->nlink);
    set_err(plan, entry, PARE_SKIP_UNSUPPORTED_VARIANT, text);
    return PARE_OK;
}

static pare_err resolve_entry(out_group *group, pare_plan_entry *entry, bool writable,
                              pare_diag *diag)
{
    if (entry->err != PARE_OK) return PARE_OK;
    if (is_done(group, entry)) {
        set_err(group->plan, entry, PARE_SKIP_ALREADY_DONE, "");
        return PARE_OK;
    }
    if (!writes(group->plan)) return PARE_OK;
    if (!writable) {
        set_err(group->plan, entry, PARE_ERR_IO, "the folder of the result is not writable");
        return PARE_OK;
    }
    PARE_TRY(check_links(group, entry, diag));
    return entry->err == PARE_OK ? look_at_outputs(group, entry, diag) : PARE_OK;
}

static uint64_t wanted_bytes(const out_group *group)
{
    const pare_batch_options *options = group->plan->options;
    uint64_t sum = 0, largest = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (group->entries[i].err != PARE_OK) continue;
        const uint64_t size = group->entries[i].ident.size_bytes;
        sum += size;
        if (size > largest) largest = size;
    }
    /* In place each original makes room for the next result. */
    const bool frees = options->output_mode == PARE_OUTPUT_IN_PLACE && !options->backup_dir;
    return frees ? largest : sum;
}

static pare_err resolve_group(out_group *group, space *spaces, size_t *space_count, pare_diag *diag)
{
    pare_plan *plan = group->plan;
    const uint32_t out = group->entries[0].out_folder;
    PARE_TRY(pare_plan_name_group(plan, group->entries, group->count));
    PARE_TRY(pare_folders_path(plan->folders, out, "", true, &group->out_path));
    group->prefix_len = group->out_path.len;
    /* Owned for the group: looking at other folders may close a borrowed one. */
    if (pare_folders_open(plan->folders, out, false, &group->out_fd, NULL) != PARE_OK) {
        group->out_fd = -1;
    }
    if (!plan->options->dry_run && writes(plan)) {
        pare_temp_sweep_folder(group->out_fd, pare_replace_sweep);
    }
    const int near = nearest_folder(group);
    const bool writable = near >= 0 && faccessat(near, ".", W_OK | X_OK, AT_EACCESS) == 0;
    pare_err err = PARE_OK;
    for (size_t i = 0; i < group->count && err == PARE_OK; i++)
        err = resolve_entry(group, &group->entries[i], writable, diag);
    if (near >= 0 && writes(plan)) add_space(spaces, space_count, near, wanted_bytes(group));
    if (near >= 0) close(near);
    if (group->out_fd >= 0) close(group->out_fd);
    return err;
}

static pare_err resolve_groups(pare_plan *plan, pare_diag *diag)
{
    space spaces[SPACES_CAP];
    size_t space_count = 0;
    char text[160];
    out_group group = {.plan = plan};
    pare_err err = PARE_OK;
    for (size_t i = 0; i < plan->count && err == PARE_OK; i += group.count) {
        group.entries = &plan->entries[i];
        group.count = 1;
        while (i + group.count < plan->count &&
               plan->entries[i + group.count].out_folder == plan->entries[i].out_folder) {
            group.count++;
        }
        err = resolve_group(&group, spaces, &space_count, diag);
    }
    for (size_t i = 0; i < space_count && err == PARE_OK; i++) {
        if (spaces[i].wanted_bytes <= spaces[i].free_bytes) continue;
        snprintf(text, sizeof text,
                 "results may need up to %llu MB, but only %llu MB are free on the disk",
                 (unsigned long long)(spaces[i].wanted_bytes >> 20),
                 (unsigned long long)(spaces[i].free_bytes >> 20));
        pare_plan_notice(plan, text);
    }
    pare_buf_deinit(&group.out_path);
    pare_buf_deinit(&group.source);
    pare_buf_deinit(&group.scratch);
    return err;
}

/* ---- order ---- */

static int compare_costs(const void *a_io, const void *b_io, void *entries_io)
{
    const uint32_t a = *(const uint32_t *)a_io, b = *(const uint32_t *)b_io;
    const pare_plan_entry *entries = entries_io;
    if (entries[a].cost != entries[b].cost) return entries[a].cost > entries[b].cost ? -1 : 1;
    return a < b ? -1 : a > b;
}

static pare_err put_in_order(pare_plan *plan)
{
    free(plan->order);
    plan->order_count = plan->order_next = 0;
    plan->order = malloc((plan->count + 1) * sizeof *plan->order);
    if (!plan->order) return PARE_ERR_NO_MEMORY;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->entries[i].err == PARE_OK) plan->order[plan->order_count++] = (uint32_t)i;
    }
    qsort_r(plan->order, plan->order_count, sizeof *plan->order, compare_costs, plan->entries);
    return PARE_OK;
}

pare_err pare_plan_resolve(pare_plan *plan, pare_diag *diag)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    plan->resolved_ns = pare_ident_ns(now);
    pare_err err = assign_folders(plan);
    if (err == PARE_OK) {
        if (plan->count) qsort(plan->entries, plan->count, sizeof *plan->entries, compare_entries);
        err = resolve_groups(plan, diag);
    }
    if (err == PARE_OK) err = put_in_order(plan);
    if (err == PARE_OK) pare_plan_notice(plan, NULL);
    return err == PARE_ERR_NO_MEMORY ? pare_fail(diag, err, "no memory for the plan") : err;
}
