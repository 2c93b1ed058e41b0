// SPDX-License-Identifier: Apache-2.0
/* Properties that say what holds without them. What a page around the drawing could set on it,
 * colours and strokes, always stays. */
#include "core/codec/svg_values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    const char *at; /* borrowed, not ended by a zero */
    size_t len;
} text;

static bool is(text t, const char *word)
{
    return t.len == strlen(word) && memcmp(t.at, word, t.len) == 0;
}

static bool begins(text t, const char *word)
{
    return t.len >= strlen(word) && memcmp(t.at, word, strlen(word)) == 0;
}

/* "1" is also "1.000". */
static bool is_value(text have, const char *want)
{
    char copy[32], *end;
    if (is(have, want)) return true;
    if (!isdigit((unsigned char)want[0]) || have.len == 0 || have.len >= sizeof copy) return false;
    memcpy(copy, have.at, have.len);
    copy[have.len] = 0;
    if (strspn(copy, "0123456789.") != have.len) return false;
    const double value = strtod(copy, &end);
    return *end == 0 && value >= atof(want) && value <= atof(want);
}

typedef struct known {
    const char *name, *value;
} known;

/* Hold for the element alone. */
static const known OWN[] = {
    {"opacity", "1"},          {"stop-opacity", "1"},
    {"flood-opacity", "1"},    {"filter", "none"},
    {"mask", "none"},          {"clip-path", "none"},
    {"isolation", "auto"},     {"mix-blend-mode", "normal"},
    {"vector-effect", "none"}, {"display", "inline"},
    {"overflow", "visible"},   {"baseline-shift", "baseline"},
    {"stop-color", "#000"},    {"stop-color", "#000000"},
};

/* Hold for all that is inside, too. */
static const known INHERITED[] = {
    {"fill-opacity", "1"},
    {"stroke-opacity", "1"},
    {"fill-rule", "nonzero"},
    {"clip-rule", "nonzero"},
    {"stroke-linecap", "butt"},
    {"stroke-linejoin", "miter"},
    {"stroke-miterlimit", "4"},
    {"stroke-dasharray", "none"},
    {"stroke-dashoffset", "0"},
    {"visibility", "visible"},
    {"marker", "none"},
    {"marker-start", "none"},
    {"marker-mid", "none"},
    {"marker-end", "none"},
    {"color-interpolation", "sRGB"},
    {"color-interpolation-filters", "linearRGB"},
    {"color-rendering", "auto"},
    {"shape-rendering", "auto"},
    {"image-rendering", "auto"},
    {"text-anchor", "start"},
    {"paint-order", "normal"},
    {"paint-order", "fill markers stroke"},
};

/* Of text; a shape has none. */
static const char *const OF_TEXT[] = {
    "font",         "text-",         "line-height",       "letter-spacing", "word-spacing",
    "writing-mode", "direction",     "block-progression", "baseline-shift", "white-space",
    "shape-inside", "shape-padding", "shape-margin",      "inline-size"};

static bool is_in(const known *list, size_t count, text name, text value)
{
    for (size_t i = 0; i < count; i++) {
        if (is(name, list[i].name) && is_value(value, list[i].value)) return true;
    }
    return false;
}

/* How often the name stands in the style. */
static unsigned mentions(const char *style, text name)
{
    unsigned count = 0;
    for (const char *at = style; *at; at++) {
        if (strncmp(at, name.at, name.len) != 0) continue;
        const bool starts = at == style || strchr("; \t\r\n", at[-1]);
        const char *rest = at + name.len + strspn(at + name.len, " \t\r\n");
        if (starts && *rest == ':') count++;
    }
    return count;
}

static const char *find(const xmlNode *node, const char *name, size_t len)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        const char *have = (const char *)a->name;
        if (!a->ns && strlen(have) == len && memcmp(have, name, len) == 0) return pare_svg_text(a);
    }
    return NULL;
}

/* The short property sets the three others. */
static bool has_marker(const xmlNode *node)
{
    const char *style = find(node, "style", 5);
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (strncmp((const char *)a->name, "marker", 6) == 0) return true;
    }
    return style && strstr(style, "marker");
}

static bool is_said_above(const xmlNode *node, text name)
{
    for (node = node->parent; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
        const char *style = find(node, "style", 5);
        if (find(node, name.at, name.len) || (style && mentions(style, name) > 0)) return true;
        if (begins(name, "marker") && has_marker(node)) return true;
    }
    return false;
}

static bool is_leaf(const xmlNode *node)
{
    static const char *const NAMES[] = {"path", "rect",     "circle",  "ellipse",
                                        "line", "polyline", "polygon", NULL};
    for (const char *const *name = NAMES; *name; name++) {
        if (pare_svg_is_element(node, *name)) return true;
    }
    return false;
}

static bool is_container(const xmlNode *node)
{
    static const char *const NAMES[] = {"g", "stop", "text", "tspan"};
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        if (pare_svg_is_element(node, NAMES[k])) return true;
    }
    return false;
}

/* Is it said here that no line is drawn? */
static bool is_without_stroke(const xmlNode *node)
{
    const char *style = find(node, "style", 5), *stroke = find(node, "stroke", 6);
    const text name = {"stroke", 6};
    if (!style || mentions(style, name) == 0) return stroke && strcmp(stroke, "none") == 0;
    if (mentions(style, name) > 1) return false;
    const char *at = style;
    while (mentions(at + 1, name) == 1)
        at++;
    at = strchr(at, ':') + 1;
    at += strspn(at, " \t\r\n");
    return strncmp(at, "none", 4) == 0 && (at[4] == 0 || at[4] == ';');
}

static bool is_of_text(text name)
{
    for (size_t i = 0; i < sizeof OF_TEXT / sizeof *OF_TEXT; i++) {
        if (begins(name, OF_TEXT[i])) return true;
    }
    return false;
}

bool pare_svg_is_idle(const pare_svg_rules *rules, const xmlNode *node, const char *name,
                      size_t name_len, const char *value, size_t value_len, bool in_style)
{
    const pare_svg *svg = rules->svg;
    const text n = {name, name_len}, v = {value, value_len};
    const char *style = find(node, "style", 5);
    if (svg->has_style || svg->has_animation || svg->has_script || rules->keep == PARE_KEEP_ALL) {
        return false;
    }
    if (node == svg->root || pare_svg_is_element(node, "svg")) return false;
    if (style && mentions(style, n) > (in_style ? 1u : 0u)) return false;
    if (in_style && find(node, name, name_len)) return false;
    if (is_leaf(node)) {
        if (begins(n, "stroke-") && is_without_stroke(node)) return true;
        if (pare_svg_is_element(node, "path") && is_of_text(n)) return true;
        if (is(n, "color") && !svg->has_current_color) return true;
    } else if (!is_container(node)) {
        return false;
    }
    if (is_in(OWN, sizeof OWN / sizeof *OWN, n, v)) return true;
    return !svg->has_use && is_in(INHERITED, sizeof INHERITED / sizeof *INHERITED, n, v) &&
           !is_said_above(node, n);
}
