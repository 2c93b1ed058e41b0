// SPDX-License-Identifier: Apache-2.0
/* Pixels of plain PNG files at once, in half of the time that libpng takes. */
#ifndef PARE_CORE_CODEC_PNG_PIXELS_H
#define PARE_CORE_CODEC_PNG_PIXELS_H

#include "core/codec/codec.h"
#include "core/codec/png_info.h"

/* Read the pixels if the file is plain: 8 bits a sample, no palette, no transparent colour, not
 * interlaced, at most 64 MB, and nothing wrong with it.
 *
 *   limits  on_read is told when the file is not needed any more; may be NULL.
 *   out     its metadata stays empty; end it with pare_image_deinit.
 *
 * False: the file is not plain, there is something wrong or there was no memory; out is not
 * touched. Whether a file can be read at all is libpng's to say. */
bool pare_png_pixels_read(pare_bytes file, const pare_png_chunks *chunks, const pare_limits *limits,
                          pare_image *out);

#endif /* PARE_CORE_CODEC_PNG_PIXELS_H */
