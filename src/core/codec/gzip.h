// SPDX-License-Identifier: Apache-2.0
/* gzip (RFC 1952) around a whole file, as drawings in SVG come in. */
#ifndef PARE_CORE_GZIP_H
#define PARE_CORE_GZIP_H

#include "base/buf.h"

#include <pare/pare.h>

/* Appends what is inside, which the file has to fill to its end.
 *
 *   max_bytes  what is inside may not be larger.
 *
 * Errors: PARE_ERR_CORRUPT (also a length that the file does not tell truly),
 * PARE_SKIP_UNSUPPORTED_VARIANT (larger, or more than one part), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gzip_unpack(pare_bytes file, size_t max_bytes, pare_buf *out,
                                         pare_diag *diag);

/* Appends the data as a file without name and time: the same data and effort (0..10) give the same
 * bytes, and more effort never more of them. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gzip_pack(pare_bytes data, int effort, pare_buf *out);

#endif /* PARE_CORE_GZIP_H */
