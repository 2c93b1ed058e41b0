// SPDX-License-Identifier: Apache-2.0
/* When something that failed is tried again. Pure: chance comes from the caller. */
#ifndef PARE_HOST_RETRY_H
#define PARE_HOST_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <pare/error.h>

/* Tries after the first one. */
#define PARE_RETRIES_CAP 3

/* May it be over by itself in a moment? Of the disk only: PARE_ERR_IO and PARE_ERR_NO_SPACE. What
 * the image, the rights or the settings decide comes out the same each time. */
bool pare_retry_is_transient(pare_err err);

/* What to wait before the next try, in microseconds: about 100 ms after the first one, then four
 * times as long each time, give or take half, so that tasks do not come back all at once.
 *
 *   retries  those that were, 0..PARE_RETRIES_CAP - 1; more count as the last
 *   random   any number, a new one for each call */
uint64_t pare_retry_pause_us(int retries, uint64_t random);

#endif /* PARE_HOST_RETRY_H */
