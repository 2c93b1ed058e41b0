// SPDX-License-Identifier: Apache-2.0
/* Row loops for x86-64 processors with AVX2 and FMA; called only where both are there. */
#include <immintrin.h>

#include "core/metric/score_rows_body.h"

const pare_rows_table pare_rows_avx2 = PARE_ROWS_TABLE("avx2");
