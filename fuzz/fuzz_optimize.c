// SPDX-License-Identifier: Apache-2.0
/* Fuzz the whole core: four bytes choose the options, the rest is an image. What comes out must be
 * smaller, readable and of the planned size. */
#include "fuzz.h"

#include <pare/pare.h>

static void choose(const uint8_t *bytes, pare_options *options)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP};
    static const pare_target TARGETS[] = {PARE_TARGET_ORIGINAL, PARE_TARGET_AUTO,
                                          PARE_TARGET_FORMAT};
    pare_options_init(options);
    options->max_pixels = 1 << 16;
    options->effort = bytes[0] % 4;
    options->target = TARGETS[bytes[0] / 4 % 3];
    options->format = FORMATS[bytes[1] % 3];
    if (bytes[1] & 64) options->format = PARE_FORMAT_JXL; /* refused where it is not built in */
    if (bytes[1] & 4) {
        options->quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    } else if (bytes[1] & 8) {
        options->quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 1 + bytes[2] % 100};
    }
    if (bytes[1] & 16) {
        options->resize =
            (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = 1 + (uint32_t)bytes[3]};
    }
    options->keep = bytes[2] & PARE_KEEP_ALL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    pare_options options;
    pare_result result = {0};

    if (len < 4) return 0;
    choose(data, &options);
    const pare_err err = pare_optimize(data + 4, len - 4, &options, &result, NULL);
    FUZZ_CHECK(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
    if (err == PARE_OK) {
        pare_info info = {0};
        FUZZ_CHECK(result.len < len - 4);
        FUZZ_CHECK(pare_read_info(result.data, result.len, &info, NULL) == PARE_OK);
        FUZZ_CHECK(info.format == result.format_out);
        FUZZ_CHECK(info.width_px == result.width_out_px);
        FUZZ_CHECK(info.height_px == result.height_out_px);
    } else {
        FUZZ_CHECK(result.data == NULL);
    }
    pare_result_deinit(&result);
    return 0;
}
