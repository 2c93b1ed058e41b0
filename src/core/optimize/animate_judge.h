// SPDX-License-Identifier: Apache-2.0
/* How an animation that was written shows beside the one it was made from. */
#ifndef PARE_CORE_ANIMATE_JUDGE_H
#define PARE_CORE_ANIMATE_JUDGE_H

#include "core/optimize/film.h"

typedef struct pare_animate_scores {
    double worst;  /* of all frames; 100 when all are equal; that of the frame that ended it */
    bool is_equal; /* every pixel of every frame */
    uint32_t full_scores; /* how many frames were scored: those that differ */
} pare_animate_scores;

/* Compare frame by frame. Ends at the first frame below `least`, 0..100; above 100 at the first
 * that differs. Colours are meant in icc, or sRGB when that is NULL. Errors: PARE_ERR_VERIFY:
 * another size, count, time or repetition, or it cannot be decoded; PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_animate_judge(pare_film *want, pare_film *have, const pare_buf *icc,
                                           const uint8_t background[3], double least,
                                           pare_animate_scores *out, pare_diag *diag);

#endif /* PARE_CORE_ANIMATE_JUDGE_H */
