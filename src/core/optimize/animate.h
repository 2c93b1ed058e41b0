// SPDX-License-Identifier: Apache-2.0
/* Animations through their painted frames: into another format, another size, or smaller in a
 * format whose files are not repacked. */
#ifndef PARE_CORE_ANIMATE_H
#define PARE_CORE_ANIMATE_H

#include "core/optimize/work.h"

/* Is this the way for the file? Known from its header and the options. */
bool pare_animate_applies(const pare_work *work);

/* The smallest of the formats that come into question, the file's own repacked among them where it
 * keeps its size. Frames, their times and how often they repeat are the same; without loss every
 * pixel is, with loss the score is that of the worst frame. max_len: most bytes that are worth
 * writing. On failure *out is empty. Errors: PARE_SKIP_NOT_SMALLER, PARE_SKIP_BELOW_MIN_SCORE,
 * PARE_SKIP_UNSUPPORTED_VARIANT, PARE_ERR_VERIFY, those of the codecs. */
PARE_NODISCARD pare_err pare_animate_run(pare_work *work, size_t max_len, pare_found *out);

#endif /* PARE_CORE_ANIMATE_H */
