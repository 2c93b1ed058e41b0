// SPDX-License-Identifier: Apache-2.0
/* The judge of a search: decodes a candidate and says how it looks beside the image it was made
 * from, both in sRGB. */
#ifndef PARE_CORE_JUDGE_H
#define PARE_CORE_JUDGE_H

#include "core/codec/codec.h"

typedef struct pare_judge pare_judge;

/* reference: as the encoder gets it; borrowed until the end. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_judge_create(const pare_image *reference, const uint8_t background[3],
                                          const pare_limits *limits, pare_judge **out,
                                          pare_diag *diag);

/* A candidate, which is looked at until the next one comes; file is borrowed as long. Errors: those
 * of decoding; PARE_ERR_INVALID when it has another size. Both may also come with the score, since
 * a large file is decoded row by row while it is scored, as often as it is. */
PARE_NODISCARD pare_err pare_judge_take(pare_judge *judge, const pare_codec *codec, pare_bytes file,
                                        pare_diag *diag);

/* As pare_judge_take for pixels, which are moved out of *image. Errors: PARE_ERR_INVALID (another
 * size), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_judge_take_image(pare_judge *judge, pare_image *image,
                                              pare_diag *diag);

/* Score of the candidate taken: exact, or the cheaper estimate. */
PARE_NODISCARD pare_err pare_judge_score(pare_judge *judge, double *score, pare_diag *diag);
PARE_NODISCARD pare_err pare_judge_probe(pare_judge *judge, double *score, pare_diag *diag);

/* The estimate of the candidate that pare_judge_score was asked for last: costs nothing. */
double pare_judge_estimate(const pare_judge *judge);

/* True when an estimate would cost as much as an exact score. */
bool pare_judge_is_small(const pare_judge *judge);

/* How often exact scores were given. */
uint32_t pare_judge_full_scores(const pare_judge *judge);

void pare_judge_destroy(pare_judge **judge);

#endif /* PARE_CORE_JUDGE_H */
