// SPDX-License-Identifier: Apache-2.0
/* Huffman's construction, with lengths limited as ITU-T T.81, figure K.3 has it. */
#include "core/codec/jpeg_huffman.h"

#include <string.h>

#define SYMBOLS_MAX 257 /* 256 and the one that keeps the code of all ones free */

/* Shell sort by count, largest first; equal counts by symbol, so that the order is total. */
static void sort_by_count(uint16_t *symbols, int count, const uint32_t *histogram)
{
    static const int gaps[] = {57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        for (int i = gaps[g]; i < count; i++) {
            const uint16_t symbol = symbols[i];
            const uint32_t own = histogram[symbol];
            int j = i;
            while (j >= gaps[g]) {
                const uint16_t other = symbols[j - gaps[g]];
                if (histogram[other] > own || (histogram[other] == own && other < symbol)) break;
                symbols[j] = other;
                j -= gaps[g];
            }
            symbols[j] = symbol;
        }
    }
}

/* Depths of Huffman's tree over weights sorted downwards: the two smallest are joined, and the
 * joined ones come out in order, so two queues do. */
static void count_depths(const uint32_t *weights, int count, uint16_t depth_counts[SYMBOLS_MAX])
{
    uint64_t joined[SYMBOLS_MAX];
    int parent_of_leaf[SYMBOLS_MAX], parent[SYMBOLS_MAX], depth[SYMBOLS_MAX];
    int leaf = count - 1, first = 0, made = 0;
    while (made < count - 1) {
        uint64_t sum = 0;
        for (int side = 0; side < 2; side++) {
            if (first == made || (leaf >= 0 && weights[leaf] <= joined[first])) {
                sum += weights[leaf];
                parent_of_leaf[leaf--] = made;
            } else {
                sum += joined[first];
                parent[first++] = made;
            }
        }
        joined[made++] = sum;
    }
    for (int i = made - 1; i >= 0; i--)
        depth[i] = i == made - 1 ? 0 : depth[parent[i]] + 1;
    for (int i = 0; i < count; i++)
        depth_counts[depth[parent_of_leaf[i]] + 1]++;
}

static void limit_to_16(uint16_t depth_counts[SYMBOLS_MAX])
{
    for (int i = SYMBOLS_MAX - 1; i > 16; i--) {
        while (depth_counts[i] > 0) {
            int j = i - 2;
            while (depth_counts[j] == 0)
                j--;
            depth_counts[i] = (uint16_t)(depth_counts[i] - 2);
            depth_counts[i - 1]++;
            depth_counts[j + 1] = (uint16_t)(depth_counts[j + 1] + 2);
            depth_counts[j]--;
        }
    }
}

static void assign_codes(pare_jpeg_huffman *table)
{
    unsigned code = 0, index = 0;
    for (int length = 1; length <= 16; length++, code <<= 1) {
        for (int i = 0; i < table->length_counts[length]; i++, index++, code++) {
            table->codes[table->symbols[index]] = (uint16_t)code;
            table->lengths[table->symbols[index]] = (uint8_t)length;
        }
    }
}

void pare_jpeg_huffman_build(const uint32_t histogram[256], pare_jpeg_huffman *out)
{
    uint16_t symbols[SYMBOLS_MAX];
    uint32_t weights[SYMBOLS_MAX];
    uint16_t depth_counts[SYMBOLS_MAX] = {0};
    int count = 0;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < 256; i++) {
        if (histogram[i]) symbols[count++] = (uint16_t)i;
    }
    if (count == 0) symbols[count++] = 0; /* a table must not be empty */
    sort_by_count(symbols, count, histogram);
    for (int i = 0; i < count; i++) {
        weights[i] = histogram[symbols[i]];
        out->symbols[i] = (uint8_t)symbols[i];
    }
    weights[count] = 0; /* the reserved code: the longest, by being the lightest */
    count_depths(weights, count + 1, depth_counts);
    limit_to_16(depth_counts);
    int longest = 16;
    while (depth_counts[longest] == 0)
        longest--;
    depth_counts[longest]--;
    for (int i = 1; i <= 16; i++)
        out->length_counts[i] = (uint8_t)depth_counts[i];
    out->symbol_count = (uint16_t)count;
    assign_codes(out);
}

uint64_t pare_jpeg_huffman_bits(const pare_jpeg_huffman *table, const uint32_t histogram[256])
{
    uint64_t bits = 0;
    for (int i = 0; i < table->symbol_count; i++) {
        const int symbol = table->symbols[i];
        bits += (uint64_t)histogram[symbol] * table->lengths[symbol];
    }
    return bits;
}
