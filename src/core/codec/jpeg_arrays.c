// SPDX-License-Identifier: Apache-2.0
/* Virtual arrays as libjpeg's memory manager has them, by the methods that it lets one replace. */
#include "core/codec/jpeg_arrays.h"

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

#include "base/checked.h"
#include "core/codec/jpeg_rows.h"

#define PACKED_FROM_PX 4000000u

static void fail(j_common_ptr cinfo, int code)
{
    cinfo->err->msg_code = code;
    cinfo->err->error_exit(cinfo);
}

static bool make_packed(pare_jpeg_arrays *self, jvirt_barray_control *array)
{
    array->packed = calloc(array->height_blocks, sizeof *array->packed);
    if (array->width_blocks > self->spare_blocks) {
        const size_t len = (size_t)array->width_blocks * PARE_JPEG_PACKED_MAX;
        free(self->spare);
        self->spare = malloc(len + PARE_JPEG_PACKED_SLACK);
        self->spare_blocks = self->spare ? array->width_blocks : 0;
    }
    return array->packed && self->spare;
}

static bool make_plain(jvirt_barray_control *array)
{
    size_t blocks;
    if (!pare_mul_size(array->width_blocks, array->height_blocks, &blocks)) return false;
    array->plain = calloc(blocks, sizeof *array->plain);
    for (uint32_t y = 0; y < array->height_blocks && array->plain; y++)
        array->rows[y] = array->plain + (size_t)y * array->width_blocks;
    return array->plain != NULL;
}

static jvirt_barray_ptr request(j_common_ptr cinfo, int pool, boolean pre_zero,
                                JDIMENSION width_blocks, JDIMENSION height_blocks,
                                JDIMENSION rows_at_once)
{
    pare_jpeg_arrays *self = cinfo->client_data;
    (void)pre_zero; /* all that we are asked for is */
    if (self->count == PARE_JPEG_COMPONENTS_MAX) fail(cinfo, JERR_BAD_VIRTUAL_ACCESS);
    jvirt_barray_control *array = &self->arrays[self->count++];
    *array = (jvirt_barray_control){
        .width_blocks = width_blocks, .height_blocks = height_blocks, .most_rows = rows_at_once};
    if (self->packs) {
        array->rows = cinfo->mem->alloc_barray(cinfo, pool, width_blocks, rows_at_once);
    } else {
        const size_t len = height_blocks * sizeof *array->rows;
        array->rows = cinfo->mem->alloc_large(cinfo, pool, len);
    }
    const bool is_made = self->packs ? make_packed(self, array) : make_plain(array);
    if (!is_made) fail(cinfo, JERR_OUT_OF_MEMORY);
    return array;
}

/* The rows at hand become packed. */
static void put_away(j_common_ptr cinfo, jvirt_barray_control *array)
{
    pare_jpeg_arrays *self = cinfo->client_data;
    for (uint32_t i = 0; i < array->count && array->is_written; i++) {
        uint8_t **packed = &array->packed[array->first + i];
        free(*packed);
        const pare_err err =
            pare_jpeg_row_pack(array->rows[i][0], array->width_blocks, self->spare, packed);
        if (err == PARE_ERR_NO_MEMORY) fail(cinfo, JERR_OUT_OF_MEMORY);
        if (err != PARE_OK) fail(cinfo, JERR_BAD_VIRTUAL_ACCESS);
    }
    array->count = 0;
}

static JBLOCKARRAY access_rows(j_common_ptr cinfo, jvirt_barray_ptr array, JDIMENSION first,
                               JDIMENSION count, boolean writes)
{
    const pare_jpeg_plane plane = {.width_blocks = array->width_blocks, .packed = array->packed};
    if (first > array->height_blocks || count > array->height_blocks - first) {
        fail(cinfo, JERR_BAD_VIRTUAL_ACCESS);
    }
    if (array->plain) return array->rows + first;
    if (count > array->most_rows) fail(cinfo, JERR_BAD_VIRTUAL_ACCESS);
    put_away(cinfo, array);
    for (uint32_t i = 0; i < count; i++) {
        if (array->packed[first + i]) {
            pare_jpeg_row_copy(&plane, first + i, array->rows[i][0]);
        } else {
            memset(array->rows[i], 0, array->width_blocks * sizeof(JBLOCK));
        }
    }
    array->first = first;
    array->count = count;
    array->is_written = writes;
    return array->rows;
}

/* Would plain coefficients take more than three and a half bytes a pixel, those of 4:2:0 three? */
static bool is_heavy(const struct jpeg_decompress_struct *cinfo)
{
    const uint64_t pixels = (uint64_t)cinfo->image_width * cinfo->image_height;
    uint64_t bytes = 0;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *c = &cinfo->comp_info[i];
        bytes += pixels * 2 * (unsigned)(c->h_samp_factor * c->v_samp_factor) /
                 (unsigned)(cinfo->max_h_samp_factor * cinfo->max_v_samp_factor);
    }
    return pixels >= PACKED_FROM_PX && bytes * 2 > pixels * 7;
}

void pare_jpeg_arrays_install(pare_jpeg_arrays *arrays, j_decompress_ptr cinfo)
{
    *arrays = (pare_jpeg_arrays){.packs = is_heavy(cinfo)};
    cinfo->mem->request_virt_barray = request;
    cinfo->mem->access_virt_barray = access_rows;
}

void pare_jpeg_arrays_take(j_decompress_ptr cinfo, jvirt_barray_ptr array, pare_jpeg_plane *plane)
{
    if (array->plain) {
        plane->own = array->plain[0];
        plane->own_width = array->width_blocks;
        array->plain = NULL;
        return;
    }
    put_away((j_common_ptr)cinfo, array);
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        if (array->packed[y]) continue;
        const size_t len = (size_t)plane->width_blocks * PARE_JPEG_PACKED_ZERO;
        array->packed[y] = calloc(1, len + PARE_JPEG_PACKED_SLACK);
        if (!array->packed[y]) fail((j_common_ptr)cinfo, JERR_OUT_OF_MEMORY);
    }
    for (uint32_t y = plane->height_blocks; y < array->height_blocks; y++)
        free(array->packed[y]);
    plane->packed = array->packed;
    array->packed = NULL;
}

void pare_jpeg_arrays_deinit(pare_jpeg_arrays *arrays)
{
    for (int i = 0; i < arrays->count; i++) {
        jvirt_barray_control *array = &arrays->arrays[i];
        for (uint32_t y = 0; y < array->height_blocks && array->packed; y++)
            free(array->packed[y]);
        free(array->packed);
        free(array->plain);
    }
    free(arrays->spare);
    *arrays = (pare_jpeg_arrays){0};
}
