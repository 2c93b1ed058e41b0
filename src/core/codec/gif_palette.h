// SPDX-License-Identifier: Apache-2.0
/* Which colours stand in the table of the file, and which frames bring their own. */
#ifndef PARE_CORE_GIF_PALETTE_H
#define PARE_CORE_GIF_PALETTE_H

#include "core/codec/gif_plan.h"

/* Colours of one table, and the index that is transparent for one frame. */
typedef struct pare_gif_table {
    pare_gif_colors colors;
    unsigned bits;       /* the table has 1 << bits entries, 1..8 */
    int transparent;     /* -1: none */
    unsigned pixel_bits; /* of the largest index that the frame has to use; at least 2 */
} pare_gif_table;

/* The table of the file, and step->is_global of all steps. No colours: there is none. */
void pare_gif_palette_share(pare_gif_plan *plan, pare_gif_table *out);

/* The table of one step, out of its own colours or the global ones. */
void pare_gif_palette_own(const pare_gif_step *step, pare_gif_table *out);
void pare_gif_palette_global(const pare_gif_step *step, const pare_gif_table *global,
                             pare_gif_table *out);

#endif /* PARE_CORE_GIF_PALETTE_H */
