// SPDX-License-Identifier: Apache-2.0
/* TIFF files for tests, by libtiff. */
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "data/make_image.h"
#include "support/test.h"

typedef struct memory {
    pare_buf bytes;
    uint64_t at;
} memory;

static tmsize_t read_bytes(thandle_t handle, void *data, tmsize_t len)
{
    memory *m = handle;
    const uint64_t left = m->at < m->bytes.len ? m->bytes.len - m->at : 0;
    const size_t count = (uint64_t)len < left ? (size_t)len : (size_t)left;
    if (count) memcpy(data, m->bytes.data + m->at, count);
    m->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *data, tmsize_t len)
{
    memory *m = handle;
    while (m->bytes.len < m->at + (size_t)len)
        MUST(pare_buf_append_byte(&m->bytes, 0));
    memcpy(m->bytes.data + m->at, data, (size_t)len);
    m->at += (size_t)len;
    return len;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    memory *m = handle;
    if (whence == SEEK_CUR) offset += m->at;
    if (whence == SEEK_END) offset += m->bytes.len;
    return m->at = offset;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((memory *)handle)->bytes.len;
}

static uint16_t photometric(const pare_image *image, const test_tiff_options *options)
{
    if (image->color == PARE_COLOR_RGB) return PHOTOMETRIC_RGB;
    if (image->color == PARE_COLOR_CMYK) return PHOTOMETRIC_SEPARATED;
    return options->white_is_zero ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
}

static void set_fields(TIFF *tiff, const pare_image *image, const test_tiff_options *options)
{
    const uint16_t extra[] = {options->associated_alpha ? EXTRASAMPLE_ASSOCALPHA
                                                        : EXTRASAMPLE_UNASSALPHA};
    const pare_metadata *metadata = options->metadata;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image->width_px);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image->height_px);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, image->depth_bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, image->channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, options->lzw ? COMPRESSION_LZW : COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric(image, options));
    if (image->has_alpha) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, extra);
    if (options->orientation) TIFFSetField(tiff, TIFFTAG_ORIENTATION, options->orientation);
    if (metadata && metadata->icc.len) {
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)metadata->icc.len, metadata->icc.data);
    }
    if (options->tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 32);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, options->strip_rows ? options->strip_rows : 8);
    }
}

/* A row as the options store it: white as 0, colours multiplied by alpha. 8 bits only. */
static void store_row(const pare_image *image, const test_tiff_options *options, uint8_t *row)
{
    const unsigned colors = image->channels - (image->has_alpha ? 1u : 0u);
    for (uint32_t x = 0; image->depth_bits == 8 && x < image->width_px; x++) {
        uint8_t *pixel = row + (size_t)x * image->channels;
        for (unsigned c = 0; c < colors; c++) {
            if (options->white_is_zero) pixel[c] = (uint8_t)(255 - pixel[c]);
            if (options->associated_alpha) {
                pixel[c] = (uint8_t)((pixel[c] * pixel[colors] + 127) / 255);
            }
        }
    }
}

static void write_tiles(TIFF *tiff, const pare_image *stored)
{
    const size_t pixel_len = (size_t)stored->channels * (stored->depth_bits / 8u);
    uint8_t *tile = calloc(16, 32 * pixel_len);
    if (!tile) abort();
    for (uint32_t y = 0; y < stored->height_px; y += 16) {
        for (uint32_t x = 0; x < stored->width_px; x += 32) {
            const uint32_t w = stored->width_px - x < 32 ? stored->width_px - x : 32;
            for (uint32_t row = 0; row < 16 && y + row < stored->height_px; row++) {
                memcpy(tile + row * 32 * pixel_len, pare_image_row(stored, y + row) + x * pixel_len,
                       w * pixel_len);
            }
            if (TIFFWriteTile(tiff, tile, x, y, 0, 0) < 0) abort();
        }
    }
    free(tile);
}

/* Little-endian numbers of the directory. */
static uint32_t get(const uint8_t *at, unsigned len)
{
    return len == 2 ? at[0] | (uint32_t)at[1] << 8 : get(at, 2) | get(at + 2, 2) << 16;
}

static void add(uint8_t *at, uint32_t more)
{
    const uint32_t value = get(at, 4) + more;
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* libtiff writes pixels, then the directory and what belongs to it: the other way round. */
static void move_directory(pare_buf *file)
{
    static const unsigned LENS[] = {0, 1, 1, 2, 4, 8};
    enum { HEADER_LEN = 8, ENTRY_LEN = 12 };
    const uint32_t directory = get(file->data + 4, 4);
    const uint32_t tail_len = (uint32_t)file->len - directory;
    const uint32_t pixels_len = directory - HEADER_LEN;
    const uint32_t count = get(file->data + directory, 2);
    uint8_t *entry = file->data + directory + 2;
    for (uint32_t i = 0; i < count; i++, entry += ENTRY_LEN) {
        const uint32_t tag = get(entry, 2), values = get(entry + 4, 4);
        const unsigned len = LENS[get(entry + 2, 2)];
        const bool is_far = len * values > 4;
        uint8_t *value = is_far ? file->data + get(entry + 8, 4) : entry + 8;
        if (len == 2 && (tag == TIFFTAG_STRIPOFFSETS || tag == TIFFTAG_TILEOFFSETS)) abort();
        for (uint32_t n = 0; n < values; n++) {
            if (tag == TIFFTAG_STRIPOFFSETS || tag == TIFFTAG_TILEOFFSETS)
                add(value + 4 * (size_t)n, tail_len);
        }
        if (is_far) add(entry + 8, 0u - pixels_len);
    }
    pare_buf out = {0};
    add(file->data + 4, 0u - pixels_len);
    MUST(pare_buf_append(&out, file->data, HEADER_LEN));
    MUST(pare_buf_append(&out, file->data + directory, tail_len));
    MUST(pare_buf_append(&out, file->data + HEADER_LEN, pixels_len));
    pare_buf_deinit(file);
    *file = out;
}

pare_buf test_write_tiff(const pare_image *image, const test_tiff_options *options)
{
    static const test_tiff_options DEFAULTS;
    if (!options) options = &DEFAULTS;
    memory m = {0};
    pare_image stored = {0};
    MUST(pare_image_copy(&stored, image));
    for (uint32_t y = 0; y < image->height_px; y++)
        store_row(image, options, pare_image_row(&stored, y));
    TIFF *tiff = TIFFClientOpen("test", "w", &m, read_bytes, write_bytes, seek, close_nothing,
                                size_of, NULL, NULL);
    if (!tiff) abort();
    for (uint32_t page = 0; page < (options->pages ? options->pages : 1); page++) {
        set_fields(tiff, image, options);
        if (options->tiled) write_tiles(tiff, &stored);
        for (uint32_t y = 0; !options->tiled && y < image->height_px; y++) {
            if (TIFFWriteScanline(tiff, pare_image_row(&stored, y), y, 0) != 1) abort();
        }
        if (!TIFFWriteDirectory(tiff)) abort();
    }
    TIFFClose(tiff);
    pare_image_deinit(&stored);
    if (options->directory_first) move_directory(&m.bytes);
    return m.bytes;
}
