// SPDX-License-Identifier: Apache-2.0
/* Halving of chroma planes in the DCT domain: the low half of the 16-point DCT of two neighbouring
 * blocks is the DCT of their signal at half the rate (Dugad and Ahuja 2001, in its exact form). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_coeffs.h"

#define STORED_UNIT (1.0f / 16.0f)
#define LOSS_BLOCKS 8192u /* about as many blocks tell what halving loses */

/* maps[side * 8 + v][u]: what coefficient v of the first or second block adds to u of the result.
 */
typedef struct halving {
    float maps[16][8];
    bool halve_x, halve_y;
} halving;

/* The rows of one or two blocks above each other that are not all zero: most are. */
typedef struct row_list {
    int count;
    uint8_t ids[16]; /* index into maps */
    float rows[16][8];
} row_list;

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
                self->maps[side * 8 + v][u] = (float)(sum * 0.70710678118654752440);
            }
        }
    }
}

static bool is_zero_row(const int16_t *row)
{
    uint64_t parts[2];
    memcpy(parts, row, sizeof parts);
    return (parts[0] | parts[1]) == 0;
}

/* Adds the rows of the block at x, y. Beyond the edge: the block at the edge, mirrored. */
static void list_rows(const pare_jpeg_plane *plane, uint32_t x, uint32_t y, int side,
                      row_list *list)
{
    const bool mirror_x = x >= plane->width_blocks, mirror_y = y >= plane->height_blocks;
    if (mirror_x) x = plane->width_blocks - 1;
    if (mirror_y) y = plane->height_blocks - 1;
    const int16_t *block = plane->rows[y] + (size_t)x * 64;
    for (int v = 0; v < 8; v++) {
        const int16_t *row = block + v * 8;
        const float *step = plane->step + v * 8;
        if (is_zero_row(row)) continue;
        float *to = list->rows[list->count];
        list->ids[list->count++] = (uint8_t)(side * 8 + v);
        for (int u = 0; u < 8; u++) {
            const float magnitude = fabsf((float)row[u]) - plane->shrink;
            to[u] = copysignf(magnitude > 0.0f ? magnitude : 0.0f, row[u]) * step[u];
        }
        if (v == 0) to[0] = (float)row[0] * step[0];
        for (int u = 0; u < 8; u++) {
            if ((mirror_x && (u & 1)) != (mirror_y && (v & 1))) to[u] = -to[u];
        }
    }
}

/* out[u] = sum over the listed rows of maps[id][u] x row. */
static void map_rows(const float (*maps)[8], const row_list *list, float (*restrict out)[8])
{
    memset(out, 0, 64 * sizeof(float));
    for (int i = 0; i < list->count; i++) {
        const float *map = maps[list->ids[i]];
        const float *row = list->rows[i];
        for (int u = 0; u < 8; u++) {
            for (int x = 0; x < 8; x++)
                out[u][x] += map[u] * row[x];
        }
    }
}

/* Adds the columns of a block, as rows, that are not all zero. */
static void list_columns(const float (*block)[8], int side, row_list *list)
{
    float sums[8] = {0.0f};
    for (int v = 0; v < 8; v++) {
        for (int u = 0; u < 8; u++)
            sums[u] += fabsf(block[v][u]);
    }
    for (int u = 0; u < 8; u++) {
        if (sums[u] == 0.0f) continue;
        for (int v = 0; v < 8; v++)
            list->rows[list->count][v] = block[v][u];
        list->ids[list->count++] = (uint8_t)(side * 8 + u);
    }
}

/* Maps that change nothing, for a direction that is not halved. */
static const float IDENTITY[8][8] = {{1, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, 0, 0},
                                     {0, 0, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0, 0},
                                     {0, 0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 1, 0, 0},
                                     {0, 0, 0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 0, 0, 1}};

static void halve_block(const halving *self, const pare_jpeg_plane *plane, uint32_t x, uint32_t y,
                        int16_t *to)
{
    const uint32_t sides_x = self->halve_x ? 2 : 1, sides_y = self->halve_y ? 2 : 1;
    row_list columns = {0};
    float out[8][8];
    for (uint32_t i = 0; i < sides_x; i++) {
        row_list list;
        list.count = 0;
        for (uint32_t j = 0; j < sides_y; j++) {
            list_rows(plane, x * sides_x + i, y * sides_y + j, (int)j, &list);
        }
        map_rows(self->halve_y ? self->maps : IDENTITY, &list, out);
        list_columns((const float(*)[8])out, (int)i, &columns);
    }
    map_rows(self->halve_x ? self->maps : IDENTITY, &columns, out);
    for (int v = 0; v < 8; v++) {
        for (int u = 0; u < 8; u++) {
            float stored = out[u][v] * (1.0f / STORED_UNIT);
            stored = stored > 32767.0f ? 32767.0f : stored < -32767.0f ? -32767.0f : stored;
            to[v * 8 + u] = (int16_t)(stored + (stored < 0.0f ? -0.5f : 0.5f));
        }
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
    double energy = 0.0, count = 1e-9;
    for (int c = 1; c <= 2; c++) {
        const pare_jpeg_plane *plane = &coeffs->planes[c];
        float squares[64];
        for (int i = 0; i < 64; i++) {
            const bool is_lost = (lose_x && i % 8 >= 4) || (lose_y && i / 8 >= 4);
            squares[i] = is_lost ? plane->step[i] * plane->step[i] : 0.0f;
        }
        const uint64_t blocks = (uint64_t)plane->width_blocks * plane->height_blocks;
        const uint32_t stride = (uint32_t)(blocks / LOSS_BLOCKS) + 1;
        for (uint32_t y = 0; y < plane->height_blocks; y++) {
            for (uint32_t x = y * 7 % stride; x < plane->width_blocks; x += stride) {
                const int16_t *block = plane->rows[y] + (size_t)x * 64;
                float sum = 0.0f;
                for (int i = 0; i < 64; i++) {
                    sum += squares[i] * (float)block[i] * (float)block[i];
                }
                energy += (double)sum;
                count += 64.0;
            }
        }
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
