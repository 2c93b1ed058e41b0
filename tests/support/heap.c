// SPDX-License-Identifier: Apache-2.0
/* The allocator of the C library (glibc), counted: the definitions here come before its own when
 * the program is linked. */
#include "support/heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Atomic size_t held, peak, marked;

static void *add(void *block)
{
    const size_t len = malloc_usable_size(block);
    const size_t now = atomic_fetch_add(&held, len) + len;
    size_t most = atomic_load(&peak);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
    return block;
}

static void drop(void *block)
{
    atomic_fetch_sub(&held, malloc_usable_size(block));
}

void heap_mark(void)
{
    atomic_store(&marked, atomic_load(&held));
    atomic_store(&peak, atomic_load(&held));
}

size_t heap_peak(void)
{
    return atomic_load(&peak) - atomic_load(&marked);
}

void *malloc(size_t len)
{
    return add(__libc_malloc(len));
}

void *calloc(size_t count, size_t len)
{
    return add(__libc_calloc(count, len));
}

/* As if it copied: the old block is held until the new one is there. */
void *realloc(void *block, size_t len)
{
    const size_t old = malloc_usable_size(block);
    void *made = __libc_realloc(block, len);
    if (!made && len > 0) return NULL;
    add(made);
    atomic_fetch_sub(&held, old);
    return made;
}

void free(void *block)
{
    drop(block);
    __libc_free(block);
}

void *memalign(size_t step, size_t len)
{
    return add(__libc_memalign(step, len));
}

void *aligned_alloc(size_t step, size_t len)
{
    return memalign(step, len);
}

int posix_memalign(void **out, size_t step, size_t len)
{
    *out = memalign(step, len);
    return *out ? 0 : ENOMEM;
}
