// SPDX-License-Identifier: Apache-2.0
/* Pauses that grow, with chance in them. */
#include "host/retry.h"

#define FIRST_PAUSE_US UINT64_C(100000)

bool pare_retry_is_transient(pare_err err)
{
    return err == PARE_ERR_IO || err == PARE_ERR_NO_SPACE;
}

uint64_t pare_retry_pause_us(int retries, uint64_t random)
{
    const int step = retries < PARE_RETRIES_CAP ? retries : PARE_RETRIES_CAP - 1;
    const uint64_t mean_us = FIRST_PAUSE_US << (2 * step);
    return mean_us / 2 + random % mean_us;
}
