// SPDX-License-Identifier: Apache-2.0
/* Reads the name of ICC profiles and builds small ones (ICC.1:2010, the specification of ICC v4).
 */
#include "core/image/profile.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

typedef struct matrix {
    double m[3][3];
} matrix;

pare_colorimetry pare_colorimetry_srgb(void)
{
    return (pare_colorimetry){
        .white = {0.3127, 0.3290},
        .red = {0.64, 0.33},
        .green = {0.30, 0.60},
        .blue = {0.15, 0.06},
    };
}

static bool near_point(const double a[2], const double b[2])
{
    return fabs(a[0] - b[0]) < 0.002 && fabs(a[1] - b[1]) < 0.002;
}

bool pare_colorimetry_is_srgb(const pare_colorimetry *colors)
{
    const pare_colorimetry srgb = pare_colorimetry_srgb();
    if (colors->gamma > 0 && fabs(colors->gamma - 2.2) > 0.05) return false;
    if (colors->is_gray) return true;
    return near_point(colors->white, srgb.white) && near_point(colors->red, srgb.red) &&
           near_point(colors->green, srgb.green) && near_point(colors->blue, srgb.blue);
}

bool pare_colorimetry_from_cicp(unsigned primaries, unsigned transfer, pare_colorimetry *out)
{
    *out = pare_colorimetry_srgb();
    switch (primaries) {
    case 1: /* BT.709 */
    case 2: /* unspecified */ break;
    case 4: /* BT.470 M */
        *out =
            (pare_colorimetry){{0.310, 0.316}, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, 0, false};
        break;
    case 5: /* BT.601, 625 lines */
        *out = (pare_colorimetry){
            {0.3127, 0.3290}, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, 0, false};
        break;
    case 6: /* BT.601, 525 lines */
    case 7:
        *out = (pare_colorimetry){
            {0.3127, 0.3290}, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, 0, false};
        break;
    case 9: /* BT.2020 */
        *out = (pare_colorimetry){
            {0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, 0, false};
        break;
    case 12: /* Display P3 */
        *out = (pare_colorimetry){
            {0.3127, 0.3290}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, 0, false};
        break;
    default: return false;
    }
    switch (transfer) {
    case 1:  /* BT.709: viewers show it by the curve of sRGB */
    case 2:  /* unspecified */
    case 6:  /* BT.601 */
    case 13: /* sRGB */
    case 14: /* BT.2020, 10 and 12 bits: the curve of BT.709 */
    case 15: return true;
    case 4: out->gamma = 2.2; return true;
    case 5: out->gamma = 2.8; return true;
    case 8: out->gamma = 1.0; return true;
    default: return false;
    }
}

static bool invert(const matrix *a, matrix *out)
{
    const double(*m)[3] = a->m;
    const double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                       m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                       m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    if (!(fabs(det) > 1e-6)) return false;
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            const int r1 = (column + 1) % 3, r2 = (column + 2) % 3;
            const int c1 = (row + 1) % 3, c2 = (row + 2) % 3;
            out->m[row][column] = (m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]) / det;
        }
    }
    return true;
}

static matrix multiply(const matrix *a, const matrix *b)
{
    matrix out = {0};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 3; k++)
                out.m[i][j] += a->m[i][k] * b->m[k][j];
        }
    }
    return out;
}

static void apply(const matrix *a, const double v[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = a->m[i][0] * v[0] + a->m[i][1] * v[1] + a->m[i][2] * v[2];
}

static bool point_to_xyz(const double xy[2], double out[3])
{
    if (!(xy[1] > 1e-4)) return false;
    out[0] = xy[0] / xy[1];
    out[1] = 1;
    out[2] = (1 - xy[0] - xy[1]) / xy[1];
    return true;
}

static const double D50[3] = {0.9642, 1.0, 0.8249};

/* ICC.1:2010 annex E: the Bradford transform from a white to D50. */
static bool adapt_to_d50(const double white[3], matrix *out)
{
    static const matrix BRADFORD = {
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    matrix inverse;
    double from[3], to[3];
    apply(&BRADFORD, white, from);
    apply(&BRADFORD, D50, to);
    if (!invert(&BRADFORD, &inverse)) return false;
    matrix scale = {0};
    for (int i = 0; i < 3; i++) {
        if (!(fabs(from[i]) > 1e-6)) return false;
        scale.m[i][i] = to[i] / from[i];
    }
    const matrix scaled = multiply(&scale, &BRADFORD);
    *out = multiply(&inverse, &scaled);
    return true;
}

/* Columns: XYZ of red, green and blue under D50. */
static bool colorants(const pare_colorimetry *colors, matrix *out)
{
    double white[3], column[3];
    matrix points = {0}, inverse, adapt;
    const double *const xy[3] = {colors->red, colors->green, colors->blue};
    for (int i = 0; i < 3; i++) {
        if (!point_to_xyz(xy[i], column)) return false;
        for (int row = 0; row < 3; row++)
            points.m[row][i] = column[row];
    }
    if (!point_to_xyz(colors->white, white)) return false;
    if (!invert(&points, &inverse) || !adapt_to_d50(white, &adapt)) return false;
    apply(&inverse, white, column);
    for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 3; i++)
            points.m[row][i] *= column[i];
    }
    *out = multiply(&adapt, &points);
    return true;
}

/* Bytes are written into a fixed array: the largest profile is below 700 bytes. */
typedef struct writer {
    uint8_t bytes[1024];
    uint32_t len, tag_count;
} writer;

enum { HEADER_LEN = 128, TAGS_MAX = 9, DATA_AT = HEADER_LEN + 4 + TAGS_MAX * 12 };

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t fixed16(double value)
{
    return (uint32_t)(int32_t)lrint(value * 65536);
}

/* Space for a tag's element, in the tag table too. */
static uint8_t *add_tag(writer *w, const char *signature, const char *type, uint32_t len)
{
    uint8_t *entry = w->bytes + HEADER_LEN + 4 + w->tag_count++ * 12;
    memcpy(entry, signature, 4);
    put32(entry + 4, w->len);
    put32(entry + 8, len);
    uint8_t *data = w->bytes + w->len;
    memcpy(data, type, 4);
    w->len += (len + 3) & ~3u;
    return data;
}

static void add_xyz(writer *w, const char *signature, const double xyz[3])
{
    uint8_t *data = add_tag(w, signature, "XYZ ", 20);
    for (int i = 0; i < 3; i++)
        put32(data + 8 + 4 * i, fixed16(xyz[i]));
}

static void add_text(writer *w, const char *signature, const char *text)
{
    const uint32_t count = (uint32_t)strnlen(text, 60);
    uint8_t *data = add_tag(w, signature, "mluc", 28 + count * 2);
    put32(data + 8, 1);
    put32(data + 12, 12);
    memcpy(data + 16, "enUS", 4);
    put32(data + 20, count * 2);
    put32(data + 24, 28);
    for (uint32_t i = 0; i < count; i++)
        data[29 + i * 2] = (uint8_t)text[i];
}

static void add_curve(writer *w, const char *signature, double gamma)
{
    static const double SRGB[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    if (gamma > 0) {
        uint8_t *data = add_tag(w, signature, "para", 16);
        put32(data + 12, fixed16(gamma));
        return;
    }
    uint8_t *data = add_tag(w, signature, "para", 32);
    data[9] = 3; /* Y = (aX + b)^g above d, else cX */
    for (int i = 0; i < 5; i++)
        put32(data + 12 + 4 * i, fixed16(SRGB[i]));
}

pare_err pare_profile_build(const pare_colorimetry *colors, const char *name, pare_buf *out)
{
    static const char *const XYZ[3] = {"rXYZ", "gXYZ", "bXYZ"};
    static const char *const TRC[3] = {"rTRC", "gTRC", "bTRC"};
    writer w = {.len = DATA_AT};
    matrix columns;
    if (colors->gamma < 0 || colors->gamma > 100) return PARE_ERR_INVALID;
    add_text(&w, "desc", name);
    add_text(&w, "cprt", "No copyright");
    add_xyz(&w, "wtpt", D50);
    if (colors->is_gray) {
        add_curve(&w, "kTRC", colors->gamma);
    } else {
        if (!colorants(colors, &columns)) return PARE_ERR_INVALID;
        for (int i = 0; i < 3; i++) {
            add_xyz(&w, XYZ[i],
                    (const double[3]){columns.m[0][i], columns.m[1][i], columns.m[2][i]});
            add_curve(&w, TRC[i], colors->gamma);
        }
    }
    put32(w.bytes, w.len);
    put32(w.bytes + 8, 0x04200000); /* version 4.2 */
    memcpy(w.bytes + 12, "mntr", 4);
    memcpy(w.bytes + 16, colors->is_gray ? "GRAY" : "RGB ", 4);
    memcpy(w.bytes + 20, "XYZ ", 4);
    memcpy(w.bytes + 36, "acsp", 4);
    put32(w.bytes + 64, 1); /* relative colorimetric */
    for (int i = 0; i < 3; i++)
        put32(w.bytes + 68 + 4 * i, fixed16(D50[i]));
    put32(w.bytes + HEADER_LEN, w.tag_count);
    return pare_buf_append(out, w.bytes, w.len);
}

/* The element of a tag inside the profile; empty when absent or out of bounds. */
static pare_bytes find_tag(pare_bytes icc, const char *signature)
{
    if (icc.len < HEADER_LEN + 4) return (pare_bytes){0};
    const size_t fits = (icc.len - HEADER_LEN - 4) / 12;
    size_t count = pare_be32(icc.data + HEADER_LEN);
    if (count > fits) count = fits;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = icc.data + HEADER_LEN + 4 + i * 12;
        if (memcmp(entry, signature, 4) != 0) continue;
        const size_t at = pare_be32(entry + 4), len = pare_be32(entry + 8);
        if (at > icc.len || len > icc.len - at) return (pare_bytes){0};
        return (pare_bytes){icc.data + at, len};
    }
    return (pare_bytes){0};
}

void pare_profile_describe(pare_bytes icc, char out[64])
{
    out[0] = '\0';
    const pare_bytes tag = find_tag(icc, "desc");
    if (tag.len < 12) return;
    const uint8_t *text = NULL;
    size_t count = 0, step = 1;
    if (memcmp(tag.data, "desc", 4) == 0) { /* v2: length with the final NUL, ASCII */
        text = tag.data + 12;
        count = pare_be32(tag.data + 8);
        if (count > tag.len - 12) count = tag.len - 12;
    } else if (memcmp(tag.data, "mluc", 4) == 0 && tag.len >= 28) { /* v4: UTF-16BE, first name */
        const size_t len = pare_be32(tag.data + 20), at = pare_be32(tag.data + 24);
        if (at > tag.len || len > tag.len - at) return;
        text = tag.data + at;
        count = len / 2;
        step = 2;
    }
    if (count > 63) count = 63;
    size_t used = 0;
    for (; used < count; used++) {
        const unsigned c = step == 1 ? text[used] : pare_be16(text + used * 2);
        if (c == 0) break;
        out[used] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    out[used] = '\0';
}
