// SPDX-License-Identifier: Apache-2.0
/* Time that only moves forward. */
#include "base/clock.h"

#include <time.h>

static uint64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t pare_clock_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t pare_clock_cpu_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}
