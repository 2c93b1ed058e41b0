// SPDX-License-Identifier: Apache-2.0
/* A binary heap; what does not fit is looked past in it, at most a few hundred items. */
#include "host/queue.h"

#include <stdlib.h>

#include "base/checked.h"

static bool before(const pare_queue_item *a, const pare_queue_item *b)
{
    if (a->priority != b->priority) return a->priority > b->priority;
    if (a->cost > b->cost || a->cost < b->cost) return a->cost > b->cost;
    return a->id < b->id;
}

static void swap(pare_queue *q, size_t a, size_t b)
{
    const pare_queue_item item = q->items[a];
    q->items[a] = q->items[b];
    q->items[b] = item;
}

static void rise(pare_queue *q, size_t at)
{
    for (; at > 0 && before(&q->items[at], &q->items[(at - 1) / 2]); at = (at - 1) / 2) {
        swap(q, at, (at - 1) / 2);
    }
}

static void sink(pare_queue *q, size_t at)
{
    for (;;) {
        size_t best = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < q->count; child++) {
            if (before(&q->items[child], &q->items[best])) best = child;
        }
        if (best == at) return;
        swap(q, at, best);
        at = best;
    }
}

pare_err pare_queue_push(pare_queue *q, const pare_queue_item *item)
{
    if (q->count == q->cap) {
        size_t cap, bytes;
        if (!pare_add_size(q->cap + q->cap / 2, 32, &cap) ||
            !pare_mul_size(cap, sizeof *q->items, &bytes)) {
            return PARE_ERR_NO_MEMORY;
        }
        pare_queue_item *const items = realloc(q->items, bytes);
        if (!items) return PARE_ERR_NO_MEMORY;
        q->items = items;
        q->cap = cap;
    }
    if (q->count == 0 || before(item, &q->items[0])) q->passed = 0; /* another one is first now */
    q->items[q->count++] = *item;
    rise(q, q->count - 1);
    return PARE_OK;
}

static void take(pare_queue *q, size_t at, pare_queue_item *out)
{
    *out = q->items[at];
    if (--q->count == at) return;
    q->items[at] = q->items[q->count];
    rise(q, at);
    sink(q, at);
}

bool pare_queue_pop(pare_queue *q, uint64_t room_bytes, pare_queue_item *out)
{
    if (q->count == 0) return false;
    if (q->items[0].memory_bytes <= room_bytes) {
        q->passed = 0;
        take(q, 0, out);
        return true;
    }
    if (q->passed >= PARE_QUEUE_PASS_CAP) return false;
    size_t best = 0;
    for (size_t i = 1; i < q->count; i++) {
        if (q->items[i].memory_bytes > room_bytes) continue;
        if (best == 0 || before(&q->items[i], &q->items[best])) best = i;
    }
    if (best == 0) return false;
    q->passed++;
    take(q, best, out);
    return true;
}

const pare_queue_item *pare_queue_first(const pare_queue *q)
{
    return q->count > 0 ? &q->items[0] : NULL;
}

void pare_queue_deinit(pare_queue *q)
{
    free(q->items);
    *q = (pare_queue){0};
}
