// SPDX-License-Identifier: Apache-2.0
/* no_new_privs, resource limits, Landlock without a path, and a seccomp list of allowed calls. */
#include "worker/sandbox.h"

#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/message.h"

static bool limit(int resource, rlim_t value)
{
    const struct rlimit rlimit = {value, value};
    return setrlimit((__rlimit_resource_t)resource, &rlimit) == 0;
}

/* RLIMIT_NPROC counts the processes of the user, not of the worker: 0 only stops new ones. */
static bool set_limits(void)
{
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_MSGQUEUE, 0);
}

/* A ruleset that handles every right and grants none, anywhere. The kernel tells which rights it
 * knows; asking for more is refused, so the mask follows its version (landlock(7)). */
static bool deny_paths(void)
{
    static const uint64_t RIGHTS[] = {
        0, (1u << 13) - 1, (1u << 14) - 1, (1u << 15) - 1, /* versions 1, 2, 3 */
    };
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return false;
    const struct landlock_ruleset_attr attr = {
        .handled_access_fs = RIGHTS[version > 3 ? 3 : version],
    };
    const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0) return false;
    const bool held = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return held;
}

/* What decoding, encoding and talking over the open socket need. Waiting, writing and memory; no
 * call here takes a path, an address of a peer, or another process. */
static const int ALLOWED[] = {
    SCMP_SYS(read),          SCMP_SYS(write),           SCMP_SYS(readv),
    SCMP_SYS(writev),        SCMP_SYS(pread64),         SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),         SCMP_SYS(close),           SCMP_SYS(fstat),
    SCMP_SYS(ftruncate),     SCMP_SYS(fsync),           SCMP_SYS(fdatasync),
    SCMP_SYS(recvmsg),       SCMP_SYS(sendmsg),         SCMP_SYS(recvfrom),
    SCMP_SYS(poll),          SCMP_SYS(ppoll),           SCMP_SYS(munmap),
    SCMP_SYS(mremap),        SCMP_SYS(madvise),         SCMP_SYS(brk),
    SCMP_SYS(futex),         SCMP_SYS(sched_yield),     SCMP_SYS(sched_getaffinity),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),     SCMP_SYS(getrandom),       SCMP_SYS(getpid),
    SCMP_SYS(gettid),        SCMP_SYS(rt_sigreturn),    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),    SCMP_SYS(fadvise64),       SCMP_SYS(sysinfo),
};

static int allow_calls(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof ALLOWED / sizeof *ALLOWED; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, ALLOWED[i], 0);
    }
    /* Memory, but never executable. */
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
    /* Large pages or small ones. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_THP_DISABLE));
    /* abort() signals its own process; nobody else may be reached. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    /* fstat() of newer C libraries is newfstatat() with an empty path and this flag. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                               SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000)); /* AT_EMPTY_PATH */
    return failed;
}

static bool filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return false;
    const bool held = allow_calls(filter) == 0 && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return held;
}

uint32_t pare_sandbox_enter(void)
{
#ifdef PARE_SANITIZED
    return 0;
#endif
    uint32_t layers = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) layers |= PARE_SANDBOX_NO_NEW_PRIVS;
    if (deny_paths()) layers |= PARE_SANDBOX_LANDLOCK;
    if (set_limits()) layers |= PARE_SANDBOX_RLIMITS;
    if (filter_calls()) layers |= PARE_SANDBOX_SECCOMP; /* last: the others need calls it forbids */
    return layers;
}
