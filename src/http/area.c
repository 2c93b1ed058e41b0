// SPDX-License-Identifier: Apache-2.0
/* Folders of uploads in the state folder: counted, removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/jobs.h"
#include "http/server_inside.h"

#define REMOVED "removed-" /* begins the names of folders whose bytes are still to go */

enum { DEPTH_MAX = 64, NAME_CAP = 64 };

/* Calls itself for folders; paths of uploads have at most 32. fd is consumed. */
static uint64_t walk(int fd, bool remove, int depth)
{
    DIR *const dir = fdopendir(fd);
    uint64_t files = 0;
    if (!dir) {
        close(fd);
        return 0;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        const int inside =
            openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inside >= 0) {
            files += depth < DEPTH_MAX ? walk(inside, remove, depth + 1) : (close(inside), 0u);
            if (remove) unlinkat(dirfd(dir), name, AT_REMOVEDIR);
        } else {
            files++;
            if (remove) unlinkat(dirfd(dir), name, 0);
        }
    }
    closedir(dir);
    return files;
}

uint64_t pare_area_count(int area_fd)
{
    const int fd = openat(area_fd, "in", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? 0 : walk(fd, false, 0);
}

typedef struct removal {
    uv_work_t work;
    int state_fd; /* owned */
    char name[NAME_CAP];
} removal;

static void remove_now(uv_work_t *work)
{
    removal *const r = work->data;
    const int fd = openat(r->state_fd, r->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) walk(fd, true, 0);
    unlinkat(r->state_fd, r->name, AT_REMOVEDIR);
}

static void after_remove(uv_work_t *work, int status)
{
    removal *const r = work->data;
    (void)status;
    close(r->state_fd);
    free(r);
}

static void remove_later(pare_server *server, const char *name)
{
    removal *const r = calloc(1, sizeof *r);
    if (!r) return;
    r->work.data = r;
    r->state_fd = fcntl(server->state_fd, F_DUPFD_CLOEXEC, 0);
    snprintf(r->name, sizeof r->name, "%s", name);
    if (r->state_fd < 0 || uv_queue_work(server->loop, &r->work, remove_now, after_remove) != 0) {
        if (r->state_fd >= 0) close(r->state_fd);
        free(r);
    }
}

/* The name goes at once, the bytes when there is time. */
void pare_area_remove(pare_server *server, const char *path)
{
    char name[NAME_CAP];
    snprintf(name, sizeof name, REMOVED "%llu", (unsigned long long)pare_clock_us());
    if (renameat(server->state_fd, path, server->state_fd, name) == 0) remove_later(server, name);
}

void pare_areas_clear(pare_server *server)
{
    const int fd = openat(server->state_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0) close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, REMOVED, strlen(REMOVED)) == 0 &&
            strlen(entry->d_name) < NAME_CAP) {
            remove_later(server, entry->d_name);
        }
    }
    closedir(dir);
}
