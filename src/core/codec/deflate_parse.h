// SPDX-License-Identifier: Apache-2.0
/* The cheapest way through a segment, given what each symbol costs. */
#ifndef PARE_CORE_CODEC_DEFLATE_PARSE_H
#define PARE_CORE_CODEC_DEFLATE_PARSE_H

#include <stdbool.h>

#include "core/codec/deflate_codes.h"
#include "core/codec/deflate_matches.h"

enum { PARE_DEFLATE_BIT = 128 }; /* costs are in such parts of a bit */

/* What everything costs, extra bits included. */
typedef struct pare_deflate_prices {
    uint32_t literals[256];
    uint32_t lens[PARE_DEFLATE_MAX_LEN + 1];
    uint32_t dists[PARE_DEFLATE_DISTS];
} pare_deflate_prices;

/* A part of a segment with prices of its own. */
typedef struct pare_deflate_span {
    size_t end; /* position in the segment; it begins where the one before ends */
    pare_deflate_prices prices;
} pare_deflate_span;

/* By the entropy of what was counted. */
void pare_deflate_price_counts(const pare_deflate_counts *counts, pare_deflate_prices *out);
/* By the lengths of codes; an unused symbol costs what a rare one does. */
void pare_deflate_price_codes(const pare_deflate_codes *codes, pare_deflate_prices *out);

/* Memory that the parses of one thread share. */
typedef struct pare_deflate_parser {
    uint32_t costs[PARE_DEFLATE_SEGMENT_LEN + 1]; /* from there to the end */
    pare_deflate_token choices[PARE_DEFLATE_SEGMENT_LEN];
} pare_deflate_parser;

/* The cheapest tokens for data, which are matches->len bytes; the last span ends there.
 * long_len: of a match of so many bytes only the whole length is tried; of the others the most
 * promising lengths.
 * tokens: room for matches->len. Returns how many there are. */
size_t pare_deflate_parse(pare_deflate_parser *parser, const uint8_t *data,
                          const pare_deflate_matches *matches, const pare_deflate_span *spans,
                          size_t span_count, unsigned long_len, pare_deflate_token *tokens);

#endif /* PARE_CORE_CODEC_DEFLATE_PARSE_H */
