// SPDX-License-Identifier: Apache-2.0
/* JPEG XL from pixels, or from the bytes of a JPEG. Functions as in pare_codec. */
#ifndef PARE_CORE_JXL_ENCODER_H
#define PARE_CORE_JXL_ENCODER_H

#include "core/codec/codec.h"

PARE_NODISCARD pare_err pare_jxl_encoder_open(const pare_source *source,
                                              const pare_encode_params *params, pare_encoder **out,
                                              pare_diag *diag);
PARE_NODISCARD pare_err pare_jxl_encoder_try(pare_encoder *encoder, double quality, pare_buf *out,
                                             pare_diag *diag);
/* For files that were made of a JPEG only. */
PARE_NODISCARD pare_err pare_jxl_encoder_check(pare_encoder *encoder, double quality,
                                               pare_bytes file, pare_diag *diag);
void pare_jxl_encoder_close(pare_encoder **encoder);
int pare_jxl_encoder_rung(const pare_encode_params *params);

#endif /* PARE_CORE_JXL_ENCODER_H */
