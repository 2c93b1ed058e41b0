// SPDX-License-Identifier: Apache-2.0
/* jemalloc: https://jemalloc.net/jemalloc.3.html, "arena.<i>.purge", "arena.<i>.dirty_decay_ms",
 * "stats.arenas.<i>.pdirty". */
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/types.h>

#include <jemalloc/jemalloc.h>

#include "worker/memory.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* What is given back must not count against the limit of the process any more: jemalloc would keep
 * the addresses of freed memory. The compressors of PNG, 9 MB each, are below what jemalloc gives
 * back at once. Every mapping asks for large pages; whether it gets them is the process's to say.
 */
extern const char *malloc_conf;
__attribute__((visibility("default"))) const char *malloc_conf =
    "retain:false,oversize_threshold:16777216,thp:always";

/* The first arena is that of the thread that works; encoders' threads come with large images only.
 */
void pare_worker_memory_freed(pare_worker_freed what)
{
    static const ssize_t DECAY_MS[] = {
        [PARE_FREED_GOES_SOON] = 10000, [PARE_FREED_STAYS] = -1, [PARE_FREED_GOES] = 0};
    ssize_t decay_ms = DECAY_MS[what];
    (void)mallctl("arena.0.dirty_decay_ms", NULL, NULL, &decay_ms, sizeof decay_ms);
}

/* prctl(2), PR_SET_THP_DISABLE: heeded by each page fault. */
void pare_worker_memory_huge(bool huge)
{
    (void)prctl(PR_SET_THP_DISABLE, !huge, 0, 0, 0);
}

void pare_worker_memory_purge(void)
{
    (void)mallctl("arena." TEXT(MALLCTL_ARENAS_ALL) ".purge", NULL, NULL, NULL, 0);
}

void pare_worker_memory_trim(size_t most_bytes)
{
    uint64_t epoch = 1; /* numbers are those of the last change of the epoch */
    size_t pages = 0, page_bytes = 0, len = sizeof pages;
    (void)mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
    if (mallctl("stats.arenas.0.pdirty", &pages, &len, NULL, 0) != 0 ||
        mallctl("arenas.page", &page_bytes, &len, NULL, 0) != 0 ||
        pages * page_bytes > most_bytes) {
        pare_worker_memory_purge();
    }
}
