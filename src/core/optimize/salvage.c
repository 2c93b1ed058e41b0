// SPDX-License-Identifier: Apache-2.0
/* What is left of a damaged file, as a whole file. */
#include <stdlib.h>

#include <pare/pare.h>

#include "core/codec/codec.h"

/* As it is, in the format itself where it holds pixels without loss, else in PNG. */
static pare_err write_image(const pare_image *image, const pare_options *options,
                            pare_format *format, pare_buf *out, pare_diag *diag)
{
    const unsigned wanted = PARE_CODEC_ENCODES | PARE_CODEC_LOSSLESS;
    const pare_codec *codec = pare_codec_find(*format);
    if ((codec->caps & wanted) != wanted) codec = pare_codec_find(PARE_FORMAT_PNG);
    const pare_source source = {.image = image, .metadata = &image->metadata};
    const pare_encode_params params = {
        .lossless = true, .effort = 2, .max_memory_bytes = options->max_memory_bytes};
    pare_encoder *encoder = NULL;
    pare_err err = codec->encoder_open(&source, &params, &encoder, diag);
    if (err == PARE_OK) err = codec->encoder_try(encoder, 100, out, diag);
    if (encoder) codec->encoder_close(&encoder);
    *format = codec->format;
    return err;
}

static pare_err fill_result(pare_salvaged *have, const pare_options *options, pare_result *out,
                            pare_diag *diag)
{
    pare_info info;
    if (have->file.len == 0) {
        PARE_TRY(write_image(&have->image, options, &out->format_out, &have->file, diag));
    }
    PARE_TRY(pare_read_info(have->file.data, have->file.len, &info, diag)); /* can it be read? */
    out->width_out_px = info.width_px;
    out->height_out_px = info.height_px;
    out->lossless = true;
    out->salvaged = have->done;
    out->salvageable = have->total;
    out->salvages_frames = have->counts_frames;
    if (info.format == out->format_out) return PARE_OK;
    return pare_fail(diag, PARE_ERR_VERIFY, "verify: what was salvaged is something else");
}

pare_err pare_salvage(const uint8_t *data, size_t len, const pare_options *options,
                      pare_result *out, pare_diag *diag)
{
    pare_options defaults;
    pare_salvaged have = {0};
    pare_diag own = {0};
    *out = (pare_result){.score = -1};
    pare_options_init(&defaults);
    if (!options) options = &defaults;
    if (!diag) diag = &own;
    out->format_in = out->format_out = pare_format_sniff(data, len);
    const pare_codec *codec = pare_codec_find(out->format_in);
    if (!codec || !codec->salvage) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "damaged files of this format are lost");
    }
    const pare_limits limits = {.max_pixels = options->max_pixels,
                                .max_memory_bytes = options->max_memory_bytes};
    pare_err err = codec->salvage((pare_bytes){data, len}, &limits, &have, diag);
    if (err == PARE_OK) err = fill_result(&have, options, out, diag);
    if (err == PARE_OK) {
        out->data = have.file.data;
        out->len = have.file.len;
        have.file = (pare_buf){0};
    }
    pare_salvaged_deinit(&have);
    return err;
}
