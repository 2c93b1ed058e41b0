// SPDX-License-Identifier: Apache-2.0
/* TIFF to pixels with libtiff. Pages are counted; only single-page files are decoded. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/tiff_file.h"
#include "core/image/shrink.h"

enum { PAGES_MAX = 64 };

static void fill_info(TIFF *tiff, const pare_tiff_shape *s, pare_info *out)
{
    uint32_t len;
    void *data;
    out->width_px = s->width;
    out->height_px = s->height;
    out->orientation = (uint8_t)s->orientation;
    out->depth_bits = (uint8_t)(s->bits > 16 ? 16 : s->bits);
    out->channels = (uint8_t)(s->samples > 5 ? 5 : s->samples);
    out->has_alpha = pare_tiff_has_alpha(s);
    out->is_palette = s->photometric == PHOTOMETRIC_PALETTE;
    out->is_cmyk = s->photometric == PHOTOMETRIC_SEPARATED;
    out->is_lossless = true;
    out->has_icc = TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &len, &data) == 1;
    out->has_xmp = TIFFGetField(tiff, TIFFTAG_XMLPACKET, &len, &data) == 1;
    out->frames = 1;
    while (out->frames < PAGES_MAX && TIFFReadDirectory(tiff))
        out->frames++;
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_tiff_source s = {.file = file};
    pare_tiff_shape about;
    *out = (pare_info){.format = PARE_FORMAT_TIFF, .frames = 1, .orientation = 1};
    TIFF *tiff = pare_tiff_open(&s);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    pare_tiff_shape_read(tiff, &about);
    fill_info(tiff, &about, out);
    TIFFClose(tiff);
    if (out->width_px == 0 || out->height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the image has no size");
    }
    return PARE_OK;
}

/* Rows of whole samples on their way into the image: straight, or through a band of a few rows when
 * the image is shrunk meanwhile. */
typedef struct reader {
    TIFF *tiff;
    const pare_tiff_shape *about;
    pare_image *out;
    const pare_limits *limits; /* may be NULL */
    size_t file_len, told_at;
    size_t row_len;
    pare_shrink shrink; /* factor 0: the rows of out are read into */
    uint8_t *band;
} reader;

static uint8_t *row_at(const reader *r, uint32_t band_y, uint32_t y)
{
    return r->shrink.factor ? r->band + (size_t)y * r->row_len : pare_image_row(r->out, band_y + y);
}

static void finish_rows(reader *r, uint32_t band_y, uint32_t count)
{
    for (uint32_t y = 0; y < count; y++) {
        uint8_t *row = row_at(r, band_y, y);
        pare_tiff_normalize_row(r->about, r->out, row);
        if (r->shrink.factor) pare_shrink_add_row(&r->shrink, row);
    }
    /* Where the rows lie in the file is guessed: nearly all writers put them in order. */
    const double share = (double)(band_y + count) / (double)r->about->height;
    const size_t upto = (size_t)(share * (double)r->file_len);
    if (r->limits && r->limits->on_read && upto >= r->told_at + PARE_READ_STEP_BYTES) {
        r->limits->on_read(r->limits->user, upto);
        r->told_at = upto;
    }
}

static pare_err make_band(reader *r, uint32_t rows)
{
    size_t len;
    if (!r->shrink.factor) return PARE_OK;
    if (!pare_mul_size(r->row_len, rows, &len)) return PARE_ERR_TOO_LARGE;
    r->band = calloc(1, len);
    return r->band ? PARE_OK : PARE_ERR_NO_MEMORY;
}

/* One row of tiles; they are cut at the edges. */
static bool read_tile_row(reader *r, uint8_t *tile, uint32_t tile_w, uint32_t y, uint32_t rows)
{
    const size_t pixel_len = (size_t)r->out->channels * (r->out->depth_bits / 8u);
    for (uint32_t x = 0; x < r->about->width; x += tile_w) {
        const uint32_t left = r->about->width - x, w = left < tile_w ? left : tile_w;
        if (TIFFReadTile(r->tiff, tile, x, y, 0, 0) < 0) return false;
        for (uint32_t row = 0; row < rows; row++) {
            memcpy(row_at(r, y, row) + x * pixel_len, tile + (size_t)row * tile_w * pixel_len,
                   w * pixel_len);
        }
        if (left <= tile_w) break; /* x must not wrap around */
    }
    return true;
}

static pare_err read_tiles(reader *r)
{
    uint32_t tile_w = 0, tile_h = 0;
    TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &tile_w);
    TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &tile_h);
    const size_t pixel_len = (size_t)r->out->channels * (r->out->depth_bits / 8u);
    const tmsize_t tile_len = TIFFTileSize(r->tiff);
    if (tile_w == 0 || tile_h == 0 || tile_len <= 0 || tile_len > PARE_TIFF_ALLOCATION_MAX ||
        (uint64_t)tile_w * tile_h * pixel_len > (uint64_t)tile_len) {
        return PARE_ERR_CORRUPT;
    }
    const uint32_t height = r->about->height;
    PARE_TRY(make_band(r, tile_h < height ? tile_h : height));
    uint8_t *tile = calloc(1, (size_t)tile_len);
    pare_err err = tile ? PARE_OK : PARE_ERR_NO_MEMORY;
    for (uint32_t y = 0; err == PARE_OK && y < height;) {
        const uint32_t rows = height - y < tile_h ? height - y : tile_h;
        if (!read_tile_row(r, tile, tile_w, y, rows)) err = PARE_ERR_CORRUPT;
        finish_rows(r, y, rows);
        y += rows;
    }
    free(tile);
    return err;
}

static pare_err read_rows(reader *r)
{
    if (TIFFIsTiled(r->tiff)) return read_tiles(r);
    if ((uint64_t)TIFFScanlineSize64(r->tiff) != r->row_len) return PARE_ERR_CORRUPT;
    PARE_TRY(make_band(r, 1));
    for (uint32_t y = 0; y < r->about->height; y++) {
        if (TIFFReadScanline(r->tiff, row_at(r, y, 0), y, 0) != 1) return PARE_ERR_CORRUPT;
        finish_rows(r, y, 1);
    }
    return PARE_OK;
}

static pare_err decode_rgba(TIFF *tiff, const pare_tiff_shape *s, pare_image *out)
{
    if (!pare_tiff_gives_rgba(tiff, s)) return PARE_SKIP_UNSUPPORTED_VARIANT;
    PARE_TRY(pare_image_init(out, s->width, s->height, PARE_COLOR_RGB, true, 8));
    uint32_t *raster = (uint32_t *)(void *)out->pixels;
    if (!TIFFReadRGBAImageOriented(tiff, s->width, s->height, raster, s->orientation, 1)) {
        return PARE_ERR_CORRUPT;
    }
    pare_tiff_unpack_rgba(out->pixels, (size_t)s->width * s->height);
    return PARE_OK;
}

static pare_err decode_plain(reader *r, pare_color color, uint32_t factor)
{
    const pare_tiff_shape *s = r->about;
    pare_image *out = r->out;
    const uint8_t depth = (uint8_t)s->bits;
    pare_err err = factor > 1 ? pare_shrink_init(&r->shrink, factor, s->width, s->height, color,
                                                 pare_tiff_has_alpha(s), depth, out)
                              : pare_image_init(out, s->width, s->height, color,
                                                pare_tiff_has_alpha(s), depth);
    if (err == PARE_OK) {
        r->row_len = (size_t)s->width * out->channels * (depth / 8u);
        err = read_rows(r);
    }
    pare_shrink_deinit(&r->shrink);
    free(r->band);
    return err;
}

static pare_err decode_pixels(TIFF *tiff, pare_bytes file, const pare_limits *limits,
                              const pare_tiff_shape *about, pare_image *out, pare_diag *diag)
{
    reader r = {.tiff = tiff, .about = about, .out = out, .limits = limits, .file_len = file.len};
    pare_color color = PARE_COLOR_RGB;
    const bool by_rows = pare_tiff_is_plain(about, &color);
    const uint32_t factor = limits && limits->shrink > 1 ? limits->shrink : 1;
    pare_limits own = limits ? *limits : (pare_limits){0};
    if (!by_rows) own.shrink = 1;
    PARE_TRY(pare_limits_check(&own, about->width, about->height, 8, diag));
    if (by_rows) return decode_plain(&r, color, factor);
    PARE_TRY(decode_rgba(tiff, about, out));
    return pare_shrink_image(out, factor);
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_tiff_source s = {.file = file};
    pare_tiff_shape about;
    TIFF *tiff = pare_tiff_open(&s);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    pare_tiff_shape_read(tiff, &about);
    pare_err err =
        pare_tiff_is_camera_raw(tiff, file)
            ? pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "TIFF: several images, or camera raw")
            : decode_pixels(tiff, file, limits, &about, out, diag);
    if (err == PARE_OK) err = pare_tiff_copy_metadata(tiff, &out->metadata);
    if (err == PARE_OK) out->orientation = (uint8_t)about.orientation;
    TIFFClose(tiff);
    if (err == PARE_OK) return PARE_OK;
    pare_image_deinit(out);
    return pare_fail(diag, err, "decode: %s",
                     err == PARE_ERR_CORRUPT     ? "the TIFF is damaged or cut off"
                     : err == PARE_ERR_NO_MEMORY ? "no memory for the pixels of the TIFF"
                                                 : "a kind of TIFF that Pare does not read");
}

const pare_codec pare_codec_tiff = {
    .format = PARE_FORMAT_TIFF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 |
            PARE_CODEC_GRAY | PARE_CODEC_CMYK,
    .read_info = read_info,
    .decode = decode,
    .salvage = pare_tiff_salvage,
};
