// SPDX-License-Identifier: Apache-2.0
/* SSIMULACRA2: how much two images differ to the eye; 100 is identical, 90 is visually lossless,
 * below 0 is unlike.
 *
 * Source: the public description and reference implementation, cloudinary/ssimulacra2 v2.1. */
#ifndef PARE_CORE_SSIMULACRA2_H
#define PARE_CORE_SSIMULACRA2_H

#include "core/image/image.h"

typedef struct pare_scorer pare_scorer;

/* Prepare a reference once for many comparisons. Takes about 1,300 bytes for each pixel of width;
 * one thread at a time per scorer. reference: 8 or 16 bit gray or RGB in sRGB (callers convert
 * profiles first), alpha is flattened on the background; borrowed until the end.
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_INVALID (CMYK, or a side below 8 px is padded by
 * repetition, never refused). */
PARE_NODISCARD pare_err pare_scorer_create(const pare_image *reference, const uint8_t background[3],
                                           pare_scorer **out, pare_diag *diag);

/* Full score of an image of the same size, of any supported colour and depth; at most 100.
 * Errors: PARE_ERR_INVALID (other size, CMYK), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_scorer_score(pare_scorer *scorer, const pare_image *image,
                                          double *score, pare_diag *diag);

/* A cheaper estimate: of the two largest scales, which cost most, only bands of rows are compared;
 * the smaller ones completely. Full score below 400,000 pixels. Within about 0.3 of the full score
 * on photographs (docs/score.md). Errors as for the full score. */
PARE_NODISCARD pare_err pare_scorer_probe(pare_scorer *scorer, const pare_image *image,
                                          double *score, pare_diag *diag);

/* The same row by row, for images that are not there as a whole: start, push all rows of both from
 * above to below, finish. For sides of at least 8 px. */
void pare_scorer_start(pare_scorer *scorer, bool probe);

/* The next rows of both sides, as many of one as of the other. reference need not be what the
 * scorer was made with. Errors: PARE_ERR_INVALID (other width, CMYK, too many), PARE_ERR_NO_MEMORY.
 */
PARE_NODISCARD pare_err pare_scorer_push(pare_scorer *scorer, const pare_image *reference,
                                         const pare_image *rows, pare_diag *diag);

/* Errors: PARE_ERR_INVALID (rows are missing). */
PARE_NODISCARD pare_err pare_scorer_finish(const pare_scorer *scorer, double *score,
                                           pare_diag *diag);

/* What the estimate would have been of the image that was scored last: costs nothing. */
double pare_scorer_estimate(const pare_scorer *scorer);

void pare_scorer_destroy(pare_scorer **scorer);

#endif /* PARE_CORE_SSIMULACRA2_H */
