/* SPDX-License-Identifier: MIT */
/* Photos that nobody captioned, as a data set. */
#ifndef DATA_PHOTO_LIST_H
#define DATA_PHOTO_LIST_H

#include "data/photo_id.h"
#include "data/sets/dataset.h"

/* The photos of paths[count], of no split and without captions.  The caller finishes the set.
 * Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status data_set_of_photos(const char *const *paths, size_t count,
                                               struct data_set *ret_dataset, struct tn_error *err);

/* Leaves out photos whose file could not be read (their id is zero), and those that are the same
 * file as one before them.  Returns how many of each. */
TN_NODISCARD enum tn_status data_set_leave_out(struct data_set *dataset,
                                               const struct data_photo_id *ids,
                                               size_t *ret_unreadable, size_t *ret_repeated,
                                               struct tn_error *err);

#endif
