/* SPDX-License-Identifier: MIT */
/* What was found, as lines, JSON or a page. */
#ifndef APP_SHOW_H
#define APP_SHOW_H

#include "app/search/find.h"

#include <stdbool.h>
#include <stddef.h>

enum app_show_format { APP_SHOW_PATHS, APP_SHOW_TSV, APP_SHOW_JSON, APP_SHOW_JSONL };

struct app_show {
    enum app_show_format format;
    bool nul;            /* paths end with NUL bytes */
    const char *gallery; /* a page in this file, too; NULL: none */
    const char *words, *like; /* what was searched for, for the page; both NULL: duplicates */
    const struct captioner *captioner;
    size_t max_pixels;
};

/* Writes photos in their order to stdout.  groups[list->count] (or NULL) are the numbers of theirs,
 * rising: an empty line stands between two.  Errors: TN_NOMEM, those of the index and the page. */
TN_NODISCARD enum tn_status app_show_found(const struct app_show *show,
                                           const struct app_found_list *list, const size_t *groups,
                                           struct tn_error *err);

#endif
