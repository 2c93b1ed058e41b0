// SPDX-License-Identifier: Apache-2.0
/* A growing buffer of bytes. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

pare_err pare_buf_reserve(pare_buf *buf, size_t extra_len)
{
    size_t need;
    if (!pare_add_size(buf->len, extra_len, &need)) return PARE_ERR_NO_MEMORY;
    if (need <= buf->cap) return PARE_OK;
    size_t cap = buf->cap + buf->cap / 2;
    if (cap < need) cap = need;
    if (cap < 64) cap = 64;
    uint8_t *data = realloc(buf->data, cap);
    if (!data) return PARE_ERR_NO_MEMORY;
    buf->data = data;
    buf->cap = cap;
    return PARE_OK;
}

pare_err pare_buf_append(pare_buf *buf, const void *data, size_t len)
{
    PARE_TRY(pare_buf_reserve(buf, len));
    if (len) memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return PARE_OK;
}

pare_err pare_buf_append_byte(pare_buf *buf, uint8_t byte)
{
    return pare_buf_append(buf, &byte, 1);
}

void pare_buf_deinit(pare_buf *buf)
{
    free(buf->data);
    *buf = (pare_buf){0};
}

void pare_buf_move(pare_buf *to, pare_buf *from)
{
    free(to->data);
    *to = *from;
    *from = (pare_buf){0};
}
