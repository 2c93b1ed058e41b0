// SPDX-License-Identifier: Apache-2.0
/* What a JPEG file is, without decoding it. */
#ifndef PARE_CORE_JPEG_INFO_H
#define PARE_CORE_JPEG_INFO_H

#include "core/image/image.h"

/* As pare_codec.read_info. */
PARE_NODISCARD pare_err pare_jpeg_read_info(pare_bytes file, pare_info *out, pare_diag *diag);

#endif /* PARE_CORE_JPEG_INFO_H */
