// SPDX-License-Identifier: Apache-2.0
/* GIF to canvases with giflib. */
#include "core/codec/gif_player.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

pare_gif_rect pare_gif_rect_join(const pare_gif_rect *a, const pare_gif_rect *b)
{
    if (pare_gif_rect_is_empty(a)) return *b;
    if (pare_gif_rect_is_empty(b)) return *a;
    return (pare_gif_rect){
        a->left < b->left ? a->left : b->left,
        a->top < b->top ? a->top : b->top,
        a->right > b->right ? a->right : b->right,
        a->bottom > b->bottom ? a->bottom : b->bottom,
    };
}

pare_err pare_gif_canvas_init(pare_gif_canvas *canvas, uint32_t width_px, uint32_t height_px)
{
    *canvas = (pare_gif_canvas){width_px, height_px, calloc((size_t)width_px * height_px, 4)};
    return canvas->pixels ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_gif_canvas_deinit(pare_gif_canvas *canvas)
{
    free(canvas->pixels);
    *canvas = (pare_gif_canvas){0};
}

void pare_gif_canvas_copy(pare_gif_canvas *to, const pare_gif_canvas *from,
                          const pare_gif_rect *rect)
{
    if (pare_gif_rect_is_empty(rect)) return;
    const size_t len = (size_t)(rect->right - rect->left) * 4;
    for (size_t y = rect->top; y < rect->bottom; y++) {
        const size_t at = y * to->width_px + rect->left;
        memcpy(to->pixels + at, from->pixels + at, len);
    }
}

void pare_gif_canvas_clear(pare_gif_canvas *canvas, const pare_gif_rect *rect)
{
    if (pare_gif_rect_is_empty(rect)) return;
    const size_t len = (size_t)(rect->right - rect->left) * 4;
    for (size_t y = rect->top; y < rect->bottom; y++)
        memset(canvas->pixels + y * canvas->width_px + rect->left, 0, len);
}

static int read_bytes(GifFileType *gif, GifByteType *data, int len)
{
    pare_gif_player *const player = gif->UserData;
    const size_t left = player->file.len - player->at;
    const size_t count = (size_t)len < left ? (size_t)len : left;
    memcpy(data, player->file.data + player->at, count);
    player->at += count;
    return (int)count;
}

pare_err pare_gif_player_init(pare_gif_player *player, pare_bytes file, const pare_limits *limits,
                              pare_diag *diag)
{
    int code = 0;
    *player = (pare_gif_player){.file = file};
    GifFileType *gif = player->gif = DGifOpen(player, read_bytes, &code);
    if (!gif) return pare_fail(diag, PARE_ERR_CORRUPT, "decode: the GIF is damaged");
    const uint32_t width = (uint32_t)gif->SWidth, height = (uint32_t)gif->SHeight;
    PARE_TRY(pare_limits_check(limits, width, height, 8, diag));
    PARE_TRY(pare_gif_canvas_init(&player->shown, width, height));
    return pare_gif_canvas_init(&player->saved, width, height);
}

void pare_gif_player_deinit(pare_gif_player *player)
{
    if (player->gif) DGifCloseFile(player->gif, NULL);
    pare_gif_canvas_deinit(&player->shown);
    pare_gif_canvas_deinit(&player->saved);
    *player = (pare_gif_player){0};
}

/* Leaves the last graphic control block before the frame in *control. */
static pare_err read_extension(GifFileType *gif, GraphicsControlBlock *control)
{
    GifByteType *data;
    int code;
    if (DGifGetExtension(gif, &code, &data) != GIF_OK) return PARE_ERR_CORRUPT;
    while (data) {
        if (code == GRAPHICS_EXT_FUNC_CODE) DGifExtensionToGCB(data[0], data + 1, control);
        if (DGifGetExtensionNext(gif, &data) != GIF_OK) return PARE_ERR_CORRUPT;
    }
    return PARE_OK;
}

/* Colours of the frame as words of a canvas; an index without a colour is black. */
static void make_words(const ColorMapObject *map, uint32_t words[256])
{
    for (int i = 0; i < 256; i++) {
        uint8_t pixel[4] = {0, 0, 0, 255};
        if (map && i < map->ColorCount) {
            const GifColorType color = map->Colors[i];
            pixel[0] = color.Red, pixel[1] = color.Green, pixel[2] = color.Blue;
        }
        memcpy(&words[i], pixel, 4);
    }
}

static void paint_row(pare_gif_player *player, const GifPixelType *row, uint32_t y,
                      const uint32_t words[256], int transparent)
{
    uint32_t *out = player->shown.pixels + (size_t)y * player->shown.width_px + player->rect.left;
    for (uint32_t x = 0; x < player->rect.right - player->rect.left; x++) {
        if (row[x] != transparent) out[x] = words[row[x]];
    }
}

static pare_err paint_frame(pare_gif_player *player, int transparent)
{
    static const uint32_t STARTS[] = {0, 4, 2, 1}, STEPS[] = {8, 8, 4, 2}; /* GIF89a Appendix E */
    GifFileType *gif = player->gif;
    const uint32_t width = (uint32_t)gif->Image.Width, height = (uint32_t)gif->Image.Height;
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    uint32_t words[256];
    GifPixelType *row = malloc(width ? width : 1);
    pare_err err = row ? PARE_OK : PARE_ERR_NO_MEMORY;
    const unsigned passes = gif->Image.Interlace ? 4 : 1;
    make_words(map, words);
    for (unsigned pass = 0; err == PARE_OK && pass < passes; pass++) {
        const uint32_t first = passes == 1 ? 0 : STARTS[pass], by = passes == 1 ? 1 : STEPS[pass];
        for (uint32_t y = first; err == PARE_OK && y < height; y += by) {
            if (DGifGetLine(gif, row, (int)width) != GIF_OK) err = PARE_ERR_CORRUPT;
            const uint32_t canvas_y = player->rect.top + y;
            if (err == PARE_OK && canvas_y < player->rect.bottom) {
                paint_row(player, row, canvas_y, words, transparent);
            }
        }
    }
    free(row);
    return err;
}

/* The part of the frame that lies on the canvas. */
static pare_gif_rect cut_rect(const pare_gif_player *player)
{
    const GifImageDesc *image = &((const GifFileType *)player->gif)->Image;
    const uint32_t width = player->shown.width_px, height = player->shown.height_px;
    pare_gif_rect r = {(uint32_t)image->Left, (uint32_t)image->Top, 0, 0};
    if (r.left > width) r.left = width;
    if (r.top > height) r.top = height;
    r.right = r.left + (uint32_t)image->Width;
    r.bottom = r.top + (uint32_t)image->Height;
    if (r.right > width) r.right = width;
    if (r.bottom > height) r.bottom = height;
    return r;
}

static void dispose(pare_gif_player *player)
{
    if (player->disposal == PARE_GIF_CLEAR) pare_gif_canvas_clear(&player->shown, &player->rect);
    if (player->disposal == PARE_GIF_RESTORE) {
        pare_gif_canvas_copy(&player->shown, &player->saved, &player->rect);
    }
}

static pare_err show_frame(pare_gif_player *player, const GraphicsControlBlock *control)
{
    GifFileType *gif = player->gif;
    const bool disposes =
        player->disposal == PARE_GIF_CLEAR || player->disposal == PARE_GIF_RESTORE;
    const pare_gif_rect disposed = disposes ? player->rect : (pare_gif_rect){0};
    if (DGifGetImageDesc(gif) != GIF_OK) return PARE_ERR_CORRUPT;
    dispose(player);
    player->rect = cut_rect(player);
    player->changed = pare_gif_rect_join(&disposed, &player->rect);
    player->disposal = control->DisposalMode == 2   ? PARE_GIF_CLEAR
                       : control->DisposalMode == 3 ? PARE_GIF_RESTORE
                                                    : PARE_GIF_STAY;
    player->delay_cs = (uint16_t)control->DelayTime;
    player->waits = control->UserInputFlag;
    player->has_global = !gif->Image.ColorMap;
    if (player->disposal == PARE_GIF_RESTORE) {
        pare_gif_canvas_copy(&player->saved, &player->shown, &player->rect);
    }
    return paint_frame(player, control->TransparentColor);
}

static pare_err next(pare_gif_player *player, bool *more)
{
    GraphicsControlBlock control = {.TransparentColor = NO_TRANSPARENT_COLOR};
    GifFileType *gif = player->gif;
    *more = false;
    /* a whole last frame needs no trailer */
    while (player->at < player->file.len) {
        GifRecordType kind;
        if (DGifGetRecordType(gif, &kind) != GIF_OK) return PARE_ERR_CORRUPT;
        if (kind == TERMINATE_RECORD_TYPE) return PARE_OK;
        if (kind == EXTENSION_RECORD_TYPE) PARE_TRY(read_extension(gif, &control));
        if (kind != IMAGE_DESC_RECORD_TYPE) continue;
        *more = true;
        return show_frame(player, &control);
    }
    return PARE_OK;
}

pare_err pare_gif_player_next(pare_gif_player *player, bool *more, pare_diag *diag)
{
    const pare_err err = next(player, more);
    return err == PARE_OK ? err : pare_fail(diag, err, "decode: the GIF is damaged");
}
