// SPDX-License-Identifier: Apache-2.0
/* Tables after jpegli, the JPEG encoder of the libjxl authors (BSD-3-Clause, lib/jpegli/quant.cc):
 * its base matrices, the exponents by which each frequency grows with the distance, and its map
 * from quality to distance are published figures. The corrections for chroma and DC are ours, from
 * measurements at equal SSIMULACRA2. */
#include "core/codec/jpeg_tables.h"

#include <math.h>
#include <stdlib.h>

#define GLOBAL_SCALE 1.7396601f
#define HALVED_CHROMA_SCALE 1.22f /* jpegli: for all components when chroma is halved */
#define CHROMA_SCALE 0.85f
#define DC_EXPONENT (-0.4)
#define LINEAR_UP_TO 1.5 /* distance where the exponents begin to matter */

/* clang-format off */
static const float BASE_LUMA[64] = {
    1.24f, 1.723f, 2.921f, 2.813f, 3.34f, 3.464f, 3.841f, 3.87f,
    1.723f, 2.093f, 2.846f, 2.705f, 3.441f, 3.166f, 4.025f, 4.035f,
    2.921f, 2.846f, 2.959f, 3.386f, 3.62f, 3.905f, 3.758f, 4.237f,
    2.813f, 2.705f, 3.386f, 3.38f, 4.168f, 4.806f, 4.784f, 4.606f,
    3.34f, 3.441f, 3.62f, 4.168f, 4.58f, 4.923f, 5.574f, 5.485f,
    3.464f, 3.166f, 3.905f, 4.806f, 4.923f, 5.439f, 5.094f, 6.087f,
    3.841f, 4.025f, 3.758f, 4.784f, 5.574f, 5.094f, 5.438f, 5.404f,
    3.87f, 4.035f, 4.237f, 4.606f, 5.485f, 6.087f, 5.404f, 4.378f,
};
static const float BASE_CB[64] = {
    2.824f, 6.496f, 9.31f, 10.65f, 11.07f, 17.15f, 18.46f, 29.09f,
    6.496f, 8.89f, 8.977f, 13.67f, 16.55f, 16.64f, 26.78f, 21.33f,
    9.31f, 8.977f, 11.09f, 18.21f, 19.75f, 23.99f, 102.6f, 24.45f,
    10.65f, 13.67f, 18.21f, 18.63f, 16.04f, 25.05f, 25.02f, 35.8f,
    11.07f, 16.55f, 19.75f, 16.04f, 19.37f, 14.68f, 19.95f, 51.09f,
    17.15f, 16.64f, 23.99f, 25.05f, 14.68f, 31.32f, 46.36f, 67.48f,
    18.46f, 26.78f, 102.6f, 25.02f, 19.95f, 46.36f, 61.32f, 88.35f,
    29.09f, 21.33f, 24.45f, 35.8f, 51.09f, 67.48f, 88.35f, 112.2f,
};
static const float BASE_CR[64] = {
    2.922f, 4.498f, 7.356f, 6.584f, 8.536f, 8.799f, 9.188f, 9.483f,
    4.498f, 6.31f, 7.025f, 7.156f, 8.049f, 7.012f, 6.712f, 8.38f,
    7.356f, 7.025f, 6.892f, 6.883f, 8.782f, 6.877f, 7.886f, 8.679f,
    6.584f, 7.156f, 6.883f, 7.003f, 7.722f, 7.955f, 7.473f, 8.363f,
    8.536f, 8.049f, 8.782f, 7.722f, 6.778f, 9.485f, 9.044f, 8.053f,
    8.799f, 7.012f, 6.877f, 7.955f, 9.485f, 8.608f, 9.923f, 64.25f,
    9.188f, 6.712f, 7.886f, 7.473f, 9.044f, 9.923f, 63.18f, 83.35f,
    9.483f, 8.38f, 8.679f, 8.363f, 8.053f, 64.25f, 83.35f, 114.9f,
};
static const float HALVED_CHROMA[64] = {
    0.4093f, 0.3209f, 0.3477f, 0.3333f, 0.3144f, 0.2823f, 0.3214f, 0.3354f,
    0.3209f, 0.3111f, 0.3489f, 0.2801f, 0.3059f, 0.3119f, 0.4135f, 0.3445f,
    0.3477f, 0.3489f, 0.3586f, 0.3257f, 0.2727f, 0.3754f, 0.3369f, 0.3484f,
    0.3333f, 0.2801f, 0.3257f, 0.302f, 0.3515f, 0.341f, 0.3971f, 0.3839f,
    0.3144f, 0.3059f, 0.2727f, 0.3515f, 0.3105f, 0.3397f, 0.2716f, 0.3836f,
    0.2823f, 0.3119f, 0.3754f, 0.341f, 0.3397f, 0.3212f, 0.3203f, 0.0726f,
    0.3214f, 0.4135f, 0.3369f, 0.3971f, 0.2716f, 0.3203f, 0.0798f, 0.0553f,
    0.3354f, 0.3445f, 0.3484f, 0.3839f, 0.3836f, 0.0726f, 0.0553f, 0.3368f,
};
static const float EXPONENTS[64] = {
    1.0f, 0.51f, 0.67f, 0.74f, 1.0f, 1.0f, 1.0f, 1.0f,
    0.51f, 0.66f, 0.69f, 0.87f, 1.0f, 1.0f, 1.0f, 1.0f,
    0.67f, 0.69f, 0.84f, 0.83f, 0.96f, 1.0f, 1.0f, 1.0f,
    0.74f, 0.87f, 0.83f, 1.0f, 1.0f, 0.91f, 0.91f, 1.0f,
    1.0f, 1.0f, 0.96f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f,
    1.0f, 1.0f, 1.0f, 0.91f, 1.0f, 1.0f, 1.0f, 1.0f,
    1.0f, 1.0f, 1.0f, 0.91f, 1.0f, 1.0f, 1.0f, 1.0f,
    1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f,
};
/* clang-format on */

double pare_jpeg_distance(double quality)
{
    if (quality >= 100.0) return 0.01;
    if (quality >= 99.0) return 0.01 + (100.0 - quality) * 0.18;
    if (quality >= 30.0) return 0.1 + (100.0 - quality) * 0.09;
    if (quality < 1.0) quality = 1.0;
    return 53.0 / 3000.0 * quality * quality - 23.0 / 20.0 * quality + 25.0;
}

static double scale_at(double distance, int k)
{
    if (distance < LINEAR_UP_TO) return distance;
    const double scale = LINEAR_UP_TO * pow(distance / LINEAR_UP_TO, (double)EXPONENTS[k]);
    return scale > 0.5 * distance ? scale : 0.5 * distance;
}

typedef enum role { ROLE_LUMA, ROLE_CB, ROLE_CR, ROLE_INK } role;

static role role_of(pare_jpeg_color color, int component)
{
    if (color == PARE_JPEG_GRAY) return ROLE_LUMA;
    if (color == PARE_JPEG_YCC || color == PARE_JPEG_YCCK) {
        static const role roles[4] = {ROLE_LUMA, ROLE_CB, ROLE_CR, ROLE_LUMA};
        return roles[component];
    }
    return ROLE_INK;
}

/* Ink and light components carry colour as well as brightness: gentler than luma. */
#define INK_SCALE 0.8f

void pare_jpeg_tables_make(const pare_jpeg_coeffs *coeffs, double distance,
                           uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64])
{
    static const float *const bases[] = {BASE_LUMA, BASE_CB, BASE_CR, BASE_LUMA};
    const bool is_ycc = coeffs->color == PARE_JPEG_YCC || coeffs->color == PARE_JPEG_YCCK;
    const int chroma_area = is_ycc ? coeffs->planes[1].h * coeffs->planes[1].v : 1;
    const int full_area = is_ycc ? coeffs->max_h * coeffs->max_v : 1;
    /* 1 for 4:2:0, 0.5 for 4:2:2 and 4:4:0, 0 for 4:4:4. */
    const double halved = is_ycc ? log2((double)full_area / chroma_area) / 2.0 : 0.0;
    const double dc_scale = distance > 1.0 ? pow(distance, DC_EXPONENT) : 1.0;
    for (int c = 0; c < coeffs->component_count; c++) {
        const role r = role_of(coeffs->color, c);
        const bool is_chroma = r == ROLE_CB || r == ROLE_CR;
        for (int k = 0; k < 64; k++) {
            double value = (double)(GLOBAL_SCALE * bases[r][k]) * scale_at(distance, k);
            value *= pow((double)HALVED_CHROMA_SCALE, halved);
            if (is_chroma) value *= (double)CHROMA_SCALE * pow((double)HALVED_CHROMA[k], halved);
            if (r == ROLE_INK) value *= (double)INK_SCALE;
            if (k == 0) value *= dc_scale;
            const long rounded = lround(value);
            quants[c][k] = (uint16_t)(rounded < 1 ? 1 : rounded > 255 ? 255 : rounded);
        }
    }
}

#define SAME_STEP_MAX 1.4

void pare_jpeg_tables_fit(const pare_jpeg_coeffs *coeffs,
                          uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64])
{
    for (int c = 0; c < coeffs->component_count; c++) {
        for (int k = 0; k < 64; k++) {
            const uint16_t own = coeffs->planes[c].quant[k]; /* 0 when it has none */
            if (quants[c][k] < own * SAME_STEP_MAX && own <= 255) quants[c][k] = own;
        }
    }
}

/* Table for brightness; halved: chroma is stored at half size. */
static uint32_t luma_table(double quality, bool halved, uint16_t out[64])
{
    const double distance = pare_jpeg_distance(quality);
    uint32_t sum = 0;
    for (int k = 0; k < 64; k++) {
        double value = (double)(GLOBAL_SCALE * BASE_LUMA[k]) * scale_at(distance, k);
        if (halved) value *= (double)HALVED_CHROMA_SCALE;
        if (k == 0 && distance > 1.0) value *= pow(distance, DC_EXPONENT);
        const long rounded = lround(value);
        out[k] = (uint16_t)(rounded < 1 ? 1 : rounded > 255 ? 255 : rounded);
        sum += out[k];
    }
    return sum;
}

static int estimate_one(const uint16_t luma[64], bool halved, uint64_t *gap)
{
    uint16_t table[64];
    uint32_t wanted = 0;
    for (int k = 0; k < 64; k++)
        wanted += luma[k];
    int low = 1, high = 100; /* sums fall as the quality rises */
    while (low < high) {
        const int middle = (low + high) / 2;
        if (luma_table(middle, halved, table) > wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    luma_table(low, halved, table);
    *gap = 0;
    for (int k = 0; k < 64; k++)
        *gap += (uint64_t)abs((int)luma[k] - (int)table[k]);
    return low;
}

int pare_jpeg_tables_estimate(const uint16_t luma[64], uint64_t *gap)
{
    uint64_t whole_gap;
    const int halved = estimate_one(luma, true, gap);
    const int whole = estimate_one(luma, false, &whole_gap);
    if (*gap <= whole_gap) return halved;
    *gap = whole_gap;
    return whole;
}
