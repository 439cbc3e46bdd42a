/* SPDX-License-Identifier: MIT */
/* The files below a folder, listed by a thread while the model is loaded and the index is read. */
#ifndef APP_LISTING_H
#define APP_LISTING_H

#include "app/cli/options.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_listed {
    char *path;         /* the folder's as the user named it, and what is below it; owned.  NULL:
                         * the file was there and has vanished */
    int64_t size, time; /* bytes; nanoseconds of its last change */
};

struct app_listed_files {
    struct app_listed *items; /* the caller may take their paths and set them to NULL */
    size_t count;
    size_t root;     /* length of what names the folder in their paths, its slash included */
    size_t problems; /* places that could not be looked into, which have been reported */
    uint64_t hash;   /* the sum of app_listed_hash over all that are there */
};

/* Of a file: its path from the folder on, size and time.  A sum of them, in whatever order, is the
 * same where all files are. */
uint64_t app_listed_hash(const char *path, size_t length, int64_t size, int64_t time);

struct app_listing;

/* Begins.  folder and the patterns of what is passed over are borrowed; the caller destroys the
 * listing.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_listing_start(const char *folder, const struct app_list *excluded,
                                              struct app_listing **ret_listing,
                                              struct tn_error *err);
/* Ends it early if need be. */
void app_listing_destroy(struct app_listing *listing);

/* Waits for all of it, and helps where it can; the listing owns what it returns.  Errors: TN_NOMEM,
 * TN_CANCELLED. */
TN_NODISCARD enum tn_status app_listing_wait(struct app_listing *listing,
                                             struct app_listed_files *ret_files,
                                             struct tn_error *err);
/* Whether the pattern has excluded something; after app_listing_wait. */
bool app_listing_fitted(const struct app_listing *listing, size_t pattern);

#endif
