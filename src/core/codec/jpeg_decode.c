// SPDX-License-Identifier: Apache-2.0
/* JPEG bytes to pixels by libjpeg. Damage that libjpeg would paint over is an error here. */
#include "core/codec/jpeg_decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/err.h"
#include "core/codec/jpeg_arrays.h"
#include "core/codec/jpeg_markers.h"
#include "core/image/exif.h"

/* More scans than any encoder writes; each costs a pass over all coefficients. */
enum { SCANS_MAX = 500, ROWS_AT_ONCE = 16 };

typedef struct session {
    pare_jpeg_arrays arrays; /* first: client_data is the session */
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf env;
    const pare_limits *limits;
    pare_image *out;
    const pare_row_sink *sink; /* then out is a strip of rows, again and again; else NULL */
    pare_diag *diag;
    pare_err err;
    bool header_only;
    bool saw_early_end, saw_damage, saw_many_scans;
    char damage[JMSG_LENGTH_MAX];
} session;

static session *session_of(j_common_ptr jpeg)
{
    return jpeg->client_data;
}

static pare_err class_of(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE: return PARE_ERR_NO_MEMORY;
    case JERR_BAD_VIRTUAL_ACCESS: return PARE_ERR_INTERNAL;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: return PARE_ERR_TOO_LARGE;
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF: return PARE_ERR_TRUNCATED;
    case JERR_BAD_PRECISION: /* 12 bits */
    case JERR_SOF_UNSUPPORTED:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL: return PARE_SKIP_UNSUPPORTED_VARIANT;
    default: return PARE_ERR_CORRUPT;
    }
}

_Noreturn static void on_error(j_common_ptr jpeg)
{
    session *s = session_of(jpeg);
    char text[JMSG_LENGTH_MAX];
    if (s->saw_many_scans) {
        s->err = pare_fail(s->diag, PARE_ERR_CORRUPT, "JPEG: more than %d scans", SCANS_MAX);
    } else {
        jpeg->err->format_message(jpeg, text);
        s->err = pare_fail(s->diag, class_of(jpeg->err->msg_code), "JPEG: %s", text);
    }
    longjmp(s->env, 1);
}

/* Level -1 is a warning: the library goes on with made-up data. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level >= 0) return;
    session *s = session_of(jpeg);
    switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
    case JWRN_BOGUS_PROGRESSION: break;
    case JWRN_JPEG_EOF: s->saw_early_end = true; break;
    default:
        if (!s->saw_damage) jpeg->err->format_message(jpeg, s->damage);
        s->saw_damage = true;
    }
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void on_progress(j_common_ptr jpeg)
{
    session *s = session_of(jpeg);
    if (s->jpeg.input_scan_number <= SCANS_MAX) return;
    s->saw_many_scans = true;
    on_error(jpeg);
}

/* The colour space to ask for; false when the library could not say what the channels mean. */
static bool choose_color(struct jpeg_decompress_struct *jpeg, pare_color *color)
{
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE:
        jpeg->out_color_space = JCS_GRAYSCALE;
        *color = PARE_COLOR_GRAY;
        return true;
    case JCS_YCbCr:
    case JCS_RGB:
        jpeg->out_color_space = JCS_RGB;
        *color = PARE_COLOR_RGB;
        return true;
    case JCS_CMYK:
    case JCS_YCCK:
        jpeg->out_color_space = JCS_CMYK;
        *color = PARE_COLOR_CMYK;
        return true;
    default: return false;
    }
}

static void choose_scale(struct jpeg_decompress_struct *jpeg, const pare_limits *limits)
{
    const uint32_t shrink = limits ? limits->shrink : 1;
    if (shrink == 2 || shrink == 4 || shrink == 8) {
        jpeg->scale_num = 1;
        jpeg->scale_denom = shrink;
    }
}

/* Bytes a pixel while decoding: the result, and 16-bit coefficients when there are many scans. */
static unsigned pixel_cost(struct jpeg_decompress_struct *jpeg)
{
    const unsigned channels = (unsigned)jpeg->num_components;
    return jpeg_has_multiple_scans(jpeg) ? channels * 3 : channels;
}

/* All rows of *to, whose first is the next one of the file. */
static pare_err read_rows(session *s, const pare_image *to)
{
    struct jpeg_decompress_struct *jpeg = &s->jpeg;
    for (uint32_t y = 0; y < to->height_px;) {
        JSAMPROW rows[ROWS_AT_ONCE];
        uint32_t count = to->height_px - y;
        if (count > ROWS_AT_ONCE) count = ROWS_AT_ONCE;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = pare_image_row(to, y + i);
        const uint32_t done = jpeg_read_scanlines(jpeg, rows, count);
        if (done == 0) return pare_fail(s->diag, PARE_ERR_CODEC, "JPEG: the library stopped");
        y += done;
    }
    return PARE_OK;
}

static pare_err pass_rows(session *s, pare_color color)
{
    struct jpeg_decompress_struct *jpeg = &s->jpeg;
    PARE_TRY(pare_image_init(s->out, jpeg->output_width, ROWS_AT_ONCE, color, false, 8));
    while (jpeg->output_scanline < jpeg->output_height) {
        const uint32_t left = jpeg->output_height - jpeg->output_scanline;
        pare_image strip = *s->out;
        if (left < strip.height_px) strip.height_px = left;
        PARE_TRY(read_rows(s, &strip));
        PARE_TRY(s->sink->on_rows(s->sink->user, &strip));
    }
    return PARE_OK;
}

static pare_err decode_steps(session *s)
{
    struct jpeg_decompress_struct *jpeg = &s->jpeg;
    pare_color color;
    jpeg_read_header(jpeg, TRUE);
    if (!choose_color(jpeg, &color)) {
        return pare_fail(s->diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "JPEG: %d components of unknown meaning", jpeg->num_components);
    }
    PARE_TRY(pare_limits_check(s->limits, jpeg->image_width, jpeg->image_height, pixel_cost(jpeg),
                               s->diag));
    if (s->header_only) {
        *s->out = (pare_image){.width_px = jpeg->image_width,
                               .height_px = jpeg->image_height,
                               .color = color,
                               .channels = (uint8_t)jpeg->num_components,
                               .depth_bits = 8,
                               .source_depth_bits = 8};
        return PARE_OK;
    }
    if (jpeg_has_multiple_scans(jpeg)) pare_jpeg_arrays_install(&s->arrays, jpeg);
    choose_scale(jpeg, s->limits);
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    if (s->sink) {
        if (color == PARE_COLOR_CMYK) return PARE_SKIP_UNSUPPORTED_VARIANT;
        PARE_TRY(pass_rows(s, color));
    } else {
        PARE_TRY(pare_image_init(s->out, jpeg->output_width, jpeg->output_height, color, false, 8));
        PARE_TRY(read_rows(s, s->out));
    }
    /* Without EOI everything may still be there, but only when one scan held everything. */
    const bool one_scan = !jpeg_has_multiple_scans(jpeg);
    jpeg_finish_decompress(jpeg);
    if (s->saw_damage) {
        return pare_fail(s->diag, s->saw_early_end ? PARE_ERR_TRUNCATED : PARE_ERR_CORRUPT,
                         "JPEG: %s", s->damage);
    }
    if (s->saw_early_end && !one_scan) {
        return pare_fail(s->diag, PARE_ERR_TRUNCATED, "JPEG: the file ends before its last scan");
    }
    return PARE_OK;
}

/* The only function with setjmp; it has no local that changes after it. */
static void run_session(session *s, pare_bytes file)
{
    s->jpeg.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = on_error;
    s->errors.emit_message = on_message;
    s->errors.output_message = on_output;
    s->progress.progress_monitor = on_progress;
    s->jpeg.client_data = s;
    if (setjmp(s->env) == 0) {
        jpeg_create_decompress(&s->jpeg);
        s->jpeg.progress = &s->progress;
        if (s->limits && s->limits->max_memory_bytes) {
            s->jpeg.mem->max_memory_to_use = (long)s->limits->max_memory_bytes;
        }
        jpeg_mem_src(&s->jpeg, file.data, file.len);
        s->err = decode_steps(s);
    }
    jpeg_destroy_decompress(&s->jpeg);
    pare_jpeg_arrays_deinit(&s->arrays);
}

/* Adobe's programs store CMYK inverted, others followed them, and viewers assume it of all. */
static void invert_inks(pare_image *image)
{
    const size_t row_len = (size_t)image->width_px * 4;
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint8_t *row = pare_image_row(image, y);
        for (size_t i = 0; i < row_len; i++)
            row[i] = (uint8_t)(255 - row[i]);
    }
}

static pare_err decode(pare_bytes file, bool header_only, const pare_limits *limits,
                       pare_image *out, pare_diag *diag)
{
    session s = {.limits = limits,
                 .out = out,
                 .diag = diag,
                 .err = PARE_ERR_CODEC,
                 .header_only = header_only};
    *out = (pare_image){0};
    run_session(&s, file);
    pare_err err = s.err;
    if (err == PARE_OK) {
        pare_jpeg_markers markers;
        pare_jpeg_markers_read(file, &markers);
        err = pare_jpeg_markers_metadata(&markers, &out->metadata);
        out->orientation = pare_exif_orientation(markers.exif);
        if (out->color == PARE_COLOR_CMYK && !header_only) invert_inks(out);
    }
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}

pare_err pare_jpeg_decode(pare_bytes file, const pare_limits *limits, pare_image *out,
                          pare_diag *diag)
{
    return decode(file, false, limits, out, diag);
}

pare_err pare_jpeg_decode_header(pare_bytes file, const pare_limits *limits, pare_image *out,
                                 pare_diag *diag)
{
    return decode(file, true, limits, out, diag);
}

pare_err pare_jpeg_decode_rows(pare_bytes file, const pare_limits *limits,
                               const pare_row_sink *sink, pare_diag *diag)
{
    pare_image strip = {0};
    session s = {
        .limits = limits, .out = &strip, .sink = sink, .diag = diag, .err = PARE_ERR_CODEC};
    run_session(&s, file);
    pare_image_deinit(&strip);
    return s.err;
}
