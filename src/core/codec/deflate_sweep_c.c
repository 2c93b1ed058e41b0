// SPDX-License-Identifier: Apache-2.0
/* Ways through a segment on any processor, and the choice between the variants. */
#include "core/codec/deflate_sweep_body.h"

#include "base/cpu.h"

struct short_prices {
    uint32_t dists[PARE_DEFLATE_NO_DIST + 1], lens[PARE_DEFLATE_SHORTS];
};

static void short_begin(short_prices *p, const pare_deflate_prices *prices, const uint32_t *costs)
{
    (void)costs;
    for (unsigned i = 0; i <= PARE_DEFLATE_NO_DIST; i++)
        p->dists[i] = i < PARE_DEFLATE_DISTS ? prices->dists[i] : NO_PRICE;
    memcpy(p->lens, prices->lens + PARE_DEFLATE_MIN_LEN, sizeof p->lens);
}

static ALWAYS_INLINE uint32_t short_least(const short_prices *p, const uint8_t *entries,
                                          const uint32_t *costs)
{
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < PARE_DEFLATE_SHORTS; i++) {
        const uint32_t key =
            (p->dists[entries[i] & PARE_DEFLATE_NO_DIST] + p->lens[i] + costs[i]) << KEY_BITS | i;
        if (key < least) least = key;
    }
    return least;
}

static ALWAYS_INLINE void short_step(short_prices *p, uint32_t cost)
{
    (void)p;
    (void)cost;
}

void pare_deflate_sweep_c(pare_deflate_ways *ways, const pare_deflate_sweep *sweep)
{
    short_prices shorts;
    sweep_part(ways, sweep, &shorts);
}

pare_deflate_sweep_fn pare_deflate_sweep_pick(unsigned cpu_flags)
{
#if defined(__x86_64__)
    if (cpu_flags & PARE_CPU_AVX2) return pare_deflate_sweep_avx2;
#endif
    (void)cpu_flags;
    return pare_deflate_sweep_c;
}
