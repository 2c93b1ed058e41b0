// SPDX-License-Identifier: Apache-2.0
/* A JPEG file around entropy-coded scans. */
#ifndef PARE_CORE_JPEG_WRITE_H
#define PARE_CORE_JPEG_WRITE_H

#include "core/codec/jpeg_scans.h"

/* What a file is made of; everything is borrowed. */
typedef struct pare_jpeg_file {
    const pare_jpeg_coeffs *head; /* header fields, ids and color; its rows are not read */
    const pare_jpeg_frame *frame;
    const uint16_t (*quants)[64]; /* a table for each component, natural order */
    const pare_jpeg_script *script;
    const pare_metadata *metadata; /* NULL writes none */
} pare_jpeg_file;

/* Appends the whole file. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (a metadata block does not fit into
 * JPEG), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_jpeg_write(const pare_jpeg_file *file, pare_buf *out, pare_diag *diag);

/* Appends the segments of the blocks; metadata may be NULL. Errors as above. */
PARE_NODISCARD pare_err pare_jpeg_write_metadata(pare_buf *out, const pare_metadata *metadata,
                                                 pare_diag *diag);

#endif /* PARE_CORE_JPEG_WRITE_H */
