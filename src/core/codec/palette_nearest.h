// SPDX-License-Identifier: Apache-2.0
/* The nearest of up to 256 places: the inner loop of making palettes and of using them. Variants
 * for processors are the same source built for other instructions, and give the same answers. */
#ifndef PARE_CORE_PALETTE_NEAREST_H
#define PARE_CORE_PALETTE_NEAREST_H

#include <stdbool.h>

#include "core/codec/palette_space.h"

enum { PARE_PALETTE_LANES = 8, PARE_PALETTE_MAX = 256 };

/* Places by axis, so that eight are compared at a time. */
typedef struct pare_palette_places {
    float at[PARE_PALETTE_AXES][PARE_PALETTE_MAX];
    unsigned count; /* 1 to 256 */
    bool is_opaque; /* all, and what is looked for: the last axis tells nothing apart */
} pare_palette_places;

/* Call when count has changed: fills up the last group of lanes with what is far from all. */
void pare_palette_places_pad(pare_palette_places *places);

static inline float pare_palette_distance(const pare_palette_places *places, unsigned index,
                                          const float place[PARE_PALETTE_AXES])
{
    float sum = 0;
    for (int axis = 0; axis < PARE_PALETTE_AXES; axis++) {
        const float step = places->at[axis][index] - place[axis];
        sum += step * step;
    }
    return sum;
}

/* Index of a nearest place, the first of those that are equally near to one part in 2^15. */
typedef unsigned (*pare_palette_nearest_fn)(const pare_palette_places *places,
                                            const float place[PARE_PALETTE_AXES]);

unsigned pare_palette_nearest_c(const pare_palette_places *places,
                                const float place[PARE_PALETTE_AXES]);
#if defined(__x86_64__)
unsigned pare_palette_nearest_avx2(const pare_palette_places *places,
                                   const float place[PARE_PALETTE_AXES]);
#endif

/* The fastest variant for PARE_CPU_* flags. */
pare_palette_nearest_fn pare_palette_nearest_pick(unsigned cpu_flags);

#endif /* PARE_CORE_PALETTE_NEAREST_H */
