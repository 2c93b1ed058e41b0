// SPDX-License-Identifier: Apache-2.0
/* Bands on x86-64 processors with AVX2 and BMI2; called only where both are there. */
#include <immintrin.h>

#include "core/codec/jpeg_check_band_body.h"

enum { STEP = 16 }; /* numbers at once */

/* Two sets of sixteen numbers, the first number of each uppermost; a in the upper half. Only the
 * sign of each lane counts. */
static PARE_ALWAYS_INLINE uint32_t two_sets(__m256i a, __m256i b)
{
    const __m256i reverse = _mm256_broadcastsi128_si256(
        _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0x8d);
    return (uint32_t)_mm256_movemask_epi8(_mm256_shuffle_epi8(both, reverse));
}

/* Those of sixteen numbers that stand in the band. */
static PARE_ALWAYS_INLINE __m256i in_band(const uint8_t *positions, const pare_jpeg_band *band)
{
    const __m256i at = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)positions));
    const __m256i before = _mm256_set1_epi16((int16_t)(band->ss - 1));
    const __m256i behind = _mm256_set1_epi16((int16_t)(band->se + 1));
    return _mm256_and_si256(_mm256_cmpgt_epi16(at, before), _mm256_cmpgt_epi16(behind, at));
}

static PARE_ALWAYS_INLINE sets look(const expected *want, const pare_jpeg_band *band, extent how)
{
    const __m128i al = _mm_cvtsi32_si128((int)band->al);
    const __m256i one = _mm256_set1_epi16(1);
    uint64_t fresh = 0, old = 0, negative = 0, bits_of = 0;
    /* number i stands behind i others: none beyond `se` is in the band */
    const unsigned se = (unsigned)band->se;
    const unsigned count = how.is_whole || want->count < se ? want->count : se;
    for (unsigned i = 0; i < count; i += STEP) {
        const __m256i value = _mm256_loadu_si256((const __m256i *)(want->values + i));
        const __m256i magnitude = _mm256_srl_epi16(_mm256_abs_epi16(value), al);
        const unsigned up = 48 - i;
        __m256i is_old = _mm256_cmpgt_epi16(magnitude, one);
        __m256i is_fresh = how.is_refining ? _mm256_cmpeq_epi16(magnitude, one)
                                           : _mm256_cmpgt_epi16(magnitude, _mm256_setzero_si256());
        if (!how.is_whole) {
            const __m256i in = in_band(want->positions + i, band);
            is_old = _mm256_and_si256(is_old, in);
            is_fresh = _mm256_and_si256(is_fresh, in);
        }
        const uint32_t kinds = two_sets(is_old, is_fresh);
        fresh |= (uint64_t)(kinds & 0xffff) << up;
        if (!how.is_refining) continue;
        const uint32_t facts = two_sets(_mm256_slli_epi16(magnitude, 15), value);
        old |= (uint64_t)(kinds >> 16) << up;
        negative |= (uint64_t)(facts & 0xffff) << up;
        bits_of |= (uint64_t)(facts >> 16) << up;
    }
    const uint64_t there = ~(~UINT64_C(0) >> want->count);
    fresh &= there;
    old &= there;
    const unsigned corrected = (unsigned)__builtin_popcountll(old);
    return (sets){fresh, old, negative, _pext_u64(bits_of, old) << 1 << (63 - corrected)};
}

bool pare_jpeg_band_says_avx2(const pare_jpeg_band *band, bits *b)
{
    return says_band(band, b);
}
