// SPDX-License-Identifier: Apache-2.0
/* Sets of up to 256 colours: open addressing, never more than a quarter full. */
#include "core/codec/gif_colors.h"

static unsigned slot_of(uint32_t color)
{
    return color * 2654435761u >> 22;
}

int pare_gif_colors_find(const pare_gif_colors *set, uint32_t color)
{
    unsigned slot = slot_of(color);
    while (set->slot[slot] != 0) {
        const int index = set->slot[slot] - 1;
        if (set->color[index] == color) return index;
        slot = (slot + 1) % PARE_GIF_COLOR_SLOTS;
    }
    return -1;
}

bool pare_gif_colors_add(pare_gif_colors *set, uint32_t color)
{
    unsigned slot = slot_of(color);
    while (set->slot[slot] != 0) {
        if (set->color[set->slot[slot] - 1] == color) return true;
        slot = (slot + 1) % PARE_GIF_COLOR_SLOTS;
    }
    if (set->count == PARE_GIF_COLORS_MAX) return false;
    set->color[set->count++] = color;
    set->slot[slot] = (uint16_t)set->count;
    return true;
}

unsigned pare_gif_index_bits(unsigned count)
{
    unsigned bits = 1;
    while (1u << bits < count)
        bits++;
    return bits;
}
