// SPDX-License-Identifier: Apache-2.0
/* Canvases to GIF. */
#ifndef PARE_CORE_GIF_ANIMATOR_H
#define PARE_CORE_GIF_ANIMATOR_H

#include "core/codec/codec.h"

/* As pare_codec.animator_*. A pixel is opaque or not; frames of more colours get the best palette
 * of their own, which is refused without loss. */
PARE_NODISCARD pare_err pare_gif_animator_open(const pare_animation *animation,
                                               const pare_animate_params *params,
                                               pare_animator **out, pare_diag *diag);
PARE_NODISCARD pare_err pare_gif_animator_add(pare_animator *animator, const pare_frame *frame,
                                              pare_diag *diag);
PARE_NODISCARD pare_err pare_gif_animator_finish(pare_animator *animator, pare_buf *out,
                                                 pare_diag *diag);
void pare_gif_animator_close(pare_animator **animator);

#endif /* PARE_CORE_GIF_ANIMATOR_H */
