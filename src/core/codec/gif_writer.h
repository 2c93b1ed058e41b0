// SPDX-License-Identifier: Apache-2.0
/* A GIF written anew: the same pictures for the same time in fewer bytes. */
#ifndef PARE_CORE_GIF_WRITER_H
#define PARE_CORE_GIF_WRITER_H

#include "core/codec/codec.h"

/* See pare_codec.repack. Peak memory: about 26 bytes for each pixel of the canvas and what the
 * result takes. PARE_SKIP_UNSUPPORTED_VARIANT for what would be shown in another way: text blocks,
 * frames that hang over the canvas, a profile that is not to be kept. */
PARE_NODISCARD pare_err pare_gif_repack(pare_bytes file, const pare_repack_params *params,
                                        pare_buf *out, pare_diag *diag);

#endif /* PARE_CORE_GIF_WRITER_H */
