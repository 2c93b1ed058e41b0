// SPDX-License-Identifier: Apache-2.0
/* Zip files without compression, for streams. */
#include "http/zip_writer.h"

#include <string.h>
#include <time.h>

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    DESCRIPTOR = 0x08074b50,
    END = 0x06054b50,
    END64 = 0x06064b50,
    LOCATOR64 = 0x07064b50,
    FLAGS = 1 << 3 | 1 << 11, /* the checksum follows the data; names are UTF-8 */
    VERSION = 20,
    VERSION64 = 45,
    MADE_BY_UNIX = 3 << 8,
};

static void add16(pare_buf *out, uint64_t value, pare_err *err)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    if (*err == PARE_OK) *err = pare_buf_append(out, bytes, sizeof bytes);
}

static void add32(pare_buf *out, uint64_t value, pare_err *err)
{
    add16(out, value & 0xffff, err);
    add16(out, value >> 16 & 0xffff, err);
}

static void add64(pare_buf *out, uint64_t value, pare_err *err)
{
    add32(out, value & 0xffffffff, err);
    add32(out, value >> 32, err);
}

static void add_bytes(pare_buf *out, const void *data, size_t len, pare_err *err)
{
    if (*err == PARE_OK && len > 0) *err = pare_buf_append(out, data, len);
}

static bool is_long(uint64_t value)
{
    return value >= 0xffffffff;
}

/* Four bits at a time: small, and no slower than the disk. Polynomial of IEEE 802.3, reflected. */
static uint32_t crc_add(uint32_t crc, const uint8_t *data, size_t len)
{
    static const uint32_t TABLE[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ TABLE[crc & 15];
        crc = crc >> 4 ^ TABLE[crc & 15];
    }
    return ~crc;
}

/* MS-DOS time and date in UTC, in steps of two seconds from 1980 on. */
static uint32_t dos_time(int64_t unix_s)
{
    struct tm tm;
    const time_t time = (time_t)unix_s;
    if (!gmtime_r(&time, &tm) || tm.tm_year < 80) return 1u << 21 | 1u << 16;
    if (tm.tm_year > 207) tm.tm_year = 207;
    return (uint32_t)(tm.tm_year - 80) << 25 | (uint32_t)(tm.tm_mon + 1) << 21 |
           (uint32_t)tm.tm_mday << 16 | (uint32_t)tm.tm_hour << 11 | (uint32_t)tm.tm_min << 5 |
           (uint32_t)tm.tm_sec / 2;
}

static void add_common(const pare_zip *zip, pare_buf *out, uint32_t crc, pare_err *err)
{
    const uint64_t bytes = is_long(zip->promised) ? 0xffffffff : zip->promised;
    add16(out, FLAGS, err);
    add16(out, 0, err); /* stored */
    add32(out, zip->time, err);
    add32(out, crc, err);
    add32(out, bytes, err);
    add32(out, bytes, err);
    add16(out, zip->name.len, err);
}

pare_err pare_zip_begin(pare_zip *zip, const char *name, uint64_t bytes, int64_t modified_unix_s,
                        pare_buf *out)
{
    pare_err err = PARE_OK;
    const size_t before = out->len;
    zip->name.len = 0;
    add_bytes(&zip->name, name, strlen(name), &err);
    if (err == PARE_OK && zip->name.len > 0xffff) return PARE_ERR_INVALID;
    zip->header_at = zip->at;
    zip->promised = bytes;
    zip->bytes = 0;
    zip->crc = 0;
    zip->time = dos_time(modified_unix_s);
    add32(out, LOCAL, &err);
    add16(out, is_long(bytes) ? VERSION64 : VERSION, &err);
    add_common(zip, out, 0, &err);
    add16(out, is_long(bytes) ? 20 : 0, &err);
    add_bytes(out, zip->name.data, zip->name.len, &err);
    if (is_long(bytes)) {
        add16(out, 1, &err);
        add16(out, 16, &err);
        add64(out, bytes, &err);
        add64(out, bytes, &err);
    }
    zip->at += out->len - before;
    return err;
}

void pare_zip_data(pare_zip *zip, const void *data, size_t len)
{
    zip->crc = crc_add(zip->crc, data, len);
    zip->bytes += len;
    zip->at += len;
}

static pare_err add_central(pare_zip *zip)
{
    pare_err err = PARE_OK;
    pare_buf *const out = &zip->directory;
    const bool long_size = is_long(zip->promised), long_place = is_long(zip->header_at);
    const unsigned extra = (long_size ? 16u : 0) + (long_place ? 8u : 0);
    add32(out, CENTRAL, &err);
    add16(out, MADE_BY_UNIX | VERSION64, &err);
    add16(out, extra ? VERSION64 : VERSION, &err);
    add_common(zip, out, zip->crc, &err);
    add16(out, extra ? extra + 4 : 0, &err);
    add16(out, 0, &err);                       /* comment */
    add16(out, 0, &err);                       /* disk */
    add16(out, 0, &err);                       /* inner attributes */
    add32(out, (uint64_t)0100644 << 16, &err); /* a file with mode 644 */
    add32(out, long_place ? 0xffffffff : zip->header_at, &err);
    add_bytes(out, zip->name.data, zip->name.len, &err);
    if (extra) {
        add16(out, 1, &err);
        add16(out, extra, &err);
        if (long_size) {
            add64(out, zip->promised, &err);
            add64(out, zip->promised, &err);
        }
        if (long_place) add64(out, zip->header_at, &err);
    }
    return err;
}

pare_err pare_zip_end(pare_zip *zip, pare_buf *out)
{
    pare_err err = PARE_OK;
    const size_t before = out->len;
    if (zip->bytes != zip->promised) return PARE_ERR_CHANGED;
    add32(out, DESCRIPTOR, &err);
    add32(out, zip->crc, &err);
    if (is_long(zip->promised)) {
        add64(out, zip->bytes, &err);
        add64(out, zip->bytes, &err);
    } else {
        add32(out, zip->bytes, &err);
        add32(out, zip->bytes, &err);
    }
    zip->at += out->len - before;
    zip->files++;
    return err == PARE_OK ? add_central(zip) : err;
}

pare_err pare_zip_finish(pare_zip *zip, pare_buf *out)
{
    pare_err err = PARE_OK;
    const uint64_t place = zip->at, len = zip->directory.len;
    const bool is64 = is_long(place) || is_long(len) || zip->files >= 0xffff;
    add_bytes(out, zip->directory.data, zip->directory.len, &err);
    if (is64) {
        add32(out, END64, &err);
        add64(out, 44, &err); /* bytes of this record behind this number */
        add16(out, MADE_BY_UNIX | VERSION64, &err);
        add16(out, VERSION64, &err);
        add32(out, 0, &err);
        add32(out, 0, &err);
        add64(out, zip->files, &err);
        add64(out, zip->files, &err);
        add64(out, len, &err);
        add64(out, place, &err);
        add32(out, LOCATOR64, &err);
        add32(out, 0, &err);
        add64(out, place + len, &err);
        add32(out, 1, &err);
    }
    add32(out, END, &err);
    add32(out, 0, &err);
    add16(out, zip->files >= 0xffff ? 0xffff : zip->files, &err);
    add16(out, zip->files >= 0xffff ? 0xffff : zip->files, &err);
    add32(out, is_long(len) ? 0xffffffff : len, &err);
    add32(out, is_long(place) ? 0xffffffff : place, &err);
    add16(out, 0, &err);
    return err;
}

void pare_zip_deinit(pare_zip *zip)
{
    pare_buf_deinit(&zip->directory);
    pare_buf_deinit(&zip->name);
}
