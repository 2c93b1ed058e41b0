// SPDX-License-Identifier: Apache-2.0
/* PNG to pixels. */
#ifndef PARE_CORE_PNG_DECODE_H
#define PARE_CORE_PNG_DECODE_H

#include "core/codec/codec.h"

/* See pare_codec.decode. Palettes become RGB, gray below 8 bits becomes 8 bits, transparent colours
 * become alpha. */
pare_err pare_png_decode(pare_bytes file, const pare_limits *limits, pare_image *out,
                         pare_diag *diag);

#endif /* PARE_CORE_PNG_DECODE_H */
