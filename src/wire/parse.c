// SPDX-License-Identifier: Apache-2.0
/* Values of options as people type them. */
#include "wire/parse.h"

#include <string.h>
#include <strings.h>

#define ARRAY_COUNT(array) (sizeof(array) / sizeof *(array))

enum { EDGE_MAX_PX = 65535, REAL_DIGITS_MAX = 15 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool pare_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == '\0') return false;
    for (; *text; text++) {
        if (!is_digit(*text)) return false;
        if (__builtin_mul_overflow(value, 10u, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(*text - '0'), &value)) return false;
    }
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

/* "12", "1.5": at most 15 digits, so that a double holds the number. *end: what follows. */
static bool parse_real(const char *text, double *out, const char **end)
{
    uint64_t value = 0;
    double scale = 1;
    int digits = 0;
    if (!is_digit(*text)) return false;
    for (; is_digit(*text); text++, digits++) {
        if (digits == REAL_DIGITS_MAX) return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    if (*text == '.') {
        text++;
        if (!is_digit(*text)) return false;
        for (; is_digit(*text); text++, digits++) {
            if (digits == REAL_DIGITS_MAX) return false;
            value = value * 10 + (uint64_t)(*text - '0');
            scale *= 10;
        }
    }
    *out = (double)value / scale;
    *end = text;
    return true;
}

typedef struct unit {
    const char *name;
    double factor;
} unit;

static bool parse_with_unit(const char *text, const unit *units, size_t count, double *out)
{
    const char *end;
    double value;
    if (!parse_real(text, &value, &end)) return false;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(end, units[i].name) == 0) {
            *out = value * units[i].factor;
            return true;
        }
    }
    return false;
}

/* Whole numbers from 1 up to what a double counts exactly. */
static bool to_uint(double value, double max, uint64_t *out)
{
    if (!(value >= 1 && value <= max)) return false;
    *out = (uint64_t)value;
    return true;
}

bool pare_parse_bytes(const char *text, uint64_t *out)
{
    static const unit UNITS[] = {
        {"", 1},         {"b", 1},        {"k", 1e3},      {"kb", 1e3},     {"m", 1e6},
        {"mb", 1e6},     {"g", 1e9},      {"gb", 1e9},     {"t", 1e12},     {"tb", 1e12},
        {"ki", 0x1p10},  {"kib", 0x1p10}, {"mi", 0x1p20},  {"mib", 0x1p20}, {"gi", 0x1p30},
        {"gib", 0x1p30}, {"ti", 0x1p40},  {"tib", 0x1p40},
    };
    double value;
    return parse_with_unit(text, UNITS, ARRAY_COUNT(UNITS), &value) && to_uint(value, 0x1p53, out);
}

bool pare_parse_duration_ms(const char *text, uint64_t *out)
{
    static const unit UNITS[] = {{"", 1e3}, {"s", 1e3}, {"ms", 1}, {"m", 60e3}, {"h", 3600e3}};
    double value;
    return parse_with_unit(text, UNITS, ARRAY_COUNT(UNITS), &value) &&
           to_uint(value, 7 * 24 * 3600e3, out);
}

bool pare_parse_pixels(const char *text, uint64_t *out)
{
    static const unit UNITS[] = {{"", 1},     {"k", 1e3}, {"kp", 1e3}, {"m", 1e6},
                                 {"mp", 1e6}, {"g", 1e9}, {"gp", 1e9}};
    double value;
    return parse_with_unit(text, UNITS, ARRAY_COUNT(UNITS), &value) && to_uint(value, 0x1p53, out);
}

bool pare_parse_savings(const char *text, uint64_t *bytes, double *pct)
{
    const char *end;
    double value;
    if (!parse_real(text, &value, &end)) return false;
    if (strcmp(end, "%") != 0) return pare_parse_bytes(text, bytes);
    if (value > 100) return false;
    *pct = value;
    return true;
}

bool pare_parse_score(const char *text, double *out)
{
    const char *end;
    double value;
    if (!parse_real(text, &value, &end) || *end != '\0') return false;
    if (value < 1 || value > 100) return false;
    *out = value;
    return true;
}

bool pare_parse_quality(const char *text, pare_quality *out)
{
    pare_quality quality = {0};
    uint64_t value;
    if (strcmp(text, "auto") == 0) {
        quality.mode = PARE_QUALITY_AUTO;
    } else if (strcmp(text, "lossless") == 0) {
        quality.mode = PARE_QUALITY_LOSSLESS;
    } else if (strncmp(text, "score:", 6) == 0) {
        quality.mode = PARE_QUALITY_SCORE;
        if (!pare_parse_score(text + 6, &quality.score)) return false;
    } else {
        quality.mode = PARE_QUALITY_FIXED;
        if (!pare_parse_count(text, 1, 100, &value)) return false;
        quality.value = (int)value;
    }
    *out = quality;
    return true;
}

static bool parse_edge(const char *text, uint32_t *out)
{
    uint64_t value;
    if (!pare_parse_count(text, 1, EDGE_MAX_PX, &value)) return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_fit(const char *text, pare_resize *out)
{
    char width[8];
    const char *x = strchr(text, 'x');
    if (!x || (size_t)(x - text) >= sizeof width) return false;
    memcpy(width, text, (size_t)(x - text));
    width[x - text] = '\0';
    return parse_edge(width, &out->width_px) && parse_edge(x + 1, &out->height_px);
}

bool pare_parse_resize(const char *text, pare_resize *out)
{
    static const struct {
        const char *prefix;
        pare_resize_mode mode;
    } MODES[] = {
        {"width:", PARE_RESIZE_WIDTH},     {"height:", PARE_RESIZE_HEIGHT},
        {"longest:", PARE_RESIZE_LONGEST}, {"shortest:", PARE_RESIZE_SHORTEST},
        {"fit:", PARE_RESIZE_FIT},
    };
    pare_resize resize = {.enlarge = out->enlarge};
    const char *end;
    for (size_t i = 0; i < ARRAY_COUNT(MODES) && resize.mode == PARE_RESIZE_NONE; i++) {
        const size_t len = strlen(MODES[i].prefix);
        if (strncmp(text, MODES[i].prefix, len) != 0) continue;
        resize.mode = MODES[i].mode;
        bool ok;
        if (resize.mode == PARE_RESIZE_FIT) {
            ok = parse_fit(text + len, &resize);
        } else if (resize.mode == PARE_RESIZE_HEIGHT) {
            ok = parse_edge(text + len, &resize.height_px);
        } else {
            ok = parse_edge(text + len, &resize.width_px);
        }
        if (!ok) return false;
    }
    if (resize.mode == PARE_RESIZE_NONE) {
        resize.mode = PARE_RESIZE_PERCENT;
        if (!parse_real(text, &resize.percent, &end) || strcmp(end, "%") != 0) return false;
        if (!(resize.percent > 0 && resize.percent <= 1000)) return false;
    }
    *out = resize;
    return true;
}

bool pare_parse_kinds(const char *text, uint32_t *out)
{
    static const struct {
        const char *name;
        uint32_t bits;
    } KINDS[] = {
        {"exif", PARE_KEEP_EXIF},       {"icc", PARE_KEEP_ICC},
        {"xmp", PARE_KEEP_XMP},         {"iptc", PARE_KEEP_IPTC},
        {"gps", PARE_KEEP_GPS},         {"copyright", PARE_KEEP_COPYRIGHT},
        {"gainmap", PARE_KEEP_GAINMAP}, {"comment", PARE_KEEP_COMMENT},
        {"all", PARE_KEEP_ALL},
    };
    uint32_t bits = 0;
    for (;;) {
        const size_t len = strcspn(text, ",");
        uint32_t found = 0;
        for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++) {
            if (strlen(KINDS[i].name) == len && strncmp(text, KINDS[i].name, len) == 0) {
                found = KINDS[i].bits;
            }
        }
        if (!found) return false;
        bits |= found;
        if (text[len] == '\0') break;
        text += len + 1;
    }
    *out = bits;
    return true;
}

static int hex_digit(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool pare_parse_color(const char *text, uint8_t out[3])
{
    uint8_t color[3];
    if (*text == '#') text++;
    if (strlen(text) != 6) return false;
    for (int i = 0; i < 3; i++) {
        const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        color[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out, color, sizeof color);
    return true;
}

bool pare_parse_format(const char *text, pare_target *target, pare_format *format)
{
    if (strcmp(text, "original") == 0) {
        *target = PARE_TARGET_ORIGINAL;
    } else if (strcmp(text, "auto") == 0) {
        *target = PARE_TARGET_AUTO;
    } else if (strcmp(text, "smallest") == 0) {
        *target = PARE_TARGET_SMALLEST;
    } else {
        const pare_format found = pare_format_from_name(text);
        if (found != PARE_FORMAT_JPEG && found != PARE_FORMAT_PNG && found != PARE_FORMAT_WEBP &&
            found != PARE_FORMAT_AVIF && found != PARE_FORMAT_JXL) {
            return false;
        }
        *target = PARE_TARGET_FORMAT;
        *format = found;
    }
    return true;
}

bool pare_parse_effort(const char *text, int *out)
{
    uint64_t value = PARE_EFFORT_MAX;
    if (strcmp(text, "max") != 0 && !pare_parse_count(text, 0, 9, &value)) return false;
    *out = (int)value;
    return true;
}

bool pare_parse_priority(const char *text, pare_priority *out)
{
    if (strcmp(text, "low") == 0) {
        *out = PARE_PRIORITY_LOW;
    } else if (strcmp(text, "normal") == 0) {
        *out = PARE_PRIORITY_NORMAL;
    } else if (strcmp(text, "high") == 0) {
        *out = PARE_PRIORITY_HIGH;
    } else {
        return false;
    }
    return true;
}
