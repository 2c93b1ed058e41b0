// SPDX-License-Identifier: Apache-2.0
/* The quantizers of a VP8 key frame (RFC 6386, 7 and 9.3 to 9.6), read without decoding. */
#include "core/codec/webp_quality.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/checked.h"

enum { RIFF_LEN = 12, HEAD_LEN = 8, FRAME_HEAD_LEN = 10, SEGMENTS = 4, QUANTIZER_MAX = 127 };

/* The boolean decoder, for bits that are as likely 0 as 1. Reads zeros behind the end. */
typedef struct bit_reader {
    pare_bytes data;
    size_t at;
    uint32_t value, range; /* value: two bytes, of which the upper counts */
    int used;              /* bits of the lower byte */
} bit_reader;

static uint32_t next_byte(bit_reader *r)
{
    return r->at < r->data.len ? r->data.data[r->at++] : 0;
}

static bit_reader begin(pare_bytes data)
{
    bit_reader r = {.data = data, .range = 255};
    r.value = next_byte(&r) << 8;
    r.value |= next_byte(&r);
    return r;
}

static uint32_t read_bit(bit_reader *r)
{
    const uint32_t split = 1 + (((r->range - 1) * 128) >> 8);
    const bool is_set = r->value >= split << 8;
    r->value -= is_set ? split << 8 : 0;
    r->range = is_set ? r->range - split : split;
    while (r->range < 128) {
        r->value <<= 1;
        r->range <<= 1;
        if (++r->used == 8) {
            r->used = 0;
            r->value |= next_byte(r);
        }
    }
    return is_set;
}

static int read_number(bit_reader *r, int bits)
{
    int value = 0;
    while (bits-- > 0)
        value = value << 1 | (int)read_bit(r);
    return value;
}

/* A flag, and behind it a number with a sign; 0 without. */
static int read_optional(bit_reader *r, int bits)
{
    if (!read_bit(r)) return 0;
    const int value = read_number(r, bits);
    return read_bit(r) ? -value : value;
}

typedef struct segments {
    bool has_quantizers, are_absolute;
    int quantizers[SEGMENTS];
} segments;

static segments read_segments(bit_reader *r)
{
    segments out = {0};
    if (!read_bit(r)) return out;
    const bool has_map = read_bit(r);
    out.has_quantizers = read_bit(r);
    if (out.has_quantizers) {
        out.are_absolute = read_bit(r);
        for (int i = 0; i < SEGMENTS; i++)
            out.quantizers[i] = read_optional(r, 7);
        for (int i = 0; i < SEGMENTS; i++)
            (void)read_optional(r, 6); /* strengths of the loop filter */
    }
    for (int i = 0; has_map && i < SEGMENTS - 1; i++)
        if (read_bit(r)) (void)read_number(r, 8);
    return out;
}

/* The mean quantizer of the segments, 0..127. How large each is would take decoding. */
static double read_quantizer(pare_bytes frame)
{
    bit_reader r = begin((pare_bytes){frame.data + FRAME_HEAD_LEN, frame.len - FRAME_HEAD_LEN});
    (void)read_number(&r, 2); /* colours, clamping */
    const segments s = read_segments(&r);
    (void)read_number(&r, 1 + 6 + 3); /* the loop filter */
    if (read_bit(&r) && read_bit(&r)) {
        for (int i = 0; i < 8; i++)
            (void)read_optional(&r, 6);
    }
    (void)read_number(&r, 2); /* partitions */
    const int base = read_number(&r, 7);
    if (!s.has_quantizers) return base;
    double sum = 0;
    for (int i = 0; i < SEGMENTS; i++) {
        const int quantizer = s.quantizers[i] + (s.are_absolute ? 0 : base);
        sum += fmin(QUANTIZER_MAX, fmax(0, quantizer));
    }
    return sum / SEGMENTS;
}

/* libwebp takes the cube root of a piecewise linear function of its quality. */
static int to_quality(double quantizer)
{
    const double linear = pow(1 - quantizer / QUANTIZER_MAX, 3);
    const double quality = linear < 0.5 ? linear * 1.5 : (linear + 1) / 2;
    return (int)lround(fmin(100, fmax(1, 100 * quality)));
}

int pare_webp_quality(pare_bytes file)
{
    for (size_t at = RIFF_LEN; at < file.len && file.len - at > HEAD_LEN + FRAME_HEAD_LEN;) {
        const uint8_t *chunk = file.data + at;
        const uint64_t len = pare_le32(chunk + 4);
        if (len > file.len - at - HEAD_LEN || memcmp(chunk, "ANIM", 4) == 0) return 0;
        if (memcmp(chunk, "VP8 ", 4) == 0) {
            const bool is_frame = len > FRAME_HEAD_LEN && !(chunk[HEAD_LEN] & 1) &&
                                  memcmp(chunk + HEAD_LEN + 3, "\x9d\x01\x2a", 3) == 0;
            return is_frame
                       ? to_quality(read_quantizer((pare_bytes){chunk + HEAD_LEN, (size_t)len}))
                       : 0;
        }
        at += HEAD_LEN + (size_t)len + (len & 1);
    }
    return 0;
}
