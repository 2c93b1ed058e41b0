// SPDX-License-Identifier: Apache-2.0
/* The search for the smallest file that is good enough. */
#ifndef PARE_CORE_SEARCH_H
#define PARE_CORE_SEARCH_H

#include "core/optimize/judge.h"
#include "core/optimize/work.h"

typedef struct pare_search {
    const pare_codec *codec;
    pare_encoder *encoder; /* open, lossy; borrowed */
    pare_judge *judge;     /* may be NULL when neither a score nor a floor is asked; borrowed */
    pare_quality quality;  /* SCORE or FIXED */
    uint64_t target_size_bytes; /* 0: none */
    double min_score;           /* 0: none */
    size_t max_len;             /* most bytes that are of any use; 0: any */
    const pare_found *rival; /* to be beaten: found with more effort, where this search begins; may
                                be NULL; borrowed */
    bool is_hasty; /* end 0.5 to 1.5 points above the asked score, if it can be reached: a patient
                      search, which ends nearer, is hardly ever larger by bad luck. What reaches
                      the score within max_len only nearer than that is given up */
} pare_search;

/* Smallest quality whose exact score reaches the asked one (SCORE), or the asked quality (FIXED);
 * then, if the file is larger than target_size_bytes, the largest quality whose bytes fit.
 *
 *   out  bytes, quality, score, is_scored are filled on PARE_OK; the bytes of out->score are those
 *        of out->bytes.
 *
 * Ends early with PARE_SKIP_NOT_SMALLER, score and quality being those of the last try, when what
 * is good enough would have more than max_len bytes, or its draft more than that of the rival: a
 * file that is not good enough yet has more, or a JPEG that is too good has so many more that fewer
 * points would not make up for them.
 *
 * Other errors: PARE_SKIP_BELOW_MIN_SCORE and those of the codec. */
PARE_NODISCARD pare_err pare_search_run(const pare_search *search, pare_found *out,
                                        pare_diag *diag);

/* The quality at which an average photograph reaches this score, 1..100; where searches begin. */
double pare_search_prior(pare_format format, double score);

#endif /* PARE_CORE_SEARCH_H */
