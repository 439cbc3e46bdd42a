/* SPDX-License-Identifier: MIT */
/*
 * The images of a page and their alternative texts.  A page is read, some of its images get texts,
 * and it is written again: every other byte stays.
 *
 * Our own scanner finds where images stand (app/alt/tags.h, app/alt/markdown.c).  A library's
 * parser judges: it must find the same images in the page, and in the new page the same tree but
 * for the texts that were meant.  A page that is not understood is an error, and stays as it is.
 */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "app/alt/tags.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum alt_kind { ALT_HTML, ALT_XHTML, ALT_MARKDOWN, ALT_MDX };

/* What an image has in the place of its alternative text. */
enum alt_state {
    ALT_GIVEN,   /* a text, or another name (aria-label) */
    ALT_MISSING, /* no attribute, or one that is only whitespace */
    ALT_EMPTY,   /* alt="", by which pages mark what is only decoration, and which may be right */
    ALT_DECORATION, /* the page says so by more than that */
    ALT_POOR,       /* the name of the file, or "image": no description */
    ALT_TEMPLATE,   /* made by a program in the page (PHP, Jinja ...): left as it is */
};

struct alt_image {
    size_t at; /* the byte where it begins */
    enum alt_state state;
    char *source; /* the URL of the picture in UTF-8, "" where it has none; owned */
    char *alt;    /* its text in UTF-8, "" where it has none; owned */
    /* Where a text goes: in the place of `span`, between `before` and `after`, which live for
     * ever. */
    struct alt_span span;
    const char *before, *after;
    char quote; /* the quote that stands around it; 0: it is Markdown's */
};

/* Set what stands above the blank line and zero the rest; alt_page_finish frees it. */
struct alt_page {
    const char *name; /* for messages; borrowed like the bytes */
    const char *bytes;
    size_t size;
    enum alt_kind kind;

    struct alt_image *images; /* in the order of the page */
    size_t count, capacity;
    char *base;     /* <base href>; NULL: none */
    char *language; /* of the page, as it says: "en-GB"; NULL: it does not */
    bool utf8;      /* other than ASCII may be written as it is */
};

enum { ALT_MOST_BYTES = 32 << 20 }; /* of a page */

/* Whether the library that judges is there: TN_UNSUPPORTED. */
TN_NODISCARD enum tn_status alt_available(struct tn_error *err);

/* Finds the images.  Errors: TN_FORMAT (not understood), TN_RANGE, TN_NOMEM, TN_UNSUPPORTED. */
TN_NODISCARD enum tn_status alt_page_read(struct alt_page *page, struct tn_error *err);
void alt_page_finish(struct alt_page *page);

/* The page where image i has the text texts[i]; NULL: it stays.  Texts are UTF-8 without control
 * characters.  The caller frees the bytes.  Errors: TN_FORMAT: the page would change otherwise,
 * too; TN_NOMEM. */
TN_NODISCARD enum tn_status alt_page_write(const struct alt_page *page, const char *const *texts,
                                           char **ret_bytes, size_t *ret_size,
                                           struct tn_error *err);

/* The line and column of a byte, from 1 on; columns count bytes.  Begins as zeros. */
struct alt_cursor {
    size_t at, line, column;
};
/* Moves on to a byte that is not before the cursor. */
void alt_cursor_move(struct alt_cursor *cursor, const struct alt_page *page, size_t at);

#endif
