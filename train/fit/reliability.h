/* SPDX-License-Identifier: MIT */
/*
 * How far estimates of a score can be trusted: whether those of about 0.6 come out as 0.6, and
 * whether higher ones come out higher.
 *
 * The expected calibration error is  sum over bins of n_b / n |mean estimate - mean score|  (Naeini
 * 2015; Guo 2017, "On calibration of modern neural networks"), with the bins either of equal width,
 * [0, 0.1), [0.1, 0.2) ... [0.9, 1], or of equal numbers of estimates.  Estimates that are all the
 * mean score have no such error either: only the rank correlation shows that they say nothing.
 *
 * The error of estimates that are right is above 0, too, because each bin has so many scores and
 * not all there are: on average by about  sum over bins of n_b / n sqrt(2 / (pi n_b)) s_b,  with
 * s_b the standard deviation of estimate - score in the bin, as if their mean were normal around 0.
 */
#ifndef TRAIN_RELIABILITY_H
#define TRAIN_RELIABILITY_H

#include "base/status.h"

#include <stddef.h>

enum { RELIABILITY_BINS = 10 };

struct reliability_bin {
    size_t count;
    double estimate, score; /* means; 0 in an empty bin */
    double squares;         /* the mean of (estimate - score)^2 */
};

struct reliability {
    size_t count;
    double estimate, score; /* means */
    struct reliability_bin widths[RELIABILITY_BINS], masses[RELIABILITY_BINS];
    double ece_width, ece_mass;
    double chance_width,
        chance_mass; /* what these would be on average if the estimates were right */
    double spearman; /* rank correlation, ties at their mean rank; 0 when either never changes */
};

/* estimates[count] and scores[count] in [0, 1].  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status reliability_measure(const double *estimates, const double *scores,
                                                size_t count, struct reliability *ret_reliability,
                                                struct tn_error *err);

/* The chance that one of high[] is above one of low[], ties counted half (the area under the ROC
 * curve); 0.5 when either is empty. */
double reliability_auc(const double *high, size_t high_count, const double *low, size_t low_count);

#endif
