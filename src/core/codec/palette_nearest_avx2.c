// SPDX-License-Identifier: Apache-2.0
/* Nearest places on x86-64 processors with AVX2; called only where it is there. */
#include "core/codec/palette_nearest_body.h"

unsigned pare_palette_nearest_avx2(const pare_palette_places *places,
                                   const float place[PARE_PALETTE_AXES])
{
    return find_nearest(places, place);
}
