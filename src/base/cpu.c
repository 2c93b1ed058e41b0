// SPDX-License-Identifier: Apache-2.0
/* CPU features. */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

unsigned pare_cpu_flags(void)
{
    const char *wanted = getenv("PARE_CPU");
    if (wanted && strcmp(wanted, "c") == 0) return 0;
    unsigned flags = 0;
#if defined(__x86_64__)
    /* what came with it: BMI2, and with that LZCNT and POPCNT */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
        flags |= PARE_CPU_AVX2;
    }
#elif defined(__aarch64__)
    flags |= PARE_CPU_NEON;
#endif
    return flags;
}
