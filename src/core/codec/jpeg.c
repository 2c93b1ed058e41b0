// SPDX-License-Identifier: Apache-2.0
/* JPEG in the table of formats. */
#include "core/codec/codec.h"
#include "core/codec/jpeg_decode.h"
#include "core/codec/jpeg_encoder.h"
#include "core/codec/jpeg_info.h"

const pare_codec pare_codec_jpeg = {
    .format = PARE_FORMAT_JPEG,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_ENCODES | PARE_CODEC_LOSSY | PARE_CODEC_GRAY |
            PARE_CODEC_CMYK | PARE_CODEC_RECOMPRESS | PARE_CODEC_ORIENTATION,
    .read_info = pare_jpeg_read_info,
    .decode = pare_jpeg_decode,
    .decode_header = pare_jpeg_decode_header,
    .salvage = pare_jpeg_salvage,
    .decode_rows = pare_jpeg_decode_rows,
    .encoder_open = pare_jpeg_encoder_open,
    .encoder_try = pare_jpeg_encoder_try,
    .encoder_draft = pare_jpeg_encoder_draft,
    .encoder_check = pare_jpeg_encoder_check,
    .encoder_close = pare_jpeg_encoder_close,
    .encoder_rung = pare_jpeg_encoder_rung,
};
