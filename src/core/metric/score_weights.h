// SPDX-License-Identifier: Apache-2.0
/* From error norms to one number: the trained part of SSIMULACRA 2.1. */
#ifndef PARE_CORE_SCORE_WEIGHTS_H
#define PARE_CORE_SCORE_WEIGHTS_H

#include <stdbool.h>

#include "core/metric/score_rows.h"

enum { PARE_SCORE_SCALES = 6, PARE_SCORE_CHANNELS = 3 };

/* Norms of one scale: means over its pixels; norm4 is the fourth root of the mean. */
typedef struct pare_scale_norms {
    pare_map_sums channels[PARE_SCORE_CHANNELS]; /* X, Y, B */
} pare_scale_norms;

/* Does a channel at a scale count for anything? The fit left a good part of them with weights near
 * zero, among them X and B at full size; without these no score moves by more than 0.02 points,
 * hardly any by 0.002. */
bool pare_score_counts(int channel, int scale, int scale_count);

/* Score of scale_count scales (1..PARE_SCORE_SCALES; small images have fewer), largest first. */
double pare_score_of_norms(const pare_scale_norms *scales, int scale_count);

#endif /* PARE_CORE_SCORE_WEIGHTS_H */
