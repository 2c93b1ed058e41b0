// SPDX-License-Identifier: Apache-2.0
/* Images for tests, made by code: the same pixels on every machine, and files of them written by
 * the libraries themselves. Every function ends the test when it fails; results are owned. */
#ifndef PARE_TESTS_DATA_MAKE_IMAGE_H
#define PARE_TESTS_DATA_MAKE_IMAGE_H

#include "core/image/image.h"

typedef enum test_picture {
    TEST_PHOTO = 0,    /* soft shapes and noise, as a camera gives */
    TEST_GRAPHIC = 1,  /* flat colours, straight edges, "text" */
    TEST_GRADIENT = 2, /* smooth ramps */
    TEST_ALPHA = 3,    /* a disc with a soft edge; transparent outside, with alpha */
    TEST_NIGHT = 4     /* a photograph of coloured lights: dark, saturated, noisy */
} test_picture;

/* RGB, 8 bits; TEST_ALPHA is RGBA. */
pare_image test_make(test_picture picture, uint32_t width_px, uint32_t height_px);

/* Any shape. Alpha of a picture other than TEST_ALPHA is opaque; CMYK is the simple inverse. */
pare_image test_make_as(test_picture picture, uint32_t width_px, uint32_t height_px,
                        pare_color color, uint8_t depth_bits);

/* Mean of absolute differences in units of 1/255; 1000 when shapes differ. Alpha counts. */
double test_difference(const pare_image *a, const pare_image *b);
bool test_same_pixels(const pare_image *a, const pare_image *b);

/* An EXIF block with an orientation, an artist and, if asked, a GPS directory; little-endian. */
pare_buf test_make_exif(uint8_t orientation, bool with_gps);
/* Replaces the block's contents by a text. */
void test_set_text(pare_buf *block, const char *text);

/* Zero is a sensible file: quality 90, 4:2:0 for RGB. */
typedef struct test_jpeg_options {
    int quality;                   /* 0: 90 */
    uint8_t luma_h, luma_v;        /* sampling of the first component; 0: 2 x 2 for RGB */
    bool progressive, arithmetic;  /* */
    bool store_rgb, store_ycck;    /* Adobe transforms 0 and 2 */
    uint32_t restart_rows;         /* restart marker every so many rows of blocks; 0: none */
    const pare_metadata *metadata; /* exif, xmp, icc, iptc, comment */
} test_jpeg_options;
pare_buf test_write_jpeg(const pare_image *image, const test_jpeg_options *options);

typedef struct test_png_options {
    bool interlaced;
    bool palette;            /* 8-bit RGB or RGBA of at most 256 colours */
    double file_gamma;       /* gAMA, e.g. 1.0; 0: none */
    const double *chrm;      /* cHRM: white, red, green, blue as x, y; NULL: none */
    const uint8_t *cicp;     /* cICP: 4 bytes; NULL: none */
    uint32_t animated_count; /* writes an acTL chunk that says so; 0: none */
    const pare_metadata *metadata;
} test_png_options;
pare_buf test_write_png(const pare_image *image, const test_png_options *options);

/* Frames of one picture, each shifted; 8-bit RGB(A) in 6 x 6 x 6 colours. */
pare_buf test_write_gif(const pare_image *image, uint32_t frames, bool interlaced);

typedef struct test_tiff_options {
    bool associated_alpha, white_is_zero, tiled, lzw;
    bool directory_first; /* as cameras write it: a cut file still has it; one page */
    uint32_t strip_rows;  /* 0: 8 */
    uint8_t orientation;  /* 0: no tag */
    uint32_t pages;       /* 0: 1 */
    const pare_metadata *metadata;
} test_tiff_options;
pare_buf test_write_tiff(const pare_image *image, const test_tiff_options *options);

/* Only where the library is there. */
typedef struct test_jxl_options {
    bool lossless, in_boxes;
    bool hdr;            /* PQ */
    bool with_depth_map; /* of an image without alpha */
    uint8_t orientation; /* 0: 1 */
    uint32_t frames;     /* 0: 1 */
} test_jxl_options;
pare_buf test_write_jxl(const pare_image *image, const test_jxl_options *options);

#endif /* PARE_TESTS_DATA_MAKE_IMAGE_H */
