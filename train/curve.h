/* SPDX-License-Identifier: MIT */
/* The picture of a training: perplexity and the dev scores by epoch, as a PNG. */
#ifndef TRAIN_CURVE_H
#define TRAIN_CURVE_H

#include "train/task.h"

/* Draws history[count] of a training of such a task, with the best epoch marked; count of 0 draws
 * empty axes. */
TN_NODISCARD enum tn_status train_curve_save(const char *path, const struct train_task_ops *task,
                                             const struct train_epoch *history, size_t count,
                                             size_t best, struct tn_error *err);

#endif
