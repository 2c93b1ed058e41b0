// SPDX-License-Identifier: Apache-2.0
/* Size, depth and kind from the first bytes of a JPEG XL file (ISO/IEC 18181-1 annex A). */
#include "wire/header_jxl.h"

#include <string.h>

#include "base/checked.h"

/* Bits from the lowest of each byte on; zeros beyond the end. */
typedef struct bits {
    const uint8_t *data;
    size_t len, at; /* at: in bits */
} bits;

static uint32_t take(bits *b, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, b->at++) {
        const size_t byte = b->at / 8;
        if (byte < b->len) value |= (uint32_t)(b->data[byte] >> b->at % 8 & 1) << i;
    }
    return value;
}

static uint32_t take_side(bits *b, bool in_eights)
{
    static const uint8_t WIDTHS[4] = {9, 13, 18, 30};
    if (in_eights) return 8 * (take(b, 5) + 1);
    return take(b, WIDTHS[take(b, 2)]) + 1;
}

static void take_size(bits *b, uint32_t *width, uint32_t *height)
{
    static const uint8_t RATIOS[8][2] = {{1, 1}, {1, 1},  {12, 10}, {4, 3},
                                         {3, 2}, {16, 9}, {5, 4},   {2, 1}};
    const bool in_eights = take(b, 1);
    *height = take_side(b, in_eights);
    const uint32_t ratio = take(b, 3);
    *width = ratio ? (uint32_t)((uint64_t)*height * RATIOS[ratio][0] / RATIOS[ratio][1])
                   : take_side(b, in_eights);
}

static void read_codestream(const uint8_t *data, size_t len, pare_header *out)
{
    static const uint8_t DEPTHS[3] = {8, 10, 12};
    bits b = {data, len, 16}; /* behind the signature */
    uint32_t unused_width, unused_height;
    if (len < 12) return;
    take_size(&b, &out->width_px, &out->height_px);
    if (take(&b, 1)) return; /* all is usual */
    if (take(&b, 1)) {
        take(&b, 3); /* orientation */
        if (take(&b, 1)) take_size(&b, &unused_width, &unused_height);
        if (take(&b, 1)) return; /* a preview, whose size is told in yet another way */
        if (take(&b, 1)) {
            out->frames = 2;
            return;
        }
    }
    if (take(&b, 1)) { /* floating point */
        out->depth_bits = 32;
        return;
    }
    const uint32_t depth = take(&b, 2);
    out->depth_bits = depth < 3 ? DEPTHS[depth] : (uint8_t)(take(&b, 6) + 1);
}

void pare_header_read_jxl(const uint8_t *data, size_t len, pare_header *out)
{
    if (len >= 2 && data[0] == 0xff) {
        read_codestream(data, len, out);
        return;
    }
    for (size_t at = 0; at <= len && len - at >= 12;) {
        const size_t box = pare_be32(data + at);
        if (memcmp(data + at + 4, "jxlc", 4) == 0) {
            read_codestream(data + at + 8, len - at - 8, out);
            return;
        }
        if (memcmp(data + at + 4, "jxlp", 4) == 0) { /* a number comes before the part */
            read_codestream(data + at + 12, len - at - 12, out);
            return;
        }
        if (box < 8) return;
        at += box;
    }
}
