// SPDX-License-Identifier: Apache-2.0
/* zlib streams for PNG, from quick size estimates to the smallest that can be had. */
#ifndef PARE_CORE_CODEC_PNG_DEFLATE_H
#define PARE_CORE_CODEC_PNG_DEFLATE_H

#include <stdbool.h>

#include "core/codec/deflate_encode.h"

/* Compressors and memory that trials share; one thread at a time. */
typedef struct pare_png_deflater pare_png_deflater;

/* Levels 1..12 are libdeflate's; PARE_PNG_OPTIMAL + n is deflate_encode.h with n passes (1..255).
 */
enum { PARE_PNG_DEFLATE_BEST = 12, PARE_PNG_OPTIMAL = 256 };

/* Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_deflater_open(pare_png_deflater **out);
/* Accepts a pointer to NULL. */
void pare_png_deflater_close(pare_png_deflater **deflater);

/* The zlib stream of data; *out is borrowed until the next call or close.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_png_deflate(pare_png_deflater *deflater, int level, pare_bytes data,
                                         pare_bytes *out);

/* Appends the zlib stream of data that come in parts, at least a byte. libdeflate's levels take
 * each part by itself, so that small ones cost bytes. The source may call pare_png_deflate().
 * Errors: PARE_ERR_NO_MEMORY, those of the source. */
PARE_NODISCARD pare_err pare_png_deflate_parts(pare_png_deflater *deflater, int level,
                                               const pare_deflate_source *source, pare_buf *out);

/* Move the stream that the last call made into *to, whose memory serves the next call. */
void pare_png_deflate_take(pare_png_deflater *deflater, pare_buf *to);
/* Free what grows with the data; the next call allocates it again. */
void pare_png_deflater_shrink(pare_png_deflater *deflater);

/* The data of a zlib stream that is known to have len bytes; false when it has not. */
bool pare_png_inflate(pare_bytes stream, uint8_t *out, size_t len);

/* The CRC of PNG chunks (specification, annex D); start with 0. */
uint32_t pare_png_crc32(uint32_t crc, const void *data, size_t len);

#endif /* PARE_CORE_CODEC_PNG_DEFLATE_H */
