// SPDX-License-Identifier: Apache-2.0
/* What makes a drawing of strangers dangerous: things that run, and things that are fetched. */
#ifndef PARE_CORE_SVG_SANITIZE_H
#define PARE_CORE_SVG_SANITIZE_H

#include "core/codec/svg_document.h"

/* Takes out of the tree, and counts:
 * - elements that run or hold other documents (script, foreignObject, iframe, ...), all elements of
 *   namespaces that are not known to be inert, and animations of links and handlers;
 * - handlers (on...), attributes of XML events, xml:base;
 * - references that leave the file: what remains is #name and pictures and fonts in data: URLs,
 *   drawings not among them;
 * - style sheets and styles that import, fetch, run or hide words behind escapes;
 * - processing instructions. */
size_t pare_svg_sanitize(xmlDocPtr doc);

#endif /* PARE_CORE_SVG_SANITIZE_H */
