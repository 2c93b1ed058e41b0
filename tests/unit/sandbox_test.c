// SPDX-License-Identifier: Apache-2.0
/* Each case tries one forbidden thing after the door is closed, and must die of it. */
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/message.h"
#include "worker/sandbox.h"

static void try_open(void)
{
    (void)!open("/etc/passwd", O_RDONLY);
}
static void try_create(void)
{
    (void)!open("/tmp/pare-sandbox-test", O_CREAT | O_WRONLY, 0600);
}
static void try_socket(void)
{
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}
static void try_connect(void)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    (void)!connect(0, &address, sizeof address);
}
static void try_fork(void)
{
    if (fork() == 0) _exit(0);
}
static void try_exec(void)
{
    execl("/bin/true", "true", (char *)NULL);
}
static void try_ptrace(void)
{
    (void)!ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static void try_kill_parent(void)
{
    (void)!kill(getppid(), 0);
}
static void try_mmap_exec(void)
{
    (void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void try_mprotect_exec(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)!mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static void try_prctl(void)
{
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static void try_unlink(void)
{
    (void)!unlink("/tmp/pare-sandbox-test");
}

static const struct {
    const char *label;
    void (*attempt)(void);
} FORBIDDEN[] = {
    {"open a file", try_open},
    {"create a file", try_create},
    {"make a socket", try_socket},
    {"connect", try_connect},
    {"fork", try_fork},
    {"execute a program", try_exec},
    {"ptrace", try_ptrace},
    {"signal another process", try_kill_parent},
    {"map executable memory", try_mmap_exec},
    {"make memory executable", try_mprotect_exec},
    {"change the process", try_prctl},
    {"remove a file", try_unlink},
};

/* The signal that ended a child which closed the door and made one attempt; 0 when it lived. */
static int signal_after(void (*attempt)(void))
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (!(pare_sandbox_enter() & PARE_SANDBOX_SECCOMP)) _exit(3);
        attempt();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) test_skip("the kernel has no seccomp");
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(every_forbidden_thing_is_deadly)
{
#ifdef PARE_SANITIZED
    test_skip("a sanitizer's runtime needs more calls");
#endif
    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof *FORBIDDEN; i++) {
        printf("# %s\n", FORBIDDEN[i].label);
        CHECK_INT(signal_after(FORBIDDEN[i].attempt), ==, SIGSYS);
    }
}

static void try_ordinary_work(void)
{
    char byte = 0;
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    int pipe_fds[2] = {3, 4};
    void *memory = malloc(64u << 20);
    if (memory) memset(memory, 1, 64u << 20);
    free(memory);
    (void)!read(pipe_fds[0], &byte, 0);
    (void)!write(1, "", 0);
}

TEST(ordinary_work_goes_on)
{
#ifdef PARE_SANITIZED
    test_skip("a sanitizer's runtime needs more calls");
#endif
    CHECK_INT(signal_after(try_ordinary_work), ==, 0);
}

RUN(every_forbidden_thing_is_deadly, ordinary_work_goes_on)
