// SPDX-License-Identifier: Apache-2.0
/* A GIF written anew, in two passes over the source: plan, then encode each frame in several ways
 * and keep the smallest. */
#include "core/codec/gif_writer.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec/gif_blocks.h"
#include "core/codec/gif_lzw.h"
#include "core/codec/gif_palette.h"
#include "core/codec/gif_plan.h"

typedef struct writer {
    const pare_repack_params *params;
    pare_gif_plan plan;
    pare_gif_player player;
    pare_gif_canvas base; /* what the canvas holds before the frame that the player shows */
    pare_gif_rect drift;  /* base and the canvas of the player are equal outside */
    pare_gif_table global;
    pare_gif_lzw *lzw;
    uint8_t *first, *second; /* indices of a frame */
    pare_buf best, trial;    /* image data of a frame */
    pare_buf *out;
} writer;

/* One way to code the pixels of a frame. */
typedef enum way {
    WAY_EITHER,      /* transparent or not, whichever matches */
    WAY_TRANSPARENT, /* what need not be drawn is transparent */
    WAY_DRAWN,       /* everything is drawn that has a colour in the table */
} way;

static pare_err put_le16(pare_buf *out, uint32_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    return pare_buf_append(out, bytes, 2);
}

static pare_err put_table(pare_buf *out, const pare_gif_table *table)
{
    for (unsigned i = 0; i < 1u << table->bits; i++) {
        const uint32_t word = i < table->colors.count ? table->colors.color[i] : 0;
        PARE_TRY(pare_buf_append(out, &word, 3));
    }
    return PARE_OK;
}

static pare_err put_header(writer *w, pare_bytes file, const pare_gif_blocks *blocks)
{
    pare_buf *out = w->out;
    const bool has_table = w->global.colors.count > 0;
    PARE_TRY(pare_buf_append(out, "GIF89a", 6));
    PARE_TRY(put_le16(out, blocks->width_px));
    PARE_TRY(put_le16(out, blocks->height_px));
    const uint8_t flags = 0x70 | (has_table ? (uint8_t)(0x80 | (w->global.bits - 1)) : 0);
    PARE_TRY(pare_buf_append(out, (uint8_t[3]){flags, 0, blocks->aspect}, 3));
    if (has_table) PARE_TRY(put_table(out, &w->global));
    if (blocks->has_loop && blocks->frames > 1) {
        PARE_TRY(pare_buf_append(out, "\x21\xff\x0bNETSCAPE2.0\x03\x01", 16));
        PARE_TRY(put_le16(out, blocks->loop_count));
        PARE_TRY(pare_buf_append_byte(out, 0));
    }
    return pare_gif_blocks_copy(file, w->params->keep, out);
}

/* The indices of the frame, and in how far they leave a choice. */
static void fill_pixels(writer *w, const pare_gif_step *step, const pare_gif_table *table, way how)
{
    const uint32_t limit = 1u << table->pixel_bits, width = w->base.width_px;
    uint8_t *first = w->first, *second = w->second;
    uint32_t last = 0;
    int index = -1;
    for (uint32_t y = step->rect.top; y < step->rect.bottom; y++) {
        const uint32_t *base = w->base.pixels + (size_t)y * width;
        const uint32_t *shown = w->player.shown.pixels + (size_t)y * width;
        for (uint32_t x = step->rect.left; x < step->rect.right; x++, first++, second++) {
            if (shown[x] != last) {
                last = shown[x];
                index = last ? pare_gif_colors_find(&table->colors, last) : -1;
            }
            const bool free = table->transparent >= 0 && base[x] == shown[x];
            const bool drawn = index >= 0 && (uint32_t)index < limit;
            *first = (uint8_t)(free ? table->transparent : index);
            *second = drawn ? (uint8_t)index : *first;
            if (how == WAY_TRANSPARENT) *second = *first;
            if (how == WAY_DRAWN) *first = *second;
        }
    }
}

/* Encode in one way; w->best is the smaller one afterwards. */
static pare_err try_way(writer *w, const pare_gif_pixels *pixels, const pare_gif_lzw_params *params,
                        size_t *code_count)
{
    size_t count;
    w->trial.len = 0;
    PARE_TRY(pare_gif_lzw_encode(w->lzw, pixels, params, &w->trial, &count));
    if (w->best.len > 0 && w->best.len <= w->trial.len) return PARE_OK;
    const pare_buf worse = w->best;
    w->best = w->trial;
    w->trial = worse;
    *code_count = count;
    return PARE_OK;
}

/* Looking back costs as much as it tries; on small frames, as drawings often are, never much. */
enum { SMALL_FRAME_PX = 64 * 1024 };

/* The settings of the coder that the effort allows; each effort tries those of the ones below. */
static unsigned list_params(int effort, const pare_gif_table *table, size_t pixels,
                            pare_gif_lzw_params out[5])
{
    const pare_gif_lzw_params plain = {.min_bits = table->pixel_bits, .patience = 1};
    unsigned count = 0;
    out[count++] = plain;
    if (effort < 4 || (effort < 6 && pixels > SMALL_FRAME_PX)) return count;
    out[count] = plain, out[count++].lookback = 4;
    if (effort < 8) return count;
    out[count] = plain, out[count++].lookback = 16;
    if (effort < 9) return count;
    out[count] = out[1], out[count++].patience = 1.1;
    out[count] = out[1], out[count++].patience = 0.95;
    return count;
}

/* All ways that the effort allows, with one table. */
static pare_err encode_frame(writer *w, const pare_gif_step *step, const pare_gif_table *table,
                             size_t *code_count)
{
    const int effort = w->params->effort;
    const pare_gif_pixels pixels = {w->first, w->second, (size_t)pare_gif_rect_area(&step->rect)};
    pare_gif_lzw_params params[5];
    const unsigned count = list_params(effort, table, pixels.count, params);
    const bool has_choice = step->has_free && table->transparent >= 0;
    w->best.len = 0;
    for (way how = WAY_EITHER; how <= WAY_DRAWN; how++) {
        if (how > WAY_EITHER && (!has_choice || effort < 3)) break;
        fill_pixels(w, step, table, how);
        for (unsigned i = 0; i < count; i++)
            PARE_TRY(try_way(w, &pixels, &params[i], code_count));
    }
    return PARE_OK;
}

/* Would a table of the frame's own save more than it costs? The codes stay the same, they only
 * begin shorter. */
static bool wants_own_table(const pare_gif_table *global, const pare_gif_table *own,
                            size_t code_count)
{
    if (own->pixel_bits >= global->pixel_bits) return false;
    if (code_count == 0) code_count = 4000; /* at least one table was filled */
    const uint64_t saved = pare_gif_lzw_bits(code_count, global->pixel_bits) -
                           pare_gif_lzw_bits(code_count, own->pixel_bits);
    return saved / 8 > (uint64_t)3 << own->bits;
}

static pare_err put_control(writer *w, const pare_gif_step *step, const pare_gif_table *table)
{
    const bool has_transparent = table->transparent >= 0;
    const unsigned disposal = w->plan.count > 1 ? (unsigned)step->disposal : 0;
    if (!has_transparent && !step->waits && step->delay_cs == 0 && disposal <= PARE_GIF_STAY) {
        return PARE_OK; /* without a control block the same holds */
    }
    const uint8_t flags =
        (uint8_t)(disposal << 2 | (step->waits ? 2u : 0) | (has_transparent ? 1u : 0));
    const uint8_t block[8] = {0x21,
                              0xf9,
                              4,
                              flags,
                              (uint8_t)step->delay_cs,
                              (uint8_t)(step->delay_cs >> 8),
                              has_transparent ? (uint8_t)table->transparent : 0,
                              0};
    return pare_buf_append(w->out, block, sizeof block);
}

static pare_err put_frame(writer *w, const pare_gif_step *step, const pare_gif_table *table,
                          bool has_own)
{
    PARE_TRY(put_control(w, step, table));
    PARE_TRY(pare_buf_append_byte(w->out, 0x2c));
    PARE_TRY(put_le16(w->out, step->rect.left));
    PARE_TRY(put_le16(w->out, step->rect.top));
    PARE_TRY(put_le16(w->out, step->rect.right - step->rect.left));
    PARE_TRY(put_le16(w->out, step->rect.bottom - step->rect.top));
    PARE_TRY(pare_buf_append_byte(w->out, has_own ? (uint8_t)(0x80 | (table->bits - 1)) : 0));
    if (has_own) PARE_TRY(put_table(w->out, table));
    return pare_buf_append(w->out, w->best.data, w->best.len);
}

static pare_err write_step(writer *w, const pare_gif_step *step)
{
    pare_gif_table own, global;
    size_t code_count = 0;
    pare_gif_palette_own(step, &own);
    if (!step->is_global) {
        PARE_TRY(encode_frame(w, step, &own, &code_count));
        return put_frame(w, step, &own, true);
    }
    pare_gif_palette_global(step, &w->global, &global);
    PARE_TRY(encode_frame(w, step, &global, &code_count));
    if (!wants_own_table(&global, &own, code_count)) return put_frame(w, step, &global, false);
    PARE_TRY(encode_frame(w, step, &own, &code_count));
    return put_frame(w, step, &own, true);
}

static pare_err write_steps(writer *w, pare_diag *diag)
{
    for (size_t i = 0; i < w->plan.count; i++) {
        const pare_gif_step *step = &w->plan.steps[i];
        bool more = false;
        PARE_TRY(pare_gif_player_next(&w->player, &more, diag));
        PARE_CHECK(diag, more);
        w->drift = pare_gif_rect_join(&w->drift, &w->player.changed);
        PARE_TRY(write_step(w, step));
        pare_gif_plan_dispose(step, &w->drift, &w->player.shown, &w->base);
        if (step->disposal == PARE_GIF_STAY) w->drift = (pare_gif_rect){0};
        if (step->disposal == PARE_GIF_CLEAR) w->drift = step->rect;
    }
    return PARE_OK;
}

static pare_err run(writer *w, pare_bytes file, const pare_gif_blocks *blocks, pare_diag *diag)
{
    const size_t pixels = (size_t)blocks->width_px * blocks->height_px;
    PARE_TRY(pare_limits_check(&w->params->limits, blocks->width_px, blocks->height_px, 26, diag));
    PARE_TRY(pare_gif_plan_make(file, &w->params->limits, &w->plan, diag));
    pare_gif_palette_share(&w->plan, &w->global);
    PARE_TRY(pare_gif_player_init(&w->player, file, &w->params->limits, diag));
    PARE_TRY(pare_gif_canvas_init(&w->base, blocks->width_px, blocks->height_px));
    PARE_TRY(pare_gif_lzw_create(&w->lzw));
    w->first = malloc(pixels);
    w->second = malloc(pixels);
    if (!w->first || !w->second) return PARE_ERR_NO_MEMORY;
    PARE_TRY(put_header(w, file, blocks));
    PARE_TRY(write_steps(w, diag));
    return pare_buf_append_byte(w->out, 0x3b);
}

pare_err pare_gif_repack(pare_bytes file, const pare_repack_params *params, pare_buf *out,
                         pare_diag *diag)
{
    pare_gif_blocks blocks;
    PARE_TRY(pare_gif_blocks_read(file, &blocks, diag));
    const char *cause = NULL;
    if (blocks.has_text) cause = "text blocks";
    if (blocks.overhangs) cause = "frames beyond the canvas";
    if (blocks.frames >= PARE_GIF_FRAMES_MAX) cause = "too many frames";
    if (blocks.has_icc && !(params->keep & PARE_KEEP_ICC)) cause = "a profile to be dropped";
    if (cause) return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "a GIF with %s", cause);

    writer *w = calloc(1, sizeof *w);
    if (!w) return PARE_ERR_NO_MEMORY;
    w->params = params;
    w->out = out;
    const pare_err err = run(w, file, &blocks, diag);
    pare_gif_plan_deinit(&w->plan);
    pare_gif_player_deinit(&w->player);
    pare_gif_canvas_deinit(&w->base);
    pare_gif_lzw_destroy(&w->lzw);
    pare_buf_deinit(&w->best);
    pare_buf_deinit(&w->trial);
    free(w->first);
    free(w->second);
    free(w);
    return err;
}
