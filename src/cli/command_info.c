// SPDX-License-Identifier: Apache-2.0
/* `pare info`: what an image file is, asked of a sandboxed worker. */
#include "cli/command.h"

#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "cli/report.h"

typedef struct flag {
    const char *key, *words;
    bool set;
} flag;

enum { FLAG_COUNT = 16 };

static void list_flags(const pare_info *info, flag out[FLAG_COUNT])
{
    const flag flags[FLAG_COUNT] = {
        {"has_alpha", "transparency", info->has_alpha},
        {"is_palette", "palette", info->is_palette},
        {"is_cmyk", "CMYK", info->is_cmyk},
        {"is_lossless", "lossless", info->is_lossless},
        {"is_progressive", "progressive", info->is_progressive},
        {"is_animated", "animated", info->is_animated},
        {"has_icc", "colour profile", info->has_icc},
        {"has_exif", "EXIF", info->has_exif},
        {"has_xmp", "XMP", info->has_xmp},
        {"has_iptc", "IPTC", info->has_iptc},
        {"has_gps", "GPS position", info->has_gps},
        {"has_comment", "comment", info->has_comment},
        {"has_gainmap", "HDR gain map", info->has_gainmap},
        {"has_motion_photo", "motion photo", info->has_motion_photo},
        {"has_trailing_data", "data after the image", info->has_trailing_data},
        {"is_gzipped", "packed with gzip", info->is_gzipped},
    };
    memcpy(out, flags, sizeof flags);
}

static void add_json(pare_text *out, const char *path, const pare_info *info)
{
    flag flags[FLAG_COUNT];
    pare_json_begin(out, "info");
    pare_json_string(out, "input", path);
    pare_json_string(out, "format", pare_format_name(info->format));
    pare_json_uint(out, "width", info->width_px);
    pare_json_uint(out, "height", info->height_px);
    pare_json_uint(out, "frames", info->frames);
    pare_json_uint(out, "orientation", info->orientation);
    pare_json_uint(out, "depth_bits", info->depth_bits);
    pare_json_uint(out, "channels", info->channels);
    list_flags(info, flags);
    for (size_t i = 0; i < FLAG_COUNT; i++)
        pare_json_bool(out, flags[i].key, flags[i].set);
    pare_json_int(out, "quality_estimate", info->quality_estimate);
    pare_json_string(out, "subsampling", info->subsampling);
    pare_json_string(out, "profile", info->profile);
    pare_json_string(out, "content", info->content);
    pare_json_end(out);
}

/* "photo.jpg: JPEG ..." and one indented line a fact that is worth saying. */
static void add_text(pare_text *out, const char *path, const pare_info *info)
{
    const bool utf8 = pare_locale_is_utf8();
    flag flags[FLAG_COUNT];
    bool first = true;
    pare_text_add_name(out, path, 0, utf8);
    pare_text_add(out, "\n  format       %s", pare_format_name(info->format));
    if (info->quality_estimate > 0) {
        pare_text_add(out, ", quality about %d", info->quality_estimate);
    }
    if (info->subsampling[0]) {
        pare_text_add(out, ", ");
        pare_text_add_name(out, info->subsampling, 0, utf8);
    }
    pare_text_add(out, "\n  size         %u x %u px (%.2f Mpx)", info->width_px, info->height_px,
                  (double)info->width_px * info->height_px / 1e6);
    if (info->frames > 1) pare_text_add(out, ", %u frames", info->frames);
    pare_text_add(out, "\n  pixels       %u channels of %u bits", info->channels, info->depth_bits);
    if (info->orientation > 1) {
        pare_text_add(out, "\n  orientation  %u%s", info->orientation,
                      info->orientation > 4 ? " (shown with width and height exchanged)" : "");
    }
    if (info->profile[0]) {
        pare_text_add(out, "\n  profile      ");
        pare_text_add_name(out, info->profile, 0, utf8);
    }
    if (info->content[0]) {
        pare_text_add(out, "\n  content      ");
        pare_text_add_name(out, info->content, 0, utf8);
    }
    list_flags(info, flags);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (!flags[i].set) continue;
        pare_text_add(out, "%s%s", first ? "\n  has          " : ", ", flags[i].words);
        first = false;
    }
    pare_text_add(out, "\n");
}

static void add_json_error(pare_text *out, const char *path, pare_err err, const pare_diag *diag)
{
    pare_json_begin(out, "info");
    pare_json_string(out, "input", path);
    pare_json_string(out, "error", pare_err_is_skip(err) ? "validation" : pare_err_class(err));
    pare_json_string(out, "reason", pare_err_name(err));
    pare_json_string(out, "message", diag->text[0] ? diag->text : pare_err_text(err));
    pare_json_end(out);
}

int pare_command_info(const pare_arguments *arguments)
{
    pare_text out = {0};
    int code = PARE_EXIT_OK;
    for (size_t i = 0; i < arguments->path_count; i++) {
        const char *path = arguments->paths[i];
        pare_diag diag = {0};
        pare_info info = {0};
        const pare_err err = pare_file_info(path, arguments->batch.worker_path, &info, &diag);
        if (err != PARE_OK) {
            const pare_file_result result = {
                .input = path, .outcome = PARE_OUTCOME_FAILED, .err = err, .text = diag.text};
            pare_text line = {0};
            code = PARE_EXIT_FAILED;
            if (arguments->json) add_json_error(&out, path, err, &diag);
            pare_result_reason(&result, true, &line);
            if (!arguments->json) pare_complain(pare_text_string(&line));
            pare_text_deinit(&line);
        } else if (arguments->json) {
            add_json(&out, path, &info);
        } else {
            add_text(&out, path, &info);
        }
        if (!pare_text_write(&out, STDOUT_FILENO)) code = PARE_EXIT_FAILED;
    }
    pare_text_deinit(&out);
    return code;
}
