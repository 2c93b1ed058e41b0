// SPDX-License-Identifier: Apache-2.0
/* Resampling by zimg: one channel after the other, through callbacks that read and write the
 * interleaved pixels, so that only a few lines are ever held as planes.
 *
 * Samples travel as 16-bit integers whatever the depth: zimg's integer kernels give the same result
 * on every processor, and 8-bit colours keep their precision while they are premultiplied. */
#include <stdlib.h>
#include <string.h>

#include <zimg.h>

#include "base/checked.h"
#include "core/transform/transform.h"

enum { LINE_ALIGN = 64 };

/* A channel on its way through the graph. */
typedef struct channel_pass {
    const pare_image *from;
    pare_image *to;
    unsigned channel;
    bool premultiply; /* a colour channel of an image with alpha */
    uint16_t *in_lines, *out_lines;
    unsigned in_mask, out_mask;           /* lines are reused in turn */
    size_t in_line_bytes, out_line_bytes; /* of the planes */
} channel_pass;

static inline uint32_t get_sample(const uint8_t *row, size_t index, uint8_t depth_bits)
{
    if (depth_bits == 8) return row[index] * 257u;
    uint16_t value;
    memcpy(&value, row + 2 * index, 2);
    return value;
}

static int unpack_line(void *user, unsigned line, unsigned left, unsigned right)
{
    const channel_pass *pass = user;
    const pare_image *from = pass->from;
    const size_t step = from->channels, alpha = from->channels - 1u;
    const uint8_t *row = pare_image_row(from, line);
    uint16_t *to = pass->in_lines + (size_t)(line & pass->in_mask) * pass->in_line_bytes / 2;
    for (size_t x = left; x < right; x++) {
        uint32_t value = get_sample(row, x * step + pass->channel, from->depth_bits);
        if (pass->premultiply) {
            const uint32_t a = get_sample(row, x * step + alpha, from->depth_bits);
            value = (uint32_t)(((uint64_t)value * a + 32767) / 65535);
        }
        to[x] = (uint16_t)value;
    }
    return 0;
}

static int pack_line(void *user, unsigned line, unsigned left, unsigned right)
{
    const channel_pass *pass = user;
    pare_image *to = pass->to;
    const size_t step = to->channels, alpha = to->channels - 1u;
    uint8_t *row = pare_image_row(to, line);
    const uint16_t *from =
        pass->out_lines + (size_t)(line & pass->out_mask) * pass->out_line_bytes / 2;
    for (size_t x = left; x < right; x++) {
        uint32_t value = from[x];
        if (pass->premultiply) {
            const uint32_t a = get_sample(row, x * step + alpha, to->depth_bits);
            value = a ? (uint32_t)(((uint64_t)value * 65535 + a / 2) / a) : 0;
            if (value > 65535) value = 65535;
        }
        if (to->depth_bits == 8) {
            row[x * step + pass->channel] = (uint8_t)((value * 255u + 32767) / 65535);
        } else {
            const uint16_t sample = (uint16_t)value;
            memcpy(row + 2 * (x * step + pass->channel), &sample, 2);
        }
    }
    return 0;
}

static zimg_image_format plane_format(const pare_image *image)
{
    zimg_image_format format;
    zimg_image_format_default(&format, ZIMG_API_VERSION);
    format.width = image->width_px;
    format.height = image->height_px;
    format.pixel_type = ZIMG_PIXEL_WORD;
    format.color_family = ZIMG_COLOR_GREY;
    format.depth = 16;
    format.pixel_range = ZIMG_RANGE_FULL;
    return format;
}

static zimg_filter_graph *build_graph(const pare_image *from, const pare_image *to)
{
    const zimg_image_format in = plane_format(from), out = plane_format(to);
    zimg_graph_builder_params params;
    zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
    params.resample_filter = ZIMG_RESIZE_LANCZOS;
    params.filter_param_a = 3;
    params.dither_type = ZIMG_DITHER_NONE;
    return zimg_filter_graph_build(&in, &out, &params);
}

/* Lines of a plane that zimg wants to see at once, as a mask for their index. */
static bool make_lines(unsigned count, const pare_image *image, channel_pass *pass, bool is_input)
{
    const unsigned mask = zimg_select_buffer_mask(count);
    const size_t lines = mask == ZIMG_BUFFER_MAX ? image->height_px : (size_t)mask + 1;
    const size_t line_bytes =
        ((size_t)image->width_px * 2 + LINE_ALIGN - 1) / LINE_ALIGN * LINE_ALIGN;
    size_t size;
    if (!pare_mul_size(lines, line_bytes, &size)) return false;
    uint16_t *data = aligned_alloc(LINE_ALIGN, size);
    if (!data) return false;
    memset(data, 0, size);
    *(is_input ? &pass->in_lines : &pass->out_lines) = data;
    *(is_input ? &pass->in_mask : &pass->out_mask) = mask;
    *(is_input ? &pass->in_line_bytes : &pass->out_line_bytes) = line_bytes;
    return true;
}

static bool run_channel(const zimg_filter_graph *graph, channel_pass *pass, void *scratch)
{
    zimg_image_buffer_const in = {.version = ZIMG_API_VERSION};
    zimg_image_buffer out = {.version = ZIMG_API_VERSION};
    in.plane[0].data = pass->in_lines;
    in.plane[0].stride = (ptrdiff_t)pass->in_line_bytes;
    in.plane[0].mask = pass->in_mask;
    out.plane[0].data = pass->out_lines;
    out.plane[0].stride = (ptrdiff_t)pass->out_line_bytes;
    out.plane[0].mask = pass->out_mask;
    return zimg_filter_graph_process(graph, &in, &out, scratch, unpack_line, pass, pack_line,
                                     pass) == ZIMG_ERROR_SUCCESS;
}

static bool run_graph(const zimg_filter_graph *graph, const pare_image *from, pare_image *to)
{
    channel_pass pass = {.from = from, .to = to};
    unsigned in_count = 0, out_count = 0;
    size_t scratch_size = 0;
    void *scratch = NULL;
    bool ok = zimg_filter_graph_get_input_buffering(graph, &in_count) == ZIMG_ERROR_SUCCESS &&
              zimg_filter_graph_get_output_buffering(graph, &out_count) == ZIMG_ERROR_SUCCESS &&
              zimg_filter_graph_get_tmp_size(graph, &scratch_size) == ZIMG_ERROR_SUCCESS &&
              make_lines(in_count, from, &pass, true) && make_lines(out_count, to, &pass, false);
    if (ok) {
        scratch = aligned_alloc(LINE_ALIGN, scratch_size / LINE_ALIGN * LINE_ALIGN + LINE_ALIGN);
        ok = scratch != NULL;
    }
    /* Alpha, the last channel, goes first: the colours are divided by the new one. */
    for (unsigned i = to->channels; ok && i-- > 0;) {
        pass.channel = i;
        pass.premultiply = to->has_alpha && i + 1u < to->channels;
        ok = run_channel(graph, &pass, scratch);
    }
    free(scratch);
    free(pass.in_lines);
    free(pass.out_lines);
    return ok;
}

pare_err pare_transform_resize(pare_image *image, uint32_t width_px, uint32_t height_px,
                               pare_diag *diag)
{
    if (width_px == image->width_px && height_px == image->height_px) return PARE_OK;
    if (width_px == 0 || height_px == 0 || image->width_px == 0 || image->height_px == 0) {
        return pare_fail(diag, PARE_ERR_INVALID, "an image of no size cannot be resized");
    }
    pare_image to;
    const pare_err err = pare_image_init(&to, width_px, height_px, image->color, image->has_alpha,
                                         image->depth_bits);
    if (err != PARE_OK) return pare_fail(diag, err, "no memory to resize");
    zimg_filter_graph *graph = build_graph(image, &to);
    const bool ok = graph && run_graph(graph, image, &to);
    zimg_filter_graph_free(graph);
    if (!ok) {
        pare_image_deinit(&to);
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "resizing to %ux%u failed", width_px, height_px);
    }
    free(image->pixels);
    image->pixels = to.pixels;
    image->width_px = to.width_px;
    image->height_px = to.height_px;
    image->stride_bytes = to.stride_bytes;
    return PARE_OK;
}
