// SPDX-License-Identifier: Apache-2.0
/* The last look at the bytes that go out. */
#include "core/optimize/verify.h"

#include <string.h>

#include "core/optimize/compare.h"
#include "core/transform/transform.h"

enum { SMALL_PX = 256, ROWS_FROM_PX = 4000000 };

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
    if (err == PARE_OK) *same = pare_is_alike(&copy, b, PARE_SCALE_WHOLE, quality);
    pare_image_deinit(&copy);
    return err;
}

/* Only means are compared: those of a JPEG's blocks stand in the file, those of AVIF are taken
 * before it becomes red, green and blue. Small images are looked at up to their edges. */
static pare_scale choose_scale(const pare_found *found, const pare_image *want)
{
    const bool is_small = want->width_px < SMALL_PX || want->height_px < SMALL_PX;
    const bool by_means = found->format == PARE_FORMAT_JPEG ||
                          (found->format == PARE_FORMAT_AVIF && !want->has_alpha);
    return by_means && !found->lossless && !is_small ? PARE_SCALE_EIGHTH : PARE_SCALE_WHOLE;
}

/* Palettes move dark channels of saturated colours further than it looks. */
static double quality_of(const pare_found *found)
{
    return found->format == PARE_FORMAT_PNG ? found->quality / 2 : found->quality;
}

/* Rows that are compared while they are read. */
typedef struct row_check {
    const pare_image *want;
    uint32_t passed; /* rows */
    bool is_exact;
    double quality;         /* else: */
    pare_image band;        /* the last of them that are not compared yet... */
    uint32_t held;          /* ...and how many they are */
    pare_likeness likeness; /* of the others */
} row_check;

static bool check_band(row_check *check)
{
    const pare_image want = pare_image_rows(check->want, check->passed - check->held, check->held);
    const pare_image have = pare_image_rows(&check->band, 0, check->held);
    check->held = 0;
    return pare_likeness_add(&check->likeness, &want, &have, PARE_SCALE_WHOLE, check->quality);
}

static pare_err hold_rows(row_check *check, const pare_image *rows)
{
    pare_image *band = &check->band;
    if (!band->pixels) {
        PARE_TRY(pare_image_init(band, rows->width_px, PARE_BLOCK_PX, rows->color, rows->has_alpha,
                                 rows->depth_bits));
    }
    if (rows->channels != band->channels || rows->depth_bits != band->depth_bits) {
        return PARE_ERR_VERIFY;
    }
    for (uint32_t y = 0; y < rows->height_px; y++) {
        memcpy(pare_image_row(band, check->held++), pare_image_row(rows, y), band->stride_bytes);
        check->passed++;
        if (check->held == PARE_BLOCK_PX && !check_band(check)) return PARE_ERR_VERIFY;
    }
    return PARE_OK;
}

static pare_err check_rows(void *user, pare_image *rows)
{
    row_check *check = user;
    if (rows->width_px != check->want->width_px ||
        rows->height_px > check->want->height_px - check->passed) {
        return PARE_ERR_VERIFY;
    }
    if (!check->is_exact) return hold_rows(check, rows);
    const pare_image want = pare_image_rows(check->want, check->passed, rows->height_px);
    check->passed += rows->height_px;
    return pare_is_identical(&want, rows) ? PARE_OK : PARE_ERR_VERIFY;
}

/* A large image is not held twice. */
static bool is_checked_by_rows(const pare_found *found, const pare_promise *promise)
{
    const uint64_t pixels = (uint64_t)promise->width_px * promise->height_px;
    return (found->lossless || found->format == PARE_FORMAT_PNG) && pixels >= ROWS_FROM_PX &&
           pare_codec_find(found->format)->decode_rows != NULL;
}

static pare_err check_by_rows(const pare_work *work, const pare_found *found,
                              const pare_promise *promise)
{
    pare_limits limits = pare_work_limits(work);
    row_check check = {
        .want = promise->image, .is_exact = found->lossless, .quality = quality_of(found)};
    const pare_row_sink sink = {.on_rows = check_rows, .user = &check};
    limits.max_pixels = UINT64_MAX;
    const pare_err err = pare_codec_find(found->format)
                             ->decode_rows(pare_buf_view(&found->bytes), &limits, &sink, NULL);
    bool same = err == PARE_OK && check.passed == promise->image->height_px;
    if (same && !check.is_exact) {
        same = check_band(&check) && pare_likeness_is_near(&check.likeness, check.quality);
    }
    pare_image_deinit(&check.band);
    if (same) return PARE_OK;
    if (err == PARE_ERR_NO_MEMORY) return pare_fail(work->diag, err, "verify: no memory");
    return pare_fail(work->diag, PARE_ERR_VERIFY, "verify: the result shows other pixels");
}

static pare_err check_pixels(const pare_work *work, const pare_found *found,
                             const pare_promise *promise)
{
    const pare_codec *codec = pare_codec_find(found->format);
    pare_limits limits = pare_work_limits(work);
    pare_image result = {0};
    const pare_image *want = promise->image;
    const pare_scale scale = choose_scale(found, want);
    limits.shrink = scale;
    limits.max_pixels = UINT64_MAX; /* an enlarged image may have more than the input */
    pare_err err = codec->decode(pare_buf_view(&found->bytes), &limits, &result, NULL);
    if (err != PARE_OK) {
        err = err == PARE_ERR_NO_MEMORY ? err : PARE_ERR_VERIFY;
        err = pare_fail(work->diag, err, "verify: the result cannot be decoded");
        goto out;
    }
    bool same = result.width_px == (want->width_px + scale - 1) / scale &&
                result.height_px == (want->height_px + scale - 1) / scale;
    if (same && found->lossless) {
        same = pare_is_identical(want, &result);
    } else if (same && found->format == PARE_FORMAT_JXL && !work->is_srgb) {
        err = is_alike_in_srgb(work, want, &result, found->quality, &same);
        if (err != PARE_OK) goto out;
    } else if (same) {
        same = pare_is_alike(want, &result, scale, quality_of(found));
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
    return is_checked_by_rows(found, promise) ? check_by_rows(work, found, promise)
                                              : check_pixels(work, found, promise);
}
