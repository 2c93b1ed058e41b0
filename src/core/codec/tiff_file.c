// SPDX-License-Identifier: Apache-2.0
/* A TIFF file in memory for libtiff, and how its rows become pixels. */
#include "core/codec/tiff_file.h"

#include <stdarg.h>
#include <string.h>

static tmsize_t read_bytes(thandle_t handle, void *data, tmsize_t len)
{
    pare_tiff_source *const s = handle;
    const uint64_t all = s->file.len + s->padding;
    if (s->at >= all || len <= 0) return 0;
    const uint64_t left = s->at < s->file.len ? s->file.len - s->at : 0;
    const size_t count = (uint64_t)len < all - s->at ? (size_t)len : (size_t)(all - s->at);
    const size_t own = count < left ? count : (size_t)left;
    if (own > 0) memcpy(data, s->file.data + s->at, own);
    if (own < count) {
        memset((uint8_t *)data + own, s->filler, count - own);
        s->was_padded = true;
    }
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
    pare_tiff_source *const s = handle;
    if (whence == SEEK_CUR) offset += s->at;
    if (whence == SEEK_END) offset += s->file.len + s->padding;
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
    const pare_tiff_source *const s = handle;
    return s->file.len + s->padding;
}

/* Strips are taken out of the file where they lie, however large they are. libtiff never writes
 * into a file that it was told to read. */
static int map_file(thandle_t handle, void **data, toff_t *len)
{
    const pare_tiff_source *const s = handle;
    if (s->padding > 0) return 0;
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

TIFF *pare_tiff_open(pare_tiff_source *source)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, PARE_TIFF_ALLOCATION_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, ignore, NULL);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore, NULL);
    TIFF *tiff = TIFFClientOpenExt("input", "r", source, read_bytes, write_bytes, seek,
                                   close_nothing, file_len, map_file, unmap_file, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

void pare_tiff_shape_read(TIFF *tiff, pare_tiff_shape *out)
{
    *out = (pare_tiff_shape){0};
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

bool pare_tiff_is_camera_raw(TIFF *tiff, pare_bytes file)
{
    uint16_t count;
    void *values;
    if (file.len >= 10 && memcmp(file.data + 8, "CR", 2) == 0) return true; /* Canon CR2 */
    return TIFFGetField(tiff, TIFFTAG_DNGVERSION, &values) == 1 ||
           (TIFFGetField(tiff, TIFFTAG_SUBIFD, &count, &values) == 1 && count > 0);
}

bool pare_tiff_has_alpha(const pare_tiff_shape *s)
{
    return s->extra_count == 1 &&
           (s->extras[0] == EXTRASAMPLE_UNASSALPHA || s->extras[0] == EXTRASAMPLE_ASSOCALPHA);
}

bool pare_tiff_is_plain(const pare_tiff_shape *s, pare_color *color)
{
    if (s->planar != PLANARCONFIG_CONTIG || (s->bits != 8 && s->bits != 16)) return false;
    if (s->sample_format != SAMPLEFORMAT_UINT && s->sample_format != SAMPLEFORMAT_VOID)
        return false;
    const unsigned colors = s->samples - (pare_tiff_has_alpha(s) ? 1u : 0u);
    if (s->extra_count > 1 || (s->extra_count == 1 && !pare_tiff_has_alpha(s))) return false;
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

void pare_tiff_normalize_row(const pare_tiff_shape *s, const pare_image *out, uint8_t *row)
{
    const uint32_t top = out->depth_bits == 8 ? 255 : 65535;
    const bool white_is_0 = s->photometric == PHOTOMETRIC_MINISWHITE;
    const bool associated = pare_tiff_has_alpha(s) && s->extras[0] == EXTRASAMPLE_ASSOCALPHA;
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

bool pare_tiff_gives_rgba(TIFF *tiff, const pare_tiff_shape *s)
{
    char why[1024] = "";
    return s->bits <= 8 && s->photometric != PHOTOMETRIC_SEPARATED && TIFFRGBAImageOK(tiff, why);
}

void pare_tiff_unpack_rgba(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *pixel = pixels + 4 * i;
        uint32_t word;
        memcpy(&word, pixel, sizeof word);
        const uint32_t alpha = TIFFGetA(word);
        const uint32_t rgb[] = {TIFFGetR(word), TIFFGetG(word), TIFFGetB(word)};
        for (unsigned c = 0; c < 3; c++) {
            const uint32_t value = alpha ? (rgb[c] * 255 + alpha / 2) / alpha : 0;
            pixel[c] = (uint8_t)(value > 255 ? 255 : value);
        }
        pixel[3] = (uint8_t)alpha;
    }
}

pare_err pare_tiff_copy_metadata(TIFF *tiff, pare_metadata *out)
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
