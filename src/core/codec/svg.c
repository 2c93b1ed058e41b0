// SPDX-License-Identifier: Apache-2.0
/* The table entry of SVG: drawings stay drawings and are never painted. */
#include <math.h>

#include "core/codec/codec.h"
#include "core/codec/svg_writer.h"

static pare_err read_info(pare_bytes file, pare_info *out, pare_diag *diag)
{
    pare_svg svg;
    *out = (pare_info){
        .format = PARE_FORMAT_SVG, .frames = 1, .orientation = 1, .depth_bits = 8, .channels = 4};
    PARE_TRY(pare_svg_read(file, false, &svg, diag));
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
    PARE_TRY(pare_svg_read(file, params->sanitize, &svg, diag));
    pare_err err = pare_svg_rules_init(&rules, &svg, params->keep);
    if (err == PARE_OK) err = pare_svg_write(&rules, out);
    pare_svg_rules_deinit(&rules);
    pare_svg_deinit(&svg);
    return err;
}

static pare_err is_active(pare_bytes file, bool *active, pare_diag *diag)
{
    pare_svg svg;
    PARE_TRY(pare_svg_read(file, true, &svg, diag));
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
    PARE_TRY(pare_svg_read(file, params->sanitize, &svg, diag));
    pare_err err = pare_svg_rules_init(&rules, &svg, params->keep);
    if (err == PARE_OK) err = pare_svg_read(result, params->sanitize, &written, diag);
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
