// SPDX-License-Identifier: Apache-2.0
/* Animated PNG written anew: the chunks stay, the pixels of each frame are filtered and deflated
 * better. */
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

#endif /* PARE_CORE_PNG_ANIMATION_H */
