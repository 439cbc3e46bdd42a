/* SPDX-License-Identifier: MIT */
/* The picture of an image: a file below the site's root, a part of the book, or in the page itself.
 * Nothing else is opened, and nothing is fetched. */
#ifndef APP_PICTURE_H
#define APP_PICTURE_H

#include "base/status.h"

#include <stddef.h>

struct alt_book;

/* Where a page stands. */
struct alt_place {
    const char *root;      /* the folder that pictures lie below, from "/" on, no link in it */
    const char *page;      /* the page's file, or its name in the book */
    struct alt_book *book; /* NULL: it is a file */
    const char *title;     /* of the book: its file */
};

struct alt_picture {
    const char *why;   /* no picture: the reason, in a few words; NULL: it is there */
    char *name;        /* tells it from others, for a map and for messages; owned */
    const void *bytes; /* NULL: it is the file of that name */
    size_t size;
    void *owned; /* the memory of bytes, if it is not the book's */
};

/* The caller finishes it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status alt_picture_find(const struct alt_place *place, const char *base,
                                             const char *source, struct alt_picture *ret_picture,
                                             struct tn_error *err);
void alt_picture_finish(struct alt_picture *picture);

#endif
