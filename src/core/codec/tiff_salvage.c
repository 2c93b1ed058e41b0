// SPDX-License-Identifier: Apache-2.0
/* What is left of a damaged TIFF: the strips and tiles that are whole, wherever they are, and of a
 * strip that is cut the rows above the cut.
 *
 * Every block is read twice, with other bytes behind the end of the file. What comes out the same
 * does not depend on what is missing. */
#include <stdlib.h>
#include <string.h>

#include "core/codec/tiff_file.h"

/* Bytes that a block may seem to have behind the end, beside twice those of its pixels. */
enum { PADDING_BYTES = 1 << 16, TWINS = 2, RGBA_LEN = 4 };

typedef struct block {
    uint32_t x, y, width, height; /* inside of the image */
} block;

typedef struct twins {
    pare_tiff_source sources[TWINS];
    TIFF *tiffs[TWINS];
    uint8_t *pixels[TWINS]; /* of a block, rows without gaps */
    uint8_t *tile;          /* as the file has it, also beyond the edge of the image */
    const pare_tiff_shape *about;
    pare_image *out;
    bool is_plain, is_tiled;
    bool takes_parts; /* rows come out one by one, and wrong bytes do not go unnoticed */
    uint32_t block_w, block_h;
} twins;

static void close_twins(twins *t)
{
    for (int i = 0; i < TWINS; i++) {
        if (t->tiffs[i]) TIFFClose(t->tiffs[i]);
        free(t->pixels[i]);
    }
    free(t->tile);
}

static size_t pixel_len(const twins *t)
{
    return (size_t)t->out->channels * (t->out->depth_bits / 8u);
}

static pare_err measure_blocks(twins *t, TIFF *tiff)
{
    t->is_tiled = TIFFIsTiled(tiff) != 0;
    t->block_w = t->about->width;
    if (t->is_tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &t->block_w);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &t->block_h);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &t->block_h);
        if (t->block_h > t->about->height) t->block_h = t->about->height;
    }
    uint64_t len;
    if (t->block_w == 0 || t->block_h == 0 ||
        __builtin_mul_overflow((uint64_t)t->block_w * t->block_h, pixel_len(t), &len) ||
        (t->is_tiled && len > PARE_TIFF_ALLOCATION_MAX)) {
        return PARE_ERR_CORRUPT;
    }
    if (!t->is_plain) return PARE_OK;
    const uint64_t have = t->is_tiled ? TIFFTileSize64(tiff) : TIFFScanlineSize64(tiff);
    const uint64_t want = t->is_tiled ? len : t->block_w * pixel_len(t);
    return have == want ? PARE_OK : PARE_ERR_CORRUPT;
}

static pare_err open_twins(twins *t, pare_bytes file)
{
    const size_t len = (size_t)t->block_w * t->block_h * pixel_len(t);
    t->tile = t->is_tiled && t->is_plain ? malloc(len) : NULL;
    if (t->is_tiled && t->is_plain && !t->tile) return PARE_ERR_NO_MEMORY;
    for (int i = 0; i < TWINS; i++) {
        t->pixels[i] = malloc(len);
        if (!t->pixels[i]) return PARE_ERR_NO_MEMORY;
        t->sources[i] = (pare_tiff_source){
            .file = file, .padding = 2 * (uint64_t)len + PADDING_BYTES, .filler = i ? 0xff : 0};
        t->tiffs[i] = pare_tiff_open(&t->sources[i]);
        if (!t->tiffs[i]) return PARE_ERR_CORRUPT;
    }
    return PARE_OK;
}

static uint32_t read_rgba(twins *t, int i, const block *b)
{
    TIFFRGBAImage reader;
    char why[1024] = "";
    if (!TIFFRGBAImageBegin(&reader, t->tiffs[i], 1, why)) return 0;
    reader.req_orientation = t->about->orientation; /* as it is stored */
    reader.row_offset = (int)b->y;
    reader.col_offset = (int)b->x;
    const int ok = TIFFRGBAImageGet(&reader, (uint32_t *)(void *)t->pixels[i], b->width, b->height);
    TIFFRGBAImageEnd(&reader);
    return ok ? b->height : 0;
}

/* Rows of the block that could be read, from its first. */
static uint32_t read_block(twins *t, int i, const block *b)
{
    const size_t row_len = b->width * pixel_len(t);
    if (!t->is_plain) return read_rgba(t, i, b);
    if (t->is_tiled) {
        if (TIFFReadTile(t->tiffs[i], t->tile, b->x, b->y, 0, 0) < 0) return 0;
        for (uint32_t y = 0; y < b->height; y++) {
            memcpy(t->pixels[i] + y * row_len, t->tile + (size_t)y * t->block_w * pixel_len(t),
                   row_len);
        }
        return b->height;
    }
    for (uint32_t y = 0; y < b->height; y++) {
        if (TIFFReadScanline(t->tiffs[i], t->pixels[i] + y * row_len, b->y + y, 0) != 1) return y;
    }
    return b->height;
}

/* The rows that are as they were go into the image; their number. */
static uint32_t salvage_block(twins *t, const block *b)
{
    const size_t row_len = b->width * pixel_len(t);
    uint32_t rows = b->height, same = 0;
    bool is_cut = false;
    for (int i = 0; i < TWINS && rows > 0; i++) {
        t->sources[i].was_padded = false;
        const uint32_t read = read_block(t, i, b);
        if (read < rows) rows = read;
        is_cut = is_cut || t->sources[i].was_padded;
    }
    /* before damage is noticed inside of a block, wrong pixels may have come out of it */
    if (rows < b->height && !is_cut) return 0;
    if (is_cut && !t->takes_parts) return 0;
    while (same < rows &&
           memcmp(t->pixels[0] + same * row_len, t->pixels[1] + same * row_len, row_len) == 0)
        same++;
    if (!t->is_plain) pare_tiff_unpack_rgba(t->pixels[0], (size_t)same * b->width);
    for (uint32_t y = 0; y < same; y++) {
        uint8_t *to = pare_image_row(t->out, b->y + y);
        memcpy(to + b->x * pixel_len(t), t->pixels[0] + y * row_len, row_len);
    }
    return same;
}

static uint32_t salvage_blocks(twins *t)
{
    const uint32_t width = t->about->width, height = t->about->height;
    uint32_t done = 0;
    for (uint64_t y = 0; y < height; y += t->block_h) {
        block b = {.y = (uint32_t)y};
        b.height = height - b.y < t->block_h ? height - b.y : t->block_h;
        uint32_t rows = b.height;
        for (uint64_t x = 0; x < width; x += t->block_w) {
            b.x = (uint32_t)x;
            b.width = width - b.x < t->block_w ? width - b.x : t->block_w;
            const uint32_t have = salvage_block(t, &b);
            if (have < rows) rows = have;
        }
        for (uint32_t row = 0; row < rows && t->is_plain; row++)
            pare_tiff_normalize_row(t->about, t->out, pare_image_row(t->out, b.y + row));
        done += rows;
    }
    return done;
}

static bool comes_row_by_row(TIFF *tiff)
{
    uint16_t compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    return compression == COMPRESSION_NONE || compression == COMPRESSION_LZW ||
           compression == COMPRESSION_ADOBE_DEFLATE || compression == COMPRESSION_DEFLATE ||
           compression == COMPRESSION_PACKBITS;
}

static pare_err salvage_pixels(TIFF *tiff, pare_bytes file, const pare_limits *limits,
                               const pare_tiff_shape *about, pare_salvaged *out, pare_diag *diag)
{
    twins t = {.about = about, .out = &out->image};
    pare_color color = PARE_COLOR_RGB;
    t.is_plain = pare_tiff_is_plain(about, &color);
    if (!t.is_plain && !pare_tiff_gives_rgba(tiff, about)) return PARE_SKIP_UNSUPPORTED_VARIANT;
    if (color == PARE_COLOR_CMYK) return PARE_SKIP_UNSUPPORTED_VARIANT; /* PNG cannot hold it */
    t.takes_parts = t.is_plain && comes_row_by_row(tiff);
    const bool has_alpha = !t.is_plain || pare_tiff_has_alpha(about);
    const uint8_t depth = t.is_plain ? (uint8_t)about->bits : 8;
    /* the image, and in the worst case all of it as one block, twice */
    PARE_TRY(pare_limits_check(limits, about->width, about->height, 3 * 8, diag));
    PARE_TRY(pare_image_init(t.out, about->width, about->height, color, has_alpha, depth));
    memset(t.out->pixels, 0x80, t.out->stride_bytes * about->height);
    pare_err err = measure_blocks(&t, tiff);
    if (err == PARE_OK) err = open_twins(&t, file);
    if (err == PARE_OK) out->done = salvage_blocks(&t);
    close_twins(&t);
    out->total = about->height;
    return err;
}

pare_err pare_tiff_salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                           pare_diag *diag)
{
    pare_tiff_source source = {.file = file};
    pare_tiff_shape about;
    *out = (pare_salvaged){0};
    TIFF *tiff = pare_tiff_open(&source);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    pare_tiff_shape_read(tiff, &about);
    pare_err err = pare_tiff_is_camera_raw(tiff, file)
                       ? PARE_SKIP_UNSUPPORTED_VARIANT
                       : salvage_pixels(tiff, file, limits, &about, out, diag);
    if (err == PARE_OK && out->done == 0) err = PARE_ERR_TRUNCATED;
    if (err == PARE_OK) err = pare_tiff_copy_metadata(tiff, &out->image.metadata);
    if (err == PARE_OK) out->image.orientation = (uint8_t)about.orientation;
    TIFFClose(tiff);
    if (err == PARE_OK) return PARE_OK;
    return pare_fail(diag, err, "TIFF: %s",
                     err == PARE_SKIP_UNSUPPORTED_VARIANT ? "of this kind nothing can be salvaged"
                                                          : "no row of the image is left");
}
