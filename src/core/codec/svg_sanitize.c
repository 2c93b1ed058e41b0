// SPDX-License-Identifier: Apache-2.0
/* Takes out of a drawing what runs and what is fetched. Everything is compared without case: HTML
 * parsers, which may read the file as well, do not tell it apart. */
#include "core/codec/svg_sanitize.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- words ---- */

static bool is_one_of(const char *text, const char *const *names)
{
    for (; *names; names++) {
        if (strcasecmp(text, *names) == 0) return true;
    }
    return false;
}

/* Without a prefix, also one that nobody declared: HTML parsers read it as a part of the name. */
static const char *local_name(const xmlChar *name)
{
    const char *colon = strrchr((const char *)name, ':');
    return colon ? colon + 1 : (const char *)name;
}

static const char *skip_blanks(const char *text)
{
    while (*text && (unsigned char)*text <= ' ')
        text++;
    return text;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* Does the text, without the blanks and control characters that browsers skip, hold the word? */
static bool holds(const char *text, const char *word)
{
    for (; *text; text++) {
        const char *at = text, *want = word;
        while (*at && *want) {
            if ((unsigned char)*at <= ' ') {
                at++;
                continue;
            }
            if (tolower((unsigned char)*at) != *want) break;
            at++, want++;
        }
        if (!*want) return true;
    }
    return false;
}

/* Pictures and fonts that stand in the file itself; drawings could hold anything again. */
static bool is_harmless_data(const char *url)
{
    static const char *const KINDS[] = {
        "data:image/png", "data:image/jpeg",       "data:image/jpg",
        "data:image/gif", "data:image/webp",       "data:image/avif",
        "data:font/",     "data:application/font", "data:application/x-font"};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (starts_with(url, KINDS[i])) return true;
    }
    return false;
}

static bool is_local(const char *url)
{
    url = skip_blanks(url);
    return *url == 0 || *url == '#' || is_harmless_data(url);
}

/* Does a style, or an attribute that may hold url(), fetch or run something? */
static bool is_bad_style(const char *text)
{
    static const char *const WORDS[] = {
        "@import", "expression(", "behavior:",   "-moz-binding", "image-set(",
        "src(",    "image(",      "javascript:", "vbscript:",    "livescript:"};
    if (strchr(text, '\\')) return true; /* escapes can spell any of the words */
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (holds(text, WORDS[i])) return true;
    }
    for (const char *at = text; (at = strcasestr(at, "url")); at += 3) {
        const char *url = at + 3 + strspn(at + 3, " \t\r\n\f/*");
        if (*url != '(') continue;
        url += 1 + strspn(url + 1, " \t\r\n\f'\"");
        if (!is_local(url)) return true;
    }
    return false;
}

/* ---- elements ---- */

static bool is_inert_namespace(const char *href)
{
    static const char *const INERT[] = {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://purl.org/dc/",
        "http://creativecommons.org/ns#",
        "http://web.resource.org/cc/",
        "http://www.inkscape.org/namespaces/",
        "http://sodipodi.sourceforge.net/",
        "http://ns.adobe.com/",
        "http://www.bohemiancoding.com/sketch/",
    };
    for (size_t i = 0; i < sizeof INERT / sizeof *INERT; i++) {
        if (strncmp(href, INERT[i], strlen(INERT[i])) == 0) return true;
    }
    return false;
}

static const char *find(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (strcasecmp(local_name(a->name), name) == 0) return pare_svg_text(a);
    }
    return NULL;
}

static bool is_bad_sheet(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) return true;
        if (child->content && is_bad_style((const char *)child->content)) return true;
    }
    return false;
}

static bool is_bad_element(const xmlNode *node)
{
    static const char *const RUN[] = {
        "script",   "foreignObject", "iframe", "frame",  "frameset", "embed", "object",
        "applet",   "audio",         "video",  "canvas", "source",   "track", "handler",
        "listener", "link",          "meta",   "base",   "template", "form",  "input",
        "button",   "math",          "html",   "body",   NULL};
    static const char *const ANIMATIONS[] = {
        "animate", "set", "animateColor", "animateTransform", "animateMotion", "discard", NULL};
    const char *name = local_name(node->name);
    if (node->ns && node->ns->href && !is_inert_namespace((const char *)node->ns->href))
        return true;
    if (is_one_of(name, RUN)) return true;
    if (strcasecmp(name, "style") == 0) return is_bad_sheet(node);
    if (!is_one_of(name, ANIMATIONS)) return false;
    const char *target = find(node, "attributeName");
    return target && (holds(target, "href") || starts_with(skip_blanks(target), "on") ||
                      holds(target, "style"));
}

/* ---- attributes ---- */

static bool is_bad_attribute(const xmlAttr *a)
{
    static const char *const LINKS[] = {"href",   "src",        "action", "formaction", "data",
                                        "poster", "background", "ping",   "srcset",     "codebase",
                                        "cite",   "manifest",   "srcdoc", NULL};
    static const char *const EVENTS = "http://www.w3.org/2001/xml-events";
    const char *name = local_name(a->name), *text = pare_svg_text(a);
    if (a->children && a->children->next) return true; /* not plain text */
    if (a->ns && a->ns->href && strcmp((const char *)a->ns->href, EVENTS) == 0) return true;
    if (starts_with(name, "on")) return true;
    if (strcasecmp(name, "base") == 0) return true;
    if (is_one_of(name, LINKS)) return !is_local(text);
    if (holds(text, "javascript:") || holds(text, "vbscript:")) return true;
    if (strcasecmp(name, "style") == 0) return is_bad_style(text);
    return strcasestr(text, "url") && is_bad_style(text);
}

static size_t clean_attributes(xmlNodePtr node)
{
    size_t removed = 0;
    for (xmlAttrPtr a = node->properties; a;) {
        const xmlAttrPtr next = a->next;
        if (is_bad_attribute(a)) {
            xmlRemoveProp(a);
            removed++;
        }
        a = next;
    }
    return removed;
}

/* The next node in the order of the file that is not below this one; NULL at the end. */
static xmlNodePtr skip(xmlNodePtr node, const xmlDoc *doc)
{
    while (!node->next) {
        node = node->parent;
        if (!node || node == (const xmlNode *)doc) return NULL;
    }
    return node->next;
}

size_t pare_svg_sanitize(xmlDocPtr doc)
{
    size_t removed = 0;
    for (xmlNodePtr node = doc->children; node;) {
        const bool is_element = node->type == XML_ELEMENT_NODE;
        const bool is_root = node == xmlDocGetRootElement(doc);
        const bool is_bad = node->type == XML_PI_NODE || node->type == XML_ENTITY_REF_NODE ||
                            (is_element && !is_root && is_bad_element(node));
        if (is_bad) {
            const xmlNodePtr next = skip(node, doc);
            xmlUnlinkNode(node);
            xmlFreeNode(node);
            node = next;
            removed++;
            continue;
        }
        if (is_element) removed += clean_attributes(node);
        node = is_element && node->children ? node->children : skip(node, doc);
    }
    return removed;
}
