// SPDX-License-Identifier: Apache-2.0
/* Does the written SVG say what the source says? Compared node by node, both read from bytes. */
#include "core/codec/svg_path.h"
#include "core/codec/svg_values.h"
#include "core/codec/svg_writer.h"

#include <string.h>

/* Does the walk stop here? Dissolved groups are walked through, not stopped at. */
static bool is_stop(const pare_svg_rules *rules, const xmlNode *node)
{
    if (node->type == XML_ELEMENT_NODE) return !rules || !pare_svg_dissolves(rules, node);
    return node->type == XML_TEXT_NODE;
}

/* The next node that counts after this one, inside of root. *depth changes with it, not counting
 * dissolved groups. rules: NULL when every node counts. */
static const xmlNode *walk(const pare_svg_rules *rules, const xmlNode *root, const xmlNode *node,
                           int *depth)
{
    bool enters = node->type == XML_ELEMENT_NODE;
    for (;;) {
        const xmlNode *next = enters ? node->children : NULL;
        if (next) {
            if (is_stop(rules, node)) ++*depth;
        } else {
            while (node != root && !node->next) {
                node = node->parent;
                if (is_stop(rules, node)) --*depth;
            }
            if (node == root) return NULL;
            next = node->next;
        }
        node = next;
        const bool dropped = rules && pare_svg_drops_node(rules, node);
        if (!dropped && is_stop(rules, node)) return node;
        enters = !dropped && node->type == XML_ELEMENT_NODE;
    }
}

static const char *href_of(const xmlNs *ns)
{
    return ns && ns->href ? (const char *)ns->href : "";
}

static const xmlAttr *find_same(const xmlNode *node, const xmlAttr *like)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (strcmp((const char *)a->name, (const char *)like->name) == 0 &&
            strcmp(href_of(a->ns), href_of(like->ns)) == 0) {
            return a;
        }
    }
    return NULL;
}

/* b is what a is in the shortest words, or both are paths that draw the same. */
static bool is_same_value(const pare_svg_rules *rules, const xmlAttr *a, const xmlAttr *b)
{
    const char *text = pare_svg_text(b);
    const bool is_path = !a->ns && strcmp((const char *)a->name, "d") == 0;
    if (strcmp(pare_svg_text(a), text) == 0) return true;
    if (is_path) return pare_svg_path_is_near(pare_svg_text(a), text, rules->tolerance);
    pare_buf value = {0};
    const bool same = pare_svg_value(rules, a, &value) == PARE_OK && value.len == strlen(text) &&
                      (value.len == 0 || memcmp(value.data, text, value.len) == 0);
    pare_buf_deinit(&value);
    return same;
}

static bool is_same_text(const pare_svg_rules *rules, const xmlNode *a, const xmlNode *b)
{
    const char *text = (const char *)b->content;
    pare_buf value = {0};
    const bool same = pare_svg_text_value(rules, a, (const char *)a->content, &value) == PARE_OK &&
                      value.len == strlen(text) &&
                      (value.len == 0 || memcmp(value.data, text, value.len) == 0);
    pare_buf_deinit(&value);
    return same;
}

static bool is_empty_style(const pare_svg_rules *rules, const xmlAttr *a)
{
    pare_buf value = {0};
    const bool empty = !a->ns && strcmp((const char *)a->name, "style") == 0 &&
                       pare_svg_value(rules, a, &value) == PARE_OK && value.len == 0;
    pare_buf_deinit(&value);
    return empty;
}

static bool is_same_node(const pare_svg_rules *rules, const xmlNode *a, const xmlNode *b)
{
    if (a->type != b->type) return false;
    if (a->type == XML_TEXT_NODE) return is_same_text(rules, a, b);
    if (strcmp((const char *)a->name, (const char *)b->name) != 0) return false;
    if (strcmp(href_of(a->ns), href_of(b->ns)) != 0) return false;
    unsigned count = 0;
    for (const xmlAttr *attr = a->properties; attr; attr = attr->next) {
        if (pare_svg_drops_attribute(rules, attr) || is_empty_style(rules, attr)) continue;
        const xmlAttr *same = find_same(b, attr);
        if (!same || !is_same_value(rules, attr, same)) return false;
        count++;
    }
    for (const xmlAttr *attr = b->properties; attr; attr = attr->next)
        count--;
    return count == 0;
}

bool pare_svg_is_same(const pare_svg_rules *rules, const pare_svg *result)
{
    bool same = true;
    int depth_a = 0, depth_b = 0;
    const xmlNode *const root_a = rules->svg->root, *const root_b = result->root;
    const xmlNode *a = root_a, *b = root_b;
    while (same && a && b) {
        same = depth_a == depth_b && is_same_node(rules, a, b);
        a = walk(rules, root_a, a, &depth_a);
        b = walk(NULL, root_b, b, &depth_b);
    }
    return same && !a && !b;
}
