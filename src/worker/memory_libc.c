// SPDX-License-Identifier: Apache-2.0
/* The allocator of the C library. */
#include <malloc.h>

#include "worker/memory.h"

void pare_worker_memory_freed(pare_worker_freed what)
{
    (void)what;
}

/* Not for the C library to choose while it runs. */
void pare_worker_memory_huge(bool huge)
{
    (void)huge;
}

void pare_worker_memory_purge(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* It gives back by itself what is free at the end of its heap, and large blocks at once. */
void pare_worker_memory_trim(size_t most_bytes)
{
    (void)most_bytes;
}
