/* SPDX-License-Identifier: MIT */
/* What an image is to the HTML standard (sections 4.8.3 and 4.8.4.4) and to WAI-ARIA. */
#include "app/alt/page_private.h"

#include "app/alt/url.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/tree.h>

/* Ancestors and texts that are looked at for one image: pages may be made to cost more. */
enum { MOST_STEPS = 100, TINY = 3 };

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool alt_is_blank(const char *text)
{
    while (is_space(*text))
        text++;
    return *text == '\0';
}

/* ---- Texts that describe nothing ---- */

static bool is_same(const char *a, size_t length, const char *b, size_t other)
{
    return length > 0 && length == other && strncasecmp(a, b, length) == 0;
}

/* IMG_1234, DSC00012, PXL_20240101_1200, 20240101: a camera's name; a short number may be what the
 * image shows. */
static bool is_camera_name(const char *text, size_t length)
{
    static const char *const begins[] = {"img",   "dsc",   "dscn",    "dscf", "pxl",
                                         "image", "photo", "picture", "p",    "mvimg",
                                         "dji",   "gopr",  NULL};
    const size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    if (letters == length || strspn(text + letters, "0123456789_- ()") + letters < length)
        return false;
    for (const char *const *begin = begins; *begin; begin++)
        if (is_same(text, letters, *begin, strlen(*begin)))
            return true;
    return letters == 0 && length > 3;
}

bool alt_is_poor(const char *alt, const char *source)
{
    static const char *const words[] = {
        "image",       "images",  "img",       "photo",    "photograph", "pic",
        "picture",     "graphic", "alt",       "alt text", "image alt",  "untitled",
        "placeholder", "null",    "undefined", "todo",     NULL};
    const size_t url = strcspn(source, "?#");
    const char *name = source + alt_url_folder_length(source);
    size_t length, stem;

    while (is_space(*alt))
        alt++;
    for (length = strlen(alt); length > 0 && is_space(alt[length - 1]);)
        length--;
    for (const char *const *word = words; *word; word++)
        if (is_same(alt, length, *word, strlen(*word)))
            return true;
    stem = url - (size_t)(name - source);
    if (is_same(alt, length, name, stem) || is_same(alt, length, source, url))
        return true;
    while (stem > 0 && name[stem] != '.')
        stem--;
    if (is_same(alt, length, name, stem))
        return strcspn(alt, "_-0123456789") < length; /* "cat" may describe cat.jpg */
    stem = tn_path_stem_length(alt);
    return is_camera_name(alt, stem < length ? stem : length);
}

/* ---- What the page says of an image by more than its text ---- */

/* Whether the attribute is one of the words. */
static bool attribute_is(const xmlNode *node, const char *name, const char *const *words,
                         bool *lost)
{
    char *value = alt_node_attribute(node, name, lost);
    bool is = false;

    for (; value && *words; words++)
        is |= strcasecmp(value, *words) == 0;
    free(value);
    return is;
}

static bool is_hidden(const xmlNode *node, bool *lost)
{
    static const char *const yes[] = {"true", NULL};

    return attribute_is(node, "aria-hidden", yes, lost);
}

static bool has_name(const xmlNode *node, bool *lost)
{
    char *label = alt_node_attribute(node, "aria-label", lost);
    char *other = alt_node_attribute(node, "aria-labelledby", lost);
    const bool named = (label && !alt_is_blank(label)) || (other && !alt_is_blank(other));

    free(label);
    free(other);
    return named;
}

/* A width or height of a few pixels: what measures readers, or spaces. */
static bool is_tiny(const xmlNode *node, bool *lost)
{
    static const char *const names[] = {"width", "height"};
    bool tiny = false;

    for (size_t i = 0; i < 2; i++) {
        char *value = alt_node_attribute(node, names[i], lost), *end = NULL;
        const long side = value ? strtol(value, &end, 10) : TINY + 1;

        tiny |= value && end > value && (*end == '\0' || strcmp(end, "px") == 0) && side >= 0 &&
                side <= TINY;
        free(value);
    }
    return tiny;
}

static bool is_within(const xmlNode *node, const xmlNode *element)
{
    for (size_t i = 0; node && i < MOST_STEPS; i++, node = node->parent)
        if (node == element)
            return true;
    return false;
}

/* Whether a link or button says something beside the image. */
static bool has_text(xmlNodePtr element)
{
    xmlNodePtr node = alt_tree_next(element);

    for (size_t i = 0; node && is_within(node, element); i++, node = alt_tree_next(node))
        if (i == MOST_STEPS || (node->type == XML_TEXT_NODE && node->content &&
                                !alt_is_blank((const char *)node->content)))
            return i < MOST_STEPS;
    return false;
}

/* Whether the page says that nobody misses the image who does not see it. */
static bool is_decoration(xmlNodePtr node, bool empty, bool *lost)
{
    static const char *const roles[] = {"presentation", "none", NULL};

    if (attribute_is(node, "role", roles, lost) || is_tiny(node, lost))
        return true;
    for (size_t i = 0; node && node->type == XML_ELEMENT_NODE && i < MOST_STEPS; i++) {
        if (is_hidden(node, lost))
            return true;
        if (empty && (alt_node_is(node, "a") || alt_node_is(node, "button")) && has_text(node))
            return true;
        node = node->parent;
    }
    return false;
}

/* ---- Which picture ---- */

/* Of an attribute such as "a.jpg 1x, b.jpg 2x" the first URL; NULL: there is none. */
static char *first_candidate(const xmlNode *node, const char *name, bool *lost)
{
    char *set = alt_node_attribute(node, name, lost);
    char *at = set ? set + strspn(set, " \t\n\f\r,") : NULL;
    size_t length = at ? strcspn(at, " \t\n\f\r") : 0;
    char *url = NULL;

    while (length > 0 && at[length - 1] == ',')
        length--;
    if (length > 0) {
        url = strndup(at, length);
        *lost |= !url;
    }
    free(set);
    return url;
}

/* The URL of a <source> before the image in its <picture>.  Where the parser does not know that
 * element, the image stands in it. */
static char *picture_source(const xmlNode *node, bool *lost)
{
    for (size_t i = 0; node && !alt_node_is(node, "picture") && i < MOST_STEPS; i++) {
        char *url = alt_node_is(node, "source") ? first_candidate(node, "srcset", lost) : NULL;

        if (url)
            return url;
        node = node->prev ? node->prev : node->parent;
    }
    return NULL;
}

/* A page that loads its images later has a placeholder in src. */
static char *find_source(const xmlNode *node, bool *lost)
{
    static const char *const names[] = {"data-src", "data-original", "data-lazy-src", "src"};
    char *url = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names && !url; i++) {
        url = alt_node_attribute(node, names[i], lost);
        if (url && alt_is_blank(url)) {
            free(url);
            url = NULL;
        }
    }
    if (!url)
        url = first_candidate(node, "srcset", lost);
    if (!url)
        url = first_candidate(node, "data-srcset", lost);
    if (!url)
        url = picture_source(node, lost);
    return url;
}

static enum alt_state state_of(xmlNodePtr node, const char *alt, const char *source, bool *lost)
{
    if ((alt && !alt_is_blank(alt) && !alt_is_poor(alt, source)) || has_name(node, lost))
        return ALT_GIVEN;
    if (is_decoration(node, alt && alt[0] == '\0', lost))
        return alt && !alt_is_blank(alt) ? ALT_GIVEN : ALT_DECORATION;
    if (!alt)
        return ALT_MISSING;
    if (alt[0] == '\0')
        return ALT_EMPTY;
    return alt_is_blank(alt) ? ALT_MISSING : ALT_POOR;
}

static enum tn_status describe(struct alt_image *image, xmlNodePtr node, struct tn_error *err)
{
    bool lost = false;
    char *alt = alt_node_attribute(node, "alt", &lost), *source = find_source(node, &lost);

    if (!source && !lost)
        source = strdup("");
    if (source)
        image->state = state_of(node, alt, source, &lost);
    if (!alt && !lost)
        alt = strdup("");
    if (lost || !alt || !source) {
        free(alt);
        free(source);
        return tn_fail_nomem(err, 1);
    }
    image->alt = alt;
    image->source = source;
    return TN_OK;
}

/* ---- Where its text goes ---- */

/* The attribute that a new one follows: the picture's URL, else the last. */
static const struct alt_attribute *neighbour(const struct alt_tags *tags, const struct alt_tag *tag)
{
    static const char *const names[] = {"src", "data-src", "srcset"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct alt_attribute *found = alt_tag_attribute(tags, tag, names[i]);

        if (found && found->value.end > found->value.begin)
            return found;
    }
    return NULL;
}

static void locate_new(struct alt_image *image, const struct alt_tags *tags,
                       const struct alt_tag *tag)
{
    const struct alt_attribute *beside = neighbour(tags, tag);
    const bool single = beside && beside->quote == '\'';
    const bool capitals = tags->bytes[tag->name.begin] == 'I' && !tags->xml;
    size_t at = tag->name.end;

    if (beside)
        at = beside->value.end + (beside->quote != 0);
    image->span = (struct alt_span){at, at};
    image->quote = single ? '\'' : '"';
    image->before = capitals ? (single ? " ALT='" : " ALT=\"") : (single ? " alt='" : " alt=\"");
    image->after = single ? "'" : "\"";
}

static void locate(struct alt_image *image, const struct alt_tags *tags, const struct alt_tag *tag)
{
    const struct alt_attribute *alt = alt_tag_attribute(tags, tag, "alt");

    if (!alt) {
        locate_new(image, tags, tag);
        return;
    }
    image->span = alt->value;
    image->quote = alt->quote ? alt->quote : '"';
    image->before = alt->quote ? "" : alt->equals ? "\"" : "=\"";
    image->after = alt->quote ? "" : "\"";
}

/* ---- Both find the same ---- */

static bool is_plain(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] > '~' || bytes[i] == '&')
            return false;
    return true;
}

/* Whether the tag's attribute is what the parser found; a text of other characters, or with
 * references in it, is the parser's alone. */
static bool is_confirmed(const struct alt_tags *tags, const struct alt_tag *tag,
                         const xmlNode *node, const char *name, bool *lost)
{
    const struct alt_attribute *ours = alt_tag_attribute(tags, tag, name);
    char *theirs = alt_node_attribute(node, name, lost);
    bool same = !ours == !theirs;

    if (ours && theirs) {
        const char *text = tags->bytes + ours->value.begin;
        const size_t length = ours->value.end - ours->value.begin;

        same = !is_plain(text, length) ||
               (strlen(theirs) == length && memcmp(theirs, text, length) == 0);
    }
    free(theirs);
    return same;
}

enum tn_status alt_image_read(struct alt_image *image, const struct alt_tags *tags,
                              const struct alt_tag *tag, xmlNodePtr node, struct tn_error *err)
{
    bool lost = false;
    const bool confirmed =
        is_confirmed(tags, tag, node, "src", &lost) && is_confirmed(tags, tag, node, "alt", &lost);

    *image = (struct alt_image){.at = tag->span.begin};
    if (lost)
        return tn_fail_nomem(err, tag->span.end - tag->span.begin);
    if (!confirmed)
        return tn_fail(err, TN_FORMAT, "libxml2 finds another image than it seems to be");
    TN_TRY(describe(image, node, err));
    locate(image, tags, tag);
    return TN_OK;
}

enum tn_status alt_image_leave(struct alt_image *image, const char *bytes,
                               const struct alt_tags *tags, const struct alt_tag *tag,
                               struct tn_error *err)
{
    const struct alt_attribute *source = alt_tag_attribute(tags, tag, "src");
    char *url;

    image->state = ALT_TEMPLATE;
    if (!source)
        return TN_OK;
    url = strndup(bytes + source->value.begin, source->value.end - source->value.begin);
    if (!url)
        return tn_fail_nomem(err, source->value.end - source->value.begin);
    free(image->source);
    image->source = url;
    return TN_OK;
}
