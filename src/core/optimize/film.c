// SPDX-License-Identifier: Apache-2.0
/* Frames of an animation, changed one by one. */
#include "core/optimize/film.h"

#include <string.h>

#include "core/transform/transform.h"

pare_err pare_frame_image(const pare_frame *frame, const pare_animation *animation,
                          const pare_buf *icc, pare_image *out)
{
    PARE_TRY(
        pare_image_init(out, animation->width_px, animation->height_px, PARE_COLOR_RGB, true, 8));
    memcpy(out->pixels, frame->rgba, out->stride_bytes * out->height_px);
    if (!icc) return PARE_OK;
    const pare_err err = pare_buf_append(&out->metadata.icc, icc->data, icc->len);
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

static bool changes(const pare_film_change *change)
{
    return change->to_srgb_from || change->width_px > 0 || change->orientation > 1;
}

pare_err pare_film_open(pare_film *film, const pare_codec *codec, pare_bytes file,
                        const pare_limits *limits, const pare_film_change *change, pare_diag *diag)
{
    *film = (pare_film){.codec = codec, .change = *change};
    PARE_TRY(codec->frames_open(file, limits, &film->source, &film->frames, diag));
    film->animation = film->source;
    if (change->width_px > 0) {
        film->animation.width_px = change->width_px;
        film->animation.height_px = change->height_px;
    }
    if (change->orientation >= 5) {
        const uint32_t width = film->animation.width_px;
        film->animation.width_px = film->animation.height_px;
        film->animation.height_px = width;
    }
    return PARE_OK;
}

/* Fully transparent pixels have no colour. */
static void clear_hidden(const pare_image *image)
{
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint8_t *row = pare_image_row(image, y);
        for (size_t x = 0; x < image->width_px; x++) {
            if (row[4 * x + 3] == 0) memset(row + 4 * x, 0, 4);
        }
    }
}

static pare_err change_frame(pare_film *film, const pare_frame *frame, pare_diag *diag)
{
    const pare_film_change *change = &film->change;
    pare_image *image = &film->shown;
    pare_image_deinit(image);
    PARE_TRY(pare_frame_image(frame, &film->source, change->to_srgb_from, image));
    if (change->to_srgb_from) PARE_TRY(pare_transform_srgb(image, diag));
    if (change->width_px > 0) {
        PARE_TRY(pare_transform_resize(image, change->width_px, change->height_px, diag));
    }
    image->orientation = change->orientation;
    PARE_TRY(pare_transform_orient(image, diag));
    PARE_CHECK(diag, image->channels == 4 && image->depth_bits == 8);
    PARE_CHECK(diag, image->stride_bytes == (size_t)image->width_px * 4);
    clear_hidden(image);
    return PARE_OK;
}

pare_err pare_film_next(pare_film *film, pare_frame *out, bool *more, pare_diag *diag)
{
    PARE_TRY(film->codec->frames_next(film->frames, out, more, diag));
    if (!*more || !changes(&film->change)) return PARE_OK;
    PARE_TRY(change_frame(film, out, diag));
    out->rgba = film->shown.pixels;
    return PARE_OK;
}

void pare_film_close(pare_film *film)
{
    if (film->frames) film->codec->frames_close(&film->frames);
    pare_image_deinit(&film->shown);
}
