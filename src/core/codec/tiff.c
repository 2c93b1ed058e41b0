// SPDX-License-Identifier: Apache-2.0
/* TIFF to pixels with libtiff. Pages are counted; only single-page files are decoded. */
#include "core/codec/codec.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "base/checked.h"

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
    TIFF *tiff = TIFFClientOpenExt("input", "rm", s, read_bytes, write_bytes, seek, close_nothing,
                                   file_len, NULL, NULL, options);
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

/* Strips or tiles of whole samples into the image. Tiles are cut at the edges. */
static bool read_tiles(TIFF *tiff, pare_image *out)
{
    uint32_t tile_w = 0, tile_h = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_w);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_h);
    const size_t pixel_len = (size_t)out->channels * (out->depth_bits / 8u);
    const tmsize_t tile_len = TIFFTileSize(tiff);
    if (tile_w == 0 || tile_h == 0 || tile_len <= 0 || tile_len > ALLOCATION_MAX ||
        (uint64_t)tile_w * tile_h * pixel_len > (uint64_t)tile_len) {
        return false;
    }
    uint8_t *tile = calloc(1, (size_t)tile_len);
    bool ok = tile != NULL;
    for (uint32_t y = 0; ok && y < out->height_px; y += tile_h) {
        for (uint32_t x = 0; ok && x < out->width_px; x += tile_w) {
            ok = TIFFReadTile(tiff, tile, x, y, 0, 0) >= 0;
            const uint32_t w = out->width_px - x < tile_w ? out->width_px - x : tile_w;
            const uint32_t h = out->height_px - y < tile_h ? out->height_px - y : tile_h;
            for (uint32_t row = 0; ok && row < h; row++) {
                memcpy(pare_image_row(out, y + row) + x * pixel_len,
                       tile + (size_t)row * tile_w * pixel_len, w * pixel_len);
            }
        }
    }
    free(tile);
    return ok;
}

static bool read_rows(TIFF *tiff, pare_image *out)
{
    if (TIFFIsTiled(tiff)) return read_tiles(tiff, out);
    if ((uint64_t)TIFFScanlineSize64(tiff) != out->stride_bytes) return false;
    for (uint32_t y = 0; y < out->height_px; y++) {
        if (TIFFReadScanline(tiff, pare_image_row(out, y), y, 0) != 1) return false;
    }
    return true;
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
static void normalize(const shape *s, pare_image *out)
{
    const uint32_t top = out->depth_bits == 8 ? 255 : 65535;
    const bool white_is_0 = s->photometric == PHOTOMETRIC_MINISWHITE;
    const bool associated = has_alpha(s) && s->extras[0] == EXTRASAMPLE_ASSOCALPHA;
    if (!white_is_0 && !associated) return;
    const unsigned colors = out->channels - (out->has_alpha ? 1u : 0u);
    for (uint32_t y = 0; y < out->height_px; y++) {
        uint8_t *row = pare_image_row(out, y);
        for (uint32_t x = 0; x < out->width_px; x++) {
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

static pare_err decode_plain(TIFF *tiff, const shape *s, pare_color color, pare_image *out)
{
    PARE_TRY(pare_image_init(out, s->width, s->height, color, has_alpha(s), (uint8_t)s->bits));
    if (!read_rows(tiff, out)) return PARE_ERR_CORRUPT;
    normalize(s, out);
    return PARE_OK;
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

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    source s = {file, 0};
    shape about;
    pare_color color = PARE_COLOR_RGB;
    TIFF *tiff = open_tiff(&s);
    if (!tiff) return pare_fail(diag, PARE_ERR_CORRUPT, "the TIFF directory is damaged");
    read_shape(tiff, &about);
    pare_err err = pare_limits_check(limits, about.width, about.height, 8, diag);
    if (err == PARE_OK && is_camera_raw(tiff, file)) {
        err = pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "TIFF: several images, or camera raw");
    }
    if (err != PARE_OK) {
        TIFFClose(tiff);
        return err;
    }
    err = is_plain(&about, &color) ? decode_plain(tiff, &about, color, out)
                                   : decode_rgba(tiff, &about, out);
    if (err == PARE_OK) err = copy_metadata(tiff, &out->metadata);
    if (err == PARE_OK) out->orientation = (uint8_t)about.orientation;
    TIFFClose(tiff);
    if (err == PARE_OK) return PARE_OK;
    pare_image_deinit(out);
    return pare_fail(diag, err, "decode: %s",
                     err == PARE_ERR_CORRUPT ? "the TIFF is damaged or cut off"
                                             : "a kind of TIFF that Pare does not read");
}

const pare_codec pare_codec_tiff = {
    .format = PARE_FORMAT_TIFF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA | PARE_CODEC_DEPTH_16 |
            PARE_CODEC_GRAY | PARE_CODEC_CMYK,
    .read_info = read_info,
    .decode = decode,
};
