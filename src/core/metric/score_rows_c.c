// SPDX-License-Identifier: Apache-2.0
/* Row loops for any processor, and the choice between the variants. */
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "core/metric/score_rows_body.h"

#include "base/cpu.h"

const pare_rows_table pare_rows_c = PARE_ROWS_TABLE("c");

const pare_rows_table *pare_rows_pick(unsigned cpu_flags)
{
#if defined(__x86_64__)
    if (cpu_flags & PARE_CPU_AVX2) return &pare_rows_avx2;
#endif
    (void)cpu_flags;
    return &pare_rows_c;
}
