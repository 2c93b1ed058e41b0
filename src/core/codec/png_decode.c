// SPDX-License-Identifier: Apache-2.0
/* PNG bytes to pixels: plain files by png_pixels.h, all others by libpng. */
#include "core/codec/png_decode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/checked.h"
#include "base/err.h"
#include "core/codec/png_animation.h"
#include "core/codec/png_info.h"
#include "core/codec/png_pixels.h"
#include "core/image/exif.h"
#include "core/image/shrink.h"

/* A compressed chunk may not become larger than this: no profile or packet comes near. */
enum { CHUNK_BYTES_MAX = 16 << 20, CHUNKS_MAX = 1000, ROWS_AT_ONCE = 16 };

typedef struct session {
    pare_bytes file;
    size_t at, told_at;
    const pare_limits *limits;
    pare_image *out;
    pare_diag *diag;
    pare_err err;
    bool is_short;
    pare_metadata metadata; /* moved into out at the end: pare_image_init() clears it */
    png_structp png;
    png_infop info;
    png_bytep *rows;
    png_bytep row; /* of an image that is shrunk while it is read */
    pare_shrink shrink;
    const pare_row_sink *sink; /* then out is a strip of rows, again and again; else NULL */
    bool salvages, has_pixels, header_only;
    uint32_t rows_done; /* when salvaging */
} session;

_Noreturn static void on_error(png_structp png, png_const_charp text)
{
    session *s = png_get_error_ptr(png);
    if (strstr(text, "emory")) {
        s->err = pare_fail(s->diag, PARE_ERR_NO_MEMORY, "PNG: %s", text);
    } else {
        const pare_err err = s->is_short ? PARE_ERR_TRUNCATED : PARE_ERR_CORRUPT;
        s->err = pare_fail(s->diag, err, "PNG: %s", text);
    }
    png_longjmp(png, 1);
}

/* Warnings are about chunks that do not hold pixels. */
static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep to, size_t len)
{
    session *s = png_get_io_ptr(png);
    if (len > s->file.len - s->at) {
        s->is_short = true;
        png_error(png, "the file is cut off");
    }
    memcpy(to, s->file.data + s->at, len);
    s->at += len;
    if (s->at - s->told_at >= PARE_READ_STEP_BYTES && s->limits && s->limits->on_read) {
        s->limits->on_read(s->limits->user, s->at);
        s->told_at = s->at;
    }
}

static void set_limits(session *s)
{
    png_set_user_limits(s->png, 0x7fffffff, 0x7fffffff); /* ours are checked in pixels */
    png_set_chunk_malloc_max(s->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(s->png, CHUNKS_MAX);
}

/* Everything to gray, gray and alpha, RGB or RGBA of 8 or 16 bits, in the machine's byte order. */
static void set_expansion(session *s, unsigned depth_bits)
{
    png_set_expand(s->png);
    if (depth_bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(s->png);
    png_set_interlace_handling(s->png);
    png_read_update_info(s->png, s->info);
}

/* What the pixels look like after the expansion. */
typedef struct shape {
    uint32_t width, height;
    pare_color color;
    bool has_alpha;
    uint8_t depth_bits;
} shape;

static shape read_shape(const session *s)
{
    const uint8_t type = png_get_color_type(s->png, s->info);
    return (shape){
        .width = png_get_image_width(s->png, s->info),
        .height = png_get_image_height(s->png, s->info),
        .color = type & PNG_COLOR_MASK_COLOR ? PARE_COLOR_RGB : PARE_COLOR_GRAY,
        .has_alpha = (type & PNG_COLOR_MASK_ALPHA) != 0,
        .depth_bits = png_get_bit_depth(s->png, s->info),
    };
}

static pare_err read_whole(session *s, const shape *about)
{
    PARE_TRY(pare_image_init(s->out, about->width, about->height, about->color, about->has_alpha,
                             about->depth_bits));
    PARE_CHECK(s->diag, png_get_rowbytes(s->png, s->info) == s->out->stride_bytes);
    s->rows = malloc(sizeof *s->rows * about->height);
    if (!s->rows) return PARE_ERR_NO_MEMORY;
    for (uint32_t y = 0; y < about->height; y++)
        s->rows[y] = pare_image_row(s->out, y);
    if (!s->salvages) {
        png_read_image(s->png, s->rows);
        return PARE_OK;
    }
    memset(s->out->pixels, 0x80, s->out->stride_bytes * about->height);
    const int passes = png_get_interlace_type(s->png, s->info) == PNG_INTERLACE_NONE ? 1 : 7;
    for (int pass = 1; pass <= passes; pass++) {
        for (uint32_t y = 0; y < about->height; y++) {
            png_read_row(s->png, s->rows[y], NULL);
            if (pass == passes) s->rows_done = y + 1;
        }
    }
    return PARE_OK;
}

/* Only one row of the file's size is ever held. */
static pare_err read_shrunk(session *s, const shape *about, uint32_t factor)
{
    PARE_TRY(pare_shrink_init(&s->shrink, factor, about->width, about->height, about->color,
                              about->has_alpha, about->depth_bits, s->out));
    s->row = malloc(png_get_rowbytes(s->png, s->info));
    if (!s->row) return PARE_ERR_NO_MEMORY;
    for (uint32_t y = 0; y < about->height; y++) {
        png_read_row(s->png, s->row, NULL);
        pare_shrink_add_row(&s->shrink, s->row);
    }
    return PARE_OK;
}

static pare_err pass_rows(session *s, const shape *about)
{
    PARE_TRY(pare_image_init(s->out, about->width, ROWS_AT_ONCE, about->color, about->has_alpha,
                             about->depth_bits));
    for (uint32_t y = 0; y < about->height; y += ROWS_AT_ONCE) {
        const uint32_t left = about->height - y;
        pare_image strip = *s->out;
        if (left < strip.height_px) strip.height_px = left;
        for (uint32_t i = 0; i < strip.height_px; i++)
            png_read_row(s->png, pare_image_row(&strip, i), NULL);
        PARE_TRY(s->sink->on_rows(s->sink->user, &strip));
    }
    return PARE_OK;
}

/* Nothing that libpng reads stands behind the pixels; of what it keeps, only what is in front. */
static bool read_plain(session *s, const pare_png_chunks *chunks)
{
    const bool is_shrunk = s->limits && s->limits->shrink > 1;
    if (is_shrunk || chunks->has_xmp) return false;
    if (pare_limits_check(s->limits, chunks->width_px, chunks->height_px, 4, NULL) != PARE_OK) {
        return false;
    }
    s->has_pixels = pare_png_pixels_read(s->file, chunks, s->limits, s->out);
    return s->has_pixels;
}

/* The rows of an interlaced file come in seven passes: it is shrunk when it is complete. */
static pare_err read_pixels(session *s)
{
    const bool is_interlaced = png_get_interlace_type(s->png, s->info) != PNG_INTERLACE_NONE;
    const uint8_t file_depth = png_get_bit_depth(s->png, s->info);
    const uint32_t factor = s->limits && s->limits->shrink > 1 ? s->limits->shrink : 1;
    pare_limits limits = s->limits ? *s->limits : (pare_limits){0};
    if (is_interlaced) limits.shrink = 1;
    /* 8 channels' bytes at most, and the row pointers */
    PARE_TRY(pare_limits_check(&limits, png_get_image_width(s->png, s->info),
                               png_get_image_height(s->png, s->info), file_depth == 16 ? 8 : 4,
                               s->diag));
    set_expansion(s, file_depth);
    const shape about = read_shape(s);
    if (s->header_only) {
        *s->out = (pare_image){.width_px = about.width,
                               .height_px = about.height,
                               .color = about.color,
                               .has_alpha = about.has_alpha,
                               .channels = png_get_channels(s->png, s->info),
                               .depth_bits = about.depth_bits};
        return PARE_OK;
    }
    if (s->sink && is_interlaced) return PARE_SKIP_UNSUPPORTED_VARIANT;
    if (s->sink) {
        PARE_TRY(pass_rows(s, &about));
    } else if (factor > 1 && !is_interlaced) {
        PARE_TRY(read_shrunk(s, &about, factor));
    } else {
        PARE_TRY(read_whole(s, &about));
    }
    if (s->salvages) return PARE_OK;
    png_read_end(s->png, s->info);
    return is_interlaced ? pare_shrink_image(s->out, factor) : PARE_OK;
}

static pare_err read_metadata(session *s)
{
    png_charp name;
    png_bytep profile;
    png_uint_32 len;
    png_textp texts;
    int method, count = 0;
    if (png_get_iCCP(s->png, s->info, &name, &method, &profile, &len) == PNG_INFO_iCCP) {
        PARE_TRY(pare_buf_append(&s->metadata.icc, profile, len));
    }
    png_get_text(s->png, s->info, &texts, &count);
    for (int i = 0; i < count; i++) {
        const size_t text_len = texts[i].itxt_length ? texts[i].itxt_length : texts[i].text_length;
        if (strcmp(texts[i].key, "XML:com.adobe.xmp") == 0 && !s->metadata.xmp.len) {
            PARE_TRY(pare_buf_append(&s->metadata.xmp, texts[i].text, text_len));
        }
    }
    return PARE_OK;
}

/* The only function with setjmp; what changes after it lives in *s. */
static void run_session(session *s)
{
    s->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, s, on_error, on_warning);
    s->info = s->png ? png_create_info_struct(s->png) : NULL;
    if (!s->info) {
        s->err = PARE_ERR_NO_MEMORY;
    } else if (setjmp(png_jmpbuf(s->png)) == 0) {
        png_set_read_fn(s->png, s, on_read);
        set_limits(s);
        png_read_info(s->png, s->info);
        if (!s->has_pixels) s->err = read_pixels(s);
        if (s->err == PARE_OK) s->err = read_metadata(s);
    }
    png_destroy_read_struct(&s->png, &s->info, NULL);
    pare_shrink_deinit(&s->shrink);
    free(s->rows);
    free(s->row);
}

/* By precedence: cICP, iCCP, sRGB, gAMA and cHRM (W3C PNG, section 4.3). */
static pare_err settle_colors(const pare_png_chunks *chunks, pare_image *out, pare_diag *diag)
{
    pare_colorimetry colors = chunks->colors;
    const char *name = "PNG gAMA and cHRM";
    if (chunks->has_cicp) {
        if (!pare_colorimetry_from_cicp(chunks->cicp[0], chunks->cicp[1], &colors)) {
            return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                             "PNG: cICP colours %u/%u (HDR or unknown) are left alone",
                             chunks->cicp[0], chunks->cicp[1]);
        }
        pare_buf_deinit(&out->metadata.icc);
        name = "PNG cICP";
    } else if (out->metadata.icc.len || chunks->has_srgb || !chunks->has_gamma) {
        return PARE_OK; /* browsers heed cHRM only together with gAMA */
    }
    colors.is_gray = out->color == PARE_COLOR_GRAY;
    if (pare_colorimetry_is_srgb(&colors)) return PARE_OK;
    const pare_err err = pare_profile_build(&colors, name, &out->metadata.icc);
    return err == PARE_ERR_INVALID ? PARE_OK : err; /* nonsense in cHRM is ignored by viewers */
}

/* libpng would fail at a cut chunk too, after making room for what it claims to hold. */
static pare_err read_chunks(pare_bytes file, pare_png_chunks *out, pare_diag *diag)
{
    PARE_TRY(pare_png_chunks_read(file, out, diag));
    return out->is_cut ? pare_fail(diag, PARE_ERR_TRUNCATED, "PNG: the file is cut off") : PARE_OK;
}

static pare_err decode(pare_bytes file, bool header_only, const pare_limits *limits,
                       pare_image *out, pare_diag *diag)
{
    session s = {
        .file = file, .limits = limits, .out = out, .diag = diag, .header_only = header_only};
    pare_png_chunks chunks;
    *out = (pare_image){0};
    PARE_TRY(read_chunks(file, &chunks, diag));
    if (header_only || !read_plain(&s, &chunks) || chunks.has_icc) run_session(&s);
    pare_err err = s.err;
    out->metadata = s.metadata;
    if (err == PARE_OK) err = settle_colors(&chunks, out, diag);
    if (err == PARE_OK) {
        err = pare_buf_append(&out->metadata.exif, chunks.exif.data, chunks.exif.len);
    }
    if (err == PARE_OK) {
        err = pare_buf_append(&out->metadata.comment, chunks.comment.data, chunks.comment.len);
    }
    if (err != PARE_OK) {
        pare_image_deinit(out);
        return err;
    }
    out->orientation = pare_exif_orientation(chunks.exif);
    out->source_depth_bits = chunks.depth_bits == 16 ? 16 : 8;
    return PARE_OK;
}

pare_err pare_png_decode(pare_bytes file, const pare_limits *limits, pare_image *out,
                         pare_diag *diag)
{
    return decode(file, false, limits, out, diag);
}

pare_err pare_png_decode_header(pare_bytes file, const pare_limits *limits, pare_image *out,
                                pare_diag *diag)
{
    return decode(file, true, limits, out, diag);
}

pare_err pare_png_decode_rows(pare_bytes file, const pare_limits *limits, const pare_row_sink *sink,
                              pare_diag *diag)
{
    pare_image strip = {0};
    session s = {.file = file, .limits = limits, .out = &strip, .diag = diag, .sink = sink};
    pare_png_chunks chunks;
    PARE_TRY(read_chunks(file, &chunks, diag));
    run_session(&s);
    pare_image_deinit(&strip);
    pare_metadata_deinit(&s.metadata);
    return s.err;
}

static pare_err describe_salvaged(session *s, const pare_png_chunks *chunks)
{
    pare_image *out = s->out;
    const pare_err err = settle_colors(chunks, out, s->diag);
    out->orientation = pare_exif_orientation(chunks->exif);
    out->source_depth_bits = chunks->depth_bits == 16 ? 16 : 8;
    return err;
}

/* Without the last chunk when that is cut and holds no pixels: libpng would make room for what it
 * claims to hold. */
static pare_bytes drop_cut_chunk(pare_bytes file)
{
    for (size_t at = 8; at + 8 <= file.len;) {
        const size_t len = pare_be32(file.data + at), room = file.len - at - 8;
        if (len + 4 > room) {
            if (memcmp(file.data + at + 4, "IDAT", 4) != 0) file.len = at;
            break;
        }
        at += 12 + len;
    }
    return file;
}

pare_err pare_png_salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                          pare_diag *diag)
{
    session s = {
        .file = file, .limits = limits, .out = &out->image, .diag = diag, .salvages = true};
    pare_png_chunks chunks;
    *out = (pare_salvaged){0};
    PARE_TRY(pare_png_chunks_read(file, &chunks, diag));
    if (chunks.is_animated) return pare_png_animation_salvage(file, limits, out, diag);
    if (chunks.is_cut) s.file = drop_cut_chunk(file);
    run_session(&s);
    out->done = s.rows_done;
    out->total = out->image.height_px;
    out->image.metadata = s.metadata;
    if (s.rows_done == 0) return s.err;
    diag->text[0] = '\0'; /* the damage is known */
    return describe_salvaged(&s, &chunks);
}
