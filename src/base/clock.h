// SPDX-License-Identifier: Apache-2.0
/* Time that only moves forward. */
#ifndef PARE_BASE_CLOCK_H
#define PARE_BASE_CLOCK_H

#include <stdint.h>

uint64_t pare_clock_us(void);
/* CPU time of this process in all threads. */
uint64_t pare_clock_cpu_us(void);

#endif /* PARE_BASE_CLOCK_H */
