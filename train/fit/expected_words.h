/* SPDX-License-Identifier: MIT */
/*
 * The words that a regression expects people to use about a photo, from what stronger networks made
 * of it: targets for photos that nobody captioned.
 *
 * Of each word, y is the share of a photo's captions that contain it, less its mean over the
 * captioned photos that are trained on.  A ridge regression (train/fit/ridge.h) predicts y from a
 * teacher's features.  A captioned photo's own captions do not count: it is predicted by a fit to
 * the other four fifths of them.
 *
 * Photos that not all networks know have fits of their own: one for each combination of networks,
 * to the captioned photos that at least these know.
 *
 * The predictions are small, and smaller of words that are rare or do not show in a photo.  All are
 * multiplied by one number, so that their mean square is 1 over the photos that are fitted to.
 */
#ifndef TRAIN_EXPECTED_WORDS_H
#define TRAIN_EXPECTED_WORDS_H

#include "base/pool.h"
#include "base/progress.h"
#include "data/corpus.h"
#include "data/teacher.h"

enum { EXPECTED_FEWEST_PHOTOS = 20, EXPECTED_MOST_PHOTOS = 16384 };

struct expected_words {
    size_t words, photos;
    uint16_t *values;          /* [photos][words] binary16; owned */
    bool *known;               /* [photos]: whether it has a row of them; owned */
    float *mean;               /* [words]: what is taken off a share; owned */
    float scale;               /* what the rest is multiplied by */
    size_t *said;              /* [photos]: its number in the corpus, SIZE_MAX; owned */
    struct data_corpus corpus; /* the captioned photos; owned */
    size_t fitted;             /* photos that the fit to most is to */
    double explained;          /* of the variance of y, on photos that a fit did not see */
};

struct expected_words_options {
    const struct data_set *dataset;
    const struct teacher *teacher;
    const struct vocab *vocab; /* whose first words are taken */
    enum vocab_language language;
    size_t words;                /* at most so many */
    struct tn_progress progress; /* after each fit */
};

/* The caller finishes the words.  Errors: TN_NOTFOUND with too few captioned photos that the
 * teacher knows; TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status expected_words_make(const struct expected_words_options *options,
                                                struct tn_pool *pool,
                                                struct expected_words *ret_words,
                                                struct tn_error *err);
/* Fine on zeroed words. */
void expected_words_finish(struct expected_words *words);

/* Whether they are known of a photo; out[words] are then what is expected. */
bool expected_words_get(const struct expected_words *words, size_t photo, float *out);
/* Whether the photo is captioned; out[words] are then what was said, in the same measure. */
bool expected_words_said(const struct expected_words *words, size_t photo, float *out);

#endif
