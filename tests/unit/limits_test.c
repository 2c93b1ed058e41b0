// SPDX-License-Identifier: Apache-2.0
/* What a worker that somebody took over can still use up: each in a process of its own, since none
 * of it can be raised again. */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/limits.h"

enum { LIMIT_BYTES = 64 << 20 };

/* The exit status of attempt(fd), a file in memory, under the limits. */
static int in_a_worker(int (*attempt)(int fd))
{
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        const pare_worker_limits limits = {.memory_bytes = LIMIT_BYTES};
        const int fd = memfd_create("result", 0);
        /* descriptors behind the socket are closed by the limits */
        if (fd < 0 || dup2(fd, 3) != 3) _exit(100);
        if (pare_worker_limits_apply(&limits, NULL) != PARE_OK) _exit(101);
        _exit(attempt(3));
    }
    CHECK_INT(waitpid(pid, &status, 0), ==, pid);
    CHECK_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int write_inside(int fd)
{
    return pwrite(fd, "x", 1, LIMIT_BYTES - 1) == 1 ? 0 : 1;
}

static int write_beyond(int fd)
{
    if (pwrite(fd, "x", 1, LIMIT_BYTES) != -1) return 1;
    return errno == EFBIG ? 0 : 2;
}

static int grow_beyond(int fd)
{
    if (ftruncate(fd, (off_t)LIMIT_BYTES + 1) != -1) return 1;
    return errno == EFBIG ? 0 : 2;
}

static int grow_inside(int fd)
{
    return ftruncate(fd, LIMIT_BYTES) == 0 ? 0 : 1;
}

TEST(a_result_within_the_memory_of_a_worker_can_be_written)
{
    CHECK_INT(in_a_worker(write_inside), ==, 0);
    CHECK_INT(in_a_worker(grow_inside), ==, 0);
}

TEST(a_worker_cannot_fill_the_machine_through_its_result)
{
    CHECK_INT(in_a_worker(write_beyond), ==, 0);
    CHECK_INT(in_a_worker(grow_beyond), ==, 0);
}

RUN(a_result_within_the_memory_of_a_worker_can_be_written,
    a_worker_cannot_fill_the_machine_through_its_result)
