// SPDX-License-Identifier: Apache-2.0
/* JPEG files for tests, by libjpeg. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "data/make_image.h"
#include "support/test.h"

/* One marker segment: a prefix and a block. */
static void write_block(struct jpeg_compress_struct *jpeg, int marker, pare_bytes prefix,
                        const pare_buf *block)
{
    if (block->len == 0) return;
    pare_buf all = {0};
    MUST(pare_buf_append(&all, prefix.data, prefix.len));
    MUST(pare_buf_append(&all, block->data, block->len));
    jpeg_write_marker(jpeg, marker, all.data, (unsigned)all.len);
    pare_buf_deinit(&all);
}

#define PREFIX(text) ((pare_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void write_metadata(struct jpeg_compress_struct *jpeg, const pare_metadata *metadata)
{
    if (!metadata) return;
    write_block(jpeg, JPEG_APP0 + 1, PREFIX("Exif\0\0"), &metadata->exif);
    write_block(jpeg, JPEG_APP0 + 1, PREFIX("http://ns.adobe.com/xap/1.0/\0"), &metadata->xmp);
    write_block(jpeg, JPEG_APP0 + 13, PREFIX("Photoshop 3.0\0"), &metadata->iptc);
    write_block(jpeg, JPEG_COM, PREFIX(""), &metadata->comment);
    if (metadata->icc.len) {
        jpeg_write_icc_profile(jpeg, metadata->icc.data, (unsigned)metadata->icc.len);
    }
}

static void configure(struct jpeg_compress_struct *jpeg, const pare_image *image,
                      const test_jpeg_options *options)
{
    static const J_COLOR_SPACE SPACES[] = {JCS_GRAYSCALE, JCS_RGB, JCS_CMYK};
    jpeg->image_width = image->width_px;
    jpeg->image_height = image->height_px;
    jpeg->input_components = image->channels;
    jpeg->in_color_space = SPACES[image->color];
    jpeg_set_defaults(jpeg);
    if (options->store_rgb) jpeg_set_colorspace(jpeg, JCS_RGB);
    if (options->store_ycck) jpeg_set_colorspace(jpeg, JCS_YCCK);
    jpeg_set_quality(jpeg, options->quality ? options->quality : 90, TRUE);
    if (options->luma_h) jpeg->comp_info[0].h_samp_factor = options->luma_h;
    if (options->luma_v) jpeg->comp_info[0].v_samp_factor = options->luma_v;
    jpeg->arith_code = options->arithmetic;
    jpeg->restart_in_rows = (int)options->restart_rows;
    if (options->progressive) jpeg_simple_progression(jpeg);
}

pare_buf test_write_jpeg(const pare_image *image, const test_jpeg_options *options)
{
    static const test_jpeg_options DEFAULTS;
    if (!options) options = &DEFAULTS;
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long len = 0;
    jpeg.err = jpeg_std_error(&errors); /* an error ends the test's process */
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &len);
    configure(&jpeg, image, options);
    jpeg_start_compress(&jpeg, TRUE);
    write_metadata(&jpeg, options->metadata);
    uint8_t *row = malloc(image->stride_bytes);
    if (!row) abort();
    while (jpeg.next_scanline < jpeg.image_height) {
        memcpy(row, pare_image_row(image, jpeg.next_scanline), image->stride_bytes);
        for (size_t i = 0; image->color == PARE_COLOR_CMYK && i < image->stride_bytes; i++)
            row[i] = (uint8_t)(255 - row[i]); /* as Adobe's programs do */
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    free(row);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    pare_buf out = {0};
    MUST(pare_buf_append(&out, data, len));
    free(data);
    return out;
}
