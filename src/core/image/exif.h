// SPDX-License-Identifier: Apache-2.0
/* What the header reader and decoders need to know of an EXIF block: a TIFF structure by CIPA
 * DC-008 (Exif 2.32), without "Exif\0\0". */
#ifndef PARE_CORE_EXIF_H
#define PARE_CORE_EXIF_H

#include <stdbool.h>

#include "base/buf.h"

/* 1..8; 1 when absent, damaged or out of range. */
uint8_t pare_exif_orientation(pare_bytes exif);

/* True when the first directory points to a GPS directory with entries. */
bool pare_exif_has_gps(pare_bytes exif);

#endif /* PARE_CORE_EXIF_H */
