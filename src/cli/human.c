// SPDX-License-Identifier: Apache-2.0
/* Text for people. */
#include "cli/human.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct range {
    uint32_t first, last;
} range;

static bool within(uint32_t code, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) return true;
    }
    return false;
}

/* The blocks that matter for names of files, from Unicode 15 EastAsianWidth.txt (W and F) and
 * the combining marks of UnicodeData.txt (Mn, Me, Cf). */
int pare_utf8_columns(uint32_t code)
{
    static const range ZERO[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
        {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},
        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
    };
    static const range WIDE[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
        {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
        {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (within(code, ZERO, sizeof ZERO / sizeof *ZERO)) return 0;
    return within(code, WIDE, sizeof WIDE / sizeof *WIDE) ? 2 : 1;
}

/* Control characters, and those that reorder what stands around them. */
static bool is_unsafe(uint32_t code)
{
    static const range UNSAFE[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb},
    };
    return within(code, UNSAFE, sizeof UNSAFE / sizeof *UNSAFE);
}

typedef struct glyph {
    size_t bytes;
    size_t columns;
    bool shown; /* false: as '?' */
} glyph;

static glyph glyph_at(const char *text, bool utf8)
{
    uint32_t code = 0;
    const size_t len = pare_utf8_decode(text, &code);
    if (len == 0) return (glyph){1, 1, false};
    if (is_unsafe(code) || (!utf8 && code >= 0x80)) return (glyph){len, 1, false};
    return (glyph){len, (size_t)pare_utf8_columns(code), true};
}

static size_t name_columns(const char *name, bool utf8)
{
    size_t columns = 0;
    while (*name) {
        const glyph g = glyph_at(name, utf8);
        columns += g.columns;
        name += g.bytes;
    }
    return columns;
}

/* Add glyphs up to a number of columns; returns the columns used. */
static size_t add_glyphs(pare_text *text, const char *name, size_t limit, bool utf8)
{
    size_t used = 0;
    while (*name) {
        const glyph g = glyph_at(name, utf8);
        if (used + g.columns > limit) break;
        if (g.shown) {
            pare_text_add_bytes(text, name, g.bytes);
        } else {
            pare_text_add_bytes(text, "?", 1);
        }
        used += g.columns;
        name += g.bytes;
    }
    return used;
}

size_t pare_text_add_name(pare_text *text, const char *name, size_t columns, bool utf8)
{
    enum { TAIL_COLUMNS = 8 };
    const size_t all = name_columns(name, utf8);
    if (columns == 0 || all <= columns) return add_glyphs(text, name, SIZE_MAX, utf8);
    const size_t dots = utf8 ? 1 : 3;
    if (columns <= dots) return add_glyphs(text, name, columns, utf8);
    const size_t tail = columns >= 3 * TAIL_COLUMNS ? TAIL_COLUMNS : 0;
    size_t used = add_glyphs(text, name, columns - dots - tail, utf8);
    pare_text_add_bytes(text, utf8 ? "\xe2\x80\xa6" : "...", 3);
    used += dots;
    /* Skip to where at most `tail` columns are left. */
    size_t left = all;
    while (left > tail) {
        const glyph g = glyph_at(name, utf8);
        left -= g.columns;
        name += g.bytes;
    }
    return used + (tail ? add_glyphs(text, name, left, utf8) : 0);
}

void pare_format_bytes(uint64_t bytes, char out[16])
{
    static const char *const UNITS[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    /* 999.95 would print as 1000.0 */
    while (value >= (unit == 0 ? 1000 : 999.95) && unit + 1 < sizeof UNITS / sizeof *UNITS) {
        value /= 1000;
        unit++;
    }
    snprintf(out, 16, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
}

void pare_format_duration(uint64_t ms, char out[24])
{
    const uint64_t s = (ms + 500) / 1000;
    if (ms < 59950) {
        snprintf(out, 24, "%.1f s", (double)ms / 1000);
    } else if (s < 3600) {
        snprintf(out, 24, "%u:%02u", (unsigned)(s / 60), (unsigned)(s % 60));
    } else {
        snprintf(out, 24, "%llu:%02u:%02u", (unsigned long long)(s / 3600), (unsigned)(s / 60 % 60),
                 (unsigned)(s % 60));
    }
}

double pare_saved_pct(uint64_t in, uint64_t out)
{
    return in == 0 ? 0 : 100.0 * ((double)in - (double)out) / (double)in;
}

bool pare_locale_is_utf8(void)
{
    static const char *const NAMES[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const char *value = getenv(NAMES[i]);
        if (!value || !*value) continue;
        return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}
