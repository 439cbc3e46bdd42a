/* SPDX-License-Identifier: MIT */
/* The parts of a page's reading. */
#ifndef APP_PAGE_PRIVATE_H
#define APP_PAGE_PRIVATE_H

#include "app/alt/page.h"

/* of <libxml/tree.h> */
struct _xmlDoc;
struct _xmlNode;

/* ---- page.c ---- */

/* A new image at the end, whose strings the page takes over, also on failure. */
TN_NODISCARD enum tn_status alt_page_add(struct alt_page *page, const struct alt_image *image,
                                         struct tn_error *err);

/* ---- view.c: what a page looks like to those who look for markup ---- */

/* A copy in which what is a program's (PHP, ASP, Jinja, shortcodes, CDATA in HTML) is letters, line
 * ends aside, so that all else stays in its place.  marks[size] is 1 where it was so.  The caller
 * frees the copy, which has a NUL after it, and marks with it: they are one block. */
TN_NODISCARD enum tn_status alt_view_create(const struct alt_page *page, char **ret_view,
                                            char **ret_marks, struct tn_error *err);
/* Takes out of a view of HTML what not every parser passes over: the content of scripts, styles and
 * the like becomes letters, a tag that the end of the page cuts becomes spaces. */
void alt_view_hide_contents(struct alt_tags tags, char *view);
/* Whether any byte of the span is marked. */
bool alt_is_marked(const char *marks, struct alt_span span);

/* ---- tree.c: the library's parser ---- */

/* The tree of a page's view, or of a part of one; the caller releases it.  Errors: TN_FORMAT,
 * TN_UNSUPPORTED. */
TN_NODISCARD enum tn_status alt_tree_create(const struct alt_page *page, const char *view,
                                            size_t size, struct _xmlDoc **ret_tree,
                                            struct tn_error *err);
void alt_tree_destroy(struct _xmlDoc *tree);
/* The node after this one, in the order of the page; NULL: it was the last. */
struct _xmlNode *alt_tree_next(struct _xmlNode *node);
/* The element img after this node. */
struct _xmlNode *alt_tree_next_image(struct _xmlNode *node);
bool alt_node_is(const struct _xmlNode *node, const char *name);
/* The value of an attribute; NULL: there is none.  The caller frees it; out of memory counts as
 * none and sets *lost. */
char *alt_node_attribute(const struct _xmlNode *node, const char *name, bool *lost);
/* Whether both trees are equal but for the attribute alt of image i of the new one, which is
 * texts[i] where that is not NULL.  Out of memory counts as different and sets *lost. */
bool alt_trees_equal(struct _xmlDoc *old, struct _xmlDoc *new, const char *const *texts,
                     bool *lost);

/* ---- html_image.c: what the tree says of an image ---- */

/* An image from its tag and from its element, which must agree: TN_FORMAT, without the page's name.
 */
TN_NODISCARD enum tn_status alt_image_read(struct alt_image *image, const struct alt_tags *tags,
                                           const struct alt_tag *tag, struct _xmlNode *node,
                                           struct tn_error *err);
/* Makes it one of a template, whose URL is as it stands in the page. */
TN_NODISCARD enum tn_status alt_image_leave(struct alt_image *image, const char *bytes,
                                            const struct alt_tags *tags, const struct alt_tag *tag,
                                            struct tn_error *err);
/* Whether a text says no more than that there is a picture, such as its file's name. */
bool alt_is_poor(const char *alt, const char *source);
bool alt_is_blank(const char *text);

/* ---- html.c, markdown.c ---- */

TN_NODISCARD enum tn_status alt_html_read(struct alt_page *page, struct tn_error *err);
TN_NODISCARD enum tn_status alt_html_check(const struct alt_page *page,
                                           const struct alt_page *written, const char *const *texts,
                                           struct tn_error *err);
TN_NODISCARD enum tn_status alt_markdown_read(struct alt_page *page, struct tn_error *err);
TN_NODISCARD enum tn_status alt_markdown_check(const struct alt_page *page,
                                               const struct alt_page *written,
                                               const char *const *texts, struct tn_error *err);

#endif
