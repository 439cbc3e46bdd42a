/* SPDX-License-Identifier: MIT */
#include "app/alt/tags.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether the text stands there, in any case. */
static bool stands(const struct alt_tags *tags, size_t at, const char *text)
{
    const size_t length = strlen(text);

    return tags->size - at >= length && strncasecmp(tags->bytes + at, text, length) == 0;
}

/* Behind the next such text; the size of the page where there is none. */
static size_t behind(const struct alt_tags *tags, size_t at, const char *text)
{
    const char *found =
        at < tags->size ? memmem(tags->bytes + at, tags->size - at, text, strlen(text)) : NULL;

    return found ? (size_t)(found - tags->bytes) + strlen(text) : tags->size;
}

bool alt_span_is(const struct alt_tags *tags, struct alt_span span, const char *word)
{
    const size_t length = strlen(word);
    const char *begin = tags->bytes + span.begin;

    if (span.end - span.begin != length)
        return false;
    return (tags->xml ? strncmp(begin, word, length) : strncasecmp(begin, word, length)) == 0;
}

const struct alt_attribute *alt_tag_attribute(const struct alt_tags *tags,
                                              const struct alt_tag *tag, const char *name)
{
    for (size_t i = 0; i < tag->count; i++)
        if (alt_span_is(tags, tag->attributes[i].name, name))
            return &tag->attributes[i];
    return NULL;
}

/* ---- What is no tag ---- */

/* In HTML a comment also ends in "--!>", and "<!-->" and "<!--->" are whole. */
static size_t html_comment_end(const struct alt_tags *tags, size_t at)
{
    if (stands(tags, at + 4, ">"))
        return at + 5;
    if (stands(tags, at + 4, "->"))
        return at + 6;
    /* of "--->" the last two dashes count */
    for (at = behind(tags, at + 4, "--"); at < tags->size; at = behind(tags, at - 1, "--")) {
        if (stands(tags, at, ">"))
            return at + 1;
        if (stands(tags, at, "!>"))
            return at + 2;
    }
    return tags->size;
}

size_t alt_comment_end(const struct alt_tags *tags, size_t at)
{
    if (stands(tags, at, "<!--"))
        return tags->xml ? behind(tags, at + 4, "-->") : html_comment_end(tags, at);
    if (tags->xml && stands(tags, at, "<![CDATA["))
        return behind(tags, at, "]]>");
    if (tags->xml && stands(tags, at, "<?"))
        return behind(tags, at, "?>");
    if (stands(tags, at, "<!") || stands(tags, at, "<?") ||
        (stands(tags, at, "</") && tags->size - at > 2 && !is_letter(tags->bytes[at + 2])))
        return behind(tags, at, ">");
    return at;
}

/* ---- A tag ---- */

static size_t skip_spaces(const struct alt_tags *tags, size_t at)
{
    while (at < tags->size && is_space(tags->bytes[at]))
        at++;
    return at;
}

/* Reads what follows the equals sign at *at, up to behind the value; false: the page ends. */
static bool read_value(const struct alt_tags *tags, size_t *at, struct alt_attribute *attribute,
                       bool *regular)
{
    const size_t begin = skip_spaces(tags, *at + 1);

    attribute->equals = true;
    attribute->value = (struct alt_span){*at + 1, *at + 1};
    if (begin == tags->size)
        return false;
    if (tags->bytes[begin] == '"' || tags->bytes[begin] == '\'') {
        const char *end =
            memchr(tags->bytes + begin + 1, tags->bytes[begin], tags->size - begin - 1);

        if (!end)
            return false;
        attribute->quote = tags->bytes[begin];
        attribute->value = (struct alt_span){begin + 1, (size_t)(end - tags->bytes)};
        *at = attribute->value.end + 1;
        return true;
    }
    for (*at = begin; *at < tags->size; ++*at) {
        const char c = tags->bytes[*at];

        if (is_space(c) || c == '>')
            break;
        *regular &= c != '"' && c != '\'' && c != '=' && c != '<' && c != '`';
    }
    *regular &= *at > begin;
    if (*at > begin)
        attribute->value = (struct alt_span){begin, *at};
    return *at < tags->size;
}

static bool is_name_of_attribute(const struct alt_tags *tags, struct alt_span name)
{
    for (size_t i = name.begin; i < name.end; i++) {
        const char c = tags->bytes[i];

        if (!is_letter(c) && c != '_' && c != ':' &&
            (i == name.begin || !strchr("0123456789.-", c)))
            return false;
    }
    return true;
}

/* Reads an attribute whose name begins at *at; false: the page ends. */
static bool read_attribute(const struct alt_tags *tags, size_t *at, struct alt_attribute *attribute,
                           bool *regular)
{
    const size_t begin = *at;
    size_t next;

    for (++*at; *at < tags->size; ++*at) /* an equals sign at the begin is part of the name */
        if (is_space(tags->bytes[*at]) || strchr("/>=", tags->bytes[*at]))
            break;
    *attribute = (struct alt_attribute){.name = {begin, *at}, .value = {*at, *at}};
    *regular &= is_name_of_attribute(tags, attribute->name);
    next = skip_spaces(tags, *at);
    if (next < tags->size && tags->bytes[next] == '=') {
        *at = next;
        return read_value(tags, at, attribute, regular);
    }
    return *at < tags->size;
}

/* Reads attributes up to behind ">"; false: the page ends. */
static bool read_attributes(const struct alt_tags *tags, size_t at, struct alt_tag *tag)
{
    for (;;) {
        const size_t begin = skip_spaces(tags, at);
        struct alt_attribute attribute;

        if (begin == tags->size)
            return false;
        if (tags->bytes[begin] == '>') {
            tag->span.end = begin + 1;
            return true;
        }
        if (tags->bytes[begin] == '/') {
            tag->regular &= stands(tags, begin, "/>");
            at = begin + 1;
            continue;
        }
        tag->regular &= begin > at && tag->count < ALT_MOST_ATTRIBUTES;
        at = begin;
        if (!read_attribute(tags, &at, &attribute, &tag->regular))
            return false;
        if (tag->count < ALT_MOST_ATTRIBUTES)
            tag->attributes[tag->count++] = attribute;
    }
}

/* ---- Texts in which nothing is markup ---- */

/* Whether the end tag of that element begins there. */
static bool is_end_of(const struct alt_tags *tags, size_t at, const char *slash, const char *name)
{
    const size_t after = at + strlen(slash) + strlen(name);

    return after < tags->size && stands(tags, at, slash) &&
           stands(tags, at + strlen(slash), name) &&
           (is_space(tags->bytes[after]) || strchr("/>", tags->bytes[after]));
}

/* Within "<!--" of a script, "<script" begins what the next "</script" ends, and not more. */
static size_t script_end(const struct alt_tags *tags, size_t at)
{
    bool comment = false, twice = false;

    for (; at < tags->size; at++) {
        if (tags->bytes[at] == '<') {
            if (!comment && stands(tags, at, "<!--")) {
                comment = true;
                at += 1; /* "<!-->" is whole */
            } else if (is_end_of(tags, at, "</", "script")) {
                if (!twice)
                    return at;
                twice = false;
            } else if (comment && is_end_of(tags, at, "<", "script")) {
                twice = true;
            }
        } else if (comment && stands(tags, at, "-->")) {
            comment = twice = false;
        }
    }
    return tags->size;
}

/* The text of an element in which nothing is markup but its end tag. */
static struct alt_span content_of(const struct alt_tags *tags, const struct alt_tag *tag)
{
    static const char *const elements[] = {"style",  "textarea", "title",    "xmp",
                                           "iframe", "noembed",  "noframes", NULL};
    const size_t begin = tag->span.end;

    if (tags->xml || tag->end)
        return (struct alt_span){begin, begin};
    if (alt_span_is(tags, tag->name, "plaintext"))
        return (struct alt_span){begin, tags->size};
    if (alt_span_is(tags, tag->name, "script"))
        return (struct alt_span){begin, script_end(tags, begin)};
    for (const char *const *element = elements; *element; element++)
        if (alt_span_is(tags, tag->name, *element)) {
            size_t end = begin;

            while (end < tags->size && !is_end_of(tags, end, "</", *element))
                end++;
            return (struct alt_span){begin, end};
        }
    return (struct alt_span){begin, begin};
}

static bool begins_tag(const struct alt_tags *tags, size_t at)
{
    at += stands(tags, at, "</") ? 2 : 1;
    return at < tags->size &&
           (is_letter(tags->bytes[at]) || (tags->xml && strchr("_:", tags->bytes[at])));
}

bool alt_tag_at(const struct alt_tags *tags, size_t at, struct alt_tag *ret_tag)
{
    size_t begin;

    if (at >= tags->size || tags->bytes[at] != '<' || !begins_tag(tags, at))
        return false;
    ret_tag->end = stands(tags, at, "</");
    begin = at + 1 + ret_tag->end;
    ret_tag->span.begin = at;
    ret_tag->name = (struct alt_span){begin, begin};
    ret_tag->count = 0;
    ret_tag->regular = true;
    while (ret_tag->name.end < tags->size && !is_space(tags->bytes[ret_tag->name.end]) &&
           !strchr("/>", tags->bytes[ret_tag->name.end]))
        ret_tag->name.end++;
    if (!read_attributes(tags, ret_tag->name.end, ret_tag))
        return false;
    ret_tag->content = content_of(tags, ret_tag);
    return true;
}

bool alt_tags_next(struct alt_tags *tags, struct alt_tag *ret_tag)
{
    while (tags->at < tags->size) {
        const char *next = memchr(tags->bytes + tags->at, '<', tags->size - tags->at);
        size_t end;

        if (!next)
            break;
        tags->at = (size_t)(next - tags->bytes);
        end = alt_comment_end(tags, tags->at);
        if (end > tags->at) {
            tags->at = end;
        } else if (alt_tag_at(tags, tags->at, ret_tag)) {
            tags->at = ret_tag->content.end;
            return true;
        } else if (begins_tag(tags, tags->at)) {
            tags->cut = tags->size - tags->at; /* nothing follows */
            break;
        } else {
            tags->at++;
        }
    }
    tags->at = tags->size;
    return false;
}
