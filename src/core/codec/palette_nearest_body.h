// SPDX-License-Identifier: Apache-2.0
/* Source of palette_nearest, included once by every variant. Must be built with
 * -ffp-contract=off, so that every variant rounds alike. */
#ifndef PARE_CORE_PALETTE_NEAREST_BODY_H
#define PARE_CORE_PALETTE_NEAREST_BODY_H

#include <stdint.h>
#include <string.h>

#include "core/codec/palette_nearest.h"

typedef float lanes __attribute__((vector_size(32)));
typedef int32_t lanes_int __attribute__((vector_size(32)));

static inline __attribute__((always_inline)) lanes all(float value)
{
    return (lanes){value, value, value, value, value, value, value, value};
}

/* Floats that are not negative are ordered as their bits are. The lowest eight bits of a distance
 * give way to the index, so that one minimum finds both. */
static inline __attribute__((always_inline)) unsigned
find_along(const pare_palette_places *places, const float place[PARE_PALETTE_AXES], int axes)
{
    const lanes here[PARE_PALETTE_AXES] = {all(place[0]), all(place[1]), all(place[2]),
                                           all(place[3])};
    lanes_int index = {0, 1, 2, 3, 4, 5, 6, 7};
    lanes_int best = index - index + INT32_MAX;
    for (unsigned i = 0; i < places->count; i += PARE_PALETTE_LANES) {
        lanes sum = {0};
        for (int axis = 0; axis < axes; axis++) {
            lanes there;
            memcpy(&there, &places->at[axis][i], sizeof there);
            const lanes step = there - here[axis];
            sum += step * step;
        }
        const lanes_int key = ((lanes_int)sum & ~255) | index;
        const lanes_int is_nearer = key < best;
        best = (key & is_nearer) | (best & ~is_nearer);
        index += PARE_PALETTE_LANES;
    }
    int32_t least = best[0];
    for (int lane = 1; lane < PARE_PALETTE_LANES; lane++)
        if (best[lane] < least) least = best[lane];
    return (unsigned)least & 255;
}

static inline __attribute__((always_inline)) unsigned
find_nearest(const pare_palette_places *places, const float place[PARE_PALETTE_AXES])
{
    return places->is_opaque ? find_along(places, place, PARE_PALETTE_AXES - 1)
                             : find_along(places, place, PARE_PALETTE_AXES);
}

#endif /* PARE_CORE_PALETTE_NEAREST_BODY_H */
