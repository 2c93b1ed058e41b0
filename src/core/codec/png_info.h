// SPDX-License-Identifier: Apache-2.0
/* A walk over the chunks of a PNG file, without a library. */
#ifndef PARE_CORE_PNG_INFO_H
#define PARE_CORE_PNG_INFO_H

#include "core/image/image.h"

/* Everything that chunks tell. Source: PNG specification, third edition; APNG is part of it.
 * Errors: PARE_ERR_CORRUPT, PARE_ERR_TRUNCATED, PARE_SKIP_UNSUPPORTED_VARIANT (colours that only
 * gAMA, cHRM or cICP describe and that are not near sRGB: a rewritten file would look different).
 */
pare_err pare_png_read_info(pare_bytes file, pare_info *out, pare_diag *diag);

#endif /* PARE_CORE_PNG_INFO_H */
