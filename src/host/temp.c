// SPDX-License-Identifier: Apache-2.0
/* Temporary files beside their destination. */
#include "host/temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PREFIX ".pare-"
#define SUFFIX ".tmp"

enum { RANDOM_CHARS = 12, TRIES = 100, COPY_BYTES = 128 * 1024, XATTR_CAP = 64 * 1024 };

static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567"; /* 5 bits a character */

static int random_name(char name[PARE_TEMP_NAME_CAP])
{
    uint8_t bytes[RANDOM_CHARS];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return -1;
    memcpy(name, PREFIX, sizeof PREFIX);
    char *at = name + strlen(PREFIX);
    for (int i = 0; i < RANDOM_CHARS; i++)
        *at++ = ALPHABET[bytes[i] & 31];
    memcpy(at, SUFFIX, sizeof SUFFIX);
    return 0;
}

bool pare_temp_is_name(const char *name)
{
    const size_t prefix_len = strlen(PREFIX);
    if (strncmp(name, PREFIX, prefix_len) != 0) return false;
    if (strspn(name + prefix_len, ALPHABET) != RANDOM_CHARS) return false;
    return strcmp(name + prefix_len + RANDOM_CHARS, SUFFIX) == 0;
}

/* Is the name still this open file? A sweeper may have been faster than our lock. */
static bool still_named(int dir_fd, const char *name, int fd)
{
    struct stat by_name, by_fd;
    return fstatat(dir_fd, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* 1: made, 0: try another name, -1: errno. */
static int try_create(pare_temp *temp)
{
    const int flags = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
    if (random_name(temp->name) != 0) return -1;
    temp->write_fd = openat(temp->dir_fd, temp->name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
    if (temp->write_fd < 0) {
        temp->name[0] = '\0';
        return errno == EEXIST ? 0 : -1;
    }
    temp->fd = openat(temp->dir_fd, temp->name, O_RDONLY | flags);
    if (temp->fd < 0) return errno == ENOENT ? 0 : -1;
    /* Without locks (some network file systems) stale files stay, nothing worse. */
    (void)flock(temp->fd, LOCK_EX | LOCK_NB);
    return still_named(temp->dir_fd, temp->name, temp->fd) ? 1 : 0;
}

/* A disk that failed gets a second chance; what stays all the same is removed by the next run. */
static void remove_file(const pare_temp *temp)
{
    if (unlinkat(temp->dir_fd, temp->name, 0) == 0 || errno == ENOENT) return;
    (void)unlinkat(temp->dir_fd, temp->name, 0);
}

static void close_file(pare_temp *temp)
{
    if (temp->write_fd >= 0) close(temp->write_fd);
    if (temp->name[0]) remove_file(temp);
    if (temp->fd >= 0) close(temp->fd);
    temp->write_fd = temp->fd = -1;
    temp->name[0] = '\0';
}

pare_err pare_temp_create(int dir_fd, pare_temp *out, pare_diag *diag)
{
    *out = PARE_TEMP_CLOSED;
    out->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
    if (out->dir_fd < 0) return pare_fail_errno(diag, "open", "folder of the result");
    int made = 0;
    errno = EEXIST;
    for (int i = 0; i < TRIES && made == 0; i++) {
        made = try_create(out);
        if (made == 0) close_file(out);
    }
    if (made > 0) return PARE_OK;
    const pare_err err = pare_fail_errno(diag, "create", "temporary file");
    pare_temp_deinit(out);
    return err;
}

void pare_temp_deinit(pare_temp *temp)
{
    close_file(temp);
    if (temp->dir_fd >= 0) close(temp->dir_fd);
    temp->dir_fd = -1;
}

/* A read lease is refused while anybody has the file open for writing (fcntl(2), "Leases"). */
static bool writers_are_gone(int fd)
{
    /* Were the lease broken, the default SIGIO would end the program; SIGURG is ignored. */
    if (fcntl(fd, F_SETSIG, SIGURG) != 0) return false;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return false;
    return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

pare_err pare_temp_settle(pare_temp *temp, pare_diag *diag)
{
    if (temp->write_fd >= 0) close(temp->write_fd);
    temp->write_fd = -1;
    if (writers_are_gone(temp->fd)) return PARE_OK;

    pare_temp copy;
    uint64_t bytes;
    PARE_TRY(pare_temp_create(temp->dir_fd, &copy, diag));
    const pare_err err = pare_temp_copy(copy.write_fd, temp->fd, &bytes, diag);
    if (err != PARE_OK) {
        pare_temp_deinit(&copy);
        return err;
    }
    close(copy.write_fd);
    copy.write_fd = -1;
    pare_temp_deinit(temp);
    *temp = copy;
    return PARE_OK;
}

static pare_err copy_by_hand(int out_fd, int in_fd, off_t at, pare_diag *diag)
{
    pare_err err = PARE_OK;
    uint8_t *chunk = malloc(COPY_BYTES);
    if (!chunk) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory to copy a file");
    while (true) {
        const ssize_t got = pread(in_fd, chunk, COPY_BYTES, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = pare_fail_errno(diag, "read", "original");
        if (got <= 0) break;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = pwrite(out_fd, chunk + done, (size_t)(got - done), at + done);
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) {
                err = pare_fail_errno(diag, "write", "copy");
                goto out;
            }
            done += put;
        }
        at += got;
    }
out:
    free(chunk);
    return err;
}

pare_err pare_temp_copy(int out_fd, int in_fd, uint64_t *bytes, pare_diag *diag)
{
    struct stat st;
    *bytes = 0;
    if (ioctl(out_fd, FICLONE, in_fd) != 0) {
        off_t from = 0, to = 0;
        ssize_t got;
        do {
            got = copy_file_range(in_fd, &from, out_fd, &to, 1u << 30, 0);
        } while (got > 0 || (got < 0 && errno == EINTR));
        if (got < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) {
            return pare_fail_errno(diag, "copy", "original");
        }
        /* Also after success: some file systems report an early end (copy_file_range(2), BUGS). */
        PARE_TRY(copy_by_hand(out_fd, in_fd, to, diag));
    }
    if (fstat(out_fd, &st) != 0) return pare_fail_errno(diag, "stat", "copy");
    *bytes = (uint64_t)st.st_size;
    return PARE_OK;
}

static void copy_xattrs(int to_fd, int from_fd)
{
    char *names = malloc(2 * XATTR_CAP);
    if (!names) return;
    char *value = names + XATTR_CAP;
    const ssize_t names_len = flistxattr(from_fd, names, XATTR_CAP);
    for (ssize_t at = 0; at < names_len; at += (ssize_t)strlen(names + at) + 1) {
        const ssize_t len = fgetxattr(from_fd, names + at, value, XATTR_CAP);
        if (len >= 0) (void)fsetxattr(to_fd, names + at, value, (size_t)len, 0);
    }
    free(names);
}

void pare_temp_dress(const pare_temp *temp, int model_fd, bool keep_dates)
{
    struct stat st;
    if (fstat(model_fd, &st) != 0) return;
    mode_t mode = st.st_mode & 0777; /* an image needs no set-id bits */
    bool same_group = fchown(temp->fd, st.st_uid, st.st_gid) == 0;
    if (!same_group) same_group = fchown(temp->fd, (uid_t)-1, st.st_gid) == 0;
    /* The rights of a group that is not the same one would be rights of strangers. */
    if (!same_group) mode &= (mode_t)~070 | (mode & 07) << 3;
    if (same_group) copy_xattrs(temp->fd, model_fd);
    (void)fchmod(temp->fd, mode);
    if (keep_dates) (void)futimens(temp->fd, (struct timespec[]){st.st_atim, st.st_mtim});
}

/* For file systems without RENAME_NOREPLACE. */
static int link_then_unlink(pare_temp *temp, int dir_fd, const char *name)
{
    if (linkat(temp->dir_fd, temp->name, dir_fd, name, 0) == 0) {
        return unlinkat(temp->dir_fd, temp->name, 0);
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;
    struct stat st; /* no links either (FAT): a small gap between the look and the rename */
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(temp->dir_fd, temp->name, dir_fd, name);
}

pare_err pare_temp_rename(pare_temp *temp, const char *name, bool replace, pare_diag *diag)
{
    return pare_temp_move(temp, temp->dir_fd, name, replace, diag);
}

pare_err pare_temp_move(pare_temp *temp, int dir_fd, const char *name, bool replace,
                        pare_diag *diag)
{
    int done;
    if (replace) {
        done = renameat(temp->dir_fd, temp->name, dir_fd, name);
    } else {
        done = renameat2(temp->dir_fd, temp->name, dir_fd, name, RENAME_NOREPLACE);
        if (done != 0 && (errno == EINVAL || errno == ENOSYS)) {
            done = link_then_unlink(temp, dir_fd, name);
        }
    }
    if (done == 0) {
        temp->name[0] = '\0'; /* renamed away: nothing left to unlink */
        return PARE_OK;
    }
    if (errno == EEXIST || errno == EISDIR || errno == ENOTEMPTY) {
        return pare_fail(diag, PARE_ERR_EXISTS, "%s exists already", name);
    }
    return pare_fail_errno(diag, "rename to", name);
}

void pare_temp_sweep_folder(int dir_fd, bool (*sweep)(int dir_fd, const char *name))
{
    const int fd = dir_fd >= 0 ? openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0) close(fd);
    for (const struct dirent *one; dir && (one = readdir(dir)) != NULL;)
        (void)sweep(fd, one->d_name);
    if (dir) closedir(dir);
}

bool pare_temp_sweep(int dir_fd, const char *name)
{
    return pare_temp_is_name(name) && pare_temp_remove_stale(dir_fd, name);
}

bool pare_temp_remove_stale(int dir_fd, const char *name)
{
    const int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    const bool stale = flock(fd, LOCK_EX | LOCK_NB) == 0 && still_named(dir_fd, name, fd);
    const bool removed = stale && unlinkat(dir_fd, name, 0) == 0;
    close(fd);
    return removed;
}
