// SPDX-License-Identifier: Apache-2.0
/* Two renames that cannot lose what somebody put there meanwhile. */
#include "host/exchange.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_LEN = 12 };

/* What an .old name says. */
typedef struct aside {
    char random[RANDOM_LEN + 1];
    uint64_t made_ino;
    pare_ident planned; /* ino, size, mtime */
    pare_ident made;    /* not in the name */
} aside;

static void write_name(const aside *a, char name[PARE_TEMP_NAME_CAP])
{
    snprintf(name, PARE_TEMP_NAME_CAP,
             ".pare-%s-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".old", a->random, a->made_ino,
             a->planned.ino, a->planned.size_bytes, (uint64_t)a->planned.mtime_ns);
}

static bool read_name(const char *name, aside *a)
{
    char again[PARE_TEMP_NAME_CAP];
    uint64_t mtime;
    *a = (aside){0};
    const int got =
        sscanf(name, ".pare-%12[a-z2-7]-%" SCNx64 "-%" SCNx64 "-%" SCNx64 "-%" SCNx64, a->random,
               &a->made_ino, &a->planned.ino, &a->planned.size_bytes, &mtime);
    if (got != 5 || strlen(a->random) != RANDOM_LEN) return false;
    a->planned.mtime_ns = (int64_t)mtime;
    write_name(a, again);
    return strcmp(name, again) == 0;
}

bool pare_exchange_is_name(const char *name)
{
    aside a;
    return read_name(name, &a);
}

static bool is_same(const struct stat *st, const pare_ident *was)
{
    const pare_ident now = pare_ident_of(st);
    return S_ISREG(st->st_mode) && pare_ident_same_content(&now, was);
}

static int exchange(int dir_fd, const char *a, const char *b)
{
    return renameat2(dir_fd, a, dir_fd, b, RENAME_EXCHANGE);
}

/* Gives the temporary file a name that says what it and the planned one are. */
static bool take_old_name(pare_temp *temp, const pare_ident *planned, aside *a)
{
    char name[PARE_TEMP_NAME_CAP];
    struct stat st;
    *a = (aside){.planned = *planned};
    if (fstat(temp->fd, &st) != 0 || !pare_temp_is_name(temp->name)) return false;
    a->made = pare_ident_of(&st);
    a->made_ino = a->made.ino;
    memcpy(a->random, strchr(temp->name, '-') + 1, RANDOM_LEN);
    write_name(a, name);
    if (renameat2(temp->dir_fd, temp->name, temp->dir_fd, name, RENAME_NOREPLACE) != 0) {
        return false;
    }
    memcpy(temp->name, name, sizeof name);
    return true;
}

/* The file that came out is not the planned one: it gets its name back, and nothing of it is ever
 * removed. */
static pare_err give_back(pare_temp *temp, const char *name, const aside *a, pare_diag *diag)
{
    struct stat st;
    char kept[PARE_TEMP_NAME_CAP];
    const int fd = temp->dir_fd;
    if (exchange(fd, temp->name, name) == 0) {
        const bool ours =
            fstatat(fd, temp->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_same(&st, &a->made);
        if (ours) return pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile", name);
        /* a second file came in between: the later one stays, the other is kept */
        (void)exchange(fd, temp->name, name);
    } else if (renameat2(fd, temp->name, fd, name, RENAME_NOREPLACE) == 0) {
        temp->name[0] = '\0';
        return pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile", name);
    }
    /* under a name that no sweep knows */
    snprintf(kept, sizeof kept, ".pare-%s.kept", a->random);
    const bool renamed = renameat2(fd, temp->name, fd, kept, RENAME_NOREPLACE) == 0;
    pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile; what was there is kept as %s", name,
              renamed ? kept : temp->name);
    temp->name[0] = '\0';
    return PARE_ERR_CHANGED;
}

pare_err pare_exchange(pare_temp *temp, const char *name, const pare_ident *planned,
                       pare_diag *diag)
{
    aside a;
    struct stat st;
    if (!take_old_name(temp, planned, &a)) return pare_temp_rename(temp, name, true, diag);
    if (exchange(temp->dir_fd, temp->name, name) != 0) {
        if (errno == EINVAL || errno == ENOSYS) return pare_temp_rename(temp, name, true, diag);
        if (errno != ENOENT) return pare_fail_errno(diag, "rename to", name);
        return pare_fail(diag, PARE_ERR_CHANGED, "%s is gone", name);
    }
    if (fstatat(temp->dir_fd, temp->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if ((uint64_t)st.st_dev != planned->dev || !is_same(&st, planned)) {
            return give_back(temp, name, &a, diag);
        }
        /* Failed, it is tried once more when temp is closed, and by the next run. */
        if (unlinkat(temp->dir_fd, temp->name, 0) != 0) return PARE_OK;
    } else if (errno != ENOENT) { /* ENOENT: another run took it for left behind, as it would be */
        return give_back(temp, name, &a, diag);
    }
    temp->name[0] = '\0';
    return PARE_OK;
}

/* ---- what a kill left ---- */

/* The name of the file with that number in the folder; false: there is none. */
static bool find_by_number(int dir_fd, uint64_t ino, char name[NAME_MAX + 1])
{
    struct stat st;
    bool found = false;
    const int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0) close(fd);
    for (const struct dirent *one; dir && !found && (one = readdir(dir)) != NULL;) {
        found = fstatat(fd, one->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                (uint64_t)st.st_ino == ino;
        if (found) snprintf(name, NAME_MAX + 1, "%s", one->d_name);
    }
    if (dir) closedir(dir);
    return found;
}

/* A run that lives holds the lock of what it made. */
static bool is_held(int dir_fd, const char *name)
{
    const int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const bool held = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0) close(fd);
    return held;
}

bool pare_exchange_sweep(int dir_fd, const char *name)
{
    aside a;
    struct stat st;
    char made[NAME_MAX + 1];
    if (!read_name(name, &a) || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if ((uint64_t)st.st_ino == a.made_ino) return pare_temp_remove_stale(dir_fd, name);
    const bool there = find_by_number(dir_fd, a.made_ino, made);
    if (is_same(&st, &a.planned)) { /* its bytes are elsewhere, or were to go */
        return (there || st.st_nlink > 1) && unlinkat(dir_fd, name, 0) == 0;
    }
    if (!there || is_held(dir_fd, made) || exchange(dir_fd, name, made) != 0) return false;
    return pare_temp_remove_stale(dir_fd, name);
}
