// SPDX-License-Identifier: Apache-2.0
/* GIF to pixels with giflib. Animations are recognised; only stills are decoded. */
#include "core/codec/codec.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "base/checked.h"

/* Enough to know that there is more than one; counting 100,000 frames would be work for nothing. */
enum { FRAMES_MAX = 100000, TRAILER = 0x3b, EXTENSION = 0x21, IMAGE = 0x2c };

typedef struct cursor {
    pare_bytes file;
    size_t at;
} cursor;

static bool skip(cursor *c, size_t len)
{
    if (len > c->file.len - c->at) return false;
    c->at += len;
    return true;
}

static bool skip_blocks(cursor *c)
{
    while (c->at < c->file.len) {
        const size_t len = c->file.data[c->at++];
        if (len == 0) return true;
        if (!skip(c, len)) return false;
    }
    return false;
}

static size_t table_len(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* GIF89a specification, Appendix B. False when the file ends too early. */
static bool walk(cursor *c, pare_info *info)
{
    if (!skip(c, 13) || !skip(c, table_len(c->file.data[10]))) return false;
    while (c->at < c->file.len && info->frames < FRAMES_MAX) {
        const uint8_t kind = c->file.data[c->at++];
        if (kind == TRAILER) return true;
        if (kind == EXTENSION) {
            const size_t label_at = c->at;
            if (!skip(c, 1)) return false;
            if (c->file.data[label_at] == 0xf9 && c->file.len - c->at > 2) {
                info->has_alpha |= c->file.data[c->at + 1] & 1;
            }
            info->has_comment |= c->file.data[label_at] == 0xfe;
        } else if (kind == IMAGE) {
            const size_t descriptor = c->at;
            if (!skip(c, 9) || !skip(c, table_len(c->file.data[descriptor + 8])) || !skip(c, 1)) {
                return false;
            }
            info->frames++;
        } else {
            return false;
        }
        if (!skip_blocks(c)) return false;
    }
    return info->frames > 0; /* viewers do without the trailer when a frame is whole */
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    cursor c = {file, 0};
    *out = (pare_info){.format = PARE_FORMAT_GIF, .orientation = 1, .depth_bits = 8};
    out->is_palette = out->is_lossless = true;
    if (file.len < 13) return pare_fail(diag, PARE_ERR_TRUNCATED, "the GIF header is cut off");
    out->width_px = pare_le16(file.data + 6);
    out->height_px = pare_le16(file.data + 8);
    const bool whole = walk(&c, out);
    out->channels = out->has_alpha ? 4 : 3;
    out->is_animated = out->frames > 1;
    out->has_trailing_data = pare_is_trailing_data((pare_bytes){file.data + c.at, file.len - c.at});
    if (!whole) return pare_fail(diag, PARE_ERR_TRUNCATED, "the file ends inside a block");
    if (out->frames == 0 || out->width_px == 0 || out->height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "there is no image in the GIF");
    }
    return PARE_OK;
}

static int read_bytes(GifFileType *gif, GifByteType *data, int len)
{
    cursor *const c = gif->UserData;
    const size_t left = c->file.len - c->at;
    const size_t count = (size_t)len < left ? (size_t)len : left;
    memcpy(data, c->file.data + c->at, count);
    c->at += count;
    return (int)count;
}

/* Transparent colour of the frame, or -1. */
static int transparent_index(const GifFileType *gif)
{
    GraphicsControlBlock control;
    for (int i = 0; i < gif->ExtensionBlockCount; i++) {
        const ExtensionBlock *block = &gif->ExtensionBlocks[i];
        if (block->Function != GRAPHICS_EXT_FUNC_CODE) continue;
        if (DGifExtensionToGCB((size_t)block->ByteCount, block->Bytes, &control) == GIF_OK) {
            return control.TransparentColor;
        }
    }
    return -1;
}

/* Row y of the frame into the canvas. The frame may hang over the canvas: what does is cut off. */
static void paint_row(const GifFileType *gif, const GifPixelType *row, uint32_t y, pare_image *out)
{
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    const int transparent = transparent_index(gif);
    const uint32_t left = (uint32_t)gif->Image.Left;
    for (uint32_t x = 0; x < (uint32_t)gif->Image.Width && left + x < out->width_px; x++) {
        uint8_t *pixel = pare_image_row(out, y) + (size_t)(left + x) * out->channels;
        if ((int)row[x] == transparent) continue;
        const GifColorType color =
            map && row[x] < map->ColorCount ? map->Colors[row[x]] : (GifColorType){0, 0, 0};
        pixel[0] = color.Red, pixel[1] = color.Green, pixel[2] = color.Blue;
        if (out->has_alpha) pixel[3] = 255;
    }
}

static pare_err read_extension(GifFileType *gif)
{
    GifByteType *data;
    int code;
    if (DGifGetExtension(gif, &code, &data) != GIF_OK) return PARE_ERR_CORRUPT;
    while (data) {
        if (code == GRAPHICS_EXT_FUNC_CODE && gif->ExtensionBlockCount < 16 &&
            GifAddExtensionBlock(&gif->ExtensionBlockCount, &gif->ExtensionBlocks, code, data[0],
                                 data + 1) != GIF_OK) {
            return PARE_ERR_NO_MEMORY;
        }
        if (DGifGetExtensionNext(gif, &data) != GIF_OK) return PARE_ERR_CORRUPT;
    }
    return PARE_OK;
}

static pare_err read_frame(GifFileType *gif, pare_image *out)
{
    static const uint32_t STARTS[] = {0, 4, 2, 1}, STEPS[] = {8, 8, 4, 2}; /* GIF89a Appendix E */
    if (DGifGetImageDesc(gif) != GIF_OK) return PARE_ERR_CORRUPT;
    const uint32_t width = (uint32_t)gif->Image.Width, height = (uint32_t)gif->Image.Height;
    GifPixelType *row = malloc(width ? width : 1);
    pare_err err = row ? PARE_OK : PARE_ERR_NO_MEMORY;
    const unsigned passes = gif->Image.Interlace ? 4 : 1;
    for (unsigned pass = 0; err == PARE_OK && pass < passes; pass++) {
        const uint32_t first = passes == 1 ? 0 : STARTS[pass], by = passes == 1 ? 1 : STEPS[pass];
        for (uint32_t y = first; err == PARE_OK && y < height; y += by) {
            if (DGifGetLine(gif, row, (int)width) != GIF_OK) err = PARE_ERR_CORRUPT;
            const uint32_t canvas_y = (uint32_t)gif->Image.Top + y;
            if (err == PARE_OK && canvas_y < out->height_px) paint_row(gif, row, canvas_y, out);
        }
    }
    free(row);
    return err;
}

static pare_err read_first_frame(GifFileType *gif, pare_image *out)
{
    for (;;) {
        GifRecordType kind;
        if (DGifGetRecordType(gif, &kind) != GIF_OK) return PARE_ERR_CORRUPT;
        if (kind == TERMINATE_RECORD_TYPE) return PARE_ERR_CORRUPT;
        if (kind == IMAGE_DESC_RECORD_TYPE) return read_frame(gif, out);
        if (kind == EXTENSION_RECORD_TYPE) PARE_TRY(read_extension(gif));
    }
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    pare_info info;
    cursor c = {file, 0};
    int code = 0;

    PARE_TRY(read_info(file, &info, diag));
    PARE_TRY(pare_limits_check(limits, info.width_px, info.height_px, 4, diag));
    /* A frame smaller than the canvas leaves the rest transparent; alpha is dropped again later
     * when every pixel is opaque. */
    PARE_TRY(pare_image_init(out, info.width_px, info.height_px, PARE_COLOR_RGB, true, 8));
    memset(out->pixels, 0, out->stride_bytes * out->height_px);
    GifFileType *gif = DGifOpen(&c, read_bytes, &code);
    const pare_err err = gif ? read_first_frame(gif, out) : PARE_ERR_CORRUPT;
    if (gif) DGifCloseFile(gif, NULL);
    if (err == PARE_OK) return PARE_OK;
    pare_image_deinit(out);
    return pare_fail(diag, err, "decode: the GIF is damaged");
}

const pare_codec pare_codec_gif = {
    .format = PARE_FORMAT_GIF,
    .caps = PARE_CODEC_DECODES | PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA,
    .read_info = read_info,
    .decode = decode,
};
