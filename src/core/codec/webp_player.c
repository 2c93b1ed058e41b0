// SPDX-License-Identifier: Apache-2.0
/* Animated WebP to canvases with the demuxer of libwebp. */
#include <stdlib.h>
#include <string.h>

#include <webp/demux.h>

#include "core/codec/webp_animation.h"

struct pare_frames {
    WebPAnimDecoder *decoder; /* holds the canvas */
    uint8_t *shown;           /* the canvas, 0 where it is transparent */
    size_t pixels;
    uint32_t index, count;
};

void pare_webp_frames_close(pare_frames **frames_io)
{
    pare_frames *const frames = *frames_io;
    if (!frames) return;
    WebPAnimDecoderDelete(frames->decoder);
    free(frames->shown);
    free(frames);
    *frames_io = NULL;
}

static pare_err open_decoder(pare_frames *frames, pare_bytes file, const pare_limits *limits,
                             pare_animation *animation, pare_diag *diag)
{
    const WebPData data = {file.data, file.len};
    WebPAnimDecoderOptions options;
    WebPAnimInfo info;
    int width, height;
    if (!WebPGetInfo(file.data, file.len, &width, &height)) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the WebP header is damaged");
    }
    /* two canvases of the decoder, one of ours, a frame */
    PARE_TRY(pare_limits_check(limits, (uint64_t)width, (uint64_t)height, 16, diag));
    if (!WebPAnimDecoderOptionsInit(&options)) return PARE_ERR_CODEC;
    options.color_mode = MODE_RGBA;
    options.use_threads = 0;
    frames->decoder = WebPAnimDecoderNew(&data, &options);
    if (!frames->decoder || !WebPAnimDecoderGetInfo(frames->decoder, &info)) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "the WebP chunks are damaged");
    }
    frames->count = info.frame_count;
    frames->pixels = (size_t)info.canvas_width * info.canvas_height;
    frames->shown = malloc(frames->pixels * 4);
    if (!frames->shown) return PARE_ERR_NO_MEMORY;
    *animation = (pare_animation){
        .width_px = info.canvas_width,
        .height_px = info.canvas_height,
        .frames = info.frame_count,
        .loop_count = info.loop_count,
        .background_argb = info.bgcolor,
    };
    return PARE_OK;
}

pare_err pare_webp_frames_open(pare_bytes file, const pare_limits *limits,
                               pare_animation *animation, pare_frames **out, pare_diag *diag)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return PARE_ERR_NO_MEMORY;
    const pare_err err = open_decoder(*out, file, limits, animation, diag);
    if (err != PARE_OK) pare_webp_frames_close(out);
    return err;
}

static void copy_canvas(pare_frames *frames, const uint8_t *canvas)
{
    memcpy(frames->shown, canvas, frames->pixels * 4);
    for (size_t i = 0; i < frames->pixels; i++) {
        if (frames->shown[4 * i + 3] == 0) memset(frames->shown + 4 * i, 0, 4);
    }
}

pare_err pare_webp_frames_next(pare_frames *frames, pare_frame *out, bool *more, pare_diag *diag)
{
    WebPIterator iterator;
    uint8_t *canvas;
    int end_ms; /* counted by the library in an int, which a long film overflows */
    *more = frames->index < frames->count;
    if (!*more) return PARE_OK;
    if (!WebPAnimDecoderGetNext(frames->decoder, &canvas, &end_ms)) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "decode: frame %u of the WebP is damaged",
                         frames->index + 1);
    }
    copy_canvas(frames, canvas);
    frames->index++;
    *out = (pare_frame){.rgba = frames->shown};
    if (WebPDemuxGetFrame(WebPAnimDecoderGetDemuxer(frames->decoder), (int)frames->index,
                          &iterator)) {
        out->duration_ms = (uint32_t)iterator.duration;
    }
    WebPDemuxReleaseIterator(&iterator);
    return PARE_OK;
}
