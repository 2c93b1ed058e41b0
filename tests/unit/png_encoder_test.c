// SPDX-License-Identifier: Apache-2.0
/* What the PNG encoder promises about pixels, sizes and metadata. */
#include "core/codec/png_encoder.h"

#include <stdlib.h>

#include "base/checked.h"
#include "core/codec/png_decode.h"
#include "support/test.h"

enum { IHDR_DEPTH = 24, IHDR_TYPE = 25 };

typedef struct shape {
    const char *label;
    uint32_t width_px, height_px;
    pare_color color;
    bool has_alpha;
    uint8_t depth_bits;
} shape;

static pare_image make_image(const shape *s)
{
    pare_image image;
    MUST(pare_image_init(&image, s->width_px, s->height_px, s->color, s->has_alpha, s->depth_bits));
    return image;
}

static void put(pare_image *image, uint32_t x, uint32_t y, const uint16_t v[4])
{
    uint8_t *row = pare_image_row(image, y);
    for (unsigned c = 0; c < image->channels; c++) {
        const size_t at = (size_t)x * image->channels + c;
        if (image->depth_bits == 16)
            memcpy(row + at * 2, &v[c], 2);
        else
            row[at] = (uint8_t)v[c];
    }
}

/* A smooth slope with some noise; colours of many kinds. */
static void paint_photo(pare_image *image, uint64_t seed)
{
    const unsigned shift = image->depth_bits == 16 ? 8 : 0;
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            uint16_t v[4];
            for (unsigned c = 0; c < 4; c++) {
                const unsigned slope =
                    (x * (c + 1) + y * (3 - c)) / 2 + (unsigned)(test_random(&seed) % 7);
                v[c] = (uint16_t)((slope & 255) << shift | (shift ? test_random(&seed) % 256 : 0));
            }
            put(image, x, y, v);
        }
    }
}

/* Squares of `count` colours. */
static void paint_squares(pare_image *image, unsigned count)
{
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            const unsigned n = (x / 3 + y / 3 * 31) % count;
            const uint16_t v[4] = {(uint16_t)(n * 37 & 255), (uint16_t)(n * 91 & 255), (uint16_t)n,
                                   255};
            put(image, x, y, v);
        }
    }
}

/* The bytes of the image as a PNG. Release with pare_buf_deinit(). */
static pare_buf encode(const pare_image *image, const pare_encode_params *params, double quality)
{
    const pare_source source = {.image = image, .metadata = &image->metadata};
    pare_encoder *encoder = NULL;
    pare_buf out = {0};
    MUST(pare_png_encoder_open(&source, params, &encoder, NULL));
    MUST(pare_png_encoder_try(encoder, quality, &out, NULL));
    pare_png_encoder_close(&encoder);
    CHECK_TRUE(encoder == NULL);
    return out;
}

static pare_buf encode_lossless(const pare_image *image, int effort)
{
    const pare_encode_params params = {.lossless = true, .effort = effort};
    return encode(image, &params, 0);
}

static pare_image decode(const pare_buf *file)
{
    const pare_limits limits = {.max_pixels = 1 << 24};
    pare_image image = {0};
    MUST(pare_png_decode(pare_buf_view(file), &limits, &image, NULL));
    return image;
}

/* Pixel as 16-bit RGBA, black when nobody can see it. */
static void look(const pare_image *image, uint32_t x, uint32_t y, uint16_t out[4])
{
    const uint8_t *row = pare_image_row(image, y);
    uint16_t v[4] = {0};
    for (unsigned c = 0; c < image->channels; c++) {
        const size_t at = (size_t)x * image->channels + c;
        if (image->depth_bits == 16)
            memcpy(&v[c], row + at * 2, 2);
        else
            v[c] = (uint16_t)(row[at] * 257);
    }
    const bool gray = image->color == PARE_COLOR_GRAY;
    out[0] = v[0];
    out[1] = gray ? v[0] : v[1];
    out[2] = gray ? v[0] : v[2];
    out[3] = image->has_alpha ? v[image->channels - 1] : 65535;
    if (out[3] == 0) memset(out, 0, 6);
}

static uint64_t count_different(const pare_image *a, const pare_image *b)
{
    uint64_t count = 0;
    if (a->width_px != b->width_px || a->height_px != b->height_px) return UINT64_MAX;
    for (uint32_t y = 0; y < a->height_px; y++) {
        for (uint32_t x = 0; x < a->width_px; x++) {
            uint16_t va[4], vb[4];
            look(a, x, y, va);
            look(b, x, y, vb);
            count += memcmp(va, vb, sizeof va) != 0;
        }
    }
    return count;
}

static void check_round_trip(const pare_image *image, int effort)
{
    pare_buf file = encode_lossless(image, effort);
    pare_image back = decode(&file);
    CHECK_INT(count_different(image, &back), ==, 0);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
}

static const shape SHAPES[] = {
    {"gray 8", 61, 43, PARE_COLOR_GRAY, false, 8},
    {"gray alpha 8", 61, 43, PARE_COLOR_GRAY, true, 8},
    {"rgb 8", 61, 43, PARE_COLOR_RGB, false, 8},
    {"rgba 8", 61, 43, PARE_COLOR_RGB, true, 8},
    {"gray 16", 61, 43, PARE_COLOR_GRAY, false, 16},
    {"gray alpha 16", 61, 43, PARE_COLOR_GRAY, true, 16},
    {"rgb 16", 61, 43, PARE_COLOR_RGB, false, 16},
    {"rgba 16", 61, 43, PARE_COLOR_RGB, true, 16},
    {"one pixel", 1, 1, PARE_COLOR_RGB, true, 8},
    {"one row", 300, 1, PARE_COLOR_RGB, false, 8},
    {"one column", 1, 300, PARE_COLOR_RGB, true, 16},
    {"more than a sample", 700, 500, PARE_COLOR_RGB, false, 8},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

TEST(pixels_of_every_shape_come_back_identical)
{
    static const int EFFORTS[] = {0, 4, 7, 10};
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        printf("# %s\n", SHAPES[i].label);
        pare_image image = make_image(&SHAPES[i]);
        paint_photo(&image, i + 1);
        const bool large = SHAPES[i].width_px > 600;
        for (size_t e = 0; e < (large ? 2 : 4); e++)
            check_round_trip(&image, EFFORTS[e]);
        pare_image_deinit(&image);
    }
}

TEST(palettes_of_every_depth_come_back_identical)
{
    static const unsigned COUNTS[] = {1, 2, 3, 4, 5, 16, 17, 255, 256, 257};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        printf("# %u colours\n", COUNTS[i]);
        pare_image image = make_image(&SHAPES[3]);
        paint_squares(&image, COUNTS[i]);
        check_round_trip(&image, 1);
        check_round_trip(&image, 6);
        pare_image_deinit(&image);
    }
}

/* --- reductions ------------------------------------------------------------------------------ */

static void paint_gray(pare_image *image)
{
    paint_photo(image, 5);
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint8_t *row = pare_image_row(image, y);
        for (uint32_t x = 0; x < image->width_px; x++)
            row[x * 3 + 1] = row[x * 3 + 2] = row[x * 3];
    }
}

static void paint_black_and_white(pare_image *image)
{
    uint64_t seed = 9;
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            const uint16_t on = test_random(&seed) & 1 ? 255 : 0;
            put(image, x, y, (const uint16_t[4]){on, on, on, 255});
        }
    }
}

static void paint_200(pare_image *image)
{
    uint64_t seed = 14;
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            const unsigned n = (unsigned)(test_random(&seed) % 200);
            put(image, x, y, (const uint16_t[4]){(uint16_t)n, (uint16_t)(255 - n), 7, 255});
        }
    }
}

static void paint_opaque(pare_image *image)
{
    paint_photo(image, 6);
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++)
            pare_image_row(image, y)[x * 4 + 3] = 255;
    }
}

static void paint_repeated_bytes(pare_image *image)
{
    paint_photo(image, 7);
    for (uint32_t y = 0; y < image->height_px; y++) {
        uint8_t *row = pare_image_row(image, y);
        for (uint32_t x = 0; x < image->width_px * 3; x++)
            row[x * 2] = row[x * 2 + 1];
    }
}

static void paint_half_clear(pare_image *image)
{
    paint_opaque(image);
    for (uint32_t y = 0; y < image->height_px; y += 2) {
        for (uint32_t x = 0; x < image->width_px; x++)
            pare_image_row(image, y)[x * 4 + 3] = 0;
    }
}

static void paint_photo_5(pare_image *image)
{
    paint_photo(image, 5);
}

TEST(an_image_takes_no_more_channels_or_bits_than_it_needs)
{
    static const struct {
        const char *label;
        void (*paint)(pare_image *image);
        shape shape;
        int want_type, want_depth;
    } CASES[] = {
        {"gray in RGB", paint_gray, {"", 90, 90, PARE_COLOR_RGB, false, 8}, 0, 8},
        {"two colours", paint_black_and_white, {"", 90, 90, PARE_COLOR_RGB, true, 8}, 0, 1},
        {"200 colours", paint_200, {"", 90, 90, PARE_COLOR_RGB, false, 8}, 3, 8},
        {"opaque alpha", paint_opaque, {"", 90, 90, PARE_COLOR_RGB, true, 8}, 2, 8},
        {"bytes repeated", paint_repeated_bytes, {"", 90, 90, PARE_COLOR_RGB, false, 16}, 2, 8},
        {"all or nothing alpha", paint_half_clear, {"", 90, 90, PARE_COLOR_RGB, true, 8}, 2, 8},
        {"true 16 bits", paint_photo_5, {"", 90, 90, PARE_COLOR_RGB, true, 16}, 6, 16},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        printf("# %s\n", CASES[i].label);
        pare_image image = make_image(&CASES[i].shape);
        CASES[i].paint(&image);
        pare_buf file = encode_lossless(&image, 4);
        CHECK_INT(file.data[IHDR_TYPE], ==, CASES[i].want_type);
        CHECK_INT(file.data[IHDR_DEPTH], ==, CASES[i].want_depth);
        pare_image back = decode(&file);
        CHECK_INT(count_different(&image, &back), ==, 0);
        pare_image_deinit(&back);
        pare_buf_deinit(&file);
        pare_image_deinit(&image);
    }
}

TEST(a_fully_transparent_image_becomes_tiny_whatever_it_hides)
{
    pare_image image = make_image(&(shape){"", 200, 200, PARE_COLOR_RGB, true, 8});
    paint_photo(&image, 3);
    for (uint32_t y = 0; y < 200; y++) {
        for (uint32_t x = 0; x < 200; x++)
            pare_image_row(&image, y)[x * 4 + 3] = 0;
    }
    pare_buf file = encode_lossless(&image, 4);
    CHECK_INT(file.len, <, 140);
    pare_image back = decode(&file);
    CHECK_INT(count_different(&image, &back), ==, 0);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* --- effort ---------------------------------------------------------------------------------- */

TEST(more_effort_never_gives_a_bigger_file)
{
    for (unsigned kind = 0; kind < 9; kind++) {
        const bool large = kind == 8; /* beyond what is tried in full */
        pare_image image = make_image(
            &(shape){"", large ? 500 : 57, large ? 400 : 64, PARE_COLOR_RGB, kind & 1, 8});
        if (kind < 4 || large)
            paint_photo(&image, kind + 11);
        else
            paint_squares(&image, 1u << (kind * 2 - 6));
        size_t last = INT32_MAX;
        for (int effort = 0; effort <= (large ? 7 : 10); effort++) {
            pare_buf file = encode_lossless(&image, effort);
            printf("# kind %u effort %d: %zu\n", kind, effort, file.len);
            CHECK_INT(file.len, <=, last);
            last = file.len;
            pare_buf_deinit(&file);
        }
        pare_image_deinit(&image);
    }
}

TEST(the_same_image_gives_the_same_bytes)
{
    for (int lossless = 0; lossless < 2; lossless++) {
        pare_image image = make_image(&SHAPES[3]);
        paint_photo(&image, 21);
        const pare_encode_params params = {.lossless = lossless, .effort = 6};
        pare_buf a = encode(&image, &params, 70), b = encode(&image, &params, 70);
        CHECK_INT(a.len, ==, b.len);
        CHECK_TRUE(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
        pare_buf_deinit(&a);
        pare_buf_deinit(&b);
        pare_image_deinit(&image);
    }
}

/* --- metadata -------------------------------------------------------------------------------- */

/* A profile with all that libpng looks at. */
static void put_profile(pare_buf *icc)
{
    uint8_t profile[144] = {0, 0, 0, 144};
    memcpy(profile + 8, "\2\20\0\0mntrRGB XYZ ", 16);
    memcpy(profile + 36, "acsp", 4);
    memcpy(profile + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12);
    profile[131] = 1;
    memcpy(profile + 132, "desc\0\0\0\x80\0\0\0\x10", 12);
    MUST(pare_buf_append(icc, profile, sizeof profile));
}

TEST(metadata_comes_back_byte_for_byte)
{
    static const char EXIF[] = "II*\0\10\0\0\0\0\0\0\0\0\0";
    static const char XMP[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
    static const char TEXT[] = "made by hand";
    pare_image image = make_image(&SHAPES[2]);
    paint_photo(&image, 2);
    MUST(pare_buf_append(&image.metadata.exif, EXIF, sizeof EXIF - 1));
    MUST(pare_buf_append(&image.metadata.xmp, XMP, sizeof XMP - 1));
    MUST(pare_buf_append(&image.metadata.comment, TEXT, sizeof TEXT - 1));
    put_profile(&image.metadata.icc);
    MUST(pare_buf_append(&image.metadata.iptc, "8BIM\4\4\0\0\0\0\0\0", 12));
    pare_buf file = encode_lossless(&image, 1);
    CHECK_TRUE(memmem(file.data, file.len, "zTXtRaw profile type iptc", 26) != NULL);
    pare_image back = decode(&file);
    const pare_metadata *want = &image.metadata, *have = &back.metadata;
    const pare_buf *wanted[] = {&want->exif, &want->xmp, &want->icc, &want->comment};
    const pare_buf *got[] = {&have->exif, &have->xmp, &have->icc, &have->comment};
    for (size_t i = 0; i < 4; i++) {
        printf("# block %zu\n", i);
        CHECK_INT(got[i]->len, ==, wanted[i]->len);
        CHECK_TRUE(got[i]->len == wanted[i]->len &&
                   memcmp(got[i]->data, wanted[i]->data, got[i]->len) == 0);
    }
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    pare_image_deinit(&image);
}

/* --- palettes -------------------------------------------------------------------------------- */

TEST(a_lossy_palette_is_smaller_and_close)
{
    pare_image image = make_image(&(shape){"", 128, 128, PARE_COLOR_RGB, false, 8});
    paint_photo(&image, 4);
    pare_buf exact = encode_lossless(&image, 4);
    const pare_encode_params params = {.effort = 4};
    pare_buf file = encode(&image, &params, 60);
    if (file.len == exact.len && file.data[IHDR_TYPE] != 3) test_skip("built without quantizer");
    CHECK_INT(file.data[IHDR_TYPE], ==, 3);
    CHECK_INT(file.len, <, exact.len * 2 / 3);
    pare_image back = decode(&file);
    double error = 0;
    for (uint32_t y = 0; y < 128; y++) {
        for (uint32_t x = 0; x < 128; x++) {
            uint16_t a[4], b[4];
            look(&image, x, y, a);
            look(&back, x, y, b);
            for (int c = 0; c < 3; c++)
                error += abs(a[c] - b[c]) / 257.0;
        }
    }
    CHECK_DOUBLE(error / (128 * 128 * 3), <, 14);
    pare_image_deinit(&back);
    pare_buf_deinit(&file);
    pare_buf_deinit(&exact);
    pare_image_deinit(&image);
}

TEST(a_lossy_try_is_never_bigger_than_the_lossless_file)
{
    static const double QUALITIES[] = {1, 50, 100};
    for (unsigned kind = 0; kind < 2; kind++) {
        pare_image image = make_image(&SHAPES[3]);
        if (kind == 0)
            paint_photo(&image, 8);
        else
            paint_squares(&image, 16);
        pare_buf exact = encode_lossless(&image, 4);
        const pare_encode_params params = {.effort = 4};
        for (size_t i = 0; i < 3; i++) {
            pare_buf file = encode(&image, &params, QUALITIES[i]);
            CHECK_INT(file.len, <=, exact.len);
            pare_buf_deinit(&file);
        }
        pare_buf_deinit(&exact);
        pare_image_deinit(&image);
    }
}

/* Noise in the first 16 of every 128 rows, which are those that guesses look at, and slopes, which
 * take next to nothing without loss and much with few colours. */
static void paint_stripes(pare_image *image, uint32_t noise_px)
{
    uint64_t seed = 1;
    for (uint32_t y = 0; y < image->height_px; y++) {
        for (uint32_t x = 0; x < image->width_px; x++) {
            uint16_t v[4] = {(uint16_t)((x + y * 3) & 255), (uint16_t)((x * 2 + y) & 255),
                             (uint16_t)((x * 3 + y * 2) & 255), 255};
            for (unsigned c = 0; c < 3 && y % 128 < 16 && x < noise_px; c++)
                v[c] = (uint16_t)(test_random(&seed) & 255);
            put(image, x, y, v);
        }
    }
}

TEST(a_lossy_try_is_never_bigger_where_some_rows_tell_little_of_all)
{
    static const double QUALITIES[] = {40, 60, 90};
    pare_image image = make_image(&(shape){"", 300, 2048, PARE_COLOR_RGB, false, 8});
    paint_stripes(&image, 150);
    pare_buf exact = encode_lossless(&image, 2);
    const pare_encode_params params = {.effort = 2};
    for (size_t i = 0; i < sizeof QUALITIES / sizeof *QUALITIES; i++) {
        pare_buf file = encode(&image, &params, QUALITIES[i]);
        printf("# quality %g: %zu of %zu bytes\n", QUALITIES[i], file.len, exact.len);
        CHECK_INT(file.len, <=, exact.len);
        pare_buf_deinit(&file);
    }
    pare_buf_deinit(&exact);
    pare_image_deinit(&image);
}

/* Few rows again and again in any order, which only those unfiltered show, then slopes. */
static void paint_rows(pare_image *image, uint32_t slopes_from)
{
    enum { ROWS = 16, COLORS = 16, WIDTH_MAX = 100 };
    uint64_t seed = 1;
    uint16_t colors[COLORS][4];
    uint8_t rows[ROWS][WIDTH_MAX];
    for (unsigned i = 0; i < COLORS; i++) {
        for (unsigned c = 0; c < 4; c++)
            colors[i][c] = c < 3 ? (uint16_t)(test_random(&seed) & 255) : 255;
    }
    for (unsigned y = 0; y < ROWS; y++) {
        for (unsigned x = 0; x < WIDTH_MAX; x++)
            rows[y][x] = (uint8_t)(test_random(&seed) % COLORS);
    }
    paint_stripes(image, 0);
    for (uint32_t y = 0; y < slopes_from; y++) {
        const uint8_t *row = rows[test_random(&seed) % ROWS];
        for (uint32_t x = 0; x < image->width_px; x++)
            put(image, x, y, colors[row[x]]);
    }
}

TEST(a_lossy_try_is_never_bigger_where_rows_come_again)
{
    pare_image image = make_image(&(shape){"", 100, 3400, PARE_COLOR_RGB, false, 8});
    paint_rows(&image, 3000);
    pare_buf exact = encode_lossless(&image, 4);
    const pare_encode_params params = {.effort = 4};
    pare_buf file = encode(&image, &params, 90);
    printf("# %zu of %zu bytes\n", file.len, exact.len);
    CHECK_INT(file.len, <=, exact.len);
    pare_buf_deinit(&file);
    pare_buf_deinit(&exact);
    pare_image_deinit(&image);
}

TEST(a_lossless_try_gives_up_only_where_it_would_be_too_long)
{
    static const int EFFORTS[] = {0, 2, 4, 7};
    for (unsigned kind = 0; kind < 3; kind++) {
        pare_image image = make_image(&(shape){"", 150, 200, PARE_COLOR_RGB, false, 8});
        if (kind == 0)
            paint_photo(&image, 8);
        else if (kind == 1)
            paint_squares(&image, 300);
        else
            paint_stripes(&image, 75);
        for (size_t i = 0; i < sizeof EFFORTS / sizeof *EFFORTS; i++) {
            pare_buf exact = encode_lossless(&image, EFFORTS[i]);
            const pare_encode_params just = {
                .lossless = true, .effort = EFFORTS[i], .max_len = exact.len};
            pare_buf same = encode(&image, &just, 0);
            CHECK_INT(same.len, ==, exact.len);
            CHECK_INT(memcmp(same.data, exact.data, exact.len), ==, 0);

            const pare_encode_params less = {
                .lossless = true, .effort = EFFORTS[i], .max_len = exact.len / 4};
            const pare_source source = {.image = &image, .metadata = &image.metadata};
            pare_encoder *encoder = NULL;
            pare_buf none = {0};
            MUST(pare_png_encoder_open(&source, &less, &encoder, NULL));
            CHECK_INT(pare_png_encoder_try(encoder, 0, &none, NULL), ==, PARE_SKIP_NOT_SMALLER);
            pare_png_encoder_close(&encoder);
            pare_buf_deinit(&none);
            pare_buf_deinit(&same);
            pare_buf_deinit(&exact);
        }
        pare_image_deinit(&image);
    }
}

TEST(a_session_without_pixels_is_refused)
{
    const pare_encode_params params = {.lossless = true};
    pare_image ink = make_image(&(shape){"", 2, 2, PARE_COLOR_CMYK, false, 8});
    const pare_source sources[] = {{.image = NULL}, {.image = &ink}};
    for (size_t i = 0; i < 2; i++) {
        pare_encoder *encoder = NULL;
        CHECK_INT(pare_png_encoder_open(&sources[i], &params, &encoder, NULL), ==,
                  PARE_ERR_INVALID);
        CHECK_TRUE(encoder == NULL);
        pare_png_encoder_close(&encoder);
    }
    pare_image_deinit(&ink);
}

RUN(pixels_of_every_shape_come_back_identical, palettes_of_every_depth_come_back_identical,
    an_image_takes_no_more_channels_or_bits_than_it_needs,
    a_fully_transparent_image_becomes_tiny_whatever_it_hides, more_effort_never_gives_a_bigger_file,
    the_same_image_gives_the_same_bytes, metadata_comes_back_byte_for_byte,
    a_lossy_palette_is_smaller_and_close, a_lossy_try_is_never_bigger_than_the_lossless_file,
    a_lossy_try_is_never_bigger_where_some_rows_tell_little_of_all,
    a_lossy_try_is_never_bigger_where_rows_come_again,
    a_lossless_try_gives_up_only_where_it_would_be_too_long, a_session_without_pixels_is_refused)
