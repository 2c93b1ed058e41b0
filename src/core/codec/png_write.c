// SPDX-License-Identifier: Apache-2.0
/* Writes PNG chunks (PNG specification, third edition, 5.3 and 11). */
#include "core/codec/png_write.h"

#include <stdio.h>
#include <string.h>

static void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A chunk of a head and a body. */
static pare_err put_chunk(pare_buf *out, const char *type, pare_bytes head, pare_bytes body)
{
    uint8_t word[4];
    if (head.len > INT32_MAX || body.len > INT32_MAX - head.len) return PARE_ERR_TOO_LARGE;
    PARE_TRY(pare_buf_reserve(out, head.len + body.len + 12));
    put_be32(word, (uint32_t)(head.len + body.len));
    PARE_TRY(pare_buf_append(out, word, 4));
    PARE_TRY(pare_buf_append(out, type, 4));
    PARE_TRY(pare_buf_append(out, head.data, head.len));
    PARE_TRY(pare_buf_append(out, body.data, body.len));
    const size_t covered = head.len + body.len + 4;
    put_be32(word, pare_png_crc32(0, out->data + out->len - covered, covered));
    return pare_buf_append(out, word, 4);
}

static pare_err put_header(const pare_png_raster *raster, pare_buf *out)
{
    uint8_t ihdr[13] = {0};
    put_be32(ihdr, raster->width_px);
    put_be32(ihdr + 4, raster->height_px);
    ihdr[8] = raster->depth_bits;
    ihdr[9] = raster->color_type;
    PARE_TRY(pare_buf_append(out, "\x89PNG\r\n\x1a\n", 8));
    return put_chunk(out, "IHDR", (pare_bytes){ihdr, sizeof ihdr}, (pare_bytes){0});
}

/* Entries of tRNS: up to the last one that is not opaque. */
static unsigned trns_count(const pare_png_palette *palette)
{
    unsigned count = palette->count;
    while (count > 0 && palette->colors[count - 1][3] == 255)
        count--;
    return count;
}

static pare_err put_colors(const pare_png_raster *raster, pare_buf *out)
{
    uint8_t block[768];
    if (raster->color_type == PNG_PALETTE) {
        const pare_png_palette *palette = &raster->palette;
        for (unsigned i = 0; i < palette->count; i++)
            memcpy(block + 3 * i, palette->colors[i], 3);
        PARE_TRY(put_chunk(out, "PLTE", (pare_bytes){block, palette->count * 3u}, (pare_bytes){0}));
        const unsigned count = trns_count(palette);
        for (unsigned i = 0; i < count; i++)
            block[i] = palette->colors[i][3];
        if (count == 0) return PARE_OK;
        return put_chunk(out, "tRNS", (pare_bytes){block, count}, (pare_bytes){0});
    }
    if (!raster->has_key) return PARE_OK;
    const unsigned count = raster->color_type == PNG_GRAY ? 1 : 3;
    for (unsigned i = 0; i < count; i++) {
        block[2 * i] = (uint8_t)(raster->key[i] >> 8);
        block[2 * i + 1] = (uint8_t)raster->key[i];
    }
    return put_chunk(out, "tRNS", (pare_bytes){block, count * 2}, (pare_bytes){0});
}

size_t pare_png_overhead(const pare_png_raster *raster)
{
    const size_t fixed = 8 + 25 + 12 + 12; /* signature, IHDR, IDAT, IEND */
    if (raster->color_type == PNG_PALETTE) {
        const unsigned count = trns_count(&raster->palette);
        return fixed + 12 + raster->palette.count * 3u + (count ? 12 + count : 0);
    }
    if (!raster->has_key) return fixed;
    return fixed + 12 + (raster->color_type == PNG_GRAY ? 2 : 6);
}

/* ImageMagick's "Raw profile type": a name, a length and hexadecimal lines, deflated. */
static pare_err put_iptc(const pare_buf *iptc, pare_png_deflater *deflater, pare_buf *out)
{
    static const char HEAD[] = "Raw profile type iptc\0"; /* keyword, NUL, method 0 */
    static const char DIGITS[] = "0123456789abcdef";
    pare_buf text = {0};
    char line[32];
    const int len = snprintf(line, sizeof line, "\niptc\n%8zu\n", iptc->len);
    pare_err err = pare_buf_append(&text, line, (size_t)len);
    for (size_t i = 0; err == PARE_OK && i < iptc->len; i++) {
        const char hex[3] = {DIGITS[iptc->data[i] >> 4], DIGITS[iptc->data[i] & 15], '\n'};
        err = pare_buf_append(&text, hex, i % 36 == 35 || i + 1 == iptc->len ? 3 : 2);
    }
    pare_bytes packed = {0};
    if (err == PARE_OK) {
        err = pare_png_deflate(deflater, PARE_PNG_DEFLATE_BEST, pare_buf_view(&text), &packed);
    }
    if (err == PARE_OK) {
        err = put_chunk(out, "zTXt", (pare_bytes){(const uint8_t *)HEAD, sizeof HEAD}, packed);
    }
    pare_buf_deinit(&text);
    return err;
}

static pare_err put_comment(const pare_buf *comment, pare_buf *out)
{
    static const uint8_t PLAIN[] = "Comment";           /* with its NUL */
    static const uint8_t UNICODE[] = "Comment\0\0\0\0"; /* not compressed, no language */
    for (size_t i = 0; i < comment->len; i++) {
        if (comment->data[i] < 128) continue;
        return put_chunk(out, "iTXt", (pare_bytes){UNICODE, sizeof UNICODE},
                         pare_buf_view(comment));
    }
    return put_chunk(out, "tEXt", (pare_bytes){PLAIN, sizeof PLAIN}, pare_buf_view(comment));
}

static pare_err put_metadata(const pare_metadata *metadata, pare_png_deflater *deflater,
                             pare_buf *out)
{
    static const uint8_t XMP[] = "XML:com.adobe.xmp\0\0\0\0"; /* XMP part 3: not compressed */
    if (metadata->exif.len) {
        PARE_TRY(put_chunk(out, "eXIf", pare_buf_view(&metadata->exif), (pare_bytes){0}));
    }
    if (metadata->xmp.len) {
        PARE_TRY(
            put_chunk(out, "iTXt", (pare_bytes){XMP, sizeof XMP}, pare_buf_view(&metadata->xmp)));
    }
    if (metadata->iptc.len) PARE_TRY(put_iptc(&metadata->iptc, deflater, out));
    if (metadata->comment.len) PARE_TRY(put_comment(&metadata->comment, out));
    return PARE_OK;
}

/* libpng up to 1.6.39 at least drops an iCCP chunk of less than 92 bytes as too short; the name of
 * the profile, which says nothing, makes up for that. */
static pare_err put_profile(const pare_buf *icc, pare_png_deflater *deflater, pare_buf *out)
{
    enum { CHUNK_MIN = 92, NAME_MIN = 3, NAME_MAX = 79 };
    uint8_t head[NAME_MAX + 2];
    pare_bytes packed;
    PARE_TRY(pare_png_deflate(deflater, PARE_PNG_DEFLATE_BEST, pare_buf_view(icc), &packed));
    size_t name_len = NAME_MIN;
    while (name_len < NAME_MAX && name_len + 2 + packed.len < CHUNK_MIN)
        name_len++;
    memset(head, 'i', name_len);
    head[name_len] = 0;     /* end of the name */
    head[name_len + 1] = 0; /* compression method */
    return put_chunk(out, "iCCP", (pare_bytes){head, name_len + 2}, packed);
}

/* What stands before the data of the image, up to the type of their chunk. */
static pare_err put_front(const pare_png_raster *raster, size_t idat_len,
                          const pare_metadata *metadata, pare_png_deflater *deflater, pare_buf *out)
{
    uint8_t word[4];
    PARE_TRY(put_header(raster, out));
    if (metadata && metadata->icc.len) { /* must stand before PLTE */
        PARE_TRY(put_profile(&metadata->icc, deflater, out));
    }
    PARE_TRY(put_colors(raster, out));
    if (metadata) PARE_TRY(put_metadata(metadata, deflater, out));
    put_be32(word, (uint32_t)idat_len);
    PARE_TRY(pare_buf_append(out, word, 4));
    return pare_buf_append(out, "IDAT", 4);
}

/* The rest of the chunk of the data, and the last one. */
static pare_err put_back(pare_bytes chunk, pare_buf *out)
{
    uint8_t word[4];
    put_be32(word, pare_png_crc32(0, chunk.data, chunk.len));
    PARE_TRY(pare_buf_append(out, word, 4));
    return put_chunk(out, "IEND", (pare_bytes){0}, (pare_bytes){0});
}

pare_err pare_png_write(const pare_png_raster *raster, pare_buf *idat,
                        const pare_metadata *metadata, pare_png_deflater *deflater, pare_buf *out)
{
    const size_t idat_len = idat->len;
    pare_buf front = {0};
    if (idat_len > INT32_MAX) return PARE_ERR_TOO_LARGE;
    pare_err err = put_front(raster, idat_len, metadata, deflater, &front);
    if (err == PARE_OK) err = pare_buf_reserve(idat, front.len + PARE_PNG_WRITE_ROOM);
    if (err == PARE_OK) { /* in place: large files are not copied */
        memmove(idat->data + front.len, idat->data, idat_len);
        memcpy(idat->data, front.data, front.len);
        idat->len += front.len;
        err = put_back((pare_bytes){idat->data + front.len - 4, idat_len + 4}, idat);
    }
    if (err == PARE_OK) pare_buf_move(out, idat);
    pare_buf_deinit(&front);
    return err;
}
