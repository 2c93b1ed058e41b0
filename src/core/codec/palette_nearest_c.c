// SPDX-License-Identifier: Apache-2.0
/* Nearest places on any processor, and the choice between the variants. */
#include "core/codec/palette_nearest_body.h"

#include "base/cpu.h"

#define FAR_AWAY 1e9f

unsigned pare_palette_nearest_c(const pare_palette_places *places,
                                const float place[PARE_PALETTE_AXES])
{
    return find_nearest(places, place);
}

pare_palette_nearest_fn pare_palette_nearest_pick(unsigned cpu_flags)
{
#if defined(__x86_64__)
    if (cpu_flags & PARE_CPU_AVX2) return pare_palette_nearest_avx2;
#endif
    (void)cpu_flags;
    return pare_palette_nearest_c;
}

void pare_palette_places_pad(pare_palette_places *places)
{
    for (unsigned i = places->count; i % PARE_PALETTE_LANES != 0; i++) {
        for (int axis = 0; axis < PARE_PALETTE_AXES; axis++)
            places->at[axis][i] = FAR_AWAY;
    }
}
