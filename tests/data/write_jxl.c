// SPDX-License-Identifier: Apache-2.0
/* JPEG XL with what Pare does not write: turned by a field, animated, HDR, further channels. */
#include "data/make_image.h"

#include <stdlib.h>

#include <jxl/encode.h>

#include "support/test.h"

#define JXL_MUST(call) CHECK_INT(call, ==, JXL_ENC_SUCCESS)

static void set_header(JxlEncoder *jxl, const pare_image *image, const test_jxl_options *options)
{
    JxlBasicInfo info;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = image->width_px;
    info.ysize = image->height_px;
    info.bits_per_sample = image->depth_bits;
    info.num_color_channels = image->color == PARE_COLOR_GRAY ? 1 : 3;
    info.uses_original_profile = options->lossless;
    info.orientation = options->orientation ? (JxlOrientation)options->orientation : 1;
    info.num_extra_channels = image->has_alpha || options->with_depth_map;
    info.alpha_bits = image->has_alpha ? image->depth_bits : 0;
    if (options->frames > 1) {
        info.have_animation = JXL_TRUE;
        info.animation.tps_numerator = 10;
        info.animation.tps_denominator = 1;
    }
    JXL_MUST(JxlEncoderSetBasicInfo(jxl, &info));
    if (options->with_depth_map) {
        JxlExtraChannelInfo channel;
        JxlEncoderInitExtraChannelInfo(JXL_CHANNEL_DEPTH, &channel);
        JXL_MUST(JxlEncoderSetExtraChannelInfo(jxl, 0, &channel));
    }
    JxlColorEncoding colors;
    JxlColorEncodingSetToSRGB(&colors, image->color == PARE_COLOR_GRAY);
    if (options->hdr) {
        colors.primaries = JXL_PRIMARIES_2100;
        colors.transfer_function = JXL_TRANSFER_FUNCTION_PQ;
    }
    JXL_MUST(JxlEncoderSetColorEncoding(jxl, &colors));
}

static void add_frame(JxlEncoder *jxl, const pare_image *image, const test_jxl_options *options)
{
    const JxlPixelFormat format = {
        .num_channels = image->channels,
        .data_type = image->depth_bits == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
    };
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(jxl, NULL);
    JXL_MUST(JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, 3));
    if (options->lossless) JXL_MUST(JxlEncoderSetFrameLossless(settings, JXL_TRUE));
    if (options->frames > 1) {
        JxlFrameHeader header;
        JxlEncoderInitFrameHeader(&header);
        header.duration = 1;
        JXL_MUST(JxlEncoderSetFrameHeader(settings, &header));
    }
    const size_t len = image->stride_bytes * image->height_px;
    JXL_MUST(JxlEncoderAddImageFrame(settings, &format, image->pixels, len));
    if (options->with_depth_map) {
        const JxlPixelFormat one = {.num_channels = 1, .data_type = JXL_TYPE_UINT8};
        JXL_MUST(JxlEncoderSetExtraChannelBuffer(settings, &one, image->pixels,
                                                 (size_t)image->width_px * image->height_px, 0));
    }
}

pare_buf test_write_jxl(const pare_image *image, const test_jxl_options *options)
{
    pare_buf out = {0};
    JxlEncoder *jxl = JxlEncoderCreate(NULL);
    JXL_MUST(JxlEncoderUseContainer(jxl, options->in_boxes));
    set_header(jxl, image, options);
    for (uint32_t i = 0; i < (options->frames > 1 ? options->frames : 1); i++)
        add_frame(jxl, image, options);
    JxlEncoderCloseInput(jxl);
    JxlEncoderStatus status = JXL_ENC_NEED_MORE_OUTPUT;
    while (status == JXL_ENC_NEED_MORE_OUTPUT) {
        MUST(pare_buf_reserve(&out, 1 << 16));
        uint8_t *next = out.data + out.len;
        size_t left = out.cap - out.len;
        status = JxlEncoderProcessOutput(jxl, &next, &left);
        out.len = (size_t)(next - out.data);
    }
    JXL_MUST(status);
    JxlEncoderDestroy(jxl);
    return out;
}
