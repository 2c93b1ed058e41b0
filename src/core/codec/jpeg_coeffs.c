// SPDX-License-Identifier: Apache-2.0
/* Coefficients of a JPEG file, by libjpeg's entropy decoder. With jpeg_arrays.c the only place of
 * the encoder that knows libjpeg. */
#include "core/codec/jpeg_coeffs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/checked.h"
#include "core/codec/jpeg_arrays.h"
#include "core/codec/jpeg_rows.h"

/* A progressive file of a few bytes may ask for any number of passes over a huge image. */
#define SCANS_MAX 500

const uint8_t pare_jpeg_natural[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

typedef struct reader {
    pare_jpeg_arrays arrays; /* first: client_data is the reader */
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    pare_err err;
    pare_diag *diag;
    bool salvages, is_damaged;
    uint32_t good_rows; /* of pixels, before the damage */
} reader;

static pare_err err_of_message(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY: return PARE_ERR_NO_MEMORY;
    case JERR_BAD_VIRTUAL_ACCESS: return PARE_ERR_INTERNAL;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL: return PARE_SKIP_UNSUPPORTED_VARIANT;
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: return PARE_ERR_TRUNCATED;
    default: return PARE_ERR_CORRUPT;
    }
}

static void fail_with_message(j_common_ptr common)
{
    reader *self = common->client_data;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    self->err = pare_fail(self->diag, err_of_message(common->err->msg_code), "%s", text);
    longjmp(self->failed, 1);
}

/* libjpeg goes on after damage with gray; these warnings do not touch a single coefficient. */
static bool is_harmless(int code)
{
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
}

/* Where the first scan stands; what later ones add is only detail. */
static void note_damage(reader *self)
{
    const struct jpeg_decompress_struct *cinfo = &self->cinfo;
    if (self->is_damaged) return;
    self->is_damaged = true;
    const uint64_t rows = (uint64_t)cinfo->input_iMCU_row * (unsigned)cinfo->max_v_samp_factor * 8;
    const bool is_detail = cinfo->input_scan_number > 1;
    self->good_rows =
        is_detail || rows > cinfo->image_height ? cinfo->image_height : (uint32_t)rows;
}

static void on_message(j_common_ptr common, int level)
{
    reader *self = common->client_data;
    if (level >= 0 || is_harmless(common->err->msg_code)) return;
    if (!self->salvages) fail_with_message(common);
    note_damage(self);
}

static void ignore_output(j_common_ptr common)
{
    (void)common;
}

static void on_progress(j_common_ptr common)
{
    reader *self = common->client_data;
    if (self->cinfo.input_scan_number <= SCANS_MAX) return;
    self->err = pare_fail(self->diag, PARE_ERR_CORRUPT, "more than %d scans", SCANS_MAX);
    longjmp(self->failed, 1);
}

static pare_jpeg_color color_of(J_COLOR_SPACE space)
{
    switch (space) {
    case JCS_GRAYSCALE: return PARE_JPEG_GRAY;
    case JCS_YCbCr: return PARE_JPEG_YCC;
    case JCS_RGB: return PARE_JPEG_RGB;
    case JCS_CMYK: return PARE_JPEG_CMYK;
    case JCS_YCCK: return PARE_JPEG_YCCK;
    default: return PARE_JPEG_OTHER;
    }
}

/* Rows of blocks at hand while the others are packed, for each of a component's MCU: libjpeg looks
 * at five of a progressive file, and one is packed. Beside each row is its address. */
enum { ROWS_AT_HAND = 6, ROW_BESIDE = 64 };

/* Before anything is allocated: what the arrays will hold at most. */
static pare_err check_memory(const struct jpeg_decompress_struct *cinfo, uint64_t max_bytes,
                             pare_diag *diag)
{
    uint64_t bytes = 0;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *c = &cinfo->comp_info[i];
        const uint64_t rows = c->height_in_blocks + 4 + ROWS_AT_HAND * (unsigned)c->v_samp_factor;
        bytes += rows * ((uint64_t)(c->width_in_blocks + 4) * PARE_JPEG_PACKED_MAX + ROW_BESIDE);
    }
    if (max_bytes && bytes > max_bytes) {
        return pare_fail(diag, PARE_ERR_TOO_LARGE, "%llu bytes of coefficients",
                         (unsigned long long)bytes);
    }
    return PARE_OK;
}

static pare_err take_plane(reader *self, jvirt_barray_ptr array, int index, pare_jpeg_plane *out)
{
    struct jpeg_decompress_struct *cinfo = &self->cinfo;
    const jpeg_component_info *c = &cinfo->comp_info[index];
    if (!c->quant_table) {
        return pare_fail(self->diag, PARE_ERR_CORRUPT, "component %d has no data", index);
    }
    out->id = (uint8_t)c->component_id;
    out->h = (uint8_t)c->h_samp_factor;
    out->v = (uint8_t)c->v_samp_factor;
    out->width_blocks = c->width_in_blocks;
    out->height_blocks = c->height_in_blocks;
    out->shrink = 0.0f;
    for (int i = 0; i < 64; i++) {
        out->quant[i] = c->quant_table->quantval[i];
        out->step[i] = (float)c->quant_table->quantval[i];
        /* libjpeg takes a zero as it comes; the value of such a coefficient is always zero. */
        if (out->quant[i] == 0) {
            return pare_fail(self->diag, PARE_ERR_CORRUPT, "a quantizer of zero");
        }
    }
    pare_jpeg_arrays_take(cinfo, array, out);
    return PARE_OK;
}

static pare_err read_with_libjpeg(reader *self, pare_bytes file, uint64_t max_memory_bytes,
                                  pare_jpeg_coeffs *out)
{
    struct jpeg_decompress_struct *cinfo = &self->cinfo;
    if (setjmp(self->failed)) return self->err;
    jpeg_create_decompress(cinfo);
    cinfo->progress = &self->progress;
    jpeg_mem_src(cinfo, file.data, (unsigned long)file.len);
    jpeg_read_header(cinfo, TRUE);
    if (cinfo->num_components > PARE_JPEG_COMPONENTS_MAX) {
        return pare_fail(self->diag, PARE_SKIP_UNSUPPORTED_VARIANT, "%d components",
                         cinfo->num_components);
    }
    PARE_TRY(check_memory(cinfo, max_memory_bytes, self->diag));
    pare_jpeg_arrays_install(&self->arrays, cinfo);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(cinfo);
    out->width_px = cinfo->image_width;
    out->height_px = cinfo->image_height;
    out->color = color_of(cinfo->jpeg_color_space);
    out->component_count = (uint8_t)cinfo->num_components;
    out->max_h = (uint8_t)cinfo->max_h_samp_factor;
    out->max_v = (uint8_t)cinfo->max_v_samp_factor;
    out->has_jfif = cinfo->saw_JFIF_marker;
    out->has_adobe = cinfo->saw_Adobe_marker;
    out->adobe_transform = cinfo->Adobe_transform;
    out->density_unit = cinfo->density_unit;
    out->density_x = cinfo->X_density;
    out->density_y = cinfo->Y_density;
    for (int i = 0; i < cinfo->num_components; i++) {
        PARE_TRY(take_plane(self, arrays[i], i, &out->planes[i]));
    }
    return PARE_OK;
}

static pare_err read_file(pare_bytes file, uint64_t max_memory_bytes, pare_jpeg_coeffs *out,
                          uint32_t *good_rows, pare_diag *diag)
{
    *out = (pare_jpeg_coeffs){0};
    reader *self = calloc(1, sizeof *self);
    if (!self) return PARE_ERR_NO_MEMORY;
    self->diag = diag;
    self->salvages = good_rows != NULL;
    self->cinfo.err = jpeg_std_error(&self->errors);
    self->cinfo.client_data = self;
    self->errors.error_exit = fail_with_message;
    self->errors.emit_message = on_message;
    self->errors.output_message = ignore_output;
    self->progress.progress_monitor = on_progress;
    const pare_err err = read_with_libjpeg(self, file, max_memory_bytes, out);
    if (good_rows) *good_rows = self->is_damaged ? self->good_rows : out->height_px;
    jpeg_destroy_decompress(&self->cinfo);
    pare_jpeg_arrays_deinit(&self->arrays);
    free(self);
    return err;
}

pare_err pare_jpeg_coeffs_read(pare_bytes file, uint64_t max_memory_bytes, pare_jpeg_coeffs *out,
                               pare_diag *diag)
{
    return read_file(file, max_memory_bytes, out, NULL, diag);
}

pare_err pare_jpeg_coeffs_salvage(pare_bytes file, uint64_t max_memory_bytes, pare_jpeg_coeffs *out,
                                  uint32_t *good_rows, pare_diag *diag)
{
    return read_file(file, max_memory_bytes, out, good_rows, diag);
}

pare_err pare_jpeg_plane_init(pare_jpeg_plane *plane, uint32_t width_blocks, uint32_t height_blocks)
{
    size_t count, bytes;
    if (!pare_mul_size(width_blocks, height_blocks, &count) ||
        !pare_mul_size(count, 64 * sizeof(int16_t), &bytes)) {
        return PARE_ERR_NO_MEMORY;
    }
    plane->own = malloc(bytes);
    if (!plane->own) return PARE_ERR_NO_MEMORY;
    plane->width_blocks = plane->own_width = width_blocks;
    plane->height_blocks = height_blocks;
    return PARE_OK;
}

void pare_jpeg_coeffs_release_rows(pare_jpeg_coeffs *coeffs)
{
    for (int i = 0; i < PARE_JPEG_COMPONENTS_MAX; i++) {
        pare_jpeg_plane *plane = &coeffs->planes[i];
        if (!plane->borrows) {
            free(plane->own);
            for (uint32_t y = 0; y < plane->height_blocks && plane->packed; y++)
                free(plane->packed[y]);
            free(plane->packed);
        }
        plane->own = NULL;
        plane->packed = NULL;
    }
}

void pare_jpeg_coeffs_deinit(pare_jpeg_coeffs *coeffs)
{
    pare_jpeg_coeffs_release_rows(coeffs);
    *coeffs = (pare_jpeg_coeffs){0};
}
