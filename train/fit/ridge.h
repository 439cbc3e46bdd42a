/* SPDX-License-Identifier: MIT */
/*
 * Ridge regression (Hoerl and Kennard 1970): Y = X W' + b, with the W and b that minimise
 *
 *     |Y - X W' - b|^2 + t |W|^2
 *
 * t is a share of the trace of X'X, X less its mean, so that neither the number of rows nor the
 * scale of X matters.
 */
#ifndef TRAIN_RIDGE_H
#define TRAIN_RIDGE_H

#include "base/pool.h"
#include "base/status.h"

#include <stddef.h>

struct ridge {
    size_t features, targets;
    float *weights; /* W [targets][features]; owned */
    float *bias;    /* b [targets]; owned */
};

/* The share that was best for V of unit length, and for a teacher's features, on photos held out.
 */
#define RIDGE_SHARE 0.0006F

/* Fits to x[count][features] and y[count][targets], of which the means are taken off in place.  The
 * caller finishes the ridge.  Errors: TN_NOMEM; TN_FORMAT when the rows of x are all alike. */
TN_NODISCARD enum tn_status ridge_fit(struct tn_pool *pool, float *x, float *y, size_t count,
                                      size_t features, size_t targets, float share,
                                      struct ridge *ret_ridge, struct tn_error *err);
/* Fine on a zeroed ridge. */
void ridge_finish(struct ridge *ridge);

/* y[count][targets], from x[count][features]. */
void ridge_predict(const struct ridge *ridge, struct tn_pool *pool, const float *x, size_t count,
                   float *y);

#endif
