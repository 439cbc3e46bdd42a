/* SPDX-License-Identifier: MIT */
/*
 * Images of HTML and XHTML.  The scanner and the library's parser must find the same ones: as many,
 * and each with the same URL and text as far as both can be compared.  Where a program stands in
 * the page (PHP, Jinja ...), an image counts only if it is one with the program and without.
 */
#include "app/alt/page_private.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

/* at: of the tag where both part. */
static enum tn_status not_understood(const struct alt_page *page, size_t at, struct tn_error *err)
{
    struct alt_cursor place = {0};

    alt_cursor_move(&place, page, at);
    return tn_fail(err, TN_FORMAT,
                   "%s:%zu:%zu: from here on programs do not agree which images this page has; it "
                   "is left as it is (a validator of HTML shows what to mend)",
                   page->name, place.line, place.column);
}

static bool is_image(const struct alt_tags *tags, const struct alt_tag *tag)
{
    return !tag->end && alt_span_is(tags, tag->name, "img");
}

/* ---- The view that the library gets ---- */

struct html_view {
    char *bytes, *marks;       /* one block */
    struct alt_tags tags, raw; /* over the view, and over the page as it is */
    xmlDocPtr tree;
};

static void view_finish(struct html_view *view)
{
    alt_tree_destroy(view->tree);
    free(view->bytes);
}

/* A comment of XML has no "--" in it.  libxml2 takes the square of the time for many of them. */
static bool has_bad_comment(const struct alt_page *page)
{
    const char *at = page->bytes, *const end = page->bytes + page->size;

    while ((at = memmem(at, (size_t)(end - at), "<!--", 4)) != NULL) {
        at = memmem(at + 4, (size_t)(end - at) - 4, "--", 2);
        if (!at || end - at < 3 || at[2] != '>')
            return true;
        at += 3;
    }
    return false;
}

static enum tn_status view_create(const struct alt_page *page, struct html_view *ret_view,
                                  struct tn_error *err)
{
    const bool xml = page->kind == ALT_XHTML;
    struct html_view view = {.tree = NULL};
    enum tn_status status;

    if (xml && has_bad_comment(page))
        return tn_fail(err, TN_FORMAT,
                       "%s: a comment in this XHTML is not well-formed; it is left "
                       "as it is",
                       page->name);
    TN_TRY(alt_view_create(page, &view.bytes, &view.marks, err));
    view.tags = (struct alt_tags){.bytes = view.bytes, .size = page->size, .xml = xml};
    view.raw = (struct alt_tags){.bytes = page->bytes, .size = page->size, .xml = xml};
    alt_view_hide_contents(view.tags, view.bytes);
    status = alt_tree_create(page, view.bytes, page->size, &view.tree, err);
    if (status != TN_OK)
        view_finish(&view);
    else
        *ret_view = view;
    return status;
}

/* ---- Images ---- */

/* Whether the page as it is has an image at the same place, too. */
static bool is_raw_image(struct alt_tags *raw, const struct alt_tag *tag)
{
    struct alt_tag other = {.span = {0, 0}};

    while (raw->at <= tag->span.begin && alt_tags_next(raw, &other))
        if (other.span.begin >= tag->span.begin)
            break;
    return other.span.begin == tag->span.begin && other.span.end == tag->span.end &&
           is_image(raw, &other);
}

static enum tn_status add_image(struct alt_page *page, struct html_view *view,
                                const struct alt_tag *tag, xmlNodePtr node, struct tn_error *err)
{
    struct alt_image image;
    struct tn_error why;
    enum tn_status status = alt_image_read(&image, &view->tags, tag, node, &why);

    if (status == TN_FORMAT)
        return not_understood(page, tag->span.begin, err);
    if (status == TN_OK && image.state != ALT_GIVEN &&
        (alt_is_marked(view->marks, tag->span) || tag->count == ALT_MOST_ATTRIBUTES ||
         !is_raw_image(&view->raw, tag)))
        status = alt_image_leave(&image, page->bytes, &view->tags, tag, &why);
    if (status == TN_OK)
        return alt_page_add(page, &image, err);
    free(image.source);
    free(image.alt);
    return tn_fail(err, status, "%s", why.text);
}

/* Of the root element, and of the first <base>. */
static enum tn_status read_page_attributes(struct alt_page *page, xmlDocPtr tree,
                                           struct tn_error *err)
{
    bool lost = false;

    for (xmlNodePtr node = tree->children; node; node = alt_tree_next(node)) {
        if (!page->language && alt_node_is(node, "html"))
            page->language = alt_node_attribute(node, "lang", &lost);
        if (!page->language && alt_node_is(node, "html"))
            page->language = alt_node_attribute(node, "xml:lang", &lost);
        if (!page->base && alt_node_is(node, "base"))
            page->base = alt_node_attribute(node, "href", &lost);
    }
    return lost ? tn_fail_nomem(err, 1) : TN_OK;
}

static enum tn_status read_images(struct alt_page *page, struct html_view *view,
                                  struct tn_error *err)
{
    xmlNodePtr node = (xmlNodePtr)view->tree;
    struct alt_tag tag;
    size_t behind = 0; /* the last image */

    while (alt_tags_next(&view->tags, &tag)) {
        if (!is_image(&view->tags, &tag))
            continue;
        node = alt_tree_next_image(node);
        if (!node)
            return not_understood(page, tag.span.begin, err);
        TN_TRY(add_image(page, view, &tag, node, err));
        behind = tag.span.end;
    }
    if (alt_tree_next_image(node))
        return not_understood(page, behind, err);
    return read_page_attributes(page, view->tree, err);
}

enum tn_status alt_html_read(struct alt_page *page, struct tn_error *err)
{
    struct html_view view;
    enum tn_status status;

    TN_TRY(view_create(page, &view, err));
    status = read_images(page, &view, err);
    view_finish(&view);
    return status;
}

enum tn_status alt_html_check(const struct alt_page *page, const struct alt_page *written,
                              const char *const *texts, struct tn_error *err)
{
    struct html_view old, new;
    enum tn_status status;
    bool equal, lost = false;

    TN_TRY(view_create(page, &old, err));
    status = view_create(written, &new, err);
    equal = status == TN_OK && alt_trees_equal(old.tree, new.tree, texts, &lost);
    if (status == TN_OK)
        view_finish(&new);
    view_finish(&old);
    if (lost)
        return tn_fail_nomem(err, 1);
    if (status == TN_OK && !equal)
        return tn_fail(err, TN_FORMAT,
                       "%s: writing would change more than alternative texts; it is left as it is",
                       page->name);
    return status;
}
