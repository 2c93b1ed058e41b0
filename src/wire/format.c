// SPDX-License-Identifier: Apache-2.0
/* Names of formats and recognition by the first bytes. */
#include <string.h>
#include <strings.h>

#include <pare/pare.h>

#include "wire/header.h"

static const struct {
    const char *name, *extension, *aliases[3];
} FORMATS[PARE_FORMAT_COUNT] = {
    [PARE_FORMAT_UNKNOWN] = {"unknown", "", {0}},
    [PARE_FORMAT_JPEG] = {"jpeg", "jpg", {"jpe", "jfif"}},
    [PARE_FORMAT_PNG] = {"png", "png", {"apng"}},
    [PARE_FORMAT_WEBP] = {"webp", "webp", {0}},
    [PARE_FORMAT_AVIF] = {"avif", "avif", {0}},
    [PARE_FORMAT_GIF] = {"gif", "gif", {0}},
    [PARE_FORMAT_TIFF] = {"tiff", "tif", {0}},
    [PARE_FORMAT_BMP] = {"bmp", "bmp", {0}},
    [PARE_FORMAT_SVG] = {"svg", "svg", {"svgz"}},
    [PARE_FORMAT_HEIC] = {"heic", "heic", {"heif"}},
    [PARE_FORMAT_JXL] = {"jxl", "jxl", {0}},
};

static bool known(pare_format format)
{
    return format > PARE_FORMAT_UNKNOWN && format < PARE_FORMAT_COUNT;
}

const char *pare_format_name(pare_format format)
{
    return FORMATS[known(format) ? format : PARE_FORMAT_UNKNOWN].name;
}

const char *pare_format_extension(pare_format format)
{
    return FORMATS[known(format) ? format : PARE_FORMAT_UNKNOWN].extension;
}

pare_format pare_format_from_name(const char *name)
{
    for (int i = 1; i < PARE_FORMAT_COUNT; i++) {
        if (strcasecmp(name, FORMATS[i].name) == 0) return (pare_format)i;
        if (strcasecmp(name, FORMATS[i].extension) == 0) return (pare_format)i;
        for (int j = 0; j < 3 && FORMATS[i].aliases[j]; j++) {
            if (strcasecmp(name, FORMATS[i].aliases[j]) == 0) return (pare_format)i;
        }
    }
    return PARE_FORMAT_UNKNOWN;
}

static bool starts(const uint8_t *data, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(data, magic, magic_len) == 0;
}

/* ISO/IEC 14496-12 file type box: "ftyp", major brand, version, compatible brands. */
static pare_format sniff_ftyp(const uint8_t *data, size_t len)
{
    static const struct {
        const char *brand;
        pare_format format;
    } BRANDS[] = {
        {"avif", PARE_FORMAT_AVIF}, {"avis", PARE_FORMAT_AVIF}, {"heic", PARE_FORMAT_HEIC},
        {"heix", PARE_FORMAT_HEIC}, {"hevc", PARE_FORMAT_HEIC}, {"hevx", PARE_FORMAT_HEIC},
        {"heim", PARE_FORMAT_HEIC}, {"heis", PARE_FORMAT_HEIC},
    };
    if (len < 12 || memcmp(data + 4, "ftyp", 4) != 0) return PARE_FORMAT_UNKNOWN;
    const size_t box_len =
        (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    const size_t end = box_len < len ? box_len : len;
    for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) { /* 12..15 is the version */
        for (size_t i = 0; i < sizeof BRANDS / sizeof *BRANDS; i++) {
            if (memcmp(data + at, BRANDS[i].brand, 4) == 0) return BRANDS[i].format;
        }
    }
    return PARE_FORMAT_UNKNOWN;
}

/* "<svg" as the first element, after a byte order mark, white space, a prolog or comments. */
static bool sniff_svg(const uint8_t *data, size_t len)
{
    const size_t end = len < 4096 ? len : 4096;
    size_t at = starts(data, len, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (at < end && (data[at] == ' ' || (data[at] >= 9 && data[at] <= 13)))
        at++;
    if (at >= end || data[at] != '<') return false;
    for (; at + 4 <= end; at++) {
        if (data[at] == '<' && memcmp(data + at, "<svg", 4) == 0) return true;
        if (data[at] == 0) return false;
        if (data[at] == '<' && data[at + 1] != '?' && data[at + 1] != '!') return false;
    }
    return false;
}

bool pare_is_gzip(const uint8_t *data, size_t len)
{
    enum { LEN_MIN = 18, RESERVED_FLAGS = 0xe0 };
    return len >= LEN_MIN && starts(data, len, "\x1f\x8b\x08", 3) && !(data[3] & RESERVED_FLAGS);
}

pare_format pare_format_sniff(const uint8_t *data, size_t len)
{
    if (starts(data, len, "\xff\xd8\xff", 3)) return PARE_FORMAT_JPEG;
    if (starts(data, len, "\x89PNG\r\n\x1a\n", 8)) return PARE_FORMAT_PNG;
    if (starts(data, len, "RIFF", 4) && len >= 12 && memcmp(data + 8, "WEBP", 4) == 0) {
        return PARE_FORMAT_WEBP;
    }
    if (starts(data, len, "GIF87a", 6) || starts(data, len, "GIF89a", 6)) return PARE_FORMAT_GIF;
    if (starts(data, len, "II*\0", 4) || starts(data, len, "MM\0*", 4)) return PARE_FORMAT_TIFF;
    if (starts(data, len, "II+\0", 4) || starts(data, len, "MM\0+", 4)) return PARE_FORMAT_TIFF;
    if (starts(data, len, "\xff\x0a", 2)) return PARE_FORMAT_JXL;
    if (starts(data, len, "\0\0\0\x0cJXL \r\n\x87\n", 12)) return PARE_FORMAT_JXL;
    if (starts(data, len, "BM", 2) && len >= 18 && data[6] == 0 && data[7] == 0) {
        return PARE_FORMAT_BMP;
    }
    const pare_format boxed = sniff_ftyp(data, len);
    if (boxed != PARE_FORMAT_UNKNOWN) return boxed;
    /* what is packed is for the worker to see */
    return sniff_svg(data, len) || pare_is_gzip(data, len) ? PARE_FORMAT_SVG : PARE_FORMAT_UNKNOWN;
}
