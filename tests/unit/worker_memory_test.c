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
    pare_worker_memory_keep(true);
    const size_t before = resident();
    use_and_free();
    CHECK_INT((resident() - before) / BLOCK_BYTES, >, 50); /* else nothing is shown here */
    pare_worker_memory_trim((size_t)200 * BLOCK_BYTES);
    CHECK_INT((resident() - before) / BLOCK_BYTES, >, 50);
    pare_worker_memory_trim((size_t)10 * BLOCK_BYTES);
    CHECK_INT((resident() - before) / BLOCK_BYTES, <, 20);
}

RUN(kept_memory_is_bounded)
