/* SPDX-License-Identifier: MIT */
/* How good a decoder is on a corpus: its captions against what people wrote, and its perplexity. */
#ifndef TRAIN_SCORING_H
#define TRAIN_SCORING_H

#include "base/progress.h"
#include "data/batch.h"
#include "metrics/metrics.h"
#include "models/captioner/consensus.h"
#include "team/team.h"

struct train_scores {
    struct metric_scores metrics;
    double perplexity; /* a word of the corpus, end tokens counted */
    size_t photos;
    size_t words_used;  /* different words in all hypotheses */
    size_t vocabulary;  /* words that there are */
    double mean_length; /* words a hypothesis */
};

/* What was said about each photo of the corpus. */
struct train_hypotheses {
    int *ids;              /* the words of all; owned */
    float *word_log_probs; /* theirs, natural logarithms; owned */
    size_t *starts;        /* [photos + 1]; owned */
    double *log_prob;      /* [photos]: of the whole caption, its end counted; owned */
    double *cider;         /* [photos]; owned */
    double *content;       /* [photos]: content precision (metrics.h); owned */
    size_t photos;
};
void train_hypotheses_finish(struct train_hypotheses *hypotheses);

struct train_score_options {
    struct search_options search;
    const struct consensus *consensus; /* chooses among what a search finds; NULL or zeroed: none */
    struct tn_progress progress;       /* after each batch of photos */
    struct team *team; /* whose processes share the photos; all come by the same scores */
};

/* Captions every photo of source->corpus, and scores nothing: cider and content are 0.  The caller
 * finishes the hypotheses.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status
train_write(const struct decoder_weights *weights, const struct data_source *source,
            const struct train_score_options *options, struct tn_pool *pool,
            struct train_hypotheses *ret_hypotheses, struct tn_error *err);

/* exp of the mean loss of a word of source->corpus, its ends counted.  Of the options progress and
 * team count.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status train_perplexity(const struct decoder *decoder, const float *theta,
                                             const struct data_source *source,
                                             const struct train_score_options *options,
                                             struct tn_pool *pool, double *ret_perplexity,
                                             struct tn_error *err);

/* Captions every photo of source->corpus and scores the captions.  decoder and theta, for the
 * perplexity, may be NULL: it is then 0.  ret_hypotheses may be NULL; otherwise the caller finishes
 * them. Errors: TN_NOMEM, TN_CANCELLED, TN_NOTFOUND for a corpus without captions. */
TN_NODISCARD enum tn_status train_score(const struct decoder_weights *weights,
                                        const struct decoder *decoder, const float *theta,
                                        const struct data_source *source, const struct vocab *vocab,
                                        const struct train_score_options *options,
                                        struct tn_pool *pool, struct train_scores *ret_scores,
                                        struct train_hypotheses *ret_hypotheses,
                                        struct tn_error *err);

#endif
