// SPDX-License-Identifier: Apache-2.0
/* What a JPEG file is, without decoding it: header, quality, metadata, and what hides behind it. */
#include "core/codec/jpeg_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/codec/codec.h"
#include "core/codec/jpeg_markers.h"
#include "core/codec/jpeg_tables.h"
#include "core/image/exif.h"
#include "core/image/profile.h"

/* ITU-T T.81 table K.1 in zigzag order: what libjpeg's quality scale multiplies. */
static const uint8_t K1_LUMA[64] = {16,  11, 12, 14,  12,  10,  16,  14,  13, 14,  18,  17,  16,
                                    19,  24, 40, 26,  24,  22,  22,  24,  49, 35,  37,  29,  40,
                                    58,  51, 61, 60,  57,  51,  56,  55,  64, 72,  92,  78,  64,
                                    68,  87, 69, 55,  56,  80,  109, 81,  87, 95,  98,  103, 104,
                                    103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99};

static uint32_t scaled(uint32_t base, int quality)
{
    const uint32_t scale = quality < 50 ? 5000u / (uint32_t)quality : 200u - 2u * (uint32_t)quality;
    const uint32_t value = (base * scale + 50) / 100;
    return value < 1 ? 1 : value > 255 ? 255 : value;
}

/* The quality of libjpeg whose table is nearest. */
static int estimate_libjpeg(const uint16_t table[64], uint64_t *best_gap)
{
    int best = 0;
    *best_gap = UINT64_MAX;
    for (int quality = 1; quality <= 100; quality++) {
        uint64_t gap = 0;
        for (int i = 0; i < 64; i++) {
            gap += (uint64_t)llabs((int64_t)table[i] - (int64_t)scaled(K1_LUMA[i], quality));
        }
        if (gap < *best_gap) {
            *best_gap = gap;
            best = quality;
        }
    }
    return best;
}

/* On the scale of libjpeg, or on that of Pare when the table is of its kind; 0 without a table.
 * The two mean about the same to the eye. */
static int estimate_quality(const uint16_t table[64])
{
    /* natural position of each zigzag one: ITU-T T.81 figure 5 */
    static const uint8_t NATURAL[64] = {
        0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
        41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
        30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
    uint16_t natural[64];
    uint64_t libjpeg_gap, own_gap;
    if (table[0] == 0) return 0;
    for (int i = 0; i < 64; i++)
        natural[NATURAL[i]] = table[i];
    const int libjpeg = estimate_libjpeg(table, &libjpeg_gap);
    const int own = pare_jpeg_tables_estimate(natural, &own_gap);
    return own_gap < libjpeg_gap ? own : libjpeg;
}

static void name_subsampling(const pare_jpeg_markers *markers, char out[8])
{
    static const struct {
        uint8_t h, v;
        const char *name;
    } NAMES[] = {{1, 1, "4:4:4"}, {2, 1, "4:2:2"}, {2, 2, "4:2:0"},
                 {1, 2, "4:4:0"}, {4, 1, "4:1:1"}, {4, 2, "4:1:0"}};
    if (markers->components < 3) return;
    const uint8_t h = markers->h[1], v = markers->v[1];
    if (h == 0 || v == 0 || markers->h[2] != h || markers->v[2] != v) return;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (markers->h[0] == NAMES[i].h * h && markers->v[0] == NAMES[i].v * v) {
            snprintf(out, 8, "%s", NAMES[i].name);
        }
    }
}

static bool contains(pare_bytes bytes, const char *text)
{
    return bytes.data && bytes.len && memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

/* Gain maps: Ultra HDR (XMP hdrgm), ISO 21496-1, Apple. Motion photos: Google, Samsung. */
static void look_behind(const pare_jpeg_markers *markers, pare_bytes rest, pare_info *out)
{
    const pare_bytes xmp = markers->xmp;
    out->has_trailing_data = pare_is_trailing_data(rest);
    out->has_gainmap = markers->has_iso_gainmap || contains(xmp, "hdrgm:") ||
                       contains(xmp, "HDRGainMap") || contains(xmp, "GainMap\"");
    if (!out->has_trailing_data) return;
    out->has_gainmap |= contains(rest, "hdrgm:") || contains(rest, "HDRGainMap") ||
                        contains(rest, "urn:iso:std:iso:ts:21496:");
    out->has_motion_photo = contains(xmp, "MotionPhoto") || contains(xmp, "MicroVideo") ||
                            contains(rest, "ftypmp4") || contains(rest, "ftypisom") ||
                            contains(rest, "ftypqt") || contains(rest, "MotionPhoto_Data");
}

static pare_err read_profile(const pare_jpeg_markers *markers, pare_info *out)
{
    pare_metadata metadata = {0};
    const pare_err err = pare_jpeg_markers_metadata(markers, &metadata);
    if (err == PARE_OK) pare_profile_describe(pare_buf_view(&metadata.icc), out->profile);
    pare_metadata_deinit(&metadata);
    return err;
}

pare_err pare_jpeg_read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_jpeg_markers markers;
    pare_jpeg_markers_read(file, &markers);
    if (!markers.sof) {
        return pare_fail(diag, markers.is_cut ? PARE_ERR_TRUNCATED : PARE_ERR_CORRUPT,
                         "JPEG: no frame header");
    }
    *out = (pare_info){.format = PARE_FORMAT_JPEG, .frames = 1};
    out->width_px = markers.width_px;
    out->height_px = markers.height_px;
    out->depth_bits = markers.precision_bits;
    out->channels = markers.components;
    out->is_cmyk = markers.components == 4;
    out->is_lossless =
        markers.sof == 0xc3 || markers.sof == 0xc7 || markers.sof == 0xcb || markers.sof == 0xcf;
    out->is_progressive = (markers.sof & 3) == 2;
    out->has_icc = markers.icc.count > 0;
    out->has_exif = markers.exif.len > 0;
    out->has_xmp = markers.xmp.len > 0;
    out->has_iptc = markers.iptc.count > 0;
    out->has_comment = markers.comment.len > 0;
    out->orientation = pare_exif_orientation(markers.exif);
    out->has_gps = pare_exif_has_gps(markers.exif);
    out->quality_estimate = estimate_quality(markers.quant[markers.quant_slot[0]]);
    name_subsampling(&markers, out->subsampling);
    look_behind(&markers, (pare_bytes){file.data + markers.end, file.len - markers.end}, out);
    if (out->width_px == 0 || out->height_px == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "JPEG: the header gives a size of 0 pixels");
    }
    return read_profile(&markers, out);
}
