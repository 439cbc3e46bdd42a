/* SPDX-License-Identifier: MIT */
/* Writes the properties: the packet's old bytes but for a few splices. */
#include "metadata/xmp_private.h"

#include "metadata/description.h"
#include "metadata/xmp_elements_private.h"
#include "metadata/xmp_splices_private.h"

#include <stdlib.h>
#include <string.h>

enum fate { STAYS, CHANGES, GOES };

struct writer {
    const struct meta_xmp *xmp;
    const struct meta_xmp_change *change;
    enum fate fate[META_XMP_PROPERTIES];
    struct meta_xmp_splices splices;
};

/* ---- What becomes of the properties ---- */

static enum fate fate_of_sentences(const struct meta_xmp_property *property,
                                   const struct meta_xmp_texts *texts)
{
    size_t left = property->count, found = 0, set = 0;

    for (size_t i = 0; i < texts->count; i++) {
        const bool is_there = meta_xmp_item(property, texts->text[i].language) != NULL;

        if (texts->text[i].text)
            set++;
        else if (is_there)
            found++;
    }
    if (set + found == 0)
        return STAYS;
    return set > 0 || left > found ? CHANGES : GOES;
}

static enum fate fate_of_subject(const struct meta_xmp_property *property,
                                 const struct meta_xmp_change *change)
{
    size_t found = 0;

    for (size_t i = 0; i < property->count; i++)
        found += meta_strings_have(&change->removed, property->items[i].text);
    if (found + change->added.count == 0)
        return STAYS;
    return change->added.count > 0 || property->count > found ? CHANGES : GOES;
}

/* A mark that changes is written anew. */
static enum fate fate_of(const struct meta_xmp *xmp, const struct meta_xmp_change *change,
                         enum meta_xmp_name name)
{
    const struct meta_xmp_property *property = &xmp->property[name];

    if (name < META_XMP_SENTENCES)
        return fate_of_sentences(property, &change->texts[name]);
    if (name == META_XMP_SUBJECT)
        return fate_of_subject(property, change);
    return property->form == META_XMP_ABSENT ? STAYS : GOES;
}

bool meta_xmp_empties(const struct meta_xmp *xmp, const struct meta_xmp_change *change)
{
    size_t gone = 0;

    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        const enum fate fate = fate_of(xmp, change, (enum meta_xmp_name)i);

        if (fate == CHANGES)
            return false;
        gone += fate == GOES;
    }
    return !change->mark && gone == xmp->properties;
}

static enum tn_status decide(struct writer *writer, struct tn_error *err)
{
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        writer->fate[i] = fate_of(writer->xmp, writer->change, (enum meta_xmp_name)i);
        if (writer->fate[i] != STAYS && writer->xmp->property[i].form == META_XMP_OTHER)
            return tn_fail(err, TN_FORMAT,
                           "its XMP has a %s of an unknown form, or two of them, and is left as "
                           "it is",
                           i < META_XMP_SENTENCES ? "description" : meta_xmp_kinds[i].name);
    }
    return TN_OK;
}

static bool is_new(const struct writer *writer, size_t i)
{
    return writer->fate[i] == CHANGES && writer->xmp->property[i].form == META_XMP_ABSENT;
}

static bool same_node(const struct meta_xmp_node *node, const struct meta_xmp_node *other)
{
    return node->element.start.begin == other->element.start.begin;
}

/* Whether a node has no property any more. */
static bool node_goes(const struct writer *writer, const struct meta_xmp_node *node)
{
    const bool is_target = writer->xmp->has_node && same_node(node, &writer->xmp->node);
    size_t gone = 0;

    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        if (is_target && is_new(writer, i))
            return false;
        gone += writer->fate[i] == GOES && same_node(node, &writer->xmp->property[i].node);
    }
    return gone == node->properties;
}

/* ---- A list ---- */

static enum tn_status set_item(struct writer *writer, const struct meta_xmp_item *item,
                               const char *text, struct tn_error *err)
{
    const struct meta_xmp_element *value = &item->value;
    struct meta_bytes *out;

    if (!item->language) {
        const size_t label = meta_xmp_name(writer->xmp, &item->element).end;

        TN_TRY(meta_xmp_splices_add(&writer->splices, (struct meta_span){label, label}, &out, err));
        TN_TRY(meta_xmp_add(out, " xml:lang=\"" META_XMP_DEFAULT "\"", err));
    }
    TN_TRY(meta_xmp_splices_add_inside(&writer->splices, value,
                                       (struct meta_span){value->start.end, value->end.begin},
                                       (struct meta_margin){0}, &out, err));
    return meta_xmp_add_escaped(out, text, err);
}

/* Behind all that are there; x-default comes before them. */
static enum tn_status insert_item(struct writer *writer, const struct meta_xmp_element *list,
                                  const char *language, const char *text, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin margin = meta_xmp_margin_in(xmp, list);
    const struct meta_span prefix = meta_xmp_prefix(xmp, list);
    const bool first = list->child > 0 && language && strcmp(language, META_XMP_DEFAULT) == 0;
    struct meta_bytes *out;

    if (first)
        TN_TRY(meta_xmp_splices_add(&writer->splices, (struct meta_span){list->child, list->child},
                                    &out, err));
    else
        TN_TRY(meta_xmp_splices_add_inside(&writer->splices, list, meta_xmp_behind_children(list),
                                           (struct meta_margin){0}, &out, err));
    if (!first)
        TN_TRY(meta_xmp_add_margin(out, margin, err));
    TN_TRY(meta_xmp_add_item(out, xmp->bytes + prefix.begin, prefix.end - prefix.begin, language,
                             text, err));
    return first ? meta_xmp_add_margin(out, margin, err) : TN_OK;
}

/* Bags and Seqs become the Alt that texts in languages are. */
static enum tn_status name_list(struct writer *writer, const struct meta_xmp_element *list,
                                struct tn_error *err)
{
    const struct meta_span prefix = meta_xmp_prefix(writer->xmp, list);
    const size_t tags[] = {prefix.end, list->end.begin + 2 + prefix.end - prefix.begin};
    struct meta_bytes *out;

    if (memcmp(writer->xmp->bytes + prefix.end, "Alt", 3) == 0)
        return TN_OK;
    for (size_t i = 0; i < (meta_xmp_is_empty(list) ? 1 : 2); i++) {
        TN_TRY(meta_xmp_splices_add(&writer->splices, (struct meta_span){tags[i], tags[i] + 3},
                                    &out, err));
        TN_TRY(meta_xmp_add(out, "Alt", err));
    }
    return TN_OK;
}

static enum tn_status write_sentences(struct writer *writer,
                                      const struct meta_xmp_property *property,
                                      const struct meta_xmp_texts *texts, struct tn_error *err)
{
    TN_TRY(name_list(writer, &property->list, err));
    for (size_t i = 0; i < texts->count; i++) {
        const struct meta_xmp_text *text = &texts->text[i];
        const struct meta_xmp_item *item = meta_xmp_item(property, text->language);

        if (item && text->text)
            TN_TRY(set_item(writer, item, text->text, err));
        else if (item)
            TN_TRY(meta_xmp_splices_remove(&writer->splices, meta_xmp_whole(&item->element), err));
        else if (text->text)
            TN_TRY(insert_item(writer, &property->list, text->language, text->text, err));
    }
    return TN_OK;
}

static enum tn_status write_subject(struct writer *writer, const struct meta_xmp_property *property,
                                    struct tn_error *err)
{
    const struct meta_strings *added = &writer->change->added;

    for (size_t i = 0; i < property->count; i++)
        if (meta_strings_have(&writer->change->removed, property->items[i].text))
            TN_TRY(meta_xmp_splices_remove(&writer->splices,
                                           meta_xmp_whole(&property->items[i].element), err));
    for (size_t i = 0; i < added->count; i++)
        TN_TRY(insert_item(writer, &property->list, NULL, added->text[i], err));
    return TN_OK;
}

/* ---- No list ---- */

/* An attribute of the node and the whitespace before it; the tag is well-formed, so it is there. */
static struct meta_span find_attribute(const struct meta_xmp *xmp,
                                       const struct meta_xmp_property *property)
{
    const size_t length = strlen(property->attribute);
    size_t at = meta_xmp_name(xmp, &property->node.element).end;

    for (;;) {
        const size_t begin = at;
        size_t name, quote;

        while (meta_xmp_is_space(xmp->bytes[at]))
            at++;
        name = at;
        while (xmp->bytes[at] != '\'' && xmp->bytes[at] != '"')
            at++;
        quote = at;
        at = (size_t)((const char *)memchr(xmp->bytes + at + 1, xmp->bytes[quote],
                                           xmp->size - at - 1) -
                      xmp->bytes) +
             1;
        if (strncmp(xmp->bytes + name, property->attribute, length) == 0 &&
            (meta_xmp_is_space(xmp->bytes[name + length]) || xmp->bytes[name + length] == '='))
            return (struct meta_span){begin, at};
    }
}

static enum tn_status insert_into(struct writer *writer, const struct meta_xmp_node *node,
                                  enum meta_xmp_name name, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin outside = meta_xmp_margin_in(xmp, &xmp->rdf);
    const struct meta_margin margin = node->element.child > 0
                                          ? meta_xmp_margin_in(xmp, &node->element)
                                          : meta_xmp_deeper(outside);
    struct meta_bytes *out;

    TN_TRY(meta_xmp_splices_add_inside(&writer->splices, &node->element,
                                       meta_xmp_behind_children(&node->element), outside, &out,
                                       err));
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    return meta_xmp_add_property(out, name, &xmp->property[name], writer->change, node, margin,
                                 err);
}

static enum tn_status replace_property(struct writer *writer, enum meta_xmp_name name,
                                       struct tn_error *err)
{
    const struct meta_xmp_property *property = &writer->xmp->property[name];
    struct meta_bytes *out;

    TN_TRY(meta_xmp_splices_add(&writer->splices, meta_xmp_whole(&property->element), &out, err));
    return meta_xmp_add_property(out, name, property, writer->change, &property->node,
                                 meta_xmp_margin_in(writer->xmp, &property->node.element), err);
}

/* ---- Properties ---- */

static enum tn_status change_property(struct writer *writer, enum meta_xmp_name name,
                                      struct tn_error *err)
{
    const struct meta_xmp_property *property = &writer->xmp->property[name];
    struct meta_bytes *nothing;

    switch (property->form) {
    case META_XMP_LIST:
        if (name == META_XMP_SUBJECT)
            return write_subject(writer, property, err);
        return write_sentences(writer, property, &writer->change->texts[name], err);
    case META_XMP_TEXT:
        return replace_property(writer, name, err);
    case META_XMP_ATTRIBUTE:
        TN_TRY(meta_xmp_splices_add(&writer->splices, find_attribute(writer->xmp, property),
                                    &nothing, err));
        return insert_into(writer, &property->node, name, err);
    default:
        return TN_OK;
    }
}

/* A node that has nothing else goes with it. */
static enum tn_status remove_property(struct writer *writer, enum meta_xmp_name name,
                                      struct tn_error *err)
{
    const struct meta_xmp_property *properties = writer->xmp->property;
    const struct meta_xmp_property *property = &properties[name];

    if (!node_goes(writer, &property->node)) {
        const struct meta_span old = property->form == META_XMP_ATTRIBUTE
                                         ? find_attribute(writer->xmp, property)
                                         : meta_xmp_whole(&property->element);

        return meta_xmp_splices_remove(&writer->splices, old, err);
    }
    for (size_t i = 0; i < name; i++)
        if (writer->fate[i] == GOES && same_node(&properties[i].node, &property->node))
            return TN_OK; /* it has gone already */
    return meta_xmp_splices_remove(&writer->splices, meta_xmp_whole(&property->node.element), err);
}

static enum tn_status change_properties(struct writer *writer, struct tn_error *err)
{
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        if (writer->fate[i] == CHANGES)
            TN_TRY(change_property(writer, (enum meta_xmp_name)i, err));
        else if (writer->fate[i] == GOES)
            TN_TRY(remove_property(writer, (enum meta_xmp_name)i, err));
    }
    return TN_OK;
}

/* ---- What is new ---- */

static bool anything_new(const struct writer *writer)
{
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++)
        if (is_new(writer, i))
            return true;
    return false;
}

/* A node with all of the properties that are new, and the margin before it. */
static enum tn_status add_node(const struct writer *writer, struct meta_bytes *out,
                               struct meta_margin margin, struct tn_error *err)
{
    static const enum meta_namespace spaces[] = {META_RDF, META_DC, META_IPTC_CORE};
    static const struct meta_xmp_property absent = {.form = META_XMP_ABSENT};
    const struct meta_margin inner = meta_xmp_deeper(margin);
    struct meta_xmp_node node;

    TN_TRY(meta_xmp_begin_node(out, writer->xmp->about, spaces, 3, margin, &node, err));
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        if (!is_new(writer, i))
            continue;
        TN_TRY(meta_xmp_add_margin(out, inner, err));
        TN_TRY(meta_xmp_add_property(out, (enum meta_xmp_name)i, &absent, writer->change, &node,
                                     inner, err));
    }
    return meta_xmp_end_node(out, margin, err);
}

static enum tn_status insert_new(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin margin = meta_xmp_margin_in(xmp, &xmp->rdf);
    const bool needs_node = !xmp->has_node && anything_new(writer);
    struct meta_bytes *out;

    for (size_t i = 0; i < META_XMP_PROPERTIES; i++)
        if (is_new(writer, i) && xmp->has_node)
            TN_TRY(insert_into(writer, &xmp->node, (enum meta_xmp_name)i, err));
    if (!needs_node && !writer->change->mark)
        return TN_OK;
    TN_TRY(meta_xmp_splices_add_inside(&writer->splices, &xmp->rdf,
                                       meta_xmp_behind_children(&xmp->rdf), (struct meta_margin){0},
                                       &out, err));
    if (needs_node)
        TN_TRY(add_node(writer, out, margin, err));
    return writer->change->mark ? meta_xmp_add_mark(out, xmp->about, writer->change, margin, err)
                                : TN_OK;
}

enum tn_status meta_xmp_write(const struct meta_xmp *xmp, const struct meta_xmp_change *change,
                              struct meta_bytes *out, struct tn_error *err)
{
    struct writer writer = {.xmp = xmp, .change = change, .splices = {.xmp = xmp}};
    enum tn_status status;

    if (!xmp->utf8)
        return tn_fail(err, TN_FORMAT, "its XMP is not UTF-8, and is left as it is");
    status = decide(&writer, err);
    if (status == TN_OK)
        status = change_properties(&writer, err);
    if (status == TN_OK)
        status = insert_new(&writer, err);
    if (status == TN_OK)
        status = meta_xmp_splices_apply(&writer.splices, out, err);
    meta_xmp_splices_finish(&writer.splices);
    return status;
}

enum tn_status meta_xmp_write_new(bool wrapped, const struct meta_xmp_change *change,
                                  struct meta_bytes *out, struct tn_error *err)
{
    static const char head[] = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                               " <rdf:RDF xmlns:rdf=\"";
    const struct meta_xmp none = {.utf8 = true};
    struct writer writer = {.xmp = &none, .change = change};
    const struct meta_margin margin = {"\n  ", 3, 0};

    TN_TRY(decide(&writer, err));
    TN_TRY(meta_xmp_add(out,
                        wrapped
                            ? "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                            : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                        err));
    TN_TRY(meta_xmp_add(out, head, err));
    TN_TRY(meta_xmp_add(out, meta_namespaces[META_RDF].address, err));
    TN_TRY(meta_xmp_add(out, "\">", err));
    TN_TRY(add_node(&writer, out, margin, err));
    TN_TRY(meta_xmp_add_mark(out, NULL, change, margin, err));
    TN_TRY(meta_xmp_add(out, "\n </rdf:RDF>\n</x:xmpmeta>\n", err));
    return meta_xmp_add(out, wrapped ? "<?xpacket end=\"w\"?>" : "", err);
}
