// SPDX-License-Identifier: Apache-2.0
/* Canvases to animated WebP with libwebp, a rectangle a frame. The encoder of animations in libwebp
 * is not used: it joins frames that look alike, and with them their times. */
#include <stdlib.h>
#include <string.h>

#include <webp/mux.h>

#include "core/codec/frame_change.h"
#include "core/codec/webp_animation.h"

/* Less than this part of a rectangle that stays is not worth a try. */
enum { OVER_SHARE = 16 };

/* libwebpmux walks over all frames to append one, and each costs an encoder: beyond this many (ten
 * minutes at 16 a second) it is refused before it begins, not when its time is over. */
enum { DURATION_MAX_MS = (1 << 24) - 1, LOOP_MAX = 65535, FRAMES_MAX = 10000 };

struct pare_animator {
    pare_animation animation;
    pare_animate_params params;
    WebPMux *mux;
    uint32_t *before; /* the canvas so far, as stored in frames */
    uint32_t *over;   /* pixels of a rectangle, transparent where nothing changes */
    pare_buf best, trial;
    size_t len; /* of the frames so far */
};

void pare_webp_animator_close(pare_animator **animator_io)
{
    pare_animator *const animator = *animator_io;
    if (!animator) return;
    WebPMuxDelete(animator->mux);
    free(animator->before);
    free(animator->over);
    pare_buf_deinit(&animator->best);
    pare_buf_deinit(&animator->trial);
    free(animator);
    *animator_io = NULL;
}

pare_err pare_webp_animator_open(const pare_animation *animation, const pare_animate_params *params,
                                 pare_animator **out, pare_diag *diag)
{
    const size_t pixels = (size_t)animation->width_px * animation->height_px;
    *out = NULL;
    if (animation->width_px > WEBP_MAX_DIMENSION || animation->height_px > WEBP_MAX_DIMENSION) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "WebP holds at most %d px a side",
                         WEBP_MAX_DIMENSION);
    }
    if (animation->loop_count > LOOP_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "WebP repeats at most %d times",
                         LOOP_MAX);
    }
    if (animation->frames > FRAMES_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "%u frames are too much work for WebP; at most %d are encoded",
                         animation->frames, FRAMES_MAX);
    }
    pare_animator *animator = calloc(1, sizeof *animator);
    if (!animator) return PARE_ERR_NO_MEMORY;
    animator->animation = *animation;
    animator->params = *params;
    animator->mux = WebPMuxNew();
    animator->before = calloc(pixels, 4);
    animator->over = malloc(pixels * 4);
    if (!animator->mux || !animator->before || !animator->over) {
        pare_webp_animator_close(&animator);
        return PARE_ERR_NO_MEMORY;
    }
    *out = animator;
    return PARE_OK;
}

/* Pixels to encode; stride in pixels. */
typedef struct view {
    const uint32_t *pixels;
    size_t stride;
    uint32_t width, height;
} view;

static pare_err encode(pare_animator *animator, const view *from, bool lossless, pare_diag *diag)
{
    const pare_encode_params params = {.lossless = lossless,
                                       .effort = animator->params.effort,
                                       .is_graphic = animator->params.is_graphic};
    WebPConfig config;
    WebPPicture picture;
    if (!pare_webp_configure(&params, animator->params.quality, &config) ||
        !WebPPictureInit(&picture)) {
        return pare_fail(diag, PARE_ERR_INTERNAL, "encode: libwebp refused the settings");
    }
    picture.use_argb = 1;
    picture.width = (int)from->width;
    picture.height = (int)from->height;
    animator->trial.len = 0;
    pare_err err = PARE_ERR_NO_MEMORY;
    if (WebPPictureImportRGBA(&picture, (const uint8_t *)from->pixels, (int)(from->stride * 4))) {
        err = pare_webp_write_picture(&config, &picture, &animator->trial, diag);
    }
    WebPPictureFree(&picture);
    return err;
}

/* Of photographs, frames without loss are larger for certain and take ten times as long. */
enum { BOTH_WAYS_EFFORT = 7 };

/* As encode, with and without loss as far as it is allowed; *better: the best so far was beaten. */
static pare_err try_view(pare_animator *animator, const view *from, bool *better, pare_diag *diag)
{
    const pare_animate_params *params = &animator->params;
    const bool both = params->is_graphic || params->effort >= BOTH_WAYS_EFFORT;
    *better = false;
    for (int lossless = params->lossless ? 1 : 0; lossless <= 1; lossless++) {
        if (lossless && !params->lossless && !both) break;
        PARE_TRY(encode(animator, from, lossless != 0, diag));
        if (animator->best.len > 0 && animator->best.len <= animator->trial.len) continue;
        const pare_buf worse = animator->best;
        animator->best = animator->trial;
        animator->trial = worse;
        *better = true;
    }
    return PARE_OK;
}

static pare_err push(pare_animator *animator, const pare_frame_change *r, uint32_t duration_ms,
                     bool blends, pare_diag *diag)
{
    const WebPMuxFrameInfo frame = {
        .bitstream = {animator->best.data, animator->best.len},
        .x_offset = (int)r->left,
        .y_offset = (int)r->top,
        .duration = (int)duration_ms,
        .id = WEBP_CHUNK_ANMF,
        .dispose_method = WEBP_MUX_DISPOSE_NONE,
        .blend_method = blends ? WEBP_MUX_BLEND : WEBP_MUX_NO_BLEND,
    };
    const WebPMuxError error = WebPMuxPushFrame(animator->mux, &frame, 1);
    if (error == WEBP_MUX_OK) return PARE_OK;
    return pare_fail(diag, error == WEBP_MUX_MEMORY_ERROR ? PARE_ERR_NO_MEMORY : PARE_ERR_CODEC,
                     "encode: libwebp cannot add a frame (%d)", (int)error);
}

pare_err pare_webp_animator_add(pare_animator *animator, const pare_frame *frame, pare_diag *diag)
{
    const uint32_t width = animator->animation.width_px;
    const uint32_t *shown = (const uint32_t *)(const void *)frame->rgba;
    if (frame->duration_ms > DURATION_MAX_MS) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "a frame is shown for too long");
    }
    pare_frame_change r;
    pare_frame_change_find(animator->before, shown, width, animator->animation.height_px, &r);
    r.left &= ~1u; /* the format wants them even */
    r.top &= ~1u;
    const view whole = {shown + (size_t)r.top * width + r.left, width, pare_frame_change_width(&r),
                        pare_frame_change_height(&r)};
    const view over = {animator->over, whole.width, whole.width, whole.height};
    bool better, blends = false;
    animator->best.len = 0;
    PARE_TRY(try_view(animator, &whole, &better, diag));
    if (!r.draws_through)
        pare_frame_change_fill(&r, animator->before, shown, width, animator->over);
    if (r.free_px > (uint64_t)whole.width * whole.height / OVER_SHARE) {
        PARE_TRY(try_view(animator, &over, &blends, diag));
    }
    PARE_TRY(push(animator, &r, frame->duration_ms, blends, diag));
    animator->len += animator->best.len;
    if (animator->params.max_len && animator->len > animator->params.max_len) {
        return PARE_SKIP_NOT_SMALLER;
    }
    memcpy(animator->before, shown, (size_t)width * animator->animation.height_px * 4);
    return PARE_OK;
}

pare_err pare_webp_animator_finish(pare_animator *animator, pare_buf *out, pare_diag *diag)
{
    const pare_metadata *metadata = animator->params.metadata;
    const WebPMuxAnimParams params = {.bgcolor = animator->animation.background_argb,
                                      .loop_count = (int)animator->animation.loop_count};
    WebPMux *mux = animator->mux;
    WebPData whole = {0};
    bool ok = WebPMuxSetCanvasSize(mux, (int)animator->animation.width_px,
                                   (int)animator->animation.height_px) == WEBP_MUX_OK &&
              WebPMuxSetAnimationParams(mux, &params) == WEBP_MUX_OK;
    if (metadata) {
        ok = ok && pare_webp_set_chunk(mux, "ICCP", &metadata->icc) &&
             pare_webp_set_chunk(mux, "EXIF", &metadata->exif) &&
             pare_webp_set_chunk(mux, "XMP ", &metadata->xmp);
    }
    ok = ok && WebPMuxAssemble(mux, &whole) == WEBP_MUX_OK;
    if (!ok) return pare_fail(diag, PARE_ERR_CODEC, "encode: cannot join the frames");
    const pare_err err = pare_buf_append(out, whole.bytes, whole.size);
    WebPDataClear(&whole);
    return err;
}
