// SPDX-License-Identifier: Apache-2.0
/* The boxes around a JPEG XL codestream. */
#include "core/codec/jxl_boxes.h"

#include <string.h>

#include "base/checked.h"

typedef struct box {
    char type[4];
    pare_bytes body;
} box;

/* The box at *at, which moves behind it; false when it is longer than the file. A length of 0
 * reaches to the end, one of 1 is followed by 64 bits of it (ISO/IEC 14496-12 section 4.2). */
static bool next_box(pare_bytes file, size_t *at, box *out)
{
    const size_t left = file.len - *at;
    const uint8_t *data = file.data + *at;
    if (left < 8) return false;
    uint64_t len = pare_be32(data);
    size_t header = 8;
    if (len == 1) {
        if (left < 16) return false;
        len = (uint64_t)pare_be32(data + 8) << 32 | pare_be32(data + 12);
        header = 16;
    }
    if (len == 0) len = left;
    if (len < header || len > left) return false;
    memcpy(out->type, data + 4, 4);
    out->body = (pare_bytes){data + header, (size_t)len - header};
    *at += (size_t)len;
    return true;
}

static bool is_type(const char type[4], const char *name)
{
    return memcmp(type, name, 4) == 0;
}

/* Signature, header, level, codestream, index; JUMBF is metadata that no look depends on. */
static bool is_usual(const char type[4])
{
    static const char *const USUAL[] = {"JXL ", "ftyp", "jxll", "jxlc", "jxlp",
                                        "jxli", "jumb", "free", "skip"};
    for (size_t i = 0; i < sizeof USUAL / sizeof *USUAL; i++) {
        if (is_type(type, USUAL[i])) return true;
    }
    return false;
}

void pare_jxl_boxes_read(pare_bytes file, pare_jxl_boxes *out)
{
    *out = (pare_jxl_boxes){0};
    if (file.len < 12 || memcmp(file.data + 4, "JXL ", 4) != 0) return;
    out->is_container = true;
    for (size_t at = 0; at < file.len;) {
        box one;
        if (!next_box(file, &at, &one)) {
            out->is_cut = true;
            return;
        }
        /* a box packed by Brotli: its type comes first */
        if (is_type(one.type, "brob") && one.body.len >= 4) memcpy(one.type, one.body.data, 4);
        if (is_type(one.type, "Exif")) {
            out->has_exif = true;
        } else if (is_type(one.type, "xml ")) {
            out->has_xmp = true;
        } else if (is_type(one.type, "jbrd")) {
            out->has_jpeg = true;
        } else if (is_type(one.type, "jhgm")) {
            out->has_gainmap = true;
        } else if (!is_usual(one.type)) {
            out->has_others = true;
        }
    }
}
