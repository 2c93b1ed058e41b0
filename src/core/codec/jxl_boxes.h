// SPDX-License-Identifier: Apache-2.0
/* The boxes around a JPEG XL codestream (ISO/IEC 18181-2), without decoding. */
#ifndef PARE_CORE_JXL_BOXES_H
#define PARE_CORE_JXL_BOXES_H

#include <stdbool.h>

#include "base/buf.h"

typedef struct pare_jxl_boxes {
    bool is_container; /* false: a bare codestream, all else is false too */
    bool has_exif, has_xmp;
    bool has_jpeg;    /* what is needed to write the JPEG anew that the file was made from */
    bool has_gainmap; /* of ISO 21496-1 */
    bool has_others;  /* boxes of other kinds, or bytes that are no box */
    bool is_cut;      /* a box is longer than the file */
} pare_jxl_boxes;

/* Reads what is there. */
void pare_jxl_boxes_read(pare_bytes file, pare_jxl_boxes *out);

#endif /* PARE_CORE_JXL_BOXES_H */
