/* SPDX-License-Identifier: MIT */
/* What people's own captions score: what a model's scores are to be compared with. */
#ifndef TRAIN_PEOPLE_SCORE_H
#define TRAIN_PEOPLE_SCORE_H

#include "data/corpus.h"

struct train_people {
    struct metric_scores metrics;
    size_t photos; /* with several captions; of fewer there is nothing to measure, and no score */
};

/* Scores each caption against the others of its photo: the first captions of all photos as
 * metric_score does, then the second ones and so on, and the mean of these.  Each photo keeps one
 * reference fewer than a model is compared with.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status train_score_people(const struct data_corpus *corpus,
                                               struct train_people *ret_people,
                                               struct tn_error *err);

#endif
