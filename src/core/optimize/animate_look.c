// SPDX-License-Identifier: Apache-2.0
/* One pass over the frames of an animation. */
#include "core/optimize/animate_look.h"

#include <stdlib.h>
#include <string.h>

static pare_err look_at_first(const pare_frame *frame, const pare_film *film,
                              pare_animate_look *out)
{
    pare_image image;
    PARE_TRY(pare_frame_image(frame, &film->animation, NULL, &image));
    out->content = pare_analyse_content(&image);
    pare_image_deinit(&image);
    return PARE_OK;
}

static void look_at(pare_animate_look *look, const uint32_t *before, const pare_frame *frame,
                    size_t pixels, bool is_first)
{
    const uint32_t *shown = (const uint32_t *)(const void *)frame->rgba;
    uint32_t last = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (shown[i] == last && i > 0) continue;
        last = shown[i];
        if (look->has_few_colors) look->has_few_colors = pare_gif_colors_add(&look->colors, last);
    }
    for (size_t i = 0; i < pixels; i++) {
        if (frame->rgba[4 * i + 3] == 255) continue;
        look->has_alpha = true;
        if (!is_first && shown[i] != before[i]) look->erases = true;
    }
}

pare_err pare_animate_look_at(pare_film *film, pare_animate_look *out, pare_diag *diag)
{
    const size_t pixels = (size_t)film->animation.width_px * film->animation.height_px;
    uint32_t *before = calloc(pixels, 4);
    pare_err err = before ? PARE_OK : PARE_ERR_NO_MEMORY;
    *out = (pare_animate_look){.has_few_colors = true};
    for (bool is_first = true; err == PARE_OK; is_first = false) {
        pare_frame frame;
        bool more = false;
        err = pare_film_next(film, &frame, &more, diag);
        if (err != PARE_OK || !more) break;
        if (is_first) err = look_at_first(&frame, film, out);
        look_at(out, before, &frame, pixels, is_first);
        memcpy(before, frame.rgba, pixels * 4);
    }
    free(before);
    return err;
}
