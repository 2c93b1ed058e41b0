// SPDX-License-Identifier: Apache-2.0
/* SVG to a tree with libxml2. */
#include "core/codec/svg_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>

#include "core/codec/svg_sanitize.h"
#include "core/codec/svg_transform.h"

#define SVG_NAMESPACE "http://www.w3.org/2000/svg"

bool pare_svg_is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           (!node->ns || strcmp((const char *)node->ns->href, SVG_NAMESPACE) == 0);
}

const char *pare_svg_text(const xmlAttr *attribute)
{
    const xmlNode *child = attribute->children;
    return child && child->content ? (const char *)child->content : "";
}

/* Attribute without a namespace; NULL when it is not there. */
static const char *find(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (!a->ns && strcmp((const char *)a->name, name) == 0) return pare_svg_text(a);
    }
    return NULL;
}

static bool is_one_of(const xmlNode *node, const char *const *names)
{
    for (; *names; names++) {
        if (pare_svg_is_element(node, *names)) return true;
    }
    return false;
}

/* Units of what is drawn; those of gradients and of regions of filters move no point. */
static bool is_content_scaled(const char *name, const char *text)
{
    static const char *const NAMES[] = {"clipPathUnits", "maskContentUnits", "patternContentUnits"};
    if (strcmp(text, "objectBoundingBox") != 0) return false;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(name, NAMES[i]) == 0) return true;
    }
    return false;
}

/* In a style; text-transform is about letters. */
static bool has_transform(const char *text)
{
    for (const char *at = text; (at = strstr(at, "transform")); at += 9) {
        if (at < text + 5 || memcmp(at - 5, "text-", 5) != 0) return true;
    }
    return strstr(text, "scale:") || strstr(text, "offset-path");
}

/* Does an attribute say that lines are drawn? "none" is the only other value that files hold. */
static bool is_stroke(const char *name, const char *text)
{
    if (strcmp(name, "stroke") == 0) return strcmp(text, "none") != 0;
    if (strcmp(name, "style") != 0) return false;
    for (const char *at = text; (at = strstr(at, "stroke")); at += 6) {
        const char *rest = at + 6 + strspn(at + 6, " \t\r\n");
        if (*rest != ':') continue;
        rest += 1 + strspn(rest + 1, " \t\r\n");
        if (strncmp(rest, "none", 4) != 0) return true;
    }
    return false;
}

static void note_attributes(const xmlNode *node, pare_svg *svg)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name, *text = pare_svg_text(a);
        svg->has_script |= name[0] == 'o' && name[1] == 'n';
        svg->has_script |= strstr(text, "javascript:") != NULL;
        svg->has_unknown_scale |= is_content_scaled(name, text);
        svg->has_unknown_scale |= strcmp(name, "style") == 0 && has_transform(text);
        svg->has_current_color |= strcasestr(text, "currentcolor") != NULL;
        svg->has_stroke |= is_stroke(name, text);
        svg->has_labels |= strncmp(name, "aria-", 5) == 0;
    }
}

static void note_style_sheet(const xmlNode *node, pare_svg *svg)
{
    svg->has_style = true;
    for (const xmlNode *child = node->children; child; child = child->next) {
        const char *text = child->content ? (const char *)child->content : "";
        svg->has_selectors |= strchr(text, '[') || strchr(text, '\\') || strstr(text, "@import");
        svg->has_current_color |= strcasestr(text, "currentcolor") != NULL;
        svg->has_stroke |= strstr(text, "stroke") || strstr(text, "@import");
        svg->has_unknown_scale |= has_transform(text) || strstr(text, "zoom") ||
                                  strstr(text, "@import") || strstr(text, "path(");
    }
}

static bool is_of_inkscape(const xmlNode *root)
{
    for (const xmlNs *ns = root->nsDef; ns; ns = ns->next) {
        const char *href = ns->href ? (const char *)ns->href : "";
        if (strstr(href, "inkscape.org/") || strstr(href, "sodipodi")) return true;
    }
    return false;
}

static void note_element(const xmlNode *node, pare_svg *svg)
{
    static const char *const ANIMATIONS[] = {"animate", "animateMotion", "animateTransform",
                                             "set",     "animateColor",  NULL};
    static const char *const SCALES[] = {"symbol", "marker", "pattern", "foreignObject", "textPath",
                                         "svg",    "view",   "font",    "glyph",         NULL};
    svg->has_script |= pare_svg_is_element(node, "script");
    if (pare_svg_is_element(node, "style")) note_style_sheet(node, svg);
    svg->has_animation |= is_one_of(node, ANIMATIONS);
    svg->has_unknown_scale |= node != svg->root && is_one_of(node, SCALES);
    svg->has_text |= pare_svg_is_element(node, "text");
    svg->has_use |= pare_svg_is_element(node, "use");
    note_attributes(node, svg);
}

/* Walks the tree without recursion, so that its depth costs nothing. scales: of the ancestors. */
static void note_tree(pare_svg *svg)
{
    double scales[260]; /* libxml2 allows a depth of 256 */
    unsigned depth = 0;
    scales[0] = svg->max_scale = 1;
    svg->has_editor = is_of_inkscape(svg->root);
    for (const xmlNode *node = svg->root; node;) {
        if (node->type == XML_ELEMENT_NODE) {
            note_element(node, svg);
            const char *transform = find(node, "transform");
            const double one = transform ? pare_svg_transform_scale(transform) : 1;
            if (one < 0 || svg->max_scale < 0 || depth + 1 >= 260) {
                svg->max_scale = -1;
            } else {
                scales[depth + 1] = scales[depth] * one;
                svg->max_scale = fmax(svg->max_scale, scales[depth + 1]);
            }
        }
        if (node->type == XML_ELEMENT_NODE && node->children) {
            node = node->children;
            depth++;
            continue;
        }
        while (node != svg->root && !node->next) {
            node = node->parent;
            depth--;
        }
        node = node == svg->root ? NULL : node->next;
    }
}

/* A length of SVG in pixels; 0 when it is relative or none. */
static double read_length(const char *text)
{
    static const struct {
        const char *unit;
        double px;
    } UNITS[] = {{"", 1},           {"px", 1},         {"pt", 96.0 / 72}, {"pc", 16},
                 {"mm", 96 / 25.4}, {"cm", 96 / 2.54}, {"in", 96}};
    if (!text) return 0;
    char *end;
    const double value = strtod(text, &end); /* workers run in the C locale */
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (strcmp(end, UNITS[i].unit) == 0) return isfinite(value) ? value * UNITS[i].px : 0;
    }
    return 0;
}

static void read_size(pare_svg *svg)
{
    const char *view = find(svg->root, "viewBox");
    double box[4] = {0};
    svg->width_px = read_length(find(svg->root, "width"));
    svg->height_px = read_length(find(svg->root, "height"));
    for (int i = 0; view && i < 4; i++) {
        char *end;
        box[i] = strtod(view, &end);
        if (end == view || !isfinite(box[i])) box[i] = 0;
        view = end + strspn(end, " ,\t\n\r");
    }
    const bool has_box = box[2] > 0 && box[3] > 0;
    svg->view_px = has_box ? fmin(box[2], box[3]) : fmin(svg->width_px, svg->height_px);
    if (svg->width_px <= 0 && svg->height_px > 0 && has_box) {
        svg->width_px = svg->height_px * box[2] / box[3];
    }
    if (svg->height_px <= 0 && svg->width_px > 0 && has_box) {
        svg->height_px = svg->width_px * box[3] / box[2];
    }
    if (svg->width_px <= 0) svg->width_px = has_box ? box[2] : 300; /* CSS 2.1 section 10.3.2 */
    if (svg->height_px <= 0) svg->height_px = has_box ? box[3] : 150;
    svg->width_px = fmin(fmax(svg->width_px, 1), 1e6);
    svg->height_px = fmin(fmax(svg->height_px, 1), 1e6);
    if (!(svg->view_px > 0) || svg->view_px > 1e6) svg->view_px = 0;
}

static bool contains(pare_bytes file, const char *text)
{
    return memmem(file.data, file.len, text, strlen(text)) != NULL;
}

/* Encodings that the parser knows by itself; for others it would load files. */
static bool has_known_encoding(pare_bytes file)
{
    static const char *const NAMES[] = {"utf-8", "us-ascii", "ascii", "iso-8859-1"};
    if (file.len < 5) return true;
    const char *text = (const char *)file.data;
    const char *end = memchr(text, '>', file.len);
    if (!end) return true;
    const char *at = memmem(text, (size_t)(end - text), "encoding", 8);
    if (!at || !memmem(text, (size_t)(at - text), "<?xml", 5)) return true;
    at += 8;
    while (at < end && strchr(" \t\r\n='\"", *at))
        at++;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const size_t len = strlen(NAMES[i]);
        const bool fits = (size_t)(end - at) > len && (at[len] == '"' || at[len] == '\'');
        if (fits && strncasecmp(at, NAMES[i], len) == 0) return true;
    }
    return false;
}

pare_err pare_svg_read(pare_bytes file, bool sanitize, pare_svg *out, pare_diag *diag)
{
    *out = (pare_svg){0};
    if (file.len > PARE_SVG_BYTES_MAX) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "SVG: more than 32 MiB");
    }
    /* before any parser sees them: what they expand to is not known and not wanted */
    if (contains(file, "<!ENTITY") || contains(file, "<!ATTLIST")) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "SVG: with declarations of its own");
    }
    if (!has_known_encoding(file)) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "SVG: not in UTF-8");
    }
    const int flags = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    out->doc = xmlReadMemory((const char *)file.data, (int)file.len, NULL, NULL, flags);
    if (!out->doc) return pare_fail(diag, PARE_ERR_CORRUPT, "SVG: not well-formed XML");
    out->root = xmlDocGetRootElement(out->doc);
    if (!out->root || !pare_svg_is_element(out->root, "svg")) {
        pare_svg_deinit(out);
        return pare_fail(diag, PARE_ERR_CORRUPT, "SVG: the root is another element");
    }
    if (out->doc->intSubset && out->doc->intSubset->children) {
        pare_svg_deinit(out);
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "SVG: with declarations of its own");
    }
    if (sanitize) out->sanitized = pare_svg_sanitize(out->doc);
    for (const xmlNode *node = out->doc->children; node; node = node->next)
        if (node->type == XML_PI_NODE)
            out->has_style = out->has_selectors = out->has_stroke = out->has_unknown_scale = true;
    note_tree(out);
    read_size(out);
    return PARE_OK;
}

void pare_svg_deinit(pare_svg *svg)
{
    if (svg->doc) xmlFreeDoc(svg->doc);
    *svg = (pare_svg){0};
}
