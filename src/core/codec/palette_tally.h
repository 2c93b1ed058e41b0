// SPDX-License-Identifier: Apache-2.0
/* The colours of an image and how much each counts. Similar ones are tallied together when there
 * are very many. */
#ifndef PARE_CORE_PALETTE_TALLY_H
#define PARE_CORE_PALETTE_TALLY_H

#include "core/codec/palette_space.h"
#include "core/image/image.h"

enum { PARE_TALLY_MAX = 1 << 14 };

typedef struct pare_tally_bin {
    uint32_t key;
    double weight;
    double light[4]; /* sum over the pixels, weighted */
} pare_tally_bin;

typedef struct pare_tally {
    pare_tally_bin *bins; /* in order of first appearance */
    unsigned count;
    unsigned shift; /* low bits of each channel that are not told apart */
    uint16_t *slot; /* bin + 1 by hash; 0: free */
} pare_tally;

/* Pixels count less where the image is busy, since errors are hidden there.
 * out: release with pare_tally_deinit(), on error too. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_tally_image(const pare_image *image, const pare_palette_space *space,
                                         pare_tally *out);
void pare_tally_deinit(pare_tally *tally);

#endif /* PARE_CORE_PALETTE_TALLY_H */
