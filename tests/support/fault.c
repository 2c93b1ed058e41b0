// SPDX-License-Identifier: Apache-2.0
/* Calls that change a disk, replaced for one test program: the definitions here come before those
 * of the C library when the program is linked. */
#include "support/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls, fault_at;
static int fault_cause;
static bool armed, fault_sticky, removal;

void fault_arm(long at, int cause, bool sticky)
{
    calls = 0;
    fault_at = at;
    fault_cause = cause;
    fault_sticky = sticky;
    removal = false;
    armed = true;
}

long fault_disarm(void)
{
    armed = false;
    return calls;
}

bool fault_hit_removal(void)
{
    return removal;
}

static bool fails(void)
{
    if (!armed) return false;
    calls++;
    if (fault_at == 0 || calls < fault_at || (calls > fault_at && !fault_sticky)) return false;
    if (fault_cause == FAULT_KILL) _exit(FAULT_EXIT_CODE);
    errno = fault_cause;
    return true;
}

static void (*before_exchange)(void *user);
static void *before_user;
static bool no_exchange;

void fault_before_exchange(void (*act)(void *user), void *user)
{
    before_exchange = act;
    before_user = user;
}

void fault_no_exchange(bool none)
{
    no_exchange = none;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    if (flags & RENAME_EXCHANGE) {
        void (*const act)(void *) = before_exchange;
        const bool was_armed = armed;
        before_exchange = NULL;
        armed = false;
        if (act) act(before_user);
        armed = was_armed;
        if (no_exchange) {
            errno = EINVAL;
            return -1;
        }
    }
    return fails() ? -1 : (int)syscall(SYS_renameat2, a, from, b, to, flags);
}

#define REPLACED(name, arguments, ...)                                                             \
    int name arguments;                                                                            \
    int name arguments                                                                             \
    {                                                                                              \
        return fails() ? -1 : (int)syscall(__VA_ARGS__);                                           \
    }

REPLACED(fsync, (int fd), SYS_fsync, fd)
REPLACED(fdatasync, (int fd), SYS_fdatasync, fd)
REPLACED(renameat, (int a, const char *from, int b, const char *to), SYS_renameat2, a, from, b, to,
         0)
REPLACED(linkat, (int a, const char *from, int b, const char *to, int flags), SYS_linkat, a, from,
         b, to, flags)
REPLACED(mkdirat, (int fd, const char *name, mode_t mode), SYS_mkdirat, fd, name, mode)

int unlinkat(int fd, const char *name, int flags)
{
    if (!fails()) return (int)syscall(SYS_unlinkat, fd, name, flags);
    removal = true;
    return -1;
}

ssize_t write(int fd, const void *data, size_t len)
{
    return fails() ? -1 : syscall(SYS_write, fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return fails() ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

int openat(int fd, const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails() ? -1 : (int)syscall(SYS_openat, fd, name, flags, mode);
}
