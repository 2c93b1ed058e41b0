// SPDX-License-Identifier: Apache-2.0
/* The TAP harness. */
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_SKIPPED = 77, DIR_CAP = 128, KEPT_CAP = 1024 };

static int failures; /* of the test that runs in this process */
static char dir_paths[DIR_CAP][64];
static int dir_count;
static void *kept[KEPT_CAP];
static int kept_count;

void test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    const char *base = strrchr(file, '/');
    printf("# %s:%d: ", base ? base + 1 : file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    failures++;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_DP) chmod(path, 0700);
    return remove(path);
}

static int open_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_D || type == FTW_DNR) chmod(path, 0700);
    return 0;
}

static void clean_up(void)
{
    for (int i = 0; i < dir_count; i++) {
        nftw(dir_paths[i], open_entry, 16, FTW_PHYS); /* read-only folders of a test */
        nftw(dir_paths[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    for (int i = 0; i < kept_count; i++)
        free(kept[i]);
    dir_count = kept_count = 0;
}

_Noreturn void test_skip(const char *reason)
{
    printf("# skipped: %s\n", reason);
    clean_up();
    exit(EXIT_SKIPPED);
}

void test_must(const char *file, int line, const char *expression, pare_err err)
{
    if (err == PARE_OK) return;
    test_fail(file, line, "%s: have %s, want ok; the test ends here", expression,
              pare_err_name(err));
    clean_up();
    exit(EXIT_FAILED);
}

static int run_one(const test_case *one)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child < 0) return EXIT_FAILED;
    if (child == 0) {
        const char *scale = getenv("TEST_TIME_SCALE"); /* sanitizers and valgrind are slow */
        alarm(TEST_SECONDS * (unsigned)(scale ? atoi(scale) : 1));
        one->run();
        clean_up();
        exit(failures ? EXIT_FAILED : 0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) < 0) return EXIT_FAILED;
    if (WIFSIGNALED(status)) {
        printf("# %s: ended by signal %d (%s)\n", one->name, WTERMSIG(status),
               strsignal(WTERMSIG(status)));
        return EXIT_FAILED;
    }
    return WEXITSTATUS(status);
}

int test_main(const test_case *cases, size_t count, const char *only)
{
    int bad = 0;
    printf("1..%zu\n", only ? (size_t)1 : count);
    for (size_t i = 0; i < count; i++) {
        if (only && strcmp(only, cases[i].name) != 0) continue;
        const int code = run_one(&cases[i]);
        if (code != 0 && code != EXIT_SKIPPED) bad++;
        printf("%s %zu - %s%s\n", code == 0 || code == EXIT_SKIPPED ? "ok" : "not ok", i + 1,
               cases[i].name, code == EXIT_SKIPPED ? " # SKIP" : "");
    }
    return bad ? EXIT_FAILED : 0;
}

static void *keep(void *memory)
{
    if (!memory || kept_count == KEPT_CAP) {
        test_fail(__FILE__, __LINE__, "out of memory");
        exit(EXIT_FAILED);
    }
    kept[kept_count++] = memory;
    return memory;
}

int test_dir(void)
{
    char *path = dir_paths[dir_count];
    snprintf(path, sizeof dir_paths[0], "/tmp/pare-test-XXXXXX");
    if (dir_count == DIR_CAP - 1 || !mkdtemp(path)) {
        test_fail(__FILE__, __LINE__, "cannot make a scratch folder");
        exit(EXIT_FAILED);
    }
    dir_count++;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

const char *test_dir_path(void)
{
    return dir_count ? dir_paths[dir_count - 1] : NULL;
}

void test_put_bytes(int dir_fd, const char *name, const void *data, size_t len)
{
    const int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
        test_fail(__FILE__, __LINE__, "cannot write %s", name);
        exit(EXIT_FAILED);
    }
    close(fd);
}

void test_put(int dir_fd, const char *name, const char *text)
{
    test_put_bytes(dir_fd, name, text, strlen(text));
}

void *test_get_bytes(int dir_fd, const char *name, size_t *len)
{
    const int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat st;
    fstat(fd, &st);
    char *data = keep(malloc((size_t)st.st_size + 1));
    *len = 0;
    for (ssize_t got = 1; got > 0 && *len < (size_t)st.st_size; *len += (size_t)got) {
        got = read(fd, data + *len, (size_t)st.st_size - *len);
        if (got < 0) break;
    }
    data[*len] = '\0';
    close(fd);
    return data;
}

char *test_get(int dir_fd, const char *name)
{
    size_t len;
    return test_get_bytes(dir_fd, name, &len);
}

int test_count(int dir_fd)
{
    const int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fdopendir(fd);
    int count = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    if (dir) closedir(dir);
    return count;
}

uint64_t test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}
