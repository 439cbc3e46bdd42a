/* SPDX-License-Identifier: MIT */
#include "app/alt/page_private.h"

#include "base/library.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

/* What is used of libxml2, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&htmlReadMemory) read_html;
    __typeof__(&xmlReadMemory) read_xml;
    __typeof__(&xmlFreeDoc) destroy;
} xml;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(htmlReadMemory, &xml.read_html),
    TN_FUNCTION(xmlReadMemory, &xml.read_xml),
    TN_FUNCTION(xmlFreeDoc, &xml.destroy),
};

#if LIBXML_VERSION >= 21400
#define SONAME "libxml2.so.16"
#else
#define SONAME "libxml2.so.2"
#endif

enum tn_status alt_available(struct tn_error *err)
{
    static struct tn_library library = TN_LIBRARY(SONAME, functions);
    struct tn_error why;
    const enum tn_status status = tn_library_load(&library, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "pages cannot be read: %s", why.text);
    return TN_OK;
}

/* No network, no files, no entities put in: the bytes alone. */
enum {
    HTML_OPTIONS = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                   HTML_PARSE_NONET | HTML_PARSE_NODEFDTD,
    XML_OPTIONS = XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET | XML_PARSE_NOCDATA
};

enum tn_status alt_tree_create(const struct alt_page *page, const char *view, size_t size,
                               xmlDocPtr *ret_tree, struct tn_error *err)
{
    /* Bytes of other charsets are kept apart, whatever they mean. */
    const char *charset = page->utf8 ? "UTF-8" : "ISO-8859-1";

    TN_TRY(alt_available(err));
    *ret_tree = page->kind == ALT_XHTML
                    ? xml.read_xml(view, (int)size, NULL, NULL, XML_OPTIONS)
                    : xml.read_html(view, (int)size, NULL, charset, HTML_OPTIONS);
    if (!*ret_tree)
        return tn_fail(err, TN_FORMAT, "%s: %s; it is left as it is", page->name,
                       page->kind == ALT_XHTML ? "this XHTML is not well-formed"
                                               : "libxml2 cannot read it");
    return TN_OK;
}

void alt_tree_destroy(xmlDocPtr tree)
{
    if (tree)
        xml.destroy(tree);
}

/* Of a reference to an entity, the children are the entity's own. */
xmlNodePtr alt_tree_next(xmlNodePtr node)
{
    const bool enter = node->type == XML_ELEMENT_NODE || node->type == XML_DOCUMENT_NODE ||
                       node->type == XML_HTML_DOCUMENT_NODE;

    if (enter && node->children)
        return node->children;
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

bool alt_node_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           !(node->ns && node->ns->prefix);
}

xmlNodePtr alt_tree_next_image(xmlNodePtr node)
{
    do
        node = alt_tree_next(node);
    while (node && !alt_node_is(node, "img"));
    return node;
}

/* ---- Attributes ---- */

/* xml:lang is in a namespace for the parser of XML, and a name for that of HTML. */
static bool is_named(const xmlAttr *attribute, const char *name)
{
    const char *own = (const char *)attribute->name;

    if (!attribute->ns)
        return strcmp(own, name) == 0;
    return strncmp(name, "xml:", 4) == 0 && strcmp(own, name + 4) == 0;
}

static const xmlAttr *find_attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
        if (is_named(attribute, name))
            return attribute;
    return NULL;
}

static char *value_of(const xmlAttr *attribute, bool *lost)
{
    size_t length = 0;
    char *value;

    for (const xmlNode *part = attribute->children; part; part = part->next)
        length += part->content ? strlen((const char *)part->content) : 0;
    value = calloc(1, length + 1);
    if (!value) {
        *lost = true;
        return NULL;
    }
    length = 0;
    for (const xmlNode *part = attribute->children; part; part = part->next)
        if (part->content) {
            const size_t added = strlen((const char *)part->content);

            memcpy(value + length, part->content, added);
            length += added;
        }
    return value;
}

char *alt_node_attribute(const xmlNode *node, const char *name, bool *lost)
{
    const xmlAttr *attribute = find_attribute(node, name);

    return attribute ? value_of(attribute, lost) : NULL;
}

/* ---- Two trees ---- */

static bool texts_equal(const xmlChar *a, const xmlChar *b)
{
    return a == b || (a && b && strcmp((const char *)a, (const char *)b) == 0);
}

static bool namespaces_equal(const xmlNs *a, const xmlNs *b)
{
    return a == b || (a && b && texts_equal(a->href, b->href) && texts_equal(a->prefix, b->prefix));
}

static bool values_equal(const xmlAttr *a, const xmlAttr *b, bool *lost)
{
    char *left = value_of(a, lost), *right = value_of(b, lost);
    const bool equal = left && right && strcmp(left, right) == 0;

    free(left);
    free(right);
    return equal;
}

/* The next attribute that counts: not alt, where that is to change. */
static const xmlAttr *counting(const xmlAttr *attribute, bool changes)
{
    while (attribute && changes && strcmp((const char *)attribute->name, "alt") == 0 &&
           !attribute->ns)
        attribute = attribute->next;
    return attribute;
}

static bool attributes_equal(const xmlNode *old, const xmlNode *new, const char *text, bool *lost)
{
    const xmlAttr *a = counting(old->properties, text), *b = counting(new->properties, text);
    bool equal;
    char *alt;

    for (; a && b; a = counting(a->next, text), b = counting(b->next, text))
        if (!texts_equal(a->name, b->name) || !namespaces_equal(a->ns, b->ns) ||
            !values_equal(a, b, lost))
            return false;
    if (a || b || !text)
        return !a && !b;
    alt = alt_node_attribute(new, "alt", lost);
    equal = alt && strcmp(alt, text) == 0;
    free(alt);
    return equal;
}

static bool nodes_equal(const xmlNode *a, const xmlNode *b, const char *text, bool *lost)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case XML_ELEMENT_NODE:
        return texts_equal(a->name, b->name) && namespaces_equal(a->ns, b->ns) &&
               attributes_equal(a, b, text, lost);
    case XML_TEXT_NODE:
    case XML_CDATA_SECTION_NODE:
    case XML_COMMENT_NODE:
    case XML_PI_NODE:
    case XML_ENTITY_REF_NODE:
        return texts_equal(a->name, b->name) && texts_equal(a->content, b->content);
    case XML_DTD_NODE:
        return texts_equal(a->name, b->name);
    default:
        return true;
    }
}

/* Whether both are the same step of a walk: down into the node, or as many levels up. */
static bool steps_equal(const xmlNode *a, const xmlNode *b)
{
    return !a->children == !b->children && !a->next == !b->next;
}

bool alt_trees_equal(xmlDocPtr old, xmlDocPtr new, const char *const *texts, bool *lost)
{
    xmlNodePtr a = old->children, b = new->children;
    size_t image = 0;

    while (a && b) {
        const char *text = alt_node_is(a, "img") ? texts[image++] : NULL;

        if (!nodes_equal(a, b, text, lost) || !steps_equal(a, b))
            return false;
        a = alt_tree_next(a);
        b = alt_tree_next(b);
    }
    return !a && !b;
}
