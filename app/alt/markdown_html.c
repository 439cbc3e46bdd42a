/* SPDX-License-Identifier: MIT */
/* Blocks of HTML that end at a blank line (CommonMark 4.6, conditions 6 and 7). */
#include "app/alt/markdown_private.h"

#include <string.h>
#include <strings.h>

/* Elements that begin a block of HTML wherever they stand. */
static const char *const block_elements[] = {
    "address",  "article",  "aside",    "base",       "basefont", "blockquote", "body",   "caption",
    "center",   "col",      "colgroup", "dd",         "details",  "dialog",     "dir",    "div",
    "dl",       "dt",       "fieldset", "figcaption", "figure",   "footer",     "form",   "frame",
    "frameset", "h1",       "h2",       "h3",         "h4",       "h5",         "h6",     "head",
    "header",   "hr",       "html",     "iframe",     "legend",   "li",         "link",   "main",
    "menu",     "menuitem", "nav",      "noframes",   "ol",       "optgroup",   "option", "p",
    "param",    "search",   "section",  "summary",    "table",    "tbody",      "td",     "tfoot",
    "th",       "thead",    "title",    "tr",         "track",    "ul",         NULL};

static bool is_block_element(const char *view, size_t at, size_t end)
{
    at += 1 + (at + 1 < end && view[at + 1] == '/');
    for (const char *const *name = block_elements; *name; name++) {
        const size_t length = strlen(*name);

        if (at + length <= end && strncasecmp(view + at, *name, length) == 0 &&
            (at + length == end || strchr(" \t/>", view[at + length])))
            return true;
    }
    return false;
}

/* A tag that is whole, and alone in its line. */
static bool is_lone_tag(const char *view, size_t at, size_t end)
{
    const struct alt_tags tags = {.bytes = view, .size = end};
    struct alt_tag tag;

    return alt_tag_at(&tags, at, &tag) && tag.regular &&
           strspn(view + tag.span.end, " \t") >= end - tag.span.end;
}

bool markdown_begins_html(const char *view, size_t at, size_t end, bool any)
{
    return is_block_element(view, at, end) || (any && is_lone_tag(view, at, end));
}
