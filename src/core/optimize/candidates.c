// SPDX-License-Identifier: Apache-2.0
/* Which formats come into question, and what an image must become for one of them. */
#include "core/optimize/candidates.h"

#include <string.h>

#include "core/optimize/attempt.h"
#include "core/transform/transform.h"
#include "wire/target_size.h"

static bool can_write(const pare_codec *codec)
{
    return codec && (codec->caps & PARE_CODEC_ENCODES) != 0 && codec->encoder_open != NULL;
}

bool pare_candidates_stay(const pare_work *work)
{
    const pare_options *options = work->options;
    switch (options->target) {
    case PARE_TARGET_ORIGINAL: return true;
    case PARE_TARGET_AUTO: return can_write(work->decoder);
    case PARE_TARGET_SMALLEST: return false;
    case PARE_TARGET_FORMAT: return options->format == work->info.format;
    }
    return false;
}

/* May the bytes of the file be the encoder's source? */
static bool keeps_picture(const pare_work *work)
{
    if (work->is_transformed) return false;
    if (work->options->resize.mode != PARE_RESIZE_NONE) {
        uint32_t width, height;
        if (pare_target_size(&work->options->resize, work->info.width_px, work->info.height_px,
                             &width, &height)) {
            return false;
        }
    }
    return (work->options->keep & PARE_KEEP_ICC) != 0 || work->is_srgb;
}

bool pare_candidate_from_original(const pare_work *work, const pare_codec *codec)
{
    if (codec->format != work->info.format || !keeps_picture(work)) return false;
    return work->image.orientation <= 1 || (codec->caps & PARE_CODEC_ORIENTATION) != 0;
}

/* The format for inputs that Pare does not write. */
static pare_format auto_format(const pare_work *work)
{
    const pare_image *image = &work->image;
    if (can_write(work->decoder)) return work->info.format;
    const pare_quality_mode mode = pare_options_quality(work->options, PARE_FORMAT_JPEG).mode;
    if (mode == PARE_QUALITY_LOSSLESS || image->has_alpha || work->content.is_graphic ||
        image->source_depth_bits > 8) {
        return PARE_FORMAT_PNG;
    }
    return PARE_FORMAT_JPEG;
}

/* Can the format hold the image as the quality demands? */
static bool can_hold(const pare_work *work, const pare_candidate *candidate)
{
    const pare_image *image = &work->image;
    const unsigned caps = candidate->codec->caps;
    const bool lossless = candidate->quality.mode == PARE_QUALITY_LOSSLESS;
    if (!lossless) return true;
    if (candidate->from_original && (caps & PARE_CODEC_RECOMPRESS)) return true;
    if (!(caps & PARE_CODEC_LOSSLESS)) return false;
    if (image->has_alpha && !(caps & PARE_CODEC_ALPHA)) return false;
    if (image->color == PARE_COLOR_CMYK && !(caps & PARE_CODEC_CMYK)) return false;
    return image->source_depth_bits <= 8 || (caps & PARE_CODEC_DEPTH_16);
}

static bool make_candidate(const pare_work *work, pare_format format, pare_candidate *out)
{
    *out = (pare_candidate){.format = format,
                            .codec = pare_codec_find(format),
                            .quality = pare_options_quality(work->options, format)};
    if (!can_write(out->codec)) return false;
    out->from_original = pare_candidate_from_original(work, out->codec);
    if (out->quality.mode == PARE_QUALITY_LOSSLESS || (out->codec->caps & PARE_CODEC_LOSSY)) {
        return true;
    }
    out->quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    return true;
}

/* Smaller images are tried in PNG whatever they show: it takes no time. */
enum { CHEAP_PX = 65536 };

/* A photograph in PNG is several times the size of one in a lossy format, and takes longest; one
 * with a burnt-out sky or a plain background too. */
static bool is_hopeless(const pare_work *work, const pare_candidate *candidate)
{
    const pare_quality lossy = pare_options_quality(work->options, PARE_FORMAT_WEBP);
    const uint64_t pixels = (uint64_t)work->image.width_px * work->image.height_px;
    return candidate->format == PARE_FORMAT_PNG && pixels >= CHEAP_PX &&
           lossy.mode != PARE_QUALITY_LOSSLESS && !work->content.is_graphic &&
           !work->content.has_few_colors;
}

/* All that can hold the image. The input's own format comes first, as it may work on the bytes of
 * the file; then what is most often the smallest, so that the others can give up early. */
static void list_smallest(const pare_work *work, pare_candidate *out, unsigned *count)
{
    static const pare_format FORMATS[PARE_CANDIDATES_MAX] = {PARE_FORMAT_AVIF, PARE_FORMAT_WEBP,
                                                             PARE_FORMAT_JPEG, PARE_FORMAT_PNG};
    *count = 0;
    for (unsigned i = 0; i < PARE_CANDIDATES_MAX; i++) {
        pare_candidate one;
        if (!make_candidate(work, FORMATS[i], &one) || !can_hold(work, &one)) continue;
        if (work->image.has_alpha && !(one.codec->caps & PARE_CODEC_ALPHA)) continue;
        one.is_last_resort = is_hopeless(work, &one);
        unsigned at = *count;
        if (one.format == work->info.format && !one.is_last_resort) {
            memmove(out + 1, out, *count * sizeof *out);
            at = 0;
        }
        out[at] = one;
        ++*count;
    }
}

/* The JPEG as it is in a format that takes it. */
static bool make_transcoding(const pare_work *work, pare_format format, pare_candidate *out)
{
    if (!make_candidate(work, format, out) || !(out->codec->caps & PARE_CODEC_TAKES_JPEG) ||
        work->info.format != PARE_FORMAT_JPEG || work->info.is_cmyk || !keeps_picture(work)) {
        return false;
    }
    out->from_original = out->transcodes = true;
    out->quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    return true;
}

/* The format through pixels, after a transcoding, or as the only way. */
static pare_err add_single(const pare_work *work, pare_format format, pare_candidate *out,
                           unsigned *count)
{
    pare_candidate *one = &out[*count];
    if (!make_candidate(work, format, one)) {
        return pare_fail(work->diag, PARE_SKIP_NO_ENCODER,
                         one->codec ? "Pare does not write %s" : "no %s in this build",
                         pare_format_name(format));
    }
    if (*count > 0) {
        const bool lossless = one->quality.mode == PARE_QUALITY_LOSSLESS;
        /* what was a JPEG takes several times its size in pixels */
        if (lossless && !work->content.is_graphic) return PARE_OK;
        one->is_last_resort = lossless || pare_attempt_only_loses(work, &one->quality);
    } else if (!can_hold(work, one)) {
        return pare_fail(work->diag, PARE_SKIP_UNSUPPORTED_VARIANT,
                         "%s cannot hold these pixels without loss", pare_format_name(format));
    }
    ++*count;
    return PARE_OK;
}

pare_err pare_candidates_list(const pare_work *work, pare_candidate *out, unsigned *count)
{
    const pare_options *options = work->options;
    pare_format format = work->info.format;
    *count = 0;
    if (options->target == PARE_TARGET_SMALLEST) {
        list_smallest(work, out, count);
        if (*count > 0) return PARE_OK;
        return pare_fail(work->diag, PARE_SKIP_UNSUPPORTED_VARIANT, "no format holds this image");
    }
    if (options->target == PARE_TARGET_FORMAT) format = options->format;
    if (options->target == PARE_TARGET_AUTO) format = auto_format(work);
    if (make_transcoding(work, format, &out[0])) *count = 1;
    return add_single(work, format, out, count);
}

/* What has to be done to the pixels of work->image. */
typedef struct changes {
    bool to_srgb, flatten, to_8_bits;
} changes;

static changes needed_changes(const pare_work *work, const pare_candidate *candidate)
{
    const pare_image *image = &work->image;
    const unsigned caps = candidate->codec->caps;
    changes need = {0};
    if (work->header_only) return need;
    /* a profile for gray has no place in a file of RGB */
    const bool gray_profile = image->color == PARE_COLOR_GRAY && image->metadata.icc.len > 0;
    need.to_srgb = (image->color == PARE_COLOR_CMYK && !(caps & PARE_CODEC_CMYK)) ||
                   (gray_profile && !(caps & PARE_CODEC_GRAY)) ||
                   (!work->is_srgb && !(work->options->keep & PARE_KEEP_ICC));
    need.flatten = image->has_alpha && !(caps & PARE_CODEC_ALPHA);
    need.to_8_bits = image->depth_bits > 8 && !(caps & PARE_CODEC_DEPTH_16);
    return need;
}

pare_err pare_candidate_prepare(const pare_work *work, const pare_candidate *candidate,
                                pare_image *own, const pare_image **out)
{
    const changes need = needed_changes(work, candidate);
    *own = (pare_image){0};
    *out = &work->image;
    if (!need.to_srgb && !need.flatten && !need.to_8_bits) return PARE_OK;
    pare_err err = pare_image_copy(own, &work->image);
    if (err == PARE_OK && need.to_srgb) err = pare_transform_srgb(own, work->diag);
    if (err == PARE_OK && need.flatten) {
        err = pare_transform_flatten(own, work->options->background, work->diag);
    }
    if (err == PARE_OK && need.to_8_bits) {
        err = pare_transform_depth(own, 8, work->diag);
        if (err == PARE_OK && own->has_alpha && pare_transform_is_opaque(own)) {
            err = pare_transform_flatten(own, work->options->background, work->diag);
        }
    }
    if (err != PARE_OK) {
        pare_image_deinit(own);
        return pare_fail(work->diag, err, "no memory for the pixels of %s",
                         pare_format_name(candidate->format));
    }
    *out = own;
    return PARE_OK;
}
