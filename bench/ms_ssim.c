// SPDX-License-Identifier: Apache-2.0
/* MS-SSIM on planes of floats. */
#include "ms_ssim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALES = 5, TAPS = 11, PLANES = 3, MAPS = 5 };
static const double WEIGHTS[SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
static const double PLANE_WEIGHTS[PLANES] = {0.75, 0.125, 0.125};

typedef struct plane {
    size_t width, height;
    float *samples; /* owned */
} plane;

/* Sums of one window: a, b, aa, bb, ab. */
typedef struct means {
    float of[MAPS];
} means;

static void fill_taps(float taps[TAPS])
{
    double sum = 0, values[TAPS];
    for (int i = 0; i < TAPS; i++) {
        const double at = i - TAPS / 2;
        sum += values[i] = exp(-at * at / (2 * 1.5 * 1.5));
    }
    for (int i = 0; i < TAPS; i++)
        taps[i] = (float)(values[i] / sum);
}

static bool take_plane(const pare_image *image, int index, plane *out)
{
    static const float MATRIX[PLANES][3] = {
        {0.299f, 0.587f, 0.114f}, {-0.168736f, -0.331264f, 0.5f}, {0.5f, -0.418688f, -0.081312f}};
    const float *m = MATRIX[index];
    *out = (plane){image->width_px, image->height_px, NULL};
    out->samples = malloc(out->width * out->height * sizeof(float));
    if (!out->samples) return false;
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        float *to = out->samples + y * out->width;
        for (size_t x = 0; x < out->width; x++, row += 3)
            to[x] = m[0] * row[0] + m[1] * row[1] + m[2] * row[2];
    }
    return true;
}

/* Half the size, in place: means of 2 x 2; an odd last row or column is dropped. */
static void halve(plane *p)
{
    const size_t width = p->width / 2, height = p->height / 2;
    for (size_t y = 0; y < height; y++) {
        const float *top = p->samples + 2 * y * p->width, *low = top + p->width;
        for (size_t x = 0; x < width; x++) {
            p->samples[y * width + x] =
                (top[2 * x] + top[2 * x + 1] + low[2 * x] + low[2 * x + 1]) / 4;
        }
    }
    p->width = width;
    p->height = height;
}

/* Windows of one row of columns, across. */
static void blur_row(const means *column, size_t count, const float taps[TAPS], double *luminance,
                     double *structure)
{
    const float c1 = 6.5025f, c2 = 58.5225f; /* (0.01 * 255)^2, (0.03 * 255)^2 */
    for (size_t x = 0; x < count; x++) {
        means m = {{0}};
        for (int i = 0; i < TAPS; i++) {
            for (int k = 0; k < MAPS; k++)
                m.of[k] += taps[i] * column[x + (size_t)i].of[k];
        }
        const float a = m.of[0], b = m.of[1];
        const float aa = m.of[2] - a * a, bb = m.of[3] - b * b, ab = m.of[4] - a * b;
        *luminance += (double)((2 * a * b + c1) / (a * a + b * b + c1));
        *structure += (double)((2 * ab + c2) / (aa + bb + c2));
    }
}

/* Means of the two terms over all whole windows. */
static bool one_scale(const plane *a, const plane *b, double *luminance, double *structure)
{
    float taps[TAPS];
    const size_t columns = a->width - (TAPS - 1), rows = a->height - (TAPS - 1);
    means *const column = malloc(a->width * sizeof *column);
    if (!column) return false;
    fill_taps(taps);
    *luminance = *structure = 0;
    for (size_t y = 0; y < rows; y++) {
        memset(column, 0, a->width * sizeof *column);
        for (size_t i = 0; i < TAPS; i++) {
            const float *row_a = a->samples + (y + i) * a->width;
            const float *row_b = b->samples + (y + i) * b->width;
            for (size_t x = 0; x < a->width; x++) {
                const float va = row_a[x], vb = row_b[x], t = taps[i];
                float *to = column[x].of;
                to[0] += t * va;
                to[1] += t * vb;
                to[2] += t * va * va;
                to[3] += t * vb * vb;
                to[4] += t * va * vb;
            }
        }
        blur_row(column, columns, taps, luminance, structure);
    }
    free(column);
    *luminance /= (double)columns * (double)rows;
    *structure /= (double)columns * (double)rows;
    return true;
}

static int scales_that_fit(const plane *p)
{
    int scales = 0;
    for (size_t side = p->width < p->height ? p->width : p->height; side >= TAPS; side /= 2)
        scales++;
    return scales < SCALES ? scales : SCALES;
}

/* One plane; a and b are used up. */
static bool multi_scale(plane *a, plane *b, double *value)
{
    const int scales = scales_that_fit(a);
    double total = 0, product = 1, luminance = 1, structure = 1;
    for (int i = 0; i < scales; i++)
        total += WEIGHTS[i];
    for (int i = 0; i < scales; i++) {
        if (!one_scale(a, b, &luminance, &structure)) return false;
        const double term = i == scales - 1 ? luminance * structure : structure;
        product *= pow(term > 0 ? term : 0, WEIGHTS[i] / total);
        halve(a);
        halve(b);
    }
    *value = product;
    return true;
}

pare_err ms_ssim_db(const pare_image *a, const pare_image *b, double *db)
{
    if (a->width_px != b->width_px || a->height_px != b->height_px || a->channels != 3 ||
        b->channels != 3 || a->depth_bits != 8 || b->depth_bits != 8) {
        return PARE_ERR_INVALID;
    }
    double sum = 0;
    for (int i = 0; i < PLANES; i++) {
        plane pa = {0}, pb = {0};
        double value = 1;
        const bool ok =
            take_plane(a, i, &pa) && take_plane(b, i, &pb) && multi_scale(&pa, &pb, &value);
        free(pa.samples);
        free(pb.samples);
        if (!ok) return PARE_ERR_NO_MEMORY;
        sum += PLANE_WEIGHTS[i] * value;
    }
    *db = sum >= 1 ? MS_SSIM_SAME_DB : -10 * log10(1 - sum);
    if (*db > MS_SSIM_SAME_DB) *db = MS_SSIM_SAME_DB;
    return PARE_OK;
}
