// SPDX-License-Identifier: Apache-2.0
/* Halving of chroma planes in the DCT domain: the low half of the 16-point DCT of two neighbouring
 * blocks is the DCT of their signal at half the rate (Dugad and Ahuja 2001, in its exact form). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_rows.h"

#define STORED_UNIT (1.0f / 16.0f)
#define LOSS_BLOCKS 8192u /* about as many blocks tell what halving loses */

/* maps[side * 8 + v][u]: what coefficient v of the first or second block adds to u of the result.
 */
typedef struct halving {
    float maps[16][8];
    bool halve_x, halve_y;
    int16_t *rows[2]; /* of the plane, that make one */
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

/* Adds the rows of the block at x, y, which is in blocks. Beyond the edge: the block at the edge,
 * mirrored. */
static void list_rows(const pare_jpeg_plane *plane, const int16_t *blocks, uint32_t x, uint32_t y,
                      int side, row_list *list)
{
    const bool mirror_x = x >= plane->width_blocks, mirror_y = y >= plane->height_blocks;
    if (mirror_x) x = plane->width_blocks - 1;
    const int16_t *block = blocks + (size_t)x * 64;
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
            list_rows(plane, self->rows[j], x * sides_x + i, y * sides_y + j, (int)j, &list);
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

/* Row y of half, of one or two of plane; beyond the edge: the last. */
static void halve_row(const halving *self, const pare_jpeg_plane *plane, uint32_t y,
                      pare_jpeg_plane *half)
{
    const uint32_t sides = self->halve_y ? 2 : 1, last = plane->height_blocks - 1;
    int16_t *row = half->own + (size_t)y * half->width_blocks * 64;
    for (uint32_t i = 0; i < sides; i++) {
        const uint32_t from = y * sides + i;
        pare_jpeg_row_copy(plane, from < last ? from : last, self->rows[i]);
    }
    for (uint32_t x = 0; x < half->width_blocks; x++)
        halve_block(self, plane, x, y, row + (size_t)x * 64);
}

static pare_err halve_plane(const pare_jpeg_coeffs *coeffs, const halving *self,
                            const pare_jpeg_plane *plane, pare_jpeg_plane *half)
{
    *half = (pare_jpeg_plane){.id = plane->id, .h = 1, .v = 1};
    PARE_TRY(
        pare_jpeg_plane_init(half, (coeffs->width_px + 15) / 16, (coeffs->height_px + 15) / 16));
    for (uint32_t y = 0; y < half->height_blocks; y++)
        halve_row(self, plane, y, half);
    for (int i = 0; i < 64; i++)
        half->step[i] = STORED_UNIT;
    return PARE_OK;
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

/* Energy of the frequencies whose squared steps are given, of one block. */
static float energy_of(const int16_t *block, const float *squares)
{
    float sum = 0.0f;
    for (int i = 0; i < 64; i++)
        sum += squares[i] * (float)block[i] * (float)block[i];
    return sum;
}

/* What blocks are measured by, and what came out. */
typedef struct chroma_sums {
    float squares[2][64]; /* squared steps of the frequencies that would be lost, and below */
    double sums[2];
} chroma_sums;

static void visit_chroma(void *user, const int16_t *block)
{
    chroma_sums *chroma = user;
    for (int i = 0; i < 2; i++)
        chroma->sums[i] += (double)energy_of(block, chroma->squares[i]);
}

typedef struct luma_sum {
    float squares[64];
    double sum;
} luma_sum;

static void visit_luma(void *user, const int16_t *block)
{
    luma_sum *luma = user;
    luma->sum += log1p((double)energy_of(block, luma->squares) / 64.0);
}

static double luma_activity(const pare_jpeg_plane *plane)
{
    luma_sum luma = {0};
    for (int i = 1; i < 64; i++)
        luma.squares[i] = plane->step[i] * plane->step[i];
    const uint64_t count = pare_jpeg_rows_sample(plane, LOSS_BLOCKS, visit_luma, &luma);
    return expm1(luma.sum / (double)(count ? count : 1));
}

pare_jpeg_halving_cost pare_jpeg_coeffs_halving_cost(const pare_jpeg_coeffs *coeffs)
{
    pare_jpeg_halving_cost cost = {.is_halvable = is_halvable(coeffs)};
    if (!cost.is_halvable) return cost;
    const bool lose_x = !is_sampled(coeffs, 2, 1), lose_y = !is_sampled(coeffs, 1, 2);
    chroma_sums chroma = {0};
    uint64_t count = 0;
    for (int c = 1; c <= 2; c++) {
        const pare_jpeg_plane *plane = &coeffs->planes[c];
        memset(chroma.squares, 0, sizeof chroma.squares);
        for (int i = 0; i < 64; i++) {
            const int x = lose_x ? i % 8 : 0, y = lose_y ? i / 8 : 0;
            const int highest = x > y ? x : y;
            if (highest < 2) continue;
            chroma.squares[highest < 4][i] = plane->step[i] * plane->step[i];
        }
        count += pare_jpeg_rows_sample(plane, LOSS_BLOCKS, visit_chroma, &chroma);
    }
    const double samples = 64.0 * (double)(count ? count : 1);
    cost.lost = chroma.sums[0] / samples;
    cost.below = chroma.sums[1] / samples;
    cost.activity = luma_activity(&coeffs->planes[0]);
    return cost;
}

pare_err pare_jpeg_coeffs_halve(const pare_jpeg_coeffs *coeffs, pare_jpeg_coeffs *out)
{
    halving self = {.halve_x = !is_sampled(coeffs, 2, 1), .halve_y = !is_sampled(coeffs, 1, 2)};
    make_maps(&self);
    *out = *coeffs;
    for (int i = 0; i < PARE_JPEG_COMPONENTS_MAX; i++)
        out->planes[i].borrows = true;
    out->planes[0].h = out->planes[0].v = 2;
    out->max_h = out->max_v = 2;
    const size_t row_len = (size_t)coeffs->planes[1].width_blocks * 64 * sizeof(int16_t);
    self.rows[0] = malloc(row_len);
    self.rows[1] = malloc(row_len);
    pare_err err = self.rows[0] && self.rows[1] ? PARE_OK : PARE_ERR_NO_MEMORY;
    for (int c = 1; c <= 2 && err == PARE_OK; c++)
        err = halve_plane(coeffs, &self, &coeffs->planes[c], &out->planes[c]);
    free(self.rows[0]);
    free(self.rows[1]);
    if (err != PARE_OK) pare_jpeg_coeffs_deinit(out);
    return err;
}
