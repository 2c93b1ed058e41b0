// SPDX-License-Identifier: Apache-2.0
/* Chroma halved in the DCT domain is what a long way round through samples gives: the low half of
 * the frequencies of two blocks beside, above, or around each other; beyond an edge, the block at
 * the edge comes again, mirrored. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_rows.h"

enum { ROWS_MAX = 3, STORED_UNITS = 16 };

static const double PI = 3.14159265358979323846;

/* Orthonormal, of `points` samples: frequency u at sample x. */
static double basis(int points, int u, int x)
{
    return sqrt((u ? 2.0 : 1.0) / points) * cos((2 * x + 1) * u * PI / (2 * points));
}

static double value_of(const pare_jpeg_plane *plane, const int16_t *block, int at)
{
    if (at == 0) return block[0] * (double)plane->step[0];
    const double magnitude = fmax(0, abs(block[at]) - (double)plane->shrink);
    return copysign(magnitude, block[at]) * (double)plane->step[at];
}

/* The sample of a plane, from blocks as they are laid in `rows`. */
static double sample_at(const pare_jpeg_plane *plane, const int16_t *rows, int x, int y)
{
    const int width = (int)plane->width_blocks * 8, height = (int)plane->height_blocks * 8;
    if (x >= width) x = 2 * width - 1 - x;
    if (y >= height) y = 2 * height - 1 - y;
    const int16_t *block = rows + ((size_t)(y / 8) * plane->width_blocks + (size_t)(x / 8)) * 64;
    double sum = 0;
    for (int v = 0; v < 8; v++) {
        for (int u = 0; u < 8; u++)
            sum += basis(8, u, x % 8) * basis(8, v, y % 8) * value_of(plane, block, v * 8 + u);
    }
    return sum;
}

/* The samples that block x, y of the half covers, and then their low frequencies. */
static void halve_by_samples(const pare_jpeg_plane *plane, const int16_t *rows, int sides_x,
                             int sides_y, int x, int y, double out[64])
{
    const int width = 8 * sides_x, height = 8 * sides_y;
    double samples[16][16];
    for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++)
            samples[j][i] = sample_at(plane, rows, x * width + i, y * height + j);
    }
    for (int at = 0; at < 64; at++) {
        double sum = 0;
        for (int j = 0; j < height; j++) {
            for (int i = 0; i < width; i++)
                sum += basis(width, at % 8, i) * basis(height, at / 8, j) * samples[j][i];
        }
        out[at] = sum / sqrt(sides_x * sides_y);
    }
}

/* Many zeros, whole rows and columns of them too. */
static int16_t *make_rows(const pare_jpeg_plane *plane, uint64_t *random)
{
    const size_t count = (size_t)plane->width_blocks * plane->height_blocks * 64;
    int16_t *rows = calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const uint64_t one_in = 1 + (i % 64) / 4;
        if (test_random(random) % one_in == 0)
            rows[i] = (int16_t)((int)(test_random(random) % 61) - 30);
    }
    return rows;
}

static void pack(pare_jpeg_plane *plane, uint8_t *packed[ROWS_MAX])
{
    uint8_t *spare = malloc(plane->width_blocks * PARE_JPEG_PACKED_MAX + PARE_JPEG_PACKED_SLACK);
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        const int16_t *row = plane->own + (size_t)y * plane->own_width * 64;
        MUST(pare_jpeg_row_pack(row, plane->width_blocks, spare, &packed[y]));
    }
    plane->own = NULL;
    plane->packed = packed;
    free(spare);
}

static double furthest(const pare_jpeg_plane *plane, const int16_t *rows, int sides_x, int sides_y,
                       const pare_jpeg_plane *half)
{
    double most = 0;
    for (uint32_t y = 0; y < half->height_blocks; y++) {
        for (uint32_t x = 0; x < half->width_blocks; x++) {
            const int16_t *block = half->own + ((size_t)y * half->own_width + x) * 64;
            double want[64];
            halve_by_samples(plane, rows, sides_x, sides_y, (int)x, (int)y, want);
            for (int at = 0; at < 64; at++)
                most = fmax(most, fabs(block[at] - want[at] * STORED_UNITS));
        }
    }
    return most;
}

/* Luma is h x v times the chroma. */
static void check_halving(uint32_t width_px, uint32_t height_px, uint8_t h, uint8_t v, bool packs)
{
    uint64_t random = width_px * 64 + height_px * 8 + h;
    pare_jpeg_coeffs coeffs = {.width_px = width_px,
                               .height_px = height_px,
                               .color = PARE_JPEG_YCC,
                               .component_count = 3,
                               .max_h = h,
                               .max_v = v},
                     out;
    int16_t *rows[3] = {0};
    uint8_t *packed[3][ROWS_MAX] = {0};
    for (int c = 0; c < 3; c++) {
        pare_jpeg_plane *plane = &coeffs.planes[c];
        const uint32_t across = c ? 8u * h : 8u, down = c ? 8u * v : 8u;
        *plane = (pare_jpeg_plane){.h = c ? 1 : h,
                                   .v = c ? 1 : v,
                                   .width_blocks = (width_px + across - 1) / across,
                                   .height_blocks = (height_px + down - 1) / down,
                                   .borrows = true,
                                   .shrink = 0.25f};
        for (int i = 0; i < 64; i++)
            plane->step[i] = 1.0f + 0.1f * (float)i;
        plane->own = rows[c] = make_rows(plane, &random);
        plane->own_width = plane->width_blocks;
        if (packs) pack(plane, packed[c]);
    }
    MUST(pare_jpeg_coeffs_halve(&coeffs, &out));
    for (int c = 1; c < 3; c++) {
        const double off = furthest(&coeffs.planes[c], rows[c], 3 - h, 3 - v, &out.planes[c]);
        CHECK_DOUBLE(off, <, 0.51); /* rounded to a stored unit */
    }
    pare_jpeg_coeffs_deinit(&out);
    for (int c = 0; c < 3; c++) {
        free(rows[c]);
        for (int y = 0; y < ROWS_MAX; y++)
            free(packed[c][y]);
    }
}

TEST(halved_chroma_is_that_of_the_samples)
{
    static const uint32_t SIZES[] = {1, 8, 9, 17, 24};
    static const uint8_t SAMPLINGS[][2] = {{1, 1}, {2, 1}, {1, 2}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (size_t s = 0; s < sizeof SAMPLINGS / sizeof *SAMPLINGS; s++) {
            const uint32_t other = SIZES[sizeof SIZES / sizeof *SIZES - 1 - i];
            check_halving(SIZES[i], other, SAMPLINGS[s][0], SAMPLINGS[s][1], false);
            check_halving(SIZES[i], other, SAMPLINGS[s][0], SAMPLINGS[s][1], true);
        }
    }
}

RUN(halved_chroma_is_that_of_the_samples)
