/* SPDX-License-Identifier: MIT */
/* Centres of features by spherical k-means (Dhillon and Modha 2001): all of length 1, compared by
 * their cosines. */
#ifndef TRAIN_CENTRES_H
#define TRAIN_CENTRES_H

#include "base/pool.h"
#include "base/progress.h"
#include "data/batch.h"

struct centres_options {
    size_t count; /* centres wanted, at most as many as photos */
    struct tn_progress progress; /* after each round */
};

/* Fills centres[count][width] from what of the photos of source->corpus, which needs no captions,
 * enters the decoder; of more than 8192 photos an even share is looked at.  Errors: TN_NOMEM,
 * TN_CANCELLED. */
TN_NODISCARD enum tn_status train_centres_make(const struct data_source *source,
                                               const struct centres_options *options,
                                               struct tn_pool *pool, float *centres,
                                               struct tn_error *err);

#endif
