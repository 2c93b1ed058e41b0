// SPDX-License-Identifier: Apache-2.0
/* Size, depth and kind from the first bytes of a JPEG XL file; inside wire only. */
#ifndef PARE_WIRE_HEADER_JXL_H
#define PARE_WIRE_HEADER_JXL_H

#include "wire/header.h"

/* Fills what it finds; *out keeps its defaults otherwise. */
void pare_header_read_jxl(const uint8_t *data, size_t len, pare_header *out);

#endif /* PARE_WIRE_HEADER_JXL_H */
