// SPDX-License-Identifier: Apache-2.0
/* Known folders: a forest of names, and a least-recently-used list of open descriptors. */
#include "host/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct folder {
    char *name;     /* in parent; a root: as the user spelled it */
    char *absolute; /* a root: canonical; else NULL */
    uint32_t parent;
    uint32_t refs;      /* references from outside and from folders below; 0: free */
    uint32_t newer;     /* in the list of open descriptors */
    uint32_t older;     /* likewise; of a free one: the next free one */
    uint32_t next_root; /* in the chain of its bucket */
    int fd;             /* -1 when closed */
    bool create;
} folder;

enum { ROOT_BUCKETS = 256, OPEN_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY };

struct pare_folders {
    folder *all;
    uint32_t count, cap, known;
    uint32_t first_free;
    uint32_t newest, oldest; /* open descriptors */
    uint32_t fd_count, fd_cap;
    uint32_t roots[ROOT_BUCKETS];
};

pare_err pare_folders_create(uint32_t fd_cap, pare_folders **out)
{
    pare_folders *folders = calloc(1, sizeof *folders);
    *out = folders;
    if (!folders) return PARE_ERR_NO_MEMORY;
    folders->fd_cap = fd_cap < 2 ? 2 : fd_cap;
    folders->first_free = folders->newest = folders->oldest = PARE_FOLDER_NONE;
    for (int i = 0; i < ROOT_BUCKETS; i++)
        folders->roots[i] = PARE_FOLDER_NONE;
    return PARE_OK;
}

void pare_folders_destroy(pare_folders **folders_io)
{
    pare_folders *folders = *folders_io;
    if (!folders) return;
    for (uint32_t i = 0; i < folders->count; i++) {
        folder *one = &folders->all[i];
        if (one->refs == 0) continue;
        if (one->fd >= 0) close(one->fd);
        free(one->name);
        free(one->absolute);
    }
    free(folders->all);
    free(folders);
    *folders_io = NULL;
}

static void list_remove(pare_folders *folders, uint32_t id)
{
    folder *one = &folders->all[id];
    if (one->newer != PARE_FOLDER_NONE)
        folders->all[one->newer].older = one->older;
    else
        folders->newest = one->older;
    if (one->older != PARE_FOLDER_NONE)
        folders->all[one->older].newer = one->newer;
    else
        folders->oldest = one->newer;
}

static void list_add_newest(pare_folders *folders, uint32_t id)
{
    folder *one = &folders->all[id];
    one->newer = PARE_FOLDER_NONE;
    one->older = folders->newest;
    if (folders->newest != PARE_FOLDER_NONE)
        folders->all[folders->newest].newer = id;
    else
        folders->oldest = id;
    folders->newest = id;
}

static void close_fd(pare_folders *folders, uint32_t id)
{
    folder *one = &folders->all[id];
    if (one->fd < 0) return;
    list_remove(folders, id);
    close(one->fd);
    one->fd = -1;
    folders->fd_count--;
}

static void keep_fd(pare_folders *folders, uint32_t id, int fd)
{
    while (folders->fd_count >= folders->fd_cap)
        close_fd(folders, folders->oldest);
    folders->all[id].fd = fd;
    list_add_newest(folders, id);
    folders->fd_count++;
}

/* A place for a folder; its name is set by the caller. */
static pare_err take_place(pare_folders *folders, uint32_t *id)
{
    if (folders->first_free != PARE_FOLDER_NONE) {
        *id = folders->first_free;
        folders->first_free = folders->all[*id].older;
        folders->known++;
        return PARE_OK;
    }
    if (folders->count == folders->cap) {
        const uint32_t cap = folders->cap ? folders->cap * 2 : 64;
        folder *all =
            folders->cap < UINT32_MAX / 4 ? realloc(folders->all, cap * sizeof *all) : NULL;
        if (!all) return PARE_ERR_NO_MEMORY;
        folders->all = all;
        folders->cap = cap;
    }
    *id = folders->count++;
    folders->known++;
    return PARE_OK;
}

pare_err pare_folders_add(pare_folders *folders, uint32_t parent, const char *name, bool create,
                          uint32_t *id)
{
    char *copy = strdup(name);
    if (!copy) return PARE_ERR_NO_MEMORY;
    if (take_place(folders, id) != PARE_OK) {
        free(copy);
        return PARE_ERR_NO_MEMORY;
    }
    folders->all[*id] = (folder){.name = copy,
                                 .parent = parent,
                                 .refs = 1,
                                 .fd = -1,
                                 .create = create,
                                 .newer = PARE_FOLDER_NONE,
                                 .older = PARE_FOLDER_NONE,
                                 .next_root = PARE_FOLDER_NONE};
    if (parent != PARE_FOLDER_NONE) folders->all[parent].refs++;
    return PARE_OK;
}

void pare_folders_ref(pare_folders *folders, uint32_t id)
{
    folders->all[id].refs++;
}

void pare_folders_unref(pare_folders *folders, uint32_t id)
{
    while (id != PARE_FOLDER_NONE && --folders->all[id].refs == 0) {
        folder *one = &folders->all[id];
        const uint32_t parent = one->parent;
        close_fd(folders, id);
        free(one->name);
        one->name = NULL;
        one->older = folders->first_free;
        folders->first_free = id;
        folders->known--;
        id = parent;
    }
}

/* The canonical path of a folder that may not exist yet: of its nearest existing parent, and the
 * rest as spelled. Owned; NULL and errno. */
static char *canonical(const char *path, bool create)
{
    char *whole = realpath(path, NULL);
    if (whole || !create || errno != ENOENT) return whole;
    const size_t len = strlen(path);
    size_t cut = len;
    while (cut > 0) {
        while (cut > 0 && path[cut - 1] == '/')
            cut--;
        while (cut > 0 && path[cut - 1] != '/')
            cut--;
        char *head = cut > 0 ? strndup(path, cut) : strdup(".");
        char *base = head ? realpath(head, NULL) : NULL;
        free(head);
        if (!base && errno == ENOENT && cut > 0) continue;
        if (!base) return NULL;
        const bool slash = strcmp(base, "/") != 0;
        char *joined = malloc(strlen(base) + len + 2);
        if (joined) {
            strcpy(joined, base);
            if (slash) strcat(joined, "/");
            strcat(joined, path + cut);
            for (size_t end = strlen(joined); end > 1 && joined[end - 1] == '/';)
                joined[--end] = '\0';
        }
        free(base);
        return joined;
    }
    return NULL;
}

static uint32_t bucket_of(const char *absolute)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *absolute; absolute++)
        hash = (hash ^ (uint8_t)*absolute) * 16777619u;
    return hash % ROOT_BUCKETS;
}

pare_err pare_folders_add_root(pare_folders *folders, const char *path, bool create, uint32_t *id,
                               pare_diag *diag)
{
    char *absolute = canonical(path, create);
    if (!absolute) return pare_fail_errno(diag, "open", path);
    const uint32_t bucket = bucket_of(absolute);
    for (uint32_t i = folders->roots[bucket]; i != PARE_FOLDER_NONE;
         i = folders->all[i].next_root) {
        if (strcmp(folders->all[i].absolute, absolute) != 0) continue;
        folders->all[i].create |= create;
        free(absolute);
        *id = i;
        return PARE_OK;
    }
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        free(absolute);
        return pare_fail(diag, PARE_ERR_IO, "not a folder: %s", path);
    }
    if (pare_folders_add(folders, PARE_FOLDER_NONE, path, create, id) != PARE_OK) {
        free(absolute);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for folders");
    }
    folders->all[*id].absolute = absolute;
    folders->all[*id].next_root = folders->roots[bucket];
    folders->roots[bucket] = *id; /* the reference of the bucket is never given back */
    return PARE_OK;
}

/* Make a folder and have it on the disk before anything is put into it. */
static int make_folder(int dir_fd, const char *name)
{
    if (mkdirat(dir_fd, name, 0777) != 0) return errno == EEXIST ? 0 : -1;
    const int fd = openat(dir_fd, ".", OPEN_FLAGS); /* dir_fd may be O_PATH */
    if (fd < 0) return errno == EACCES ? 0 : -1;    /* a folder that may not be listed */
    const int err = fsync(fd) == 0 || errno == EINVAL ? 0 : -1;
    close(fd);
    return err;
}

static int walk_one(int at, const char *name, bool last, bool make)
{
    /* Folders on the way need no right to list them, only to pass. */
    const int flags = (last ? OPEN_FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW;
    int next = openat(at, name, flags);
    if (next < 0 && errno == ENOENT && make) {
        if (make_folder(at, name) == 0) next = openat(at, name, flags);
    }
    return next;
}

pare_err pare_folders_walk(int dir_fd, const char *path, bool make, int *fd, pare_diag *diag)
{
    *fd = -1;
    int at = -1;
    while (true) {
        char name[NAME_MAX + 1] = ".";
        path += strspn(path, "/");
        const size_t len = strcspn(path, "/");
        if (len > NAME_MAX) {
            if (at >= 0) close(at);
            return pare_fail(diag, PARE_ERR_IO, "the name of a folder is too long");
        }
        if (len > 0) memcpy(name, path, len);
        if (len > 0) name[len] = '\0';
        path += len;
        path += strspn(path, "/");
        const bool last = *path == '\0';
        const int next = walk_one(at >= 0 ? at : dir_fd, name, last, make);
        if (next < 0) {
            const pare_err err = pare_fail_errno(diag, "open folder", name);
            if (at >= 0) close(at);
            return err;
        }
        if (at >= 0) close(at);
        at = next;
        if (last) break;
    }
    *fd = at;
    return PARE_OK;
}

/* Opens a root. One that is to be made may lack several parents. */
static pare_err open_root(const folder *one, bool make, int *fd, pare_diag *diag)
{
    *fd = open(one->absolute, OPEN_FLAGS);
    if (*fd >= 0) return PARE_OK;
    if (errno != ENOENT || !make || !one->create) {
        return pare_fail_errno(diag, "open folder", one->name);
    }
    return pare_folders_walk_absolute(one->absolute, true, fd, diag);
}

pare_err pare_folders_walk_absolute(const char *path, bool make, int *fd, pare_diag *diag)
{
    const int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0) return pare_fail_errno(diag, "open folder", "/");
    const pare_err err = pare_folders_walk(top, path, make, fd, diag);
    close(top);
    return err;
}

pare_err pare_folders_borrow(pare_folders *folders, uint32_t id, bool make, int *fd,
                             pare_diag *diag)
{
    *fd = -1;
    if (folders->all[id].fd >= 0) {
        list_remove(folders, id);
        list_add_newest(folders, id);
        *fd = folders->all[id].fd;
        return PARE_OK;
    }
    /* Up to the nearest open folder, then down. The way down is kept in a list, not on the stack:
     * trees may be thousands of levels deep. */
    pare_err err = PARE_OK;
    pare_buf way = {0};
    uint32_t at = id;
    while (at != PARE_FOLDER_NONE && folders->all[at].fd < 0) {
        err = pare_buf_append(&way, &at, sizeof at);
        if (err != PARE_OK) goto out;
        at = folders->all[at].parent;
    }
    int parent_fd = at == PARE_FOLDER_NONE ? -1 : folders->all[at].fd;
    for (size_t i = way.len / sizeof at; i-- > 0;) {
        memcpy(&at, way.data + i * sizeof at, sizeof at);
        const folder *one = &folders->all[at];
        int next;
        err = one->parent == PARE_FOLDER_NONE
                  ? open_root(one, make, &next, diag)
                  : pare_folders_walk(parent_fd, one->name, make && one->create, &next, diag);
        if (err != PARE_OK) goto out;
        keep_fd(folders, at, next); /* fd_cap >= 2: this one is newest, never closed here */
        parent_fd = next;
    }
    *fd = parent_fd;
out:
    pare_buf_deinit(&way);
    return err;
}

pare_err pare_folders_open(pare_folders *folders, uint32_t id, bool make, int *fd, pare_diag *diag)
{
    int borrowed;
    *fd = -1;
    PARE_TRY(pare_folders_borrow(folders, id, make, &borrowed, diag));
    *fd = fcntl(borrowed, F_DUPFD_CLOEXEC, 3);
    return *fd >= 0 ? PARE_OK : pare_fail_errno(diag, "open folder", folders->all[id].name);
}

uint32_t pare_folders_parent(const pare_folders *folders, uint32_t id)
{
    return folders->all[id].parent;
}

const char *pare_folders_name(const pare_folders *folders, uint32_t id)
{
    return folders->all[id].name;
}

/* Length of a folder's path with a closing slash; 0 for a root that is spelled ".". */
static size_t path_len(const pare_folders *folders, uint32_t id, bool absolute)
{
    size_t len = 0;
    for (; folders->all[id].parent != PARE_FOLDER_NONE; id = folders->all[id].parent)
        len += strlen(folders->all[id].name) + 1;
    const char *root = absolute ? folders->all[id].absolute : folders->all[id].name;
    if (strcmp(root, ".") == 0) return len;
    const size_t root_len = strlen(root);
    return len + root_len + (root_len > 0 && root[root_len - 1] != '/');
}

pare_err pare_folders_path(const pare_folders *folders, uint32_t id, const char *name,
                           bool absolute, pare_buf *path)
{
    size_t end = path_len(folders, id, absolute);
    const size_t name_len = name ? strlen(name) : 0;
    path->len = 0;
    PARE_TRY(pare_buf_reserve(path, end + name_len + 2));
    char *data = (char *)path->data;
    size_t total = end + name_len;
    if (name_len) memcpy(data + end, name, name_len);
    for (; folders->all[id].parent != PARE_FOLDER_NONE; id = folders->all[id].parent) {
        const size_t len = strlen(folders->all[id].name);
        data[--end] = '/';
        end -= len;
        memcpy(data + end, folders->all[id].name, len);
    }
    if (end > 0) {
        const char *root = absolute ? folders->all[id].absolute : folders->all[id].name;
        data[end - 1] = '/';
        memcpy(data, root, strlen(root));
    }
    if (!name && total > 1) total--;              /* no closing slash */
    if (!name && total == 0) data[total++] = '.'; /* the root is "." itself */
    data[total] = '\0';
    path->len = total;
    return PARE_OK;
}

uint32_t pare_folders_count(const pare_folders *folders)
{
    return folders->known;
}

uint32_t pare_folders_fd_count(const pare_folders *folders)
{
    return folders->fd_count;
}
