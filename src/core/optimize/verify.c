// SPDX-License-Identifier: Apache-2.0
/* The last look at the bytes that go out. */
#include "core/optimize/verify.h"

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

/* Rows that are compared while they are read. */
typedef struct row_check {
    const pare_image *want;
    uint32_t passed;
} row_check;

static pare_err check_rows(void *user, pare_image *rows)
{
    row_check *check = user;
    if (rows->width_px != check->want->width_px ||
        rows->height_px > check->want->height_px - check->passed) {
        return PARE_ERR_VERIFY;
    }
    const pare_image want = pare_image_rows(check->want, check->passed, rows->height_px);
    check->passed += rows->height_px;
    return pare_is_identical(&want, rows) ? PARE_OK : PARE_ERR_VERIFY;
}

/* A large image is not held twice. */
static bool is_checked_by_rows(const pare_found *found, const pare_promise *promise)
{
    const uint64_t pixels = (uint64_t)promise->width_px * promise->height_px;
    return found->lossless && pixels >= ROWS_FROM_PX &&
           pare_codec_find(found->format)->decode_rows != NULL;
}

static pare_err check_by_rows(const pare_work *work, const pare_found *found,
                              const pare_promise *promise)
{
    pare_limits limits = pare_work_limits(work);
    row_check check = {.want = promise->image};
    const pare_row_sink sink = {.on_rows = check_rows, .user = &check};
    limits.max_pixels = UINT64_MAX;
    const pare_err err = pare_codec_find(found->format)
                             ->decode_rows(pare_buf_view(&found->bytes), &limits, &sink, NULL);
    if (err == PARE_OK && check.passed == promise->image->height_px) return PARE_OK;
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
        /* palettes move dark channels of saturated colours further than it looks */
        const bool by_palette = found->format == PARE_FORMAT_PNG;
        const double quality = by_palette ? found->quality / 2 : found->quality;
        same = pare_is_alike(want, &result, scale, quality);
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
