// SPDX-License-Identifier: Apache-2.0
/* With what losses a WebP was made. */
#ifndef PARE_CORE_WEBP_QUALITY_H
#define PARE_CORE_WEBP_QUALITY_H

#include "base/buf.h"

/* On the scale of libwebp, 1..100, out of the quantizers in the header of the first frame; 0: not
 * known, since it is lossless, animated or damaged. */
int pare_webp_quality(pare_bytes file);

#endif /* PARE_CORE_WEBP_QUALITY_H */
