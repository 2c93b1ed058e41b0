// SPDX-License-Identifier: Apache-2.0
/* JPEG in JPEG XL: the coefficients are coded anew, and the JPEG can be had back byte by byte. */
#ifndef PARE_CORE_JXL_TRANSCODE_H
#define PARE_CORE_JXL_TRANSCODE_H

#include "core/codec/codec.h"

/* A JPEG that comes back larger than this is not made use of. */
enum { PARE_JXL_JPEG_MOST_BYTES = 1 << 28 };

/* Empties *out, then writes the file. effort: 0..10. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a JPEG
 * that JPEG XL does not take: four components, arithmetic coding, 12 bits), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jxl_transcode(pare_bytes jpeg, int effort, pare_buf *out,
                                           pare_diag *diag);

/* The JPEG that a file was made of, appended to the empty *out. Errors: PARE_ERR_CORRUPT (there is
 * none, or it is longer than most_len by far), PARE_ERR_NO_MEMORY; *out may hold a part then. */
PARE_NODISCARD pare_err pare_jxl_reconstruct(pare_bytes file, size_t most_len, pare_buf *out);

/* Does the file give exactly these bytes back? Errors: PARE_ERR_VERIFY, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jxl_check_transcoded(pare_bytes file, pare_bytes jpeg,
                                                  pare_diag *diag);

/* Everything that was added to the encoder, a JxlEncoder, appended as a file. */
PARE_NODISCARD pare_err pare_jxl_collect(void *jxl, pare_buf *out, pare_diag *diag);

#endif /* PARE_CORE_JXL_TRANSCODE_H */
