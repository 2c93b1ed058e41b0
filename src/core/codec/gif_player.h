// SPDX-License-Identifier: Apache-2.0
/* A GIF frame by frame: its indices as stored, and the canvas as a viewer shows it.
 *
 * As in web browsers, the canvas begins transparent and "restore to background" makes transparent;
 * the background colour of the file has no meaning. */
#ifndef PARE_CORE_GIF_PLAYER_H
#define PARE_CORE_GIF_PLAYER_H

#include "core/codec/codec.h"

typedef enum pare_gif_disposal {
    PARE_GIF_STAY = 1,    /* 0 in the file means the same */
    PARE_GIF_CLEAR = 2,   /* the frame's rectangle becomes transparent */
    PARE_GIF_RESTORE = 3, /* the frame's rectangle becomes what it was before the frame */
} pare_gif_disposal;

/* Right and bottom are outside; empty when right <= left. Inside the canvas. */
typedef struct pare_gif_rect {
    uint32_t left, top, right, bottom;
} pare_gif_rect;

static inline bool pare_gif_rect_is_empty(const pare_gif_rect *r)
{
    return r->right <= r->left || r->bottom <= r->top;
}

static inline uint64_t pare_gif_rect_area(const pare_gif_rect *r)
{
    return pare_gif_rect_is_empty(r) ? 0 : (uint64_t)(r->right - r->left) * (r->bottom - r->top);
}

/* The smallest rectangle that holds both. */
pare_gif_rect pare_gif_rect_join(const pare_gif_rect *a, const pare_gif_rect *b);

/* A canvas holds a pixel as bytes red, green, blue, alpha in one word, for comparing; transparent
 * is always 0. */
typedef struct pare_gif_canvas {
    uint32_t width_px, height_px;
    uint32_t *pixels; /* owned */
} pare_gif_canvas;

/* All transparent. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gif_canvas_init(pare_gif_canvas *canvas, uint32_t width_px,
                                             uint32_t height_px);
void pare_gif_canvas_deinit(pare_gif_canvas *canvas);
void pare_gif_canvas_copy(pare_gif_canvas *to, const pare_gif_canvas *from,
                          const pare_gif_rect *rect);
void pare_gif_canvas_clear(pare_gif_canvas *canvas, const pare_gif_rect *rect);

typedef struct pare_gif_player {
    pare_gif_canvas shown;
    /* the frame that is shown */
    pare_gif_rect rect;    /* cut to the canvas */
    pare_gif_rect changed; /* where the canvas may differ from the one before */
    pare_gif_disposal disposal;
    uint16_t delay_cs;
    bool waits;      /* for user input */
    bool has_global; /* its colours are those of the global table */

    pare_bytes file; /* borrowed */
    size_t at;
    pare_gif_canvas saved;
    void *gif; /* of giflib */
} pare_gif_player;

/* Errors: PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE, PARE_ERR_CORRUPT. limits may be NULL. Deinit in
 * every case. */
PARE_NODISCARD pare_err pare_gif_player_init(pare_gif_player *player, pare_bytes file,
                                             const pare_limits *limits, pare_diag *diag);
/* Show the next frame; *more is false when there was none. Errors: PARE_ERR_CORRUPT,
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gif_player_next(pare_gif_player *player, bool *more, pare_diag *diag);
void pare_gif_player_deinit(pare_gif_player *player);

#endif /* PARE_CORE_GIF_PLAYER_H */
