/* SPDX-License-Identifier: MIT */
/*
 * Logistic regression:  p(x) = 1 / (1 + exp(-(w_0 + w_1 x_1 + ... + w_k x_k))).
 *
 * The scores y lie anywhere in [0, 1], not only at its ends: the maximum of
 *     sum y log p + (1 - y) log(1 - p) - ridge / 2 sum_j (w_j s_j)^2,   s_j the deviation of x_j,
 * makes p the expected score (Papke and Wooldridge 1996).  The ridge, on standardised features and
 * not on w_0, keeps the weights finite where the scores can be separated without a mistake.
 */
#ifndef TRAIN_LOGISTIC_H
#define TRAIN_LOGISTIC_H

#include <stddef.h>

enum { LOGISTIC_MAX_FEATURES = 4 };

/* Fits weights[features + 1], w_0 first, to x[count][features] and y[count], by Newton's method.
 * A feature that never changes gets the weight 0. */
void logistic_fit(const double *x, const double *y, size_t count, size_t features, double ridge,
                  double *weights);

#endif
