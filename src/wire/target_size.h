// SPDX-License-Identifier: Apache-2.0
/* The size that the resize options ask for, and how far a decoder may go towards it: the worker
 * does it, and the host estimates from it how much memory that takes. */
#ifndef PARE_WIRE_TARGET_SIZE_H
#define PARE_WIRE_TARGET_SIZE_H

#include <stdbool.h>

#include <pare/pare.h>

enum { PARE_SHRINK_MAX = 64 };

/* The size that options ask for an image of this size after orientation; false: no resize. */
bool pare_target_size(const pare_resize *resize, uint32_t width_px, uint32_t height_px,
                      uint32_t *out_width_px, uint32_t *out_height_px);

/* The factor, 1..PARE_SHRINK_MAX, by which the decoder makes an image smaller that will be resized:
 * as large as it can while the image stays twice the target. Decoders that give rows know any
 * factor, libjpeg powers of two, others none. */
uint32_t pare_target_shrink(pare_format format, uint32_t width_px, uint32_t height_px,
                            uint32_t target_width_px, uint32_t target_height_px);

#endif /* PARE_WIRE_TARGET_SIZE_H */
