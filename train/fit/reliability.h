/* SPDX-License-Identifier: MIT */
/*
 * How far estimates of a score can be trusted: whether those of about 0.6 come out as 0.6, and
 * whether higher ones come out higher.
 *
 * The expected calibration error is  sum over bins of n_b / n |mean estimate - mean score|  (Naeini
 * 2015; Guo 2017, "On calibration of modern neural networks"), with the bins either of equal width,
 * [0, 0.1), [0.1, 0.2) ... [0.9, 1], or of equal numbers of estimates.  Estimates that are all the
 * mean score have no such error either: only the rank correlation shows that they say nothing.
 */
#ifndef TRAIN_RELIABILITY_H
#define TRAIN_RELIABILITY_H

#include "base/status.h"

#include <stddef.h>

enum { RELIABILITY_BINS = 10 };

struct reliability_bin {
    size_t count;
    double estimate, score; /* means; 0 in an empty bin */
};

struct reliability {
    size_t count;
    double estimate, score; /* means */
    struct reliability_bin widths[RELIABILITY_BINS], masses[RELIABILITY_BINS];
    double ece_width, ece_mass;
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
