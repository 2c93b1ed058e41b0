// SPDX-License-Identifier: Apache-2.0
/* Canvases to animated PNG: the rectangles that change, packed quickly, and in the end repacked
 * with all the effort that is asked. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/frame_change.h"
#include "core/codec/gif_colors.h"
#include "core/codec/png_animation.h"
#include "core/codec/png_filter.h"
#include "core/codec/png_write.h"

enum { QUICK_LEVEL = 6, LATER_LEN = 12, DELAY_MAX = 65535 };

struct pare_animator {
    pare_animation animation;
    pare_animate_params params;
    pare_png_deflater *deflater;
    pare_png_filterer *filterer;
    pare_png_raster shape;  /* colour type, depth and palette of all frames */
    pare_gif_colors colors; /* of the palette, in its order */
    bool can_stay;          /* a transparent pixel can say that nothing changes */
    uint32_t *before, *over;
    pare_buf best, trial, file;
    uint32_t sequence, count;
};

void pare_png_animator_close(pare_animator **animator_io)
{
    pare_animator *const animator = *animator_io;
    if (!animator) return;
    pare_png_filterer_close(&animator->filterer);
    pare_png_deflater_close(&animator->deflater);
    free(animator->before);
    free(animator->over);
    pare_buf_deinit(&animator->best);
    pare_buf_deinit(&animator->trial);
    pare_buf_deinit(&animator->file);
    free(animator);
    *animator_io = NULL;
}

/* A palette where there are few colours, transparent first. */
static pare_err choose_shape(pare_animator *animator)
{
    const pare_animate_params *params = &animator->params;
    const uint32_t width = animator->animation.width_px, height = animator->animation.height_px;
    pare_png_raster *shape = &animator->shape;
    if (params->color_count == 0) {
        animator->can_stay = params->has_alpha;
        return pare_png_raster_shape(shape, width, height, params->has_alpha ? PNG_RGBA : PNG_RGB,
                                     8);
    }
    pare_gif_colors *colors = &animator->colors;
    if (params->color_count < PARE_GIF_COLORS_MAX) pare_gif_colors_add(colors, 0);
    for (uint32_t i = 0; i < params->color_count; i++)
        pare_gif_colors_add(colors, params->colors[i]);
    animator->can_stay = pare_gif_colors_find(colors, 0) >= 0;
    const uint8_t depth = colors->count <= 2    ? 1
                          : colors->count <= 4  ? 2
                          : colors->count <= 16 ? 4
                                                : 8;
    PARE_TRY(pare_png_raster_shape(shape, width, height, PNG_PALETTE, depth));
    shape->palette.count = (uint16_t)colors->count;
    for (unsigned i = 0; i < colors->count; i++)
        memcpy(shape->palette.colors[i], &colors->color[i], 4);
    return PARE_OK;
}

static pare_err init(pare_animator *animator)
{
    const size_t pixels = (size_t)animator->animation.width_px * animator->animation.height_px;
    animator->before = calloc(pixels, 4);
    animator->over = malloc(pixels * 4);
    if (!animator->before || !animator->over) return PARE_ERR_NO_MEMORY;
    PARE_TRY(pare_png_deflater_open(&animator->deflater));
    PARE_TRY(pare_png_filterer_open(animator->deflater, &animator->filterer));
    return choose_shape(animator);
}

pare_err pare_png_animator_open(const pare_animation *animation, const pare_animate_params *params,
                                pare_animator **out, pare_diag *diag)
{
    *out = NULL;
    pare_animator *animator = calloc(1, sizeof *animator);
    if (!animator) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for frames");
    animator->animation = *animation;
    animator->params = *params;
    const pare_err err = init(animator);
    if (err != PARE_OK) {
        pare_png_animator_close(&animator);
        return err;
    }
    *out = animator;
    return PARE_OK;
}

/* ---- pixels ---- */

static pare_err pack_row(pare_animator *animator, const uint32_t *words, uint32_t width,
                         uint8_t *indices, uint8_t *out)
{
    const uint8_t type = animator->shape.color_type;
    const size_t len = type == PNG_RGB ? 3 : 4;
    if (type == PNG_PALETTE) {
        for (uint32_t x = 0; x < width; x++) {
            const int index = pare_gif_colors_find(&animator->colors, words[x]);
            PARE_CHECK(NULL, index >= 0);
            indices[x] = (uint8_t)index;
        }
        pare_png_pack_row(indices, width, NULL, animator->shape.depth_bits, out);
        return PARE_OK;
    }
    for (uint32_t x = 0; x < width; x++)
        memcpy(out + x * len, &words[x], len);
    return PARE_OK;
}

/* animator->trial becomes the pixels, deflated. */
static pare_err deflate_pixels(pare_animator *animator, const uint32_t *words, size_t stride,
                               uint32_t width, uint32_t height)
{
    const pare_png_rows all = {height, height};
    pare_png_raster raster = {0};
    pare_bytes filtered, made;
    uint8_t *indices = malloc(width);
    pare_err err = indices ? PARE_OK : PARE_ERR_NO_MEMORY;
    if (err == PARE_OK) {
        err = pare_png_raster_init(&raster, width, height, animator->shape.color_type,
                                   animator->shape.depth_bits);
    }
    for (uint32_t y = 0; err == PARE_OK && y < height; y++) {
        err = pack_row(animator, words + (size_t)y * stride, width, indices,
                       raster.owned + (size_t)y * raster.stride);
    }
    if (err == PARE_OK) {
        err = pare_png_filter(animator->filterer, &raster, all, PARE_PNG_MATCH, &filtered);
    }
    if (err == PARE_OK) err = pare_png_deflate(animator->deflater, QUICK_LEVEL, filtered, &made);
    if (err == PARE_OK) pare_png_deflate_take(animator->deflater, &animator->trial);
    pare_png_raster_deinit(&raster);
    free(indices);
    return err;
}

static void take_trial(pare_animator *animator)
{
    const pare_buf worse = animator->best;
    animator->best = animator->trial;
    animator->trial = worse;
}

/* ---- chunks ---- */

static void set_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24), p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8), p[3] = (uint8_t)value;
}

static pare_err put_chunk(pare_buf *out, const char *type, const uint32_t *sequence,
                          pare_bytes body)
{
    uint8_t number[4];
    if (body.len > INT32_MAX - 4) return PARE_ERR_TOO_LARGE;
    set_be32(number, (uint32_t)body.len + (sequence ? 4 : 0));
    PARE_TRY(pare_buf_append(out, number, 4));
    const size_t begin = out->len;
    PARE_TRY(pare_buf_append(out, type, 4));
    if (sequence) {
        set_be32(number, *sequence);
        PARE_TRY(pare_buf_append(out, number, 4));
    }
    PARE_TRY(pare_buf_append(out, body.data, body.len));
    set_be32(number, pare_png_crc32(0, out->data + begin, out->len - begin));
    return pare_buf_append(out, number, 4);
}

/* The time as the format has it: a fraction of two 16-bit numbers. */
static bool get_delay(const pare_frame *frame, uint16_t *num, uint16_t *den)
{
    const uint32_t ms = frame->duration_ms;
    *num = frame->delay_num;
    *den = frame->delay_den;
    if (frame->delay_den > 0) return true;
    const uint32_t unit = ms <= DELAY_MAX ? 1 : ms % 10 == 0 ? 10 : 1000;
    *num = (uint16_t)(ms / unit);
    *den = (uint16_t)(1000 / unit);
    return ms % unit == 0 && ms / unit <= DELAY_MAX;
}

static pare_err put_control(pare_animator *animator, const pare_frame_change *r,
                            const pare_frame *frame, bool blends, pare_diag *diag)
{
    uint16_t num, den;
    uint8_t body[22];
    if (!get_delay(frame, &num, &den)) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "a frame is shown for too long");
    }
    set_be32(body, pare_frame_change_width(r));
    set_be32(body + 4, pare_frame_change_height(r));
    set_be32(body + 8, r->left);
    set_be32(body + 12, r->top);
    const uint8_t rest[6] = {
        (uint8_t)(num >> 8), (uint8_t)num, (uint8_t)(den >> 8), (uint8_t)den, 0, blends};
    memcpy(body + 16, rest, sizeof rest);
    const uint32_t sequence = animator->sequence++;
    return put_chunk(&animator->file, "fcTL", &sequence, (pare_bytes){body, sizeof body});
}

/* The chunks of a still of the first frame, with those of the animation before its pixels. */
static pare_err put_first(pare_animator *animator, const pare_frame_change *r,
                          const pare_frame *frame, pare_diag *diag)
{
    pare_buf *still = &animator->trial;
    uint8_t counts[8];
    bool is_pixels = false;
    PARE_TRY(pare_png_write(&animator->shape, &animator->best, animator->params.metadata,
                            animator->deflater, still));
    PARE_TRY(pare_buf_append(&animator->file, still->data, 8));
    set_be32(counts, animator->animation.frames);
    set_be32(counts + 4, animator->animation.loop_count);
    for (size_t at = 8; at + LATER_LEN < still->len;) { /* all but IEND */
        const size_t len = pare_be32(still->data + at) + (size_t)12;
        if (!is_pixels && memcmp(still->data + at + 4, "IDAT", 4) == 0) {
            is_pixels = true;
            PARE_TRY(put_chunk(&animator->file, "acTL", NULL, (pare_bytes){counts, 8}));
            PARE_TRY(put_control(animator, r, frame, false, diag));
        }
        PARE_TRY(pare_buf_append(&animator->file, still->data + at, len));
        at += len;
    }
    return PARE_OK;
}

pare_err pare_png_animator_add(pare_animator *animator, const pare_frame *frame, pare_diag *diag)
{
    const uint32_t width = animator->animation.width_px, height = animator->animation.height_px;
    const uint32_t *shown = (const uint32_t *)(const void *)frame->rgba;
    const bool is_first = animator->count++ == 0;
    pare_frame_change r = {.right = width, .bottom = height};
    bool blends = false;
    if (!is_first) pare_frame_change_find(animator->before, shown, width, height, &r);
    const uint32_t across = pare_frame_change_width(&r), down = pare_frame_change_height(&r);
    PARE_TRY(deflate_pixels(animator, shown + (size_t)r.top * width + r.left, width, across, down));
    take_trial(animator);
    if (!is_first && animator->can_stay && !r.draws_through) {
        pare_frame_change_fill(&r, animator->before, shown, width, animator->over);
        PARE_TRY(deflate_pixels(animator, animator->over, across, across, down));
        blends = animator->trial.len < animator->best.len;
        if (blends) take_trial(animator);
    }
    memcpy(animator->before, shown, (size_t)width * height * 4);
    if (is_first) return put_first(animator, &r, frame, diag);
    PARE_TRY(put_control(animator, &r, frame, blends, diag));
    const uint32_t sequence = animator->sequence++;
    return put_chunk(&animator->file, "fdAT", &sequence, pare_buf_view(&animator->best));
}

pare_err pare_png_animator_finish(pare_animator *animator, pare_buf *out, pare_diag *diag)
{
    const pare_repack_params params = {.effort = animator->params.effort, .keep = PARE_KEEP_ALL};
    PARE_TRY(put_chunk(&animator->file, "IEND", NULL, (pare_bytes){0}));
    return pare_png_animation_repack(pare_buf_view(&animator->file), &params, out, diag);
}
