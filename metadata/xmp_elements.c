/* SPDX-License-Identifier: MIT */
#include "metadata/xmp_elements_private.h"

#include "metadata/description.h"

#include <string.h>
#include <strings.h>

enum tn_status meta_xmp_add(struct meta_bytes *out, const char *text, struct tn_error *err)
{
    return meta_bytes_add(out, text, strlen(text), err);
}

struct meta_margin meta_xmp_deeper(struct meta_margin margin)
{
    margin.deeper++;
    return margin;
}

enum tn_status meta_xmp_add_margin(struct meta_bytes *out, struct meta_margin margin,
                                   struct tn_error *err)
{
    if (margin.size == 0)
        return TN_OK;
    TN_TRY(meta_bytes_add(out, margin.text, margin.size, err));
    for (size_t i = 0; i < margin.deeper; i++)
        TN_TRY(meta_xmp_add(out, " ", err));
    return TN_OK;
}

/* Line ends and tabs are escaped, too, since programs may take them for mere layout. */
static const char *escape_of(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\n':
        return "&#xA;";
    case '\r':
        return "&#xD;";
    case '\t':
        return "&#x9;";
    default:
        return NULL;
    }
}

enum tn_status meta_xmp_add_escaped(struct meta_bytes *out, const char *text, struct tn_error *err)
{
    for (;;) {
        const size_t plain = strcspn(text, "&<>\"\n\r\t");

        TN_TRY(meta_bytes_add(out, text, plain, err));
        text += plain;
        if (!*text)
            return TN_OK;
        TN_TRY(meta_xmp_add(out, escape_of(*text++), err));
    }
}

/* ---- Elements ---- */

enum tn_status meta_xmp_add_item(struct meta_bytes *out, const char *prefix, size_t prefix_size,
                                 const char *language, const char *text, struct tn_error *err)
{
    TN_TRY(meta_xmp_add(out, "<", err));
    TN_TRY(meta_bytes_add(out, prefix, prefix_size, err));
    TN_TRY(meta_xmp_add(out, "li", err));
    if (language) {
        TN_TRY(meta_xmp_add(out, " xml:lang=\"", err));
        TN_TRY(meta_xmp_add_escaped(out, language, err));
        TN_TRY(meta_xmp_add(out, "\"", err));
    }
    TN_TRY(meta_xmp_add(out, ">", err));
    TN_TRY(meta_xmp_add_escaped(out, text, err));
    TN_TRY(meta_xmp_add(out, "</", err));
    TN_TRY(meta_bytes_add(out, prefix, prefix_size, err));
    return meta_xmp_add(out, "li>", err);
}

static enum tn_status add_declaration(struct meta_bytes *out, enum meta_namespace space,
                                      struct tn_error *err)
{
    TN_TRY(meta_xmp_add(out, " xmlns:", err));
    TN_TRY(meta_xmp_add(out, meta_namespaces[space].prefix, err));
    TN_TRY(meta_xmp_add(out, "=\"", err));
    TN_TRY(meta_xmp_add(out, meta_namespaces[space].address, err));
    return meta_xmp_add(out, "\"", err);
}

enum tn_status meta_xmp_begin_node(struct meta_bytes *out, const char *about,
                                   const enum meta_namespace *spaces, size_t count,
                                   struct meta_margin margin, struct meta_xmp_node *ret_node,
                                   struct tn_error *err)
{
    struct meta_xmp_node node = {.properties = 0};

    TN_TRY(meta_xmp_add_margin(out, margin, err));
    TN_TRY(meta_xmp_add(out, "<rdf:Description rdf:about=\"", err));
    TN_TRY(meta_xmp_add_escaped(out, about ? about : "", err));
    TN_TRY(meta_xmp_add(out, "\"", err));
    for (size_t i = 0; i < count; i++) {
        TN_TRY(add_declaration(out, spaces[i], err));
        node.declares[spaces[i]] = true;
    }
    *ret_node = node;
    return meta_xmp_add(out, ">", err);
}

enum tn_status meta_xmp_end_node(struct meta_bytes *out, struct meta_margin margin,
                                 struct tn_error *err)
{
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    return meta_xmp_add(out, "</rdf:Description>", err);
}

/* ---- Properties ---- */

/* A property's name in a tag. */
static enum tn_status add_name(struct meta_bytes *out, const char *before, enum meta_xmp_name name,
                               struct tn_error *err)
{
    TN_TRY(meta_xmp_add(out, before, err));
    TN_TRY(meta_xmp_add(out, meta_namespaces[meta_xmp_kinds[name].space].prefix, err));
    TN_TRY(meta_xmp_add(out, ":", err));
    return meta_xmp_add(out, meta_xmp_kinds[name].name, err);
}

static enum tn_status begin_property(struct meta_bytes *out, enum meta_xmp_name name,
                                     const struct meta_xmp_node *node, struct tn_error *err)
{
    const enum meta_namespace spaces[] = {meta_xmp_kinds[name].space, META_RDF};

    TN_TRY(add_name(out, "<", name, err));
    for (size_t i = 0; i < 2; i++)
        if (!node->declares[spaces[i]])
            TN_TRY(add_declaration(out, spaces[i], err));
    return meta_xmp_add(out, ">", err);
}

static enum tn_status add_item(struct meta_bytes *out, const char *language, const char *text,
                               struct meta_margin margin, struct tn_error *err)
{
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    return meta_xmp_add_item(out, "rdf:", strlen("rdf:"), language, text, err);
}

static bool has_text_for(const struct meta_xmp_texts *texts, const char *language)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcasecmp(texts->text[i].language, language) == 0)
            return true;
    return false;
}

/* All texts, and those that the property has in other languages. */
static enum tn_status add_sentences(struct meta_bytes *out, const struct meta_xmp_property *before,
                                    const struct meta_xmp_texts *texts, struct meta_margin margin,
                                    struct tn_error *err)
{
    for (size_t i = 0; i < texts->count; i++)
        if (texts->text[i].text)
            TN_TRY(add_item(out, texts->text[i].language, texts->text[i].text, margin, err));
    for (size_t i = 0; i < before->count; i++) {
        const struct meta_xmp_item *item = &before->items[i];
        const char *language = meta_xmp_language(item);

        if (!has_text_for(texts, language) && !meta_description_blank(item->text))
            TN_TRY(add_item(out, language, item->text, margin, err));
    }
    return TN_OK;
}

static enum tn_status add_strings(struct meta_bytes *out, const struct meta_strings *strings,
                                  struct meta_margin margin, struct tn_error *err)
{
    for (size_t i = 0; i < strings->count; i++)
        TN_TRY(add_item(out, NULL, strings->text[i], margin, err));
    return TN_OK;
}

static enum tn_status add_subjects(struct meta_bytes *out, const struct meta_xmp_property *before,
                                   const struct meta_xmp_change *change, struct meta_margin margin,
                                   struct tn_error *err)
{
    for (size_t i = 0; i < before->count; i++)
        if (!meta_description_blank(before->items[i].text) &&
            !meta_strings_have(&change->removed, before->items[i].text))
            TN_TRY(add_item(out, NULL, before->items[i].text, margin, err));
    return add_strings(out, &change->added, margin, err);
}

static enum tn_status add_items(struct meta_bytes *out, enum meta_xmp_name name,
                                const struct meta_xmp_property *before,
                                const struct meta_xmp_change *change, struct meta_margin margin,
                                struct tn_error *err)
{
    if (name < META_XMP_SENTENCES)
        return add_sentences(out, before, &change->texts[name], margin, err);
    if (name == META_XMP_SUBJECT)
        return add_subjects(out, before, change, margin, err);
    return add_strings(out, &change->mark[name], margin, err);
}

static enum tn_status add_list(struct meta_bytes *out, enum meta_xmp_name name,
                               const struct meta_xmp_property *before,
                               const struct meta_xmp_change *change, struct meta_margin margin,
                               struct tn_error *err)
{
    const struct meta_margin inner = meta_xmp_deeper(margin);

    TN_TRY(meta_xmp_add_margin(out, inner, err));
    TN_TRY(meta_xmp_add(out, "<rdf:", err));
    TN_TRY(meta_xmp_add(out, meta_xmp_kinds[name].list, err));
    TN_TRY(meta_xmp_add(out, ">", err));
    TN_TRY(add_items(out, name, before, change, meta_xmp_deeper(inner), err));
    TN_TRY(meta_xmp_add_margin(out, inner, err));
    TN_TRY(meta_xmp_add(out, "</rdf:", err));
    TN_TRY(meta_xmp_add(out, meta_xmp_kinds[name].list, err));
    TN_TRY(meta_xmp_add(out, ">", err));
    return meta_xmp_add_margin(out, margin, err);
}

enum tn_status meta_xmp_add_property(struct meta_bytes *out, enum meta_xmp_name name,
                                     const struct meta_xmp_property *before,
                                     const struct meta_xmp_change *change,
                                     const struct meta_xmp_node *node, struct meta_margin margin,
                                     struct tn_error *err)
{
    TN_TRY(begin_property(out, name, node, err));
    if (meta_xmp_kinds[name].list)
        TN_TRY(add_list(out, name, before, change, margin, err));
    else
        TN_TRY(meta_xmp_add_escaped(out, change->mark[name].text[0], err));
    TN_TRY(add_name(out, "</", name, err));
    return meta_xmp_add(out, ">", err);
}

enum tn_status meta_xmp_add_mark(struct meta_bytes *out, const char *about,
                                 const struct meta_xmp_change *change, struct meta_margin margin,
                                 struct tn_error *err)
{
    static const enum meta_namespace spaces[] = {META_RDF, META_CAPTION};
    static const struct meta_xmp_property absent = {.form = META_XMP_ABSENT};
    const struct meta_margin inner = meta_xmp_deeper(margin);
    struct meta_xmp_node node;

    TN_TRY(meta_xmp_begin_node(out, about, spaces, 2, margin, &node, err));
    for (size_t i = META_XMP_MARK; i < META_XMP_PROPERTIES; i++) {
        if (change->mark[i].count == 0)
            continue;
        TN_TRY(meta_xmp_add_margin(out, inner, err));
        TN_TRY(
            meta_xmp_add_property(out, (enum meta_xmp_name)i, &absent, change, &node, inner, err));
    }
    return meta_xmp_end_node(out, margin, err);
}
