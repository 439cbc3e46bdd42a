/* SPDX-License-Identifier: MIT */
/* Blocks of a Markdown page, as far as they decide where an image may stand. */
#ifndef APP_MARKDOWN_PRIVATE_H
#define APP_MARKDOWN_PRIVATE_H

#include "app/alt/page.h"
#include "base/map.h"

/* What a line is to those who look for images in it. */
enum {
    MARKDOWN_TEXT = 0,
    MARKDOWN_BREAK = 1, /* at the begin of a line: what stands before it is another block */
    MARKDOWN_HTML = 2   /* of a line's bytes: HTML alone, no Markdown */
};

struct markdown_blocks {
    char *view;           /* the page, where code and front matter are spaces, programs letters */
    char *marks;          /* 1 where a program stands */
    unsigned char *kinds; /* [size]: the flags above; owned */
    struct tn_map labels; /* of link reference definitions, normalised; value: where the URL is */
};

/* The caller finishes the blocks, on failure, too.  view and marks are one block of memory. */
TN_NODISCARD enum tn_status markdown_blocks_read(const struct alt_page *page,
                                                 struct markdown_blocks *blocks,
                                                 struct tn_error *err);
void markdown_blocks_finish(struct markdown_blocks *blocks);

/* Whether the tag at the begin of a line, which ends at `end`, begins a block of HTML; any: also an
 * element that does so only where no paragraph goes on. */
bool markdown_begins_html(const char *view, size_t at, size_t end, bool any);

/* Notes that the label leads to the URL at that byte, unless it leads elsewhere already. */
TN_NODISCARD enum tn_status markdown_add_label(struct markdown_blocks *blocks,
                                               struct alt_span label, size_t url,
                                               struct tn_error *err);
/* Where the URL of a label stands; 0: it has no definition. */
TN_NODISCARD enum tn_status markdown_find_label(const struct markdown_blocks *blocks,
                                                struct alt_span label, size_t *ret_begin,
                                                struct tn_error *err);

/* The URL of a link that begins there, within <> or not, and where it ends; false: none does. */
bool markdown_destination(const char *view, size_t at, size_t end, struct alt_span *ret_url,
                          size_t *ret_after);

#endif
