// SPDX-License-Identifier: Apache-2.0
/* CPU features, for tables of functions: C first, faster variants on top. */
#ifndef PARE_BASE_CPU_H
#define PARE_BASE_CPU_H

enum { PARE_CPU_AVX2 = 1 << 0, PARE_CPU_NEON = 1 << 1 };

/* Bits of PARE_CPU_*. The environment variable PARE_CPU=c turns all variants off. */
unsigned pare_cpu_flags(void);

#endif /* PARE_BASE_CPU_H */
