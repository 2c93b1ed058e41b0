// SPDX-License-Identifier: Apache-2.0
/* Windows bitmaps to pixels, by our own reader: the format is a header and rows (Microsoft,
 * "Bitmap Storage" and "Bitmap Compression"). Alpha counts only where a mask says so. */
#include "core/codec/codec.h"

#include <string.h>

#include "base/checked.h"
#include "core/image/profile.h"

enum { FILE_HEADER_LEN = 14, CORE_LEN = 12, INFO_LEN = 40, V3_LEN = 56, V5_LEN = 124 };
enum { PLAIN = 0, RLE8 = 1, RLE4 = 2, BIT_FIELDS = 3, ALPHA_BIT_FIELDS = 6 };
enum { PROFILE_EMBEDDED = 0x4d424544 };

/* A channel inside of a pixel of 16 or 32 bits. */
typedef struct mask {
    uint32_t bits;
    unsigned shift;
    uint32_t max; /* 0: there is no such channel */
} mask;

typedef struct bitmap {
    pare_bytes file;
    uint32_t width_px, height_px;
    bool is_top_down;
    unsigned depth_bits, compression;
    mask masks[4]; /* red, green, blue, alpha */
    uint8_t palette[256][3];
    unsigned palette_count;
    size_t pixels_at;
    size_t row_len; /* of rows that are not compressed */
    pare_bytes icc;
} bitmap;

static mask make_mask(uint32_t bits)
{
    mask out = {.bits = bits};
    if (bits == 0) return out;
    out.shift = (unsigned)__builtin_ctz(bits);
    out.max = bits >> out.shift;
    return out;
}

static void set_masks(bitmap *b, uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha)
{
    b->masks[0] = make_mask(red);
    b->masks[1] = make_mask(green);
    b->masks[2] = make_mask(blue);
    b->masks[3] = make_mask(alpha);
}

static pare_err fail(pare_diag *diag, const char *what)
{
    return pare_fail(diag, PARE_ERR_CORRUPT, "BMP: %s", what);
}

static pare_err read_palette(bitmap *b, size_t at, size_t entry_len, uint32_t used, pare_diag *diag)
{
    const uint32_t most = 1u << b->depth_bits;
    b->palette_count = used == 0 || used > most ? most : used;
    if (b->pixels_at > at && b->palette_count > (b->pixels_at - at) / entry_len) {
        b->palette_count = (unsigned)((b->pixels_at - at) / entry_len);
    }
    if (at > b->file.len || b->palette_count * entry_len > b->file.len - at) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the palette is cut off");
    }
    for (unsigned i = 0; i < b->palette_count; i++) {
        const uint8_t *entry = b->file.data + at + i * entry_len;
        b->palette[i][0] = entry[2], b->palette[i][1] = entry[1], b->palette[i][2] = entry[0];
    }
    return PARE_OK;
}

/* The masks of a header, or behind it. */
static pare_err read_masks(bitmap *b, const uint8_t *header, uint32_t header_len, pare_diag *diag)
{
    const bool has_alpha = header_len >= V3_LEN || b->compression == ALPHA_BIT_FIELDS;
    if (b->depth_bits == 16) set_masks(b, 0x7c00, 0x03e0, 0x001f, 0);
    if (b->depth_bits == 32) set_masks(b, 0xff0000, 0xff00, 0xff, 0);
    if (b->compression != BIT_FIELDS && b->compression != ALPHA_BIT_FIELDS) return PARE_OK;
    if (b->depth_bits != 16 && b->depth_bits != 32) return fail(diag, "masks without a use");
    if (b->file.len < FILE_HEADER_LEN + INFO_LEN + 16) return fail(diag, "the masks are missing");
    set_masks(b, pare_le32(header + 40), pare_le32(header + 44), pare_le32(header + 48),
              has_alpha ? pare_le32(header + 52) : 0);
    return PARE_OK;
}

static void read_profile(bitmap *b, const uint8_t *header)
{
    const uint32_t at = pare_le32(header + 112), len = pare_le32(header + 116);
    const size_t rest = b->file.len - FILE_HEADER_LEN;
    if (pare_le32(header + 56) != PROFILE_EMBEDDED || at > rest || len > rest - at) return;
    b->icc = (pare_bytes){header + at, len};
}

static bool is_known_kind(const bitmap *b)
{
    switch (b->compression) {
    case PLAIN:
        return b->depth_bits == 1 || b->depth_bits == 2 || b->depth_bits == 4 ||
               b->depth_bits == 8 || b->depth_bits == 16 || b->depth_bits == 24 ||
               b->depth_bits == 32;
    case RLE8: return b->depth_bits == 8 && !b->is_top_down;
    case RLE4: return b->depth_bits == 4 && !b->is_top_down;
    case BIT_FIELDS:
    case ALPHA_BIT_FIELDS: return b->depth_bits == 16 || b->depth_bits == 32;
    default: return false;
    }
}

static pare_err read_size(bitmap *b, const uint8_t *header, uint32_t header_len, pare_diag *diag)
{
    if (header_len == CORE_LEN) {
        b->width_px = pare_le16(header + 4);
        b->height_px = pare_le16(header + 6);
        b->depth_bits = pare_le16(header + 10);
    } else {
        const uint32_t height = pare_le32(header + 8);
        b->width_px = pare_le32(header + 4);
        b->is_top_down = height > INT32_MAX;
        b->height_px = b->is_top_down ? 0u - height : height;
        b->depth_bits = pare_le16(header + 14);
        b->compression = pare_le32(header + 16);
    }
    if (b->width_px == 0 || b->width_px > INT32_MAX || b->height_px == 0) {
        return fail(diag, "a size that cannot be");
    }
    if (!is_known_kind(b)) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "BMP: %u bits, compression %u",
                         b->depth_bits, b->compression);
    }
    b->row_len = (size_t)(((uint64_t)b->width_px * b->depth_bits + 31) / 32 * 4);
    return PARE_OK;
}

static pare_err read_header(pare_bytes file, bitmap *out, pare_diag *diag)
{
    *out = (bitmap){.file = file};
    if (file.len < FILE_HEADER_LEN + CORE_LEN) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the header is cut off");
    }
    const uint8_t *header = file.data + FILE_HEADER_LEN;
    const uint32_t len = pare_le32(header);
    if (len != CORE_LEN && len < INFO_LEN) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "BMP: a header of %u bytes", len);
    }
    if (len > file.len - FILE_HEADER_LEN) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the header is cut off");
    }
    out->pixels_at = pare_le32(file.data + 10);
    PARE_TRY(read_size(out, header, len, diag));
    PARE_TRY(read_masks(out, header, len, diag));
    if (len >= V5_LEN) read_profile(out, header);
    size_t palette_at = FILE_HEADER_LEN + (size_t)len;
    if (len == INFO_LEN && out->compression == BIT_FIELDS) palette_at += 12;
    if (len == INFO_LEN && out->compression == ALPHA_BIT_FIELDS) palette_at += 16;
    if (out->depth_bits <= 8) {
        const uint32_t used = len == CORE_LEN ? 0 : pare_le32(header + 32);
        PARE_TRY(read_palette(out, palette_at, len == CORE_LEN ? 3 : 4, used, diag));
    }
    if (out->pixels_at < FILE_HEADER_LEN + (size_t)len) return fail(diag, "pixels in the header");
    if (out->pixels_at > file.len) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the pixels are cut off");
    }
    return PARE_OK;
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    bitmap b;
    *out = (pare_info){.format = PARE_FORMAT_BMP, .frames = 1, .orientation = 1, .depth_bits = 8};
    PARE_TRY(read_header(file, &b, diag));
    out->width_px = b.width_px;
    out->height_px = b.height_px;
    out->is_palette = b.depth_bits <= 8;
    out->has_alpha = b.masks[3].max > 0;
    out->channels = out->has_alpha ? 4 : 3;
    out->is_lossless = true;
    out->has_icc = b.icc.len > 0;
    pare_profile_describe(b.icc, out->profile);
    return PARE_OK;
}

/* ---- rows ---- */

static void put_index(const bitmap *b, unsigned index, uint8_t *out)
{
    static const uint8_t BLACK[3] = {0};
    memcpy(out, index < b->palette_count ? b->palette[index] : BLACK, 3);
}

static void read_indices(const bitmap *b, const uint8_t *row, uint8_t *out)
{
    const unsigned depth = b->depth_bits, most = (1u << depth) - 1;
    for (size_t x = 0; x < b->width_px; x++) {
        const size_t bit = x * depth;
        put_index(b, row[bit / 8] >> (8 - depth - bit % 8) & most, out + 3 * x);
    }
}

static uint8_t get_channel(const mask *m, uint32_t pixel)
{
    if (m->max == 0) return 0;
    const uint64_t value = (pixel & m->bits) >> m->shift;
    return (uint8_t)((value * 255 + m->max / 2) / m->max);
}

static void read_pixels(const bitmap *b, const uint8_t *row, uint8_t *out)
{
    const bool has_alpha = b->masks[3].max > 0;
    const size_t step = b->depth_bits / 8;
    for (size_t x = 0; x < b->width_px; x++, row += step) {
        const uint32_t pixel = step == 2 ? pare_le16(row) : pare_le32(row);
        for (int c = 0; c < 3; c++)
            *out++ = get_channel(&b->masks[c], pixel);
        if (has_alpha) *out++ = get_channel(&b->masks[3], pixel);
    }
}

static void read_row(const bitmap *b, const uint8_t *row, uint8_t *out)
{
    if (b->depth_bits <= 8) {
        read_indices(b, row, out);
    } else if (b->depth_bits == 24) {
        for (size_t x = 0; x < b->width_px; x++)
            out[3 * x] = row[3 * x + 2], out[3 * x + 1] = row[3 * x + 1],
                    out[3 * x + 2] = row[3 * x];
    } else {
        read_pixels(b, row, out);
    }
}

/* As many rows as there are, in the order of the file; *rows: how many. */
static pare_err read_rows(const bitmap *b, const pare_image *image, uint32_t *rows, pare_diag *diag)
{
    const size_t have = (b->file.len - b->pixels_at) / b->row_len;
    *rows = have < b->height_px ? (uint32_t)have : b->height_px;
    for (uint32_t y = 0; y < *rows; y++) {
        const uint8_t *row = b->file.data + b->pixels_at + (size_t)y * b->row_len;
        read_row(b, row, pare_image_row(image, b->is_top_down ? y : b->height_px - 1 - y));
    }
    if (*rows == b->height_px) return PARE_OK;
    return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the pixels are cut off");
}

/* ---- run lengths ---- */

/* Where the next pixel goes; rows count from below. */
typedef struct pen {
    const bitmap *b;
    const pare_image *image;
    uint32_t x, y;
} pen;

static void draw(pen *p, unsigned index)
{
    if (p->x < p->b->width_px && p->y < p->b->height_px) {
        put_index(p->b, index,
                  pare_image_row(p->image, p->b->height_px - 1 - p->y) + (size_t)p->x * 3);
    }
    if (p->x < UINT32_MAX) p->x++;
}

/* A run of count pixels of one byte, which holds two indices that alternate with 4 bits. */
static void draw_run(pen *p, unsigned count, uint8_t byte)
{
    const bool is_half = p->b->compression == RLE4;
    for (unsigned i = 0; i < count; i++)
        draw(p, is_half ? (i % 2 ? byte & 15u : byte >> 4) : byte);
}

/* count pixels as they stand there; the number of bytes that they take, or 0 when there are fewer.
 */
static size_t draw_literal(pen *p, unsigned count, const uint8_t *from, size_t left)
{
    const bool is_half = p->b->compression == RLE4;
    const size_t len = is_half ? (count + 1) / 2 : count, padded = (len + 1) & ~(size_t)1;
    if (padded > left) return 0;
    for (unsigned i = 0; i < count; i++)
        draw(p, is_half ? (i % 2 ? from[i / 2] & 15u : from[i / 2] >> 4) : from[i]);
    return padded;
}

static pare_err draw_runs(pen *p, pare_diag *diag)
{
    enum { END_OF_ROW = 0, END = 1, MOVE = 2 };
    const bitmap *b = p->b;
    const uint8_t *data = b->file.data;
    size_t at = b->pixels_at;
    while (b->file.len - at >= 2) {
        const uint8_t count = data[at], byte = data[at + 1];
        at += 2;
        if (count > 0) {
            draw_run(p, count, byte);
        } else if (byte == END_OF_ROW) {
            p->x = 0;
            if (++p->y > b->height_px) return fail(diag, "more rows than the header says");
        } else if (byte == END) {
            return PARE_OK;
        } else if (byte == MOVE) {
            if (b->file.len - at < 2) break;
            p->x += data[at], p->y += data[at + 1];
            if (p->y > b->height_px) return fail(diag, "more rows than the header says");
            at += 2;
        } else {
            const size_t len = draw_literal(p, byte, data + at, b->file.len - at);
            if (len == 0) break;
            at += len;
        }
    }
    /* the end mark may be missing when all rows are there */
    if (p->y + 1 >= b->height_px && p->x >= b->width_px) return PARE_OK;
    return pare_fail(diag, PARE_ERR_TRUNCATED, "BMP: the pixels are cut off");
}

/* *rows: those from below that are whole when it fails. */
static pare_err read_runs(const bitmap *b, const pare_image *image, uint32_t *rows, pare_diag *diag)
{
    pen p = {b, image, 0, 0};
    for (uint32_t y = 0; y < b->height_px; y++) { /* what no run draws has the first colour */
        for (uint32_t x = 0; x < b->width_px; x++)
            put_index(b, 0, pare_image_row(image, y) + (size_t)x * 3);
    }
    const pare_err err = draw_runs(&p, diag);
    *rows = p.y < b->height_px ? p.y : b->height_px;
    return err;
}

/* Writers that mean "opaque" often leave all of alpha at 0. */
static void show_when_all_hidden(const pare_image *image)
{
    const size_t len = image->stride_bytes * image->height_px;
    for (size_t i = 3; i < len; i += 4) {
        if (image->pixels[i] != 0) return;
    }
    for (size_t i = 3; i < len; i += 4)
        image->pixels[i] = 255;
}

/* *rows: those that were there, in the order of the file. */
static pare_err read_image(const bitmap *b, const pare_limits *limits, pare_image *out,
                           uint32_t *rows, pare_diag *diag)
{
    const bool has_alpha = b->masks[3].max > 0;
    const bool has_runs = b->compression == RLE8 || b->compression == RLE4;
    *rows = 0;
    PARE_TRY(pare_limits_check(limits, b->width_px, b->height_px, 4, diag));
    PARE_TRY(pare_image_init(out, b->width_px, b->height_px, PARE_COLOR_RGB, has_alpha, 8));
    memset(out->pixels, 0, out->stride_bytes * out->height_px);
    const pare_err err = has_runs ? read_runs(b, out, rows, diag) : read_rows(b, out, rows, diag);
    if (has_alpha) show_when_all_hidden(out);
    PARE_TRY(pare_buf_append(&out->metadata.icc, b->icc.data, b->icc.len));
    return err;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    bitmap b;
    uint32_t rows;
    PARE_TRY(read_header(file, &b, diag));
    const pare_err err = read_image(&b, limits, out, &rows, diag);
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

static pare_err salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                        pare_diag *diag)
{
    bitmap b;
    *out = (pare_salvaged){0};
    PARE_TRY(read_header(file, &b, diag));
    const pare_err err = read_image(&b, limits, &out->image, &out->done, diag);
    out->total = b.height_px;
    if (out->done == 0) return err == PARE_OK ? PARE_ERR_TRUNCATED : err;
    *diag = (pare_diag){0}; /* the damage is known */
    for (uint32_t y = out->done; y < b.height_px; y++) {
        memset(pare_image_row(&out->image, b.is_top_down ? y : b.height_px - 1 - y), 0x80,
               out->image.stride_bytes);
    }
    return PARE_OK;
}

const pare_codec pare_codec_bmp = {
    .format = PARE_FORMAT_BMP,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA,
    .read_info = read_info,
    .decode = decode,
    .salvage = salvage,
};
