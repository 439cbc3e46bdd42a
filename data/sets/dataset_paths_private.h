/* SPDX-License-Identifier: MIT */
/* Where the photos of a set lie. */
#ifndef DATA_DATASET_PATHS_PRIVATE_H
#define DATA_DATASET_PATHS_PRIVATE_H

#include "data/sets/dataset_private.h"

/* The first folder that holds photos of the set: `given` (may be NULL), then the usual ones; when
 * there is none, `given` or `base`/images.  The caller frees it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status data_find_images(const struct data_set *dataset, const char *given,
                                             const char *base, char **ret_images,
                                             struct tn_error *err);

/* Set images, and zero the rest. */
struct data_finder {
    const char *images; /* the folder; borrowed */

    struct tn_map folders; /* those that were listed */
    struct tn_map folded; /* their entries in one case; value: in actual, or SIZE_MAX for several */
    struct tn_map actual; /* the same as they are written */
};
/* *ret_path: NULL where there is no file; otherwise the caller frees it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status data_find_photo(struct data_finder *finder, const char *name,
                                            char **ret_path, struct tn_error *err);
/* Whether names are absolute, however they are written, and differ. */
bool data_are_two_files(const char *first, const char *second);
void data_finder_finish(struct data_finder *finder);

#endif
