// SPDX-License-Identifier: Apache-2.0
/* Counts of symbols, the Huffman codes made from them, and what a block costs with them. */
#ifndef PARE_CORE_CODEC_DEFLATE_CODES_H
#define PARE_CORE_CODEC_DEFLATE_CODES_H

#include "base/buf.h"
#include "core/codec/deflate_token.h"

typedef struct pare_deflate_counts {
    uint32_t litlens[PARE_DEFLATE_LITLENS]; /* with one end */
    uint32_t dists[PARE_DEFLATE_DISTS];
} pare_deflate_counts;

/* Lengths of codes in bits, 0 for unused symbols. */
typedef struct pare_deflate_codes {
    uint8_t litlens[288]; /* the two last exist in the fixed code only */
    uint8_t dists[PARE_DEFLATE_DISTS];
} pare_deflate_codes;

/* The order in which the lengths of the code that describes the other codes are sent. */
enum { PARE_DEFLATE_LEN_SYMBOLS = 19 }; /* lengths 0..15; 16: repeat; 17, 18: zeros */
extern const uint8_t pare_deflate_len_order[PARE_DEFLATE_LEN_SYMBOLS];

/* Bits of a stream, low ones first; all zero is empty. Bytes are appended to buf. */
typedef struct pare_deflate_bits {
    pare_buf *buf; /* NULL: only counted */
    uint64_t held;
    unsigned held_count;
    uint64_t total; /* bits put so far */
    pare_err err;   /* the first one; nothing is written after it */
} pare_deflate_bits;

void pare_deflate_put(pare_deflate_bits *bits, uint32_t value, unsigned count);
/* Fill up the last byte with zeros. */
void pare_deflate_align(pare_deflate_bits *bits);

/* Count tokens, and one end. */
void pare_deflate_count(const pare_deflate_token *tokens, size_t count, pare_deflate_counts *out);

/* The best codes of at most 15 bits for the counts; when it makes the whole block smaller, some
 * symbols get lengths that make the header shorter. */
void pare_deflate_make_codes(const pare_deflate_counts *counts, pare_deflate_codes *out);
void pare_deflate_fixed_codes(pare_deflate_codes *out);

/* Bits of the symbols with their extra bits. */
uint64_t pare_deflate_body_bits(const pare_deflate_counts *counts, const pare_deflate_codes *codes);
/* The header that describes the codes, after the 3 bits of the type. */
void pare_deflate_put_header(pare_deflate_bits *bits, const pare_deflate_codes *codes);
uint64_t pare_deflate_header_bits(const pare_deflate_codes *codes);
void pare_deflate_put_tokens(pare_deflate_bits *bits, const pare_deflate_codes *codes,
                             const pare_deflate_token *tokens, size_t count);

#endif /* PARE_CORE_CODEC_DEFLATE_CODES_H */
