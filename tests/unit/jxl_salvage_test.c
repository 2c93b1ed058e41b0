// SPDX-License-Identifier: Apache-2.0
/* What is left of a cut JPEG XL. */
#include "support/test.h"

#include <stdio.h>

#include <pare/pare.h>

#include "core/codec/codec.h"
#include "data/make_image.h"

static pare_image decode(pare_bytes file)
{
    pare_image image = {0};
    MUST(pare_codec_find(pare_format_sniff(file.data, file.len))
             ->decode(file, &(pare_limits){0}, &image, NULL));
    return image;
}

/* Its coarse picture comes first; a lossless one has none. */
TEST(a_cut_jpeg_xl_shows_all_of_the_image)
{
    pare_image image = test_make(TEST_PHOTO, 300, 280); /* several groups */
    for (int boxed = 0; boxed < 2; boxed++) {
        pare_buf file = test_write_jxl(&image, &(test_jxl_options){.in_boxes = boxed});
        for (unsigned percent = 60; percent < 100; percent += 13) {
            pare_result result;
            CHECK_INT(pare_salvage(file.data, file.len * percent / 100, NULL, &result, NULL), ==,
                      PARE_OK);
            CHECK_INT(result.salvaged, ==, 280);
            pare_image have = decode((pare_bytes){result.data, result.len});
            const double difference = test_difference(&have, &image);
            printf("# %u %%: %.1f away\n", percent, difference);
            CHECK_TRUE(difference < 25);
            pare_image_deinit(&have);
            pare_result_deinit(&result);
        }
        pare_buf_deinit(&file);
    }
    pare_buf file = test_write_jxl(&image, &(test_jxl_options){.lossless = true});
    pare_result result;
    CHECK_INT(pare_salvage(file.data, file.len / 2, NULL, &result, NULL), ==, PARE_ERR_TRUNCATED);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

RUN(a_cut_jpeg_xl_shows_all_of_the_image)
