// SPDX-License-Identifier: Apache-2.0
/* zlib streams through zopfli; the only file with it. */
#include "core/codec/png_zopfli.h"

#include <stdlib.h>
#include <zopfli/zopfli.h>

pare_err pare_png_zopfli(pare_bytes data, int iterations, pare_buf *out)
{
    ZopfliOptions options;
    ZopfliInitOptions(&options);
    options.numiterations = iterations < 1 ? 1 : iterations;
    unsigned char *made = NULL;
    size_t len = 0;
    ZopfliCompress(&options, ZOPFLI_FORMAT_ZLIB, data.data, data.len, &made, &len);
    if (!made) return PARE_ERR_NO_MEMORY;
    pare_buf_deinit(out);
    *out = (pare_buf){made, len, len};
    return PARE_OK;
}
