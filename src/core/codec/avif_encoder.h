// SPDX-License-Identifier: Apache-2.0
/* AVIF from pixels. Functions as in pare_codec. */
#ifndef PARE_CORE_AVIF_ENCODER_H
#define PARE_CORE_AVIF_ENCODER_H

#include "core/codec/codec.h"

enum { PARE_AVIF_SIDE_MAX = 65535 };

PARE_NODISCARD pare_err pare_avif_encoder_open(const pare_source *source,
                                               const pare_encode_params *params, pare_encoder **out,
                                               pare_diag *diag);
PARE_NODISCARD pare_err pare_avif_encoder_try(pare_encoder *encoder, double quality, pare_buf *out,
                                              pare_diag *diag);
void pare_avif_encoder_close(pare_encoder **encoder);
int pare_avif_encoder_rung(const pare_encode_params *params);

#endif /* PARE_CORE_AVIF_ENCODER_H */
