// SPDX-License-Identifier: Apache-2.0
/* What those who write an animation want to know of all its frames before the first. */
#ifndef PARE_CORE_ANIMATE_LOOK_H
#define PARE_CORE_ANIMATE_LOOK_H

#include "core/codec/gif_colors.h"
#include "core/optimize/content.h"
#include "core/optimize/film.h"

typedef struct pare_animate_look {
    pare_content content; /* of the first frame */
    bool has_alpha;       /* some pixel of some frame is not opaque */
    bool erases;          /* some pixel is less than opaque that was another before */
    bool has_few_colors;  /* colors are all that there are */
    pare_gif_colors colors;
} pare_animate_look;

/* Plays the film, which was just opened, to its end. Errors: PARE_ERR_NO_MEMORY, those of the film.
 */
PARE_NODISCARD pare_err pare_animate_look_at(pare_film *film, pare_animate_look *out,
                                             pare_diag *diag);

#endif /* PARE_CORE_ANIMATE_LOOK_H */
