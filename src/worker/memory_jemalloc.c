// SPDX-License-Identifier: Apache-2.0
/* jemalloc: https://jemalloc.net/jemalloc.3.html, "arena.<i>.purge". */
#include <stddef.h>

#include <jemalloc/jemalloc.h>

#include "worker/memory.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* What is given back must not count against the limit of the process any more: jemalloc would keep
 * the addresses of freed memory. */
extern const char *malloc_conf;
__attribute__((visibility("default"))) const char *malloc_conf = "retain:false";

void pare_worker_memory_purge(void)
{
    (void)mallctl("arena." TEXT(MALLCTL_ARENAS_ALL) ".purge", NULL, NULL, NULL, 0);
}
