// SPDX-License-Identifier: Apache-2.0
/* The stream of a file is inflated in one piece into the memory of the image, where each row then
 * moves to its place: a filtered row is one byte longer. */
#include "core/codec/png_pixels.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/png_deflate.h"
#include "core/codec/png_unfilter.h"

/* Files up to here are in memory as a whole anyway; their parts are joined in a copy. */
enum { FILE_BYTES_MAX = 64 << 20, SIGNATURE_LEN = 8, CHUNK_OVERHEAD = 12 };

static bool is_plain(pare_bytes file, const pare_png_chunks *chunks)
{
    return file.len <= FILE_BYTES_MAX && chunks->depth_bits == 8 && chunks->color_type != 3 &&
           !chunks->has_trns && !chunks->is_interlaced && !chunks->is_cut;
}

/* What libpng would object to, or what we do not know, is left to it. */
static bool is_good_chunk(const uint8_t *chunk, size_t len, bool is_first)
{
    static const char *const KNOWN[] = {"IHDR", "PLTE", "IDAT", "IEND"};
    const bool is_critical = !(chunk[4] & 0x20);
    if (!is_critical) return true;
    if (is_first != (memcmp(chunk + 4, KNOWN[0], 4) == 0)) return false;
    for (int i = 0; i < 4; i++) {
        if (memcmp(chunk + 4, KNOWN[i], 4) != 0) continue;
        return pare_png_crc32(0, chunk + 4, len + 4) == pare_be32(chunk + 8 + len);
    }
    return false;
}

/* All data of the image: one view when it is in one chunk, else joined. */
static bool find_stream(pare_bytes file, pare_buf *joined, pare_bytes *out)
{
    bool is_over = false;
    *out = (pare_bytes){0};
    for (size_t at = SIGNATURE_LEN; at < file.len;) {
        const uint8_t *chunk = file.data + at; /* whole: the file is not cut */
        const size_t len = pare_be32(chunk);
        if (!is_good_chunk(chunk, len, at == SIGNATURE_LEN)) return false;
        if (memcmp(chunk + 4, "IEND", 4) == 0) break;
        at += CHUNK_OVERHEAD + len;
        if (memcmp(chunk + 4, "IDAT", 4) != 0) {
            is_over = out->len > 0;
            continue;
        }
        if (is_over) return false;
        if (out->len == 0) {
            *out = (pare_bytes){chunk + 8, len};
            continue;
        }
        if (joined->len == 0) {
            if (pare_buf_reserve(joined, file.len - (size_t)(out->data - file.data)) != PARE_OK ||
                pare_buf_append(joined, out->data, out->len) != PARE_OK) {
                return false;
            }
        }
        if (pare_buf_append(joined, chunk + 8, len) != PARE_OK) return false;
        *out = pare_buf_view(joined);
    }
    return out->len > 0;
}

static bool unfilter_rows(uint8_t *pixels, size_t row_len, uint32_t rows, size_t pixel_len)
{
    uint8_t *zeros = calloc(row_len + PARE_PNG_UNFILTER_SLACK, 1);
    if (!zeros) return false;
    const uint8_t *before = zeros, *from = pixels;
    uint8_t *to = pixels;
    bool is_good = true;
    for (uint32_t y = 0; y < rows && is_good; y++) {
        is_good = pare_png_unfilter(*from, pixel_len, before, from + 1, row_len, to);
        before = to;
        to += row_len;
        from += row_len + 1;
    }
    free(zeros);
    return is_good;
}

bool pare_png_pixels_read(pare_bytes file, const pare_png_chunks *chunks, const pare_limits *limits,
                          pare_image *out)
{
    const pare_color color = chunks->color_type & 2 ? PARE_COLOR_RGB : PARE_COLOR_GRAY;
    pare_image image = {0};
    pare_buf joined = {0};
    pare_bytes stream;
    size_t len;
    if (!is_plain(file, chunks)) return false;
    bool is_good = find_stream(file, &joined, &stream);
    /* there are two of it now */
    if (joined.len && limits && limits->on_read) limits->on_read(limits->user, file.len);
    is_good = is_good &&
              pare_image_init(&image, chunks->width_px, chunks->height_px, color,
                              chunks->color_type & 4, 8) == PARE_OK &&
              pare_mul_size(image.stride_bytes + 1, image.height_px, &len);
    if (is_good) {
        free(image.pixels);
        image.pixels = malloc(len + PARE_PNG_UNFILTER_SLACK);
        is_good = image.pixels && pare_png_inflate(stream, image.pixels, len) &&
                  unfilter_rows(image.pixels, image.stride_bytes, image.height_px, image.channels);
    }
    pare_buf_deinit(&joined);
    if (is_good) {
        *out = image;
    } else {
        pare_image_deinit(&image);
    }
    return is_good;
}
