// SPDX-License-Identifier: Apache-2.0
/* Where one block ends and the next begins. */
#ifndef PARE_CORE_CODEC_DEFLATE_SPLIT_H
#define PARE_CORE_CODEC_DEFLATE_SPLIT_H

#include "core/codec/deflate_codes.h"

enum { PARE_DEFLATE_BLOCKS = 256 }; /* most blocks of a segment */

/* x log2 x of counts, most of which are small. */
enum { PARE_DEFLATE_LOGS = 4096 };
typedef struct pare_deflate_logs {
    double of[PARE_DEFLATE_LOGS];
} pare_deflate_logs;

void pare_deflate_logs_init(pare_deflate_logs *logs);

/* Ends of blocks, as counts of tokens, for which headers and bodies are estimated to be smallest
 * together. ends: room for PARE_DEFLATE_BLOCKS. Returns how many, at least 1. count >= 1.
 * Errors: 0 when there is no memory. */
size_t pare_deflate_split(const pare_deflate_logs *logs, const pare_deflate_token *tokens,
                          size_t count, size_t *ends);

#endif /* PARE_CORE_CODEC_DEFLATE_SPLIT_H */
