// SPDX-License-Identifier: Apache-2.0
/* Which metadata is written, by the keep list. */
#ifndef PARE_CORE_METADATA_H
#define PARE_CORE_METADATA_H

#include "core/image/image.h"

/* What of the metadata of an image is to be written.
 *
 *   keep         PARE_KEEP_* bits. ICC is copied when its bit is set.
 *   orientation  to be written; 1 removes the tag.
 *   out          owned by the caller; empty blocks are not written.
 *
 * EXIF is written anew: from the main and the Exif directory, without thumbnail and maker notes
 * (whose inner offsets would break); the GPS directory only when asked; only artist and copyright
 * with PARE_KEEP_COPYRIGHT alone. A damaged block gives what can be read of it.
 * Errors: PARE_ERR_NO_MEMORY. Source: CIPA DC-008 (Exif 2.32), TIFF 6.0 section 2. */
PARE_NODISCARD pare_err pare_metadata_filter(const pare_metadata *from, uint32_t keep,
                                             uint8_t orientation, pare_metadata *out);

#endif /* PARE_CORE_METADATA_H */
