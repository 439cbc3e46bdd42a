/* SPDX-License-Identifier: MIT */
#include "app/alt/page_private.h"

#include <stdlib.h>
#include <string.h>

/* A program's piece, which ends at the end of the page where it may be left open. */
struct brackets {
    const char *open, *close;
    bool may_be_open;
};

static const struct brackets programs[] = {
    {"<?", "?>", true},  {"<%", "%>", false}, {"{{", "}}", false},
    {"{%", "%}", false}, {"{#", "#}", false}, {"<![CDATA[", "]]>", false},
};

/* XML knows instructions and CDATA itself. */
static const struct brackets *brackets_at(const struct alt_page *page, size_t at)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct brackets *brackets = &programs[i];
        const size_t length = strlen(brackets->open);
        const bool known = page->kind == ALT_XHTML && brackets->open[0] == '<';

        if (!known && page->size - at >= length &&
            memcmp(page->bytes + at, brackets->open, length) == 0)
            return brackets;
    }
    return NULL;
}

/* Behind the expression of MDX that begins at the brace, which may be left open. */
static size_t expression_end(const struct alt_page *page, size_t at)
{
    size_t depth = 0;

    for (size_t i = at; i < page->size; i++) {
        depth += page->bytes[i] == '{';
        depth -= page->bytes[i] == '}';
        if (depth == 0)
            return i + 1;
    }
    return page->size;
}

/* Behind the program's piece that begins there; `at`: none does.  A kind that was once left open is
 * not searched for again: open[] remembers. */
static size_t piece_end(const struct alt_page *page, size_t at, bool *open)
{
    const struct brackets *brackets = brackets_at(page, at);
    const char *end;

    if (page->kind == ALT_MDX && page->bytes[at] == '{')
        return expression_end(page, at);
    if (!brackets || open[brackets - programs])
        return at;
    end =
        memmem(page->bytes + at + 2, page->size - at - 2, brackets->close, strlen(brackets->close));
    if (end)
        return (size_t)(end - page->bytes) + strlen(brackets->close);
    open[brackets - programs] = true;
    return brackets->may_be_open ? page->size : at;
}

static void hide(char *view, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (view[i] != '\n' && view[i] != '\r')
            view[i] = 'x';
}

enum tn_status alt_view_create(const struct alt_page *page, char **ret_view, char **ret_marks,
                               struct tn_error *err)
{
    const size_t bytes = 2 * (page->size + 1);
    bool open[sizeof programs / sizeof *programs] = {false};
    char *view = malloc(bytes), *marks;

    if (!view)
        return tn_fail_nomem(err, bytes);
    marks = view + page->size + 1;
    memcpy(view, page->bytes, page->size);
    view[page->size] = '\0';
    memset(marks, 0, page->size + 1);
    for (size_t at = 0; at < page->size;) {
        const char c = page->bytes[at];
        const size_t end = c == '<' || c == '{' ? piece_end(page, at, open) : at;

        hide(view, at, end);
        memset(marks + at, 1, end - at);
        at = end > at ? end : at + 1;
    }
    *ret_view = view;
    *ret_marks = marks;
    return TN_OK;
}

void alt_view_hide_contents(struct alt_tags tags, char *view)
{
    struct alt_tag tag;

    while (alt_tags_next(&tags, &tag))
        hide(view, tag.content.begin, tag.content.end);
    if (!tags.xml)
        memset(view + tags.size - tags.cut, ' ', tags.cut);
}

bool alt_is_marked(const char *marks, struct alt_span span)
{
    return memchr(marks + span.begin, 1, span.end - span.begin) != NULL;
}
