/* SPDX-License-Identifier: MIT */
/* The files below a folder, listed by a thread while the model is loaded and the index is read. */
#ifndef APP_LISTING_H
#define APP_LISTING_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct app_listed {
    char *path;         /* the folder's as the user named it, and what is below it; owned */
    int64_t size, time; /* bytes; nanoseconds of its last change */
};

struct app_listing;

/* Begins.  folder is borrowed; the caller destroys the listing.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_listing_start(const char *folder, struct app_listing **ret_listing,
                                              struct tn_error *err);
/* Ends it early if need be. */
void app_listing_destroy(struct app_listing *listing);

/* Waits for all of it: items[count], whose paths the caller may take and set to NULL; the length of
 * what names the folder in them; and how many places could not be looked into, which have been
 * reported.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status app_listing_wait(struct app_listing *listing,
                                             struct app_listed **ret_items, size_t *ret_count,
                                             size_t *ret_root, size_t *ret_problems,
                                             struct tn_error *err);

#endif
