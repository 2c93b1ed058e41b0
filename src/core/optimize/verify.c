// SPDX-License-Identifier: Apache-2.0
/* The last look at the bytes that go out. */
#include "core/optimize/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/transform/transform.h"

/* A pixel as 16-bit red, green, blue, alpha (CMYK: the inks), whatever its layout. */
static void get_pixel(const pare_image *image, const uint8_t *row, size_t x, uint32_t out[5])
{
    uint32_t raw[5] = {0};
    for (size_t c = 0; c < image->channels; c++) {
        const size_t index = x * image->channels + c;
        uint16_t wide;
        if (image->depth_bits == 8) {
            raw[c] = row[index] * 257u;
        } else {
            memcpy(&wide, row + 2 * index, 2);
            raw[c] = wide;
        }
    }
    const unsigned colors = image->channels - (image->has_alpha ? 1u : 0);
    for (unsigned c = 0; c < 4; c++)
        out[c] = colors == 4 ? raw[c] : c < 3 ? raw[colors == 1 ? 0 : c] : 0;
    out[4] = image->has_alpha ? raw[colors] : 65535;
}

static bool is_same_layout(const pare_image *a, const pare_image *b)
{
    return a->color == b->color && a->has_alpha == b->has_alpha && a->depth_bits == b->depth_bits;
}

static bool is_same_row(const pare_image *a, const pare_image *b, uint32_t y)
{
    const uint8_t *row_a = pare_image_row(a, y), *row_b = pare_image_row(b, y);
    const size_t len = (size_t)a->width_px * a->channels * (a->depth_bits / 8u);
    if (is_same_layout(a, b) && memcmp(row_a, row_b, len) == 0) return true;
    for (size_t x = 0; x < a->width_px; x++) {
        uint32_t pixel_a[5], pixel_b[5];
        get_pixel(a, row_a, x, pixel_a);
        get_pixel(b, row_b, x, pixel_b);
        if (pixel_a[4] == 0 && pixel_b[4] == 0) continue;
        if (memcmp(pixel_a, pixel_b, sizeof pixel_a) != 0) return false;
    }
    return true;
}

static bool is_identical(const pare_image *a, const pare_image *b)
{
    if ((a->color == PARE_COLOR_CMYK) != (b->color == PARE_COLOR_CMYK)) return false;
    for (uint32_t y = 0; y < a->height_px; y++) {
        if (!is_same_row(a, b, y)) return false;
    }
    return true;
}

enum { BLOCK_PX = 32 };

/* The sum of each of three 8-bit channels, as of all pixels that get_pixel() makes of them. */
static void add_plain_row(const uint8_t *row, size_t width_px, uint64_t sums[5])
{
    uint32_t red = 0, green = 0, blue = 0;
    for (size_t x = 0; x < width_px; x++, row += 3) {
        red += row[0];
        green += row[1];
        blue += row[2];
    }
    sums[0] += red * 257u;
    sums[1] += green * 257u;
    sums[2] += blue * 257u;
    sums[4] += 65535 * width_px;
}

/* Mean of each channel over a block, 0..255, colours weighed by alpha. */
static void block_mean(const pare_image *image, uint32_t x0, uint32_t y0, double out[5])
{
    const bool is_plain = image->depth_bits == 8 && image->channels == 3;
    const uint32_t x1 = image->width_px - x0 < BLOCK_PX ? image->width_px : x0 + BLOCK_PX;
    const uint32_t y1 = image->height_px - y0 < BLOCK_PX ? image->height_px : y0 + BLOCK_PX;
    uint64_t sums[5] = {0};
    for (uint32_t y = y0; y < y1; y++) {
        const uint8_t *row = pare_image_row(image, y);
        if (is_plain) add_plain_row(row + 3 * (size_t)x0, x1 - x0, sums);
        for (uint32_t x = is_plain ? x1 : x0; x < x1; x++) {
            uint32_t pixel[5];
            get_pixel(image, row, x, pixel);
            for (int c = 0; c < 4; c++)
                sums[c] += (uint64_t)pixel[c] * pixel[4] / 65535;
            sums[4] += pixel[4];
        }
    }
    const double count = (double)(x1 - x0) * (double)(y1 - y0);
    for (int c = 0; c < 5; c++)
        out[c] = (double)sums[c] / count / 257;
}

/* Lossy coders move the mean of a block by less than their coarsest step; a wrong colour space,
 * lost rows or a picture of something else moves it by far more. */
static bool is_alike(const pare_image *a, const pare_image *b, double quality)
{
    if ((a->color == PARE_COLOR_CMYK) != (b->color == PARE_COLOR_CMYK)) return false;
    const double coarse = fmin(100, fmax(0, 100 - quality));
    const double block_limit = 14 + 0.6 * coarse, mean_limit = 3 + 0.2 * coarse;
    double sum = 0;
    uint64_t count = 0;
    for (uint32_t y = 0; y < a->height_px; y += BLOCK_PX) {
        for (uint32_t x = 0; x < a->width_px; x += BLOCK_PX) {
            double mean_a[5], mean_b[5];
            block_mean(a, x, y, mean_a);
            block_mean(b, x, y, mean_b);
            for (int c = 0; c < 5; c++) {
                const double gap = fabs(mean_a[c] - mean_b[c]);
                if (gap > block_limit) return false;
                sum += gap;
                count++;
            }
        }
    }
    return sum / (double)count <= mean_limit;
}

static pare_err check_header(const pare_work *work, const pare_found *found,
                             const pare_promise *promise)
{
    pare_info info;
    pare_err err = pare_read_info(found->bytes.data, found->bytes.len, &info, NULL);
    if (err != PARE_OK) {
        err = err == PARE_ERR_NO_MEMORY ? err : PARE_ERR_VERIFY;
        return pare_fail(work->diag, err, "verify: the result cannot be read");
    }
    const char *lost = NULL;
    if (info.format != found->format) lost = "format";
    if (info.width_px != promise->width_px || info.height_px != promise->height_px) lost = "size";
    if (info.orientation != promise->orientation) lost = "orientation";
    if (info.is_animated || info.frames > 1) lost = "frame count";
    if (promise->image->has_alpha && !info.has_alpha) lost = "transparency";
    /* JPEG XL tells what is as good as sRGB by numbers */
    const bool is_told = found->format == PARE_FORMAT_JXL && work->is_srgb;
    if (info.has_icc != promise->has_icc && !is_told) lost = "colour profile";
    if (!lost) return PARE_OK;
    return pare_fail(work->diag, PARE_ERR_VERIFY, "verify: the result has another %s", lost);
}

/* JPEG XL with losses comes out in other colours than those of its profile: both in sRGB. */
static pare_err is_alike_in_srgb(const pare_work *work, const pare_image *a, pare_image *b,
                                 double quality, bool *same)
{
    pare_image copy = {0};
    PARE_TRY(pare_image_copy(&copy, a));
    pare_err err = pare_transform_srgb(&copy, work->diag);
    if (err == PARE_OK) err = pare_transform_srgb(b, work->diag);
    if (err == PARE_OK) *same = is_alike(&copy, b, quality);
    pare_image_deinit(&copy);
    return err;
}

static pare_err check_pixels(const pare_work *work, const pare_found *found,
                             const pare_promise *promise)
{
    const pare_codec *codec = pare_codec_find(found->format);
    pare_limits limits = pare_work_limits(work);
    pare_image result = {0};
    const pare_image *want = promise->image;
    limits.max_pixels = UINT64_MAX; /* an enlarged image may have more than the input */
    pare_err err = codec->decode(pare_buf_view(&found->bytes), &limits, &result, NULL);
    if (err != PARE_OK) {
        err = err == PARE_ERR_NO_MEMORY ? err : PARE_ERR_VERIFY;
        err = pare_fail(work->diag, err, "verify: the result cannot be decoded");
        goto out;
    }
    bool same = result.width_px == want->width_px && result.height_px == want->height_px;
    if (same && found->lossless) {
        same = is_identical(want, &result);
    } else if (same && found->format == PARE_FORMAT_JXL && !work->is_srgb) {
        err = is_alike_in_srgb(work, want, &result, found->quality, &same);
        if (err != PARE_OK) goto out;
    } else if (same) {
        same = is_alike(want, &result, found->quality);
    }
    if (!same) {
        err = pare_fail(work->diag, PARE_ERR_VERIFY, "verify: the result shows other pixels");
    }
out:
    pare_image_deinit(&result);
    return err;
}

pare_err pare_verify(const pare_work *work, const pare_found *found, const pare_promise *promise,
                     pare_encoder *encoder)
{
    PARE_TRY(check_header(work, found, promise));
    if (found->is_scored && !found->lossless) return PARE_OK;
    if (encoder) {
        const pare_codec *codec = pare_codec_find(found->format);
        const pare_bytes file = pare_buf_view(&found->bytes);
        return codec->encoder_check(encoder, found->quality, file, work->diag);
    }
    return check_pixels(work, found, promise);
}
