// SPDX-License-Identifier: Apache-2.0
/* The cheapest way through a segment, given what each symbol costs. */
#ifndef PARE_CORE_CODEC_DEFLATE_PARSE_H
#define PARE_CORE_CODEC_DEFLATE_PARSE_H

#include "core/codec/deflate_codes.h"
#include "core/codec/deflate_sweep.h"

/* A part of a segment with prices of its own. */
typedef struct pare_deflate_span {
    size_t end; /* position in the segment; it begins where the one before ends */
    pare_deflate_prices prices;
} pare_deflate_span;

/* By the entropy of what was counted. */
void pare_deflate_price_counts(const pare_deflate_counts *counts, pare_deflate_prices *out);
/* By the lengths of codes; an unused symbol costs what a rare one does. */
void pare_deflate_price_codes(const pare_deflate_codes *codes, pare_deflate_prices *out);

/* The segment that is parsed, and memory that all parses share. */
typedef struct pare_deflate_parser {
    pare_deflate_sweep_fn sweep;
    const uint8_t *data;              /* borrowed */
    const pare_deflate_token *tokens; /* borrowed */
    size_t len;
    unsigned long_len;
    pare_deflate_ways ways;
} pare_deflate_parser;

void pare_deflate_parser_init(pare_deflate_parser *parser);

/* Take up a segment, borrowed until the next call: data are matches->len bytes.
 * long_len: of a match of so many bytes only the whole length is tried; of the others the most
 * promising lengths. */
void pare_deflate_parser_start(pare_deflate_parser *parser, const uint8_t *data,
                               const pare_deflate_matches *matches, unsigned long_len);

/* The cheapest tokens for the segment, which ends with the last span.
 * tokens: room for matches->len. Returns how many there are. */
size_t pare_deflate_parse(pare_deflate_parser *parser, const pare_deflate_span *spans,
                          size_t span_count, pare_deflate_token *tokens);

#endif /* PARE_CORE_CODEC_DEFLATE_PARSE_H */
