// SPDX-License-Identifier: Apache-2.0
/* Bands on any processor, and the choice between the variants. */
#include "core/codec/jpeg_check_band_body.h"

#include "base/cpu.h"

static PARE_ALWAYS_INLINE sets look(const expected *want, const pare_jpeg_band *band, extent how)
{
    sets out = {0};
    unsigned corrected = 0;
    for (unsigned i = 0; i < want->count; i++) {
        const int value = want->values[i], position = want->positions[i], sign = value >> 31;
        const int magnitude = ((value ^ sign) - sign) >> band->al;
        const bool is_in = how.is_whole || (position >= band->ss && position <= band->se);
        const bool is_old = is_in && how.is_refining && magnitude > 1;
        const bool is_fresh = is_in && (how.is_refining ? magnitude == 1 : magnitude > 0);
        out.fresh |= (uint64_t)is_fresh << (63 - i);
        if (!how.is_refining) continue;
        out.old |= (uint64_t)is_old << (63 - i);
        out.negative |= (uint64_t)(sign & 1) << (63 - i);
        out.next_bits |= (uint64_t)(is_old & magnitude) << (63 - corrected);
        corrected += is_old;
    }
    return out;
}

bool pare_jpeg_band_says_c(const pare_jpeg_band *band, bits *b)
{
    return says_band(band, b);
}

pare_jpeg_band_fn pare_jpeg_band_pick(unsigned cpu_flags)
{
#if defined(__x86_64__)
    if (cpu_flags & PARE_CPU_AVX2) return pare_jpeg_band_says_avx2;
#endif
    (void)cpu_flags;
    return pare_jpeg_band_says_c;
}
