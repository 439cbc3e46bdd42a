/* SPDX-License-Identifier: MIT */
/* Finds the properties: follows the elements that lead to them from rdf:RDF on, and notes where
 * they stand. */
#include "metadata/xmp_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* How they nest.  An item's text may stand in an rdf:value of its own, or in an rdf:Description's,
 * beside its qualifiers. */
enum { RDF, NODE, PROPERTY, LIST, ITEM, VALUE, INNER_VALUE, LEVELS };

struct finder {
    struct meta_xmp *xmp;
    size_t skipped; /* bytes before the document */
    struct meta_names names;
    size_t depth;     /* how many elements are open */
    size_t rdf_depth; /* how many of them are around rdf:RDF */
    size_t followed;  /* how many are open from rdf:RDF on that are followed */
    bool had_rdf;     /* it has ended; a second one is not read */
    struct meta_xmp_element open[LEVELS];
    struct meta_xmp_node node;          /* the open one */
    struct meta_xmp_property *property; /* the open one, of the packet's */
    struct meta_xmp_item item;          /* the open one, or the property's plain text */
    struct meta_bytes text;             /* its text so far */
    size_t value_level;                 /* of the rdf:value that it is in */
    bool has_value;                     /* that has ended */
    bool has_list;                      /* the property's */
};

static enum tn_status copy_text(const char *text, size_t size, char **ret_copy,
                                struct tn_error *err)
{
    char *copy = malloc(size + 1);

    if (!copy)
        return tn_fail_nomem(err, size + 1);
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    *ret_copy = copy;
    return TN_OK;
}

/* A property of the open node.  A second one of its name makes it a form that is not written. */
static void begin_property(struct finder *finder, enum meta_xmp_name name, enum meta_xmp_form form)
{
    struct meta_xmp_property *property = &finder->xmp->property[name];

    property->form = property->form == META_XMP_ABSENT ? form : META_XMP_OTHER;
    property->node.element.start = finder->open[NODE].start;
    finder->property = property;
}

static void begin_item(struct finder *finder)
{
    meta_xmp_free_item(&finder->item);
    finder->item = (struct meta_xmp_item){0};
    finder->text.size = 0;
    finder->has_value = false;
}

/* The open item, with the text that came, becomes one of the property's. */
static enum tn_status end_item(struct finder *finder, struct tn_error *err)
{
    struct meta_xmp_property *property = finder->property;

    TN_TRY(copy_text((const char *)finder->text.bytes, finder->text.size, &finder->item.text, err));
    TN_TRY(tn_array_reserve(&property->items, &property->capacity, property->count + 1, err));
    property->items[property->count++] = finder->item;
    finder->item = (struct meta_xmp_item){0};
    return TN_OK;
}

/* ---- Elements ---- */

static struct meta_span shifted(const struct finder *finder, struct meta_span span)
{
    return (struct meta_span){span.begin + finder->skipped, span.end + finder->skipped};
}

/* Which property a name is; META_XMP_PROPERTIES for any other. */
static enum meta_xmp_name find_property(const struct finder *finder, const char *name)
{
    size_t i = 0;

    while (i < META_XMP_PROPERTIES &&
           !meta_name_is(&finder->names, name, meta_xmp_kinds[i].space, meta_xmp_kinds[i].name))
        i++;
    return (enum meta_xmp_name)i;
}

static bool is_followed(const struct finder *finder, size_t level, const char *name)
{
    const struct meta_names *names = &finder->names;

    switch (level) {
    case RDF:
        return !finder->had_rdf && meta_name_is(names, name, META_RDF, "RDF");
    case NODE:
        return meta_name_is(names, name, META_RDF, "Description");
    case PROPERTY:
        return find_property(finder, name) != META_XMP_PROPERTIES;
    case LIST:
        return meta_name_is(names, name, META_RDF, "Alt") ||
               meta_name_is(names, name, META_RDF, "Bag") ||
               meta_name_is(names, name, META_RDF, "Seq");
    case ITEM:
        return meta_name_is(names, name, META_RDF, "li");
    case VALUE:
        return meta_name_is(names, name, META_RDF, "value") ||
               meta_name_is(names, name, META_RDF, "Description");
    case INNER_VALUE:
        return meta_name_is(names, name, META_RDF, "value");
    default:
        return false;
    }
}

/* The language of the item that its attributes label; any that say more than that are not
 * understood. */
static enum tn_status read_label(struct finder *finder, const char *const *attributes,
                                 struct tn_error *err)
{
    for (; *attributes; attributes += 2) {
        const char *name = attributes[0], *value = attributes[1];

        if (strcmp(name, "xml:lang") == 0)
            TN_TRY(copy_text(value, strlen(value), &finder->item.language, err));
        else if (strncmp(name, "xmlns", 5) != 0 &&
                 !(meta_name_is(&finder->names, name, META_RDF, "parseType") &&
                   strcmp(value, "Resource") == 0))
            finder->property->form = META_XMP_OTHER;
    }
    return TN_OK;
}

static enum tn_status read_attribute(struct finder *finder, enum meta_xmp_name property,
                                     const char *name, const char *value, struct tn_error *err)
{
    begin_property(finder, property, META_XMP_ATTRIBUTE);
    begin_item(finder);
    free(finder->property->attribute);
    finder->property->attribute = NULL;
    TN_TRY(copy_text(name, strlen(name), &finder->property->attribute, err));
    TN_TRY(meta_bytes_add(&finder->text, value, strlen(value), err));
    return end_item(finder, err);
}

/* Attributes of no namespace, of RDF's and of XML's are no properties. */
static bool is_property(const struct finder *finder, const char *name)
{
    return strchr(name, ':') && strncmp(name, "xml", 3) != 0 &&
           !meta_name_is_of(&finder->names, name, META_RDF);
}

/* All nodes of a packet are about the same, which new ones repeat. */
static enum tn_status read_about(struct finder *finder, const char *name, const char *value,
                                 struct tn_error *err)
{
    if (finder->xmp->about ||
        (strcmp(name, "about") != 0 && !meta_name_is(&finder->names, name, META_RDF, "about")))
        return TN_OK;
    return copy_text(value, strlen(value), &finder->xmp->about, err);
}

static enum tn_status open_node(struct finder *finder, const char *const *attributes,
                                struct tn_error *err)
{
    finder->node = (struct meta_xmp_node){0};
    for (size_t i = 0; i < META_NAMESPACES; i++)
        finder->node.declares[i] = meta_names_declare(&finder->names, (enum meta_namespace)i);
    for (; *attributes; attributes += 2) {
        enum meta_xmp_name property;

        if (!is_property(finder, attributes[0])) {
            TN_TRY(read_about(finder, attributes[0], attributes[1], err));
            continue;
        }
        finder->node.properties++;
        property = find_property(finder, attributes[0]);
        if (property != META_XMP_PROPERTIES)
            TN_TRY(read_attribute(finder, property, attributes[0], attributes[1], err));
    }
    return TN_OK;
}

static void open_value(struct finder *finder, size_t level)
{
    if (finder->has_value)
        finder->property->form = META_XMP_OTHER; /* the second one */
    finder->has_value = false;
    finder->text.size = 0;
    finder->value_level = level;
}

static void close_value(struct finder *finder)
{
    const struct meta_xmp_element *value = &finder->open[finder->value_level];

    if (value->child > 0)
        finder->property->form = META_XMP_OTHER;
    finder->item.value = *value;
    finder->has_value = true;
    finder->value_level = LEVELS;
}

static enum tn_status open_element(struct finder *finder, size_t level, const char *name,
                                   const char *const *attributes, struct tn_error *err)
{
    switch (level) {
    case NODE:
        return open_node(finder, attributes, err);
    case PROPERTY:
        begin_property(finder, find_property(finder, name), META_XMP_TEXT);
        begin_item(finder);
        finder->has_list = false;
        return read_label(finder, attributes, err);
    case LIST:
        finder->property->form =
            finder->property->form == META_XMP_TEXT ? META_XMP_LIST : META_XMP_OTHER;
        finder->has_list = true;
        return TN_OK;
    case ITEM:
        begin_item(finder);
        return read_label(finder, attributes, err);
    case VALUE:
    case INNER_VALUE:
        if (meta_name_is(&finder->names, name, META_RDF, "value"))
            open_value(finder, level);
        return TN_OK;
    default:
        return TN_OK;
    }
}

/* Whether what begins or ended stands directly in the innermost element that is followed, or, where
 * there is none, could be the first. */
static bool is_next(const struct finder *finder)
{
    return finder->followed == 0 || finder->depth - finder->rdf_depth == finder->followed;
}

/* Counts what stands directly in a node, or instead of one. */
static void count_property(struct finder *finder, size_t level, bool followed)
{
    if (level == PROPERTY)
        finder->node.properties++;
    else if (level == NODE && !followed)
        finder->xmp->properties++;
}

static enum tn_status handle_start(void *context, const char *name, const char *const *attributes,
                                   struct meta_span tag, struct tn_error *err)
{
    struct finder *finder = context;
    const size_t level = finder->followed;
    const bool next = is_next(finder);
    bool followed;

    tag = shifted(finder, tag);
    TN_TRY(meta_names_open(&finder->names, attributes, finder->depth + 1, err));
    finder->depth++;
    if (!next)
        return TN_OK;
    if (level > 0 && finder->open[level - 1].child == 0)
        finder->open[level - 1].child = tag.begin;
    followed = is_followed(finder, level, name);
    count_property(finder, level, followed);
    if (followed) {
        if (level == RDF)
            finder->rdf_depth = finder->depth - 1;
        finder->open[level] = (struct meta_xmp_element){.start = tag};
        finder->followed++;
        TN_TRY(open_element(finder, level, name, attributes, err));
    }
    return TN_OK;
}

static enum tn_status close_item(struct finder *finder, struct tn_error *err)
{
    const struct meta_xmp_element *element = &finder->open[ITEM];

    finder->item.element = *element;
    if (!finder->has_value) {
        finder->item.value = *element;
        if (element->child > 0)
            finder->property->form = META_XMP_OTHER;
    }
    return end_item(finder, err);
}

static enum tn_status close_property(struct finder *finder, struct tn_error *err)
{
    finder->property->element = finder->open[PROPERTY];
    if (finder->has_list)
        return TN_OK;
    if (finder->open[PROPERTY].child > 0)
        finder->property->form = META_XMP_OTHER;
    return end_item(finder, err);
}

/* Whether the closed node can have what is new rather than the one before: it has the description,
 * or declares "dc:", or is the first. */
static bool is_better(const struct finder *finder)
{
    const struct meta_xmp *xmp = finder->xmp;
    const struct meta_xmp_property *description = &xmp->property[META_XMP_DESCRIPTION];

    if (description->form != META_XMP_ABSENT)
        return description->node.element.start.begin == finder->node.element.start.begin;
    return !xmp->has_node || (!xmp->node.declares[META_DC] && finder->node.declares[META_DC]);
}

static void close_node(struct finder *finder)
{
    struct meta_xmp *xmp = finder->xmp;

    finder->node.element = finder->open[NODE];
    xmp->properties += finder->node.properties;
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        struct meta_xmp_property *property = &xmp->property[i];

        if (property->form != META_XMP_ABSENT &&
            property->node.element.start.begin == finder->node.element.start.begin)
            property->node = finder->node;
    }
    if (!is_better(finder))
        return;
    xmp->has_node = true;
    xmp->node = finder->node;
}

static enum tn_status close_element(struct finder *finder, size_t level, struct tn_error *err)
{
    switch (level) {
    case RDF:
        finder->xmp->rdf = finder->open[RDF];
        finder->had_rdf = true;
        return TN_OK;
    case NODE:
        close_node(finder);
        return TN_OK;
    case PROPERTY:
        return close_property(finder, err);
    case LIST:
        finder->property->list = finder->open[LIST];
        return TN_OK;
    case ITEM:
        return close_item(finder, err);
    default:
        if (level == finder->value_level)
            close_value(finder);
        return TN_OK;
    }
}

static enum tn_status handle_end(void *context, struct meta_span tag, struct tn_error *err)
{
    struct finder *finder = context;

    tag = shifted(finder, tag);
    meta_names_close(&finder->names, finder->depth);
    if (finder->followed > 0 && is_next(finder)) {
        finder->open[finder->followed - 1].end = tag;
        TN_TRY(close_element(finder, finder->followed - 1, err));
        finder->followed--;
    }
    finder->depth--;
    if (finder->followed > 0 && is_next(finder))
        finder->open[finder->followed - 1].last_child_end = tag.end;
    return TN_OK;
}

static enum tn_status handle_text(void *context, const char *text, size_t size,
                                  struct tn_error *err)
{
    struct finder *finder = context;

    if (finder->followed <= PROPERTY || !is_next(finder) || finder->has_value)
        return TN_OK;
    return meta_bytes_add(&finder->text, text, size, err);
}

static enum tn_status handle_instruction(void *context, const char *target, const char *data,
                                         struct meta_span instruction, struct tn_error *err)
{
    struct finder *finder = context;

    (void)err;
    if (finder->depth == 0 && strcmp(target, "xpacket") == 0 && strncmp(data, "end=", 4) == 0 &&
        strlen(data) > 5 && data[5] == 'w')
        finder->xmp->wrapper_end = shifted(finder, instruction).begin;
    return TN_OK;
}

/* ---- The packet ---- */

/* The document: without a byte order mark and blanks before it, and NULs behind it. */
static struct meta_span find_document(const char *bytes, size_t size)
{
    struct meta_span document = {0, size};

    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        document.begin = 3;
    while (document.begin < size && memchr(" \t\r\n", bytes[document.begin], 4))
        document.begin++;
    if (document.begin == size || bytes[document.begin] != '<' ||
        (size > document.begin + 1 && bytes[document.begin + 1] == '\0'))
        return (struct meta_span){0, size}; /* perhaps UTF-16 */
    while (bytes[document.end - 1] == '\0')
        document.end--;
    return document;
}

static enum tn_status read_packet(struct finder *finder, struct tn_error *err)
{
    static const struct meta_xml_reader reader = {handle_start, handle_end, handle_text,
                                                  handle_instruction};
    struct meta_xmp *xmp = finder->xmp;
    const struct meta_span document = find_document(xmp->bytes, xmp->size);

    finder->skipped = document.begin;
    TN_TRY(meta_xml_read(xmp->bytes + document.begin, document.end - document.begin, &reader,
                         finder, &xmp->utf8, err));
    if (!finder->had_rdf)
        return tn_fail(err, TN_FORMAT, "not XMP: it has no rdf:RDF");
    return TN_OK;
}

enum tn_status meta_xmp_read(const char *bytes, size_t size, struct meta_xmp *ret_xmp,
                             struct tn_error *err)
{
    struct meta_xmp xmp = {.bytes = bytes, .size = size};
    struct finder finder = {.xmp = &xmp, .value_level = LEVELS};
    const enum tn_status status = read_packet(&finder, err);

    meta_xmp_free_item(&finder.item);
    free(finder.text.bytes);
    meta_names_finish(&finder.names);
    if (status == TN_OK)
        *ret_xmp = xmp;
    else
        meta_xmp_finish(&xmp);
    return status;
}
