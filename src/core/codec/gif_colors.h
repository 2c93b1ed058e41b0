// SPDX-License-Identifier: Apache-2.0
/* Sets of up to 256 colours, in the order in which they came. */
#ifndef PARE_CORE_GIF_COLORS_H
#define PARE_CORE_GIF_COLORS_H

#include <stdbool.h>
#include <stdint.h>

enum { PARE_GIF_COLORS_MAX = 256, PARE_GIF_COLOR_SLOTS = 1024 };

/* All zero is the empty set. */
typedef struct pare_gif_colors {
    uint32_t color[PARE_GIF_COLORS_MAX]; /* words of a canvas */
    uint16_t slot[PARE_GIF_COLOR_SLOTS]; /* index + 1 by hash; 0: empty */
    unsigned count;
} pare_gif_colors;

/* Index of the colour, or -1. */
int pare_gif_colors_find(const pare_gif_colors *set, uint32_t color);
/* False when the colour is not there and the set is full. */
bool pare_gif_colors_add(pare_gif_colors *set, uint32_t color);

/* Bits of the smallest index, 1..8, of which there are so many, 1..256. */
unsigned pare_gif_index_bits(unsigned count);

#endif /* PARE_CORE_GIF_COLORS_H */
