// SPDX-License-Identifier: Apache-2.0
/* The rectangle that changes between two canvases. */
#include "core/codec/frame_change.h"

#include <stddef.h>
#include <string.h>

static bool is_opaque(uint32_t word)
{
    uint8_t pixel[4];
    memcpy(pixel, &word, 4);
    return pixel[3] == 255;
}

void pare_frame_change_find(const uint32_t *before, const uint32_t *shown, uint32_t width_px,
                            uint32_t height_px, pare_frame_change *out)
{
    pare_frame_change change = {.left = width_px, .top = height_px};
    for (uint32_t y = 0; y < height_px; y++) {
        const size_t at = (size_t)y * width_px;
        if (memcmp(before + at, shown + at, (size_t)width_px * 4) == 0) continue;
        if (y < change.top) change.top = y;
        change.bottom = y + 1;
        for (uint32_t x = 0; x < width_px; x++) {
            if (before[at + x] == shown[at + x]) continue;
            if (x < change.left) change.left = x;
            if (x >= change.right) change.right = x + 1;
            if (!is_opaque(shown[at + x])) change.draws_through = true;
        }
    }
    if (change.right == 0) change = (pare_frame_change){.right = 1, .bottom = 1};
    *out = change;
}

void pare_frame_change_fill(pare_frame_change *change, const uint32_t *before,
                            const uint32_t *shown, uint32_t width_px, uint32_t *out)
{
    change->free_px = 0;
    for (uint32_t y = change->top; y < change->bottom; y++) {
        const size_t row = (size_t)y * width_px;
        for (uint32_t x = change->left; x < change->right; x++) {
            const bool same = before[row + x] == shown[row + x];
            *out++ = same ? 0 : shown[row + x];
            change->free_px += same;
        }
    }
}
