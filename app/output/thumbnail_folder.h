/* SPDX-License-Identifier: MIT */
/*
 * The folder of thumbnails beside a page that is too large to contain all of them: "page_files"
 * beside "page.html".
 *
 * A thumbnail's name is the hash of its bytes.  So a run that goes on, or that writes the page
 * again, finds those that are there and writes no other over them, and what a killed run left is
 * what the next one needs.  A folder of that name which no run made is refused, and so is a file in
 * it that is no part of the thumbnail of its name.
 */
#ifndef APP_THUMBNAIL_FOLDER_H
#define APP_THUMBNAIL_FOLDER_H

#include "app/output/thumbnail.h"

struct app_thumbnail_folder;

/* Touches no file: the folder is made for the first thumbnail.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_thumbnail_folder_create(const char *page,
                                                        struct app_thumbnail_folder **ret_folder,
                                                        struct tn_error *err);
void app_thumbnail_folder_destroy(struct app_thumbnail_folder *folder);

/* Writes a thumbnail; *ret_link is its URL as seen from the page, valid until the next call.
 * Errors: TN_IO, TN_NOMEM; TN_FORMAT for what is not to be written over. */
TN_NODISCARD enum tn_status app_thumbnail_folder_put(struct app_thumbnail_folder *folder,
                                                     const struct app_thumbnail *thumbnail,
                                                     const char **ret_link, struct tn_error *err);
/* Makes what was put survive a power cut. */
TN_NODISCARD enum tn_status app_thumbnail_folder_sync(struct app_thumbnail_folder *folder,
                                                      struct tn_error *err);

/* Notes the thumbnails that page[size] names, which is about to be replaced ... */
TN_NODISCARD enum tn_status app_thumbnail_folder_note(struct app_thumbnail_folder *folder,
                                                      const char *page, size_t size,
                                                      struct tn_error *err);
/* ... and, once it was, removes those of them that were not put since. */
void app_thumbnail_folder_clear(struct app_thumbnail_folder *folder);

#endif
