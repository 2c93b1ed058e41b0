// SPDX-License-Identifier: Apache-2.0
#include "read_file.h"

#include <stdio.h>

pare_err read_file(const char *path, pare_buf *out)
{
    uint8_t chunk[65536];
    size_t got;
    *out = (pare_buf){0};
    FILE *const file = fopen(path, "rbe");
    if (!file) return PARE_ERR_IO;
    pare_err err = PARE_OK;
    while (err == PARE_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        err = pare_buf_append(out, chunk, got);
    if (err == PARE_OK && ferror(file)) err = PARE_ERR_IO;
    fclose(file);
    return err;
}
