// SPDX-License-Identifier: Apache-2.0
/* Makes room for more blocks behind a deflate stream (RFC 1951) that was made as a whole, so that
 * encoders which want all of their input at once can be given it in parts. */
#ifndef PARE_CORE_CODEC_DEFLATE_REOPEN_H
#define PARE_CORE_CODEC_DEFLATE_REOPEN_H

#include "base/buf.h"

/* The stream that stands in *out from `begin` to the end loses its mark of the last block and ends
 * with an empty block on a whole byte: up to 5 bytes more. Another stream may follow it, whose
 * matches stay within itself.
 * Errors: PARE_ERR_NO_MEMORY; PARE_ERR_INTERNAL when it is no deflate stream, or not to its end. */
PARE_NODISCARD pare_err pare_deflate_reopen(pare_buf *out, size_t begin);

#endif /* PARE_CORE_CODEC_DEFLATE_REOPEN_H */
