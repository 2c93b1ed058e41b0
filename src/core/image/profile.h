// SPDX-License-Identifier: Apache-2.0
/* ICC profiles without a colour engine: the name in one, and small ones for files that describe
 * their colours by numbers (PNG gAMA and cHRM, code points of ITU-T H.273). */
#ifndef PARE_CORE_PROFILE_H
#define PARE_CORE_PROFILE_H

#include <stdbool.h>

#include "base/buf.h"

/* Colours by CIE 1931 xy, and how values become light. */
typedef struct pare_colorimetry {
    double white[2], red[2], green[2], blue[2];
    double gamma; /* > 0: light = value ^ gamma; 0: the curve of sRGB */
    bool is_gray; /* only white and the curve count */
} pare_colorimetry;

/* sRGB (IEC 61966-2-1). */
pare_colorimetry pare_colorimetry_srgb(void);

/* True when nobody would see the difference to sRGB: gamma within 0.05 of 2.2, points within
 * 0.002. */
bool pare_colorimetry_is_srgb(const pare_colorimetry *colors);

/* Code points of ITU-T H.273. False when they are unknown to us; HDR curves (PQ, HLG) are. */
bool pare_colorimetry_from_cicp(unsigned primaries, unsigned transfer, pare_colorimetry *out);

/* An ICC v4 matrix (or gray) profile called `name` (ASCII) into the empty *out. Errors:
 * PARE_ERR_INVALID (the points span no colours), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_profile_build(const pare_colorimetry *colors, const char *name,
                                           pare_buf *out);

/* The description in a profile, other than printable ASCII as '?'; "" when there is none. */
void pare_profile_describe(pare_bytes icc, char out[64]);

#endif /* PARE_CORE_PROFILE_H */
