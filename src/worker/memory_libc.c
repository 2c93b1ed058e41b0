// SPDX-License-Identifier: Apache-2.0
/* The allocator of the C library. */
#include <malloc.h>

#include "worker/memory.h"

void pare_worker_memory_keep(bool keep)
{
    (void)keep;
}

void pare_worker_memory_purge(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
