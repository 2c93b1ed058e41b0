// SPDX-License-Identifier: Apache-2.0
/* GIF files for tests, by giflib. */
#include <stdlib.h>

#include <gif_lib.h>

#include "data/make_image.h"
#include "support/test.h"

enum { CUBE = 6, COLORS = CUBE * CUBE * CUBE, TRANSPARENT = COLORS };

static int append(GifFileType *gif, const GifByteType *data, int len)
{
    MUST(pare_buf_append(gif->UserData, data, (size_t)len));
    return len;
}

static ColorMapObject *make_map(void)
{
    ColorMapObject *map = GifMakeMapObject(256, NULL);
    if (!map) abort();
    for (int i = 0; i < COLORS; i++) {
        map->Colors[i] = (GifColorType){(GifByteType)(i / 36 * 51), (GifByteType)(i / 6 % 6 * 51),
                                        (GifByteType)(i % 6 * 51)};
    }
    return map;
}

static uint8_t index_of(const pare_image *image, uint32_t x, uint32_t y)
{
    const uint8_t *pixel = pare_image_row(image, y) + (size_t)x * image->channels;
    if (image->has_alpha && pixel[3] < 128) return TRANSPARENT;
    return (uint8_t)((pixel[0] + 25) / 51 * 36 + (pixel[1] + 25) / 51 * 6 + (pixel[2] + 25) / 51);
}

static void must(int result)
{
    if (result != GIF_OK) abort();
}

static void write_frame(GifFileType *gif, const pare_image *image, uint32_t shift, bool interlaced)
{
    static const uint32_t STARTS[] = {0, 4, 2, 1}, STEPS[] = {8, 8, 4, 2};
    const GraphicsControlBlock control = {.DelayTime = 10,
                                          .TransparentColor = image->has_alpha ? TRANSPARENT : -1};
    GifByteType block[4];
    EGifGCBToExtension(&control, block);
    must(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof block, block));
    must(
        EGifPutImageDesc(gif, 0, 0, (int)image->width_px, (int)image->height_px, interlaced, NULL));
    uint8_t *row = malloc(image->width_px);
    if (!row) abort();
    for (int pass = 0; pass < (interlaced ? 4 : 1); pass++) {
        const uint32_t by = interlaced ? STEPS[pass] : 1;
        for (uint32_t y = interlaced ? STARTS[pass] : 0; y < image->height_px; y += by) {
            for (uint32_t x = 0; x < image->width_px; x++)
                row[x] = index_of(image, (x + shift) % image->width_px, y);
            must(EGifPutLine(gif, row, (int)image->width_px));
        }
    }
    free(row);
}

pare_buf test_write_gif(const pare_image *image, uint32_t frames, bool interlaced)
{
    pare_buf out = {0};
    int code;
    GifFileType *gif = EGifOpen(&out, append, &code);
    ColorMapObject *map = make_map();
    if (!gif) abort();
    EGifSetGifVersion(gif, true);
    must(EGifPutScreenDesc(gif, (int)image->width_px, (int)image->height_px, 256, 0, map));
    for (uint32_t i = 0; i < frames; i++)
        write_frame(gif, image, i, interlaced);
    must(EGifCloseFile(gif, &code));
    GifFreeMapObject(map);
    return out;
}
