// SPDX-License-Identifier: Apache-2.0
/* Pixels to linear light. */
#include "core/metric/score_pixels.h"

#include <math.h>
#include <stdlib.h>

enum { WORD_COUNT = 65536, WORD_MAX = 65535, BYTE_TO_WORD = 257 };

/* The curve of IEC 61966-2-1 as the rational polynomial that libjxl uses for it (lib/jxl/cms,
 * TF_SRGB), within 0.000001 of the exact one. Its last bits decide on the noise in flat areas that
 * score_rows_body.h tells about. */
static float linear_of(float encoded)
{
    static const float ABOVE[5] = {2.200248328e-04f, 1.043637593e-02f, 1.624820318e-01f,
                                   7.961564959e-01f, 8.210152774e-01f};
    static const float BELOW[5] = {2.631846970e-01f, 1.076976492e+00f, 4.987528350e-01f,
                                   -5.512498495e-02f, 6.521209011e-03f};
    if (encoded <= 0.04045f) return encoded * (1.0f / 12.92f);
    float above = ABOVE[4], below = BELOW[4];
    for (int i = 3; i >= 0; i--) {
        above = fmaf(above, encoded, ABOVE[i]);
        below = fmaf(below, encoded, BELOW[i]);
    }
    return above / below;
}

void pare_linear_tables_init(pare_linear_tables *tables)
{
    for (int i = 0; i < 256; i++)
        tables->of_byte[i] = linear_of((float)i * (1.0f / 255.0f));
    tables->of_word = NULL;
}

void pare_linear_tables_deinit(pare_linear_tables *tables)
{
    free(tables->of_word);
    tables->of_word = NULL;
}

pare_err pare_linear_tables_prepare(pare_linear_tables *tables, const pare_image *image,
                                    pare_diag *diag)
{
    if (image->width_px == 0 || image->height_px == 0 || !image->pixels)
        return pare_fail(diag, PARE_ERR_INVALID, "score of an empty image");
    if (image->color != PARE_COLOR_GRAY && image->color != PARE_COLOR_RGB)
        return pare_fail(diag, PARE_ERR_INVALID, "score needs gray or RGB");
    if (image->depth_bits != 8 && image->depth_bits != 16)
        return pare_fail(diag, PARE_ERR_INVALID, "score needs 8 or 16 bit");
    if (tables->of_word || (image->depth_bits == 8 && !image->has_alpha)) return PARE_OK;

    tables->of_word = malloc(WORD_COUNT * sizeof *tables->of_word);
    if (!tables->of_word) return pare_fail(diag, PARE_ERR_NO_MEMORY, "out of memory");
    for (int i = 0; i < WORD_COUNT; i++)
        tables->of_word[i] = linear_of((float)i * (1.0f / WORD_MAX));
    for (int i = 0; i < 256; i++) /* the same to the last bit, whatever the depth */
        tables->of_word[i * BYTE_TO_WORD] = tables->of_byte[i];
    return PARE_OK;
}

static void opaque_bytes(const pare_linear_tables *tables, const pare_image *image,
                         const uint8_t *row, float *const rgb[3])
{
    const size_t step = image->channels;
    const size_t green = image->color == PARE_COLOR_RGB ? 1 : 0, blue = 2 * green;
    for (size_t x = 0; x < image->width_px; x++, row += step) {
        rgb[0][x] = tables->of_byte[row[0]];
        rgb[1][x] = tables->of_byte[row[green]];
        rgb[2][x] = tables->of_byte[row[blue]];
    }
}

static void opaque_words(const pare_linear_tables *tables, const pare_image *image,
                         const uint16_t *row, float *const rgb[3])
{
    const size_t step = image->channels;
    const size_t green = image->color == PARE_COLOR_RGB ? 1 : 0, blue = 2 * green;
    for (size_t x = 0; x < image->width_px; x++, row += step) {
        rgb[0][x] = tables->of_word[row[0]];
        rgb[1][x] = tables->of_word[row[green]];
        rgb[2][x] = tables->of_word[row[blue]];
    }
}

static void flattened(const pare_linear_tables *tables, const pare_image *image,
                      const uint8_t background[3], const uint8_t *row, float *const rgb[3])
{
    const bool is_wide = image->depth_bits == 16;
    const uint16_t *words = (const uint16_t *)(const void *)row;
    const size_t step = image->channels, alpha_at = step - 1;
    for (size_t x = 0; x < image->width_px; x++) {
        const size_t at = x * step;
        const uint64_t alpha =
            is_wide ? words[at + alpha_at] : row[at + alpha_at] * (uint64_t)BYTE_TO_WORD;
        for (size_t i = 0; i < 3; i++) {
            const size_t from = at + (image->color == PARE_COLOR_RGB ? i : 0);
            const uint64_t color = is_wide ? words[from] : row[from] * (uint64_t)BYTE_TO_WORD;
            const uint64_t behind = background[i] * (uint64_t)BYTE_TO_WORD;
            const uint64_t sum = color * alpha + behind * (WORD_MAX - alpha);
            rgb[i][x] = tables->of_word[(sum + WORD_MAX / 2) / WORD_MAX];
        }
    }
}

void pare_linear_row(const pare_linear_tables *tables, const pare_image *image,
                     const uint8_t background[3], size_t y, float *const rgb[3])
{
    const uint32_t last = image->height_px - 1;
    const uint8_t *row = pare_image_row(image, y < last ? (uint32_t)y : last);
    if (image->has_alpha) {
        flattened(tables, image, background, row, rgb);
    } else if (image->depth_bits == 16) {
        opaque_words(tables, image, (const uint16_t *)(const void *)row, rgb);
    } else {
        opaque_bytes(tables, image, row, rgb);
    }
}
