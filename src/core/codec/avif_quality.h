// SPDX-License-Identifier: Apache-2.0
/* With what losses an AVIF was made. */
#ifndef PARE_CORE_AVIF_QUALITY_H
#define PARE_CORE_AVIF_QUALITY_H

#include "base/buf.h"

/* On the scale of avifenc, 1..100, rounded down, out of the base quantizer of the primary picture;
 * 0: not known, since it is without loss, moving, put together from tiles, damaged or written in
 * an unusual way. */
int pare_avif_quality(pare_bytes file);

#endif /* PARE_CORE_AVIF_QUALITY_H */
