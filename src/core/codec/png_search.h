// SPDX-License-Identifier: Apache-2.0
/* The search for the smallest PNG of given pixels: forms, palette orders, filters, deflate. */
#ifndef PARE_CORE_CODEC_PNG_SEARCH_H
#define PARE_CORE_CODEC_PNG_SEARCH_H

#include "core/codec/png_filter.h"
#include "core/codec/png_palette.h"

/* The pixels, in the forms that may be written. */
typedef struct pare_png_subject {
    const pare_png_raster *plain;     /* without a palette; NULL when there is only the palette */
    const pare_png_raster *index;     /* one byte a pixel with its palette; NULL for none */
    const pare_png_palette *original; /* of the original file; count 0 for none */
} pare_png_subject;

typedef struct pare_png_tools {
    pare_png_deflater *deflater;
    pare_png_filterer *filterer;
} pare_png_tools;

/* The smallest so far. */
typedef struct pare_png_best {
    pare_png_raster shape; /* its header and palette; no rows */
    pare_buf idat;
    size_t total_len; /* with all chunks but metadata; 0: nothing yet */
} pare_png_best;

/* effort: 0..10; a higher one tries all that a lower one tries, so it is never bigger.
 * best: all zero before; release with pare_png_best_deinit(). Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_search(const pare_png_subject *subject, int effort,
                                        const pare_png_tools *tools, pare_png_best *best);
/* How long the file of effort 0 is to about a fifth, in a fraction of the time: from bands of rows
 * and a hasty look at all of them; of little data from that look alone, a quarter less than it
 * finds. Of a subject that may do without a palette. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_search_guess(const pare_png_subject *subject,
                                              const pare_png_tools *tools, size_t *total_len);
/* How long the file of effort 0 is, or a little less or more when the image is large: it is not
 * made. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_search_quick(const pare_png_subject *subject,
                                              const pare_png_tools *tools, size_t *total_len);
void pare_png_best_deinit(pare_png_best *best);

#endif /* PARE_CORE_CODEC_PNG_SEARCH_H */
