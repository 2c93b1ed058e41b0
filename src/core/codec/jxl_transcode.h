// SPDX-License-Identifier: Apache-2.0
/* JPEG in JPEG XL: the coefficients are coded anew, and the JPEG can be had back byte by byte. */
#ifndef PARE_CORE_JXL_TRANSCODE_H
#define PARE_CORE_JXL_TRANSCODE_H

#include "core/codec/codec.h"

/* Empties *out, then writes the file. effort: 0..10. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a JPEG
 * that JPEG XL does not take: four components, arithmetic coding, 12 bits), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jxl_transcode(pare_bytes jpeg, int effort, pare_buf *out,
                                           pare_diag *diag);

/* Does the file give exactly these bytes back? Errors: PARE_ERR_VERIFY, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jxl_check_transcoded(pare_bytes file, pare_bytes jpeg,
                                                  pare_diag *diag);

/* Everything that was added to the encoder, a JxlEncoder, appended as a file. */
PARE_NODISCARD pare_err pare_jxl_collect(void *jxl, pare_buf *out, pare_diag *diag);

#endif /* PARE_CORE_JXL_TRANSCODE_H */
