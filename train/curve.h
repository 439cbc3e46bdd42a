/* SPDX-License-Identifier: MIT */
/* The picture of a training: perplexity, the dev scores and the gradient by epoch, as a PNG. */
#ifndef TRAIN_CURVE_H
#define TRAIN_CURVE_H

#include "train/task.h"

/* history[count] of a training of such a task, and which epoch is the best; count of 0 draws empty
 * axes.  start (or NULL) has the scores of what it began from: broken lines. */
struct train_curve {
    const struct train_task_ops *task;
    const struct train_epoch *history, *start;
    size_t count, best;
};
TN_NODISCARD enum tn_status train_curve_save(const char *path, const struct train_curve *curve,
                                             struct tn_error *err);

#endif
