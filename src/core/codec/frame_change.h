// SPDX-License-Identifier: Apache-2.0
/* What changes from one painted frame of an animation to the next. */
#ifndef PARE_CORE_FRAME_CHANGE_H
#define PARE_CORE_FRAME_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

/* Right and bottom are outside; at least one pixel. */
typedef struct pare_frame_change {
    uint32_t left, top, right, bottom;
    bool draws_through; /* a pixel that changes is not opaque afterwards */
    uint64_t free_px;   /* pixels inside that stay; set by fill */
} pare_frame_change;

/* Canvases of 4 bytes a pixel without padding, 0 where they are transparent. When nothing changes
 * the rectangle is the first pixel. */
void pare_frame_change_find(const uint32_t *before, const uint32_t *shown, uint32_t width_px,
                            uint32_t height_px, pare_frame_change *out);

/* The pixels of the rectangle, those that stay as 0. */
void pare_frame_change_fill(pare_frame_change *change, const uint32_t *before,
                            const uint32_t *shown, uint32_t width_px, uint32_t *out);

static inline uint32_t pare_frame_change_width(const pare_frame_change *change)
{
    return change->right - change->left;
}

static inline uint32_t pare_frame_change_height(const pare_frame_change *change)
{
    return change->bottom - change->top;
}

#endif /* PARE_CORE_FRAME_CHANGE_H */
