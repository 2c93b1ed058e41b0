// SPDX-License-Identifier: Apache-2.0
/* Takes back the filters of PNG rows. */
#ifndef PARE_CORE_CODEC_PNG_UNFILTER_H
#define PARE_CORE_CODEC_PNG_UNFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that may be read behind a row and its predecessor and written behind the result. */
enum { PARE_PNG_UNFILTER_SLACK = 4 };

/* One row (W3C PNG, section 9.2).
 *
 *   filter     as in the file, 0..4.
 *   pixel_len  bytes of a pixel, 1..4.
 *   before     the row above as it came out; zeros for the first.
 *   from       len filtered bytes.
 *   to         may overlap from when it lies before it.
 *
 * False when there is no such filter. */
bool pare_png_unfilter(unsigned filter, size_t pixel_len, const uint8_t *before,
                       const uint8_t *from, size_t len, uint8_t *to);

#endif /* PARE_CORE_CODEC_PNG_UNFILTER_H */
