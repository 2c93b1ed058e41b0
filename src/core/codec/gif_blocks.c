// SPDX-License-Identifier: Apache-2.0
/* The blocks of a GIF file (GIF89a specification, Appendix B). */
#include "core/codec/gif_blocks.h"

#include <string.h>

#include "base/checked.h"

enum {
    TRAILER = 0x3b,
    EXTENSION = 0x21,
    IMAGE = 0x2c,
    CONTROL = 0xf9,
    COMMENT = 0xfe,
    TEXT = 0x01,
    APPLICATION = 0xff,
};

typedef struct cursor {
    pare_bytes file;
    size_t at;
} cursor;

static bool skip(cursor *c, size_t len)
{
    if (len > c->file.len - c->at) return false;
    c->at += len;
    return true;
}

static bool skip_blocks(cursor *c)
{
    while (c->at < c->file.len) {
        const size_t len = c->file.data[c->at++];
        if (len == 0) return true;
        if (!skip(c, len)) return false;
    }
    return false;
}

static size_t table_len(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* An extension from its first byte to the end of its blocks; empty when the file ends before. */
static pare_bytes take_extension(cursor *c)
{
    const size_t begin = c->at - 1;
    if (!skip(c, 1) || !skip_blocks(c)) return (pare_bytes){0};
    return (pare_bytes){c->file.data + begin, c->at - begin};
}

static bool is_application(pare_bytes extension, const char *name)
{
    return extension.len >= 14 && extension.data[1] == APPLICATION && extension.data[2] == 11 &&
           memcmp(extension.data + 3, name, 11) == 0;
}

static bool is_loop(pare_bytes extension)
{
    return is_application(extension, "NETSCAPE2.0") || is_application(extension, "ANIMEXTS1.0");
}

static void read_extension(pare_bytes extension, pare_gif_blocks *out)
{
    const uint8_t label = extension.data[1];
    if (label == CONTROL && extension.len >= 4) out->has_transparency |= extension.data[3] & 1;
    out->has_comment |= label == COMMENT;
    out->has_text |= label == TEXT;
    out->has_xmp |= is_application(extension, "XMP DataXMP");
    out->has_icc |= is_application(extension, "ICCRGBG1012");
    const uint8_t *block = extension.data + 14;
    if (is_loop(extension) && extension.len >= 18 && block[0] == 3 && (block[1] & 7) == 1) {
        out->has_loop = true;
        out->loop_count = pare_le16(block + 2);
    }
}

static bool take_image(cursor *c, pare_gif_blocks *out)
{
    const size_t begin = c->at;
    if (!skip(c, 9)) return false;
    const uint8_t *d = c->file.data + begin;
    out->overhangs |= (uint32_t)pare_le16(d) + pare_le16(d + 4) > out->width_px ||
                      (uint32_t)pare_le16(d + 2) + pare_le16(d + 6) > out->height_px;
    if (!skip(c, table_len(d[8])) || !skip(c, 1) || !skip_blocks(c)) return false;
    out->frames++;
    out->whole_len = c->at;
    return true;
}

/* False when the file ends too early. Viewers do without the trailer when a frame is whole. */
static bool walk(cursor *c, uint32_t most, pare_gif_blocks *out)
{
    if (!skip(c, 13) || !skip(c, table_len(c->file.data[10]))) return false;
    while (c->at < c->file.len && out->frames < most) {
        const uint8_t kind = c->file.data[c->at++];
        if (kind == TRAILER) return true;
        if (kind == EXTENSION) {
            const pare_bytes extension = take_extension(c);
            if (extension.len == 0) return false;
            read_extension(extension, out);
        } else if (kind != IMAGE || !take_image(c, out)) {
            return false;
        }
    }
    return out->frames > 0;
}

pare_err pare_gif_blocks_read(pare_bytes file, pare_gif_blocks *out, pare_diag *diag)
{
    cursor c = {file, 0};
    *out = (pare_gif_blocks){0};
    if (file.len < 13) return pare_fail(diag, PARE_ERR_TRUNCATED, "the GIF header is cut off");
    out->width_px = pare_le16(file.data + 6);
    out->height_px = pare_le16(file.data + 8);
    out->aspect = file.data[12];
    const bool whole = walk(&c, PARE_GIF_FRAMES_MAX, out);
    out->len = c.at;
    if (!whole) return pare_fail(diag, PARE_ERR_TRUNCATED, "the file ends inside a block");
    if (out->frames == 0 || out->width_px == 0 || out->height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "there is no image in the GIF");
    }
    return PARE_OK;
}

size_t pare_gif_blocks_frames_len(pare_bytes file, uint32_t frames)
{
    cursor c = {file, 0};
    pare_gif_blocks blocks = {0};
    (void)walk(&c, frames, &blocks);
    return blocks.whole_len;
}

static bool is_kept(pare_bytes extension, uint32_t keep)
{
    const uint8_t label = extension.data[1];
    if (label == CONTROL || label == TEXT || is_loop(extension)) return false;
    if (label == COMMENT) return (keep & PARE_KEEP_COMMENT) != 0;
    if (is_application(extension, "XMP DataXMP")) return (keep & PARE_KEEP_XMP) != 0;
    if (is_application(extension, "ICCRGBG1012")) return (keep & PARE_KEEP_ICC) != 0;
    return keep == PARE_KEEP_ALL;
}

pare_err pare_gif_blocks_copy(pare_bytes file, uint32_t keep, pare_buf *out)
{
    cursor c = {file, 0};
    pare_gif_blocks ignored = {0};
    if (!skip(&c, 13) || !skip(&c, table_len(file.data[10]))) return PARE_OK;
    while (c.at < file.len && ignored.frames < PARE_GIF_FRAMES_MAX) {
        const uint8_t kind = file.data[c.at++];
        if (kind == EXTENSION) {
            const pare_bytes extension = take_extension(&c);
            if (extension.len == 0) return PARE_OK;
            if (is_kept(extension, keep)) {
                PARE_TRY(pare_buf_append(out, extension.data, extension.len));
            }
        } else if (kind != IMAGE || !take_image(&c, &ignored)) {
            return PARE_OK;
        }
    }
    return PARE_OK;
}
