// SPDX-License-Identifier: Apache-2.0
/* How each frame of an animation is to be stored: which rectangle has to be drawn on what the
 * canvas holds by then, with which colours, and what happens to it afterwards. */
#ifndef PARE_CORE_GIF_PLAN_H
#define PARE_CORE_GIF_PLAN_H

#include "core/codec/gif_colors.h"
#include "core/codec/gif_player.h"

typedef struct pare_gif_step {
    pare_gif_rect rect; /* at least one pixel */
    pare_gif_disposal disposal;
    uint16_t delay_cs;
    bool waits;
    bool had_global; /* in the source */
    bool has_free;   /* some pixels of rect need not be drawn */
    /* set by gif_palette.c */
    bool is_global;
    uint16_t color_count;
    uint32_t *colors; /* owned; those that have to be drawn */
} pare_gif_step;

typedef struct pare_gif_plan {
    pare_gif_step *steps; /* owned */
    size_t count, cap;
} pare_gif_plan;

/* Plan all frames. On errors nothing is owned. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a frame needs
 * more than 256 colours), those of the player. */
PARE_NODISCARD pare_err pare_gif_plan_make(pare_bytes file, const pare_limits *limits,
                                           pare_gif_plan *out, pare_diag *diag);
void pare_gif_plan_deinit(pare_gif_plan *plan);

/* What the canvas holds before the next frame: base is what it held before this frame and becomes
 * what remains after it; shown is the canvas with this frame. dirty, as far as both may differ
 * outside of rect. */
void pare_gif_plan_dispose(const pare_gif_step *step, const pare_gif_rect *dirty,
                           const pare_gif_canvas *shown, pare_gif_canvas *base);

#endif /* PARE_CORE_GIF_PLAN_H */
