// SPDX-License-Identifier: Apache-2.0
/* What the worker keeps of freed memory between small images stays within a bound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "worker/memory.h"

enum { BLOCKS = 100, BLOCK_BYTES = 1 << 20 };

/* Bytes of this process in memory. */
static size_t resident(void)
{
    size_t kib = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    CHECK_TRUE(file != NULL);
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %zu", &kib) == 1) break;
    if (file) fclose(file);
    return kib * 1024;
}

static void use_and_free(void)
{
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK_TRUE(blocks[i] != NULL);
        memset(blocks[i], i, BLOCK_BYTES);
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

TEST(kept_memory_is_bounded)
{
    pare_worker_memory_freed(PARE_FREED_STAYS);
    const size_t before = resident();
    use_and_free();
    CHECK_INT((resident() - before) / BLOCK_BYTES, >, 50); /* else nothing is shown here */
    pare_worker_memory_trim((size_t)200 * BLOCK_BYTES);
    CHECK_INT((resident() - before) / BLOCK_BYTES, >, 50);
    pare_worker_memory_trim((size_t)10 * BLOCK_BYTES);
    CHECK_INT((resident() - before) / BLOCK_BYTES, <, 20);
}

/* Bytes of the process in memory after touching one byte of each 64 KB of 32 MB. */
static size_t resident_after_sparse_touch(bool huge)
{
    const size_t len = (size_t)32 << 20;
    pare_worker_memory_huge(huge);
    const size_t before = resident();
    volatile char *block = malloc(len);
    CHECK_TRUE(block != NULL);
    for (size_t i = 0; block && i < len; i += 64 << 10)
        block[i] = 1;
    const size_t after = resident();
    free((void *)block);
    return after - before;
}

static bool kernel_has_large_pages(void)
{
    char text[64] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file && !fgets(text, sizeof text, file)) text[0] = 0;
    if (file) fclose(file);
    return text[0] && !strstr(text, "[never]");
}

TEST(large_pages_come_when_they_are_asked_for_and_only_then)
{
    if (!kernel_has_large_pages()) test_skip("the kernel has no large pages");
    CHECK_INT(resident_after_sparse_touch(false) >> 20, <, 8);
    CHECK_INT(resident_after_sparse_touch(true) >> 20, >, 20);
    CHECK_INT(resident_after_sparse_touch(false) >> 20, <, 8);
}

RUN(kept_memory_is_bounded, large_pages_come_when_they_are_asked_for_and_only_then)
