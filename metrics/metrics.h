/* SPDX-License-Identifier: MIT */
/*
 * Caption scores as the field's scorer (coco-caption) defines them: BLEU-1..4 (Papineni 2002),
 * ROUGE-L (Lin 2004), CIDEr-D (Vedantam 2015).  Texts are tokenised by the caller.
 *
 * And content precision: of what the hypothesis says, the share that somebody said of that image.
 *
 *     content = sum of idf(w) over its words w that stand in any reference of the image
 *               / sum of idf(w) over its words w,   idf(w) = log(images / images whose references
 *                                                              hold w)
 *
 * It is for one caption what the others are not: between 0 and 1, and not decided by "a" and "in",
 * which weigh next to nothing.  It does not know that a bike is a bicycle.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct metric_sentence {
    const char *const *tokens;
    size_t count;
};

struct metric_item { /* one image: what was said, and what people said */
    struct metric_sentence hypothesis;
    const struct metric_sentence *references;
    size_t reference_count; /* at least 1 */
};

struct metric_scores {
    double bleu[4]; /* fractions */
    double rouge_l;
    double cider;    /* with its factor 10: people score about 0.9 against each other */
    double content;  /* the mean content precision */
    bool weighed; /* whether the references differ from image to image: otherwise no n-gram weighs
                     anything, and the two above are 0 whatever was said */
    double distinct; /* the share of hypotheses that say what no earlier one said */
};

/* What each item scores, [count] each or NULL. */
struct metric_each {
    double *rouge, *cider, *content;
};

/* Scores a set; document frequencies are those of its references.  each (or NULL) receives the
 * scores of each item, on success only.  An empty set scores 0.  Errors: TN_NOMEM; TN_SHAPE for an
 * item without a reference; TN_RANGE beyond 2^32 different n-grams. */
TN_NODISCARD enum tn_status metric_score(const struct metric_item *items, size_t count,
                                         struct metric_scores *ret_scores,
                                         const struct metric_each *each, struct tn_error *err);

#endif
