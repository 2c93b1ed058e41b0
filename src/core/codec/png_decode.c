// SPDX-License-Identifier: Apache-2.0
/* PNG to pixels with libpng. */
#include "core/codec/png_decode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "core/codec/png_info.h"
#include "core/image/exif.h"

/* A compressed text or profile may grow a thousandfold; real profiles are below 4 MB. */
enum { CHUNK_BYTES_MAX = 8 << 20, CHUNKS_MAX = 1000 };

typedef struct reader {
    png_structp png;
    png_infop info;
    pare_bytes file;
    size_t at;
    pare_err err;
    pare_diag *diag;
} reader;

static void fail(png_structp png, png_const_charp text)
{
    reader *const r = png_get_error_ptr(png);
    if (r->err == PARE_OK) r->err = PARE_ERR_CORRUPT;
    r->err = pare_fail(r->diag, r->err, "decode: %s", text);
    png_longjmp(png, 1);
}

/* libpng warns about ancillary chunks, which it then leaves out; pixels are not touched. */
static void warn(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void read_bytes(png_structp png, png_bytep data, size_t len)
{
    reader *const r = png_get_io_ptr(png);
    if (len > r->file.len - r->at) {
        r->err = PARE_ERR_TRUNCATED;
        png_error(png, "the file ends too early");
    }
    memcpy(data, r->file.data + r->at, len);
    r->at += len;
}

static void set_transforms(reader *r)
{
    png_set_expand(r->png);
    if (png_get_bit_depth(r->png, r->info) == 16) {
        const uint16_t probe = 1;
        if (*(const uint8_t *)&probe == 1) png_set_swap(r->png); /* files are big-endian */
    }
}

static pare_err allocate(reader *r, pare_image *out)
{
    const uint32_t width = png_get_image_width(r->png, r->info);
    const uint32_t height = png_get_image_height(r->png, r->info);
    const uint8_t color = png_get_color_type(r->png, r->info);
    const uint8_t depth = png_get_bit_depth(r->png, r->info) == 16 ? 16 : 8;
    return pare_image_init(out, width, height,
                           color & PNG_COLOR_MASK_COLOR ? PARE_COLOR_RGB : PARE_COLOR_GRAY,
                           (color & PNG_COLOR_MASK_ALPHA) != 0, depth);
}

static pare_err copy_text(reader *r, pare_image *out)
{
    png_textp texts;
    int count = 0;
    png_get_text(r->png, r->info, &texts, &count);
    for (int i = 0; i < count; i++) {
        const bool is_itxt = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
        const size_t len = is_itxt ? texts[i].itxt_length : texts[i].text_length;
        if (strcmp(texts[i].key, "XML:com.adobe.xmp") == 0 && out->metadata.xmp.len == 0) {
            PARE_TRY(pare_buf_append(&out->metadata.xmp, texts[i].text, len));
        } else if (strcmp(texts[i].key, "Comment") == 0 && out->metadata.comment.len == 0) {
            PARE_TRY(pare_buf_append(&out->metadata.comment, texts[i].text, len));
        }
    }
    return PARE_OK;
}

static pare_err copy_metadata(reader *r, pare_image *out)
{
    png_charp name;
    png_bytep data = NULL;
    png_uint_32 len = 0;
    int method;
    if (png_get_iCCP(r->png, r->info, &name, &method, &data, &len)) {
        PARE_TRY(pare_buf_append(&out->metadata.icc, data, len));
    }
    if (png_get_eXIf_1(r->png, r->info, &len, &data) && len > 0) {
        PARE_TRY(pare_buf_append(&out->metadata.exif, data, len));
    }
    out->orientation = pare_exif_orientation(pare_buf_view(&out->metadata.exif));
    return copy_text(r, out);
}

/* The one function that libpng's errors return to. */
static pare_err decode(reader *r, pare_image *out)
{
    if (setjmp(png_jmpbuf(r->png))) return r->err;
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(r->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(r->png, CHUNKS_MAX);
    png_set_read_fn(r->png, r, read_bytes);
    png_read_info(r->png, r->info);
    const uint8_t source_depth = png_get_bit_depth(r->png, r->info);
    set_transforms(r);
    const int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    PARE_TRY(allocate(r, out));
    out->source_depth_bits = source_depth;
    if (png_get_rowbytes(r->png, r->info) != out->stride_bytes) {
        return pare_fail(r->diag, PARE_ERR_CODEC, "decode: unexpected row length");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < out->height_px; y++) {
            png_read_row(r->png, pare_image_row(out, y), NULL);
        }
    }
    png_read_end(r->png, r->info);
    return copy_metadata(r, out);
}

pare_err pare_png_decode(pare_bytes file, const pare_limits *limits, pare_image *out,
                         pare_diag *diag)
{
    pare_info info;
    PARE_TRY(pare_png_read_info(file, &info, diag));
    PARE_TRY(pare_limits_check(limits, info.width_px, info.height_px,
                               info.channels * (info.depth_bits == 16 ? 2u : 1u), diag));
    reader r = {.file = file, .diag = diag};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, fail, warn);
    if (!r.png) return PARE_ERR_NO_MEMORY;
    r.info = png_create_info_struct(r.png);
    pare_err err = r.info ? decode(&r, out) : PARE_ERR_NO_MEMORY;
    png_destroy_read_struct(&r.png, &r.info, NULL);
    if (err != PARE_OK) pare_image_deinit(out);
    return err;
}
