/* SPDX-License-Identifier: MIT */
/*
 * Fitting the probabilities of models/captioner/keywords.h by logistic regression, and measuring
 * keywords against what people said: those of the references, each once per photo.
 */
#ifndef TRAIN_KEYWORDS_FIT_H
#define TRAIN_KEYWORDS_FIT_H

#include "data/batch.h"
#include "models/captioner/keywords.h"
#include "train/tasks/scoring.h"

/* A keyword that a photo might have. */
struct keyword_example {
    float evidence;
    bool said; /* by somebody, of the photo */
};

/* Those of photos; of photo i starts[i] to starts[i + 1]. */
struct keyword_examples {
    struct keyword_example *items;
    size_t *starts; /* [photos + 1] */
    size_t *people; /* [photos]: keywords that people used, those too that no item is of */
    size_t photos;
};

/* Examples of the photos in source->corpus, whose keywords and consensus are those of one decoder.
 * The caller finishes them.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status
keyword_examples_make(const struct keywords *keywords, const struct consensus *consensus,
                      const struct data_source *source, struct tn_pool *pool,
                      struct keyword_examples *ret_examples, struct tn_error *err);
void keyword_examples_finish(struct keyword_examples *examples);

/* Whether there is something to fit to: every other photo, and the rest, have keywords that were
 * said and some that were not. */
bool keyword_can_fit(const struct keyword_examples *examples);
/* Fits weights[KEYWORDS_WEIGHTS] to examples that can be fitted to.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status keyword_fit(const struct keyword_examples *examples, float *weights,
                                        struct tn_error *err);
/* The probability of each example, fitted to every other photo and asked for the rest, and the
 * other way round. */
TN_NODISCARD enum tn_status keyword_cross_fit(const struct keyword_examples *examples,
                                              double *probabilities, struct tn_error *err);
/* The same by weights that are there. */
void keyword_estimate(const struct keyword_examples *examples, const float *weights,
                      double *probabilities);

struct keyword_scores {
    double precision; /* of the keywords, the share that somebody used of the photo */
    double recall;    /* of what people used, the share that is among them */
    double at_five;   /* precision of each photo's five most probable, or as many as it has */
    double per_photo; /* keywords */
    double none;      /* the share of photos without any */
};
/* 0 where there are none. */
double keyword_f1(const struct keyword_scores *scores);

/* Scores the examples of more than a probability. */
void keyword_score(const struct keyword_examples *examples, const double *probabilities,
                   double least, struct keyword_scores *ret_scores);
/* Scores the words of captions, for comparison; at_five is 0.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status
keyword_score_captions(const struct keywords *keywords, const struct data_corpus *corpus,
                       const struct train_hypotheses *hypotheses, const struct vocab *vocab,
                       struct keyword_scores *ret_scores, struct tn_error *err);

#endif
