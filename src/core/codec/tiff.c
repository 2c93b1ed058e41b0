// SPDX-License-Identifier: Apache-2.0
/* TIFF to pixels with libtiff. Pages are counted; only single-page files are decoded. */
#include "core/codec/codec.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "base/checked.h"
#include "core/image/shrink.h"

enum { PAGES_MAX = 64, ALLOCATION_MAX = 256 << 20 };

typedef struct source {
    pare_bytes file;
    uint64_t at;
} source;

static tmsize_t read_bytes(thandle_t handle, void *data, tmsize_t len)
{
    source *const s = handle;
    if (s->at >= s->file.len || len <= 0) return 0;
    const uint64_t left = s->file.len - s->at;
    const size_t count = (uint64_t)len < left ? (size_t)len : (size_t)left;
    memcpy(data, s->file.data + s->at, count);
    s->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *data, tmsize_t len)
{
    (void)handle, (void)data, (void)len;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    source *const s = handle;
    if (whence == SEEK_CUR) offset += s->at;
    if (whence == SEEK_END) offset += s->file.len;
    s->at = offset;
    return offset;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t file_len(thandle_t handle)
{
    return ((source *)handle)->file.len;
}

/* Strips are taken out of the file where they lie, however large they are. libtiff never writes
 * into a file that it was told to read. */
static int map_file(thandle_t handle, void **data, toff_t *len)
{
    const source *const s = handle;
    *data = (void *)(uintptr_t)s->file.data;
    *len = s->file.len;
    return 1;
}

static void unmap_file(thandle_t handle, void *data, toff_t len)
{
    (void)handle, (void)data, (void)len;
}

/* libtiff 4.5: handlers for one file, so that nothing is printed and nothing is shared. */
static int ignore(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    (void)tiff, (void)user, (void)module, (void)format, (void)args;
    return 1;
}

static TIFF *open_tiff(source *s)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, ALLOCATION_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, ignore, NULL);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore, NULL);
    TIFF *tiff = TIFFClientOpenExt("input", "r", s, read_bytes, write_bytes, seek, close_nothing,
                                   file_len, map_file, unmap_file, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

typedef struct shape {
    uint32_t width, height;
    uint16_t bits, samples, photometric, planar, orientation, sample_format, extra_count;
    uint16_t *extras;
} shape;

static void read_shape(TIFF *tiff, shape *out)
{
    *out = (shape){0};
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &out->width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &out->height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &out->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &out->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &out->planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &out->orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &out->sample_format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &out->extra_count, &out->extras);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &out->photometric)) {
        out->photometric = PHOTOMETRIC_MINISBLACK;
    }
    if (out->orientation < 1 || out->orientation > 8) out->orientation = 1;
}

/* Raw camera files are TIFF files whose first directory is only a preview. */
static bool is_camera_raw(TIFF *tiff, pare_bytes file)
{
    uint16_t count;
    void *values;
    if (file.len >= 10 && memcmp(file.data + 8, "CR", 2) == 0) return true; /* Canon CR2 */
    return TIFFGetField(tiff, TIFFTAG_DNGVERSION, &values) == 1 ||
           (TIFFGetField(tiff, TIFFTAG_SUBIFD, &count, &values) == 1 && count > 0);
}

static bool has_alpha(const shape *s)
{
    return s->extra_count == 1 &&
           (s->extras[0] == EXTRASAMPLE_UNASSALPHA || s->extras[0] == EXTRASAMPLE_ASSOCALPHA);
}

static void fill_info(TIFF *tiff, const shape *s, pare_info *out)
{
    uint32_t len;
    void *data;
    out->width_px = s->width;
    out->height_px = s->height;
    out->orientation = (uint8_t)s->orientation;
    out->depth_bits = (uint8_t)(s->bits > 16 ? 16 : s->bits);
    out->channels = (uint8_t)(s->samples > 5 ? 5 : s->samples);
    out->has_alpha = has_alpha(s);
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
    source s = {file, 0};
    shape about;
    *out = (pare_info){.format = PARE_FORMAT_TIFF, .frames = 1, .orientation = 1};
    TIFF *tiff = open_tiff(&s);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    read_shape(tiff, &about);
    fill_info(tiff, &about, out);
    TIFFClose(tiff);
    if (out->width_px == 0 || out->height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the image has no size");
    }
    return PARE_OK;
}

/* Can rows be taken as they are: whole samples, side by side, in colours that pare_image has? */
static bool is_plain(const shape *s, pare_color *color)
{
    if (s->planar != PLANARCONFIG_CONTIG || (s->bits != 8 && s->bits != 16)) return false;
    if (s->sample_format != SAMPLEFORMAT_UINT && s->sample_format != SAMPLEFORMAT_VOID)
        return false;
    const unsigned colors = s->samples - (has_alpha(s) ? 1u : 0u);
    if (s->extra_count > 1 || (s->extra_count == 1 && !has_alpha(s))) return false;
    if ((s->photometric == PHOTOMETRIC_MINISBLACK || s->photometric == PHOTOMETRIC_MINISWHITE) &&
        colors == 1) {
        *color = PARE_COLOR_GRAY;
        return true;
    }
    if (s->photometric == PHOTOMETRIC_RGB && colors == 3) {
        *color = PARE_COLOR_RGB;
        return true;
    }
    *color = PARE_COLOR_CMYK;
    return s->photometric == PHOTOMETRIC_SEPARATED && colors == 4;
}

static uint32_t get_sample(const pare_image *image, const uint8_t *row, size_t at)
{
    return image->depth_bits == 8 ? row[at] : ((const uint16_t *)(const void *)row)[at];
}

static void set_sample(const pare_image *image, uint8_t *row, size_t at, uint32_t value)
{
    if (image->depth_bits == 8) {
        row[at] = (uint8_t)value;
    } else {
        ((uint16_t *)(void *)row)[at] = (uint16_t)value;
    }
}

/* Gray where 0 is white, and colours that were multiplied by alpha. */
static void normalize_row(const shape *s, const pare_image *out, uint8_t *row)
{
    const uint32_t top = out->depth_bits == 8 ? 255 : 65535;
    const bool white_is_0 = s->photometric == PHOTOMETRIC_MINISWHITE;
    const bool associated = has_alpha(s) && s->extras[0] == EXTRASAMPLE_ASSOCALPHA;
    if (!white_is_0 && !associated) return;
    const unsigned colors = out->channels - (out->has_alpha ? 1u : 0u);
    for (uint32_t x = 0; x < s->width; x++) {
        const size_t pixel = (size_t)x * out->channels;
        const uint32_t alpha = out->has_alpha ? get_sample(out, row, pixel + colors) : top;
        for (unsigned c = 0; c < colors; c++) {
            uint64_t value = get_sample(out, row, pixel + c);
            if (white_is_0) value = top - value;
            if (associated && alpha) value = (value * top + alpha / 2) / alpha;
            set_sample(out, row, pixel + c, value > top ? top : (uint32_t)value);
        }
    }
}

/* Rows of whole samples on their way into the image: straight, or through a band of a few rows when
 * the image is shrunk meanwhile. */
typedef struct reader {
    TIFF *tiff;
    const shape *about;
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
        normalize_row(r->about, r->out, row);
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
    if (tile_w == 0 || tile_h == 0 || tile_len <= 0 || tile_len > ALLOCATION_MAX ||
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

/* Everything else that libtiff can turn into 8-bit RGBA: palettes, bilevel, YCbCr, Lab. */
static pare_err decode_rgba(TIFF *tiff, const shape *s, pare_image *out)
{
    char why[1024] = "";
    if (s->bits > 8 || s->photometric == PHOTOMETRIC_SEPARATED || !TIFFRGBAImageOK(tiff, why)) {
        return PARE_SKIP_UNSUPPORTED_VARIANT;
    }
    PARE_TRY(pare_image_init(out, s->width, s->height, PARE_COLOR_RGB, true, 8));
    uint32_t *raster = (uint32_t *)(void *)out->pixels;
    if (!TIFFReadRGBAImageOriented(tiff, s->width, s->height, raster, s->orientation, 1)) {
        return PARE_ERR_CORRUPT;
    }
    const size_t count = (size_t)s->width * s->height;
    for (size_t i = 0; i < count; i++) { /* associated RGBA in a word to bytes */
        const uint32_t word = raster[i];
        const uint32_t alpha = TIFFGetA(word);
        uint8_t *pixel = out->pixels + 4 * i;
        const uint32_t rgb[] = {TIFFGetR(word), TIFFGetG(word), TIFFGetB(word)};
        for (unsigned c = 0; c < 3; c++) {
            const uint32_t value = alpha ? (rgb[c] * 255 + alpha / 2) / alpha : 0;
            pixel[c] = (uint8_t)(value > 255 ? 255 : value);
        }
        pixel[3] = (uint8_t)alpha;
    }
    return PARE_OK;
}

static pare_err decode_plain(reader *r, pare_color color, uint32_t factor)
{
    const shape *s = r->about;
    pare_image *out = r->out;
    const uint8_t depth = (uint8_t)s->bits;
    pare_err err = factor > 1
                       ? pare_shrink_init(&r->shrink, factor, s->width, s->height, color,
                                          has_alpha(s), depth, out)
                       : pare_image_init(out, s->width, s->height, color, has_alpha(s), depth);
    if (err == PARE_OK) {
        r->row_len = (size_t)s->width * out->channels * (depth / 8u);
        err = read_rows(r);
    }
    pare_shrink_deinit(&r->shrink);
    free(r->band);
    return err;
}

static pare_err copy_metadata(TIFF *tiff, pare_metadata *out)
{
    uint32_t len = 0;
    void *data = NULL;
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &len, &data) == 1) {
        PARE_TRY(pare_buf_append(&out->icc, data, len));
    }
    if (TIFFGetField(tiff, TIFFTAG_XMLPACKET, &len, &data) == 1) {
        PARE_TRY(pare_buf_append(&out->xmp, data, len));
    }
    return PARE_OK;
}

static pare_err decode_pixels(TIFF *tiff, pare_bytes file, const pare_limits *limits,
                              const shape *about, pare_image *out, pare_diag *diag)
{
    reader r = {.tiff = tiff, .about = about, .out = out, .limits = limits, .file_len = file.len};
    pare_color color = PARE_COLOR_RGB;
    const bool by_rows = is_plain(about, &color);
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
    source s = {file, 0};
    shape about;
    TIFF *tiff = open_tiff(&s);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    read_shape(tiff, &about);
    pare_err err = is_camera_raw(tiff, file) ? pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                                                         "TIFF: several images, or camera raw")
                                             : decode_pixels(tiff, file, limits, &about, out, diag);
    if (err == PARE_OK) err = copy_metadata(tiff, &out->metadata);
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
};
