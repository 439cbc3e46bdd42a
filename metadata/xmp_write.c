/* SPDX-License-Identifier: MIT */
/* Writes the description: the packet's old bytes but for a few splices. */
#include "metadata/xmp_private.h"

#include "metadata/description.h"
#include "metadata/xmp_elements_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes that give way to a text. */
struct splice {
    struct meta_span old;
    struct meta_bytes text;
};

/* At most: two of each text (its label, itself), of the list's name and of items that are new, and
 * the padding. */
enum { MOST_SPLICES = 2 * META_XMP_TEXTS + 5 };

struct writer {
    const struct meta_xmp *xmp;
    const struct meta_xmp_texts *texts;
    struct splice splices[MOST_SPLICES]; /* their texts owned */
    size_t splice_count;
};

static struct splice *add_splice(struct writer *writer, size_t begin, size_t end)
{
    assert(writer->splice_count < MOST_SPLICES);
    writer->splices[writer->splice_count].old = (struct meta_span){begin, end};
    return &writer->splices[writer->splice_count++];
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

/* What sets the children of an element on lines. */
static struct meta_margin margin_in(const struct meta_xmp *xmp,
                                    const struct meta_xmp_element *element)
{
    enum { WIDEST = 100 };
    const size_t begin = element->start.end, end = element->child;
    const struct meta_margin none = {.text = ""};

    if (end == 0 || end - begin > WIDEST)
        return none;
    for (size_t i = begin; i < end; i++)
        if (!is_blank(xmp->bytes[i]))
            return none;
    return (struct meta_margin){xmp->bytes + begin, end - begin, 0};
}

/* ---- Places in the packet ---- */

static size_t name_end(const struct meta_xmp *xmp, const struct meta_xmp_element *element)
{
    size_t end = element->start.begin + 1;

    while (!is_blank(xmp->bytes[end]) && xmp->bytes[end] != '/' && xmp->bytes[end] != '>')
        end++;
    return end;
}

/* "rdf:" of <rdf:Alt>, or what stands for it. */
static struct meta_span prefix_of(const struct meta_xmp *xmp,
                                  const struct meta_xmp_element *element)
{
    const size_t begin = element->start.begin + 1;
    const size_t size = name_end(xmp, element) - begin;
    const char *colon = memchr(xmp->bytes + begin, ':', size);

    return (struct meta_span){begin, colon ? (size_t)(colon - xmp->bytes) + 1 : begin};
}

static bool is_empty(const struct meta_xmp_element *element)
{
    return element->end.begin == element->end.end;
}

/* Begins a text within an element, instead of what is at that place: <a/> gets an end tag for it,
 * which finish_inside adds. */
static enum tn_status begin_inside(struct writer *writer, const struct meta_xmp_element *element,
                                   struct meta_span place, struct splice **ret_splice,
                                   struct tn_error *err)
{
    if (!is_empty(element)) {
        *ret_splice = add_splice(writer, place.begin, place.end);
        return TN_OK;
    }
    *ret_splice = add_splice(writer, element->start.end - 2, element->start.end);
    return meta_xmp_add(&(*ret_splice)->text, ">", err);
}

static enum tn_status finish_inside(const struct meta_xmp *xmp,
                                    const struct meta_xmp_element *element,
                                    struct meta_margin margin, struct splice *splice,
                                    struct tn_error *err)
{
    const size_t begin = element->start.begin + 1;

    if (!is_empty(element))
        return TN_OK;
    TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
    TN_TRY(meta_xmp_add(&splice->text, "</", err));
    TN_TRY(meta_bytes_add(&splice->text, xmp->bytes + begin, name_end(xmp, element) - begin, err));
    return meta_xmp_add(&splice->text, ">", err);
}

/* Behind an element's last child. */
static struct meta_span behind_children(const struct meta_xmp_element *element)
{
    const size_t at = element->child > 0 ? element->last_child_end : element->start.end;

    return (struct meta_span){at, at};
}

/* ---- A list ---- */

/* The item of a language, rather one that is not blank. */
static const struct meta_xmp_item *find_item(const struct meta_xmp *xmp, const char *language)
{
    const struct meta_xmp_item *found = NULL;

    for (size_t i = 0; i < xmp->count; i++) {
        if (strcasecmp(meta_xmp_language(&xmp->items[i]), language) != 0)
            continue;
        if (!meta_description_blank(xmp->items[i].text))
            return &xmp->items[i];
        if (!found)
            found = &xmp->items[i];
    }
    return found;
}

static enum tn_status set_item(struct writer *writer, const struct meta_xmp_item *item,
                               const char *text, struct tn_error *err)
{
    const struct meta_xmp_element *value = &item->value;
    struct splice *splice;

    if (!item->language) {
        const size_t label = name_end(writer->xmp, &item->element);

        TN_TRY(meta_xmp_add(&add_splice(writer, label, label)->text,
                            " xml:lang=\"" META_XMP_DEFAULT "\"", err));
    }
    TN_TRY(begin_inside(writer, value, (struct meta_span){value->start.end, value->end.begin},
                        &splice, err));
    TN_TRY(meta_xmp_add_escaped(&splice->text, text, err));
    return finish_inside(writer->xmp, value, (struct meta_margin){0}, splice, err);
}

/* x-default comes first in a list that has items, and any other last. */
static enum tn_status insert_items(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin margin = margin_in(xmp, &xmp->list);
    const struct meta_span prefix = prefix_of(xmp, &xmp->list);
    struct splice *first = NULL, *last;

    TN_TRY(begin_inside(writer, &xmp->list, behind_children(&xmp->list), &last, err));
    for (size_t i = 0; i < writer->texts->count; i++) {
        const struct meta_xmp_text *text = &writer->texts->text[i];
        struct splice *splice = last;

        if (find_item(xmp, text->language))
            continue;
        if (i == 0 && xmp->list.child > 0)
            splice = first = add_splice(writer, xmp->list.child, xmp->list.child);
        if (splice == last)
            TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
        TN_TRY(meta_xmp_add_item(&splice->text, xmp->bytes + prefix.begin,
                                 prefix.end - prefix.begin, text, err));
        if (splice == first)
            TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
    }
    return finish_inside(xmp, &xmp->list, (struct meta_margin){0}, last, err);
}

/* Bags and Seqs become the Alt that a description is. */
static enum tn_status name_list(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp_element *list = &writer->xmp->list;
    const struct meta_span prefix = prefix_of(writer->xmp, list);
    const size_t tags[] = {prefix.end, list->end.begin + 2 + prefix.end - prefix.begin};

    if (memcmp(writer->xmp->bytes + prefix.end, "Alt", 3) == 0)
        return TN_OK;
    for (size_t i = 0; i < (is_empty(list) ? 1 : 2); i++)
        TN_TRY(meta_xmp_add(&add_splice(writer, tags[i], tags[i] + 3)->text, "Alt", err));
    return TN_OK;
}

static enum tn_status write_list(struct writer *writer, struct tn_error *err)
{
    TN_TRY(name_list(writer, err));
    for (size_t i = 0; i < writer->texts->count; i++) {
        const struct meta_xmp_item *item = find_item(writer->xmp, writer->texts->text[i].language);

        if (item)
            TN_TRY(set_item(writer, item, writer->texts->text[i].text, err));
    }
    return insert_items(writer, err);
}

/* ---- No list ---- */

/* An attribute of the node and the whitespace before it; the tag is well-formed, so it is there. */
static struct meta_span find_attribute(const struct meta_xmp *xmp)
{
    const size_t length = strlen(xmp->attribute);
    size_t at = name_end(xmp, &xmp->node);

    for (;;) {
        const size_t begin = at;
        size_t name, quote;

        while (is_blank(xmp->bytes[at]))
            at++;
        name = at;
        while (xmp->bytes[at] != '\'' && xmp->bytes[at] != '"')
            at++;
        quote = at;
        at = (size_t)((const char *)memchr(xmp->bytes + at + 1, xmp->bytes[quote],
                                           xmp->size - at - 1) -
                      xmp->bytes) +
             1;
        if (strncmp(xmp->bytes + name, xmp->attribute, length) == 0 &&
            (is_blank(xmp->bytes[name + length]) || xmp->bytes[name + length] == '='))
            return (struct meta_span){begin, at};
    }
}

static enum tn_status insert_into_node(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin outside = margin_in(xmp, &xmp->rdf);
    const struct meta_margin margin =
        xmp->node.child > 0 ? margin_in(xmp, &xmp->node) : meta_xmp_deeper(outside);
    struct splice *splice;

    TN_TRY(begin_inside(writer, &xmp->node, behind_children(&xmp->node), &splice, err));
    TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
    TN_TRY(meta_xmp_add_property(&splice->text, xmp, writer->texts, margin, err));
    return finish_inside(xmp, &xmp->node, outside, splice, err);
}

static enum tn_status insert_node(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    const struct meta_margin margin = margin_in(xmp, &xmp->rdf);
    struct splice *splice;

    TN_TRY(begin_inside(writer, &xmp->rdf, behind_children(&xmp->rdf), &splice, err));
    TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
    TN_TRY(meta_xmp_add(&splice->text,
                        "<rdf:Description rdf:about=\"\"" META_XMP_RDF META_XMP_DC ">", err));
    TN_TRY(meta_xmp_add_margin(&splice->text, meta_xmp_deeper(margin), err));
    TN_TRY(meta_xmp_add_property(&splice->text, NULL, writer->texts, meta_xmp_deeper(margin), err));
    TN_TRY(meta_xmp_add_margin(&splice->text, margin, err));
    TN_TRY(meta_xmp_add(&splice->text, "</rdf:Description>", err));
    return finish_inside(xmp, &xmp->rdf, (struct meta_margin){0}, splice, err);
}

static enum tn_status replace_property(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    struct splice *splice =
        add_splice(writer, xmp->property.start.begin,
                   is_empty(&xmp->property) ? xmp->property.start.end : xmp->property.end.end);

    return meta_xmp_add_property(&splice->text, xmp, writer->texts, margin_in(xmp, &xmp->node),
                                 err);
}

/* ---- The packet ---- */

static enum tn_status make_splices(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    struct meta_span attribute;

    switch (xmp->form) {
    case META_XMP_LIST:
        return write_list(writer, err);
    case META_XMP_TEXT:
        return replace_property(writer, err);
    case META_XMP_ATTRIBUTE:
        attribute = find_attribute(xmp);
        add_splice(writer, attribute.begin, attribute.end);
        return insert_into_node(writer, err);
    case META_XMP_ABSENT:
        return xmp->has_node ? insert_into_node(writer, err) : insert_node(writer, err);
    default:
        return tn_fail(err, TN_FORMAT,
                       "its XMP has a description of an unknown form, or two of "
                       "them, and is left as it is");
    }
}

/* A packet keeps its size where its padding allows that, so that nothing else moves. */
static enum tn_status use_padding(struct writer *writer, struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    size_t padding = xmp->wrapper_end, added = 0, removed = 0;
    struct splice *splice;

    while (padding > 0 && is_blank(xmp->bytes[padding - 1]))
        padding--;
    for (size_t i = 0; i < writer->splice_count; i++) {
        added += writer->splices[i].text.size;
        removed += writer->splices[i].old.end - writer->splices[i].old.begin;
    }
    if (xmp->wrapper_end == 0 || (added > removed && added - removed > xmp->wrapper_end - padding))
        return TN_OK;
    splice = add_splice(writer, xmp->wrapper_end - (added > removed ? added - removed : 0),
                        xmp->wrapper_end);
    for (; added < removed; added++)
        TN_TRY(meta_xmp_add(&splice->text, " ", err));
    return TN_OK;
}

/* In the packet's order; those at one place stay in theirs. */
static void sort_splices(struct writer *writer)
{
    for (size_t i = 1; i < writer->splice_count; i++) {
        const struct splice splice = writer->splices[i];
        size_t place = i;

        for (; place > 0 && writer->splices[place - 1].old.begin > splice.old.begin; place--)
            writer->splices[place] = writer->splices[place - 1];
        writer->splices[place] = splice;
    }
}

static enum tn_status apply_splices(const struct writer *writer, struct meta_bytes *out,
                                    struct tn_error *err)
{
    const struct meta_xmp *xmp = writer->xmp;
    size_t at = 0;

    for (size_t i = 0; i < writer->splice_count; i++) {
        const struct splice *splice = &writer->splices[i];

        assert(splice->old.begin >= at);
        TN_TRY(meta_bytes_add(out, xmp->bytes + at, splice->old.begin - at, err));
        TN_TRY(meta_bytes_add(out, splice->text.bytes, splice->text.size, err));
        at = splice->old.end;
    }
    return meta_bytes_add(out, xmp->bytes + at, xmp->size - at, err);
}

enum tn_status meta_xmp_write(const struct meta_xmp *xmp, const struct meta_xmp_texts *texts,
                              struct meta_bytes *out, struct tn_error *err)
{
    struct writer writer = {.xmp = xmp, .texts = texts};
    enum tn_status status;

    if (!xmp->utf8)
        return tn_fail(err, TN_FORMAT, "its XMP is not UTF-8, and is left as it is");
    status = make_splices(&writer, err);
    if (status == TN_OK)
        status = use_padding(&writer, err);
    sort_splices(&writer);
    if (status == TN_OK)
        status = apply_splices(&writer, out, err);
    for (size_t i = 0; i < writer.splice_count; i++)
        free(writer.splices[i].text.bytes);
    return status;
}
