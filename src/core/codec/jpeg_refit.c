// SPDX-License-Identifier: Apache-2.0
/* The same JPEG image with other metadata. */
#include "core/codec/jpeg_refit.h"

#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "core/codec/jpeg_codes.h"
#include "core/codec/jpeg_markers.h"
#include "core/codec/jpeg_write.h"

/* A marker segment with its two bytes of marker and two of length. */
typedef struct segment {
    uint8_t marker;
    pare_bytes whole;
} segment;

/* The segment at *at, which moves behind it; false when there is none. */
static bool next_segment(pare_bytes file, size_t *at, segment *out)
{
    while (*at + 1 < file.len && file.data[*at] == 0xff && file.data[*at + 1] == 0xff)
        ++*at; /* fill bytes */
    if (file.len - *at < 4 || file.data[*at] != 0xff) return false;
    const size_t len = 2 + (size_t)pare_be16(file.data + *at + 2);
    if (len < 4 || len > file.len - *at) return false;
    *out = (segment){file.data[*at + 1], {file.data + *at, len}};
    *at += len;
    return true;
}

static bool has_name(const segment *s, const char *name, size_t len)
{
    return s->whole.len >= 4 + len && memcmp(s->whole.data + 4, name, len) == 0;
}

static bool is_jfif(const segment *s)
{
    return s->marker == MARKER_APP0 && has_name(s, "JFIF", 5) && s->whole.len >= 18;
}

static bool is_dropped(const segment *s)
{
    const bool is_adobe = s->marker == MARKER_APP14 && has_name(s, "Adobe", 5);
    const bool is_app = s->marker >= MARKER_APP0 && s->marker <= MARKER_APP0 + 15;
    return s->marker == MARKER_COM || (is_app && !is_adobe);
}

/* JFIF comes first (JFIF 1.02); its size of thumbnail is set to none. */
static pare_err put_jfif(pare_bytes file, pare_buf *out)
{
    segment s;
    for (size_t at = 2; next_segment(file, &at, &s) && s.marker != MARKER_SOS;) {
        if (!is_jfif(&s)) continue;
        uint8_t jfif[18];
        memcpy(jfif, s.whole.data, sizeof jfif);
        jfif[2] = 0;
        jfif[3] = 16;
        jfif[16] = jfif[17] = 0;
        return pare_buf_append(out, jfif, sizeof jfif);
    }
    return PARE_OK;
}

pare_err pare_jpeg_refit(pare_bytes file, const pare_metadata *metadata, pare_buf *out,
                         pare_diag *diag)
{
    pare_jpeg_markers markers;
    segment s;
    pare_jpeg_markers_read(file, &markers);
    file.len = markers.end;
    if (file.len < 4) return pare_fail(diag, PARE_ERR_CORRUPT, "no JPEG");
    PARE_TRY(pare_buf_reserve(out, file.len));
    PARE_TRY(pare_buf_append(out, file.data, 2));
    PARE_TRY(put_jfif(file, out));
    PARE_TRY(pare_jpeg_write_metadata(out, metadata, diag));
    for (size_t at = 2; next_segment(file, &at, &s);) {
        if (s.marker == MARKER_SOS) { /* the rest is scans, and tables between them */
            return pare_buf_append(out, s.whole.data,
                                   file.len - (size_t)(s.whole.data - file.data));
        }
        if (!is_dropped(&s)) PARE_TRY(pare_buf_append(out, s.whole.data, s.whole.len));
    }
    return pare_fail(diag, PARE_ERR_CORRUPT, "JPEG: no scan");
}
