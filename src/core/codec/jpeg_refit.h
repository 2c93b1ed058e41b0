// SPDX-License-Identifier: Apache-2.0
/* The same JPEG image with other metadata: segments are copied, nothing is coded anew. */
#ifndef PARE_CORE_JPEG_REFIT_H
#define PARE_CORE_JPEG_REFIT_H

#include "core/image/image.h"

/* Appends the file up to its EOI, with the given blocks in place of all that it had; what decides
 * how the components are understood (JFIF, Adobe) stays, a thumbnail in JFIF does not. Errors:
 * PARE_ERR_CORRUPT (no scan is found), PARE_SKIP_UNSUPPORTED_VARIANT (a block does not fit),
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_refit(pare_bytes file, const pare_metadata *metadata,
                                        pare_buf *out, pare_diag *diag);

#endif /* PARE_CORE_JPEG_REFIT_H */
