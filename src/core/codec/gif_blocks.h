// SPDX-License-Identifier: Apache-2.0
/* The blocks of a GIF file, without looking into its pixels. */
#ifndef PARE_CORE_GIF_BLOCKS_H
#define PARE_CORE_GIF_BLOCKS_H

#include "core/image/image.h"

/* Frames beyond are not counted, and such a file is left alone. */
enum { PARE_GIF_FRAMES_MAX = 100000 };

typedef struct pare_gif_blocks {
    uint32_t width_px, height_px;
    uint8_t aspect; /* as in the file */
    uint32_t frames;
    bool has_loop;
    uint16_t loop_count; /* 0: for ever */
    bool has_transparency, has_comment, has_xmp, has_icc, has_text;
    bool overhangs;   /* a frame reaches beyond the canvas */
    size_t len;       /* of the GIF; what comes after it in the file is not part of it */
    size_t whole_len; /* up to the end of the last whole frame */
} pare_gif_blocks;

/* Errors: PARE_ERR_TRUNCATED, PARE_ERR_CORRUPT (no frame, or no canvas); what was found until then
 * is filled. */
PARE_NODISCARD pare_err pare_gif_blocks_read(pare_bytes file, pare_gif_blocks *out,
                                             pare_diag *diag);

/* Bytes up to the end of so many frames, of a file that has them. */
size_t pare_gif_blocks_frames_len(pare_bytes file, uint32_t frames);

/* Appends the extensions that are to be kept (PARE_KEEP_*) as they are, all but timing and loop
 * count. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gif_blocks_copy(pare_bytes file, uint32_t keep, pare_buf *out);

#endif /* PARE_CORE_GIF_BLOCKS_H */
