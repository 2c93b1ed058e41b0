// SPDX-License-Identifier: Apache-2.0
/* The table of formats. Adding a format is one file and one line. */
#include "core/codec/codec.h"

static const pare_codec *const CODECS[] = {
    &pare_codec_jpeg, &pare_codec_png,  &pare_codec_webp,
#ifdef PARE_HAVE_AVIF
    &pare_codec_avif,
#endif
#ifdef PARE_HAVE_JXL
    &pare_codec_jxl,
#endif
    &pare_codec_gif,  &pare_codec_tiff, &pare_codec_bmp,
#ifdef PARE_HAVE_SVG
    &pare_codec_svg,
#endif
};

const pare_codec_table pare_codec_formats = {CODECS, sizeof CODECS / sizeof *CODECS};
