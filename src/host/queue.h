// SPDX-License-Identifier: Apache-2.0
/* Tasks that wait for a worker: the most expensive one that fits the memory budget comes first.
 *
 * A task that does not fit is passed by smaller ones only a bounded number of times; then all wait
 * for it. Items are borrowed. One thread. */
#ifndef PARE_HOST_QUEUE_H
#define PARE_HOST_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PARE_QUEUE_PASS_CAP 16 /* how often one item may be passed because it does not fit */

typedef struct pare_queue_item {
    int priority; /* higher first */
    float cost;   /* larger first among equals */
    uint64_t id;  /* smaller first among equals; unique */
    uint64_t memory_bytes;
    void *user;
} pare_queue_item;

typedef struct pare_queue {
    pare_queue_item *items; /* owned, a binary heap */
    size_t count, cap;
    uint32_t passed; /* how often the first item was passed */
} pare_queue;

/* A zeroed queue is empty. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_queue_push(pare_queue *queue, const pare_queue_item *item);

/* Take out the best item of at most room_bytes. False: none fits (or all wait for the first). */
bool pare_queue_pop(pare_queue *queue, uint64_t room_bytes, pare_queue_item *out);

/* The item that comes first when memory does not matter; NULL when empty. */
const pare_queue_item *pare_queue_first(const pare_queue *queue);

void pare_queue_deinit(pare_queue *queue);

#endif /* PARE_HOST_QUEUE_H */
