// SPDX-License-Identifier: Apache-2.0
/* Weights and final curve of SSIMULACRA 2.1. */
#include "core/metric/score_weights.h"

#include <math.h>

enum { PER_SCALE = 2 * PARE_MAP_COUNT };

/* Published by the author of the metric (J. Sneyers, github.com/cloudinary/ssimulacra2, version
 * 2.1 of April 2023), found there by fitting to subjective scores. A row is one channel at one
 * scale: SSIM, ringing, blurring as 1-norms, then as 4-norms. */
static const double WEIGHTS[PARE_SCORE_CHANNELS * PARE_SCORE_SCALES][PER_SCALE] = {
    /* X, 1:1 .. 1:32 */
    {0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0},
    {0, 0.0004371155730107379, 0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752},
    {0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0},
    {0.0007989109436015163, 0.000176816438078653, 0, 1.8787594979546387, 10.94906990605142, 0},
    {0.0007289346991508072, 0.9677937080626833, 0, 0.00014003424285435884, 0.9981766977854967,
     0.00031949755934435053},
    {0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0},
    /* Y */
    {0, 0, 0, 7.466890328078848, 0, 17.445833984131262},
    {0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264},
    {225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985},
    {176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408},
    {0, 0, 0, 34.77906344483772, 44.835625328877896, 0},
    {0, 0, 0, 0, 0, 0},
    /* B */
    {0, 0.0008680556573291698, 0, 0, 0, 0},
    {0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0},
    {0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0},
    {0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0},
    {95.1080498811086, 0.9863978034400682, 0.9834382792465353, 0.0012286405048278493,
     171.2667255897307, 0.9807858872435379},
    {0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537},
};

/* Norms are seldom above 0.2 and the score falls by at most about ten points for each unit of loss
 * where scores are of interest. */
#define WEIGHT_MIN 0.002

bool pare_score_counts(int channel, int scale, int scale_count)
{
    const double *weights = WEIGHTS[channel * scale_count + scale];
    for (int i = 0; i < PER_SCALE; i++) {
        if (weights[i] >= WEIGHT_MIN) return true;
    }
    return false;
}

double pare_score_of_norms(const pare_scale_norms *scales, int scale_count)
{
    double loss = 0;
    int row = 0;
    /* With fewer scales the rows are used without a gap, as the reference does: a small image
     * meets weights of another channel, but agreement is worth more than tidiness. */
    for (int channel = 0; channel < PARE_SCORE_CHANNELS; channel++) {
        for (int scale = 0; scale < scale_count; scale++, row++) {
            const pare_map_sums *norms = &scales[scale].channels[channel];
            for (int map = 0; map < PARE_MAP_COUNT; map++) {
                loss += WEIGHTS[row][map] * norms->norm1[map];
                loss += WEIGHTS[row][PARE_MAP_COUNT + map] * norms->norm4[map];
            }
        }
    }
    loss *= 0.9562382616834844;
    loss = 2.326765642916932 * loss - 0.020884521182843837 * loss * loss +
           6.248496625763138e-05 * loss * loss * loss;
    return loss > 0 ? 100.0 - 10.0 * pow(loss, 0.6276336467831387) : 100.0;
}
