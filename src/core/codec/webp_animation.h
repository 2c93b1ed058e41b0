// SPDX-License-Identifier: Apache-2.0
/* Animated WebP (RFC 9649, 2.7.1): frame by frame to canvases, and out of them. */
#ifndef PARE_CORE_WEBP_ANIMATION_H
#define PARE_CORE_WEBP_ANIMATION_H

#include <webp/encode.h>

#include "core/codec/codec.h"

/* As pare_codec.frames_*. */
PARE_NODISCARD pare_err pare_webp_frames_open(pare_bytes file, const pare_limits *limits,
                                              pare_animation *animation, pare_frames **out,
                                              pare_diag *diag);
PARE_NODISCARD pare_err pare_webp_frames_next(pare_frames *frames, pare_frame *out, bool *more,
                                              pare_diag *diag);
void pare_webp_frames_close(pare_frames **frames);

/* As pare_codec.animator_*. Only the rectangle that changes is stored of each frame, with loss or
 * without, whichever is smaller, drawn whole or over what is there. */
PARE_NODISCARD pare_err pare_webp_animator_open(const pare_animation *animation,
                                                const pare_animate_params *params,
                                                pare_animator **out, pare_diag *diag);
PARE_NODISCARD pare_err pare_webp_animator_add(pare_animator *animator, const pare_frame *frame,
                                               pare_diag *diag);
PARE_NODISCARD pare_err pare_webp_animator_finish(pare_animator *animator, pare_buf *out,
                                                  pare_diag *diag);
void pare_webp_animator_close(pare_animator **animator);

/* The settings of libwebp for these params; false: it refused them. */
bool pare_webp_configure(const pare_encode_params *params, double quality, WebPConfig *config);

/* Encode the picture, whose memory may be changed meanwhile; appends a whole file to *out. */
PARE_NODISCARD pare_err pare_webp_write_picture(const WebPConfig *config, WebPPicture *picture,
                                                pare_buf *out, pare_diag *diag);

/* As pare_codec.salvage: rows of a still, whole frames of an animation. */
PARE_NODISCARD pare_err pare_webp_salvage(pare_bytes file, const pare_limits *limits,
                                          pare_salvaged *out, pare_diag *diag);

/* Append what is in the chunk, when it is there. demux is a WebPDemuxer. */
PARE_NODISCARD pare_err pare_webp_copy_chunk(void *demux, const char *name, pare_buf *out);

/* All blocks of a file. */
PARE_NODISCARD pare_err pare_webp_copy_metadata(pare_bytes file, pare_metadata *out);

/* Set the chunk unless the block is empty; false: no memory. mux is a WebPMux. */
bool pare_webp_set_chunk(void *mux, const char *name, const pare_buf *block);

#endif /* PARE_CORE_WEBP_ANIMATION_H */
