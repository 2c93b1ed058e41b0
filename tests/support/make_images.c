// SPDX-License-Identifier: Apache-2.0
/* make_images: a small folder of images for tests of the command line, the same every time.
 *
 *   photo.jpg rotated.jpg graphic.png alpha.png sub/photo2.jpg sub/same.jpg (as photo2.jpg)
 *   sub/page.tif broken.jpg (cut off) text.txt (no image) */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/make_image.h"
#include "support/test.h"

static void put(const char *name, pare_buf bytes)
{
    test_put_bytes(AT_FDCWD, name, bytes.data, bytes.len);
    pare_buf_deinit(&bytes);
}

static void put_jpegs(void)
{
    pare_image photo = test_make(TEST_PHOTO, 640, 480);
    pare_image other = test_make(TEST_PHOTO, 400, 300);
    pare_metadata metadata = {.exif = test_make_exif(6, true)};
    const test_jpeg_options plain = {.quality = 97};
    const test_jpeg_options rotated = {.quality = 97, .metadata = &metadata};
    put("photo.jpg", test_write_jpeg(&photo, &plain));
    put("rotated.jpg", test_write_jpeg(&photo, &rotated));
    put("sub/photo2.jpg", test_write_jpeg(&other, &plain));
    put("sub/same.jpg", test_write_jpeg(&other, &plain));
    pare_buf cut = test_write_jpeg(&photo, &plain);
    cut.len /= 3;
    put("broken.jpg", cut);
    pare_metadata_deinit(&metadata);
    pare_image_deinit(&photo);
    pare_image_deinit(&other);
}

int main(int argc, char **argv)
{
    if (argc != 2 || (mkdir(argv[1], 0755) != 0 && access(argv[1], W_OK) != 0) ||
        chdir(argv[1]) != 0 || mkdir("sub", 0755) != 0) {
        fprintf(stderr, "usage: make_images FOLDER (without a folder sub/)\n");
        return 2;
    }
    put_jpegs();
    pare_image graphic = test_make(TEST_GRAPHIC, 300, 200);
    pare_image alpha = test_make(TEST_ALPHA, 200, 200);
    const test_png_options png = {0};
    const test_tiff_options tiff = {0};
    put("graphic.png", test_write_png(&graphic, &png));
    put("alpha.png", test_write_png(&alpha, &png));
    put("sub/page.tif", test_write_tiff(&graphic, &tiff));
    test_put(AT_FDCWD, "text.txt", "no image\n");
    pare_image_deinit(&graphic);
    pare_image_deinit(&alpha);
    return 0;
}
