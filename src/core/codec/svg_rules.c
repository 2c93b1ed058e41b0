// SPDX-License-Identifier: Apache-2.0
/* What of an SVG is not needed to show it. Where scripts run, nothing but comments goes. */
#include "core/codec/svg_rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/svg_values.h"

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

/* Identifiers that editors number through, such as path4123-7; nobody chose them. One digit is
 * enough where an editor left its name. */
static bool is_generated_id(const pare_svg *svg, const char *id)
{
    size_t letters = 0;
    while (isalpha((unsigned char)id[letters]))
        letters++;
    const size_t rest = strspn(id + letters, "0123456789-");
    return letters > 0 && rest >= (svg->has_editor ? 1 : 2) &&
           isdigit((unsigned char)id[letters]) && id[letters + rest] == 0;
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

/* What ends an identifier. */
static const char IN_URL[] = "#)'\" ;,\t\r\n";
static const char IN_SELECTOR[] = "#)'\" ;,\t\r\n{}.:>+~*/(";

/* Everything after a '#' may be a reference. */
static bool note_references(xmlHashTablePtr table, const char *text, const char *ends)
{
    for (const char *at = strchr(text, '#'); at; at = strchr(at, '#')) {
        const size_t len = strcspn(++at, ends);
        if (!note_reference(table, at, len)) return false;
    }
    return true;
}

static bool note_element(xmlHashTablePtr table, const xmlNode *node)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (!note_references(table, pare_svg_text(a), IN_URL)) return false;
    }
    if (!pare_svg_is_element(node, "style")) return true;
    for (const xmlNode *child = node->children; child; child = child->next) {
        const char *text = child->content ? (const char *)child->content : "";
        if (!note_references(table, text, IN_URL) || !note_references(table, text, IN_SELECTOR)) {
            return false;
        }
    }
    return true;
}

static bool note_subtree(const pare_svg_rules *rules, xmlHashTablePtr table, const xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        if (rules->references && pare_svg_drops_node(rules, node)) continue;
        if (!note_element(table, node) || !note_subtree(rules, table, node->children)) return false;
    }
    return true;
}

/* References of what is not dropped; what they were to may be dropped then. */
static bool note_all(pare_svg_rules *rules)
{
    enum { ROUNDS_MAX = 16 };
    int before = -1;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        xmlHashTablePtr table = xmlHashCreate(64);
        const bool ok = table && note_subtree(rules, table, rules->svg->root);
        if (rules->references) xmlHashFree(rules->references, NULL);
        rules->references = table;
        if (!ok) return false;
        if (xmlHashSize(table) == before) return true;
        before = xmlHashSize(table);
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
    return note_all(rules) ? PARE_OK : PARE_ERR_NO_MEMORY;
}

void pare_svg_rules_deinit(pare_svg_rules *rules)
{
    if (rules->references) xmlHashFree(rules->references, NULL);
    *rules = (pare_svg_rules){0};
}

/* ---- what is never painted ---- */

static bool drops_id(const pare_svg_rules *rules, const char *id)
{
    const pare_svg *svg = rules->svg;
    return !svg->has_selectors && !svg->has_animation && !svg->has_labels &&
           is_generated_id(svg, id) && !xmlHashLookup(rules->references, (const xmlChar *)id);
}

/* Painted only where something refers to it, wherever it stands. */
static bool is_resource(const xmlNode *node)
{
    static const char *const NAMES[] = {"linearGradient", "radialGradient", "pattern", "clipPath",
                                        "mask",           "filter",         "marker",  "symbol"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (pare_svg_is_element(node, NAMES[i])) return true;
    }
    return false;
}

static bool is_shape(const xmlNode *node)
{
    static const char *const NAMES[] = {"g",    "path",     "rect",    "circle", "ellipse",
                                        "line", "polyline", "polygon", "use",    "image"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (pare_svg_is_element(node, NAMES[i])) return true;
    }
    return false;
}

/* Can something refer to the node, or to what is in it? Depth is limited by libxml2. */
static bool has_name(const pare_svg_rules *rules, const xmlNode *node)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name;
        if (strcmp(name, "class") == 0) return true;
        if (strcmp(name, "id") == 0 && (a->ns || !drops_id(rules, pare_svg_text(a)))) return true;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && has_name(rules, child)) return true;
        if (pare_svg_is_element(child, "style")) return true;
    }
    return false;
}

static bool is_empty_group(const pare_svg_rules *rules, const xmlNode *node)
{
    if (!pare_svg_is_element(node, "g") || rules->svg->has_style || rules->svg->has_animation) {
        return false;
    }
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name;
        const bool paints = strcmp(name, "filter") == 0 || strstr(pare_svg_text(a), "filter");
        if (paints || strncmp(name, "aria-", 5) == 0 || strcmp(name, "role") == 0) return false;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!pare_svg_drops_node(rules, child)) return false;
    }
    return !has_name(rules, node);
}

static bool is_never_painted(const pare_svg_rules *rules, const xmlNode *node)
{
    const bool is_defined =
        node->parent && pare_svg_is_element(node->parent, "defs") && is_shape(node);
    if (is_resource(node) || is_defined) return !has_name(rules, node);
    return is_empty_group(rules, node) &&
           (pare_svg_is_element(node->parent, "g") || node->parent == rules->svg->root);
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
    if (is_never_painted(rules, node)) return true;
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
    if (pare_svg_is_idle(rules, a->parent, name, strlen(name), text, strlen(text), false))
        return true;
    if (strcmp(name, "type") == 0 && pare_svg_is_element(a->parent, "style")) {
        return strcmp(text, "text/css") == 0;
    }
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
