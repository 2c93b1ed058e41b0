// SPDX-License-Identifier: Apache-2.0
/* The JPEG encoder as a session: coefficients are read or made once, then each attempt only
 * quantizes and writes. See pare_codec in core/codec/codec.h for the contract of the functions. */
#ifndef PARE_CORE_JPEG_ENCODER_H
#define PARE_CORE_JPEG_ENCODER_H

#include "core/codec/codec.h"

/* With source->original, coefficients come from there and pixels are not looked at; lossless needs
 * it. Without, source->image (without alpha) is transformed.
 *
 * Errors of open: PARE_SKIP_UNSUPPORTED_VARIANT (12 bit, lossless JPEG, coefficients out of
 * range), PARE_ERR_CORRUPT, PARE_ERR_TRUNCATED, PARE_ERR_TOO_LARGE, PARE_ERR_INVALID (lossless
 * from pixels, alpha, an edge beyond 65535), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_encoder_open(const pare_source *source,
                                               const pare_encode_params *params, pare_encoder **out,
                                               pare_diag *diag);

/* Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a metadata block does not fit into JPEG),
 * PARE_ERR_INVALID (quality), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_encoder_try(pare_encoder *encoder, double quality, pare_buf *out,
                                              pare_diag *diag);

/* One scan with all numbers. Errors as above. */
PARE_NODISCARD pare_err pare_jpeg_encoder_draft(pare_encoder *encoder, double quality,
                                                pare_buf *out, pare_diag *diag);

/* As pare_codec.encoder_check; after a try at another quality the numbers are made again. */
PARE_NODISCARD pare_err pare_jpeg_encoder_check(pare_encoder *encoder, double quality,
                                                pare_bytes file, pare_diag *diag);

/* As pare_codec.salvage: the coefficients that are there, written anew. */
PARE_NODISCARD pare_err pare_jpeg_salvage(pare_bytes file, const pare_limits *limits,
                                          pare_salvaged *out, pare_diag *diag);

/* As pare_codec.encoder_rung. */
int pare_jpeg_encoder_rung(const pare_encode_params *params);

void pare_jpeg_encoder_close(pare_encoder **encoder);

#endif /* PARE_CORE_JPEG_ENCODER_H */
