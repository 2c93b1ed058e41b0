// SPDX-License-Identifier: Apache-2.0
/* Walking: one open directory at a time and a list of folders still to visit, so that neither
 * depth nor width of a tree matters. */
#include "host/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/scan_inside.h"

pare_err pare_scan_create(const pare_batch_options *options, pare_folders *folders,
                          pare_ledger *ledger, pare_scan **out, pare_diag *diag)
{
    pare_scan *scan = calloc(1, sizeof *scan);
    uint8_t *head = malloc(PARE_SCAN_HEAD_BYTES);
    *out = scan;
    if (!scan || !head) {
        free(scan);
        free(head);
        *out = NULL;
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the scan");
    }
    scan->options = options;
    scan->folders = folders;
    scan->ledger = ledger;
    scan->head = head;
    scan->folder = scan->root = PARE_FOLDER_NONE;
    return PARE_OK;
}

static void free_strings(pare_buf *list, size_t from)
{
    for (size_t at = from; at * sizeof(char *) < list->len; at++) {
        char *text;
        memcpy(&text, list->data + at * sizeof text, sizeof text);
        free(text);
    }
    pare_buf_deinit(list);
}

void pare_scan_destroy(pare_scan **scan_io)
{
    pare_scan *scan = *scan_io;
    if (!scan) return;
    if (scan->dir) closedir(scan->dir);
    free_strings(&scan->files, scan->files_next);
    free_strings(&scan->tops, scan->tops_next);
    pare_buf_deinit(&scan->pending);
    pare_buf_deinit(&scan->path);
    pare_buf_deinit(&scan->relative);
    pare_scan_set_deinit(&scan->visited);
    pare_scan_set_deinit(&scan->named);
    free(scan->head);
    free(scan);
    *scan_io = NULL;
}

void pare_scan_counts_get(const pare_scan *scan, pare_scan_counts *out)
{
    *out = scan->counts;
}

pare_err pare_scan_add(pare_scan *scan, const char *path, pare_diag *diag)
{
    struct stat st;
    if (stat(path, &st) != 0) return pare_fail_errno(diag, "open", path);
    char *copy = strdup(path);
    pare_err err =
        copy ? pare_buf_append(S_ISDIR(st.st_mode) ? &scan->tops : &scan->files, &copy, sizeof copy)
             : PARE_ERR_NO_MEMORY;
    if (err == PARE_OK) return PARE_OK;
    free(copy);
    return pare_fail(diag, err, "no memory for the scan");
}

void pare_scan_set_filter(pare_scan *scan, pare_scan_filter filter, const void *user)
{
    scan->filter = filter;
    scan->filter_user = user;
}

bool pare_scan_wants(pare_scan *scan, const char *name, bool is_folder)
{
    if (!scan->filter) return true;
    scan->path.len = scan->path_len;
    if (pare_buf_append(&scan->path, name, strlen(name) + 1) != PARE_OK) return true;
    return scan->filter(scan->filter_user, (const char *)scan->path.data, is_folder);
}

/* ---- folders ---- */

typedef struct pending {
    uint32_t folder, root; /* a reference to each */
} pending;

static pare_err push(pare_scan *scan, uint32_t folder, uint32_t root)
{
    const pending one = {folder, root};
    pare_folders_ref(scan->folders, root);
    return pare_buf_append(&scan->pending, &one, sizeof one);
}

static pare_err add_failed(pare_scan *scan, pare_plan *plan, const char *name, pare_err err,
                           const char *text)
{
    const pare_plan_entry entry = {.name = name,
                                   .text = text,
                                   .folder = scan->folder,
                                   .root = scan->root,
                                   .err = (uint16_t)err};
    if (scan->filter) {
        pare_buf path = {0};
        pare_err made = pare_folders_path(scan->folders, scan->folder, name, true, &path);
        const bool wanted =
            made != PARE_OK || scan->filter(scan->filter_user, (const char *)path.data, false);
        pare_buf_deinit(&path);
        if (!wanted) return PARE_OK;
    }
    scan->counts.images++;
    return pare_plan_add(plan, &entry);
}

/* The folders of outputs, backups and salvaged files are not walked, wherever they lie; they may
 * appear during the scan. */
static bool is_own_folder(pare_scan *scan, const struct stat *st)
{
    const char *const paths[] = {
        scan->options->output_mode == PARE_OUTPUT_FOLDER ? scan->options->output_dir : NULL,
        scan->options->backup_dir, scan->options->salvage_dir};
    for (int i = 0; i < 3; i++) {
        struct stat own;
        if (!paths[i]) continue;
        if (!scan->own_known[i] && stat(paths[i], &own) == 0) {
            scan->own_known[i] = true;
            scan->own_dev[i] = own.st_dev;
            scan->own_ino[i] = own.st_ino;
        }
        if (scan->own_known[i] && scan->own_dev[i] == st->st_dev &&
            scan->own_ino[i] == st->st_ino) {
            return true;
        }
    }
    return false;
}

/* Opens scan->folder. *opened is false when there is nothing to do in it. */
static pare_err open_folder(pare_scan *scan, pare_plan *plan, bool *opened)
{
    pare_diag why = {0};
    struct stat st;
    int fd;
    bool fresh;
    *opened = false;
    const pare_err err = pare_folders_open(scan->folders, scan->folder, false, &fd, &why);
    if (err != PARE_OK) return add_failed(scan, plan, "", err, why.text);
    if (fstat(fd, &st) != 0) {
        close(fd);
        return add_failed(scan, plan, "", PARE_ERR_IO, "the folder cannot be read");
    }
    const pare_scan_key key = {(uint64_t)st.st_dev, (uint64_t)st.st_ino};
    const pare_err added = pare_scan_set_add(&scan->visited, key, &fresh);
    const bool is_top = scan->folder == scan->root;
    if (added != PARE_OK || !fresh || (!is_top && is_own_folder(scan, &st))) {
        close(fd);
        return added;
    }
    scan->dir_key = key;
    scan->dir = fdopendir(fd);
    if (!scan->dir) {
        close(fd);
        return add_failed(scan, plan, "", PARE_ERR_IO, "the folder cannot be read");
    }
    scan->counts.folders++;
    PARE_TRY(pare_folders_path(scan->folders, scan->folder, "", true, &scan->path));
    scan->path_len = scan->path.len;
    *opened = true;
    return PARE_OK;
}

static void leave_folder(pare_scan *scan)
{
    if (scan->dir) closedir(scan->dir);
    scan->dir = NULL;
    pare_folders_unref(scan->folders, scan->folder);
    pare_folders_unref(scan->folders, scan->root);
    scan->folder = scan->root = PARE_FOLDER_NONE;
}

/* Takes the next folder from the list. *any is false when there is none. */
static pare_err next_folder(pare_scan *scan, pare_plan *plan, bool *any, pare_diag *diag)
{
    pending one;
    bool opened;
    *any = false;
    if (scan->pending.len == 0) {
        char *path;
        if (scan->tops_next * sizeof path == scan->tops.len) return PARE_OK;
        memcpy(&path, scan->tops.data + scan->tops_next++ * sizeof path, sizeof path);
        pare_diag why = {0};
        const pare_err err = pare_folders_add_root(scan->folders, path, false, &one.folder, &why);
        free(path);
        *any = true;
        if (err == PARE_ERR_NO_MEMORY) return pare_fail(diag, err, "%s", why.text);
        if (err != PARE_OK) { /* it was there when it was added */
            if (scan->options->on_notice) scan->options->on_notice(scan->options->user, why.text);
            return PARE_OK;
        }
        pare_folders_ref(scan->folders, one.folder);
        return push(scan, one.folder, one.folder);
    }
    *any = true;
    scan->pending.len -= sizeof one;
    memcpy(&one, scan->pending.data + scan->pending.len, sizeof one);
    scan->folder = one.folder;
    scan->root = one.root;
    const pare_err err = open_folder(scan, plan, &opened);
    if (err != PARE_OK || !opened) leave_folder(scan);
    return err;
}

static pare_err enter(pare_scan *scan, const char *name)
{
    uint32_t id;
    const bool skip =
        strcmp(name, ".git") == 0 ||
        (scan->options->output_mode == PARE_OUTPUT_BESIDE && strcmp(name, "optimized") == 0);
    if (skip || pare_scan_excluded(scan, name, true)) {
        scan->counts.excluded++;
        return PARE_OK;
    }
    if (!pare_scan_wants(scan, name, true)) return PARE_OK;
    PARE_TRY(pare_folders_add(scan->folders, scan->folder, name, false, &id));
    return push(scan, id, scan->root);
}

/* One entry of the open directory. */
static pare_err one_entry(pare_scan *scan, pare_plan *plan, pare_diag *diag)
{
    struct stat st;
    errno = 0;
    const struct dirent *found = readdir(scan->dir);
    if (!found) {
        const int cause = errno;
        pare_err err = PARE_OK;
        if (cause != 0) err = add_failed(scan, plan, "", PARE_ERR_IO, strerror(cause));
        leave_folder(scan);
        return err;
    }
    const char *name = found->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return PARE_OK;
    if (found->d_type == DT_DIR) return enter(scan, name);
    if (found->d_type != DT_REG && found->d_type != DT_UNKNOWN) {
        scan->counts.ignored++;
        return PARE_OK;
    }
    const int dir_fd = dirfd(scan->dir);
    if (pare_replace_is_temp(name)) {
        const bool look_only = scan->options->dry_run || scan->options->check;
        if (!look_only && pare_replace_sweep(dir_fd, name)) scan->counts.stale_temps++;
        return PARE_OK;
    }
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return PARE_OK; /* gone meanwhile */
    if (S_ISDIR(st.st_mode)) return enter(scan, name);
    if (!S_ISREG(st.st_mode)) {
        scan->counts.ignored++;
        return PARE_OK;
    }
    return pare_scan_file(scan, plan, &(pare_scan_found){.dir_fd = dir_fd, .name = name, .st = &st},
                          diag);
}

/* ---- files that the user named ---- */

/* Folder and name of a path; a symlink is followed to its end. Owned, or NULL. */
static char *split(const char *path, const char **name)
{
    struct stat st;
    char *whole =
        lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : strdup(path);
    if (!whole) return NULL;
    char *slash = strrchr(whole, '/');
    *name = slash ? slash + 1 : whole;
    return whole;
}

static pare_err named_file(pare_scan *scan, pare_plan *plan, const char *path, pare_diag *diag)
{
    const char *name = "";
    char parent[PATH_MAX] = ".";
    pare_diag why = {0};
    struct stat st;
    int dir_fd;
    pare_err err = PARE_OK;
    char *whole = split(path, &name);
    if (!whole) return PARE_OK; /* removed since it was added */
    const size_t len = (size_t)(name - whole);
    if (len >= sizeof parent) goto out;
    if (len > 0) snprintf(parent, sizeof parent, "%.*s", len > 1 ? (int)len - 1 : 1, whole);
    err = pare_folders_add_root(scan->folders, parent, false, &scan->folder, &why);
    if (err == PARE_OK) {
        err = pare_folders_borrow(scan->folders, scan->folder, false, &dir_fd, &why);
    }
    scan->root = scan->folder;
    if (err != PARE_OK && scan->folder != PARE_FOLDER_NONE) {
        err = add_failed(scan, plan, name, err, why.text);
        goto out;
    }
    if (err != PARE_OK) { /* it was there when it was added */
        if (scan->options->on_notice) scan->options->on_notice(scan->options->user, why.text);
        err = err == PARE_ERR_NO_MEMORY ? err : PARE_OK;
        goto out;
    }
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        err = add_failed(scan, plan, name, PARE_ERR_NOT_FOUND, "no such file");
        goto out;
    }
    struct stat dir_st;
    if (fstat(dir_fd, &dir_st) != 0) goto out;
    scan->dir_key = (pare_scan_key){(uint64_t)dir_st.st_dev, (uint64_t)dir_st.st_ino};
    err = pare_folders_path(scan->folders, scan->folder, "", true, &scan->path);
    scan->path_len = scan->path.len;
    if (err == PARE_OK) {
        err = pare_scan_file(
            scan, plan,
            &(pare_scan_found){.dir_fd = dir_fd, .name = name, .st = &st, .by_name = true}, diag);
    }
out:
    scan->folder = scan->root = PARE_FOLDER_NONE;
    free(whole);
    return err;
}

pare_err pare_scan_step(pare_scan *scan, pare_plan *plan, uint32_t budget, pare_scan_state *state,
                        pare_diag *diag)
{
    pare_err err = PARE_OK;
    *state = PARE_SCAN_MORE;
    for (uint32_t done = 0; (done < budget || done == 0) && err == PARE_OK; done++) {
        if (!scan->dir && pare_plan_full(plan)) {
            *state = PARE_SCAN_WINDOW;
            return PARE_OK;
        }
        if (scan->files_next * sizeof(char *) < scan->files.len) {
            char *path;
            memcpy(&path, scan->files.data + scan->files_next++ * sizeof path, sizeof path);
            err = named_file(scan, plan, path, diag);
            free(path);
        } else if (scan->dir) {
            err = one_entry(scan, plan, diag);
        } else {
            bool any;
            err = next_folder(scan, plan, &any, diag);
            if (!any && err == PARE_OK) {
                *state = PARE_SCAN_DONE;
                return PARE_OK;
            }
        }
    }
    return err == PARE_ERR_NO_MEMORY ? pare_fail(diag, err, "no memory for the scan") : err;
}
