// SPDX-License-Identifier: Apache-2.0
/* Fuzz what is read of EXIF blocks and colour profiles: four bytes choose, the rest is a block. */
#include "fuzz.h"

#include <string.h>

#include "core/image/exif.h"
#include "core/image/metadata.h"
#include "core/transform/transform.h"

static void filter(pare_bytes block, uint32_t keep, uint8_t orientation)
{
    pare_metadata from = {0}, to = {0}, again = {0};
    if (pare_buf_append(&from.exif, block.data, block.len) != PARE_OK ||
        pare_buf_append(&from.xmp, block.data, block.len) != PARE_OK) {
        abort();
    }
    (void)pare_exif_orientation(block);
    (void)pare_exif_has_gps(block);
    if (pare_metadata_filter(&from, keep, orientation, &to) == PARE_OK && to.exif.len > 0) {
        const pare_bytes written = pare_buf_view(&to.exif);
        FUZZ_CHECK(pare_exif_orientation(written) == orientation);
        if (!(keep & PARE_KEEP_GPS)) FUZZ_CHECK(!pare_exif_has_gps(written));
        /* What Pare wrote it reads without loss. */
        FUZZ_CHECK(pare_metadata_filter(&to, keep, orientation, &again) == PARE_OK);
        FUZZ_CHECK(again.exif.len <= to.exif.len);
    }
    pare_metadata_deinit(&from);
    pare_metadata_deinit(&to);
    pare_metadata_deinit(&again);
}

static void convert(pare_bytes profile, pare_color color)
{
    pare_image image = {0};
    if (pare_image_init(&image, 4, 4, color, false, 8) != PARE_OK ||
        pare_buf_append(&image.metadata.icc, profile.data, profile.len) != PARE_OK) {
        abort();
    }
    memset(image.pixels, 100, image.stride_bytes * 4);
    (void)pare_transform_is_srgb(&image);
    if (pare_transform_srgb(&image, NULL) == PARE_OK) {
        FUZZ_CHECK(image.metadata.icc.len == 0);
        FUZZ_CHECK(image.width_px == 4 && image.height_px == 4);
    }
    pare_image_deinit(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 4) return 0;
    const pare_bytes block = {data + 4, len - 4};
    if (data[0] % 4 == 3) {
        convert(block, (pare_color)(data[1] % 3));
    } else {
        filter(block, data[1] & PARE_KEEP_ALL, (uint8_t)(1 + data[2] % 8));
    }
    return 0;
}
