// SPDX-License-Identifier: Apache-2.0
/* Loaded into `pare` with LD_PRELOAD by power_test.py, which lays out what a power cut leaves on a
 * disk and lets the next `pare` find it.
 *
 *   POWER_LOG=path      append every call that changes a disk, in their order, with its bytes
 *   POWER_FILES=path    lines "inode ctime_ns inode_shown ctime_shown_ns": files that are shown to
 *                       `pare` as those they stand for, until they change
 *   POWER_APART=name    what lies below a folder of that name is on another file system
 *   POWER_BIT=n         bit that is set in the inode numbers of all other files, so that no file of
 *                       today is taken for one of before the cut
 *
 * A record is one line of fields between tabs, "what inode mode mtime_ns ctime_ns offset length
 * path path2", and `length` bytes behind it when what is "write". Inode, mode and times are those
 * of the file after the call. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { FILES_CAP = 4096, LINE_CAP = 9000 };

typedef struct shown {
    uint64_t ino, as_ino;
    int64_t ctime_ns, as_ctime_ns;
} shown;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static shown files[FILES_CAP];
static size_t file_count;
static bool active;
static int log_fd = -1;
static uint64_t new_bit;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void read_files(const char *path)
{
    FILE *in = fopen(path, "r");
    shown *one = files;
    while (in && file_count < FILES_CAP &&
           fscanf(in, "%" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNd64, &one->ino, &one->ctime_ns,
                  &one->as_ino, &one->as_ctime_ns) == 4) {
        file_count++;
        one++;
    }
    if (in) fclose(in);
}

__attribute__((constructor)) static void set_up(void)
{
    const char *path = getenv("POWER_LOG"), *known = getenv("POWER_FILES");
    const char *bit = getenv("POWER_BIT");
    if (!bit || strcmp(program_invocation_short_name, "pare") != 0) return;
    if (known) read_files(known);
    new_bit = (uint64_t)1 << atoi(bit);
    if (path) {
        const int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                                    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        log_fd =
            fcntl(fd, F_DUPFD_CLOEXEC, 400); /* out of the way of numbers that pare counts on */
        close(fd);
    }
    active = true;
}

/* ---- what files are shown as ---- */

static int64_t in_ns(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void show(struct stat *st)
{
    if (!active || !S_ISREG(st->st_mode)) return;
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].ino != st->st_ino) continue;
        st->st_ino = files[i].as_ino;
        if (files[i].ctime_ns != in_ns(st->st_ctim)) return;
        st->st_ctim.tv_sec = files[i].as_ctime_ns / 1000000000;
        st->st_ctim.tv_nsec = files[i].as_ctime_ns % 1000000000;
        return;
    }
    st->st_ino |= new_bit;
}

#define SHOWN(name, parameters, arguments)                                                         \
    int name parameters                                                                            \
    {                                                                                              \
        const int failed = REAL(name) arguments;                                                   \
        if (failed == 0) show((struct stat *)(void *)st);                                          \
        return failed;                                                                             \
    }

SHOWN(fstat, (int fd, struct stat *st), (fd, st))
SHOWN(fstat64, (int fd, struct stat64 *st), (fd, st))
SHOWN(stat, (const char *path, struct stat *st), (path, st))
SHOWN(stat64, (const char *path, struct stat64 *st), (path, st))
SHOWN(lstat, (const char *path, struct stat *st), (path, st))
SHOWN(lstat64, (const char *path, struct stat64 *st), (path, st))
SHOWN(fstatat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags))
SHOWN(fstatat64, (int dir, const char *path, struct stat64 *st, int flags), (dir, path, st, flags))

/* ---- the record ---- */

static bool is_disk(int fd)
{
    struct stat st;
    return log_fd >= 0 && REAL(fstat)(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* The whole path of a name in a folder. */
static void whole(int dir, const char *name, char out[PATH_MAX])
{
    char link[64];
    out[0] = '\0';
    if (name[0] != '/') {
        if (dir == AT_FDCWD)
            snprintf(link, sizeof link, "/proc/self/cwd");
        else
            snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        const ssize_t len = readlink(link, out, PATH_MAX - 2);
        out[len > 0 ? len : 0] = '\0';
        strcat(out, "/");
    }
    strncat(out, name, PATH_MAX - strlen(out) - 1);
}

static void put(const void *data, size_t len)
{
    while (len > 0) {
        const ssize_t got = syscall(SYS_write, log_fd, data, len);
        if (got <= 0) abort(); /* a record with a gap would prove nothing */
        data = (const char *)data + got;
        len -= (size_t)got;
    }
}

static void record(const char *what, const struct stat *st, uint64_t at, const void *data,
                   size_t len, const char *path, const char *path2)
{
    char line[LINE_CAP];
    const struct stat none = {0};
    if (!st) st = &none;
    const int got =
        snprintf(line, sizeof line,
                 "%s\t%" PRIu64 "\t%o\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%zu\t%s\t%s\n", what,
                 (uint64_t)st->st_ino, (unsigned)st->st_mode, in_ns(st->st_mtim),
                 in_ns(st->st_ctim), at, len, path, path2);
    put(line, (size_t)got);
    if (data) put(data, len);
}

static void record_fd(const char *what, int fd, uint64_t at, size_t len)
{
    struct stat st;
    if (fstat(fd, &st) == 0) record(what, &st, at, NULL, len, "", "");
}

/* The bytes as they are in the file now, however they came there. */
static void record_bytes(int fd, uint64_t at, size_t len)
{
    struct stat st;
    char link[64], *data = malloc(len + 1);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const int in = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (!data || in < 0 || pread(in, data, len, (off_t)at) != (ssize_t)len) abort();
    if (fstat(fd, &st) == 0) record("write", &st, at, data, len, "", "");
    close(in);
    free(data);
}

static void record_name(const char *what, const char *stat_of, const char *path, const char *path2)
{
    struct stat st;
    const bool there = lstat(stat_of, &st) == 0;
    record(what, there ? &st : NULL, 0, NULL, 0, path, path2);
}

/* A held file keeps its inode number from being given to the next one. */
static void hold(const char *path)
{
    (void)syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* One call after the other: the record has the order in which they happened. */
#define BEGIN                                                                                      \
    const bool logs = log_fd >= 0;                                                                 \
    if (logs) pthread_mutex_lock(&lock)
#define END                                                                                        \
    const int cause = errno;                                                                       \
    if (logs) pthread_mutex_unlock(&lock);                                                         \
    errno = cause

static uint64_t position(int fd, ssize_t len)
{
    struct stat st;
    if (!(fcntl(fd, F_GETFL) & O_APPEND)) return (uint64_t)(lseek(fd, 0, SEEK_CUR) - len);
    return REAL(fstat)(fd, &st) == 0 ? (uint64_t)(st.st_size - len) : 0;
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (!is_disk(fd)) return REAL(write)(fd, data, len);
    BEGIN;
    const ssize_t got = REAL(write)(fd, data, len);
    if (got > 0) record_bytes(fd, position(fd, got), (size_t)got);
    END;
    return got;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!is_disk(fd)) return REAL(pwrite)(fd, data, len, at);
    BEGIN;
    const ssize_t got = REAL(pwrite)(fd, data, len, at);
    if (got > 0) record_bytes(fd, (uint64_t)at, (size_t)got);
    END;
    return got;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return pwrite(fd, data, len, at);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len,
                        unsigned flags)
{
    BEGIN;
    const off64_t at = to_at ? *to_at : lseek(to, 0, SEEK_CUR);
    const ssize_t got = REAL(copy_file_range)(from, from_at, to, to_at, len, flags);
    if (logs && got > 0) record_bytes(to, (uint64_t)at, (size_t)got);
    END;
    return got;
}

/* Of the requests of a disk only the clone of a file is known, and refused: then it is copied. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (log_fd >= 0 && request == FICLONE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

#define ON_FD(what, name, at, len, parameters, arguments)                                          \
    int name parameters                                                                            \
    {                                                                                              \
        if (!is_disk(fd)) return REAL(name) arguments;                                             \
        BEGIN;                                                                                     \
        const int failed = REAL(name) arguments;                                                   \
        if (failed == 0) record_fd(what, fd, (uint64_t)(at), (size_t)(len));                       \
        END;                                                                                       \
        return failed;                                                                             \
    }

ON_FD("sync", fsync, 0, 0, (int fd), (fd))
ON_FD("sync", fdatasync, 0, 0, (int fd), (fd))
ON_FD("syncfs", syncfs, 0, 0, (int fd), (fd))
ON_FD("truncate", ftruncate, len, 0, (int fd, off_t len), (fd, len))
ON_FD("truncate", ftruncate64, len, 0, (int fd, off64_t len), (fd, len))
ON_FD("meta", fchmod, 0, 0, (int fd, mode_t mode), (fd, mode))
ON_FD("meta", fchown, 0, 0, (int fd, uid_t user, gid_t group), (fd, user, group))
ON_FD("meta", futimens, 0, 0, (int fd, const struct timespec times[2]), (fd, times))
ON_FD("meta", fsetxattr, 0, 0, (int fd, const char *name, const void *value, size_t len, int flags),
      (fd, name, value, len, flags))

/* Does only one of two paths lie below the folder POWER_APART? */
static bool are_apart(const char *path, const char *path2)
{
    char part[300];
    const char *name = getenv("POWER_APART");
    snprintf(part, sizeof part, "/%s/", name ? name : "");
    return name && !strstr(path, part) != !strstr(path2, part);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    char path[PATH_MAX], path2[PATH_MAX];
    BEGIN;
    whole(a, from, path);
    whole(b, to, path2);
    if (active && are_apart(path, path2)) {
        errno = EXDEV;
        END;
        return -1;
    }
    if (logs) hold(path2);
    const int failed = REAL(renameat2)(a, from, b, to, flags);
    if (logs && failed == 0)
        record_name(flags & RENAME_EXCHANGE ? "exchange" : "rename", path2, path, path2);
    END;
    return failed;
}

int renameat(int a, const char *from, int b, const char *to)
{
    return renameat2(a, from, b, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    char path[PATH_MAX], path2[PATH_MAX];
    BEGIN;
    whole(a, from, path);
    whole(b, to, path2);
    if (active && are_apart(path, path2)) {
        errno = EXDEV;
        END;
        return -1;
    }
    const int failed = REAL(linkat)(a, from, b, to, flags);
    if (logs && failed == 0) record_name("link", path2, path, path2);
    END;
    return failed;
}

int unlinkat(int dir, const char *name, int flags)
{
    char path[PATH_MAX];
    BEGIN;
    if (logs) {
        whole(dir, name, path);
        hold(path);
    }
    const int failed = REAL(unlinkat)(dir, name, flags);
    if (logs && failed == 0) record_name("unlink", path, path, "");
    END;
    return failed;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
    char path[PATH_MAX];
    BEGIN;
    const int failed = REAL(mkdirat)(dir, name, mode);
    if (logs && failed == 0) {
        whole(dir, name, path);
        record_name("mkdir", path, path, "");
    }
    END;
    return failed;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

/* ---- opening ---- */

static int opens(int dir, const char *name, int flags, mode_t mode)
{
    struct stat st;
    char path[PATH_MAX];
    if (log_fd < 0 || !(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE) {
        return (int)syscall(SYS_openat, dir, name, flags, mode);
    }
    BEGIN;
    whole(dir, name, path);
    const bool is_new = REAL(lstat)(path, &st) != 0;
    const int fd = (int)syscall(SYS_openat, dir, name, flags, mode);
    if (fd >= 0 && is_new) {
        record_name("create", path, path, "");
        hold(path);
    } else if (fd >= 0 && (flags & O_TRUNC)) {
        record_fd("truncate", fd, 0, 0);
    }
    END;
    return fd;
}

#define OPEN(name, dir, parameters)                                                                \
    int name parameters                                                                            \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const mode_t mode =                                                                        \
            (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;      \
        va_end(args);                                                                              \
        return opens(dir, path, flags, mode);                                                      \
    }

OPEN(open, AT_FDCWD, (const char *path, int flags, ...))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...))
OPEN(openat, dir, (int dir, const char *path, int flags, ...))
OPEN(openat64, dir, (int dir, const char *path, int flags, ...))
