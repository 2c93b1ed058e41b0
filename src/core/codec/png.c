// SPDX-License-Identifier: Apache-2.0
/* The entry of PNG in the table of formats. */
#include "core/codec/codec.h"
#include "core/codec/png_animation.h"
#include "core/codec/png_decode.h"
#include "core/codec/png_encoder.h"
#include "core/codec/png_info.h"

const pare_codec pare_codec_png = {
    .format = PARE_FORMAT_PNG,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_LOSSLESS |
            PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 | PARE_CODEC_GRAY | PARE_CODEC_SWITCHES,
    .read_info = pare_png_read_info,
    .decode = pare_png_decode,
    .decode_header = pare_png_decode_header,
    .decode_rows = pare_png_decode_rows,
    .salvage = pare_png_salvage,
    .encoder_open = pare_png_encoder_open,
    .encoder_try = pare_png_encoder_try,
    .encoder_close = pare_png_encoder_close,
    .repack = pare_png_animation_repack,
    .check_repacked = pare_png_animation_check,
    .read_metadata = pare_png_read_metadata,
    .frames_open = pare_png_frames_open,
    .frames_next = pare_png_frames_next,
    .frames_close = pare_png_frames_close,
    .animator_open = pare_png_animator_open,
    .animator_add = pare_png_animator_add,
    .animator_finish = pare_png_animator_finish,
    .animator_close = pare_png_animator_close,
};
