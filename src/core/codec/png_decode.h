// SPDX-License-Identifier: Apache-2.0
/* PNG bytes to pixels. */
#ifndef PARE_CORE_PNG_DECODE_H
#define PARE_CORE_PNG_DECODE_H

#include "core/codec/codec.h"

/* As pare_codec.decode. Palettes and gray below 8 bits are expanded; a file that gives its colours
 * by gAMA, cHRM or cICP gets an ICC profile that says the same, unless they are those of sRGB. */
PARE_NODISCARD pare_err pare_png_decode(pare_bytes file, const pare_limits *limits, pare_image *out,
                                        pare_diag *diag);

/* As pare_codec.decode_header. */
PARE_NODISCARD pare_err pare_png_decode_header(pare_bytes file, const pare_limits *limits,
                                               pare_image *out, pare_diag *diag);

/* As pare_codec.decode_rows. PARE_SKIP_UNSUPPORTED_VARIANT: rows of interlaced files do not come in
 * order. */
PARE_NODISCARD pare_err pare_png_decode_rows(pare_bytes file, const pare_limits *limits,
                                             const pare_row_sink *sink, pare_diag *diag);

/* As pare_codec.salvage; rows of an interlaced file only once the last pass reached them. */
PARE_NODISCARD pare_err pare_png_salvage(pare_bytes file, const pare_limits *limits,
                                         pare_salvaged *out, pare_diag *diag);

#endif /* PARE_CORE_PNG_DECODE_H */
