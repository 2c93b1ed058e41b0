// SPDX-License-Identifier: Apache-2.0
/* A zip file as it is written: images do not get smaller by compression, so they are stored. Made
 * for streams: nothing is known before of contents but their sizes, and nothing is gone back to.
 * Format: PKWARE APPNOTE.TXT 6.3.9, with zip64 where a number needs it. Pure: bytes in, bytes out;
 * of each file only its line of the directory stays in memory. One thread. */
#ifndef PARE_HTTP_ZIP_WRITER_H
#define PARE_HTTP_ZIP_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct pare_zip {
    pare_buf directory; /* central headers so far */
    uint64_t files, at; /* at: bytes of the archive so far */
    /* the file at hand */
    uint64_t header_at, bytes, promised;
    uint32_t crc, time;
    pare_buf name;
} pare_zip;

/* A file begins: its header goes to out. name: UTF-8, made safe by the caller; bytes: exactly what
 * will follow. Errors: PARE_ERR_NO_MEMORY, PARE_ERR_INVALID (a name over 65535 bytes). */
PARE_NODISCARD pare_err pare_zip_begin(pare_zip *zip, const char *name, uint64_t bytes,
                                       int64_t modified_unix_s, pare_buf *out);
/* Contents, which the caller sends on by itself. */
void pare_zip_data(pare_zip *zip, const void *data, size_t len);
/* The file ends. Errors: PARE_ERR_CHANGED (other than the promised bytes), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_zip_end(pare_zip *zip, pare_buf *out);
/* The archive ends: its directory goes to out. */
PARE_NODISCARD pare_err pare_zip_finish(pare_zip *zip, pare_buf *out);
void pare_zip_deinit(pare_zip *zip);

#endif /* PARE_HTTP_ZIP_WRITER_H */
