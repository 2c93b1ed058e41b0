// SPDX-License-Identifier: Apache-2.0
/* Identity of files and of settings. */
#include "host/ident.h"

#include <string.h>

#include <xxhash.h>

pare_ident pare_ident_of(const struct stat *st)
{
    return (pare_ident){
        .dev = (uint64_t)st->st_dev,
        .ino = (uint64_t)st->st_ino,
        .size_bytes = (uint64_t)st->st_size,
        .mtime_ns = pare_ident_ns(st->st_mtim),
        .ctime_ns = pare_ident_ns(st->st_ctim),
    };
}

bool pare_ident_same_content(const pare_ident *a, const pare_ident *b)
{
    return a->ino == b->ino && a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns;
}

bool pare_ident_same(const pare_ident *a, const pare_ident *b)
{
    return pare_ident_same_content(a, b) && a->dev == b->dev && a->ctime_ns == b->ctime_ns;
}

bool pare_hash_same(const pare_hash *a, const pare_hash *b)
{
    return a->low == b->low && a->high == b->high;
}

typedef struct encoder {
    uint8_t data[1024];
    size_t len;
} encoder;

static void put_u64(encoder *enc, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        enc->data[enc->len++] = (uint8_t)(value >> (8 * i));
}

static void put_double(encoder *enc, double value)
{
    uint64_t bits;
    value += 0.0; /* -0 and 0 mean the same */
    memcpy(&bits, &value, sizeof bits);
    put_u64(enc, bits);
}

static void put_quality(encoder *enc, pare_quality quality)
{
    put_u64(enc, (uint64_t)quality.mode);
    put_u64(enc, quality.mode == PARE_QUALITY_FIXED ? (uint64_t)quality.value : 0);
    put_double(enc, quality.mode == PARE_QUALITY_SCORE ? quality.score : 0);
}

static void put_resize(encoder *enc, const pare_resize *resize)
{
    const bool sized = resize->mode != PARE_RESIZE_NONE && resize->mode != PARE_RESIZE_PERCENT;
    const bool uses_width = sized && resize->mode != PARE_RESIZE_HEIGHT;
    const bool uses_height = resize->mode == PARE_RESIZE_HEIGHT || resize->mode == PARE_RESIZE_FIT;
    put_u64(enc, (uint64_t)resize->mode);
    put_u64(enc, uses_width ? resize->width_px : 0);
    put_u64(enc, uses_height ? resize->height_px : 0);
    put_double(enc, resize->mode == PARE_RESIZE_PERCENT ? resize->percent : 0);
    put_u64(enc, resize->mode != PARE_RESIZE_NONE && resize->enlarge);
}

pare_hash pare_settings_hash(const pare_options *options)
{
    /* The formats that are written. Others cannot change a byte. */
    static const pare_format OUTPUTS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP,
                                          PARE_FORMAT_AVIF, PARE_FORMAT_GIF, PARE_FORMAT_TIFF,
                                          PARE_FORMAT_SVG,  PARE_FORMAT_JXL};
    encoder enc = {.len = 0};
    memcpy(enc.data, PARE_VERSION, sizeof PARE_VERSION);
    enc.len = sizeof PARE_VERSION;
    put_u64(&enc, (uint64_t)options->target);
    const bool fixed = options->target == PARE_TARGET_FORMAT;
    put_u64(&enc, fixed ? (uint64_t)options->format : 0);
    put_quality(&enc, pare_options_quality(options, PARE_FORMAT_UNKNOWN));
    for (size_t i = 0; i < sizeof OUTPUTS / sizeof *OUTPUTS; i++)
        put_quality(&enc, pare_options_quality(options, OUTPUTS[i]));
    put_resize(&enc, &options->resize);
    put_u64(&enc, (uint64_t)options->effort);
    put_u64(&enc, options->keep);
    put_u64(&enc, options->min_savings_bytes);
    put_double(&enc, options->min_savings_pct);
    put_u64(&enc, options->target_size_bytes);
    put_double(&enc, options->min_score);
    put_u64(&enc, options->downscale && options->target_size_bytes > 0);
    put_u64(&enc, options->sanitize);
    put_u64(&enc, options->max_pixels);
    for (int i = 0; i < 3; i++)
        put_u64(&enc, options->background[i]);
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        put_u64(&enc, options->reserved[i]);
    const XXH128_hash_t hash = XXH3_128bits(enc.data, enc.len);
    return (pare_hash){hash.low64, hash.high64};
}
