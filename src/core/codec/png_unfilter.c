// SPDX-License-Identifier: Apache-2.0
/* A pixel is what came out for its neighbours plus what is in the file, so a row is one long chain;
 * the channels of a pixel are computed side by side. */
#include "core/codec/png_unfilter.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/attr.h"

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

#ifdef __SSE2__ /* every x86-64 */

/* Four bytes as 16-bit numbers; of a pixel of three the last does not count. */
static PARE_ALWAYS_INLINE __m128i load(const uint8_t *from)
{
    int bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm_unpacklo_epi8(_mm_cvtsi32_si128(bytes), _mm_setzero_si128());
}

static PARE_ALWAYS_INLINE void store(uint8_t *to, __m128i value)
{
    const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(value, value));
    memcpy(to, &bytes, sizeof bytes);
}

static PARE_ALWAYS_INLINE __m128i absolute(__m128i value)
{
    return _mm_max_epi16(value, _mm_sub_epi16(_mm_setzero_si128(), value));
}

static PARE_ALWAYS_INLINE __m128i choose(__m128i condition, __m128i yes, __m128i no)
{
    return _mm_or_si128(_mm_and_si128(condition, yes), _mm_andnot_si128(condition, no));
}

/* a is the pixel to the left, b the one above, c the one above to the left. */
static PARE_ALWAYS_INLINE __m128i predict(__m128i a, __m128i b, __m128i c)
{
    const __m128i to_a = _mm_sub_epi16(b, c), to_b = _mm_sub_epi16(a, c);
    const __m128i gap_a = absolute(to_a), gap_b = absolute(to_b);
    const __m128i gap_c = absolute(_mm_add_epi16(to_a, to_b));
    const __m128i least = _mm_min_epi16(gap_c, _mm_min_epi16(gap_a, gap_b));
    const __m128i b_or_c = choose(_mm_cmpeq_epi16(least, gap_b), b, c);
    return choose(_mm_cmpeq_epi16(least, gap_a), a, b_or_c);
}

static PARE_ALWAYS_INLINE void undo_pixels(unsigned filter, size_t pixel_len, const uint8_t *before,
                                           const uint8_t *from, size_t len, uint8_t *to)
{
    __m128i left = _mm_setzero_si128(), above_left = left;
    for (size_t i = 0; i < len; i += pixel_len) {
        __m128i guess = left;
        if (filter == FILTER_AVERAGE) {
            guess = _mm_srli_epi16(_mm_add_epi16(left, load(before + i)), 1);
        } else if (filter == FILTER_PAETH) {
            const __m128i above = load(before + i);
            guess = predict(left, above, above_left);
            above_left = above;
        }
        left = _mm_add_epi8(load(from + i), guess); /* the upper halves are zero */
        store(to + i, left);
    }
}

/* Compiled for each filter. */
static PARE_ALWAYS_INLINE void undo_wide(unsigned filter, size_t pixel_len, const uint8_t *before,
                                         const uint8_t *from, size_t len, uint8_t *to)
{
    if (filter == FILTER_SUB) {
        undo_pixels(FILTER_SUB, pixel_len, before, from, len, to);
    } else if (filter == FILTER_AVERAGE) {
        undo_pixels(FILTER_AVERAGE, pixel_len, before, from, len, to);
    } else {
        undo_pixels(FILTER_PAETH, pixel_len, before, from, len, to);
    }
}

#endif

/* A byte at a time. */
static void undo_bytes(unsigned filter, size_t pixel_len, const uint8_t *before,
                       const uint8_t *from, size_t len, uint8_t *to)
{
    for (size_t i = 0; i < len; i++) {
        const int a = i < pixel_len ? 0 : to[i - pixel_len], b = before[i];
        const int c = i < pixel_len ? 0 : before[i - pixel_len];
        int guess = a;
        if (filter == FILTER_AVERAGE) guess = (a + b) >> 1;
        if (filter == FILTER_PAETH) {
            const int to_a = b - c, to_b = a - c, to_c = to_a + to_b;
            const int gap_a = to_a < 0 ? -to_a : to_a, gap_b = to_b < 0 ? -to_b : to_b;
            const int gap_c = to_c < 0 ? -to_c : to_c;
            guess = gap_a <= gap_b && gap_a <= gap_c ? a : gap_b <= gap_c ? b : c;
        }
        to[i] = (uint8_t)(from[i] + guess);
    }
}

static void undo_chain(unsigned filter, size_t pixel_len, const uint8_t *before,
                       const uint8_t *from, size_t len, uint8_t *to)
{
#ifdef __SSE2__
    if (pixel_len == 3) {
        undo_wide(filter, 3, before, from, len, to);
        return;
    }
    if (pixel_len == 4) {
        undo_wide(filter, 4, before, from, len, to);
        return;
    }
#endif
    undo_bytes(filter, pixel_len, before, from, len, to);
}

/* By hand: a compiler has to expect that from and to overlap in the other direction. */
static void undo_up(const uint8_t *before, const uint8_t *from, size_t len, uint8_t *to)
{
    typedef uint8_t lanes __attribute__((vector_size(16)));
    size_t i = 0;
    for (; i + sizeof(lanes) <= len; i += sizeof(lanes)) {
        lanes a, b;
        memcpy(&a, from + i, sizeof a);
        memcpy(&b, before + i, sizeof b);
        a += b;
        memcpy(to + i, &a, sizeof a);
    }
    for (; i < len; i++)
        to[i] = (uint8_t)(from[i] + before[i]);
}

bool pare_png_unfilter(unsigned filter, size_t pixel_len, const uint8_t *before,
                       const uint8_t *from, size_t len, uint8_t *to)
{
    if (filter > FILTER_PAETH) return false;
    if (filter == FILTER_NONE) {
        memmove(to, from, len);
    } else if (filter == FILTER_UP) {
        undo_up(before, from, len, to);
    } else {
        undo_chain(filter, pixel_len, before, from, len, to);
    }
    return true;
}
