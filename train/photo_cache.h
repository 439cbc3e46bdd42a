/* SPDX-License-Identifier: MIT */
/* The cache file behind train/photo_features.h: rows of V and the photos that they belong to. */
#ifndef TRAIN_PHOTO_CACHE_H
#define TRAIN_PHOTO_CACHE_H

#include "train/internal.h"

struct train_cache {
    char fingerprint[17];
    size_t views, width;
    uint16_t *values; /* [capacity][views][width]; owned */
    size_t rows, capacity;
    char *photos; /* a line a row; owned */
    size_t photos_used, photos_capacity;
    struct train_index index; /* line without its end -> row */
};

/* Fills an empty cache (fingerprint, views and width set) from the file; a file that is not there,
 * or a damaged or another encoder's cache, leaves it empty.  Errors: TN_NOMEM; TN_FORMAT for a file
 * that is no cache, which is not to be overwritten with one. */
TN_NODISCARD enum tn_status train_cache_load(struct train_cache *cache, const char *path,
                                             struct tn_error *err);
TN_NODISCARD enum tn_status train_cache_save(const struct train_cache *cache, const char *path,
                                             struct tn_error *err);
/* Makes room for `more` rows. */
TN_NODISCARD enum tn_status train_cache_reserve(struct train_cache *cache, size_t more,
                                                struct tn_error *err);
/* The line of a photo ("size time name"), by its file; false when it is not there. */
bool train_cache_key(const char *path, char *key, size_t size);
/* Adds a row for the key, whose values the caller has put (or puts) at values + row * views *
 * width. */
TN_NODISCARD enum tn_status train_cache_add(struct train_cache *cache, const char *key,
                                            size_t *ret_row, struct tn_error *err);
void train_cache_finish(struct train_cache *cache);

#endif
