// SPDX-License-Identifier: Apache-2.0
/* Runs a fuzz target without an engine: every file of the given folders as it is, cut at many
 * places, and with repeatable mutations. A test program that speaks TAP. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { CUTS = 40, MUTATIONS = 60, FILE_CAP = 1 << 20, HEADER_LEN = 256 };

static uint64_t next_random(uint64_t *state) /* xorshift64* */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

/* An exact-size copy, so that a read past the end is seen by the sanitizers. */
static void feed(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy) abort();
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void torture(uint8_t *data, size_t len)
{
    uint64_t random = 0x9e3779b97f4a7c15u ^ len;
    feed(data, len);
    for (size_t i = 1; i <= CUTS; i++)
        feed(data, len * i / (CUTS + 1));
    for (int i = 0; i < MUTATIONS && len > 0; i++) {
        /* Half of the changes go to the front, where headers are. */
        const size_t range = i % 2 && len > HEADER_LEN ? HEADER_LEN : len;
        const size_t at = next_random(&random) % range;
        const uint8_t kept = data[at];
        data[at] = (uint8_t)next_random(&random);
        feed(data, len);
        data[at] = kept;
    }
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(FILE_CAP);
    if (!file || !data) abort();
    const size_t len = fread(data, 1, FILE_CAP, file);
    fclose(file);
    torture(data, len);
    free(data);
}

static long replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    long count = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_MAX];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) continue;
        replay_file(path);
        count++;
    }
    if (dir) closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    long count = 0;
    printf("1..1\n");
    fflush(stdout);
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    printf("# %ld seeds\n%s 1 - seeds, cuts and mutations break no promise\n", count,
           count > 0 ? "ok" : "not ok");
    return count > 0 ? 0 : 1;
}
