// SPDX-License-Identifier: Apache-2.0
/* Animated PNG (W3C PNG, third edition, 4.5 and 11.3.6) to canvases: every frame is decoded as a
 * PNG of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/png_animation.h"
#include "core/codec/png_decode.h"
#include "core/codec/png_deflate.h"
#include "core/codec/png_info.h"

enum { SIGNATURE_LEN = 8, HEADER_LEN = 25, OVERHEAD = 12, CONTROL_LEN = 26 };
enum { DISPOSE_CLEAR = 1, DISPOSE_RESTORE = 2, BLEND_OVER = 1 };

typedef struct control {
    uint32_t width_px, height_px, left, top;
    uint16_t delay_num, delay_den;
    uint8_t dispose, blend;
} control;

struct pare_frames {
    pare_bytes file; /* borrowed */
    pare_limits limits;
    size_t at;
    uint32_t width_px, height_px;
    control now;      /* of the frame that comes, or that is shown */
    bool has_control; /* now is that of the frame that comes */
    bool has_shown;   /* now is that of the frame that is shown */
    pare_buf palette; /* PLTE and tRNS chunks */
    pare_buf still;   /* a frame as a file */
    uint8_t *shown;   /* the canvas, 0 where it is transparent */
    uint8_t *saved;   /* what was there before a frame that is taken away again */
    uint64_t time_us; /* when the next frame begins */
};

/* A chunk with its body; false at the end of the file. */
static bool look(const pare_frames *frames, const uint8_t **type, pare_bytes *body)
{
    if (frames->file.len - frames->at < OVERHEAD) return false;
    const uint8_t *p = frames->file.data + frames->at;
    const size_t len = pare_be32(p);
    if (len > frames->file.len - frames->at - OVERHEAD) return false;
    *type = p + 4;
    *body = (pare_bytes){p + 8, len};
    return true;
}

static bool is_type(const uint8_t *type, const char *name)
{
    return memcmp(type, name, 4) == 0;
}

void pare_png_frames_close(pare_frames **frames_io)
{
    pare_frames *const frames = *frames_io;
    if (!frames) return;
    pare_buf_deinit(&frames->palette);
    pare_buf_deinit(&frames->still);
    free(frames->shown);
    free(frames->saved);
    free(frames);
    *frames_io = NULL;
}

/* How often it is played; 0 is for ever. */
static uint32_t read_loop_count(pare_frames *frames)
{
    const uint8_t *type;
    pare_bytes body;
    uint32_t count = 0;
    for (; look(frames, &type, &body); frames->at += body.len + OVERHEAD) {
        if (is_type(type, "acTL") && body.len == 8) count = pare_be32(body.data + 4);
    }
    frames->at = SIGNATURE_LEN;
    return count;
}

static pare_err open_frames(pare_frames *frames, pare_animation *animation, pare_diag *diag)
{
    pare_png_chunks info;
    PARE_TRY(pare_png_chunks_read(frames->file, &info, diag));
    PARE_TRY(pare_limits_check(&frames->limits, info.width_px, info.height_px, 16, diag));
    frames->at = SIGNATURE_LEN;
    frames->width_px = info.width_px;
    frames->height_px = info.height_px;
    *animation = (pare_animation){.width_px = info.width_px,
                                  .height_px = info.height_px,
                                  .frames = info.is_animated ? info.frames : 1,
                                  .loop_count = read_loop_count(frames)};
    const size_t pixels = (size_t)info.width_px * info.height_px;
    frames->shown = calloc(pixels, 4);
    frames->saved = calloc(pixels, 4);
    if (!frames->shown || !frames->saved) return PARE_ERR_NO_MEMORY;
    if (!info.is_animated) { /* a still is one frame */
        frames->now = (control){.width_px = info.width_px, .height_px = info.height_px};
        frames->has_control = true;
    }
    return PARE_OK;
}

pare_err pare_png_frames_open(pare_bytes file, const pare_limits *limits, pare_animation *animation,
                              pare_frames **out, pare_diag *diag)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    (*out)->file = file;
    if (limits) (*out)->limits = *limits;
    const pare_err err = open_frames(*out, animation, diag);
    if (err != PARE_OK) pare_png_frames_close(out);
    return err;
}

/* ---- the canvas ---- */

/* W3C PNG, third edition, 11.3.6.2, as its sample code counts. */
static void blend_pixel(uint8_t *to, const uint8_t *from)
{
    const unsigned alpha = from[3];
    if (alpha == 0) return;
    if (alpha == 255 || to[3] == 0) {
        memcpy(to, from, 4);
        return;
    }
    const unsigned u = alpha * 255, v = (255 - alpha) * to[3], sum = u + v;
    for (int c = 0; c < 3; c++)
        to[c] = (uint8_t)((from[c] * u + to[c] * v) / sum);
    to[3] = (uint8_t)(sum / 255);
}

static void get_pixel(const pare_image *image, const uint8_t *row, size_t x, uint8_t out[4])
{
    const unsigned colors = image->channels - (image->has_alpha ? 1u : 0);
    uint8_t raw[4] = {0, 0, 0, 255};
    for (unsigned c = 0; c < image->channels; c++) {
        const size_t at = x * image->channels + c;
        raw[c] = image->depth_bits == 8
                     ? row[at]
                     : (uint8_t)((((const uint16_t *)(const void *)row)[at] + 128u) / 257u);
    }
    for (unsigned c = 0; c < 3; c++)
        out[c] = raw[colors == 1 ? 0 : c];
    out[3] = image->has_alpha ? raw[colors] : 255;
}

static uint8_t *canvas_at(uint8_t *canvas, const pare_frames *frames, uint32_t y)
{
    const control *now = &frames->now;
    return canvas + ((size_t)(now->top + y) * frames->width_px + now->left) * 4;
}

static void paint(pare_frames *frames, const pare_image *image)
{
    for (uint32_t y = 0; y < image->height_px; y++) {
        const uint8_t *row = pare_image_row(image, y);
        uint8_t *to = canvas_at(frames->shown, frames, y);
        for (size_t x = 0; x < image->width_px; x++, to += 4) {
            uint8_t pixel[4];
            get_pixel(image, row, x, pixel);
            if (frames->now.blend == BLEND_OVER) {
                blend_pixel(to, pixel);
            } else {
                memcpy(to, pixel, 4);
            }
            if (to[3] == 0) memset(to, 0, 4);
        }
    }
}

/* Take away the frame that was shown, as it asks for. */
static void dispose(pare_frames *frames)
{
    const size_t len = (size_t)frames->now.width_px * 4;
    for (uint32_t y = 0; y < frames->now.height_px; y++) {
        uint8_t *to = canvas_at(frames->shown, frames, y);
        if (frames->now.dispose == DISPOSE_CLEAR) memset(to, 0, len);
        if (frames->now.dispose == DISPOSE_RESTORE) {
            memcpy(to, canvas_at(frames->saved, frames, y), len);
        }
    }
}

/* ---- frames ---- */

static pare_err read_control(pare_frames *frames, pare_bytes body, pare_diag *diag)
{
    if (body.len != CONTROL_LEN) return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: a bad fcTL");
    const uint8_t *p = body.data;
    const control now = {pare_be32(p + 4),
                         pare_be32(p + 8),
                         pare_be32(p + 12),
                         pare_be32(p + 16),
                         pare_be16(p + 20),
                         pare_be16(p + 22),
                         p[24],
                         p[25]};
    if (now.width_px == 0 || now.height_px == 0 ||
        (uint64_t)now.left + now.width_px > frames->width_px ||
        (uint64_t)now.top + now.height_px > frames->height_px) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: a frame beyond the canvas");
    }
    if (frames->has_shown) dispose(frames);
    frames->has_shown = false;
    frames->now = now;
    frames->has_control = true;
    return PARE_OK;
}

static pare_err put_chunk(pare_buf *out, const char *type, pare_bytes body)
{
    const uint32_t len = (uint32_t)body.len;
    const size_t begin = out->len + 4;
    const uint8_t head[8] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                             (uint8_t)len,         (uint8_t)type[0],     (uint8_t)type[1],
                             (uint8_t)type[2],     (uint8_t)type[3]};
    PARE_TRY(pare_buf_append(out, head, sizeof head));
    PARE_TRY(pare_buf_append(out, body.data, body.len));
    const uint32_t crc = pare_png_crc32(0, out->data + begin, out->len - begin);
    const uint8_t tail[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                             (uint8_t)crc};
    return pare_buf_append(out, tail, sizeof tail);
}

/* The frame as a file: the header with its own size, the palette, then the data that begins here.
 */
static pare_err make_still(pare_frames *frames, bool is_first)
{
    const uint8_t *header = frames->file.data + SIGNATURE_LEN + 8, *type;
    const uint32_t width = frames->now.width_px, height = frames->now.height_px;
    const size_t skip = is_first ? 0 : 4; /* the sequence number */
    uint8_t ihdr[13] = {(uint8_t)(width >> 24), (uint8_t)(width >> 16),  (uint8_t)(width >> 8),
                        (uint8_t)width,         (uint8_t)(height >> 24), (uint8_t)(height >> 16),
                        (uint8_t)(height >> 8), (uint8_t)height};
    pare_bytes body;
    memcpy(ihdr + 8, header + 8, 5);
    frames->still.len = 0;
    PARE_TRY(pare_buf_append(&frames->still, frames->file.data, SIGNATURE_LEN));
    PARE_TRY(put_chunk(&frames->still, "IHDR", (pare_bytes){ihdr, sizeof ihdr}));
    PARE_TRY(pare_buf_append(&frames->still, frames->palette.data, frames->palette.len));
    while (look(frames, &type, &body) && is_type(type, is_first ? "IDAT" : "fdAT")) {
        if (body.len < skip) return PARE_ERR_CORRUPT;
        PARE_TRY(
            put_chunk(&frames->still, "IDAT", (pare_bytes){body.data + skip, body.len - skip}));
        frames->at += body.len + OVERHEAD;
    }
    return put_chunk(&frames->still, "IEND", (pare_bytes){0});
}

static pare_err show(pare_frames *frames, bool is_first, pare_diag *diag)
{
    pare_image image = {0};
    const size_t canvas_len = (size_t)frames->width_px * frames->height_px * 4;
    PARE_TRY(make_still(frames, is_first));
    PARE_TRY(pare_png_decode(pare_buf_view(&frames->still), &frames->limits, &image, diag));
    pare_err err = PARE_OK;
    if (image.width_px != frames->now.width_px || image.height_px != frames->now.height_px) {
        err = pare_fail(diag, PARE_ERR_CORRUPT, "PNG: a frame of another size");
    } else {
        if (frames->now.dispose == DISPOSE_RESTORE) {
            memcpy(frames->saved, frames->shown, canvas_len);
        }
        paint(frames, &image);
        frames->has_shown = true;
        frames->has_control = false;
    }
    pare_image_deinit(&image);
    return err;
}

/* Rounded so that the sum of all is right to half a millisecond. */
static void take_time(pare_frames *frames, pare_frame *out)
{
    const uint32_t den = frames->now.delay_den ? frames->now.delay_den : 100;
    const uint64_t begin_ms = (frames->time_us + 500) / 1000;
    frames->time_us += ((uint64_t)frames->now.delay_num * 1000000 + den / 2) / den;
    out->duration_ms = (uint32_t)((frames->time_us + 500) / 1000 - begin_ms);
    out->delay_num = frames->now.delay_num;
    out->delay_den = (uint16_t)den;
}

pare_err pare_png_frames_next(pare_frames *frames, pare_frame *out, bool *more, pare_diag *diag)
{
    const uint8_t *type;
    pare_bytes body;
    *more = false;
    while (look(frames, &type, &body)) {
        const bool is_first = is_type(type, "IDAT");
        if ((is_first || is_type(type, "fdAT")) && frames->has_control) {
            PARE_TRY(show(frames, is_first, diag));
            *out = (pare_frame){.rgba = frames->shown};
            take_time(frames, out);
            *more = true;
            return PARE_OK;
        }
        if (is_type(type, "fcTL")) PARE_TRY(read_control(frames, body, diag));
        if (is_type(type, "PLTE") || is_type(type, "tRNS")) {
            PARE_TRY(pare_buf_append(&frames->palette, type - 4, body.len + OVERHEAD));
        }
        if (is_type(type, "IEND")) return PARE_OK;
        frames->at += body.len + OVERHEAD;
    }
    return PARE_OK;
}

pare_err pare_png_read_metadata(pare_bytes file, const pare_limits *limits, pare_metadata *out,
                                pare_diag *diag)
{
    pare_image image = {0};
    PARE_TRY(pare_png_decode(file, limits, &image, diag));
    *out = image.metadata;
    image.metadata = (pare_metadata){0};
    pare_image_deinit(&image);
    return PARE_OK;
}
