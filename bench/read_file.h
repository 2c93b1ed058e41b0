// SPDX-License-Identifier: Apache-2.0
/* A whole file in memory, for the measuring tools. */
#ifndef PARE_BENCH_READ_FILE_H
#define PARE_BENCH_READ_FILE_H

#include "base/buf.h"

/* Sets *out, which the caller ends with pare_buf_deinit, whatever is returned.
 * Errors: PARE_ERR_IO (missing, no file, not readable), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err read_file(const char *path, pare_buf *out);

#endif
