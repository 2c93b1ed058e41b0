// SPDX-License-Identifier: Apache-2.0
/* LZW as GIF writes it (GIF89a specification, Appendix F), for pixels of which many may be written
 * in two ways: where a frame does not change the canvas, the transparent index is as good as the
 * index of the colour that is there. The coder takes whichever makes the longer match. */
#ifndef PARE_CORE_GIF_LZW_H
#define PARE_CORE_GIF_LZW_H

#include "base/buf.h"

typedef struct pare_gif_lzw pare_gif_lzw; /* tables, used again for every frame */

/* Two ways to write each pixel; equal where there is one. */
typedef struct pare_gif_pixels {
    const uint8_t *first, *second;
    size_t count;
} pare_gif_pixels;

typedef struct pare_gif_lzw_params {
    unsigned min_bits; /* 2..8: every index is below 1 << min_bits */
    unsigned lookback; /* how many shorter matches are tried for a longer one after them; 0: none */
    double patience;   /* a full table is dropped when it codes so many times worse than the mean
                          since it was begun; 1 suits most */
} pare_gif_lzw_params;

/* Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_gif_lzw_create(pare_gif_lzw **out);
void pare_gif_lzw_destroy(pare_gif_lzw **lzw);

/* Appends the minimum code size, the data sub-blocks and their end. code_count, which may be NULL,
 * becomes the number of codes, or 0 when the table was begun more than once or got full. */
PARE_NODISCARD pare_err pare_gif_lzw_encode(pare_gif_lzw *lzw, const pare_gif_pixels *pixels,
                                            const pare_gif_lzw_params *params, pare_buf *out,
                                            size_t *code_count);

/* Bits of so many codes with one table that does not get full. */
uint64_t pare_gif_lzw_bits(size_t code_count, unsigned min_bits);

#endif /* PARE_CORE_GIF_LZW_H */
