// SPDX-License-Identifier: Apache-2.0
/* EXIF read and written anew. */
#include "core/image/metadata.h"

#include <string.h>

#include "base/checked.h"

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_ARTIST = 0x013b,
    TAG_COPYRIGHT = 0x8298,
    TAG_EXIF_IFD = 0x8769,
    TAG_GPS_IFD = 0x8825,
    TAG_INTEROP_IFD = 0xa005,
    TAG_MAKER_NOTE = 0x927c,
    TAG_XMP = 0x02bc,
    TAG_IPTC = 0x83bb,
    TAG_PHOTOSHOP = 0x8649,
    TAG_ICC = 0x8773,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    ENTRY_LEN = 12,
    ENTRIES_MAX = 256,
    VALUE_MAX = 65536,
    APP1_MAX = 65000,
};

typedef struct tiff {
    pare_bytes bytes;
    bool big_endian;
} tiff;

typedef struct entry {
    uint16_t tag, type;
    uint32_t count;
    pare_bytes value; /* in the byte order of the file */
} entry;

static uint16_t get16(const tiff *t, const uint8_t *p)
{
    return t->big_endian ? pare_be16(p) : pare_le16(p);
}

static uint32_t get32(const tiff *t, const uint8_t *p)
{
    return t->big_endian ? pare_be32(p) : pare_le32(p);
}

/* False when this is no TIFF structure; *first is the offset of its main directory. */
static bool open_tiff(pare_bytes bytes, tiff *t, uint32_t *first)
{
    if (bytes.len < 8) return false;
    *t = (tiff){bytes, bytes.data[0] == 'M'};
    if (memcmp(bytes.data, "II", 2) != 0 && memcmp(bytes.data, "MM", 2) != 0) return false;
    if (get16(t, bytes.data + 2) != 42) return false;
    *first = get32(t, bytes.data + 4);
    return true;
}

static size_t type_len(uint16_t type)
{
    static const uint8_t LENS[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type < sizeof LENS ? LENS[type] : 0;
}

/* Entry number index of the directory at offset; false at its end and when it is damaged. */
static bool get_entry(const tiff *t, uint32_t offset, unsigned index, entry *out)
{
    const pare_bytes bytes = t->bytes;
    if (offset > bytes.len || bytes.len - offset < 2) return false;
    const unsigned count = get16(t, bytes.data + offset);
    if (index >= count || index >= ENTRIES_MAX) return false;
    const size_t at = (size_t)offset + 2 + (size_t)index * ENTRY_LEN;
    if (at > bytes.len || bytes.len - at < ENTRY_LEN) return false;
    const uint8_t *p = bytes.data + at;
    *out = (entry){.tag = get16(t, p), .type = get16(t, p + 2), .count = get32(t, p + 4)};
    const uint64_t len = (uint64_t)out->count * type_len(out->type);
    const uint64_t where = len <= 4 ? at + 8 : get32(t, p + 8);
    if (len <= VALUE_MAX && where + len <= bytes.len) {
        out->value = (pare_bytes){bytes.data + where, (size_t)len};
    }
    return true; /* an entry with a damaged value has an empty one */
}

/* ---- writing: little directories, values after them, in the byte order of the source ---- */

typedef struct writer {
    const tiff *source;
    pare_buf *out;
    uint32_t keep;
    uint8_t orientation;
} writer;

static void put16(const writer *w, uint8_t *p, uint32_t value)
{
    p[w->source->big_endian ? 0 : 1] = (uint8_t)(value >> 8);
    p[w->source->big_endian ? 1 : 0] = (uint8_t)value;
}

static void put32(const writer *w, uint8_t *p, uint32_t value)
{
    put16(w, p + (w->source->big_endian ? 0 : 2), value >> 16);
    put16(w, p + (w->source->big_endian ? 2 : 0), value & 0xffff);
}

/* Pointers to other places, and blocks that travel on their own. */
static bool is_left_out(uint16_t tag)
{
    return tag == TAG_MAKER_NOTE || tag == TAG_INTEROP_IFD || tag == TAG_XMP || tag == TAG_IPTC ||
           tag == TAG_PHOTOSHOP || tag == TAG_ICC || tag == 0x0111 || tag == 0x0117 ||
           tag == 0x0201 || tag == 0x0202 || tag == 0x014a;
}

static bool is_wanted(const writer *w, const entry *e)
{
    if (e->tag == TAG_ORIENTATION) return false; /* written on its own */
    if (e->tag == TAG_ARTIST || e->tag == TAG_COPYRIGHT) {
        return (w->keep & (PARE_KEEP_COPYRIGHT | PARE_KEEP_EXIF)) != 0 && e->value.len > 0;
    }
    if (!(w->keep & PARE_KEEP_EXIF)) return false;
    /* A damaged pointer has no directory that could be written after it. */
    if (e->tag == TAG_GPS_IFD) return (w->keep & PARE_KEEP_GPS) != 0 && e->value.len >= 4;
    if (e->tag == TAG_EXIF_IFD) return e->value.len >= 4;
    return !is_left_out(e->tag) && e->value.len > 0;
}

static pare_err append_directory(writer *w, uint32_t directory, bool is_main);

/* Fills the 8 bytes after tag and type of an entry at entry_at. */
static pare_err append_value(writer *w, size_t entry_at, const entry *e)
{
    const bool is_pointer = e->tag == TAG_EXIF_IFD || e->tag == TAG_GPS_IFD;
    put16(w, w->out->data + entry_at, e->tag);
    put16(w, w->out->data + entry_at + 2, is_pointer ? TYPE_LONG : e->type);
    put32(w, w->out->data + entry_at + 4, is_pointer ? 1 : e->count);
    if (!is_pointer && e->value.len <= 4) {
        memcpy(w->out->data + entry_at + 8, e->value.data, e->value.len);
        return PARE_OK;
    }
    if (w->out->len & 1) PARE_TRY(pare_buf_append_byte(w->out, 0)); /* values start on words */
    put32(w, w->out->data + entry_at + 8, (uint32_t)w->out->len);
    if (!is_pointer) return pare_buf_append(w->out, e->value.data, e->value.len);
    return append_directory(w, get32(w->source, e->value.data), false);
}

static pare_err append_orientation(writer *w, size_t *entry_at)
{
    uint8_t *p = w->out->data + *entry_at;
    put16(w, p, TAG_ORIENTATION);
    put16(w, p + 2, TYPE_SHORT);
    put32(w, p + 4, 1);
    put16(w, p + 8, w->orientation);
    *entry_at += ENTRY_LEN;
    return PARE_OK;
}

/* Directories inside the Exif and GPS ones do not exist, so the depth is two. */
static bool belongs(const writer *w, const entry *e, bool is_main)
{
    if (!is_main)
        return e->tag != TAG_EXIF_IFD && e->tag != TAG_GPS_IFD && !is_left_out(e->tag) &&
               e->value.len > 0;
    return is_wanted(w, e);
}

static pare_err append_directory(writer *w, uint32_t directory, bool is_main)
{
    static const uint8_t ZERO[2 + (ENTRIES_MAX + 1) * ENTRY_LEN + 4];
    const bool with_orientation = is_main && w->orientation > 1;
    unsigned count = with_orientation ? 1 : 0;
    entry e;
    for (unsigned i = 0; get_entry(w->source, directory, i, &e); i++) {
        if (belongs(w, &e, is_main)) count++;
    }
    const size_t start = w->out->len;
    PARE_TRY(pare_buf_append(w->out, ZERO, 2 + (size_t)count * ENTRY_LEN + 4));
    put16(w, w->out->data + start, count);
    size_t entry_at = start + 2;
    bool orientation_due = with_orientation;
    for (unsigned i = 0; get_entry(w->source, directory, i, &e); i++) {
        if (!belongs(w, &e, is_main)) continue;
        if (orientation_due && e.tag > TAG_ORIENTATION) { /* entries are sorted by tag */
            PARE_TRY(append_orientation(w, &entry_at));
            orientation_due = false;
        }
        PARE_TRY(append_value(w, entry_at, &e));
        entry_at += ENTRY_LEN;
    }
    if (orientation_due) PARE_TRY(append_orientation(w, &entry_at));
    return PARE_OK;
}

/* Is there anything that the main directory would hold? */
static bool has_content(const writer *w, uint32_t first)
{
    entry e;
    if (w->orientation > 1) return true;
    for (unsigned i = 0; get_entry(w->source, first, i, &e); i++) {
        if (is_wanted(w, &e)) return true;
    }
    return false;
}

static pare_err filter_exif(pare_bytes exif, uint32_t keep, uint8_t orientation, pare_buf *out)
{
    static const uint8_t EMPTY[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    tiff t;
    uint32_t first;
    if (!open_tiff(exif, &t, &first)) {
        t = (tiff){{EMPTY, sizeof EMPTY}, false};
        first = 8;
    }
    writer w = {.source = &t, .out = out, .keep = keep, .orientation = orientation};
    if (!has_content(&w, first)) return PARE_OK;
    PARE_TRY(pare_buf_append(out, t.big_endian ? "MM\0*\0\0\0\x08" : "II*\0\x08\0\0\0", 8));
    PARE_TRY(append_directory(&w, first, true));
    if (out->len <= APP1_MAX) return PARE_OK;
    pare_buf_deinit(
        out); /* larger than a JPEG segment: the owner, else only what changes the look */
    if (keep == 0 && orientation <= 1) return PARE_OK;
    const uint32_t less = keep & PARE_KEEP_EXIF ? PARE_KEEP_COPYRIGHT : 0;
    return filter_exif(exif, less, orientation, out);
}

static pare_err copy(pare_buf *to, const pare_buf *from, bool wanted)
{
    return wanted ? pare_buf_append(to, from->data, from->len) : PARE_OK;
}

pare_err pare_metadata_filter(const pare_metadata *from, uint32_t keep, uint8_t orientation,
                              pare_metadata *out)
{
    *out = (pare_metadata){0};
    pare_err err = filter_exif(pare_buf_view(&from->exif), keep, orientation, &out->exif);
    if (err == PARE_OK) err = copy(&out->icc, &from->icc, keep & PARE_KEEP_ICC);
    if (err == PARE_OK) err = copy(&out->xmp, &from->xmp, keep & PARE_KEEP_XMP);
    if (err == PARE_OK) err = copy(&out->iptc, &from->iptc, keep & PARE_KEEP_IPTC);
    if (err == PARE_OK) err = copy(&out->comment, &from->comment, keep & PARE_KEEP_COMMENT);
    if (err != PARE_OK) pare_metadata_deinit(out);
    return err;
}
