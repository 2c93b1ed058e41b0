// SPDX-License-Identifier: Apache-2.0
/* Reads one scan of a band of AC numbers and compares it with those that it should hold (ITU-T
 * T.81, G.1.2.2 and G.1.2.3). Most of what a strict reader does is here, so there are variants for
 * instruction sets; each is the same source (jpeg_check_band_body.h). */
#ifndef PARE_CORE_JPEG_CHECK_BAND_H
#define PARE_CORE_JPEG_CHECK_BAND_H

#include "core/codec/jpeg_check_bits.h"

/* A scan of one component that begins behind DC. */
typedef struct pare_jpeg_band {
    const pare_jpeg_blocks *blocks;
    const pare_jpeg_codes *codes;
    int ss, se;
    unsigned al;
    bool is_refining; /* ah is al + 1: a later scan of the band */
} pare_jpeg_band;

/* Do the bits say the numbers of the band? *b: where they begin; then what is behind them. */
typedef bool (*pare_jpeg_band_fn)(const pare_jpeg_band *band, bits *b);

bool pare_jpeg_band_says_c(const pare_jpeg_band *band, bits *b);
#if defined(__x86_64__)
bool pare_jpeg_band_says_avx2(const pare_jpeg_band *band, bits *b);
#endif

/* The fastest variant for PARE_CPU_* flags. */
pare_jpeg_band_fn pare_jpeg_band_pick(unsigned cpu_flags);

#endif /* PARE_CORE_JPEG_CHECK_BAND_H */
