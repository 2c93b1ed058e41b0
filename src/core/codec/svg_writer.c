// SPDX-License-Identifier: Apache-2.0
/* Writing an SVG. */
#include "core/codec/svg_writer.h"

#include <string.h>

#include "core/codec/svg_values.h"

static pare_err put(pare_buf *out, const char *text)
{
    return pare_buf_append(out, text, strlen(text));
}

static pare_err put_escaped(pare_buf *out, const char *text, size_t len, char quote)
{
    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        const char *name = c == '&'              ? "&amp;"
                           : c == '<'            ? "&lt;"
                           : c == '\r'           ? "&#13;"
                           : quote && c == '\n'  ? "&#10;"
                           : quote && c == '\t'  ? "&#9;"
                           : quote && c == quote ? c == '"' ? "&quot;" : "&#39;"
                           : !quote && c == '>' && i > 0 && text[i - 1] == ']' ? "&gt;"
                                                                               : NULL;
        PARE_TRY(name ? put(out, name) : pare_buf_append_byte(out, (uint8_t)c));
    }
    return PARE_OK;
}

static pare_err put_name(pare_buf *out, const xmlNs *ns, const xmlChar *name)
{
    if (ns && ns->prefix) {
        PARE_TRY(put(out, (const char *)ns->prefix));
        PARE_TRY(pare_buf_append_byte(out, ':'));
    }
    return put(out, (const char *)name);
}

static pare_err put_quoted(pare_buf *out, const char *text, size_t len)
{
    const char quote = memchr(text, '"', len) && !memchr(text, '\'', len) ? '\'' : '"';
    PARE_TRY(pare_buf_append_byte(out, '='));
    PARE_TRY(pare_buf_append_byte(out, (uint8_t)quote));
    PARE_TRY(put_escaped(out, text, len, quote));
    return pare_buf_append_byte(out, (uint8_t)quote);
}

/* ---- namespaces ---- */

/* Marks the namespaces that what remains below node needs. */
static void mark_used(const pare_svg_rules *rules, const xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || pare_svg_drops_node(rules, node)) continue;
        if (node->ns) node->ns->_private = node->ns;
        for (const xmlAttr *a = node->properties; a; a = a->next) {
            if (a->ns && !pare_svg_drops_attribute(rules, a)) a->ns->_private = a->ns;
        }
        mark_used(rules, node->children);
    }
}

static pare_err put_namespaces(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out)
{
    for (const xmlNs *ns = node->nsDef; ns; ns = ns->next) {
        if (!ns->_private && !rules->svg->has_script) continue;
        PARE_TRY(put(out, ns->prefix ? " xmlns:" : " xmlns"));
        if (ns->prefix) PARE_TRY(put(out, (const char *)ns->prefix));
        const char *href = ns->href ? (const char *)ns->href : "";
        PARE_TRY(put_quoted(out, href, strlen(href)));
    }
    return PARE_OK;
}

/* ---- nodes ---- */

static pare_err put_attributes(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out)
{
    pare_buf value = {0};
    pare_err err = PARE_OK;
    for (const xmlAttr *a = node->properties; a && err == PARE_OK; a = a->next) {
        if (pare_svg_drops_attribute(rules, a)) continue;
        value.len = 0;
        err = pare_svg_value(rules, a, &value);
        if (err == PARE_OK && value.len == 0 && strcmp((const char *)a->name, "style") == 0)
            continue;
        if (err == PARE_OK) err = pare_buf_append_byte(out, ' ');
        if (err == PARE_OK) err = put_name(out, a->ns, a->name);
        if (err == PARE_OK) {
            err = put_quoted(out, value.data ? (const char *)value.data : "", value.len);
        }
    }
    pare_buf_deinit(&value);
    return err;
}

static pare_err put_node(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out);

static pare_err put_children(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        PARE_TRY(put_node(rules, child, out));
    }
    return PARE_OK;
}

/* Recursion is bounded by the depth that libxml2 allows. */
static pare_err put_element(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out)
{
    if (pare_svg_dissolves(rules, node)) return put_children(rules, node, out);
    PARE_TRY(pare_buf_append_byte(out, '<'));
    PARE_TRY(put_name(out, node->ns, node->name));
    PARE_TRY(put_namespaces(rules, node, out));
    PARE_TRY(put_attributes(rules, node, out));
    const size_t head = out->len;
    PARE_TRY(pare_buf_append_byte(out, '>'));
    PARE_TRY(put_children(rules, node, out));
    if (out->len == head + 1) {
        out->len = head;
        return put(out, "/>");
    }
    PARE_TRY(put(out, "</"));
    PARE_TRY(put_name(out, node->ns, node->name));
    return pare_buf_append_byte(out, '>');
}

static pare_err put_text(const pare_svg_rules *rules, const xmlNode *node, const char *text,
                         pare_buf *out)
{
    pare_buf value = {0};
    pare_err err = pare_svg_text_value(rules, node, text, &value);
    if (err == PARE_OK)
        err = put_escaped(out, value.data ? (const char *)value.data : "", value.len, 0);
    pare_buf_deinit(&value);
    return err;
}

static pare_err put_node(const pare_svg_rules *rules, const xmlNode *node, pare_buf *out)
{
    const char *text = node->content ? (const char *)node->content : "";
    if (node->type == XML_DTD_NODE || pare_svg_drops_node(rules, node)) return PARE_OK;
    switch (node->type) {
    case XML_ELEMENT_NODE: return put_element(rules, node, out);
    case XML_TEXT_NODE:
    case XML_CDATA_SECTION_NODE: return put_text(rules, node, text, out);
    case XML_COMMENT_NODE:
        PARE_TRY(put(out, "<!--"));
        PARE_TRY(put(out, text));
        return put(out, "-->");
    case XML_PI_NODE:
        PARE_TRY(put(out, "<?"));
        PARE_TRY(put(out, (const char *)node->name));
        PARE_TRY(put(out, " "));
        PARE_TRY(put(out, text));
        return put(out, "?>");
    default: return PARE_OK;
    }
}

pare_err pare_svg_write(const pare_svg_rules *rules, pare_buf *out)
{
    mark_used(rules, rules->svg->root);
    for (const xmlNode *node = rules->svg->doc->children; node; node = node->next) {
        PARE_TRY(put_node(rules, node, out));
    }
    return PARE_OK;
}
