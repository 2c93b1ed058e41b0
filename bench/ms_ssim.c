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

/* A row of windows: for each place the sums of a, b, aa, bb and ab. Planes of their own, so that
 * the compiler makes vectors of the loops. */
typedef struct sums {
    float *of[MAPS]; /* owned by of[0] */
} sums;

static bool sums_make(sums *out, size_t width)
{
    out->of[0] = malloc(MAPS * width * sizeof(float));
    for (size_t k = 1; k < MAPS && out->of[0]; k++)
        out->of[k] = out->of[0] + k * width;
    return out->of[0] != NULL;
}

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

/* Down: to += tap * what the row says. */
static void add_row(const sums *to, const float *a, const float *b, size_t width, float tap)
{
    float *restrict to_a = to->of[0], *restrict to_b = to->of[1], *restrict to_aa = to->of[2];
    float *restrict to_bb = to->of[3], *restrict to_ab = to->of[4];
    for (size_t x = 0; x < width; x++) {
        const float ta = tap * a[x], tb = tap * b[x];
        to_a[x] += ta;
        to_b[x] += tb;
        to_aa[x] += ta * a[x];
        to_bb[x] += tb * b[x];
        to_ab[x] += ta * b[x];
    }
}

/* Across. */
static void blur_row(const sums *column, const sums *window, size_t count, const float taps[TAPS])
{
    for (int k = 0; k < MAPS; k++) {
        const float *from = column->of[k];
        float *restrict to = window->of[k];
        for (size_t x = 0; x < count; x++) {
            float sum = 0;
            for (int i = 0; i < TAPS; i++)
                sum += taps[i] * from[x + (size_t)i];
            to[x] = sum;
        }
    }
}

/* The two terms of a row of windows, in the place of the first two sums; their totals are added. */
static void add_terms(const sums *window, size_t count, double *luminance, double *structure)
{
    const float c1 = 6.5025f, c2 = 58.5225f; /* (0.01 * 255)^2, (0.03 * 255)^2 */
    float *restrict l = window->of[0], *restrict s = window->of[1];
    const float *restrict of_aa = window->of[2], *restrict of_bb = window->of[3];
    const float *restrict of_ab = window->of[4];
    for (size_t x = 0; x < count; x++) {
        const float a = l[x], b = s[x];
        const float aa = of_aa[x] - a * a, bb = of_bb[x] - b * b, ab = of_ab[x] - a * b;
        l[x] = (2 * a * b + c1) / (a * a + b * b + c1);
        s[x] = (2 * ab + c2) / (aa + bb + c2);
    }
    for (size_t x = 0; x < count; x++) {
        *luminance += (double)l[x];
        *structure += (double)s[x];
    }
}

/* Means of the two terms over all whole windows. */
static bool one_scale(const plane *a, const plane *b, double *luminance, double *structure)
{
    float taps[TAPS];
    const size_t columns = a->width - (TAPS - 1), rows = a->height - (TAPS - 1);
    sums column = {{0}}, window = {{0}};
    const bool ok = sums_make(&column, a->width) && sums_make(&window, a->width);
    fill_taps(taps);
    *luminance = *structure = 0;
    for (size_t y = 0; y < rows && ok; y++) {
        memset(column.of[0], 0, MAPS * a->width * sizeof(float));
        for (size_t i = 0; i < TAPS; i++) {
            const size_t at = (y + i) * a->width;
            add_row(&column, a->samples + at, b->samples + at, a->width, taps[i]);
        }
        blur_row(&column, &window, columns, taps);
        add_terms(&window, columns, luminance, structure);
    }
    free(column.of[0]);
    free(window.of[0]);
    *luminance /= (double)columns * (double)rows;
    *structure /= (double)columns * (double)rows;
    return ok;
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
