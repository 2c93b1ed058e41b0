// SPDX-License-Identifier: Apache-2.0
/* Loaded into `pare` with LD_PRELOAD: counts the calls that change a disk, and at the n-th of them
 * kills the process or makes the call fail.
 *
 *   FAULT_AT=n           which call, from 1; 0 only counts
 *   FAULT_DO=what        kill: SIGKILL before the call; or an errno: ENOSPC, EIO, EDQUOT...
 *   FAULT_ONLY=name      counts the calls of this function alone
 *   FAULT_COUNT=path     where to write how many calls there were
 *   FAULT_STICKY=1       every call from the n-th on fails
 *   FAULT_SLOW_US=n      each call takes so much longer
 *   FAULT_CLOCK_S=n      the wall clock jumps by so much at each look
 *   FAULT_PROGRAM=name   the program that is touched, never its workers; default pare
 *
 *   FAULT_BETWEEN=what   just before two names are exchanged, FAULT_NAME among them,
 *                        somebody does this to that file: write, replace or remove
 *   FAULT_NO_EXCHANGE=1  as on a file system that cannot exchange names
 *   FAULT_NO_LEASE=1     as if somebody had every file open for writing */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls, fault_at;
static int fault_errno; /* 0: kill */
static bool active, sticky;
static const char *only; /* NULL: all */
static useconds_t slow_us;
static long clock_s, looks;

static int errno_by_name(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } NAMES[] = {
        {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EMFILE", EMFILE}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(name, NAMES[i].name) == 0) return NAMES[i].number;
    }
    return 0;
}

__attribute__((constructor)) static void set_up(void)
{
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO");
    const char *program = getenv("FAULT_PROGRAM"), *slow = getenv("FAULT_SLOW_US");
    const char *clock = getenv("FAULT_CLOCK_S");
    only = getenv("FAULT_ONLY");
    active = (at || slow || clock || getenv("FAULT_NAME")) &&
             strcmp(program_invocation_short_name, program ? program : "pare") == 0;
    clock_s = clock && active ? atol(clock) : 0;
    slow_us = slow ? (useconds_t)atol(slow) : 0;
    fault_at = at ? atol(at) : 0;
    fault_errno = what ? errno_by_name(what) : 0;
    sticky = getenv("FAULT_STICKY") != NULL;
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("FAULT_COUNT");
    if (!active || !path) return;
    active = false;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

/* True when this call must fail; errno is set. */
static bool fault(const char *function)
{
    if (!active || (only && strcmp(only, function) != 0)) return false;
    if (slow_us > 0) usleep(slow_us);
    pthread_mutex_lock(&lock);
    calls++;
    const bool now = fault_at > 0 && (sticky ? calls >= fault_at : calls == fault_at);
    pthread_mutex_unlock(&lock);
    if (!now) return false;
    if (fault_errno == 0) raise(SIGKILL);
    errno = fault_errno;
    return true;
}

/* Pipes and sockets of the event loop are no disk. */
static bool is_disk(int fd)
{
    struct stat st;
    return active && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(type, name, parameters, arguments)                                                    \
    type name parameters                                                                           \
    {                                                                                              \
        return fault(#name) ? (type)-1 : REAL(name) arguments;                                     \
    }

#define WRAP_FD(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return is_disk(fd) && fault(#name) ? (type)-1 : REAL(name) arguments;                      \
    }

WRAP_FD(ssize_t, write, (int fd, const void *data, size_t len), (fd, data, len))
WRAP_FD(ssize_t, pwrite, (int fd, const void *data, size_t len, off_t at), (fd, data, len, at))
WRAP_FD(ssize_t, pwrite64, (int fd, const void *data, size_t len, off64_t at), (fd, data, len, at))
WRAP_FD(int, fsync, (int fd), (fd))
WRAP_FD(int, fdatasync, (int fd), (fd))
WRAP_FD(int, ftruncate, (int fd, off_t len), (fd, len))
WRAP_FD(int, ftruncate64, (int fd, off64_t len), (fd, len))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
/* What somebody does to a file who comes in between. */
static void come_between(int dir, const char *name)
{
    const char *what = getenv("FAULT_BETWEEN"), *which = getenv("FAULT_NAME");
    if (!active || !what || !which || strcmp(name, which) != 0) return;
    active = false;
    if (strcmp(what, "remove") == 0) {
        (void)REAL(unlinkat)(dir, name, 0);
    } else {
        const bool replaces = strcmp(what, "replace") == 0;
        const char *to = replaces ? "mine" : name;
        const int fd = REAL(openat)(dir, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (REAL(write)(fd, "mine", 4) != 4) abort();
        close(fd);
        if (replaces) (void)REAL(renameat)(dir, to, dir, name);
    }
    unsetenv("FAULT_BETWEEN");
    active = true;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    if (flags & RENAME_EXCHANGE) {
        come_between(b, to);
        if (active && getenv("FAULT_NO_EXCHANGE")) {
            errno = EINVAL;
            return -1;
        }
    }
    return fault("renameat2") ? -1 : REAL(renameat2)(a, from, b, to, flags);
}

WRAP(int, link, (const char *from, const char *to), (from, to))
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(ssize_t, copy_file_range,
     (int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags),
     (from, from_at, to, to_at, len, flags))

/* Opening counts when it may create. */
static bool creates(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

#define WRAP_OPEN(name, parameters, pass)                                                          \
    int name parameters                                                                            \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const mode_t mode = creates(flags) ? va_arg(args, mode_t) : 0;                             \
        va_end(args);                                                                              \
        return creates(flags) && fault(#name) ? -1 : REAL(name) pass;                              \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
WRAP_OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))

/* ---- leases ---- */

#define WRAP_FCNTL(name)                                                                           \
    int name(int fd, int what, ...)                                                                \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, what);                                                                      \
        void *const arg = va_arg(args, void *);                                                    \
        va_end(args);                                                                              \
        if (active && what == F_SETLEASE && getenv("FAULT_NO_LEASE")) {                            \
            errno = EAGAIN;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
        return REAL(name)(fd, what, arg);                                                          \
    }

WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

/* ---- the wall clock ---- */

static long clock_error_s(void)
{
    static const long TURNS[] = {0, 1, 0, -1};
    return clock_s ? clock_s * TURNS[looks++ % 4] : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    const int failed = REAL(clock_gettime)(id, out);
    if (failed == 0 && id == CLOCK_REALTIME) out->tv_sec += clock_error_s();
    return failed;
}

time_t time(time_t *out)
{
    const time_t now = REAL(time)(NULL) + clock_error_s();
    if (out) *out = now;
    return now;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    const int failed = REAL(gettimeofday)(out, zone);
    if (failed == 0) out->tv_sec += clock_error_s();
    return failed;
}
