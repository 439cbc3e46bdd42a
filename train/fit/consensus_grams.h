/* SPDX-License-Identifier: MIT */
/* The n-grams of photos' captions as vectors; a part of train/fit/consensus_fit.h. */
#ifndef TRAIN_CONSENSUS_GRAMS_H
#define TRAIN_CONSENSUS_GRAMS_H

#include "data/corpus.h"

#include <stdint.h>

/* Sparse [grams][photos], by n-gram: entries starts[g] to starts[g + 1] - 1 are n-gram g's. */
struct consensus_grams {
    size_t count;
    int64_t *keys;  /* [count], rising (ngram_key); owned, as the others are */
    size_t *starts; /* [count + 1] */
    size_t *photos; /* rising within an n-gram; as numbers in the list that was asked for */
    float *values;  /* the mean over a photo's captions of its tf-idf, each of length 1 per n */
};

/* Of the captions of photos[count] (numbers in corpus->photos, each with captions), n-grams of
 * `seen` photos or more; those with an unknown word count for the lengths alone.  The caller
 * finishes them.  Errors: TN_NOMEM, TN_FORMAT when there are none. */
TN_NODISCARD enum tn_status consensus_grams_make(const struct data_corpus *corpus,
                                                 const size_t *photos, size_t count, size_t seen,
                                                 struct consensus_grams *ret_grams,
                                                 struct tn_error *err);
/* Fine on zeroed n-grams. */
void consensus_grams_finish(struct consensus_grams *grams);

#endif
