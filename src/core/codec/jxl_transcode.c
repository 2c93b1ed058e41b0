// SPDX-License-Identifier: Apache-2.0
/* JPEG in JPEG XL with libjxl, in one thread. */
#include "core/codec/jxl_transcode.h"

#include <string.h>

#include <jxl/decode.h>
#include <jxl/encode.h>

#include "base/err.h"

enum { OUTPUT_STEP_BYTES = 1 << 16, FIRST_BYTES = 1 << 18 };

pare_err pare_jxl_collect(void *jxl, pare_buf *out, pare_diag *diag)
{
    JxlEncoderCloseInput(jxl);
    for (;;) {
        PARE_TRY(pare_buf_reserve(out, OUTPUT_STEP_BYTES));
        uint8_t *next = out->data + out->len;
        size_t left = out->cap - out->len;
        const JxlEncoderStatus status = JxlEncoderProcessOutput(jxl, &next, &left);
        out->len = (size_t)(next - out->data);
        if (status == JXL_ENC_SUCCESS) return PARE_OK;
        if (status != JXL_ENC_NEED_MORE_OUTPUT) {
            return pare_fail(diag, PARE_ERR_CODEC, "encode: libjxl error %d",
                             (int)JxlEncoderGetError(jxl));
        }
    }
}

static bool add_jpeg(JxlEncoder *jxl, pare_bytes jpeg, int effort)
{
    /* 8 takes twice as long as 7 for half a percent, 9 four times for two thirds */
    static const int EFFORTS[PARE_EFFORT_MAX + 1] = {3, 3, 6, 6, 7, 7, 8, 8, 8, 9, 9};
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(jxl, NULL);
    return settings && JxlEncoderStoreJPEGMetadata(jxl, JXL_TRUE) == JXL_ENC_SUCCESS &&
           JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT,
                                            EFFORTS[effort]) == JXL_ENC_SUCCESS &&
           JxlEncoderAddJPEGFrame(settings, jpeg.data, jpeg.len) == JXL_ENC_SUCCESS;
}

pare_err pare_jxl_transcode(pare_bytes jpeg, int effort, pare_buf *out, pare_diag *diag)
{
    out->len = 0;
    JxlEncoder *jxl = JxlEncoderCreate(NULL);
    if (!jxl) return PARE_ERR_NO_MEMORY;
    const pare_err err = add_jpeg(jxl, jpeg, effort)
                             ? pare_jxl_collect(jxl, out, diag)
                             : pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                                         "JPEG XL does not take this kind of JPEG");
    JxlEncoderDestroy(jxl);
    return err;
}

/* Events until the pixels would come: the JPEG comes in their place. The memory grows by doubling.
 */
static pare_err reconstruct(JxlDecoder *decoder, pare_bytes file, size_t most_len, pare_buf *out)
{
    if (JxlDecoderSubscribeEvents(decoder, JXL_DEC_JPEG_RECONSTRUCTION | JXL_DEC_FULL_IMAGE) !=
            JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(decoder, file.data, file.len) != JXL_DEC_SUCCESS) {
        return PARE_ERR_CORRUPT;
    }
    JxlDecoderCloseInput(decoder);
    JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
    if (status != JXL_DEC_JPEG_RECONSTRUCTION) return PARE_ERR_CORRUPT;
    /* more room each time, whether some was used or not */
    for (size_t room = FIRST_BYTES;; room *= 2) {
        PARE_TRY(pare_buf_reserve(out, room));
        if (JxlDecoderSetJPEGBuffer(decoder, out->data + out->len, out->cap - out->len) !=
            JXL_DEC_SUCCESS) {
            return PARE_ERR_CORRUPT;
        }
        status = JxlDecoderProcessInput(decoder);
        out->len = out->cap - JxlDecoderReleaseJPEGBuffer(decoder);
        if (status != JXL_DEC_JPEG_NEED_MORE_OUTPUT) break;
        if (room / 2 > most_len) return PARE_ERR_CORRUPT;
    }
    if (status != JXL_DEC_FULL_IMAGE) return PARE_ERR_CORRUPT;
    return PARE_OK;
}

pare_err pare_jxl_reconstruct(pare_bytes file, size_t most_len, pare_buf *out)
{
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    if (!decoder) return PARE_ERR_NO_MEMORY;
    const pare_err err = reconstruct(decoder, file, most_len, out);
    JxlDecoderDestroy(decoder);
    return err;
}

pare_err pare_jxl_check_transcoded(pare_bytes file, pare_bytes jpeg, pare_diag *diag)
{
    pare_buf back = {0};
    pare_err err = pare_jxl_reconstruct(file, jpeg.len, &back);
    const bool same =
        err == PARE_OK && back.len == jpeg.len && memcmp(back.data, jpeg.data, back.len) == 0;
    pare_buf_deinit(&back);
    if (same || err == PARE_ERR_NO_MEMORY) return err;
    return pare_fail(diag, PARE_ERR_VERIFY, "verify: the JPEG does not come back as it was");
}
