/* SPDX-License-Identifier: MIT */
/*
 * Fits a consensus (models/captioner/consensus.h) to captioned photos, some of which may count
 * more.
 *
 * With F [N][M] the likeness of V to landmarks (train/fit/consensus_space.h), or V itself, less its
 * mean, and G [N][n-grams] the photos' n-grams, each row times the root of the photo's weight,
 * ridge regression predicts G from F by B = R G, R = (F'F + t L)^-1 F', L the landmarks' likeness
 * to each other or I.  Of its predictions F B the d strongest directions are kept (Izenman,
 * "Reduced-rank regression for the multivariate linear model", 1975): with an orthonormal basis U
 * of the largest left singular vectors of F R G = S G, found by subspace iteration,
 *
 *     w(V) = f(V) R K S U (U' S K S U)^-1 (S U)',    K = G G'.
 */
#ifndef TRAIN_CONSENSUS_FIT_H
#define TRAIN_CONSENSUS_FIT_H

#include "base/progress.h"
#include "data/batch.h"
#include "models/captioner/consensus.h"
#include "train/fit/consensus_space.h"

enum { CONSENSUS_SPACE = 256, CONSENSUS_LANDMARKS = 12288 };
enum { CONSENSUS_FEWEST_PHOTOS = 20, CONSENSUS_MOST_PHOTOS = 16384 };

struct consensus_fit_options {
    const float *weights; /* of each photo of the dataset, above 0; NULL: all count alike */
    size_t directions;    /* d at most; fewer of few photos */
    size_t landmarks;     /* M at most; 0: V itself is read */
    const struct consensus *like; /* has the same space, or none; NULL: one is found */
    size_t seen;          /* n-grams in the captions of fewer photos are left out */
    struct tn_progress progress; /* before each stage */
};

/* A consensus with the memory that it is in. */
struct consensus_fit {
    struct consensus consensus; /* into the buffers below */
    struct consensus_space space;
    signed char *directions, *photos;
    float *scales, *offsets, *shares;
    int64_t *keys;
    int32_t *starts;
    unsigned char *postings;
};

/* Fits to the photos of source->corpus that have captions; of more than CONSENSUS_MOST_PHOTOS an
 * even share is looked at.  The result does not depend on the number of threads.  The caller
 * finishes it.  Errors: TN_RANGE for fewer than CONSENSUS_FEWEST_PHOTOS photos, or a vocabulary of
 * more than CONSENSUS_MAX_ID; TN_FORMAT when all photos or all captions are alike, or no n-gram is
 * seen often enough; TN_NOMEM; TN_CANCELLED. */
TN_NODISCARD enum tn_status consensus_fit(const struct data_source *source,
                                          const struct consensus_fit_options *options,
                                          struct tn_pool *pool, struct consensus_fit *ret_fit,
                                          struct tn_error *err);
/* Fine on a zeroed fit. */
void consensus_fit_finish(struct consensus_fit *fit);

#endif
