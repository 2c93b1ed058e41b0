// SPDX-License-Identifier: Apache-2.0
/* Folders that the server may touch. */
#include "http/roots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pare/pare.h>

#include "base/json_text.h"
#include "http/safe_name.h"

enum { ENTRIES_MAX = 100000 };

pare_err pare_fd_path(int fd, char *path, size_t cap, pare_diag *diag)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t len = readlink(link, path, cap);
    if (len < 0) return pare_fail_errno(diag, "find the path of", "an open file");
    if ((size_t)len >= cap) return pare_fail(diag, PARE_ERR_IO, "a path is too long");
    path[len] = '\0';
    return PARE_OK;
}

pare_err pare_roots_add(pare_roots *roots, const char *path, pare_diag *diag)
{
    char real[PATH_MAX];
    pare_root *const root = &roots->all[roots->count];
    if (roots->count == PARE_ROOTS_CAP) {
        return pare_fail(diag, PARE_ERR_INVALID, "more than %d roots", PARE_ROOTS_CAP);
    }
    *root = (pare_root){.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (root->fd < 0) return pare_fail_errno(diag, "open", path);
    pare_err err = pare_fd_path(root->fd, real, sizeof real, diag);
    if (err == PARE_OK && !(root->path = strdup(real))) {
        err = pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a root");
    }
    if (err != PARE_OK) {
        close(root->fd);
        return err;
    }
    root->writable = access(real, W_OK) == 0;
    roots->count++;
    snprintf(root->id, sizeof root->id, "r%u", roots->count);
    return PARE_OK;
}

void pare_roots_deinit(pare_roots *roots)
{
    for (unsigned i = 0; i < roots->count; i++) {
        close(roots->all[i].fd);
        free(roots->all[i].path);
    }
    roots->count = 0;
}

const pare_root *pare_roots_find(const pare_roots *roots, const char *id)
{
    for (unsigned i = 0; i < roots->count; i++) {
        if (strcmp(roots->all[i].id, id) == 0) return &roots->all[i];
    }
    return NULL;
}

const char *pare_root_name(const pare_root *root)
{
    const char *slash = strrchr(root->path, '/');
    return slash && slash[1] ? slash + 1 : root->path;
}

pare_err pare_beneath_open(int folder_fd, const char *path, int flags, uint32_t mode, int *fd,
                           pare_diag *diag)
{
    *fd = -1;
    if (!pare_root_path_ok(path)) {
        return pare_fail(diag, PARE_ERR_INVALID,
                         "the path must be relative, without empty parts, \".\" or \"..\"");
    }
    const struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY)),
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    const char *const what = *path ? path : "the folder";
    for (int tries = 0; tries < 16; tries++) { /* EAGAIN: something was renamed meanwhile */
        *fd = (int)syscall(SYS_openat2, folder_fd, *path ? path : ".", &how, sizeof how);
        if (*fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    if (*fd >= 0) return PARE_OK;
    if (errno == EXDEV || errno == ELOOP) {
        return pare_fail(diag, PARE_ERR_INVALID, "%s leads out of its root", what);
    }
    if (errno == ENOTDIR) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "%s: no such file or folder", what);
    }
    return pare_fail_errno(diag, "open", what);
}

pare_err pare_beneath_make(int folder_fd, const char *path, int *fd, pare_diag *diag)
{
    char part[PARE_PATH_CAP];
    *fd = -1;
    if (!pare_root_path_ok(path)) {
        return pare_fail(diag, PARE_ERR_INVALID, "%s is no path inside a root", path);
    }
    for (const char *end = path; *end;) {
        int parent;
        const char *slash = end;
        end += strcspn(end, "/");
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        char *const name = part + (slash - path);
        if (slash > path) name[-1] = '\0';
        PARE_TRY(pare_beneath_open(folder_fd, slash > path ? part : "", O_PATH | O_DIRECTORY, 0,
                                   &parent, diag));
        const int made = mkdirat(parent, name, 0777);
        const int made_errno = errno;
        close(parent);
        errno = made_errno;
        if (made != 0 && errno != EEXIST) return pare_fail_errno(diag, "make folder", name);
        if (*end == '/') end++;
    }
    return pare_beneath_open(folder_fd, path, O_RDONLY | O_DIRECTORY, 0, fd, diag);
}

/* ---- listing ---- */

typedef struct entry {
    char *name;
    bool folder;
} entry;

typedef struct listing {
    entry *entries;
    size_t count, cap;
    bool truncated;
} listing;

static int compare_entries(const void *a, const void *b)
{
    const entry *const x = a, *const y = b;
    if (x->folder != y->folder) return x->folder ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Folder or file, links followed inside the root; others (sockets, pipes) are left out. */
static bool read_kind(int dir_fd, const struct dirent *found, bool *folder)
{
    int fd;
    struct stat st;
    *folder = found->d_type == DT_DIR;
    if (found->d_type == DT_DIR || found->d_type == DT_REG) return true;
    if (found->d_type != DT_LNK && found->d_type != DT_UNKNOWN) return false;
    if (pare_beneath_open(dir_fd, found->d_name, O_PATH, 0, &fd, NULL) != PARE_OK) return false;
    const bool ok = fstat(fd, &st) == 0 && (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode));
    close(fd);
    *folder = ok && S_ISDIR(st.st_mode);
    return ok;
}

static pare_err add_entry(listing *list, const char *name, bool folder, pare_diag *diag)
{
    if (list->count == list->cap) {
        const size_t cap = list->cap > 0 ? 2 * list->cap : 256;
        entry *const more = realloc(list->entries, cap * sizeof *more);
        if (!more) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a folder");
        list->entries = more;
        list->cap = cap;
    }
    char *const copy = strdup(name);
    if (!copy) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a folder");
    list->entries[list->count++] = (entry){copy, folder};
    return PARE_OK;
}

static pare_err read_folder(DIR *dir, listing *list, pare_diag *diag)
{
    for (const struct dirent *found; (found = readdir(dir));) {
        bool folder;
        if (found->d_name[0] == '.') continue; /* hidden, and . and .. */
        if (!read_kind(dirfd(dir), found, &folder)) continue;
        if (list->count == ENTRIES_MAX) {
            list->truncated = true;
            break;
        }
        PARE_TRY(add_entry(list, found->d_name, folder, diag));
    }
    qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
    return PARE_OK;
}

static bool looks_like_image(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && pare_format_from_name(dot + 1) != PARE_FORMAT_UNKNOWN;
}

static void add_entry_json(int dir_fd, const entry *found, pare_text *json)
{
    struct stat st = {0};
    if (fstatat(dir_fd, found->name, &st, AT_SYMLINK_NOFOLLOW) != 0) memset(&st, 0, sizeof st);
    pare_json_open(json, NULL, '{');
    pare_json_string(json, "name", found->name);
    pare_json_string(json, "kind", found->folder ? "folder" : "file");
    pare_json_uint(json, "size_bytes", found->folder ? 0 : (uint64_t)st.st_size);
    pare_json_int(json, "modified_unix_s", st.st_mtim.tv_sec);
    pare_json_bool(json, "image", !found->folder && looks_like_image(found->name));
    pare_json_close(json, '}');
}

pare_err pare_root_list(const pare_root *root, const char *path, uint64_t offset, uint64_t limit,
                        pare_text *json, pare_diag *diag)
{
    listing list = {0};
    int fd;
    PARE_TRY(pare_beneath_open(root->fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, diag));
    DIR *const dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return pare_fail_errno(diag, "read", path);
    }
    const pare_err err = read_folder(dir, &list, diag);
    pare_json_open(json, NULL, '{');
    pare_json_string(json, "path", path);
    pare_json_uint(json, "total", list.count);
    pare_json_uint(json, "offset", offset);
    pare_json_bool(json, "truncated", list.truncated);
    pare_json_open(json, "entries", '[');
    for (size_t i = offset; i < list.count && i - offset < limit; i++) {
        add_entry_json(dirfd(dir), &list.entries[i], json);
    }
    pare_json_close(json, ']');
    pare_json_close(json, '}');
    closedir(dir);
    for (size_t i = 0; i < list.count; i++) {
        free(list.entries[i].name);
    }
    free(list.entries);
    return err;
}
