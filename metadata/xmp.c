/* SPDX-License-Identifier: MIT */
/* What the properties are, and what a packet says that was read. */
#include "metadata/xmp_private.h"

#include "metadata/description.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct meta_xmp_kind meta_xmp_kinds[META_XMP_PROPERTIES] = {
    [META_XMP_DESCRIPTION] = {META_DC, "description", "Alt"},
    [META_XMP_ALT_TEXT] = {META_IPTC_CORE, "AltTextAccessibility", "Alt"},
    [META_XMP_SUBJECT] = {META_DC, "subject", "Bag"},
    [META_XMP_VERSION] = {META_CAPTION, "Version", NULL},
    [META_XMP_MODEL] = {META_CAPTION, "Model", NULL},
    [META_XMP_CONFIDENCE] = {META_CAPTION, "Confidence", NULL},
    [META_XMP_LANGUAGE] = {META_CAPTION, "Language", NULL},
    [META_XMP_TEXT_WRITTEN] = {META_CAPTION, "Text", NULL},
    [META_XMP_WITH_PERSON] = {META_CAPTION, "WithPerson", NULL},
    [META_XMP_KEYWORDS] = {META_CAPTION, "Keywords", "Bag"},
    [META_XMP_IPTC_KEYWORDS] = {META_CAPTION, "IPTCKeywords", "Bag"},
    [META_XMP_BEFORE] = {META_CAPTION, "Before", "Bag"},
    [META_XMP_AFTER] = {META_CAPTION, "After", "Bag"},
};

bool meta_xmp_is_blank(const char *bytes, size_t size)
{
    size_t begin = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    while (begin < size && memchr(" \t\r\n", bytes[begin], 5)) /* and NUL */
        begin++;
    return begin == size;
}

void meta_xmp_clean(char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && !strchr("\t\n\r", *text)) ||
            strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0)
            memset(text, ' ', (unsigned char)*text < ' ' ? 1 : 3);
}

void meta_xmp_free_item(struct meta_xmp_item *item)
{
    free(item->language);
    free(item->text);
}

static void free_property(struct meta_xmp_property *property)
{
    for (size_t i = 0; i < property->count; i++)
        meta_xmp_free_item(&property->items[i]);
    free(property->items);
    free(property->attribute);
}

void meta_xmp_finish(struct meta_xmp *xmp)
{
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++)
        free_property(&xmp->property[i]);
    free(xmp->about);
    *xmp = (struct meta_xmp){0};
}

const char *meta_xmp_language(const struct meta_xmp_item *item)
{
    return item->language ? item->language : META_XMP_DEFAULT;
}

const struct meta_xmp_item *meta_xmp_item(const struct meta_xmp_property *property,
                                          const char *language)
{
    const struct meta_xmp_item *found = NULL;

    for (size_t i = 0; i < property->count; i++) {
        const struct meta_xmp_item *item = &property->items[i];

        if (strcasecmp(meta_xmp_language(item), language) != 0)
            continue;
        if (!meta_description_blank(item->text))
            return item;
        if (!found)
            found = item;
    }
    return found;
}

const char *meta_xmp_text(const struct meta_xmp_property *property, const char *language)
{
    const struct meta_xmp_item *item = meta_xmp_item(property, language);

    return item && !meta_description_blank(item->text) ? item->text : NULL;
}

const char *meta_xmp_main_text(const struct meta_xmp_property *property)
{
    const char *text = meta_xmp_text(property, META_XMP_DEFAULT);

    for (size_t i = 0; i < property->count && !text; i++)
        if (!meta_description_blank(property->items[i].text))
            text = property->items[i].text;
    return text;
}
