// SPDX-License-Identifier: Apache-2.0
/* Look-ups in the first directory of an EXIF block; every offset is checked. */
#include "core/image/exif.h"

#include <string.h>

#include "base/checked.h"

enum { TAG_ORIENTATION = 0x0112, TAG_GPS = 0x8825, TYPE_SHORT = 3, TYPE_LONG = 4 };

static uint16_t read16(bool big, const uint8_t *p)
{
    return big ? pare_be16(p) : pare_le16(p);
}

static uint32_t read32(bool big, const uint8_t *p)
{
    return big ? pare_be32(p) : pare_le32(p);
}

static bool is_big_endian(pare_bytes exif)
{
    return exif.data[0] == 'M';
}

/* The 12 bytes of an entry of the first directory, or NULL. */
static const uint8_t *find_entry(pare_bytes exif, uint16_t tag)
{
    if (exif.len < 8) return NULL;
    if (memcmp(exif.data, "II*\0", 4) != 0 && memcmp(exif.data, "MM\0*", 4) != 0) return NULL;
    const bool big = is_big_endian(exif);
    const size_t at = read32(big, exif.data + 4);
    if (at > exif.len || exif.len - at < 2) return NULL;
    const size_t fits = (exif.len - at - 2) / 12;
    size_t count = read16(big, exif.data + at);
    if (count > fits) count = fits;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = exif.data + at + 2 + i * 12;
        if (read16(big, entry) == tag) return entry;
    }
    return NULL;
}

uint8_t pare_exif_orientation(pare_bytes exif)
{
    const uint8_t *entry = find_entry(exif, TAG_ORIENTATION);
    if (!entry) return 1;
    const bool big = is_big_endian(exif);
    const uint16_t type = read16(big, entry + 2);
    uint32_t value = 0;
    if (type == TYPE_SHORT) value = read16(big, entry + 8);
    if (type == TYPE_LONG) value = read32(big, entry + 8);
    return value >= 1 && value <= 8 ? (uint8_t)value : 1;
}

bool pare_exif_has_gps(pare_bytes exif)
{
    const uint8_t *entry = find_entry(exif, TAG_GPS);
    if (!entry) return false;
    const bool big = is_big_endian(exif);
    const size_t at = read32(big, entry + 8);
    return at < exif.len && exif.len - at >= 2 && read16(big, exif.data + at) > 0;
}
