// SPDX-License-Identifier: Apache-2.0
/* Settings out of JSON. */
#include "http/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire/parse.h"

enum { TEXT_CAP = 256 };

typedef struct member member;
struct member {
    const char *name;
    bool (*apply)(pare_settings *out, const member *self, json_t *value);
    const char *expects;
    int detail; /* a format, for quality_* */
};

/* A text, or a whole number as the command line would spell it. */
static bool as_text(json_t *value, char text[TEXT_CAP])
{
    int len = TEXT_CAP;
    if (json_is_string(value)) {
        if (strlen(json_string_value(value)) != json_string_length(value)) return false;
        len = snprintf(text, TEXT_CAP, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        len = snprintf(text, TEXT_CAP, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        len = snprintf(text, TEXT_CAP, "%.4f", json_real_value(value));
    }
    return len >= 0 && len < TEXT_CAP;
}

static bool set_quality(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    pare_quality *const quality = self->detail == PARE_FORMAT_UNKNOWN
                                      ? &out->image.quality
                                      : &out->image.quality_for[self->detail];
    return as_text(value, text) && pare_parse_quality(text, quality);
}

static bool set_lossless(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    if (json_is_true(value)) out->image.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    return json_is_boolean(value);
}

static bool set_format(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) && pare_parse_format(text, &out->image.target, &out->image.format);
}

static bool set_resize(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) && pare_parse_resize(text, &out->image.resize);
}

static bool set_enlarge(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    out->image.resize.enlarge = json_is_true(value);
    return json_is_boolean(value) || (json_is_string(value) && !*json_string_value(value));
}

static bool set_effort(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    if (json_is_integer(value) && json_integer_value(value) == PARE_EFFORT_MAX) {
        out->image.effort = PARE_EFFORT_MAX;
        return true;
    }
    return as_text(value, text) && pare_parse_effort(text, &out->image.effort);
}

/* A list as JSON, or with commas. "" and [] are none. */
static bool read_kinds(json_t *value, uint32_t *bits)
{
    char text[TEXT_CAP];
    *bits = 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            uint32_t one;
            if (!json_is_string(json_array_get(value, i))) return false;
            if (!as_text(json_array_get(value, i), text)) return false;
            if (!pare_parse_kinds(text, &one)) return false;
            *bits |= one;
        }
        return true;
    }
    if (!as_text(value, text)) return false;
    return text[0] == '\0' || pare_parse_kinds(text, bits);
}

static bool set_keep(pare_settings *out, const member *self, json_t *value)
{
    uint32_t bits;
    if (!read_kinds(value, &bits)) return false;
    if (self->detail) {
        out->image.keep |= bits;
    } else {
        out->image.keep &= ~bits;
    }
    return true;
}

static bool set_target_size(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) && pare_parse_bytes(text, &out->image.target_size_bytes);
}

static bool set_downscale(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    out->image.downscale = json_is_true(value);
    return json_is_boolean(value);
}

static bool set_sanitize(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    out->image.sanitize = json_is_true(value);
    return json_is_boolean(value);
}

static bool set_min_score(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) && pare_parse_score(text, &out->image.min_score);
}

static bool set_min_savings(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) &&
           pare_parse_savings(text, &out->image.min_savings_bytes, &out->image.min_savings_pct);
}

static bool set_background(pare_settings *out, const member *self, json_t *value)
{
    char text[TEXT_CAP];
    (void)self;
    return as_text(value, text) && pare_parse_color(text, out->image.background);
}

static bool set_keep_dates(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    out->keep_dates = json_is_true(value);
    return json_is_boolean(value);
}

static bool set_force(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    out->force = json_is_true(value);
    return json_is_boolean(value);
}

/* A text without NUL and of a bearable length, or NULL. */
static const char *plain_text(json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value) || strlen(text) > 4096) return NULL;
    return text;
}

static bool set_exclude(pare_settings *out, const member *self, json_t *value)
{
    (void)self;
    if (!json_is_array(value) || json_array_size(value) > PARE_EXCLUDES_CAP) return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *pattern = plain_text(json_array_get(value, i));
        if (!pattern || !*pattern) return false;
        out->excludes[out->exclude_count++] = pattern;
    }
    return true;
}

static bool read_mode(json_t *value, pare_output_mode *mode)
{
    static const char *const NAMES[] = {"beside", "folder", "in_place", "suffix"};
    const char *text = json_string_value(value);
    for (int i = 0; text && i < 4; i++) {
        if (strcmp(text, NAMES[i]) == 0) {
            *mode = (pare_output_mode)i;
            return true;
        }
    }
    return false;
}

static bool set_output(pare_settings *out, const member *self, json_t *value)
{
    const char *key;
    json_t *part;
    (void)self;
    if (!json_is_object(value) || !read_mode(json_object_get(value, "mode"), &out->mode)) {
        return false;
    }
    out->has_output = true;
    json_object_foreach(value, key, part)
    {
        if (strcmp(key, "mode") == 0) continue;
        if (strcmp(key, "backup") == 0 && json_is_boolean(part)) {
            out->backup = json_is_true(part);
        } else if (strcmp(key, "root") == 0 && plain_text(part)) {
            out->output_root = plain_text(part);
        } else if (strcmp(key, "path") == 0 && plain_text(part)) {
            out->output_path = plain_text(part);
        } else if (strcmp(key, "suffix") == 0 && plain_text(part)) {
            out->suffix = plain_text(part);
        } else {
            return false;
        }
    }
    if (out->mode != PARE_OUTPUT_SUFFIX) return true;
    return out->suffix && *out->suffix && strlen(out->suffix) <= 64 && !strchr(out->suffix, '/');
}

#define QUALITY "1..100, \"auto\", \"score:1..100\" or \"lossless\""
#define KINDS "a list of exif, icc, xmp, iptc, gps, copyright, gainmap, comment, all"

/* In the order in which they are applied: strip wins over keep, lossless over quality. */
static const member MEMBERS[] = {
    {"quality", set_quality, QUALITY, PARE_FORMAT_UNKNOWN},
    {"quality_jpeg", set_quality, QUALITY, PARE_FORMAT_JPEG},
    {"quality_png", set_quality, QUALITY, PARE_FORMAT_PNG},
    {"quality_webp", set_quality, QUALITY, PARE_FORMAT_WEBP},
    {"quality_avif", set_quality, QUALITY, PARE_FORMAT_AVIF},
    {"quality_jxl", set_quality, QUALITY, PARE_FORMAT_JXL},
    {"lossless", set_lossless, "true or false", 0},
    {"format", set_format, "original, auto, smallest, jpeg, png, webp, avif or jxl", 0},
    {"resize", set_resize, "width:N, height:N, longest:N, shortest:N, fit:WxH or N%", 0},
    {"enlarge", set_enlarge, "true or false", 0},
    {"effort", set_effort, "0..9 or \"max\"", 0},
    {"keep", set_keep, KINDS, 1},
    {"strip", set_keep, KINDS, 0},
    {"target_size", set_target_size, "a size such as 200000, \"200KB\" or \"1.5MiB\"", 0},
    {"downscale", set_downscale, "true or false", 0},
    {"sanitize", set_sanitize, "true or false", 0},
    {"min_score", set_min_score, "a score of 1..100", 0},
    {"min_savings", set_min_savings, "a percentage such as \"2%\" or a size such as \"1KB\"", 0},
    {"background", set_background, "a colour of six hex digits", 0},
    {"keep_dates", set_keep_dates, "true or false", 0},
    {"force", set_force, "true or false", 0},
    {"exclude", set_exclude, "a list of at most 64 patterns", 0},
    {"output", set_output,
     "{\"mode\": \"beside\", \"folder\", \"in_place\" or \"suffix\", and root, path, suffix, "
     "backup}",
     0},
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        if (strcmp(MEMBERS[i].name, name) == 0) return true;
    }
    return false;
}

pare_err pare_settings_read(json_t *json, uint64_t max_pixels, pare_settings *out, pare_diag *diag)
{
    const char *key;
    json_t *value;
    *out = (pare_settings){.mode = PARE_OUTPUT_BESIDE, .backup = true};
    pare_options_init(&out->image);
    if (max_pixels) out->image.max_pixels = max_pixels;
    if (!json) return PARE_OK;
    if (!json_is_object(json)) {
        return pare_fail(diag, PARE_ERR_INVALID, "settings: an object is wanted");
    }
    json_object_foreach(json, key, value)
    {
        if (is_known(key)) continue;
        return pare_fail(diag, PARE_ERR_INVALID, "settings: there is no \"%.40s\"", key);
    }
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        value = json_object_get(json, MEMBERS[i].name);
        if (!value || json_is_null(value)) continue;
        if (!MEMBERS[i].apply(out, &MEMBERS[i], value)) {
            return pare_fail(diag, PARE_ERR_INVALID, "settings: %s must be %s", MEMBERS[i].name,
                             MEMBERS[i].expects);
        }
    }
    return pare_options_check(&out->image, diag);
}

/* A score from which on hardly anything was lost. */
static const double NEAR_ALL = 95;

pare_err pare_settings_shift(json_t *json, int delta, int quality, double score, pare_diag *diag)
{
    static const char *const PER_FORMAT[] = {"quality_jpeg", "quality_png", "quality_webp",
                                             "quality_avif", "quality_jxl", "lossless",
                                             "target_size"};
    pare_settings now;
    PARE_TRY(pare_settings_read(json, 0, &now, diag));
    const pare_quality wanted = pare_options_quality(&now.image, PARE_FORMAT_UNKNOWN);
    char text[32];
    if (wanted.mode == PARE_QUALITY_FIXED) {
        int value = (quality > 0 ? quality : wanted.value) + delta;
        value = value < 1 ? 1 : value > 100 ? 100 : value;
        snprintf(text, sizeof text, "%d", value);
    } else {
        const bool is_asked = wanted.mode == PARE_QUALITY_SCORE;
        double value = is_asked ? wanted.score : PARE_SCORE_DEFAULT;
        /* from what was reached, which may be far above what was asked, or the step before this
         * one, so that each step is seen; nothing to lose has no steps above */
        if (score > 0 && score < NEAR_ALL) value = score;
        if (score >= NEAR_ALL && delta < 0) value = NEAR_ALL;
        value = round(value + delta);
        value = value < 1 ? 1 : value > 100 ? 100 : value;
        snprintf(text, sizeof text, "score:%d", (int)value);
    }
    for (size_t i = 0; i < sizeof PER_FORMAT / sizeof *PER_FORMAT; i++) {
        json_object_del(json, PER_FORMAT[i]);
    }
    if (json_object_set_new(json, "quality", json_string(text)) != 0) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for settings");
    }
    return PARE_OK;
}
