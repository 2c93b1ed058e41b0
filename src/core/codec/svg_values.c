// SPDX-License-Identifier: Apache-2.0
/* Values of attributes and styles in their shortest words. */
#include "core/codec/svg_values.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/codec/svg_path.h"
#include "core/codec/svg_sheet.h"
#include "core/codec/svg_spell.h"

/* ---- colours ---- */

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && isspace((unsigned char)**text))
        (*text)++, (*len)--;
    while (*len > 0 && isspace((unsigned char)(*text)[*len - 1]))
        (*len)--;
}

static bool is_color(const char *name, size_t len)
{
    static const char *const NAMES[] = {"fill",        "stroke",         "stop-color",
                                        "flood-color", "lighting-color", "color"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (len == strlen(NAMES[i]) && memcmp(name, NAMES[i], len) == 0) return true;
    }
    return false;
}

/* #aabbcc is #abc, and some have shorter names, or longer ones. */
static pare_err put_color(const char *text, size_t len, pare_buf *out)
{
    static const struct {
        const char *color, *shorter;
    } NAMES[] = {
        {"white", "#fff"},    {"black", "#000"},     {"#f00", "red"},       {"#ff0000", "red"},
        {"yellow", "#ff0"},   {"magenta", "#f0f"},   {"fuchsia", "#f0f"},   {"#808080", "gray"},
        {"#000080", "navy"},  {"#008000", "green"},  {"#008080", "teal"},   {"#800080", "purple"},
        {"#808000", "olive"}, {"#800000", "maroon"}, {"#c0c0c0", "silver"}, {"#ffa500", "orange"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const bool same =
            len == strlen(NAMES[i].color) && strncasecmp(text, NAMES[i].color, len) == 0;
        if (same) return pare_buf_append(out, NAMES[i].shorter, strlen(NAMES[i].shorter));
    }
    bool doubled = len == 7 && text[0] == '#';
    for (int i = 1; doubled && i < 7; i += 2) {
        doubled = isxdigit((unsigned char)text[i]) &&
                  tolower((unsigned char)text[i]) == tolower((unsigned char)text[i + 1]);
    }
    if (!doubled) return pare_buf_append(out, text, len);
    return pare_buf_append(out, (char[4]){'#', text[1], text[3], text[5]}, 4);
}

/* ---- numbers ---- */

/* The number at the start of text in its shortest spelling, at least as it was; what follows stays
 * as it is. */
static pare_err put_number(const char *text, size_t len, pare_buf *out)
{
    char copy[PARE_SVG_NUMBER_CAP], spelled[PARE_SVG_NUMBER_CAP];
    unsigned number = 0;
    if (len > 0 && len < sizeof copy) {
        memcpy(copy, text, len);
        copy[len] = 0;
        number = pare_svg_number_len(copy);
    }
    const bool is_number =
        number > 0 && (number == len || !strchr(".0123456789+-eE ,", text[number]));
    if (!is_number || memchr(copy, 'e', number) || memchr(copy, 'E', number)) {
        return pare_buf_append(out, text, len);
    }
    pare_svg_spell_again(text, number, spelled);
    PARE_TRY(pare_buf_append(out, spelled, strlen(spelled)));
    return pare_buf_append(out, text + number, len - number);
}

/* Numbers with a blank between them, whatever stood there. False, with nothing written: there is
 * something else. */
static bool put_numbers(const char **text, pare_buf *out)
{
    pare_svg_reader r = {.at = *text};
    const size_t begin = out->len;
    pare_svg_skip_separators(&r);
    while (*r.at && *r.at != ')') {
        char spelled[PARE_SVG_NUMBER_CAP];
        const unsigned len = pare_svg_number_len(r.at);
        bool ok = len > 0 && len < sizeof spelled;
        if (ok) pare_svg_spell_again(r.at, len, spelled);
        ok = ok && (out->len == begin || pare_buf_append_byte(out, ' ') == PARE_OK) &&
             pare_buf_append(out, spelled, strlen(spelled)) == PARE_OK;
        if (!ok) {
            out->len = begin;
            return false;
        }
        r.at += len;
        pare_svg_skip_separators(&r);
    }
    *text = r.at;
    return true;
}

static bool put_number_list(const char *text, pare_buf *out)
{
    const size_t begin = out->len;
    if (put_numbers(&text, out) && *text == 0) return true;
    out->len = begin;
    return false;
}

/* Functions one after the other: translate(1 2)scale(3). */
static bool put_transform(const char *text, pare_buf *out)
{
    const size_t begin = out->len;
    pare_svg_reader r = {.at = text};
    bool ok = true;
    for (pare_svg_skip_separators(&r); ok && *r.at; pare_svg_skip_separators(&r)) {
        const size_t name = strspn(r.at, "abcdefghijklmnopqrstuvwxyzXY");
        ok = name > 0 && pare_buf_append(out, r.at, name) == PARE_OK;
        r.at += name;
        pare_svg_skip_separators(&r);
        ok = ok && *r.at == '(' && pare_buf_append_byte(out, '(') == PARE_OK;
        if (ok) r.at++;
        ok = ok && put_numbers(&r.at, out) && *r.at == ')' &&
             pare_buf_append_byte(out, ')') == PARE_OK;
        if (ok) r.at++;
    }
    if (!ok) out->len = begin;
    return ok;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(name, *names) == 0) return true;
    }
    return false;
}

/* px is what a number without a unit means in these. */
static pare_err put_length(const char *text, pare_buf *out)
{
    size_t len = strlen(text);
    trim(&text, &len);
    const bool is_px =
        len > 2 && memcmp(text + len - 2, "px", 2) == 0 && isdigit((unsigned char)text[len - 3]);
    return put_number(text, len - (is_px ? 2 : 0), out);
}

/* Edges of shapes, on the shortest decimal that is near; never 0 instead of something. */
static bool put_edge(const pare_svg_rules *rules, const char *text, pare_buf *out)
{
    static const double POWERS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    char spelled[PARE_SVG_NUMBER_CAP];
    const unsigned len = pare_svg_number_len(text);
    double value;
    if (rules->tolerance <= 0 || len == 0 || (text[len] != 0 && strcmp(text + len, "px") != 0) ||
        !pare_svg_number_parse(text, len, &value) || fabs(value) > 1e6) {
        return false;
    }
    for (int decimals = 0; decimals <= 6; decimals++) {
        const int64_t units = llround(value * POWERS[decimals]);
        const bool is_near = fabs((double)units / POWERS[decimals] - value) <= rules->tolerance / 4;
        if (!is_near || (units == 0 && fabs(value) > 0)) continue;
        pare_svg_spell_units(units, decimals, spelled);
        return pare_buf_append(out, spelled, strlen(spelled)) == PARE_OK;
    }
    return false;
}

static bool is_edge(const xmlNode *node, const char *name)
{
    static const char *const SHAPES[] = {"rect", "circle", "ellipse", "line", NULL};
    static const char *const EDGES[] = {"x",  "y", "width", "height", "rx", "ry", "cx",
                                        "cy", "r", "x1",    "y1",     "x2", "y2", NULL};
    if (!is_one_of(name, EDGES)) return false;
    for (const char *const *shape = SHAPES; *shape; shape++) {
        if (pare_svg_is_element(node, *shape)) return true;
    }
    return false;
}

/* Length up to one of the ends outside of quotes and parentheses. */
static size_t span_until(const char *text, const char *ends)
{
    char quote = 0;
    int depth = 0;
    size_t len = 0;
    for (; text[len]; len++) {
        const char c = text[len];
        if (quote) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            depth--;
        } else if (depth <= 0 && strchr(ends, c)) {
            break;
        }
    }
    return len;
}

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static pare_err put_property(const pare_svg_rules *rules, const xmlNode *node, const char *text,
                             size_t len, bool *is_first, pare_buf *out)
{
    trim(&text, &len);
    if (len == 0 || starts_with(text, len, "-inkscape-") ||
        starts_with(text, len, "enable-background")) {
        return PARE_OK;
    }
    const char *colon = memchr(text, ':', len);
    const char *name = text, *value = colon ? colon + 1 : text + len;
    size_t name_len = colon ? (size_t)(colon - text) : len;
    size_t value_len = len - (size_t)(value - text);
    trim(&name, &name_len);
    trim(&value, &value_len);
    if (pare_svg_is_idle(rules, node, name, name_len, value, value_len, true)) return PARE_OK;
    if (!*is_first) PARE_TRY(pare_buf_append_byte(out, ';'));
    *is_first = false;
    PARE_TRY(pare_buf_append(out, name, name_len));
    if (!colon) return PARE_OK;
    PARE_TRY(pare_buf_append_byte(out, ':'));
    return is_color(name, name_len) ? put_color(value, value_len, out)
                                    : put_number(value, value_len, out);
}

static pare_err put_style(const pare_svg_rules *rules, const xmlNode *node, const char *text,
                          pare_buf *out)
{
    bool is_first = true;
    if (strstr(text, "/*") || strchr(text, '\\') || strchr(text, '{')) {
        return pare_buf_append(out, text, strlen(text));
    }
    while (*text) {
        const size_t len = span_until(text, ";");
        PARE_TRY(put_property(rules, node, text, len, &is_first, out));
        text += len + (text[len] ? 1 : 0);
    }
    return PARE_OK;
}

static bool is_length(const char *name)
{
    static const char *const NAMES[] = {"x",
                                        "y",
                                        "width",
                                        "height",
                                        "rx",
                                        "ry",
                                        "cx",
                                        "cy",
                                        "r",
                                        "x1",
                                        "y1",
                                        "x2",
                                        "y2",
                                        "fx",
                                        "fy",
                                        "offset",
                                        "dx",
                                        "dy",
                                        "font-size",
                                        "opacity",
                                        "fill-opacity",
                                        "stroke-opacity",
                                        "stop-opacity",
                                        "flood-opacity",
                                        "stroke-width",
                                        "stroke-miterlimit",
                                        "stroke-dashoffset",
                                        "stdDeviation",
                                        NULL};
    return is_one_of(name, NAMES);
}

static bool put_list(const xmlNode *node, const char *name, const char *text, pare_buf *out)
{
    static const char *const TRANSFORMS[] = {"transform", "gradientTransform", "patternTransform",
                                             NULL};
    const bool has_points =
        pare_svg_is_element(node, "polygon") || pare_svg_is_element(node, "polyline");
    if (is_one_of(name, TRANSFORMS)) return put_transform(text, out);
    if (strcmp(name, "viewBox") == 0 || (strcmp(name, "points") == 0 && has_points)) {
        return put_number_list(text, out);
    }
    return strcmp(name, "values") == 0 && pare_svg_is_element(node, "feColorMatrix") &&
           put_number_list(text, out);
}

pare_err pare_svg_value(const pare_svg_rules *rules, const xmlAttr *a, pare_buf *out)
{
    const char *name = (const char *)a->name, *text = pare_svg_text(a);
    const xmlNode *node = a->parent;
    if (a->ns || rules->svg->has_script || rules->svg->has_selectors) {
        return pare_buf_append(out, text, strlen(text));
    }
    if (strcmp(name, "style") == 0) return put_style(rules, node, text, out);
    if (is_color(name, strlen(name))) return put_color(text, strlen(text), out);
    if (strcmp(name, "d") == 0 && pare_svg_is_element(node, "path")) {
        const bool written =
            pare_svg_path_write(text, rules->tolerance, rules->svg->has_stroke, out);
        return written ? PARE_OK : pare_buf_append(out, text, strlen(text));
    }
    if (is_edge(node, name) && put_edge(rules, text, out)) return PARE_OK;
    if (is_length(name)) return put_length(text, out);
    if (put_list(node, name, text, out)) return PARE_OK;
    return pare_buf_append(out, text, strlen(text));
}

pare_err pare_svg_text_value(const pare_svg_rules *rules, const xmlNode *node, const char *text,
                             pare_buf *out)
{
    const bool is_sheet = pare_svg_is_element(node->parent, "style") && !node->prev && !node->next;
    if (is_sheet && !rules->svg->has_script && rules->keep != PARE_KEEP_ALL) {
        return pare_svg_sheet_write(text, (rules->keep & PARE_KEEP_COMMENT) != 0, out);
    }
    return pare_buf_append(out, text, strlen(text));
}
