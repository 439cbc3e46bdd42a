/* SPDX-License-Identifier: MIT */
/* Where the URL of an image leads. */
#ifndef APP_URL_H
#define APP_URL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum alt_url_kind {
    ALT_URL_NONE,   /* no URL, or one that leads nowhere */
    ALT_URL_PATH,   /* a file, from the page's folder on or from the site's root */
    ALT_URL_DATA,   /* the picture itself */
    ALT_URL_REMOTE, /* another machine, or another program's: never fetched */
};

struct alt_url {
    enum alt_url_kind kind;
    char *path;  /* of ALT_URL_PATH: decoded, without query; owned */
    bool rooted; /* it begins with a slash, which path has no more: from the site's root on */
    bool file;   /* a file: URL, rooted: from the machine's root on */
    unsigned char *bytes; /* of ALT_URL_DATA; owned */
    size_t size;
};

/* Reads a URL, which counts from the page's base (NULL: it has none).  The caller finishes it.
 * Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status alt_url_read(const char *url, const char *base, struct alt_url *ret_url,
                                         struct tn_error *err);
void alt_url_finish(struct alt_url *url);

/* How much of a URL stands before the name: up to the last slash before a query or fragment. */
size_t alt_url_folder_length(const char *url);

/* Takes "." and ".." out of a path, in place; false: it leads above where it begins. */
bool alt_path_simplify(char *path);

#endif
