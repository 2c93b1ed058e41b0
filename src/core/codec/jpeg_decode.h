// SPDX-License-Identifier: Apache-2.0
/* JPEG bytes to pixels. */
#ifndef PARE_CORE_JPEG_DECODE_H
#define PARE_CORE_JPEG_DECODE_H

#include "core/codec/codec.h"

/* As pare_codec.decode; limits->shrink is honoured. */
PARE_NODISCARD pare_err pare_jpeg_decode(pare_bytes file, const pare_limits *limits,
                                         pare_image *out, pare_diag *diag);

/* As pare_codec.decode_header. */
PARE_NODISCARD pare_err pare_jpeg_decode_header(pare_bytes file, const pare_limits *limits,
                                                pare_image *out, pare_diag *diag);

/* As pare_codec.decode_rows. Errors: those of decoding; PARE_SKIP_UNSUPPORTED_VARIANT (CMYK). */
PARE_NODISCARD pare_err pare_jpeg_decode_rows(pare_bytes file, const pare_limits *limits,
                                              const pare_row_sink *sink, pare_diag *diag);

#endif /* PARE_CORE_JPEG_DECODE_H */
