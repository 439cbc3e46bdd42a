/* SPDX-License-Identifier: MIT */
/*
 * V of many photos, and of their mirror images: computed once, in batches, photos decoded in
 * parallel, and kept in a cache file.
 *
 * The cache is a safetensors file: "features" F16 [rows][views][4096], "photos" I64 [rows][3]
 * (data/photo_id.h), and the encoder's fingerprint, which covers weights and preprocessing, in its
 * metadata.  A photo is found by what its file holds, wherever it lies and whatever its name is:
 * neither names nor times matter.  Rows of photos that are not asked for stay, so that
 * sets may share a cache.
 */
#ifndef DATA_PHOTO_FEATURES_H
#define DATA_PHOTO_FEATURES_H

#include "base/pool.h"
#include "base/progress.h"
#include "base/status.h"
#include "data/photo_id.h"
#include "team/team.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_features {
    size_t photos, views, width; /* views: 1, or 2 with the mirror image */
    size_t *rows;     /* [photos]: each one's row, SIZE_MAX when it could not be read; owned */
    uint16_t *values; /* [total][views][width] binary16; owned */
    size_t total;
    size_t unreadable;
    struct tn_error first_failure; /* why the first unreadable photo was not read */
    struct data_photo_id *ids;     /* [identified]: of the photos of the first rows; owned */
    size_t identified;
    bool cache_unusable; /* the cache was another encoder's, an older program's, or damaged */
};

struct data_features_options {
    const char *cache; /* the file; NULL: nothing is kept */
    bool mirrored;     /* two views */
    size_t max_pixels; /* see image.h */
    struct tn_progress progress; /* after each batch; what is done when it stops is kept */
    struct team *team; /* whose processes share the photos; each gets all features, and the leader
                          writes the cache.  NULL: this one alone */
};

/* The features of the photos places[count].  Photos that cannot be read are counted, not an error.
 * The caller finishes the features.  Errors: TN_NOMEM, TN_IO (the cache cannot be written),
 * TN_CANCELLED, TN_FORMAT (what lies in the cache's place is none), those of the encoder.  A cache
 * that is unusable is replaced. */
TN_NODISCARD enum tn_status
data_features_make(const struct tn_file *weights, const struct data_place *places, size_t count,
                   const struct data_features_options *options, struct tn_pool *pool,
                   struct data_features *ret_features, struct tn_error *err);
/* Fine on zeroed features. */
void data_features_finish(struct data_features *features);

/* The hash of what the encoder was shown of a photo (struct data_photo_id); 0 of one that was not
 * read, or that is no photo. */
uint64_t data_features_pixels(const struct data_features *features, size_t photo);

/* 16 hexadecimal digits of all values, and of which are whose. */
void data_features_fingerprint(const struct data_features *features, char ret_text[17]);

/* out[width] = V of a view of a photo that has a row, or the mean over its views. */
void data_features_get(const struct data_features *features, size_t photo, size_t view, float *out);
void data_features_mean(const struct data_features *features, size_t photo, float *out);

#endif
