// SPDX-License-Identifier: Apache-2.0
/* gzip files through libdeflate, and through our own encoder when there is time. */
#include "core/codec/gzip.h"

#include <libdeflate.h>

#include "base/checked.h"
#include "base/err.h"
#include "core/codec/deflate_encode.h"

/* Deflate makes at most 1032 bytes out of one. */
enum { HEADER_LEN = 10, TRAILER_LEN = 8, RATIO_MAX = 1032, LEVEL = 12 };

/* Our own encoder gains some percent for hundreds of times the work. */
enum { OPTIMAL_EFFORT = 4, LONG_EFFORT = 8, LONG_LEN = 1 << 20 };

pare_err pare_gzip_unpack(pare_bytes file, size_t max_bytes, pare_buf *out, pare_diag *diag)
{
    size_t read = 0, made = 0;
    if (file.len < HEADER_LEN + TRAILER_LEN) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "gzip: the file is cut off");
    }
    /* the length modulo 2^32, which the data will show to be true or not */
    const size_t len = pare_le32(file.data + file.len - 4);
    if (len > max_bytes) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "gzip: %zu bytes are inside, more than %zu", len, max_bytes);
    }
    if (len / RATIO_MAX > file.len) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "gzip: the length is not true");
    }
    PARE_TRY(pare_buf_reserve(out, len + 1));
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor) return PARE_ERR_NO_MEMORY;
    const enum libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor, file.data, file.len, out->data + out->len, len, &read, &made);
    libdeflate_free_decompressor(decompressor);
    if (result != LIBDEFLATE_SUCCESS) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "gzip: damaged, or more than one part");
    }
    if (read != file.len || made != len) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "gzip: more than one part");
    }
    out->len += made;
    return PARE_OK;
}

/* Appends the stream of libdeflate. */
static pare_err deflate_quickly(pare_bytes data, pare_buf *out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (!compressor) return PARE_ERR_NO_MEMORY;
    const size_t bound = libdeflate_deflate_compress_bound(compressor, data.len);
    const pare_err err = pare_buf_reserve(out, bound);
    if (err == PARE_OK) {
        out->len += libdeflate_deflate_compress(compressor, data.data, data.len,
                                                out->data + out->len, bound);
    }
    libdeflate_free_compressor(compressor);
    return err;
}

/* As deflate_quickly, with our own encoder; *out is left as it is when that is not smaller. */
static pare_err deflate_optimally(pare_bytes data, unsigned passes, size_t begin, pare_buf *out)
{
    const pare_deflate_params params = {.passes = passes, .depth = 256, .long_len = 258};
    pare_deflate *deflate = NULL;
    pare_buf made = {0};
    pare_err err = pare_deflate_open(&deflate);
    if (err == PARE_OK) err = pare_deflate_encode(deflate, data, &params, &made);
    if (err == PARE_OK && made.len < out->len - begin) {
        out->len = begin;
        err = pare_buf_append(out, made.data, made.len);
    }
    pare_deflate_close(&deflate);
    pare_buf_deinit(&made);
    return err;
}

pare_err pare_gzip_pack(pare_bytes data, int effort, pare_buf *out)
{
    /* deflate, no name, no time, densest, unknown system */
    static const uint8_t HEADER[HEADER_LEN] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255};
    uint8_t trailer[TRAILER_LEN];
    PARE_TRY(pare_buf_append(out, HEADER, sizeof HEADER));
    const size_t begin = out->len;
    PARE_TRY(deflate_quickly(data, out));
    const unsigned passes[] = {3, 15};
    for (int i = 0; i < 2; i++) {
        const bool is_short = data.len <= LONG_LEN || effort >= LONG_EFFORT;
        if (effort < (i == 0 ? OPTIMAL_EFFORT : LONG_EFFORT) || !is_short) break;
        PARE_TRY(deflate_optimally(data, passes[i], begin, out));
    }
    const uint32_t numbers[] = {libdeflate_crc32(0, data.data, data.len), (uint32_t)data.len};
    for (int i = 0; i < TRAILER_LEN; i++)
        trailer[i] = (uint8_t)(numbers[i / 4] >> (8 * (i % 4)));
    return pare_buf_append(out, trailer, sizeof trailer);
}
