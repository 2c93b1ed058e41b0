// SPDX-License-Identifier: Apache-2.0
/* The encoder session of PNG; see encoder_open and its companions in codec.h.
 *
 * Needs source->image, gray or RGB; source->original only lends the order of its palette. Lossless
 * means every visible pixel: the colour of fully transparent pixels may change. A lossy try takes a
 * palette of at most 256 colours, or the lossless file where that is smaller or the palette would
 * be far from the quality. */
#ifndef PARE_CORE_CODEC_PNG_ENCODER_H
#define PARE_CORE_CODEC_PNG_ENCODER_H

#include "core/codec/codec.h"

/* Errors: PARE_ERR_INVALID (no pixels, CMYK), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_encoder_open(const pare_source *source,
                                              const pare_encode_params *params, pare_encoder **out,
                                              pare_diag *diag);
/* Errors: PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE, PARE_ERR_CODEC. */
PARE_NODISCARD pare_err pare_png_encoder_try(pare_encoder *encoder, double quality, pare_buf *out,
                                             pare_diag *diag);
void pare_png_encoder_close(pare_encoder **encoder);

#endif /* PARE_CORE_CODEC_PNG_ENCODER_H */
