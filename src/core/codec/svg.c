// SPDX-License-Identifier: Apache-2.0
/* The table entry of SVG: drawings stay drawings and are never painted. */
#include <math.h>

#include "base/err.h"
#include "core/codec/codec.h"
#include "core/codec/gzip.h"
#include "core/codec/svg_writer.h"
#include "wire/header.h"

/* The text of a file, which may be packed with gzip. */
typedef struct source {
    bool is_gzipped;
    pare_buf unpacked;
    pare_bytes text; /* of the file, or of unpacked */
} source;

static void close_source(source *s)
{
    pare_buf_deinit(&s->unpacked);
}

static pare_err open_source(pare_bytes file, source *out, pare_diag *diag)
{
    *out = (source){.is_gzipped = pare_is_gzip(file.data, file.len), .text = file};
    if (!out->is_gzipped) return PARE_OK;
    pare_err err = pare_gzip_unpack(file, PARE_SVG_BYTES_MAX, &out->unpacked, diag);
    out->text = pare_buf_view(&out->unpacked);
    if (err == PARE_OK && (pare_is_gzip(out->text.data, out->text.len) ||
                           pare_format_sniff(out->text.data, out->text.len) != PARE_FORMAT_SVG)) {
        err = pare_fail(diag, PARE_SKIP_UNSUPPORTED, "gzip: something else than SVG is inside");
    }
    if (err != PARE_OK) close_source(out);
    return err;
}

static pare_err read(pare_bytes file, bool sanitize, pare_svg *out, pare_diag *diag)
{
    source s;
    PARE_TRY(open_source(file, &s, diag));
    const pare_err err = pare_svg_read(s.text, sanitize, out, diag);
    close_source(&s); /* the tree has its own copy */
    return err;
}

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_svg svg;
    *out = (pare_info){
        .format = PARE_FORMAT_SVG, .frames = 1, .orientation = 1, .depth_bits = 8, .channels = 4};
    PARE_TRY(read(file, false, &svg, diag));
    out->is_gzipped = pare_is_gzip(file.data, file.len);
    out->width_px = (uint32_t)ceil(svg.width_px);
    out->height_px = (uint32_t)ceil(svg.height_px);
    out->has_alpha = true;
    out->is_lossless = true;
    pare_svg_deinit(&svg);
    return PARE_OK;
}

static pare_err decode(pare_bytes file, const pare_limits *limits, pare_image *out, pare_diag *diag)
{
    (void)file, (void)limits, (void)out;
    return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "SVG is not painted");
}

static pare_err repack(pare_bytes file, const pare_repack_params *params, pare_buf *out,
                       pare_diag *diag)
{
    pare_svg svg;
    pare_svg_rules rules;
    pare_buf text = {0};
    PARE_TRY(read(file, params->sanitize, &svg, diag));
    pare_err err = pare_svg_rules_init(&rules, &svg, params->keep);
    if (err == PARE_OK) err = pare_svg_write(&rules, &text);
    if (err == PARE_OK && pare_is_gzip(file.data, file.len)) {
        err = pare_gzip_pack(pare_buf_view(&text), params->effort, out);
    } else if (err == PARE_OK) {
        err = pare_buf_append(out, text.data, text.len);
    }
    pare_buf_deinit(&text);
    pare_svg_rules_deinit(&rules);
    pare_svg_deinit(&svg);
    return err;
}

static pare_err is_active(pare_bytes file, bool *active, pare_diag *diag)
{
    pare_svg svg;
    PARE_TRY(read(file, true, &svg, diag));
    *active = svg.sanitized > 0;
    pare_svg_deinit(&svg);
    return PARE_OK;
}

static pare_err check_repacked(pare_bytes file, pare_bytes result, const pare_repack_params *params,
                               bool *same, pare_diag *diag)
{
    pare_svg svg, written;
    pare_svg_rules rules;
    *same = false;
    if (pare_is_gzip(file.data, file.len) != pare_is_gzip(result.data, result.len)) return PARE_OK;
    PARE_TRY(read(file, params->sanitize, &svg, diag));
    pare_err err = pare_svg_rules_init(&rules, &svg, params->keep);
    if (err == PARE_OK) err = read(result, params->sanitize, &written, diag);
    if (err == PARE_OK) {
        *same = written.sanitized == 0 && pare_svg_is_same(&rules, &written);
        pare_svg_deinit(&written);
    }
    pare_svg_rules_deinit(&rules);
    pare_svg_deinit(&svg);
    return err;
}

const pare_codec pare_codec_svg = {
    .format = PARE_FORMAT_SVG,
    .caps = PARE_CODEC_LOSSLESS | PARE_CODEC_ALPHA,
    .read_info = read_info,
    .decode = decode,
    .repack = repack,
    .is_active = is_active,
    .check_repacked = check_repacked,
};
