// SPDX-License-Identifier: Apache-2.0
/* Animated PNG: written anew, when the chunks stay and the pixels of each frame are filtered and
 * deflated better; to canvases; and out of them. */
#ifndef PARE_CORE_PNG_ANIMATION_H
#define PARE_CORE_PNG_ANIMATION_H

#include "core/codec/codec.h"

/* As pare_codec.repack and check_repacked. Frames are worked on one by one: memory is that of the
 * largest, about four times. PARE_SKIP_UNSUPPORTED_VARIANT: interlaced, chunks that only their
 * maker understands, a profile or an orientation that is not to be kept. */
PARE_NODISCARD pare_err pare_png_animation_repack(pare_bytes file, const pare_repack_params *params,
                                                  pare_buf *out, pare_diag *diag);
PARE_NODISCARD pare_err pare_png_animation_check(pare_bytes file, pare_bytes result,
                                                 const pare_repack_params *params, bool *same,
                                                 pare_diag *diag);

/* As pare_codec.salvage, of an animation: the frames before the damage, byte for byte. */
PARE_NODISCARD pare_err pare_png_animation_salvage(pare_bytes file, const pare_limits *limits,
                                                   pare_salvaged *out, pare_diag *diag);

/* As pare_codec.read_metadata and frames_*. */
PARE_NODISCARD pare_err pare_png_read_metadata(pare_bytes file, const pare_limits *limits,
                                               pare_metadata *out, pare_diag *diag);
PARE_NODISCARD pare_err pare_png_frames_open(pare_bytes file, const pare_limits *limits,
                                             pare_animation *animation, pare_frames **out,
                                             pare_diag *diag);
PARE_NODISCARD pare_err pare_png_frames_next(pare_frames *frames, pare_frame *out, bool *more,
                                             pare_diag *diag);
void pare_png_frames_close(pare_frames **frames);

/* As pare_codec.animator_*. */
PARE_NODISCARD pare_err pare_png_animator_open(const pare_animation *animation,
                                               const pare_animate_params *params,
                                               pare_animator **out, pare_diag *diag);
PARE_NODISCARD pare_err pare_png_animator_add(pare_animator *animator, const pare_frame *frame,
                                              pare_diag *diag);
PARE_NODISCARD pare_err pare_png_animator_finish(pare_animator *animator, pare_buf *out,
                                                 pare_diag *diag);
void pare_png_animator_close(pare_animator **animator);

#endif /* PARE_CORE_PNG_ANIMATION_H */
