// SPDX-License-Identifier: Apache-2.0
/* An animation frame by frame, as it is to be shown: in the colours, the size and the orientation
 * of the result. Holds one frame at a time. */
#ifndef PARE_CORE_FILM_H
#define PARE_CORE_FILM_H

#include "core/codec/codec.h"

/* What becomes of every frame; all zero: nothing. */
typedef struct pare_film_change {
    const pare_buf *to_srgb_from; /* the profile that is dropped; NULL: colours stay */
    uint32_t width_px, height_px; /* before turning; 0: the size stays */
    uint8_t orientation;          /* EXIF, turned upright; 0 and 1: as it is */
} pare_film_change;

typedef struct pare_film {
    pare_animation animation; /* as changed */
    const pare_codec *codec;
    pare_film_change change;
    pare_animation source;
    pare_frames *frames;
    pare_image shown; /* the changed frame */
} pare_film;

/* codec must have frames_open; file and the profile are borrowed until close. Close in every case.
 * Errors: those of the codec. */
PARE_NODISCARD pare_err pare_film_open(pare_film *film, const pare_codec *codec, pare_bytes file,
                                       const pare_limits *limits, const pare_film_change *change,
                                       pare_diag *diag);
/* The next frame, borrowed until the one after it. Errors: those of the codec and of transforms. */
PARE_NODISCARD pare_err pare_film_next(pare_film *film, pare_frame *out, bool *more,
                                       pare_diag *diag);
void pare_film_close(pare_film *film);

/* A frame as an image with its profile, which may be NULL. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_frame_image(const pare_frame *frame, const pare_animation *animation,
                                         const pare_buf *icc, pare_image *out);

#endif /* PARE_CORE_FILM_H */
