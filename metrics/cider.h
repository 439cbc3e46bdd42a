/* SPDX-License-Identifier: MIT */
/*
 * CIDEr-D (Vedantam 2015) of many hypotheses against references that are prepared once: the reward
 * of self-critical training, where metrics.h would prepare them again for each caption.  Sentences
 * are token ids; on equal tokens the scores are those of metric_score.
 */
#ifndef METRICS_CIDER_H
#define METRICS_CIDER_H

#include "base/status.h"
#include "metrics/ngrams.h"

#include <stddef.h>

/* References: sentence s is tokens[starts[s]] to tokens[starts[s + 1]], image i has the sentences
 * firsts[i] to firsts[i + 1].  Borrowed for the call. */
struct metric_references {
    const int *tokens;
    const size_t *starts, *firsts;
    size_t images;
};

struct metric_cider;

/* The document frequencies are those of the references.  The caller destroys the scorer.  Errors:
 * TN_NOMEM; TN_RANGE for an id below 1 or above NGRAM_MAX_ID. */
TN_NODISCARD enum tn_status metric_cider_create(const struct metric_references *references,
                                                struct metric_cider **ret_cider,
                                                struct tn_error *err);
void metric_cider_destroy(struct metric_cider *cider);

/* What a score is multiplied by for the difference in length: 1 where there is none. */
double metric_cider_penalty(size_t words, size_t reference_words);
/* The score of words[count] (at most NGRAM_LONGEST; more are not looked at) against the
 * references of an image, 0 when it has none.  Several threads may ask at once. */
double metric_cider_score(const struct metric_cider *cider, size_t image, const int *words,
                          size_t count);

#endif
