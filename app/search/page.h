/* SPDX-License-Identifier: MIT */
/* The page of what was found: a gallery that says what was searched for. */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "app/search/show.h"
#include "models/captioner/captioner.h"

struct app_page;

/* Begins a page in the file show->gallery, in the place of what is there, which
 * app_gallery_check_words looked at.  show is borrowed.  Errors: those of app_gallery_create. */
TN_NODISCARD enum tn_status app_page_create(const struct app_show *show, struct app_page **ret_page,
                                            struct tn_error *err);
/* Adds a photo, of a group of duplicates unless that is NULL.  One that cannot be read any more is
 * named and left out. */
TN_NODISCARD enum tn_status app_page_add(struct app_page *page, const char *path,
                                         const struct captioner_result *result, const size_t *group,
                                         struct tn_error *err);
/* Where nothing was found, a page that is there stays. */
TN_NODISCARD enum tn_status app_page_finish(struct app_page *page, bool any, struct tn_error *err);
/* NULL is fine. */
void app_page_destroy(struct app_page *page);

#endif
