// SPDX-License-Identifier: Apache-2.0
/* Sizes from the first bytes of a file, and what they mean for memory and time. */
#include "wire/header.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "wire/header_jxl.h"
#include "wire/target_size.h"

/* JPEG: ITU-T T.81 B.1.1: segments up to the frame header. */
static void read_jpeg(const uint8_t *data, size_t len, pare_header *out)
{
    size_t at = 2;
    while (at + 4 <= len) {
        if (data[at] != 0xff) return;
        const uint8_t marker = data[at + 1];
        if (marker == 0xff) { /* fill byte */
            at++;
            continue;
        }
        if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) { /* no length */
            at += 2;
            continue;
        }
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            if (len - at < 10) return;
            out->depth_bits = data[at + 4];
            out->height_px = pare_be16(data + at + 5);
            out->width_px = pare_be16(data + at + 7);
            out->channels = data[at + 9];
            return;
        }
        if (marker == 0xda || marker == 0xd9) return;
        const size_t segment = pare_be16(data + at + 2);
        if (segment < 2) return;
        at += 2 + segment;
    }
}

/* PNG, third edition, 5.3 and 11.2.1; acTL comes before the first IDAT. */
static void read_png(const uint8_t *data, size_t len, pare_header *out)
{
    static const uint8_t CHANNELS[7] = {1, 0, 3, 3, 2, 0, 4}; /* a palette counts as RGB */
    if (len < 29 || memcmp(data + 12, "IHDR", 4) != 0) return;
    out->width_px = pare_be32(data + 16);
    out->height_px = pare_be32(data + 20);
    out->depth_bits = data[24];
    out->channels = data[25] < 7 ? CHANNELS[data[25]] : 3;
    for (size_t at = 8; at + 12 <= len;) {
        const size_t chunk = pare_be32(data + at);
        if (memcmp(data + at + 4, "IDAT", 4) == 0) return;
        if (memcmp(data + at + 4, "acTL", 4) == 0 && len - at >= 16) {
            out->frames = pare_be32(data + at + 8) > 1 ? 2 : 1;
            return;
        }
        if (chunk > len - at - 12) return;
        at += chunk + 12;
    }
}

static uint32_t le24(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* WebP container, RFC 9649 section 2; VP8 frame header, RFC 6386 9.1; VP8L, RFC 9649 3.4. */
static void read_webp(const uint8_t *data, size_t len, pare_header *out)
{
    if (len < 30) return;
    const uint8_t *body = data + 20;
    if (memcmp(data + 12, "VP8X", 4) == 0) {
        out->frames = body[0] & 0x02 ? 2 : 1;
        out->channels = body[0] & 0x10 ? 4 : 3;
        out->width_px = le24(body + 4) + 1;
        out->height_px = le24(body + 7) + 1;
    } else if (memcmp(data + 12, "VP8L", 4) == 0 && body[0] == 0x2f) {
        const uint32_t bits = pare_le32(body + 1);
        out->width_px = (bits & 0x3fff) + 1;
        out->height_px = (bits >> 14 & 0x3fff) + 1;
        out->channels = bits >> 28 & 1 ? 4 : 3;
    } else if (memcmp(data + 12, "VP8 ", 4) == 0) {
        out->width_px = pare_le16(body + 6) & 0x3fff;
        out->height_px = pare_le16(body + 8) & 0x3fff;
    }
}

/* Skips GIF data sub-blocks (GIF89a section 15); 0 when they do not end in these bytes. */
static size_t skip_sub_blocks(const uint8_t *data, size_t len, size_t at)
{
    while (at < len && data[at] != 0) {
        at += (size_t)data[at] + 1;
    }
    return at < len ? at + 1 : 0;
}

static size_t color_table_len(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static void read_gif(const uint8_t *data, size_t len, pare_header *out)
{
    if (len < 13) return;
    out->width_px = pare_le16(data + 6);
    out->height_px = pare_le16(data + 8);
    size_t at = 13 + color_table_len(data[10]);
    unsigned images = 0;
    while (at + 10 <= len) {
        if (data[at] == 0x21) {
            at = skip_sub_blocks(data, len, at + 2);
        } else if (data[at] == 0x2c) {
            if (++images == 2) {
                out->frames = 2;
                return;
            }
            at = skip_sub_blocks(data, len, at + 11 + color_table_len(data[at + 9]));
        } else {
            return;
        }
        if (at == 0) return;
    }
}

/* A TIFF file as a range of bytes with a byte order (TIFF 6.0 section 2; BigTIFF doubles the
 * fields). */
typedef struct tiff {
    const uint8_t *data;
    size_t len;
    bool big_endian, big_tiff;
} tiff;

static uint64_t tiff_read(const tiff *t, size_t at, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        const uint64_t byte = t->data[at + i];
        value |= t->big_endian ? byte << (8 * (width - 1 - i)) : byte << (8 * i);
    }
    return value;
}

static void tiff_entry(const tiff *t, size_t at, pare_header *out)
{
    const unsigned tag = (unsigned)tiff_read(t, at, 2);
    const unsigned type = (unsigned)tiff_read(t, at + 2, 2);
    const uint64_t count = tiff_read(t, at + 4, t->big_tiff ? 8 : 4);
    const size_t value_at = at + (t->big_tiff ? 12 : 8);
    const uint32_t value = (uint32_t)tiff_read(t, value_at, type == 3 ? 2 : 4);
    if (tag == 256) out->width_px = value;
    if (tag == 257) out->height_px = value;
    if (tag == 277) out->channels = (uint8_t)(value <= 16 ? value : 16);
    /* Three values or more are stored elsewhere; 8 then is the usual guess, 16 when we can see. */
    if (tag == 258 && count <= 2) out->depth_bits = (uint8_t)(value <= 64 ? value : 64);
    if (tag == 258 && count > 2) {
        const uint64_t far = tiff_read(t, value_at, t->big_tiff ? 8 : 4);
        if (far <= t->len - 2) out->depth_bits = (uint8_t)(tiff_read(t, (size_t)far, 2) & 0x7f);
    }
}

static void read_tiff(const uint8_t *data, size_t len, pare_header *out)
{
    if (len < 16) return;
    const tiff t = {data, len, data[0] == 'M', (data[0] == 'M' ? data[3] : data[2]) == 43};
    const unsigned count_width = t.big_tiff ? 8 : 2, entry_len = t.big_tiff ? 20 : 12;
    const unsigned offset_width = t.big_tiff ? 8 : 4;
    const uint64_t ifd = tiff_read(&t, t.big_tiff ? 8 : 4, offset_width);
    if (ifd < 8 || ifd > len - count_width) return;
    const uint64_t count = tiff_read(&t, (size_t)ifd, count_width);
    size_t at = (size_t)ifd + count_width;
    for (uint64_t i = 0; i < count; i++, at += entry_len) {
        if (len - at < entry_len) return;
        tiff_entry(&t, at, out);
    }
    if (len - at >= offset_width && tiff_read(&t, at, offset_width) != 0) out->frames = 2;
}

/* Boxes of ISO/IEC 14496-12 section 4.2, as far as ISO/IEC 23008-12 `ispe` in meta/iprp/ipco. */
static void read_boxes(const uint8_t *data, size_t len, unsigned depth, pare_header *out)
{
    static const char *const PATH[] = {"meta", "iprp", "ipco"};
    for (size_t at = 0; len - at >= 8;) {
        size_t box = pare_be32(data + at);
        if (box == 0 || box > len - at) box = len - at; /* the part that we have */
        if (box < 8) return;
        const uint8_t *body = data + at + 8;
        const size_t body_len = box - 8;
        if (depth < 3 && memcmp(data + at + 4, PATH[depth], 4) == 0) {
            const size_t skip = depth == 0 && body_len >= 4 ? 4 : 0; /* meta is a full box */
            read_boxes(body + skip, body_len - skip, depth + 1, out);
            return;
        }
        if (depth == 3 && memcmp(data + at + 4, "ispe", 4) == 0 && body_len >= 12) {
            const uint32_t width = pare_be32(body + 4), height = pare_be32(body + 8);
            if ((uint64_t)width * height > (uint64_t)out->width_px * out->height_px) {
                out->width_px = width;
                out->height_px = height;
            }
        }
        if (depth == 3 && memcmp(data + at + 4, "pixi", 4) == 0 && body_len >= 6) {
            out->depth_bits = body[5];
        }
        at += box;
    }
}

static void read_bmp(const uint8_t *data, size_t len, pare_header *out)
{
    if (len < 26) return;
    const uint32_t height = pare_le32(data + 22);
    out->width_px = pare_le32(data + 18);
    out->height_px = height > 0x7fffffff ? 0u - height : height; /* negative: top row first */
}

/* Pixels of an animation that a byte stands for, where little moves. */
#define MOVING_PX_PER_BYTE 16.0
#define DEADLINE_PX 1e6

/* "Pixels" of a byte of which nothing is known; packed drawings are mostly four to eight times as
 * long. */
#define PX_PER_BYTE 4.0
#define PX_PER_GZIPPED_BYTE 32.0

void pare_header_read(const uint8_t *data, size_t len, pare_header *out)
{
    *out = (pare_header){.frames = 1, .depth_bits = 8, .channels = 3};
    out->format = pare_format_sniff(data, len);
    switch (out->format) {
    case PARE_FORMAT_JPEG: read_jpeg(data, len, out); break;
    case PARE_FORMAT_PNG: read_png(data, len, out); break;
    case PARE_FORMAT_WEBP: read_webp(data, len, out); break;
    case PARE_FORMAT_GIF: read_gif(data, len, out); break;
    case PARE_FORMAT_TIFF: read_tiff(data, len, out); break;
    case PARE_FORMAT_AVIF:
        if (memcmp(data + 8, "avis", 4) == 0) out->frames = 2; /* sniffing saw 12 bytes */
        read_boxes(data, len, 0, out);
        break;
    case PARE_FORMAT_HEIC: read_boxes(data, len, 0, out); break;
    case PARE_FORMAT_BMP: read_bmp(data, len, out); break;
    case PARE_FORMAT_JXL: pare_header_read_jxl(data, len, out); break;
    case PARE_FORMAT_SVG: out->is_gzipped = pare_is_gzip(data, len); break;
    case PARE_FORMAT_UNKNOWN:
    case PARE_FORMAT_COUNT: break;
    }
    if (out->depth_bits == 0) out->depth_bits = 8;
    if (out->channels == 0) out->channels = 3;
}

/* Pixels, or a guess from the length of the file when the header did not say. */
static double pixels(const pare_header *header, uint64_t file_len)
{
    const double known = (double)header->width_px * (double)header->height_px;
    if (known > 0) return known;
    return (double)file_len * (header->is_gzipped ? PX_PER_GZIPPED_BYTE : PX_PER_BYTE);
}

static bool is_scored(const pare_options *options)
{
    if (options->quality.mode == PARE_QUALITY_AUTO || options->quality.mode == PARE_QUALITY_SCORE) {
        return true;
    }
    for (int i = 0; i < PARE_FORMAT_COUNT; i++) {
        const pare_quality_mode mode = options->quality_for[i].mode;
        if (mode == PARE_QUALITY_AUTO || mode == PARE_QUALITY_SCORE) return true;
    }
    return options->min_score > 0 || options->target_size_bytes > 0;
}

/* Pixels that the decoder gives and that remain after the resize. The header does not tell whether
 * the image lies on its side: the larger of both. */
static void planned_pixels(const pare_header *header, const pare_options *options, double px,
                           double *decoded, double *kept)
{
    uint32_t size[2][2];
    const uint32_t w = header->width_px, h = header->height_px;
    *decoded = *kept = px;
    if (!pare_target_size(&options->resize, w, h, &size[0][0], &size[0][1]) ||
        !pare_target_size(&options->resize, h, w, &size[1][1], &size[1][0])) {
        return;
    }
    *decoded = *kept = 0;
    for (int i = 0; i < 2; i++) {
        const double factor = pare_target_shrink(header->format, w, h, size[i][0], size[i][1]);
        *decoded = fmax(*decoded, px / (factor * factor));
        *kept = fmax(*kept, (double)size[i][0] * (double)size[i][1]);
    }
}

/* What the encoder of the output takes for each pixel beside what all take: libjxl keeps planes of
 * floats, the more of them the more it searches; libaom takes less than
 * is counted for a score. Measured with 6 Mpx, AVIF with 3. */
static double encoder_px_bytes(const pare_header *header, const pare_options *options)
{
    const pare_format to = options->target == PARE_TARGET_FORMAT ? options->format : header->format;
    const bool may_be_avif = to == PARE_FORMAT_AVIF || options->target == PARE_TARGET_SMALLEST;
    if (may_be_avif && !is_scored(options)) return 26;
    if (to != PARE_FORMAT_JXL) return 0;
    return options->effort >= 8 ? 320 : options->effort >= 4 ? 96 : 48;
}

uint64_t pare_header_memory_bytes(const pare_header *header, uint64_t file_len,
                                  const pare_options *options)
{
    const double base = 24.0 * 1024 * 1024; /* a worker at rest, with its libraries */
    const double px_bytes = header->channels * (header->depth_bits > 8 ? 2.0 : 1.0);
    double decoded, kept;
    planned_pixels(header, options, pixels(header, file_len), &decoded, &kept);
    /* Decoded input, transformed copy, decoded candidate; the metric keeps planes of floats. */
    double need = base + (decoded + 2.0 * kept) * px_bytes;
    if (is_scored(options)) need += 60.0 * kept;
    need += encoder_px_bytes(header, options) * kept;
    if (header->format == PARE_FORMAT_JXL) need += 16.0 * decoded;
    if (header->format == PARE_FORMAT_GIF) need += 20.0 * decoded; /* canvases of both files */
    if (header->frames > 1) need += 60.0 * decoded; /* canvases, a frame in the encoder */
    if (decoded >= pixels(header, file_len)) need += 3.0 * (double)file_len;
    const double most = 1e15; /* sizes from a hostile header must still fit */
    return (uint64_t)(need < most ? need : most);
}

double pare_header_cost(const pare_header *header, uint64_t file_len, const pare_options *options)
{
    static const double BY_FORMAT[PARE_FORMAT_COUNT] = {
        [PARE_FORMAT_UNKNOWN] = 1, [PARE_FORMAT_JPEG] = 1, [PARE_FORMAT_PNG] = 2,
        [PARE_FORMAT_WEBP] = 3,    [PARE_FORMAT_AVIF] = 8, [PARE_FORMAT_GIF] = 1,
        [PARE_FORMAT_TIFF] = 2,    [PARE_FORMAT_JXL] = 4,
    };
    const pare_format to = options->target == PARE_TARGET_FORMAT ? options->format : header->format;
    double each = to > PARE_FORMAT_UNKNOWN && to < PARE_FORMAT_COUNT ? BY_FORMAT[to] : 1;
    if (options->target == PARE_TARGET_SMALLEST) each = 14; /* all four */
    if (each <= 0) each = 1;
    if (is_scored(options)) each *= 4;
    each *= 0.5 + options->effort / 8.0;
    /* The constant is the fixed price of a task, about 20,000 cheap pixels. */
    const double cost = 20e3 + pixels(header, file_len) * each + (double)file_len;
    return cost < 1e15 ? cost : 1e15;
}

static bool is_common_format(pare_format format)
{
    return format == PARE_FORMAT_JPEG || format == PARE_FORMAT_PNG || format == PARE_FORMAT_WEBP ||
           format == PARE_FORMAT_GIF;
}

bool pare_header_is_common(pare_format format_in, const pare_options *options)
{
    if (!is_common_format(format_in)) return false;
    switch (options->target) {
    case PARE_TARGET_ORIGINAL: return true;
    case PARE_TARGET_AUTO: return true; /* the same, or JPEG, or PNG */
    case PARE_TARGET_SMALLEST: return false;
    case PARE_TARGET_FORMAT: return is_common_format(options->format);
    }
    return false;
}

double pare_header_deadline_share(const pare_header *header, uint64_t file_len)
{
    double px = (double)header->width_px * (double)header->height_px;
    /* these often tell it beyond the bytes that were read */
    const bool may_move = header->frames > 1 || header->format == PARE_FORMAT_GIF;
    if (may_move) px = fmax(px, MOVING_PX_PER_BYTE * (double)file_len);
    return px > DEADLINE_PX ? px / DEADLINE_PX : 1;
}
