// SPDX-License-Identifier: Apache-2.0
/* Optimal Huffman tables for JPEG. */
#ifndef PARE_CORE_JPEG_HUFFMAN_H
#define PARE_CORE_JPEG_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

typedef struct pare_jpeg_huffman {
    uint8_t length_counts[17]; /* codes of each length in bits, 1..16 */
    uint8_t symbols[256];      /* by length, then frequency */
    uint16_t symbol_count;
    uint16_t codes[256];
    uint8_t lengths[256]; /* 0: the symbol has no code */
} pare_jpeg_huffman;

/* A code for each symbol with a count; at most 16 bits, and none of ones only. */
void pare_jpeg_huffman_build(const uint32_t histogram[256], pare_jpeg_huffman *out);

/* Bits that the counted symbols take, without the bits that follow them. */
uint64_t pare_jpeg_huffman_bits(const pare_jpeg_huffman *table, const uint32_t histogram[256]);

/* Bytes of the table inside a DHT segment. */
static inline size_t pare_jpeg_huffman_len(const pare_jpeg_huffman *table)
{
    return 1 + 16 + table->symbol_count;
}

#endif /* PARE_CORE_JPEG_HUFFMAN_H */
