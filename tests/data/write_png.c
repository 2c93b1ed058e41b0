// SPDX-License-Identifier: Apache-2.0
/* PNG files for tests, by libpng. */
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "data/make_image.h"
#include "support/test.h"

static void append(png_structp png, png_bytep data, size_t len)
{
    MUST(pare_buf_append(png_get_io_ptr(png), data, len));
}

typedef struct palette {
    png_color colors[256];
    png_byte alphas[256];
    int count;
} palette;

static uint8_t find_color(palette *p, const uint8_t *pixel, bool has_alpha)
{
    const png_color color = {pixel[0], pixel[1], pixel[2]};
    const png_byte alpha = has_alpha ? pixel[3] : 255;
    int i = 0;
    while (i < p->count &&
           (memcmp(&p->colors[i], &color, sizeof color) != 0 || p->alphas[i] != alpha))
        i++;
    if (i == 256) abort(); /* the test asked for a palette of a picture with too many colours */
    p->colors[i] = color;
    p->alphas[i] = alpha;
    if (i == p->count) p->count++;
    return (uint8_t)i;
}

/* The rows as indices; owned, one byte a pixel. */
static uint8_t *index_pixels(const pare_image *image, palette *p)
{
    uint8_t *out = malloc((size_t)image->width_px * image->height_px);
    if (!out) abort();
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            out[(size_t)y * image->width_px + x] = find_color(
                p, pare_image_row(image, y) + (size_t)x * image->channels, image->has_alpha);
        }
    }
    return out;
}

static void write_metadata(png_structp png, png_infop info, const pare_metadata *metadata)
{
    if (!metadata) return;
    if (metadata->icc.len) {
        png_set_iCCP(png, info, "profile", 0, metadata->icc.data, (png_uint_32)metadata->icc.len);
    }
    if (metadata->exif.len) {
        png_set_eXIf_1(png, info, (png_uint_32)metadata->exif.len, metadata->exif.data);
    }
    const struct {
        const char *key;
        const pare_buf *block;
        int compression;
    } TEXTS[] = {{"XML:com.adobe.xmp", &metadata->xmp, PNG_ITXT_COMPRESSION_zTXt},
                 {"Comment", &metadata->comment, PNG_TEXT_COMPRESSION_NONE}};
    for (int i = 0; i < 2; i++) {
        if (TEXTS[i].block->len == 0) continue;
        pare_buf text = {0};
        MUST(pare_buf_append(&text, TEXTS[i].block->data, TEXTS[i].block->len));
        MUST(pare_buf_append_byte(&text, 0));
        char key[32];
        snprintf(key, sizeof key, "%s", TEXTS[i].key);
        png_text entry = {
            .compression = TEXTS[i].compression, .key = key, .text = (char *)text.data};
        png_set_text(png, info, &entry, 1);
        pare_buf_deinit(&text);
    }
}

static void write_colors(png_structp png, png_infop info, const test_png_options *options)
{
    const double *c = options->chrm;
    if (options->file_gamma > 0) png_set_gAMA(png, info, options->file_gamma);
    if (c) png_set_cHRM(png, info, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
    write_metadata(png, info, options->metadata);
}

static void write_extra_chunks(png_structp png, const test_png_options *options)
{
    const uint32_t n = options->animated_count;
    const uint8_t control[8] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                (uint8_t)n};
    if (options->cicp) png_write_chunk(png, (png_const_bytep) "cICP", options->cicp, 4);
    if (n) png_write_chunk(png, (png_const_bytep) "acTL", control, 8);
}

static int color_type(const pare_image *image, const test_png_options *options)
{
    if (options->palette) return PNG_COLOR_TYPE_PALETTE;
    return (image->color == PARE_COLOR_RGB ? PNG_COLOR_MASK_COLOR : 0) |
           (image->has_alpha ? PNG_COLOR_MASK_ALPHA : 0);
}

pare_buf test_write_png(const pare_image *image, const test_png_options *options)
{
    static const test_png_options DEFAULTS;
    if (!options) options = &DEFAULTS;
    pare_buf out = {0};
    palette p = {.count = 0};
    uint8_t *indices = options->palette ? index_pixels(image, &p) : NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    png_bytep *rows = malloc(sizeof *rows * image->height_px);
    if (!info || !rows) abort();
    for (uint32_t y = 0; y < image->height_px; y++)
        rows[y] = indices ? indices + (size_t)y * image->width_px : pare_image_row(image, y);
    png_set_write_fn(png, &out, append, NULL);
    png_set_IHDR(png, info, image->width_px, image->height_px, image->depth_bits,
                 color_type(image, options), options->interlaced ? PNG_INTERLACE_ADAM7 : 0, 0, 0);
    if (indices) png_set_PLTE(png, info, p.colors, p.count);
    if (indices && image->has_alpha) png_set_tRNS(png, info, p.alphas, p.count, NULL);
    write_colors(png, info, options);
    png_write_info(png, info);
    write_extra_chunks(png, options);
    if (image->depth_bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(png);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(indices);
    return out;
}
