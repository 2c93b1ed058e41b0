// SPDX-License-Identifier: Apache-2.0
/* Ways through a segment on x86-64 processors with AVX2; called only where it is there. */
#include <immintrin.h>

#include "core/codec/deflate_sweep_body.h"

struct short_prices {
    __m128i low[2], high[2]; /* bytes of the prices of distances 0 to 15 and 16 to 31 */
    __m256i lens;            /* prices of lengths, with the key of each */
    __m256i costs;           /* of the ways behind each length, as keys: memory is slow to give
                                back together what was just written one by one */
};

static ALWAYS_INLINE void short_begin(short_prices *p, const pare_deflate_prices *prices,
                                      const uint32_t *costs)
{
    uint8_t low[32], high[32];
    uint32_t lens[PARE_DEFLATE_SHORTS];
    for (unsigned i = 0; i < 32; i++) {
        const uint32_t price = i < PARE_DEFLATE_DISTS ? prices->dists[i] : NO_PRICE;
        low[i] = (uint8_t)price;
        high[i] = (uint8_t)(price >> 8);
    }
    for (unsigned i = 0; i < PARE_DEFLATE_SHORTS; i++)
        lens[i] = prices->lens[PARE_DEFLATE_MIN_LEN + i] << KEY_BITS | i;
    for (int i = 0; i < 2; i++) {
        p->low[i] = _mm_loadu_si128((const __m128i *)low + i);
        p->high[i] = _mm_loadu_si128((const __m128i *)high + i);
    }
    p->lens = _mm256_loadu_si256((const __m256i *)lens);
    costs += PARE_DEFLATE_MIN_LEN;
    p->costs = _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)costs), KEY_BITS);
}

static ALWAYS_INLINE __m256i dist_prices(const short_prices *p, const uint8_t *entries)
{
    const __m128i loaded = _mm_loadl_epi64((const __m128i *)entries);
    const __m128i s = _mm_and_si128(loaded, _mm_set1_epi8(PARE_DEFLATE_NO_DIST));
    const __m128i is_far = _mm_slli_epi16(s, 3); /* bit 4 of each goes up to bit 7 */
    const __m128i low =
        _mm_blendv_epi8(_mm_shuffle_epi8(p->low[0], s), _mm_shuffle_epi8(p->low[1], s), is_far);
    const __m128i high =
        _mm_blendv_epi8(_mm_shuffle_epi8(p->high[0], s), _mm_shuffle_epi8(p->high[1], s), is_far);
    return _mm256_cvtepu16_epi32(_mm_unpacklo_epi8(low, high));
}

static ALWAYS_INLINE uint32_t short_least(const short_prices *p, const uint8_t *entries,
                                          const uint32_t *costs)
{
    (void)costs;
    const __m256i prices =
        _mm256_add_epi32(_mm256_slli_epi32(dist_prices(p, entries), KEY_BITS), p->lens);
    const __m256i keys = _mm256_add_epi32(prices, p->costs);
    __m128i least = _mm_min_epu32(_mm256_castsi256_si128(keys), _mm256_extracti128_si256(keys, 1));
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0x4e));
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(least);
}

static ALWAYS_INLINE void short_step(short_prices *p, uint32_t cost)
{
    const __m256i up = _mm256_set_epi32(6, 5, 4, 3, 2, 1, 0, 0);
    const __m256i moved = _mm256_permutevar8x32_epi32(p->costs, up);
    const __m256i first = _mm256_castsi128_si256(_mm_cvtsi32_si128((int)(cost << KEY_BITS)));
    p->costs = _mm256_blend_epi32(moved, first, 1);
}

void pare_deflate_sweep_avx2(pare_deflate_ways *ways, const pare_deflate_sweep *sweep)
{
    short_prices shorts;
    sweep_part(ways, sweep, &shorts);
}
