// SPDX-License-Identifier: Apache-2.0
/* Resource limits of the worker process. */
#include "worker/limits.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SHADOW_MEMORY 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW_MEMORY 1
#endif
#ifndef HAS_SHADOW_MEMORY
#define HAS_SHADOW_MEMORY 0
#endif

/* Libraries, stacks, mapped inputs. */
#define ADDRESS_EXTRA_BYTES ((uint64_t)4 << 30)

static pare_err lower(int resource, rlim_t value, const char *name, pare_diag *diag)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0) return pare_fail_errno(diag, "getrlimit", name);
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) value = now.rlim_max;
    const struct rlimit wanted = {value, value};
    if (setrlimit(resource, &wanted) != 0) return pare_fail_errno(diag, "setrlimit", name);
    return PARE_OK;
}

/* What can be written to is the limit; the input, mapped to be read only, costs no memory that the
 * kernel could not take back, but may not fill the address space either. */
static pare_err limit_memory(const pare_worker_limits *limits, pare_diag *diag)
{
    const uint64_t most = UINT64_MAX / 4;
    const uint64_t memory = limits->memory_bytes < most ? limits->memory_bytes : most;
    PARE_TRY(lower(RLIMIT_DATA, memory, "memory", diag));
    return lower(RLIMIT_AS, 2 * memory + ADDRESS_EXTRA_BYTES, "address space", diag);
}

/* A result is made in memory and then written. Files in memory are nobody's address space: without
 * this a worker that a hostile image took over could fill the machine through its descriptor. */
static pare_err limit_result(const pare_worker_limits *limits, pare_diag *diag)
{
    const uint64_t most = INT64_MAX;
    signal(SIGXFSZ, SIG_IGN); /* an error of the call, not the end of the process */
    return lower(RLIMIT_FSIZE, limits->memory_bytes < most ? limits->memory_bytes : most, "result",
                 diag);
}

pare_err pare_worker_limits_apply(const pare_worker_limits *limits, pare_diag *diag)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return pare_fail_errno(diag, "prctl", "worker");
    /* Ctrl-C reaches the whole foreground group; the host decides when a worker ends. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    PARE_TRY(lower(RLIMIT_CORE, 0, "core", diag));
    if (limits->memory_bytes > 0 && !HAS_SHADOW_MEMORY) PARE_TRY(limit_memory(limits, diag));
    if (limits->memory_bytes > 0) PARE_TRY(limit_result(limits, diag));
    if (limits->nice > 0) {
        errno = 0;
        if (nice(limits->nice) == -1 && errno != 0) return pare_fail_errno(diag, "nice", "worker");
    }
    /* Missing on kernels before 5.9; the host marks its own descriptors close-on-exec anyway. */
    (void)close_range(4, ~0u, 0);
    return PARE_OK;
}
