// SPDX-License-Identifier: Apache-2.0
/* The table entry of GIF. */
#include <stdlib.h>
#include <string.h>

#include "core/codec/codec.h"
#include "core/codec/gif_animator.h"
#include "core/codec/gif_blocks.h"
#include "core/codec/gif_player.h"
#include "core/codec/gif_writer.h"

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_gif_blocks blocks;
    *out = (pare_info){.format = PARE_FORMAT_GIF, .orientation = 1, .depth_bits = 8};
    const pare_err err = pare_gif_blocks_read(file, &blocks, diag);
    out->is_palette = out->is_lossless = true;
    out->width_px = blocks.width_px;
    out->height_px = blocks.height_px;
    out->frames = blocks.frames;
    out->is_animated = blocks.frames > 1;
    out->has_alpha = blocks.has_transparency;
    out->channels = out->has_alpha ? 4 : 3;
    out->has_comment = blocks.has_comment;
    out->has_xmp = blocks.has_xmp;
    out->has_icc = blocks.has_icc;
    out->has_trailing_data =
        pare_is_trailing_data((pare_bytes){file.data + blocks.len, file.len - blocks.len});
    return err;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_info info;
    pare_gif_player player = {0};
    bool more = false;

    PARE_TRY(read_info(file, &info, diag));
    pare_err err = pare_gif_player_init(&player, file, limits, diag);
    if (err == PARE_OK) err = pare_gif_player_next(&player, &more, diag);
    if (err == PARE_OK && !more) {
        err = pare_fail(diag, PARE_ERR_CORRUPT, "there is no image in the GIF");
    }
    /* A frame smaller than the canvas leaves the rest transparent; alpha is dropped again later
     * when every pixel is opaque. */
    if (err == PARE_OK) {
        err = pare_image_init(out, info.width_px, info.height_px, PARE_COLOR_RGB, true, 8);
    }
    if (err == PARE_OK) {
        memcpy(out->pixels, player.shown.pixels, out->stride_bytes * out->height_px);
    }
    pare_gif_player_deinit(&player);
    return err;
}

struct pare_frames {
    pare_gif_player player;
};

static void frames_close(pare_frames **frames_io)
{
    pare_frames *const frames = *frames_io;
    if (!frames) return;
    pare_gif_player_deinit(&frames->player);
    free(frames);
    *frames_io = NULL;
}

static pare_err frames_open(pare_bytes file, const pare_limits *limits, pare_animation *animation,
                            pare_frames **out, pare_diag *diag)
{
    pare_gif_blocks blocks;
    PARE_TRY(pare_gif_blocks_read(file, &blocks, diag));
    *animation = (pare_animation){
        .width_px = blocks.width_px,
        .height_px = blocks.height_px,
        .frames = blocks.frames,
        /* the file counts repetitions after the first time; without a count it plays once */
        .loop_count = !blocks.has_loop    ? 1
                      : blocks.loop_count ? blocks.loop_count + 1u
                                          : 0,
    };
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    const pare_err err = pare_gif_player_init(&(*out)->player, file, limits, diag);
    if (err != PARE_OK) frames_close(out);
    return err;
}

static pare_err frames_next(pare_frames *frames, pare_frame *out, bool *more, pare_diag *diag)
{
    PARE_TRY(pare_gif_player_next(&frames->player, more, diag));
    *out =
        (pare_frame){(const uint8_t *)frames->player.shown.pixels, frames->player.delay_cs * 10u};
    return PARE_OK;
}

/* The whole frames. How many there were cannot be told: one more at least. */
static pare_err salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                        pare_diag *diag)
{
    pare_gif_blocks blocks;
    pare_animation animation;
    pare_frames *frames = NULL;
    *out = (pare_salvaged){.counts_frames = true};
    const pare_err cause = pare_gif_blocks_read(file, &blocks, diag);
    if (blocks.frames == 0) return cause == PARE_OK ? PARE_ERR_CORRUPT : cause;
    PARE_TRY(pare_buf_append(&out->file, file.data, blocks.whole_len));
    PARE_TRY(pare_buf_append_byte(&out->file, ';'));
    pare_err err = frames_open(pare_buf_view(&out->file), limits, &animation, &frames, diag);
    for (bool more = true; err == PARE_OK && more;) {
        pare_frame frame;
        err = frames_next(frames, &frame, &more, diag);
        if (err == PARE_OK && more) out->done++;
    }
    if (frames) frames_close(&frames);
    out->total = blocks.frames + (cause != PARE_OK);
    if (err == PARE_OK || out->done == 0 || err == PARE_ERR_NO_MEMORY) return err;
    *diag = (pare_diag){0}; /* the damage is known */
    out->file.len = pare_gif_blocks_frames_len(file, out->done);
    return pare_buf_append_byte(&out->file, ';');
}

const pare_codec pare_codec_gif = {
    .format = PARE_FORMAT_GIF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA,
    .read_info = read_info,
    .decode = decode,
    .salvage = salvage,
    .repack = pare_gif_repack,
    .frames_open = frames_open,
    .frames_next = frames_next,
    .frames_close = frames_close,
    .animator_open = pare_gif_animator_open,
    .animator_add = pare_gif_animator_add,
    .animator_finish = pare_gif_animator_finish,
    .animator_close = pare_gif_animator_close,
};
