// SPDX-License-Identifier: Apache-2.0
/* Coefficients from pixels: colour conversion, halving of chroma, DCT; a row of MCUs at a time. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* the loops over samples are what only -O3 turns into SIMD */
#endif
#include <stdlib.h>
#include <string.h>

#include "core/codec/jpeg_coeffs.h"

#define EDGE_MAX 65535u
#define STORED_UNIT (1.0f / 16.0f)

/* Samples of one row of MCUs, level shifted. Each plane is 8 or 16 rows of `stride` floats. */
typedef struct strip {
    uint32_t stride;
    uint32_t height;
    float *planes[PARE_JPEG_COMPONENTS_MAX];
} strip;

/* Arai, Agui, Nakajima 1988: eight samples to eight coefficients, each times a constant that is
 * taken out later; over eight columns at once. */
static void transform_columns(float *d)
{
    for (int i = 0; i < 8; i++) {
        float *p = d + i;
        const float s0 = p[0] + p[56], s7 = p[0] - p[56], s1 = p[8] + p[48], s6 = p[8] - p[48];
        const float s2 = p[16] + p[40], s5 = p[16] - p[40], s3 = p[24] + p[32], s4 = p[24] - p[32];
        const float e0 = s0 + s3, e3 = s0 - s3, e1 = s1 + s2, e2 = s1 - s2;
        const float r = (e2 + e3) * 0.707106781f;
        p[0] = e0 + e1;
        p[32] = e0 - e1;
        p[16] = e3 + r;
        p[48] = e3 - r;
        const float o0 = s4 + s5, o1 = (s5 + s6) * 0.707106781f, o2 = s6 + s7;
        const float z = (o0 - o2) * 0.382683433f;
        const float a = 0.541196100f * o0 + z, b = 1.306562965f * o2 + z;
        const float c = s7 + o1, e = s7 - o1;
        p[40] = e + a;
        p[24] = e - a;
        p[8] = c + b;
        p[56] = c - b;
    }
}

static void transpose(const float *in, float *out)
{
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++)
            out[x * 8 + y] = in[y * 8 + x];
    }
}

/* The constants of the transform, and the stored unit. */
static void make_scales(float scales[64])
{
    static const float own[8] = {1.0f, 1.387039845f, 1.306562965f, 1.175875602f,
                                 1.0f, 0.785694958f, 0.541196100f, 0.275899379f};
    for (int i = 0; i < 64; i++) {
        scales[i] = 1.0f / (8.0f * own[i / 8] * own[i % 8] * STORED_UNIT);
    }
}

static void transform_block(const float *samples, uint32_t stride, const float *scales,
                            int16_t *out)
{
    float a[64], b[64];
    for (int y = 0; y < 8; y++)
        memcpy(a + y * 8, samples + (size_t)y * stride, 8 * sizeof *a);
    transform_columns(a);
    transpose(a, b);
    transform_columns(b);
    transpose(b, a);
    for (int i = 0; i < 64; i++) {
        const float value = a[i] * scales[i];
        out[i] = (int16_t)(value + (value < 0.0f ? -0.5f : 0.5f));
    }
}

/* One row of the image as floats 0..255, interleaved. */
static void read_row(const pare_image *image, uint32_t y, float *out)
{
    const uint8_t *row = pare_image_row(image, y);
    const size_t count = (size_t)image->width_px * image->channels;
    if (image->depth_bits == 16) {
        const uint16_t *wide = (const uint16_t *)(const void *)row;
        for (size_t i = 0; i < count; i++)
            out[i] = (float)wide[i] * (1.0f / 257.0f);
    } else {
        for (size_t i = 0; i < count; i++)
            out[i] = (float)row[i];
    }
}

static void convert_rgb(const float *row, uint32_t count, float *y, float *cb, float *cr)
{
    for (uint32_t x = 0; x < count; x++) {
        const float r = row[3 * x], g = row[3 * x + 1], b = row[3 * x + 2];
        /* ITU-R BT.601 as in JFIF; chroma needs no level shift here. */
        y[x] = 0.299f * r + 0.587f * g + 0.114f * b - 128.0f;
        cb[x] = -0.168735892f * r - 0.331264108f * g + 0.5f * b;
        cr[x] = 0.5f * r - 0.418687589f * g - 0.081312411f * b;
    }
}

static void convert_row(const pare_image *image, const float *row, const strip *s, uint32_t line)
{
    const size_t at = (size_t)line * s->stride;
    const uint32_t width = image->width_px;
    if (image->color == PARE_COLOR_RGB) {
        convert_rgb(row, width, s->planes[0] + at, s->planes[1] + at, s->planes[2] + at);
    } else if (image->color == PARE_COLOR_GRAY) {
        for (uint32_t x = 0; x < width; x++)
            s->planes[0][at + x] = row[x] - 128.0f;
    } else {
        for (int c = 0; c < 4; c++) { /* Adobe stores ink inverted */
            for (uint32_t x = 0; x < width; x++) {
                s->planes[c][at + x] = 127.0f - row[4 * (size_t)x + (size_t)c];
            }
        }
    }
    for (int c = 0; c < PARE_JPEG_COMPONENTS_MAX && s->planes[c]; c++) {
        float *line_of = s->planes[c] + at;
        for (uint32_t x = width; x < s->stride; x++)
            line_of[x] = line_of[width - 1];
    }
}

/* Mean of two by two, in place: line y of the half comes from lines 2y and 2y + 1. */
static void halve_plane(const strip *s, float *plane)
{
    for (uint32_t y = 0; y < s->height / 2; y++) {
        const float *a = plane + (size_t)y * 2 * s->stride, *b = a + s->stride;
        float *to = plane + (size_t)y * s->stride;
        for (uint32_t x = 0; x < s->stride / 2; x++) {
            to[x] = 0.25f * (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]);
        }
    }
}

static void transform_strip(const strip *s, pare_jpeg_coeffs *out, const float *scales,
                            uint32_t mcu_y)
{
    for (int c = 0; c < out->component_count; c++) {
        pare_jpeg_plane *plane = &out->planes[c];
        if (c > 0 && plane->h < out->max_h) halve_plane(s, s->planes[c]);
        for (uint32_t v = 0; v < plane->v; v++) {
            const uint32_t by = mcu_y * plane->v + v;
            if (by >= plane->height_blocks) break;
            int16_t *to = plane->own + (size_t)by * plane->width_blocks * 64;
            const float *from = s->planes[c] + (size_t)v * 8 * s->stride;
            for (uint32_t x = 0; x < plane->width_blocks; x++) {
                transform_block(from + (size_t)x * 8, s->stride, scales, to + (size_t)x * 64);
            }
        }
    }
}

static pare_err init_planes(const pare_image *image, bool halve, pare_jpeg_coeffs *out)
{
    static const pare_jpeg_color colors[] = {PARE_JPEG_GRAY, PARE_JPEG_YCC, PARE_JPEG_CMYK};
    out->width_px = image->width_px;
    out->height_px = image->height_px;
    out->color = colors[image->color];
    out->component_count = image->channels;
    out->max_h = out->max_v = halve ? 2 : 1;
    out->has_jfif = image->color != PARE_COLOR_CMYK;
    out->has_adobe = image->color == PARE_COLOR_CMYK;
    out->density_x = out->density_y = 1;
    for (int c = 0; c < out->component_count; c++) {
        pare_jpeg_plane *plane = &out->planes[c];
        const uint32_t sampling = halve && c == 0 ? 2 : 1;
        const uint32_t block_px = 8u * (out->max_h / sampling);
        plane->id = (uint8_t)(c + 1);
        plane->h = plane->v = (uint8_t)sampling;
        for (int i = 0; i < 64; i++)
            plane->step[i] = STORED_UNIT;
        PARE_TRY(pare_jpeg_plane_init(plane, (image->width_px + block_px - 1) / block_px,
                                      (image->height_px + block_px - 1) / block_px));
    }
    return PARE_OK;
}

static void transform_image(const pare_image *image, const strip *s, float *row,
                            pare_jpeg_coeffs *out)
{
    float scales[64];
    make_scales(scales);
    const uint32_t mcu_rows = (image->height_px + s->height - 1) / s->height;
    for (uint32_t mcu_y = 0; mcu_y < mcu_rows; mcu_y++) {
        for (uint32_t line = 0; line < s->height; line++) {
            const uint32_t y = mcu_y * s->height + line;
            if (y < image->height_px) read_row(image, y, row); /* else the last row again */
            convert_row(image, row, s, line);
        }
        transform_strip(s, out, scales, mcu_y);
    }
}

pare_err pare_jpeg_coeffs_from_pixels(const pare_image *image, const pare_jpeg_shape *shape,
                                      pare_jpeg_coeffs *out, pare_diag *diag)
{
    *out = (pare_jpeg_coeffs){0};
    if (image->has_alpha || image->width_px > EDGE_MAX || image->height_px > EDGE_MAX ||
        image->width_px == 0 || image->height_px == 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "JPEG cannot hold %u x %u%s", image->width_px,
                         image->height_px, image->has_alpha ? " with alpha" : "");
    }
    const bool halve = shape->halve_chroma && image->color == PARE_COLOR_RGB;
    PARE_TRY(init_planes(image, halve, out));
    strip s = {.height = 8u * out->max_v};
    const uint32_t mcu_px = 8u * out->max_h;
    s.stride = (image->width_px + mcu_px - 1) / mcu_px * mcu_px;
    float *row = malloc((size_t)image->width_px * image->channels * sizeof *row);
    pare_err err = row ? PARE_OK : PARE_ERR_NO_MEMORY;
    for (int c = 0; c < out->component_count; c++) {
        s.planes[c] = malloc((size_t)s.stride * s.height * sizeof(float));
        if (!s.planes[c]) err = PARE_ERR_NO_MEMORY;
    }
    if (err == PARE_OK) transform_image(image, &s, row, out);
    for (int c = 0; c < out->component_count; c++)
        free(s.planes[c]);
    free(row);
    return err;
}
