/* SPDX-License-Identifier: MIT */
/* What a gallery calls itself and the order of its photos; the rest of all pages is the same. */
#ifndef APP_GALLERY_WORDS_H
#define APP_GALLERY_WORDS_H

#include "app/output/rows.h"

/* As HTML. */
struct app_gallery_words {
    const char *title, *order;
};
extern const struct app_gallery_words app_gallery_of_captions;

/* app_format_gallery with other words.  *ret_head is its head, which the caller frees after it. */
TN_NODISCARD enum tn_status app_gallery_with_words(const struct app_gallery_words *words,
                                                   struct app_format *ret_format, char **ret_head,
                                                   struct tn_error *err);

/* Whether the file, if there is one, is a whole page with words of its own, or empty: no gallery
 * of captions, and nobody else's file.  Errors: TN_FORMAT for any other; TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status app_gallery_check_words(const char *file, struct tn_error *err);

#endif
