// SPDX-License-Identifier: Apache-2.0
/* What of an SVG is not needed to show it. Where scripts run, nothing but comments goes. */
#include "core/codec/svg_rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/svg_path.h"

/* What is drawn moves by at most this part of the shorter side of the picture: an eighth of a
 * pixel in an icon of 1,000 pixels. */
#define POINT_TOLERANCE (1.0 / 8000)

/* ---- names ---- */

static bool is_editor(const xmlNs *ns)
{
    static const char *const EDITORS[] = {
        "http://www.inkscape.org/namespaces/",
        "http://sodipodi.sourceforge.net/",
        "http://ns.adobe.com/",
        "http://www.bohemiancoding.com/sketch/",
        "http://www.figma.com/",
        "http://www.serif.com/",
        "http://vectornator.io",
        "http://krita.org/namespaces/",
    };
    if (!ns || !ns->href) return false;
    for (size_t i = 0; i < sizeof EDITORS / sizeof *EDITORS; i++) {
        if (strncmp((const char *)ns->href, EDITORS[i], strlen(EDITORS[i])) == 0) return true;
    }
    return false;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == 0;
}

/* Do blanks below this node show? */
static bool is_text_element(const xmlNode *node)
{
    static const char *const NAMES[] = {"text",   "title",         "desc",  "style",
                                        "script", "foreignObject", "tspan", "textPath"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (pare_svg_is_element(node, NAMES[i])) return true;
    }
    return false;
}

static bool is_in_text(const xmlNode *node)
{
    for (node = node->parent; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
        if (is_text_element(node)) return true;
    }
    return false;
}

/* Identifiers that editors number through, such as path4123-7; nobody chose them. */
static bool is_generated_id(const char *id)
{
    size_t letters = 0;
    while (isalpha((unsigned char)id[letters]))
        letters++;
    size_t rest = strspn(id + letters, "0123456789-");
    return letters > 0 && rest >= 2 && isdigit((unsigned char)id[letters]) &&
           id[letters + rest] == 0;
}

/* ---- metadata ---- */

/* Who made it, and what may be done with it. */
static bool names_rights(const xmlNode *node)
{
    static const char *const NAMES[] = {"rights", "creator", "license", "publisher", "License"};
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            const bool says = node->children || node->properties;
            if (says && strcmp((const char *)node->name, NAMES[i]) == 0) return true;
        }
        if (names_rights(node->children)) return true; /* depth is limited by libxml2 */
    }
    return false;
}

static bool drops_metadata(const pare_svg_rules *rules, const xmlNode *node)
{
    if (rules->keep & PARE_KEEP_XMP) return false;
    return !(rules->keep & PARE_KEEP_COPYRIGHT) || !names_rights(node->children);
}

/* ---- references ---- */

static bool note_reference(xmlHashTablePtr table, const char *begin, size_t len)
{
    char name[128];
    if (len == 0 || len >= sizeof name) return len == 0;
    memcpy(name, begin, len);
    name[len] = 0;
    return xmlHashUpdateEntry(table, (const xmlChar *)name, (void *)1, NULL) == 0;
}

/* Everything after a '#' may be a reference. */
static bool note_references(xmlHashTablePtr table, const char *text)
{
    for (const char *at = strchr(text, '#'); at; at = strchr(at, '#')) {
        const size_t len = strcspn(++at, "#)'\" ;,\t\r\n");
        if (!note_reference(table, at, len)) return false;
    }
    return true;
}

static bool note_subtree(xmlHashTablePtr table, const xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        for (const xmlAttr *a = node->properties; a; a = a->next) {
            if (!note_references(table, pare_svg_text(a))) return false;
        }
        if (!note_subtree(table, node->children)) return false;
    }
    return true;
}

static double choose_tolerance(const pare_svg *svg)
{
    if (svg->has_script || svg->has_animation || svg->has_unknown_scale || svg->view_px <= 0 ||
        svg->max_scale < 0 || (svg->has_use && svg->max_scale > 1)) {
        return 0;
    }
    return svg->view_px * POINT_TOLERANCE / svg->max_scale;
}

pare_err pare_svg_rules_init(pare_svg_rules *rules, const pare_svg *svg, uint32_t keep)
{
    *rules = (pare_svg_rules){.svg = svg, .keep = keep};
    rules->tolerance = choose_tolerance(svg);
    rules->references = xmlHashCreate(64);
    if (!rules->references || !note_subtree(rules->references, svg->root)) {
        return PARE_ERR_NO_MEMORY;
    }
    return PARE_OK;
}

void pare_svg_rules_deinit(pare_svg_rules *rules)
{
    if (rules->references) xmlHashFree(rules->references, NULL);
    *rules = (pare_svg_rules){0};
}

/* ---- nodes ---- */

bool pare_svg_drops_node(const pare_svg_rules *rules, const xmlNode *node)
{
    if (node->type == XML_COMMENT_NODE) return !(rules->keep & PARE_KEEP_COMMENT);
    if (rules->svg->has_script) return false;
    if (node->type == XML_TEXT_NODE) {
        return is_blank((const char *)node->content) && !is_in_text(node);
    }
    if (node->type != XML_ELEMENT_NODE || rules->keep == PARE_KEEP_ALL) return false;
    if (is_editor(node->ns)) return true;
    if (pare_svg_is_element(node, "metadata")) return drops_metadata(rules, node);
    if (!pare_svg_is_element(node, "defs")) return false;
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!pare_svg_drops_node(rules, child)) return false;
    }
    return true; /* empty */
}

static bool is_on_root(const pare_svg_rules *rules, const xmlAttr *a)
{
    return a->parent == rules->svg->root;
}

static bool drops_id(const pare_svg_rules *rules, const char *id)
{
    const pare_svg *svg = rules->svg;
    return !svg->has_style && !svg->has_animation && !svg->has_labels && is_generated_id(id) &&
           !xmlHashLookup(rules->references, (const xmlChar *)id);
}

bool pare_svg_drops_attribute(const pare_svg_rules *rules, const xmlAttr *a)
{
    const char *name = (const char *)a->name, *text = pare_svg_text(a);
    if (rules->svg->has_script || rules->keep == PARE_KEEP_ALL) return false;
    if (a->ns) {
        if (is_editor(a->ns)) return true;
        return strcmp(name, "space") == 0 && !rules->svg->has_text &&
               !rules->svg->has_unknown_scale;
    }
    if (strcmp(name, "id") == 0) return drops_id(rules, text);
    if (strcmp(name, "enable-background") == 0) return true; /* no viewer knows it */
    if (!is_on_root(rules, a)) return false;
    if (strcmp(name, "version") == 0 || strcmp(name, "baseProfile") == 0) return true;
    const bool is_position = strcmp(name, "x") == 0 || strcmp(name, "y") == 0;
    return is_position && (strcmp(text, "0") == 0 || strcmp(text, "0px") == 0);
}

bool pare_svg_dissolves(const pare_svg_rules *rules, const xmlNode *node)
{
    const pare_svg *svg = rules->svg;
    if (!pare_svg_is_element(node, "g") || svg->has_style || svg->has_script ||
        svg->has_animation) {
        return false;
    }
    const xmlNode *parent = node->parent;
    if (!pare_svg_is_element(parent, "svg") && !pare_svg_is_element(parent, "g")) return false;
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (!pare_svg_drops_attribute(rules, a)) return false;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (pare_svg_is_element(child, "title") || pare_svg_is_element(child, "desc")) return false;
        if (child->type == XML_TEXT_NODE && !is_blank((const char *)child->content)) return false;
    }
    return true;
}

/* ---- values ---- */

static bool is_color(const char *name, size_t len)
{
    static const char *const NAMES[] = {"fill",        "stroke",         "stop-color",
                                        "flood-color", "lighting-color", "color"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (len == strlen(NAMES[i]) && memcmp(name, NAMES[i], len) == 0) return true;
    }
    return false;
}

/* #aabbcc is #abc. */
static pare_err put_color(const char *text, size_t len, pare_buf *out)
{
    bool doubled = len == 7 && text[0] == '#';
    for (int i = 1; doubled && i < 7; i += 2) {
        doubled = isxdigit((unsigned char)text[i]) &&
                  tolower((unsigned char)text[i]) == tolower((unsigned char)text[i + 1]);
    }
    if (!doubled) return pare_buf_append(out, text, len);
    return pare_buf_append(out, (char[4]){'#', text[1], text[3], text[5]}, 4);
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

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && isspace((unsigned char)**text))
        (*text)++, (*len)--;
    while (*len > 0 && isspace((unsigned char)(*text)[*len - 1]))
        (*len)--;
}

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static pare_err put_property(const char *text, size_t len, bool *is_first, pare_buf *out)
{
    trim(&text, &len);
    if (len == 0 || starts_with(text, len, "-inkscape-") ||
        starts_with(text, len, "enable-background")) {
        return PARE_OK;
    }
    if (!*is_first) PARE_TRY(pare_buf_append_byte(out, ';'));
    *is_first = false;
    const char *colon = memchr(text, ':', len);
    if (!colon) return pare_buf_append(out, text, len);
    const char *name = text, *value = colon + 1;
    size_t name_len = (size_t)(colon - text), value_len = len - name_len - 1;
    trim(&name, &name_len);
    trim(&value, &value_len);
    PARE_TRY(pare_buf_append(out, name, name_len));
    PARE_TRY(pare_buf_append_byte(out, ':'));
    return is_color(name, name_len) ? put_color(value, value_len, out)
                                    : pare_buf_append(out, value, value_len);
}

static pare_err put_style(const char *text, pare_buf *out)
{
    bool is_first = true;
    if (strstr(text, "/*") || strchr(text, '\\') || strchr(text, '{')) {
        return pare_buf_append(out, text, strlen(text));
    }
    while (*text) {
        const size_t len = span_until(text, ";");
        PARE_TRY(put_property(text, len, &is_first, out));
        text += len + (text[len] ? 1 : 0);
    }
    return PARE_OK;
}

pare_err pare_svg_value(const pare_svg_rules *rules, const xmlAttr *a, pare_buf *out)
{
    const char *name = (const char *)a->name, *text = pare_svg_text(a);
    if (!a->ns && !rules->svg->has_script) {
        if (strcmp(name, "style") == 0) return put_style(text, out);
        if (is_color(name, strlen(name))) return put_color(text, strlen(text), out);
        if (strcmp(name, "d") == 0 && pare_svg_is_element(a->parent, "path") &&
            pare_svg_path_write(text, rules->tolerance, rules->svg->has_stroke, out)) {
            return PARE_OK;
        }
    }
    return pare_buf_append(out, text, strlen(text));
}
