// SPDX-License-Identifier: Apache-2.0
/* Halving of chroma planes in the DCT domain: the low half of the 16-point DCT of two neighbouring
 * blocks is the DCT of their signal at half the rate (Dugad and Ahuja 2001, in its exact form). */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* unrolls the loops over rows */
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_rows.h"

#define STORED_UNIT (1.0f / 16.0f)
#define LOSS_BLOCKS 8192u /* about as many blocks tell what halving loses */

typedef float quad __attribute__((vector_size(16)));
typedef int32_t int_quad __attribute__((vector_size(16)));
typedef int16_t short_quad __attribute__((vector_size(8)));
typedef int16_t short_octet __attribute__((vector_size(16)));

/* maps[side * 8 + v][u]: what coefficient v of the first or second block adds to u of the result.
 */
typedef struct halving {
    float maps[16][8];
    bool halve_x, halve_y;
    int16_t *spare[2];      /* for rows of a plane that is packed */
    const int16_t *rows[2]; /* of the plane, that make one */
} halving;

/* Rows to be added up, each with a factor for each row of the sum. */
typedef struct term {
    const float *factors, *row;
} term;

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

/* Maps that change nothing, for a direction that is not halved. */
static const float IDENTITY[8][8] = {{1, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, 0, 0},
                                     {0, 0, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0, 0},
                                     {0, 0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 1, 0, 0},
                                     {0, 0, 0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 0, 0, 1}};

static quad load_quad(const float *from)
{
    quad value;
    memcpy(&value, from, sizeof value);
    return value;
}

/* Each number is doubled to 32 bits and shifted down: compilers convert so few one by one. */
static quad load_numbers(const int16_t *from)
{
    short_octet stored = {0};
    memcpy(&stored, from, 4 * sizeof *from);
    const short_octet twice = __builtin_shufflevector(stored, stored, 0, 0, 1, 1, 2, 2, 3, 3);
    return __builtin_convertvector((int_quad)twice >> 16, quad);
}

static int_quad sign_of(quad value)
{
    return (int_quad)value & INT32_MIN;
}

static quad magnitude_of(quad value)
{
    return (quad)((int_quad)value & INT32_MAX);
}

/* The values of a row of numbers, AC magnitudes shrunk. */
static void value_row(const int16_t *row, const float *steps, float shrink, float *out)
{
    for (int i = 0; i < 8; i += 4) {
        const quad number = load_numbers(row + i);
        const quad magnitude = magnitude_of(number) - shrink;
        const int_quad kept = (int_quad)magnitude & (magnitude > 0.0f);
        const quad value = (quad)(kept | sign_of(number)) * load_quad(steps + i);
        memcpy(out + i, &value, sizeof value);
    }
}

/* Odd frequencies change their sign where a block is mirrored. */
static void mirror(float *row, bool mirrors_x, bool turns)
{
    for (int u = 0; u < 8; u++) {
        if ((mirrors_x && (u & 1)) != turns) row[u] = -row[u];
    }
}

/* Lists the rows of the block at x, y, which is in blocks, that are not all zero: most are. Beyond
 * the edge: the block at the edge, mirrored. Returns how many. */
static int list_rows(const halving *self, const pare_jpeg_plane *plane, uint32_t x, uint32_t y,
                     int side, float (*values)[8], term *terms)
{
    const float(*maps)[8] = self->halve_y ? self->maps : IDENTITY;
    const bool mirror_x = x >= plane->width_blocks, mirror_y = y >= plane->height_blocks;
    if (mirror_x) x = plane->width_blocks - 1;
    const int16_t *block = self->rows[side] + (size_t)x * 64;
    int count = 0;
    for (int v = 0; v < 8; v++) {
        const int16_t *row = block + v * 8;
        if (is_zero_row(row)) continue;
        const float *steps = plane->step + v * 8;
        value_row(row, steps, plane->shrink, values[count]);
        if (v == 0) values[count][0] = (float)row[0] * steps[0];
        if (mirror_x || mirror_y) mirror(values[count], mirror_x, mirror_y && (v & 1));
        terms[count] = (term){.factors = maps[side * 8 + v], .row = values[count]};
        count++;
    }
    return count;
}

/* out[r] = sum over the terms of factors[r * stride] x row: four rows of the sum at a time, which
 * stay in registers. */
static inline void add_up(const term *terms, int count, size_t stride, float (*restrict out)[8])
{
    for (size_t first = 0; first < 8; first += 4) {
        quad sums[4][2] = {0};
        for (int i = 0; i < count; i++) {
            const float *factors = terms[i].factors + first * stride;
            const quad left = load_quad(terms[i].row), right = load_quad(terms[i].row + 4);
            for (size_t r = 0; r < 4; r++) {
                sums[r][0] += factors[r * stride] * left;
                sums[r][1] += factors[r * stride] * right;
            }
        }
        memcpy(out[first], sums, sizeof sums);
    }
}

/* Lists the columns that are not all zero. Returns how many. */
static int list_columns(const float (*maps)[8], const float (*block)[8], term *terms)
{
    quad sums[2] = {0};
    float of_column[8];
    int count = 0;
    for (int v = 0; v < 8; v++) {
        sums[0] += magnitude_of(load_quad(block[v]));
        sums[1] += magnitude_of(load_quad(block[v] + 4));
    }
    memcpy(of_column, sums, sizeof sums);
    for (int u = 0; u < 8; u++) {
        if (of_column[u] == 0.0f) continue;
        terms[count++] = (term){.factors = &block[0][u], .row = maps[u]};
    }
    return count;
}

/* Rounded to the stored unit, away from zero. */
static void store_row(const float *row, int16_t *to)
{
    const quad most = {32767.0f, 32767.0f, 32767.0f, 32767.0f};
    for (int i = 0; i < 8; i += 4) {
        const quad value = load_quad(row + i) * (1.0f / STORED_UNIT);
        const quad magnitude = magnitude_of(value);
        const int_quad is_beyond = magnitude > most;
        const quad held = (quad)(((int_quad)magnitude & ~is_beyond) | ((int_quad)most & is_beyond));
        const quad rounded = (quad)((int_quad)(held + 0.5f) | sign_of(value));
        const short_quad stored =
            __builtin_convertvector(__builtin_convertvector(rounded, int_quad), short_quad);
        memcpy(to + i, &stored, sizeof stored);
    }
}

static void halve_block(const halving *self, const pare_jpeg_plane *plane, uint32_t x, uint32_t y,
                        int16_t *to)
{
    const uint32_t sides_x = self->halve_x ? 2 : 1, sides_y = self->halve_y ? 2 : 1;
    const float(*maps)[8] = self->halve_x ? self->maps : IDENTITY;
    float upright[2][8][8], out[8][8];
    term columns[16];
    int column_count = 0;
    for (uint32_t i = 0; i < sides_x; i++) {
        float values[16][8];
        term rows[16];
        int count = 0;
        for (uint32_t j = 0; j < sides_y; j++) {
            count += list_rows(self, plane, x * sides_x + i, y * sides_y + j, (int)j,
                               values + count, rows + count);
        }
        add_up(rows, count, 1, upright[i]);
        column_count += list_columns(maps + (size_t)i * 8, (const float(*)[8])upright[i],
                                     columns + column_count);
    }
    add_up(columns, column_count, 8, out);
    for (int v = 0; v < 8; v++)
        store_row(out[v], to + (size_t)v * 8);
}

/* Row y of half, of one or two of plane; beyond the edge: the last. */
static void halve_row(halving *self, const pare_jpeg_plane *plane, uint32_t y,
                      pare_jpeg_plane *half)
{
    const uint32_t sides = self->halve_y ? 2 : 1, last = plane->height_blocks - 1;
    int16_t *row = half->own + (size_t)y * half->width_blocks * 64;
    for (uint32_t i = 0; i < sides; i++) {
        const uint32_t from = y * sides + i;
        self->rows[i] = pare_jpeg_row_at(plane, from < last ? from : last, self->spare[i]);
    }
    for (uint32_t x = 0; x < half->width_blocks; x++)
        halve_block(self, plane, x, y, row + (size_t)x * 64);
}

static pare_err halve_plane(const pare_jpeg_coeffs *coeffs, halving *self,
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
    quad sum = {0.0f};
    for (int i = 0; i < 64; i += 4) {
        const quad number = load_numbers(block + i);
        sum += load_quad(squares + i) * number * number;
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
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
    self.spare[0] = malloc(row_len);
    self.spare[1] = malloc(row_len);
    pare_err err = self.spare[0] && self.spare[1] ? PARE_OK : PARE_ERR_NO_MEMORY;
    for (int c = 1; c <= 2 && err == PARE_OK; c++)
        err = halve_plane(coeffs, &self, &coeffs->planes[c], &out->planes[c]);
    free(self.spare[0]);
    free(self.spare[1]);
    if (err != PARE_OK) pare_jpeg_coeffs_deinit(out);
    return err;
}
