// SPDX-License-Identifier: Apache-2.0
/* Halving of chroma planes in the DCT domain: the low half of the 16-point DCT of two neighbouring
 * blocks is the DCT of their signal at half the rate (Dugad and Ahuja 2001, in its exact form). */
#include <math.h>
#include <stdlib.h>

#include "core/codec/jpeg_coeffs.h"

#define STORED_UNIT (1.0f / 16.0f)

/* out[u] = sum over v of maps[side][u][v] in[v]. */
typedef struct halving {
    float maps[2][8][8];
    bool halve_x, halve_y;
} halving;

static double basis(int points, int u, int x)
{
    const double scale = sqrt((u ? 2.0 : 1.0) / points);
    return scale * cos((2 * x + 1) * u * 3.14159265358979323846 / (2 * points));
}

static void make_maps(halving *self)
{
    for (int side = 0; side < 2; side++) {
        for (int u = 0; u < 8; u++) {
            for (int v = 0; v < 8; v++) {
                double sum = 0.0;
                for (int x = 0; x < 8; x++)
                    sum += basis(16, u, side * 8 + x) * basis(8, v, x);
                self->maps[side][u][v] = (float)(sum * 0.70710678118654752440);
            }
        }
    }
}

/* Values of a block. Beyond the edge: the block at the edge, mirrored. */
static void load_block(const pare_jpeg_plane *plane, uint32_t x, uint32_t y, float *out)
{
    const bool mirror_x = x >= plane->width_blocks, mirror_y = y >= plane->height_blocks;
    if (mirror_x) x = plane->width_blocks - 1;
    if (mirror_y) y = plane->height_blocks - 1;
    const int16_t *block = plane->rows[y] + (size_t)x * 64;
    for (int i = 0; i < 64; i++) {
        float stored = block[i];
        if (i && stored > 0.0f) stored -= plane->shrink;
        if (i && stored < 0.0f) stored += plane->shrink;
        const bool negate = (mirror_x && (i & 1)) != (mirror_y && (i & 8));
        out[i] = (negate ? -stored : stored) * plane->step[i];
    }
}

/* out += map in, column by column. */
static void add_mapped_columns(const float map[8][8], const float *in, float *out)
{
    for (int u = 0; u < 8; u++) {
        for (int v = 0; v < 8; v++) {
            for (int x = 0; x < 8; x++)
                out[u * 8 + x] += map[u][v] * in[v * 8 + x];
        }
    }
}

static void transpose(float *block)
{
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < y; x++) {
            const float t = block[y * 8 + x];
            block[y * 8 + x] = block[x * 8 + y];
            block[x * 8 + y] = t;
        }
    }
}

/* The transposed column of one or two blocks above each other. */
static void load_halved_column(const halving *self, const pare_jpeg_plane *plane, uint32_t x,
                               uint32_t y, float *out)
{
    if (!self->halve_y) {
        load_block(plane, x, y, out);
    } else {
        for (int i = 0; i < 64; i++)
            out[i] = 0.0f;
        for (uint32_t side = 0; side < 2; side++) {
            float block[64];
            load_block(plane, x, y * 2 + side, block);
            add_mapped_columns(self->maps[side], block, out);
        }
    }
    transpose(out);
}

static void halve_block(const halving *self, const pare_jpeg_plane *plane, uint32_t x, uint32_t y,
                        int16_t *to)
{
    float sum[64] = {0.0f};
    if (!self->halve_x) {
        load_halved_column(self, plane, x, y, sum);
    } else {
        for (uint32_t side = 0; side < 2; side++) {
            float column[64];
            load_halved_column(self, plane, x * 2 + side, y, column);
            add_mapped_columns(self->maps[side], column, sum);
        }
    }
    transpose(sum);
    for (int i = 0; i < 64; i++) {
        float stored = sum[i] / STORED_UNIT;
        stored = stored > 32767.0f ? 32767.0f : stored < -32767.0f ? -32767.0f : stored;
        to[i] = (int16_t)lrintf(stored);
    }
}

static pare_err halve_plane(const pare_jpeg_coeffs *coeffs, const halving *self,
                            pare_jpeg_plane *plane)
{
    pare_jpeg_plane half = {.id = plane->id, .h = 1, .v = 1};
    const pare_err err =
        pare_jpeg_plane_init(&half, (coeffs->width_px + 15) / 16, (coeffs->height_px + 15) / 16);
    if (err == PARE_OK) {
        for (uint32_t y = 0; y < half.height_blocks; y++) {
            int16_t *row = half.own + (size_t)y * half.width_blocks * 64;
            for (uint32_t x = 0; x < half.width_blocks; x++) {
                halve_block(self, plane, x, y, row + (size_t)x * 64);
            }
        }
        for (int i = 0; i < 64; i++)
            half.step[i] = STORED_UNIT;
        free(plane->rows);
        free(plane->own);
        *plane = half;
        return PARE_OK;
    }
    free(half.rows);
    free(half.own);
    return err;
}

/* Whether luma is h x v times the chroma in sampling, with both chroma planes alike. */
static bool is_sampled(const pare_jpeg_coeffs *coeffs, int h, int v)
{
    const pare_jpeg_plane *p = coeffs->planes;
    return coeffs->color == PARE_JPEG_YCC && p[0].h == h * p[1].h && p[0].v == v * p[1].v &&
           p[1].h == p[2].h && p[1].v == p[2].v && p[0].h == coeffs->max_h &&
           p[0].v == coeffs->max_v;
}

static bool is_halvable(const pare_jpeg_coeffs *coeffs)
{
    return is_sampled(coeffs, 1, 1) || is_sampled(coeffs, 2, 1) || is_sampled(coeffs, 1, 2);
}

double pare_jpeg_coeffs_chroma_loss(const pare_jpeg_coeffs *coeffs)
{
    if (!is_halvable(coeffs)) return 0.0;
    const bool lose_x = !is_sampled(coeffs, 2, 1), lose_y = !is_sampled(coeffs, 1, 2);
    double energy = 0.0, count = 0.0;
    for (int c = 1; c <= 2; c++) {
        const pare_jpeg_plane *plane = &coeffs->planes[c];
        float squares[64];
        for (int i = 0; i < 64; i++) {
            const bool is_lost = (lose_x && i % 8 >= 4) || (lose_y && i / 8 >= 4);
            squares[i] = is_lost ? plane->step[i] * plane->step[i] : 0.0f;
        }
        for (uint32_t y = 0; y < plane->height_blocks; y++) {
            const int16_t *block = plane->rows[y];
            for (uint32_t x = 0; x < plane->width_blocks; x++, block += 64) {
                float sum = 0.0f;
                for (int i = 0; i < 64; i++) {
                    sum += squares[i] * (float)block[i] * (float)block[i];
                }
                energy += (double)sum;
            }
        }
        count += 64.0 * plane->width_blocks * plane->height_blocks;
    }
    return energy / count;
}

pare_err pare_jpeg_coeffs_halve_chroma(pare_jpeg_coeffs *coeffs, pare_diag *diag)
{
    (void)diag;
    if (!is_halvable(coeffs)) return PARE_OK;
    halving self = {.halve_x = !is_sampled(coeffs, 2, 1), .halve_y = !is_sampled(coeffs, 1, 2)};
    make_maps(&self);
    for (int c = 1; c <= 2; c++)
        PARE_TRY(halve_plane(coeffs, &self, &coeffs->planes[c]));
    coeffs->planes[0].h = coeffs->planes[0].v = 2;
    coeffs->max_h = coeffs->max_v = 2;
    return PARE_OK;
}
