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

void meta_xmp_clean(char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && !strchr("\t\n\r", *text)) ||
            strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0)
            memset(text, ' ', (unsigned char)*text < ' ' ? 1 : 3);
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

const char *meta_xmp_language(const struct meta_xmp_item *item)
{
    return item->language ? item->language : META_XMP_DEFAULT;
}

/* ---- Elements ---- */

enum tn_status meta_xmp_add_item(struct meta_bytes *out, const char *prefix, size_t prefix_size,
                                 const struct meta_xmp_text *text, struct tn_error *err)
{
    TN_TRY(meta_xmp_add(out, "<", err));
    TN_TRY(meta_bytes_add(out, prefix, prefix_size, err));
    TN_TRY(meta_xmp_add(out, "li xml:lang=\"", err));
    TN_TRY(meta_xmp_add_escaped(out, text->language, err));
    TN_TRY(meta_xmp_add(out, "\">", err));
    TN_TRY(meta_xmp_add_escaped(out, text->text, err));
    TN_TRY(meta_xmp_add(out, "</", err));
    TN_TRY(meta_bytes_add(out, prefix, prefix_size, err));
    return meta_xmp_add(out, "li>", err);
}

static bool has_text_for(const struct meta_xmp_texts *texts, const char *language)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcasecmp(texts->text[i].language, language) == 0)
            return true;
    return false;
}

static enum tn_status add_item(struct meta_bytes *out, const struct meta_xmp_text *text,
                               struct meta_margin margin, struct tn_error *err)
{
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    return meta_xmp_add_item(out, "rdf:", strlen("rdf:"), text, err);
}

/* All texts, and those that the packet has in other languages. */
static enum tn_status add_items(struct meta_bytes *out, const struct meta_xmp *within,
                                const struct meta_xmp_texts *texts, struct meta_margin margin,
                                struct tn_error *err)
{
    for (size_t i = 0; i < texts->count; i++)
        TN_TRY(add_item(out, &texts->text[i], margin, err));
    for (size_t i = 0; within && i < within->count; i++) {
        const struct meta_xmp_item *item = &within->items[i];
        const struct meta_xmp_text text = {meta_xmp_language(item), item->text};

        if (!has_text_for(texts, text.language) && !meta_description_blank(text.text))
            TN_TRY(add_item(out, &text, margin, err));
    }
    return TN_OK;
}

enum tn_status meta_xmp_add_property(struct meta_bytes *out, const struct meta_xmp *within,
                                     const struct meta_xmp_texts *texts, struct meta_margin margin,
                                     struct tn_error *err)
{
    TN_TRY(meta_xmp_add(out, "<dc:description", err));
    TN_TRY(meta_xmp_add(out, within && !within->node_has_dc ? META_XMP_DC : "", err));
    TN_TRY(meta_xmp_add(out, within && !within->node_has_rdf ? META_XMP_RDF : "", err));
    TN_TRY(meta_xmp_add(out, ">", err));
    TN_TRY(meta_xmp_add_margin(out, meta_xmp_deeper(margin), err));
    TN_TRY(meta_xmp_add(out, "<rdf:Alt>", err));
    TN_TRY(add_items(out, within, texts, meta_xmp_deeper(meta_xmp_deeper(margin)), err));
    TN_TRY(meta_xmp_add_margin(out, meta_xmp_deeper(margin), err));
    TN_TRY(meta_xmp_add(out, "</rdf:Alt>", err));
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    return meta_xmp_add(out, "</dc:description>", err);
}

enum tn_status meta_xmp_write_new(bool wrapped, const struct meta_xmp_texts *texts,
                                  struct meta_bytes *out, struct tn_error *err)
{
    const struct meta_margin margin = {"\n   ", 4, 0};

    TN_TRY(meta_xmp_add(out,
                        wrapped
                            ? "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                            : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                        err));
    TN_TRY(meta_xmp_add(out,
                        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                        " <rdf:RDF" META_XMP_RDF ">\n"
                        "  <rdf:Description rdf:about=\"\"\n   " META_XMP_DC ">",
                        err));
    TN_TRY(meta_xmp_add_margin(out, margin, err));
    TN_TRY(meta_xmp_add_property(out, NULL, texts, margin, err));
    TN_TRY(meta_xmp_add(out, "\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n", err));
    return meta_xmp_add(out, wrapped ? "<?xpacket end=\"w\"?>" : "", err);
}
