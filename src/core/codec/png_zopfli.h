// SPDX-License-Identifier: Apache-2.0
/* The slowest and smallest zlib streams. */
#ifndef PARE_CORE_CODEC_PNG_ZOPFLI_H
#define PARE_CORE_CODEC_PNG_ZOPFLI_H

#include "base/buf.h"

/* Replaces *out with the zlib stream of data after that many iterations (at least 1).
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_zopfli(pare_bytes data, int iterations, pare_buf *out);

#endif /* PARE_CORE_CODEC_PNG_ZOPFLI_H */
