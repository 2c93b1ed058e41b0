// SPDX-License-Identifier: Apache-2.0
/* zlib streams through libdeflate. */
#include "core/codec/png_deflate.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "core/codec/deflate_reopen.h"

/* With fewer passes of our own encoder, its search for matches is in a hurry, too, unless there is
 * little to search. */
enum { PATIENT_PASSES = 8, LITTLE_LEN = 64 << 10 };

struct pare_png_deflater {
    struct libdeflate_compressor *compressors[PARE_PNG_DEFLATE_BEST + 1];
    pare_deflate *optimal; /* NULL until it is needed */
    pare_buf out;
};

pare_err pare_png_deflater_open(pare_png_deflater **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_png_deflater_close(pare_png_deflater **deflater)
{
    if (!*deflater) return;
    for (int i = 0; i <= PARE_PNG_DEFLATE_BEST; i++) {
        libdeflate_free_compressor((*deflater)->compressors[i]);
    }
    pare_deflate_close(&(*deflater)->optimal);
    pare_buf_deinit(&(*deflater)->out);
    free(*deflater);
    *deflater = NULL;
}

/* Parts on their way, and their sum. */
typedef struct summing {
    const pare_deflate_source *source;
    uint32_t adler;
} summing;

static pare_err next_summed(void *user, pare_bytes *part)
{
    summing *s = user;
    PARE_TRY(s->source->next(s->source->user, part));
    s->adler = libdeflate_adler32(s->adler, part->data, part->len);
    return PARE_OK;
}

static pare_err need_compressor(pare_png_deflater *deflater, int level,
                                struct libdeflate_compressor **out)
{
    struct libdeflate_compressor **compressor = &deflater->compressors[level];
    if (!*compressor) *compressor = libdeflate_alloc_compressor(level);
    *out = *compressor;
    return *out ? PARE_OK : PARE_ERR_NO_MEMORY;
}

/* Our own encoder, to which parts make no difference. */
static pare_err put_optimal(pare_png_deflater *deflater, int level,
                            const pare_deflate_source *source, pare_buf *out)
{
    const unsigned passes = (unsigned)(level - PARE_PNG_OPTIMAL);
    const bool is_quick = passes < PATIENT_PASSES && source->len > LITTLE_LEN;
    const pare_deflate_params params = {
        .passes = passes, .depth = is_quick ? 32 : 256, .long_len = is_quick ? 64 : 258};
    if (!deflater->optimal) PARE_TRY(pare_deflate_open(&deflater->optimal));
    return pare_deflate_encode_parts(deflater->optimal, source, &params, out);
}

/* Each part by itself. */
static pare_err put_quick(pare_png_deflater *deflater, int level, const pare_deflate_source *source,
                          pare_buf *out)
{
    struct libdeflate_compressor *compressor;
    PARE_TRY(need_compressor(deflater, level, &compressor));
    for (size_t left = source->len; left > 0;) {
        const size_t begin = out->len;
        pare_bytes part;
        PARE_TRY(source->next(source->user, &part));
        if (part.len == 0 || part.len > left) return PARE_ERR_INTERNAL;
        left -= part.len;
        PARE_TRY(pare_buf_reserve(out, libdeflate_deflate_compress_bound(compressor, part.len)));
        out->len += libdeflate_deflate_compress(compressor, part.data, part.len, out->data + begin,
                                                out->cap - begin);
        if (out->len == begin) return PARE_ERR_INTERNAL;
        if (left > 0) PARE_TRY(pare_deflate_reopen(out, begin));
    }
    return PARE_OK;
}

/* Deflate in the frame of zlib (RFC 1950). */
pare_err pare_png_deflate_parts(pare_png_deflater *deflater, int level,
                                const pare_deflate_source *source, pare_buf *out)
{
    const bool is_quick = level < PARE_PNG_OPTIMAL;
    summing s = {.source = source, .adler = 1};
    const pare_deflate_source summed = {.len = source->len, .next = next_summed, .user = &s};
    uint8_t sum[4];
    PARE_TRY(pare_buf_append(out, is_quick ? "\x78\x9c" : "\x78\xda", 2));
    PARE_TRY(is_quick ? put_quick(deflater, level, &summed, out)
                      : put_optimal(deflater, level, &summed, out));
    for (int i = 0; i < 4; i++)
        sum[i] = (uint8_t)(s.adler >> (24 - 8 * i));
    return pare_buf_append(out, sum, 4);
}

pare_err pare_png_deflate(pare_png_deflater *deflater, int level, pare_bytes data, pare_bytes *out)
{
    struct libdeflate_compressor *compressor;
    pare_buf *buf = &deflater->out;
    buf->len = 0;
    if (level >= PARE_PNG_OPTIMAL) {
        const pare_deflate_source source = pare_deflate_whole(&data);
        PARE_TRY(pare_png_deflate_parts(deflater, level, &source, buf));
        *out = pare_buf_view(buf);
        return PARE_OK;
    }
    PARE_TRY(need_compressor(deflater, level, &compressor));
    PARE_TRY(pare_buf_reserve(buf, libdeflate_zlib_compress_bound(compressor, data.len)));
    buf->len = libdeflate_zlib_compress(compressor, data.data, data.len, buf->data, buf->cap);
    if (!buf->len) return PARE_ERR_INTERNAL;
    *out = pare_buf_view(buf);
    return PARE_OK;
}

void pare_png_deflate_take(pare_png_deflater *deflater, pare_buf *to)
{
    const pare_buf made = deflater->out;
    deflater->out = *to;
    *to = made;
}

void pare_png_deflater_shrink(pare_png_deflater *deflater)
{
    pare_buf_deinit(&deflater->out);
    pare_deflate_close(&deflater->optimal);
}

bool pare_png_inflate(pare_bytes stream, uint8_t *out, size_t len)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor) return false;
    const enum libdeflate_result result =
        libdeflate_zlib_decompress(decompressor, stream.data, stream.len, out, len, NULL);
    libdeflate_free_decompressor(decompressor);
    return result == LIBDEFLATE_SUCCESS;
}

uint32_t pare_png_crc32(uint32_t crc, const void *data, size_t len)
{
    return libdeflate_crc32(crc, data, len);
}
