// SPDX-License-Identifier: Apache-2.0
/* Canvases to GIF: a plain file of frames, each with a table of its own, which is repacked in the
 * end. */
#include "core/codec/gif_animator.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec/gif_colors.h"
#include "core/codec/gif_lzw.h"
#include "core/codec/gif_writer.h"
#include "core/codec/png_quantize.h"

enum { EDGE_MAX_PX = 65535, DELAY_MAX_CS = 65535, LOOP_MAX = 65536, OPAQUE_FROM = 128 };

struct pare_animator {
    pare_animation animation;
    pare_animate_params params;
    pare_gif_lzw *lzw;
    uint32_t *before; /* the canvas before, as it came in */
    uint32_t *drawn;  /* pixels of the frame; 0: transparent */
    uint8_t *indices;
    pare_buf file;
};

void pare_gif_animator_close(pare_animator **animator_io)
{
    pare_animator *const animator = *animator_io;
    if (!animator) return;
    pare_gif_lzw_destroy(&animator->lzw);
    free(animator->before);
    free(animator->drawn);
    free(animator->indices);
    pare_buf_deinit(&animator->file);
    free(animator);
    *animator_io = NULL;
}

static pare_err put_le16(pare_buf *out, uint32_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    return pare_buf_append(out, bytes, 2);
}

static pare_err put_header(pare_animator *animator)
{
    const pare_animation *animation = &animator->animation;
    pare_buf *out = &animator->file;
    PARE_TRY(pare_buf_append(out, "GIF89a", 6));
    PARE_TRY(put_le16(out, animation->width_px));
    PARE_TRY(put_le16(out, animation->height_px));
    PARE_TRY(pare_buf_append(out, "\x70\0\0", 3));
    if (animation->loop_count == 1) return PARE_OK;
    /* the file counts repetitions after the first time */
    PARE_TRY(pare_buf_append(out, "\x21\xff\x0bNETSCAPE2.0\x03\x01", 16));
    PARE_TRY(put_le16(out, animation->loop_count ? animation->loop_count - 1 : 0));
    return pare_buf_append_byte(out, 0);
}

static pare_err init(pare_animator *animator)
{
    const size_t pixels = (size_t)animator->animation.width_px * animator->animation.height_px;
    animator->before = calloc(pixels, 4);
    animator->drawn = malloc(pixels * 4);
    animator->indices = malloc(pixels);
    if (!animator->before || !animator->drawn || !animator->indices) return PARE_ERR_NO_MEMORY;
    PARE_TRY(pare_gif_lzw_create(&animator->lzw));
    return put_header(animator);
}

pare_err pare_gif_animator_open(const pare_animation *animation, const pare_animate_params *params,
                                pare_animator **out, pare_diag *diag)
{
    *out = NULL;
    if (animation->width_px > EDGE_MAX_PX || animation->height_px > EDGE_MAX_PX ||
        animation->loop_count > LOOP_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "too large or too often for a GIF");
    }
    pare_animator *animator = calloc(1, sizeof *animator);
    if (!animator) return PARE_ERR_NO_MEMORY;
    animator->animation = *animation;
    animator->params = *params;
    const pare_err err = init(animator);
    if (err != PARE_OK) {
        pare_gif_animator_close(&animator);
        return err;
    }
    *out = animator;
    return PARE_OK;
}

/* Opaque or nothing; what stays needs not to be drawn, unless something has to be taken away, which
 * only clearing can do. */
static void fill_drawn(pare_animator *animator, const uint32_t *shown)
{
    const size_t pixels = (size_t)animator->animation.width_px * animator->animation.height_px;
    for (size_t i = 0; i < pixels; i++) {
        uint8_t pixel[4];
        memcpy(pixel, &shown[i], 4);
        const bool stays = !animator->params.erases && shown[i] == animator->before[i];
        const bool is_drawn = pixel[3] >= OPAQUE_FROM && !stays;
        pixel[3] = 255;
        animator->drawn[i] = 0;
        if (is_drawn) memcpy(&animator->drawn[i], pixel, 4);
    }
}

/* Indices by the colours that there are; false when these are too many. */
static bool index_exactly(pare_animator *animator, pare_gif_colors *colors)
{
    const size_t pixels = (size_t)animator->animation.width_px * animator->animation.height_px;
    uint32_t last = 0;
    int index = -1;
    memset(colors, 0, sizeof *colors);
    for (size_t i = 0; i < pixels; i++) {
        if (animator->drawn[i] != last || index < 0) {
            last = animator->drawn[i];
            if (!pare_gif_colors_add(colors, last)) return false;
            index = pare_gif_colors_find(colors, last);
        }
        animator->indices[i] = (uint8_t)index;
    }
    return true;
}

/* Indices by a palette made for them. What is transparent stays so. */
static pare_err index_by_palette(pare_animator *animator, pare_gif_colors *colors)
{
    const pare_png_quantize_params params = {.quality = (int)animator->params.quality};
    pare_png_raster raster = {0};
    pare_image image;
    PARE_TRY(pare_image_init(&image, animator->animation.width_px, animator->animation.height_px,
                             PARE_COLOR_RGB, true, 8));
    const size_t pixels = (size_t)image.width_px * image.height_px;
    memcpy(image.pixels, animator->drawn, pixels * 4);
    pare_err err = pare_png_quantize(&image, &params, &raster);
    for (size_t i = 0; err == PARE_OK && i < pixels; i++) {
        uint32_t word;
        if (animator->drawn[i] == 0) continue;
        memcpy(&word, raster.palette.colors[raster.owned[i]], 4);
        uint8_t pixel[4];
        memcpy(pixel, &word, 4);
        pixel[3] = 255;
        memcpy(&animator->drawn[i], pixel, 4);
    }
    pare_png_raster_deinit(&raster);
    pare_image_deinit(&image);
    if (err != PARE_OK) return err;
    return index_exactly(animator, colors) ? PARE_OK : PARE_SKIP_UNSUPPORTED_VARIANT;
}

static pare_err put_frame(pare_animator *animator, const pare_gif_colors *colors, uint32_t delay_cs)
{
    const pare_animation *animation = &animator->animation;
    const unsigned bits = pare_gif_index_bits(colors->count);
    const pare_gif_lzw_params params = {.min_bits = bits < 2 ? 2 : bits, .patience = 1};
    const pare_gif_pixels pixels = {animator->indices, animator->indices,
                                    (size_t)animation->width_px * animation->height_px};
    const unsigned disposal = animator->params.erases ? 2 : 1;
    const int transparent = pare_gif_colors_find(colors, 0);
    const bool has_transparent = transparent >= 0;
    pare_buf *out = &animator->file;
    PARE_TRY(pare_buf_append(out, "\x21\xf9\x04", 3));
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)(disposal << 2 | (has_transparent ? 1 : 0))));
    PARE_TRY(put_le16(out, delay_cs));
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)(has_transparent ? transparent : 0)));
    PARE_TRY(pare_buf_append(out, "\0\x2c\0\0\0\0", 6));
    PARE_TRY(put_le16(out, animation->width_px));
    PARE_TRY(put_le16(out, animation->height_px));
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)(0x80 | (bits - 1))));
    for (unsigned i = 0; i < 1u << bits; i++) {
        const uint32_t word = i < colors->count ? colors->color[i] : 0;
        PARE_TRY(pare_buf_append(out, &word, 3));
    }
    return pare_gif_lzw_encode(animator->lzw, &pixels, &params, out, NULL);
}

pare_err pare_gif_animator_add(pare_animator *animator, const pare_frame *frame, pare_diag *diag)
{
    const size_t pixels = (size_t)animator->animation.width_px * animator->animation.height_px;
    const uint32_t *shown = (const uint32_t *)(const void *)frame->rgba;
    pare_gif_colors colors;
    if (frame->duration_ms % 10 != 0 || frame->duration_ms / 10 > DELAY_MAX_CS) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "GIF counts in steps of 10 ms");
    }
    fill_drawn(animator, shown);
    if (!index_exactly(animator, &colors)) {
        if (animator->params.lossless) {
            return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                             "GIF cannot hold these frames without loss");
        }
        PARE_TRY(index_by_palette(animator, &colors));
    }
    memcpy(animator->before, shown, pixels * 4);
    return put_frame(animator, &colors, frame->duration_ms / 10);
}

pare_err pare_gif_animator_finish(pare_animator *animator, pare_buf *out, pare_diag *diag)
{
    const pare_repack_params params = {.effort = animator->params.effort};
    PARE_TRY(pare_buf_append_byte(&animator->file, 0x3b));
    return pare_gif_repack(pare_buf_view(&animator->file), &params, out, diag);
}
