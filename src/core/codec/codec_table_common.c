// SPDX-License-Identifier: Apache-2.0
/* The formats of pare-worker-common: those that pare_header_is_common() names. A program that has
 * this table in place of codec_table.c links none of the other codecs, nor their libraries. */
#include "core/codec/codec.h"

static const pare_codec *const CODECS[] = {
    &pare_codec_jpeg,
    &pare_codec_png,
    &pare_codec_webp,
    &pare_codec_gif,
};

const pare_codec_table pare_codec_formats = {CODECS, sizeof CODECS / sizeof *CODECS};
