// SPDX-License-Identifier: Apache-2.0
/* The chunks of a PNG file around its compressed pixels. */
#ifndef PARE_CORE_CODEC_PNG_WRITE_H
#define PARE_CORE_CODEC_PNG_WRITE_H

#include "core/codec/png_deflate.h"
#include "core/codec/png_raster.h"
#include "core/image/image.h"

/* Bytes that the raster's own chunks take beside the data of IDAT. */
size_t pare_png_overhead(const pare_png_raster *raster);

/* Bytes that stand behind the zlib stream. */
enum { PARE_PNG_WRITE_ROOM = 16 };

/* The file: raster gives the header, idat the zlib stream, whose memory becomes that of *out: it is
 * empty afterwards, and what is in front is moved in, so that room in it saves a copy. metadata may
 * be NULL: iCCP, eXIf, XMP (iTXt), IPTC (zTXt as ImageMagick names it) and the comment (tEXt, or
 * iTXt when not ASCII). Replaces *out. Errors: PARE_ERR_NO_MEMORY, PARE_ERR_TOO_LARGE (a block of
 * 2 GiB). */
PARE_NODISCARD pare_err pare_png_write(const pare_png_raster *raster, pare_buf *idat,
                                       const pare_metadata *metadata, pare_png_deflater *deflater,
                                       pare_buf *out);

#endif /* PARE_CORE_CODEC_PNG_WRITE_H */
