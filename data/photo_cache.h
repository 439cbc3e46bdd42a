/* SPDX-License-Identifier: MIT */
/* The cache file behind data/photo_features.h: rows of V and the photos that they belong to. */
#ifndef DATA_PHOTO_CACHE_H
#define DATA_PHOTO_CACHE_H

#include "base/map.h"
#include "data/photo_id.h"

struct data_cache {
    char fingerprint[17];
    size_t views, width;
    uint16_t *values;              /* [capacity][views][width]; owned */
    struct data_photo_id *photos;  /* [capacity]; owned */
    size_t rows, capacity;
    struct tn_map index; /* a photo's size and hash -> its row */
    bool unusable;            /* what was loaded is another encoder's, older, or damaged */
};

/* Fills an empty cache (fingerprint, views and width set) from the file.  One that is not there
 * leaves it empty; so does one that is unusable, and reports it.  Errors: TN_NOMEM; TN_FORMAT for a
 * file that is no cache, which is not to be overwritten with one. */
TN_NODISCARD enum tn_status data_cache_load(struct data_cache *cache, const char *path,
                                            struct tn_error *err);
TN_NODISCARD enum tn_status data_cache_save(const struct data_cache *cache, const char *path,
                                            struct tn_error *err);
/* Makes room for `more` rows. */
TN_NODISCARD enum tn_status data_cache_reserve(struct data_cache *cache, size_t more,
                                               struct tn_error *err);
/* The row of a photo, by its file; TN_MAP_NONE: it has none. */
size_t data_cache_find(const struct data_cache *cache, const struct data_photo_id *photo);
/* Adds a row for a photo, or finds the one that it has; the caller puts its values at values + row
 * * views * width. */
TN_NODISCARD enum tn_status data_cache_add(struct data_cache *cache,
                                           const struct data_photo_id *photo, size_t *ret_row,
                                           struct tn_error *err);
void data_cache_finish(struct data_cache *cache);

#endif
