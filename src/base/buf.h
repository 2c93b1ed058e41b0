// SPDX-License-Identifier: Apache-2.0
/* A growing buffer of bytes, and a borrowed view of bytes. */
#ifndef PARE_BASE_BUF_H
#define PARE_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Borrowed bytes. data may be NULL when len is 0. */
typedef struct pare_bytes {
    const uint8_t *data;
    size_t len;
} pare_bytes;

/* Owned bytes from malloc(); all zero is a valid empty buffer. */
typedef struct pare_buf {
    uint8_t *data;
    size_t len, cap;
} pare_buf;

/* Errors: PARE_ERR_NO_MEMORY; the contents stay. */
PARE_NODISCARD pare_err pare_buf_reserve(pare_buf *buf, size_t extra_len);
PARE_NODISCARD pare_err pare_buf_append(pare_buf *buf, const void *data, size_t len);
PARE_NODISCARD pare_err pare_buf_append_byte(pare_buf *buf, uint8_t byte);
void pare_buf_deinit(pare_buf *buf);
/* Frees what to held and moves from into it; from is empty afterwards. */
void pare_buf_move(pare_buf *to, pare_buf *from);

static inline pare_bytes pare_buf_view(const pare_buf *buf)
{
    return (pare_bytes){buf->data, buf->len};
}

#endif /* PARE_BASE_BUF_H */
