// SPDX-License-Identifier: Apache-2.0
/* make_many FOLDER COUNT SIDE: COUNT different JPEGs of SIDE x SIDE pixels in folders of 1,000, the
 * same every time. Each differs from the others in its first rows only, so that they cost alike but
 * none is the twin of another. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/make_image.h"
#include "support/test.h"

enum { FOLDER_COUNT = 1000, DIGITS = 24 };

/* The number as black and white squares of 8 pixels. */
static void stamp(pare_image *image, unsigned long number)
{
    for (uint32_t digit = 0; digit < DIGITS; digit++) {
        const uint32_t side = image->width_px / 8, x = digit % side * 8, y = digit / side * 8;
        for (uint32_t row = y; row < y + 8 && row < image->height_px; row++)
            memset(pare_image_row(image, row) + x * 3, number >> digit & 1 ? 230 : 30, 8 * 3);
    }
}

int main(int argc, char **argv)
{
    const unsigned long count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    const unsigned long side = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (count == 0 || side < 32 || side > 8192) {
        fprintf(stderr, "usage: make_many FOLDER COUNT SIDE (32..8192)\n");
        return 2;
    }
    if (mkdir(argv[1], 0755) != 0 || chdir(argv[1]) != 0) {
        perror(argv[1]);
        return 1;
    }
    pare_image image = test_make(TEST_PHOTO, (uint32_t)side, (uint32_t)side);
    const test_jpeg_options options = {.quality = 92};
    for (unsigned long i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%04lu", i / FOLDER_COUNT);
        if (i % FOLDER_COUNT == 0 && mkdir(name, 0755) != 0) return 1;
        stamp(&image, i);
        pare_buf file = test_write_jpeg(&image, &options);
        snprintf(name, sizeof name, "%04lu/%06lu.jpg", i / FOLDER_COUNT, i);
        test_put_bytes(AT_FDCWD, name, file.data, file.len);
        pare_buf_deinit(&file);
    }
    pare_image_deinit(&image);
    return 0;
}
