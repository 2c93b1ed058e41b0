// SPDX-License-Identifier: Apache-2.0
/* soak SECONDS FOLDER: batches again and again in one process, while workers are killed and stopped
 * at random, memory is short and the disk is slow (tools/soak preloads the shim for that).
 *
 * A round makes a folder of images, has it optimized in place under trouble, checks that every file
 * is old or new, has the rest done without trouble, undoes everything, and checks that every byte
 * is as it was and nothing else is there. Over all rounds memory and descriptors must stay flat.
 * Prints a line a round; ends with 1 at the first broken promise. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pare/batch.h>

#include "base/clock.h"
#include "data/make_image.h"

enum { FILES = 26, PATH_CAP = 512, WARM_ROUNDS = 5, UNDO_MOST = 4, PIDS_CAP = 64 };

typedef enum trouble { CALM, KILLS, STALLS, LITTLE_MEMORY, EVERYTHING, TROUBLES } trouble;

static const char *const NAMES[] = {"calm", "kills", "stalls", "little memory", "everything"};

typedef struct original {
    char name[32];
    pare_buf bytes;
} original;

/* What troubles a run, in a thread of its own. */
typedef struct gremlin {
    pthread_t thread;
    atomic_bool ends;
    trouble kind;
    uint64_t random;
    pare_batch *batch; /* to be cancelled; NULL: not */
    unsigned long kills, stalls;
} gremlin;

typedef struct soak {
    char photos[PATH_CAP], kept[PATH_CAP], ledger[PATH_CAP];
    original originals[FILES];
    unsigned long rounds, results, failed, restarts, kills, stalls, gave_up;
    uint64_t random;
    long first_rss_kib, most_rss_kib, fds;
} soak;

#define BROKEN(...)                                                                                \
    do {                                                                                           \
        printf("broken: " __VA_ARGS__);                                                            \
        printf("\n");                                                                              \
        exit(1);                                                                                   \
    } while (0)

static uint64_t next_random(uint64_t *state) /* xorshift64* */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u >> 11;
}

static void path_of(char *out, const char *folder, const char *name)
{
    if (snprintf(out, PATH_CAP, "%s/%s", folder, name) >= PATH_CAP) BROKEN("a path is too long");
}

static void make_originals(soak *s)
{
    for (unsigned i = 0; i < FILES; i++) {
        original *o = &s->originals[i];
        const bool large = i == FILES - 1; /* more than little memory can score */
        pare_image image = test_make((test_picture)(i % 2 ? i / 2 % 3 : i / 2 % 4),
                                     large ? 1800 : 90 + 11 * i, large ? 1400 : 70 + 13 * i);
        if (i % 2) {
            snprintf(o->name, sizeof o->name, "photo%02u.jpg", i);
            o->bytes = test_write_jpeg(&image, &(test_jpeg_options){.quality = 96});
        } else {
            snprintf(o->name, sizeof o->name, "drawn%02u.png", i);
            o->bytes = test_write_png(&image, &(test_png_options){0});
        }
        if (i == 3) o->bytes.len /= 2; /* one is always broken */
        pare_image_deinit(&image);
    }
}

static void put_originals(const soak *s)
{
    for (unsigned i = 0; i < FILES; i++) {
        char path[PATH_CAP];
        path_of(path, s->photos, s->originals[i].name);
        FILE *file = fopen(path, "wb");
        const pare_buf *bytes = &s->originals[i].bytes;
        if (!file || fwrite(bytes->data, 1, bytes->len, file) != bytes->len || fclose(file) != 0) {
            BROKEN("cannot write %s", path);
        }
    }
}

/* Length of the file; *same: it holds the original bytes. */
static size_t look_at(const soak *s, const original *o, bool *same)
{
    char path[PATH_CAP];
    path_of(path, s->photos, o->name);
    FILE *file = fopen(path, "rb");
    if (!file) BROKEN("%s is lost", path);
    uint8_t *data = malloc(o->bytes.len + 1);
    if (!data) BROKEN("no memory");
    const size_t len = fread(data, 1, o->bytes.len + 1, file);
    *same = len == o->bytes.len && memcmp(data, o->bytes.data, len) == 0;
    free(data);
    fclose(file);
    return len;
}

static unsigned count_entries(const char *folder)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    if (dir) closedir(dir);
    return count;
}

/* Every file is the original or a smaller image that can be read; nothing else lies there. */
static void check_files(const soak *s, bool all_old, bool may_leave_temporary)
{
    for (unsigned i = 0; i < FILES; i++) {
        bool same;
        const original *o = &s->originals[i];
        const size_t len = look_at(s, o, &same);
        if (same) continue;
        if (all_old) BROKEN("%s did not come back", o->name);
        if (len == 0 || len >= o->bytes.len) BROKEN("%s has %zu bytes", o->name, len);
        char path[PATH_CAP];
        pare_info info;
        path_of(path, s->photos, o->name);
        if (pare_file_info(path, NULL, &info, NULL) != PARE_OK) BROKEN("%s is damaged", path);
    }
    const unsigned count = count_entries(s->photos);
    if (count != FILES && !may_leave_temporary) BROKEN("%u files instead of %d", count, FILES);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_CAP];
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        path_of(path, folder, entry->d_name);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            remove_folder(path);
        } else {
            unlink(path);
        }
    }
    if (dir) closedir(dir);
    rmdir(folder);
}

/* Child processes of this one. Source: proc(5), /proc/pid/task/tid/children. */
static unsigned find_workers(long *pids)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *file = fopen(path, "r");
    while (file && count < PIDS_CAP && fscanf(file, "%ld", &pids[count]) == 1)
        count++;
    if (file) fclose(file);
    return count;
}

/* Whether a child is a worker yet. Before execve it is still this program, and stopped there it
 * would stop its parent too, which waits for execve inside uv_spawn. */
static bool runs_program(long pid)
{
    char path[32], own[PATH_CAP], its[PATH_CAP];
    snprintf(path, sizeof path, "/proc/%ld/exe", pid);
    const ssize_t own_size = readlink("/proc/self/exe", own, sizeof own);
    const ssize_t its_size = readlink(path, its, sizeof its);
    return its_size > 0 && (its_size != own_size || memcmp(own, its, (size_t)its_size) != 0);
}

static void pause_ms(uint64_t ms)
{
    const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

static void *make_trouble(void *user)
{
    gremlin *g = user;
    while (!atomic_load(&g->ends)) {
        long pids[PIDS_CAP];
        pause_ms(20 + next_random(&g->random) % 400);
        const unsigned count = find_workers(pids);
        if (count == 0 || atomic_load(&g->ends)) continue;
        const bool stops =
            g->kind == STALLS || (g->kind == EVERYTHING && next_random(&g->random) % 3 == 0);
        const long pid = pids[next_random(&g->random) % count];
        if (stops && !runs_program(pid)) continue;
        if (kill((pid_t)pid, stops ? SIGSTOP : SIGKILL) != 0) continue;
        *(stops ? &g->stalls : &g->kills) += 1;
        if (stops) pause_ms(next_random(&g->random) % 4000);
        if (g->batch && next_random(&g->random) % 8 == 0) pare_batch_cancel(g->batch);
    }
    return NULL;
}

static void count_result(void *user, const pare_file_result *result)
{
    soak *s = user;
    s->results++;
    s->failed += result->outcome == PARE_OUTCOME_FAILED;
}

/* One run over the folder; the number of files that failed. */
static uint64_t run_batch(soak *s, trouble kind)
{
    pare_batch_options options;
    pare_batch *batch = NULL;
    pare_diag diag = {0};
    pare_progress summary;
    pare_batch_options_init(&options);
    options.output_mode = PARE_OUTPUT_IN_PLACE;
    options.backup_dir = s->kept;
    options.ledger_path = s->ledger;
    options.jobs = 2;
    options.timeout_ms = kind == STALLS || kind == EVERYTHING ? 4000 : 300000;
    if (kind == LITTLE_MEMORY || kind == EVERYTHING) options.memory_bytes = 64u << 20;
    options.on_result = count_result;
    options.user = s;
    pare_err err = pare_batch_create(&options, &batch, &diag);
    if (err == PARE_OK) err = pare_batch_add(batch, s->photos, &diag);
    if (err != PARE_OK) BROKEN("no batch: %s", diag.text);

    gremlin g = {.kind = kind, .random = s->random};
    const bool troubled = kind == KILLS || kind == STALLS || kind == EVERYTHING;
    if (kind == EVERYTHING) g.batch = batch;
    if (troubled && pthread_create(&g.thread, NULL, make_trouble, &g) != 0) BROKEN("no thread");
    err = pare_batch_run(batch, &diag);
    atomic_store(&g.ends, true);
    if (troubled) pthread_join(g.thread, NULL);
    (void)next_random(&s->random);
    s->kills += g.kills;
    s->stalls += g.stalls;
    /* Workers that are stopped before they say hello, again and again, end a run: cleanly. */
    if (err == PARE_ERR_IO && troubled) {
        s->gave_up++;
    } else if (err != PARE_OK && err != PARE_ERR_CANCELLED) {
        BROKEN("the run ended: %s", diag.text);
    }
    pare_batch_summary(batch, &summary);
    s->restarts += summary.worker_restarts;
    pare_batch_destroy(&batch);
    return summary.failed;
}

static void ignore_result(void *user, const pare_file_result *result)
{
    (void)user, (void)result;
}

static long read_rss_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1) BROKEN("no statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void one_round(soak *s)
{
    const trouble kind = (trouble)(s->rounds % TROUBLES);
    const uint64_t start_us = pare_clock_us();
    if (mkdir(s->photos, 0755) != 0) BROKEN("cannot make %s: %s", s->photos, strerror(errno));
    put_originals(s);
    (void)run_batch(s, kind);
    check_files(s, false, kind == EVERYTHING);
    const uint64_t failed = run_batch(s, CALM);
    if (failed != 1) BROKEN("%llu files failed without trouble", (unsigned long long)failed);
    check_files(s, false, false);
    for (int i = 0; i < UNDO_MOST; i++)
        (void)!pare_undo(s->ledger, 0, ignore_result, NULL, NULL);
    check_files(s, true, false);
    remove_folder(s->photos);
    remove_folder(s->kept);
    const long rss = read_rss_kib(), fds = count_entries("/proc/self/fd");
    s->rounds++;
    if (s->rounds <= WARM_ROUNDS)
        s->first_rss_kib = rss > s->first_rss_kib ? rss : s->first_rss_kib;
    if (rss > s->most_rss_kib) s->most_rss_kib = rss;
    if (s->rounds == 1) s->fds = fds;
    printf("round %lu %s: %.1f s, memory %ld KiB, descriptors %ld\n", s->rounds, NAMES[kind],
           (double)(pare_clock_us() - start_us) / 1e6, rss, fds);
    fflush(stdout);
    if (fds != s->fds) BROKEN("%ld descriptors, %ld after the first round", fds, s->fds);
    if (rss > s->first_rss_kib + 16 * 1024) BROKEN("memory grew from %ld KiB", s->first_rss_kib);
}

int main(int argc, char **argv)
{
    static soak s = {.random = 0x9e3779b97f4a7c15u};
    const long seconds = argc == 3 ? atol(argv[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: soak SECONDS FOLDER\n");
        return 2;
    }
    path_of(s.photos, argv[2], "photos");
    path_of(s.kept, argv[2], "kept");
    path_of(s.ledger, argv[2], "ledger.db");
    remove_folder(s.photos); /* of a run that broke off */
    remove_folder(s.kept);
    make_originals(&s);
    const uint64_t start_us = pare_clock_us();
    while ((pare_clock_us() - start_us) / 1000000 < (uint64_t)seconds)
        one_round(&s);
    printf(
        "flat: %lu rounds, %lu results (%lu failed), %lu workers killed, %lu stopped, %lu "
        "replaced, "
        "%lu runs ended for want of workers; memory %ld KiB after %d rounds, %ld KiB at most; %ld "
        "descriptors\n",
        s.rounds, s.results, s.failed, s.kills, s.stalls, s.restarts, s.gave_up, s.first_rss_kib,
        WARM_ROUNDS, s.most_rss_kib, s.fds);
    for (unsigned i = 0; i < FILES; i++)
        pare_buf_deinit(&s.originals[i].bytes);
    return 0;
}
